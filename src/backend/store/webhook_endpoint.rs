//! Where an organisation's programs are told of what happens: endpoints with their secrets, and how people
//! change them. What they are told is in [`webhook_delivery`](super::webhook_delivery).

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::webhook_pages::EndpointState;
use crate::model::webhooks::{EventKind, Kinds};
use crate::on;

/// An endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whose.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// What it is told of.
    pub kinds: Kinds,
    /// Whether it is told anything.
    pub state: EndpointState,
    /// What signs.
    pub secret: String,
    /// What signed before, and until when it signs as well.
    pub secret_before: Option<(String, Timestamp)>,
    /// How often the secret was renewed.
    pub rotation: i64,
    /// Compared when people change it.
    pub version: i64,
    /// The last place of the journal that is among its deliveries.
    pub told_through: u64,
    /// The last number that was given to a delivery.
    pub place: i64,
    /// Since when it has taken nothing.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it; none for a program.
    pub created_by: Option<UserId>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// An endpoint with what a list shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The name of whoever made it.
    pub maker_name: Option<String>,
    /// Deliveries that wait.
    pub waiting: i64,
    /// Deliveries that were given up.
    pub failed: i64,
    /// What it was told of last, and when that was written down.
    pub last: Option<(EventKind, Timestamp)>,
    /// Transactions behind the last one that it was told of.
    pub behind: i64,
}

/// What people may change of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// What it is told of.
    pub kinds: Kinds,
}

const INSERT: &str = "insert into webhook_endpoint (organisation, id, name, url, kinds, state, secret, \
     rotation, version, told_through, alerts_since, parked_since, place, rests_until, claimed_until, \
     claim, created_at, created_by) select cast($1 as text), cast($2 as text), cast($3 as text), \
     cast($4 as text), cast($5 as text), 'on', cast($6 as text), 0, 1, \
     coalesce((select h.sequence from ledger_head h where h.organisation = $1), 0), \
     cast($7 as bigint), cast($8 as bigint), 0, 0, 0, 0, cast($9 as bigint), cast($10 as text) \
     where (select count(*) from webhook_endpoint e where e.organisation = $1) < cast($11 as bigint)";
const LIST: &str = "select e.*, u.name as maker_name, \
     (select count(*) from webhook_delivery d where d.organisation = e.organisation \
     and d.endpoint = e.id and d.state = 'waiting') as waiting, \
     (select count(*) from webhook_delivery d where d.organisation = e.organisation \
     and d.endpoint = e.id and d.state = 'failed') as failed, \
     l.kind as last_kind, l.created_at as last_at, \
     coalesce((select h.sequence from ledger_head h where h.organisation = e.organisation), 0) \
     - e.told_through as behind from webhook_endpoint e \
     left join user_account u on u.id = e.created_by \
     left join webhook_delivery l on l.organisation = e.organisation and l.endpoint = e.id \
     and l.place = e.place where e.organisation = $1 order by e.created_at, e.id";
const FIND: &str = "select * from webhook_endpoint where organisation = $1 and id = $2";
const CHANGE: &str = "update webhook_endpoint set name = $3, url = $4, kinds = $5, version = version + 1, \
     alerts_since = case when cast($6 as bigint) = 1 then coalesce(alerts_since, $8) else null end, \
     parked_since = case when cast($7 as bigint) = 1 then coalesce(parked_since, $8) else null end \
     where organisation = $1 and id = $2 and version = $9";
const ROTATE: &str = "update webhook_endpoint set secret_before = secret, secret_before_ends_at = $5, \
     secret = $4, rotation = rotation + 1 where organisation = $1 and id = $2 and rotation = $3";
const SWITCH_ON: &str = "update webhook_endpoint set state = 'on', off_reason = null, \
     failing_since = null, rests_until = 0 where organisation = $1 and id = $2 and state = 'off'";
