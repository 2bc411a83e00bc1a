//! Sending what endpoints are told: whose turn it is, and what became of it.
//!
//! Whoever sends claims the *endpoint* for a while, not the delivery: so that an endpoint is told one thing
//! after the other, and by one node at a time. A node that dies in between leaves its claim, which ends by
//! itself; the delivery's turn comes again, under the same id.

use super::webhook_delivery::{Delivery, delivery};
use super::webhook_endpoint::{Endpoint, endpoint};
use super::{Db, StoreError, StoreRow};
use crate::ledger::id::OrganisationId;
use crate::ledger::time::Timestamp;
use crate::model::webhook_pages::DeliveryState;
use crate::on;

/// A delivery that is sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The endpoint, as it was when it was claimed.
    pub endpoint: Endpoint,
    /// What it is told; this time is among its tries and attempts.
    pub delivery: Delivery,
    /// When that began.
    pub began_at: Timestamp,
    claim: i64,
}

/// What an endpoint answered, or why it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// How long it took.
    pub milliseconds: i64,
    /// The status.
    pub status: Option<i64>,
    /// How the body began.
    pub beginning: Option<String>,
    /// Why there was no answer.
    pub problem: Option<String>,
}

/// What becomes of a delivery and its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How far the delivery is.
    pub state: DeliveryState,
    /// When it is sent next, where it waits.
    pub next_try_at: Option<Timestamp>,
    /// What became of it, in a few words.
    pub result: String,
    /// Since when the endpoint takes nothing; none where it took this.
    pub failing_since: Option<Timestamp>,
    /// Until when the endpoint is sent nothing.
    pub rests_until: Timestamp,
}

const DUE: &str = "select * from webhook_endpoint e where e.state = 'on' and e.claimed_until <= $1 \
     and e.rests_until <= $1 and exists (select 1 from webhook_delivery d \
     where d.organisation = e.organisation and d.endpoint = e.id and d.state = 'waiting' \
     and d.next_try_at <= $1) order by e.claimed_until, e.id limit 1";
const ONE: &str = "select * from webhook_endpoint e where e.organisation = $1 and e.id = $2 \
     and e.claimed_until <= $3";
const CLAIM: &str = "update webhook_endpoint set claimed_until = $4, claim = claim + 1 \
     where organisation = $1 and id = $2 and claim = $3";
const FIRST: &str = "select * from webhook_delivery where organisation = $1 and endpoint = $2 \
     and state = 'waiting' and next_try_at <= $3 order by place limit 1";
const THIS: &str = "select * from webhook_delivery where organisation = $1 and endpoint = $2 \
     and state = 'waiting' and id = $3";
const BEGIN: &str = "update webhook_delivery set tries = tries + 1, attempts = attempts + 1, \
     next_try_at = $4 where organisation = $1 and endpoint = $2 and id = $3";
const BEGIN_ATTEMPT: &str = "insert into webhook_attempt (organisation, endpoint, delivery, number, \
     began_at) values ($1, $2, $3, $4, $5) on conflict do nothing";
const END_ATTEMPT: &str = "update webhook_attempt set milliseconds = $5, status = $6, answer = $7, \
     problem = $8 where organisation = $1 and endpoint = $2 and delivery = $3 and number = $4";
const END: &str = "update webhook_delivery set state = cast($5 as text), next_try_at = $6, ended_at = $7, \
     result = $8 where organisation = $1 and endpoint = $2 and id = $3 and attempts = $4 \
     and (state = 'waiting' or cast($5 as text) = 'delivered')";
const RELEASE: &str = "update webhook_endpoint set claimed_until = $4, failing_since = $5, \
     rests_until = $6 where organisation = $1 and id = $2 and claim = $3";

