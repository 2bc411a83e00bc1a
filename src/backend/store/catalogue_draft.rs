//! Catalogues that staff handed in, before they are versions.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::UserId;
use crate::ledger::time::Timestamp;
use crate::on;

/// A catalogue that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueDraft {
    /// Of its text: SHA-256, in hexadecimal digits.
    pub digest: String,
    /// The text, TOML.
    pub body: String,
    /// Who handed it in.
    pub made_by: UserId,
    /// When.
    pub made_at: Timestamp,
    /// The version that it became.
    pub applied_as: Option<i64>,
}

// Handed in again after it was applied, it is a draft again.
const UPSERT: &str = "insert into catalogue_draft (digest, body, made_by, made_at) \
     values ($1, $2, $3, $4) on conflict (digest) do update set made_by = excluded.made_by, \
     made_at = excluded.made_at, applied_as = null";
const FIND: &str = "select * from catalogue_draft where digest = $1";
const APPLIED: &str = "update catalogue_draft set applied_as = $2 where digest = $1";

/// Writes a draft down.
///
/// # Errors
/// The database failed.
pub async fn upsert(db: &Db, draft: &CatalogueDraft) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(UPSERT).bind(&draft.digest).bind(&draft.body)
        .bind(draft.made_by.as_str()).bind(draft.made_at.0).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The draft of this text.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, digest: &str) -> Result<Option<CatalogueDraft>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(digest)
        .fetch_optional(pool).await?.map(|row| draft(&row)).transpose())
}

/// Notes which version a draft became.
///
/// # Errors
/// The database failed.
pub async fn applied(db: &Db, digest: &str, version: i64) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(APPLIED).bind(digest).bind(version)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

fn draft(row: &impl StoreRow) -> Result<CatalogueDraft, StoreError> {
    Ok(CatalogueDraft {
        digest: row.text("digest")?,
        body: row.text("body")?,
        made_by: row.parsed("catalogue_draft", "made_by", UserId::parse)?,
        made_at: row.time("made_at")?,
        applied_as: row.integer_or_none("applied_as")?,
    })
}
