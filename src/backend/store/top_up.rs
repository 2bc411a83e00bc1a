//! Attempts of auto top-up. What became of one is its purchase's status; here stand its number, the
//! card it charges, and what the bank said.

use super::purchase::{self, Purchase, PurchaseStatus};
use super::saved_card::{Account, account};
use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::on;

/// A new attempt, before anything is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopUp {
    /// Whose.
    pub account: Account,
    /// One more than the last: two that have seen the same history cannot both begin.
    pub number: i64,
    /// The provider's name for the card's owner.
    pub customer_ref: String,
    /// The provider's name for the card.
    pub method_ref: String,
    /// The card's fingerprint.
    pub fingerprint: String,
}

/// An attempt with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// What was frozen when it began.
    pub frozen: NewTopUp,
    /// Its purchase.
    pub purchase: PurchaseId,
    /// When it began.
    pub begun_at: Timestamp,
    /// The provider's name for the payment, once it is known.
    pub payment_ref: Option<String>,
    /// Why the bank refused.
    pub decline_code: Option<String>,
    /// When we learned that.
    pub declined_at: Option<Timestamp>,
    /// When the bank asked for the card's owner.
    pub needs_owner_at: Option<Timestamp>,
    /// How far the purchase has come.
    pub status: PurchaseStatus,
    /// What it buys.
    pub credits: Credits,
    /// What it costs.
    pub price: Money,
}

/// What was available after a transaction, and what of it an automatic purchase had just brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalancePoint {
    /// When.
    pub at: Timestamp,
    /// What was available then.
    pub available: Credits,
    /// What this very transaction brought, where it was an automatic purchase.
    pub topped_up: Credits,
}

const INSERT_ONCE: &str = "insert into top_up (organisation, provider, livemode, number, purchase, \
     customer_ref, method_ref, fingerprint, begun_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     on conflict (organisation, provider, livemode, number) do nothing";
const HISTORY: &str = "select t.organisation, t.provider, t.livemode, number, t.purchase, customer_ref, \
     method_ref, fingerprint, begun_at, t.payment_ref, decline_code, declined_at, needs_owner_at, \
     p.status, p.credits, p.amount_minor, p.currency from top_up t \
     join purchase p on p.organisation = t.organisation and p.id = t.purchase \
     where t.organisation = $1 and t.provider = $2 and t.livemode = $3 order by number desc limit $4";
const OF_CARD: &str = "select t.organisation, t.provider, t.livemode, number, t.purchase, customer_ref, \
     method_ref, fingerprint, begun_at, t.payment_ref, decline_code, declined_at, needs_owner_at, \
     p.status, p.credits, p.amount_minor, p.currency from top_up t \
     join purchase p on p.organisation = t.organisation and p.id = t.purchase \
     where t.organisation = $1 and t.provider = $2 and t.livemode = $3 and t.fingerprint = $4 \
     order by number desc limit $5";
const SELECT: &str = "select t.organisation, t.provider, t.livemode, number, t.purchase, customer_ref, \
     method_ref, fingerprint, begun_at, t.payment_ref, decline_code, declined_at, needs_owner_at, \
     p.status, p.credits, p.amount_minor, p.currency from top_up t \
     join purchase p on p.organisation = t.organisation and p.id = t.purchase \
     where t.organisation = $1 and t.purchase = $2";
const SPENT: &str = "select cast(coalesce(sum(p.amount_minor), 0) as bigint) as minor from top_up t \
     join purchase p on p.organisation = t.organisation and p.id = t.purchase \
     where t.organisation = $1 and t.provider = $2 and t.livemode = $3 and t.begun_at >= $4 \
     and p.status not in ('failed', 'expired')";
const NOTE_PAYMENT: &str = "update top_up set payment_ref = $3 \
     where organisation = $1 and purchase = $2 and payment_ref is null";
const NOTE_DECLINE: &str = "update top_up set decline_code = coalesce(decline_code, $3), \
     declined_at = coalesce(declined_at, $4) where organisation = $1 and purchase = $2";
const NOTE_OWNER: &str = "update top_up set needs_owner_at = coalesce(needs_owner_at, $3) \
     where organisation = $1 and purchase = $2";
const BY_PAYMENT: &str = "select organisation, purchase as id from top_up \
     where payment_ref = $1 and provider = $2";
const BALANCES: &str = "select t.recorded_at, t.available_after, \
     case when p.id is null then 0 else t.amount end as topped_up from ledger_transaction t \
     left join purchase p on t.direction = 'addition' and p.organisation = t.organisation \
     and p.id = substr(t.key, 10) and p.kind = 'top_up' \
     where t.organisation = $1 and t.sequence >= $2 and t.sequence <= $3 \
     order by t.sequence limit $4";

