//! Purchases as *Billing & Transactions* lists them: newest first, a page at a time, narrowed by what
//! became of them, with what their documents come to.

use super::purchase::{Purchase, purchase};
use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::ledger::time::Timestamp;
use crate::model::document::DocumentKind;
use crate::on;

/// Which purchases a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Narrowed {
    /// All.
    No,
    /// Those that stand at one of these words; give the last one twice where there are only two.
    ByStatus([&'static str; 3]),
    /// Those that were credited, and none of their money went back.
    Kept,
    /// Those of which money went back.
    Refunded,
    /// Those of which the bank has taken the money back, or may.
    Disputed,
}

/// What of a document the list needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// Its number.
    pub number: String,
    /// The purchase it is about.
    pub purchase: PurchaseId,
    /// What kind of document it is.
    pub kind: DocumentKind,
    /// In minor units; negative on a credit note.
    pub total_minor: i64,
    /// The taxes within.
    pub tax_minor: i64,
    /// Delivered; negative where they were taken back.
    pub credits: Credits,
}

/// One page: `$1` organisation, `$2` and `$3` the place to stay below, `$4` the number of rows.
macro_rules! page {
    ($condition:literal) => {
        concat!(
            "select organisation, id, user_id, pack, pack_name, credits, amount_minor, currency, ",
            "valid_months, livemode, provider, status, form_key, session_ref, payment_ref, ",
            "checkout_url, attempt, created_at, updated_at, expires_at, paid_at, note, kind, ",
            "paid_lot, invoice_ref, tax_mode, tax_minor from purchase p ",
            "where organisation = $1 and (created_at < $2 or (created_at = $2 and id < $3)) ",
            $condition,
            " order by created_at desc, id desc limit $4"
        )
    };
}

const ALL: &str = page!("");
const BY_STATUS: &str = page!("and status in ($5, $6, $7)");
const KEPT: &str = page!(
    "and status = 'credited' and not exists (select 1 from billing_document d \
     where d.organisation = p.organisation and d.purchase = p.id and d.place > 0)"
);
const REFUNDED: &str = page!(
    "and exists (select 1 from billing_document d \
     where d.organisation = p.organisation and d.purchase = p.id and d.place > 0)"
);
const DISPUTED: &str = page!("and dispute in ('open', 'lost', 'unknown')");
const DOCUMENTS_ON_SQLITE: &str = "select number, purchase, kind, total_minor, tax_minor, credits \
     from billing_document where organisation = $1 \
     and purchase in (select value from json_each($2)) order by purchase, place";
const DOCUMENTS_ON_POSTGRES: &str = "select number, purchase, kind, total_minor, tax_minor, credits \
     from billing_document where organisation = $1 and purchase = any($2::text[]) \
     order by purchase, place";

/// Purchases of an organisation from before `before`, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    db: &Db,
    organisation: &OrganisationId,
    narrowed: &Narrowed,
    before: Option<(Timestamp, &PurchaseId)>,
    limit: i64,
) -> Result<Vec<Purchase>, StoreError> {
    let (time, id) = before.map_or((i64::MAX, ""), |(time, id)| (time.0, id.as_str()));
    let organisation = organisation.as_str();
    let words = match narrowed {
        Narrowed::No => return plain(db, ALL, organisation, (time, id), limit).await,
        Narrowed::Kept => return plain(db, KEPT, organisation, (time, id), limit).await,
        Narrowed::Refunded => return plain(db, REFUNDED, organisation, (time, id), limit).await,
        Narrowed::Disputed => return plain(db, DISPUTED, organisation, (time, id), limit).await,
        Narrowed::ByStatus(words) => words,
    };
    on!(db, read pool => sqlx::query(BY_STATUS).bind(organisation).bind(time).bind(id).bind(limit)
        .bind(words[0]).bind(words[1]).bind(words[2])
        .fetch_all(pool).await?.iter().map(purchase).collect())
}

async fn plain(
    db: &Db,
    statement: &'static str,
    organisation: &str,
    (time, id): (i64, &str),
    limit: i64,
) -> Result<Vec<Purchase>, StoreError> {
    on!(db, read pool => sqlx::query(statement).bind(organisation).bind(time).bind(id).bind(limit)
        .fetch_all(pool).await?.iter().map(purchase).collect())
}

/// The documents of these purchases; those of one stand together, in their order.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn documents(
    db: &Db,
    organisation: &OrganisationId,
    purchases: Vec<String>,
) -> Result<Vec<DocumentLine>, StoreError> {
    match db {
        Db::Sqlite { reader, .. } => {
            let ids = super::journal::json(&purchases);
            let query = sqlx::query(DOCUMENTS_ON_SQLITE).bind(organisation.as_str()).bind(ids);
            query.fetch_all(reader).await?.iter().map(line).collect()
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(DOCUMENTS_ON_POSTGRES);
            let query = query.bind(organisation.as_str()).bind(purchases);
            query.fetch_all(pool).await?.iter().map(line).collect()
        }
    }
}

fn line(row: &impl StoreRow) -> Result<DocumentLine, StoreError> {
    Ok(DocumentLine {
        number: row.text("number")?,
        purchase: row.parsed("billing_document", "purchase", PurchaseId::parse)?,
        kind: row.parsed("billing_document", "kind", str::parse)?,
        total_minor: row.integer("total_minor")?,
        tax_minor: row.integer("tax_minor")?,
        credits: Credits::from_micro(row.integer("credits")?),
    })
}