/// What is sent next: the endpoint that has waited longest, and the oldest of what it is to be told; nobody
/// else's until `until`. None where no turn has come, or somebody else was first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn begin(db: &Db, now: Timestamp, until: Timestamp) -> Result<Option<Begun>, StoreError> {
    let due = on!(db, write pool => sqlx::query(DUE).bind(now.0)
        .fetch_optional(pool).await?.map(|row| claimable(&row)).transpose())?;
    match due {
        Some((endpoint, claim)) => claimed(db, endpoint, claim, None, (now, until)).await,
        None => Ok(None),
    }
}

/// This delivery now, whatever its endpoint is; none where it is over, or the endpoint is told something
/// else.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn begin_this(
    db: &Db,
    organisation: &OrganisationId,
    (endpoint, id): (&str, &str),
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Begun>, StoreError> {
    let found = on!(db, write pool => sqlx::query(ONE)
        .bind(organisation.as_str()).bind(endpoint).bind(now.0)
        .fetch_optional(pool).await?.map(|row| claimable(&row)).transpose())?;
    match found {
        Some((endpoint, claim)) => claimed(db, endpoint, claim, Some(id), (now, until)).await,
        None => Ok(None),
    }
}

async fn claimed(
    db: &Db,
    endpoint: Endpoint,
    claim: i64,
    only: Option<&str>,
    (now, until): (Timestamp, Timestamp),
) -> Result<Option<Begun>, StoreError> {
    let (organisation, id) = (endpoint.organisation.as_str(), endpoint.id.as_str());
    let found = on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let is_ours = sqlx::query(CLAIM).bind(organisation).bind(id).bind(claim).bind(until.0)
            .execute(&mut *transaction).await?.rows_affected() > 0;
        if !is_ours {
            return Ok(None);
        }
        let query = match only {
            Some(only) => sqlx::query(THIS).bind(organisation).bind(id).bind(only),
            None => sqlx::query(FIRST).bind(organisation).bind(id).bind(now.0),
        };
        let found = query.fetch_optional(&mut *transaction).await?;
        let Some(mut found) = found.map(|row| delivery(&row)).transpose()? else {
            return Ok(None);
        };
        (found.tries, found.attempts) = (found.tries + 1, found.attempts + 1);
        sqlx::query(BEGIN).bind(organisation).bind(id).bind(&found.id).bind(until.0)
            .execute(&mut *transaction).await?;
        sqlx::query(BEGIN_ATTEMPT).bind(organisation).bind(id).bind(&found.id)
            .bind(found.attempts).bind(now.0)
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
        found
    });
    Ok(Some(Begun { endpoint, delivery: found, began_at: now, claim: claim + 1 }))
}

/// Writes down what became of it, and lets the endpoint go; `false` where somebody else has the endpoint
/// by now, and decides.
///
/// # Errors
/// The database failed; the claim ends by itself.
pub async fn end(
    db: &Db,
    begun: &Begun,
    answer: &Answer,
    ending: &Ending,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (organisation, id) = (begun.endpoint.organisation.as_str(), begun.endpoint.id.as_str());
    let (delivery, number) = (begun.delivery.id.as_str(), begun.delivery.attempts);
    let ended_at = (ending.state != DeliveryState::Waiting).then_some(now.0);
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(END_ATTEMPT).bind(organisation).bind(id).bind(delivery).bind(number)
            .bind(answer.milliseconds).bind(answer.status).bind(answer.beginning.as_deref())
            .bind(answer.problem.as_deref())
            .execute(&mut *transaction).await?;
        let is_ours = sqlx::query(RELEASE).bind(organisation).bind(id).bind(begun.claim)
            .bind(now.0).bind(ending.failing_since.map(|since| since.0)).bind(ending.rests_until.0)
            .execute(&mut *transaction).await?.rows_affected() > 0;
        sqlx::query(END).bind(organisation).bind(id).bind(delivery).bind(number)
            .bind(ending.state.as_str()).bind(ending.next_try_at.map(|at| at.0)).bind(ended_at)
            .bind(&ending.result)
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(is_ours)
    })
}

fn claimable(row: &impl StoreRow) -> Result<(Endpoint, i64), StoreError> {
    Ok((endpoint(row)?, row.integer("claim")?))
}
