//! Refunds that staff asked for: written before the provider hears of them, one a form.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, PurchaseId, UserId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::on;

/// A refund that someone of the staff asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The key of the form.
    pub form_key: String,
    /// Whose purchase.
    pub organisation: OrganisationId,
    /// Which.
    pub purchase: PurchaseId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Who.
    pub staff: UserId,
    /// When.
    pub created_at: Timestamp,
    /// The provider's name for the refund, once it was made.
    pub refund_ref: Option<String>,
    /// Why the provider refused.
    pub problem: Option<String>,
}

const INSERT_ONCE: &str = "insert into refund_request (form_key, organisation, purchase, amount_minor, \
     currency, reason, staff, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
     on conflict (form_key) do nothing";
const SELECT: &str = "select * from refund_request where form_key = $1";
const OF_PURCHASE: &str = "select * from refund_request where organisation = $1 and purchase = $2 \
     order by created_at, form_key";
const MADE: &str = "update refund_request set refund_ref = $2, problem = null where form_key = $1";
const REFUSED: &str =
    "update refund_request set problem = $2 where form_key = $1 and refund_ref is null";

/// Writes a request; `false` when its form has made one already.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, request: &RefundRequest) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(&request.form_key)
        .bind(request.organisation.as_str())
        .bind(request.purchase.as_str())
        .bind(request.amount.minor)
        .bind(request.amount.currency.as_str())
        .bind(&request.reason)
        .bind(request.staff.as_str())
        .bind(request.created_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The request that this form made.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, form_key: &str) -> Result<Option<RefundRequest>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT).bind(form_key)
        .fetch_optional(pool).await?.map(|row| request(&row)).transpose())
}

/// The requests about a purchase, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_purchase(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<Vec<RefundRequest>, StoreError> {
    on!(db, write pool => sqlx::query(OF_PURCHASE)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .fetch_all(pool).await?.iter().map(request).collect())
}

/// Writes down that the provider made the refund.
///
/// # Errors
/// The database failed.
pub async fn made(db: &Db, form_key: &str, refund_ref: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(MADE).bind(form_key).bind(refund_ref)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes down why the provider refused.
///
/// # Errors
/// The database failed.
pub async fn refused(db: &Db, form_key: &str, problem: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(REFUSED).bind(form_key).bind(problem)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

fn request(row: &impl StoreRow) -> Result<RefundRequest, StoreError> {
    const TABLE: &str = "refund_request";
    Ok(RefundRequest {
        form_key: row.text("form_key")?,
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        purchase: row.parsed(TABLE, "purchase", PurchaseId::parse)?,
        amount: Money {
            minor: row.integer("amount_minor")?,
            currency: row.parsed(TABLE, "currency", Currency::parse)?,
        },
        reason: row.text("reason")?,
        staff: row.parsed(TABLE, "staff", UserId::parse)?,
        created_at: row.time("created_at")?,
        refund_ref: row.text_or_none("refund_ref")?,
        problem: row.text_or_none("problem")?,
    })
}
