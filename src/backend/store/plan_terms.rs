//! The terms of every plan that was ever offered for money, under the provider's name for them. They
//! never change: what somebody subscribed to is what they get, whatever the catalogue says later.

use super::{Db, StoreError, StoreRow};
use crate::catalogue::Plan;
use crate::ledger::time::Timestamp;
use crate::on;

const INSERT_ONCE: &str = "insert into plan_terms (provider, product_ref, terms, created_at) \
     values ($1, $2, $3, $4) on conflict (provider, product_ref) do nothing";
const SELECT: &str = "select terms from plan_terms where provider = $1 and product_ref = $2";

/// Writes terms down; those that are there already stay.
///
/// # Errors
/// The database failed.
pub async fn insert_once(
    db: &Db,
    provider: &str,
    product: &str,
    terms: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(INSERT_ONCE).bind(provider).bind(product).bind(terms)
        .bind(now.0).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The terms that a product stands for, if they are ours.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, provider: &str, product: &str) -> Result<Option<Plan>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT).bind(provider).bind(product)
        .fetch_optional(pool).await?.map(|row| row.json("plan_terms", "terms")).transpose())
}