/// Writes an attempt with its purchase, both or none; `false` when one of its number has begun.
///
/// # Errors
/// The database failed.
pub async fn begin(
    db: &Db,
    attempt: &NewTopUp,
    purchase: &Purchase,
    check_at: Timestamp,
) -> Result<bool, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let begun = sqlx::query(INSERT_ONCE)
            .bind(attempt.account.organisation.as_str())
            .bind(&attempt.account.provider)
            .bind(i64::from(attempt.account.livemode))
            .bind(attempt.number)
            .bind(purchase.id.as_str())
            .bind(&attempt.customer_ref)
            .bind(&attempt.method_ref)
            .bind(&attempt.fingerprint)
            .bind(purchase.created_at.0)
            .execute(&mut *transaction).await?;
        if begun.rows_affected() == 0 {
            return Ok(false);
        }
        let written =
            purchase::insertion!(purchase, check_at).execute(&mut *transaction).await?;
        if written.rows_affected() == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    })
}

/// The last attempts, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn history(db: &Db, of: &Account, limit: i64) -> Result<Vec<TopUp>, StoreError> {
    on!(db, write pool => sqlx::query(HISTORY).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode)).bind(limit)
        .fetch_all(pool).await?.iter().map(top_up).collect())
}

/// The last attempts with this card, however often it was saved, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_card(
    db: &Db,
    of: &Account,
    fingerprint: &str,
    limit: i64,
) -> Result<Vec<TopUp>, StoreError> {
    on!(db, write pool => sqlx::query(OF_CARD).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode)).bind(fingerprint).bind(limit)
        .fetch_all(pool).await?.iter().map(top_up).collect())
}

/// The attempt that this purchase is.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<Option<TopUp>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .fetch_optional(pool).await?.map(|row| top_up(&row)).transpose())
}

/// What attempts since `since` have cost or may still cost, in minor units.
///
/// # Errors
/// The database failed.
pub async fn spent_since(db: &Db, of: &Account, since: Timestamp) -> Result<i64, StoreError> {
    on!(db, write pool => sqlx::query(SPENT).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode)).bind(since.0)
        .fetch_one(pool).await?.integer("minor"))
}

/// Notes the provider's name for the payment; the first stays.
///
/// # Errors
/// The database failed.
pub async fn note_payment(db: &Db, attempt: &TopUp, payment_ref: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(NOTE_PAYMENT)
        .bind(attempt.frozen.account.organisation.as_str()).bind(attempt.purchase.as_str())
        .bind(payment_ref).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Notes that the bank refused, and why; the first time stays.
///
/// # Errors
/// The database failed.
pub async fn note_decline(
    db: &Db,
    attempt: &TopUp,
    code: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(NOTE_DECLINE)
        .bind(attempt.frozen.account.organisation.as_str()).bind(attempt.purchase.as_str())
        .bind(code).bind(now.0).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Notes that the bank asks for the card's owner; the first time stays.
///
/// # Errors
/// The database failed.
pub async fn note_owner(db: &Db, attempt: &TopUp, now: Timestamp) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(NOTE_OWNER)
        .bind(attempt.frozen.account.organisation.as_str()).bind(attempt.purchase.as_str())
        .bind(now.0).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The purchase whose attempt the provider calls so.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn by_payment(
    db: &Db,
    provider: &str,
    payment_ref: &str,
) -> Result<Option<(OrganisationId, PurchaseId)>, StoreError> {
    on!(db, write pool => sqlx::query(BY_PAYMENT).bind(payment_ref).bind(provider)
        .fetch_optional(pool).await?.map(|row| purchase::name(&row)).transpose())
}

/// What was available after each transaction from one place of the journal to another, the oldest
/// first; at most `limit` of them.
///
/// # Errors
/// The database failed.
pub async fn balances(
    db: &Db,
    organisation: &OrganisationId,
    from: u64,
    through: u64,
    limit: i64,
) -> Result<Vec<BalancePoint>, StoreError> {
    let place = |sequence: u64| i64::try_from(sequence).unwrap_or(i64::MAX);
    on!(db, read pool => sqlx::query(BALANCES).bind(organisation.as_str())
        .bind(place(from)).bind(place(through)).bind(limit)
        .fetch_all(pool).await?.iter()
        .map(|row| Ok(BalancePoint {
            at: row.time("recorded_at")?,
            available: Credits::from_micro(row.integer("available_after")?),
            topped_up: Credits::from_micro(row.integer("topped_up")?),
        })).collect())
}

fn top_up(row: &impl StoreRow) -> Result<TopUp, StoreError> {
    const TABLE: &str = "top_up";
    Ok(TopUp {
        frozen: NewTopUp {
            account: account(row, TABLE)?,
            number: row.integer("number")?,
            customer_ref: row.text("customer_ref")?,
            method_ref: row.text("method_ref")?,
            fingerprint: row.text("fingerprint")?,
        },
        purchase: row.parsed(TABLE, "purchase", PurchaseId::parse)?,
        begun_at: row.time("begun_at")?,
        payment_ref: row.text_or_none("payment_ref")?,
        decline_code: row.text_or_none("decline_code")?,
        declined_at: row.time_or_none("declined_at")?,
        needs_owner_at: row.time_or_none("needs_owner_at")?,
        status: row.parsed("purchase", "status", str::parse)?,
        credits: Credits::from_micro(row.integer("credits")?),
        price: Money {
            minor: row.integer("amount_minor")?,
            currency: row.parsed("purchase", "currency", Currency::parse)?,
        },
    })
}
