//! Receipts, invoices and credit notes, numbered without gaps: number and document are written in one
//! transaction, so that whatever is cut short takes its number back.

use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::ledger::lot::Currency;
use crate::ledger::time::Timestamp;
use crate::model::document::DocumentContent;
use crate::on;

/// A document before it has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// About real money, or a test: each has a series of its own.
    pub livemode: bool,
    /// What the number begins with, up to the digits of its place in the series.
    pub number_begins: String,
    /// The purchase it is about.
    pub purchase: PurchaseId,
    /// 0 for the receipt or invoice, then the credit notes in order.
    pub place: i64,
    /// What had been paid back in all when it was written, in minor units.
    pub refunded_minor: i64,
    /// When it is written.
    pub issued_at: Timestamp,
    /// What it says.
    pub content: DocumentContent,
}

/// A document as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its number, unique in the whole installation.
    pub number: String,
    /// The purchase it is about.
    pub purchase: PurchaseId,
    /// 0 for the receipt or invoice, then the credit notes in order.
    pub place: i64,
    /// What had been paid back in all when it was written, in minor units.
    pub refunded_minor: i64,
    /// What it says.
    pub content: DocumentContent,
}

/// What the documents of one currency come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentSums {
    /// The currency.
    pub currency: Currency,
    /// Of receipts and invoices, in minor units.
    pub paid_minor: i64,
    /// Of credit notes, in minor units; negative.
    pub refunded_minor: i64,
    /// Taxes within both.
    pub tax_minor: i64,
    /// Credits delivered, less what was taken back.
    pub credits: Credits,
}

const PREFIX: &str = "select prefix from document_prefix where organisation = $1";
const INSERT_PREFIX_ONCE: &str =
    "insert into document_prefix (organisation, prefix) values ($1, $2) on conflict do nothing";
const NEXT_POSITION: &str = "insert into document_series (organisation, livemode, last) \
     values ($1, $2, 1) on conflict (organisation, livemode) \
     do update set last = document_series.last + 1 returning last";
const COUNT_OF_PURCHASE: &str =
    "select count(*) as count from billing_document where organisation = $1 and purchase = $2";
const INSERT: &str = "insert into billing_document (organisation, number, livemode, position, kind, \
     purchase, place, refunded_minor, currency, total_minor, tax_minor, credits, issued_at, content) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const DOCUMENTED: &str = "update purchase set document_at = null where organisation = $1 and id = $2 \
     and refunded_minor = (select d.refunded_minor from billing_document d \
     where d.organisation = $1 and d.purchase = $2 order by d.place desc limit 1)";
const NOTHING_DUE: &str = "update purchase set document_at = null \
     where organisation = $1 and id = $2 and status <> 'credited'";
const SELECT: &str = "select number, purchase, place, refunded_minor, content from billing_document \
     where organisation = $1 and number = $2";
const OF_PURCHASE: &str = "select number, purchase, place, refunded_minor, content \
     from billing_document where organisation = $1 and purchase = $2 order by place";
const SUMS: &str = "select currency, \
     cast(coalesce(sum(case when kind in ('receipt', 'invoice') then total_minor else 0 end), 0) as bigint) as paid, \
     cast(coalesce(sum(case when kind in ('receipt', 'invoice') then 0 else total_minor end), 0) as bigint) as refunded, \
     cast(coalesce(sum(tax_minor), 0) as bigint) as tax, \
     cast(coalesce(sum(credits), 0) as bigint) as credits \
     from billing_document where organisation = $1 and livemode = $2 and issued_at >= $3 and issued_at < $4 \
     group by currency order by currency";

/// The letters that the organisation's numbers begin with.
///
/// # Errors
/// The database failed.
pub async fn prefix(db: &Db, organisation: &OrganisationId) -> Result<Option<String>, StoreError> {
    on!(db, write pool => sqlx::query(PREFIX).bind(organisation.as_str())
        .fetch_optional(pool).await?.map(|row| row.text("prefix")).transpose())
}