const FORGET_MISSED: &str = "update webhook_endpoint set told_through = coalesce((select h.sequence \
     from ledger_head h where h.organisation = webhook_endpoint.organisation), 0), \
     alerts_since = case when alerts_since is null then null else cast($3 as bigint) end, \
     parked_since = case when parked_since is null then null else cast($3 as bigint) end \
     where organisation = $1 and id = $2";
const SWITCH_OFF: &str = "update webhook_endpoint set state = 'off', off_reason = $3, \
     failing_since = null where organisation = $1 and id = $2 and state = 'on'";
const GIVE_UP_WAITING: &str = "update webhook_delivery set state = 'failed', next_try_at = null, \
     ended_at = $3, result = $4 where organisation = $1 and endpoint = $2 and state = 'waiting'";
const DELETE_ATTEMPTS: &str =
    "delete from webhook_attempt where organisation = $1 and endpoint = $2";
const DELETE_DELIVERIES: &str =
    "delete from webhook_delivery where organisation = $1 and endpoint = $2";
const DELETE: &str = "delete from webhook_endpoint where organisation = $1 and id = $2";
const FAILING: &str = "select count(*) as count from webhook_endpoint where state = 'on' and failing_since is not null";

/// Writes a new endpoint, which is told of what happens from now on; `false` where the organisation has
/// `most` already.
///
/// # Errors
/// [`StoreError::Conflict`] when the id is there already.
pub async fn insert(db: &Db, endpoint: &Endpoint, most: usize) -> Result<bool, StoreError> {
    let since = |kind| endpoint.kinds.contains(kind).then_some(endpoint.created_at.0);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let written = on!(db, write pool => sqlx::query(INSERT)
        .bind(endpoint.organisation.as_str())
        .bind(&endpoint.id)
        .bind(&endpoint.name)
        .bind(&endpoint.url)
        .bind(endpoint.kinds.to_string())
        .bind(&endpoint.secret)
        .bind(since(EventKind::AlertTold))
        .bind(since(EventKind::ParkedHoldExpired))
        .bind(endpoint.created_at.0)
        .bind(endpoint.created_by.as_ref().map(UserId::as_str))
        .bind(most)
        .execute(pool).await.map(|done| done.rows_affected() > 0));
    or_conflict(written, "the endpoint's id")
}

/// Every endpoint of an organisation, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<Vec<ListedEndpoint>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(listed).collect())
}

/// The endpoint with this id.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
) -> Result<Option<Endpoint>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| endpoint(&row)).transpose())
}