/// Gives the organisation these letters, unless it has some or another organisation has these.
///
/// # Errors
/// The database failed.
pub async fn claim_prefix(
    db: &Db,
    organisation: &OrganisationId,
    prefix: &str,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(INSERT_PREFIX_ONCE).bind(organisation.as_str()).bind(prefix)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes a document under the next number of its series. `None`, and nothing written, when the purchase
/// has a document at this place already or none at the place before: whoever asks looks again.
///
/// # Errors
/// The database failed.
pub async fn append(db: &Db, new: &NewDocument) -> Result<Option<String>, StoreError> {
    let content = super::journal::json(&new.content);
    let (organisation, purchase) = (new.organisation.as_str(), new.purchase.as_str());
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        // Taking the number takes the series' row: whoever writes in this series at the same time waits.
        let position = sqlx::query(NEXT_POSITION).bind(organisation).bind(i64::from(new.livemode))
            .fetch_one(&mut *transaction).await?.integer("last")?;
        let there = sqlx::query(COUNT_OF_PURCHASE).bind(organisation).bind(purchase)
            .fetch_one(&mut *transaction).await?.integer("count")?;
        if there != new.place {
            transaction.rollback().await?;
            return Ok(None);
        }
        let number = format!("{}{position:06}", new.number_begins);
        sqlx::query(INSERT)
            .bind(organisation)
            .bind(&number)
            .bind(i64::from(new.livemode))
            .bind(position)
            .bind(new.content.kind.as_str())
            .bind(purchase)
            .bind(new.place)
            .bind(new.refunded_minor)
            .bind(new.content.currency.as_str())
            .bind(new.content.total_minor)
            .bind(new.content.tax_minor())
            .bind(new.content.credits.micro())
            .bind(new.issued_at.0)
            .bind(&content)
            .execute(&mut *transaction).await?;
        sqlx::query(DOCUMENTED).bind(organisation).bind(purchase)
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Some(number))
    })
}

/// Notes that a purchase has all its documents, if its last one knows all that was refunded.
///
/// # Errors
/// The database failed.
pub async fn mark_documented(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(DOCUMENTED)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Notes that no document is due of a purchase that is not credited.
///
/// # Errors
/// The database failed.
pub async fn nothing_due(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(NOTHING_DUE)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The document with this number, if it is this organisation's.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    number: &str,
) -> Result<Option<Document>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(organisation.as_str()).bind(number)
        .fetch_optional(pool).await?.map(|row| document(&row)).transpose())
}

/// The documents of a purchase: its receipt or invoice, then its credit notes.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_purchase(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<Vec<Document>, StoreError> {
    on!(db, write pool => sqlx::query(OF_PURCHASE)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .fetch_all(pool).await?.iter().map(document).collect())
}

/// What an organisation's documents from `from` up to `until` come to, a currency at a time.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn sums(
    db: &Db,
    organisation: &OrganisationId,
    livemode: bool,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<DocumentSums>, StoreError> {
    on!(db, read pool => sqlx::query(SUMS)
        .bind(organisation.as_str()).bind(i64::from(livemode)).bind(from.0).bind(until.0)
        .fetch_all(pool).await?.iter().map(sums_of).collect())
}

fn sums_of(row: &impl StoreRow) -> Result<DocumentSums, StoreError> {
    Ok(DocumentSums {
        currency: row.parsed("billing_document", "currency", Currency::parse)?,
        paid_minor: row.integer("paid")?,
        refunded_minor: row.integer("refunded")?,
        tax_minor: row.integer("tax")?,
        credits: Credits::from_micro(row.integer("credits")?),
    })
}

fn document(row: &impl StoreRow) -> Result<Document, StoreError> {
    Ok(Document {
        number: row.text("number")?,
        purchase: row.parsed("billing_document", "purchase", PurchaseId::parse)?,
        place: row.integer("place")?,
        refunded_minor: row.integer("refunded_minor")?,
        content: row.json("billing_document", "content")?,
    })
}