/// Changes what people may change; `false` where it was changed since `version`.
///
/// # Errors
/// The database failed.
pub async fn change(
    db: &Db,
    (organisation, id): (&OrganisationId, &str),
    settings: &Settings,
    version: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let wants = |kind| i64::from(settings.kinds.contains(kind));
    Ok(on!(db, write pool => sqlx::query(CHANGE)
        .bind(organisation.as_str())
        .bind(id)
        .bind(&settings.name)
        .bind(&settings.url)
        .bind(settings.kinds.to_string())
        .bind(wants(EventKind::AlertTold))
        .bind(wants(EventKind::ParkedHoldExpired))
        .bind(now.0)
        .bind(version)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Gives it another secret; the one before signs too until `ends_at`. `false` where that was done since
/// `rotation`.
///
/// # Errors
/// The database failed.
pub async fn rotate(
    db: &Db,
    (organisation, id): (&OrganisationId, &str),
    rotation: i64,
    secret: &str,
    ends_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(ROTATE)
        .bind(organisation.as_str()).bind(id).bind(rotation).bind(secret).bind(ends_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Switches it on; what happened while it was off is told only where `with_missed`. `false` where it is on.
///
/// # Errors
/// The database failed.
pub async fn switch_on(
    db: &Db,
    (organisation, id): (&OrganisationId, &str),
    with_missed: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let switched = sqlx::query(SWITCH_ON).bind(organisation.as_str()).bind(id)
            .execute(&mut *transaction).await?.rows_affected() > 0;
        if switched && !with_missed {
            sqlx::query(FORGET_MISSED).bind(organisation.as_str()).bind(id).bind(now.0)
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(switched)
    })
}

/// Switches it off and gives up what waits, with these words; `false` where it is off. `reason` is none
/// where somebody did it.
///
/// # Errors
/// The database failed.
pub async fn switch_off(
    db: &Db,
    (organisation, id): (&OrganisationId, &str),
    reason: Option<EndpointState>,
    words: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let switched = sqlx::query(SWITCH_OFF).bind(organisation.as_str()).bind(id)
            .bind(reason.and_then(off_reason))
            .execute(&mut *transaction).await?.rows_affected() > 0;
        if switched {
            sqlx::query(GIVE_UP_WAITING).bind(organisation.as_str()).bind(id).bind(now.0).bind(words)
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(switched)
    })
}

/// Deletes it with all its deliveries.
///
/// # Errors
/// The database failed; nothing was deleted.
pub async fn delete(db: &Db, organisation: &OrganisationId, id: &str) -> Result<(), StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        for statement in [DELETE, DELETE_DELIVERIES, DELETE_ATTEMPTS] {
            sqlx::query(statement).bind(organisation.as_str()).bind(id)
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}

/// How many endpoints are on and take nothing, in the whole installation.
///
/// # Errors
/// The database failed.
pub async fn failing(db: &Db) -> Result<i64, StoreError> {
    on!(db, read pool => sqlx::query(FAILING).fetch_one(pool).await?.integer("count"))
}

fn off_reason(state: EndpointState) -> Option<&'static str> {
    match state {
        EndpointState::OffFailing => Some("failing"),
        EndpointState::OffGone => Some("gone"),
        EndpointState::On | EndpointState::Off => None,
    }
}

fn state(row: &impl StoreRow) -> Result<EndpointState, StoreError> {
    let (state, reason) = (row.text("state")?, row.text_or_none("off_reason")?);
    match (state.as_str(), reason.as_deref()) {
        ("on", _) => Ok(EndpointState::On),
        ("off", None) => Ok(EndpointState::Off),
        ("off", Some("failing")) => Ok(EndpointState::OffFailing),
        ("off", Some("gone")) => Ok(EndpointState::OffGone),
        _ => Err(StoreError::corrupt("webhook_endpoint", state, "no state of an endpoint")),
    }
}

/// An endpoint from its row.
pub(super) fn endpoint(row: &impl StoreRow) -> Result<Endpoint, StoreError> {
    const TABLE: &str = "webhook_endpoint";
    let before = row.text_or_none("secret_before")?;
    Ok(Endpoint {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        id: row.text("id")?,
        name: row.text("name")?,
        url: row.text("url")?,
        kinds: row.parsed(TABLE, "kinds", str::parse::<Kinds>)?,
        state: state(row)?,
        secret: row.text("secret")?,
        secret_before: before.zip(row.time_or_none("secret_before_ends_at")?),
        rotation: row.integer("rotation")?,
        version: row.integer("version")?,
        told_through: super::journal::sequence(row, "told_through")?,
        place: row.integer("place")?,
        failing_since: row.time_or_none("failing_since")?,
        created_at: row.time("created_at")?,
        created_by: row.parsed_or_none(TABLE, "created_by", UserId::parse)?,
    })
}

fn listed(row: &impl StoreRow) -> Result<ListedEndpoint, StoreError> {
    let kind = row.parsed_or_none("webhook_delivery", "last_kind", str::parse::<EventKind>)?;
    Ok(ListedEndpoint {
        endpoint: endpoint(row)?,
        maker_name: row.text_or_none("maker_name")?,
        waiting: row.integer("waiting")?,
        failed: row.integer("failed")?,
        last: kind.zip(row.time_or_none("last_at")?),
        behind: row.integer("behind")?,
    })
}
