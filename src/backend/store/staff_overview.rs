//! Organisations as those see them who run the installation: one statement a page, whatever is on it, and
//! no page costs more than another, however many organisations there are.

use super::{Db, StoreError, StoreRow};
use crate::catalogue::Plan;
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::ledger::{Credits, Terms};
use crate::on;

/// An organisation with what a list says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct OverviewRow {
    /// Its id.
    pub id: OrganisationId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What its ledger says; none before its first transaction.
    pub balance: Option<OverviewBalance>,
    /// Where its plan stands: the word of its subscription, where it has one.
    pub plan_status: Option<String>,
    /// The plan that it pays for, on the frozen terms.
    pub paid_plan: Option<Plan>,
    /// The code of the plan that was agreed on.
    pub agreed_plan: Option<String>,
    /// The payment that was credited last.
    pub last_payment: Option<LastPayment>,
    /// Payments that someone must look into.
    pub reviews: i64,
    /// Disputes that are not over.
    pub disputes: i64,
}

/// What a ledger's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewBalance {
    /// What may be spent.
    pub available: Credits,
    /// What running work has set aside.
    pub held: Credits,
    /// What may not be spent until a dispute ends.
    pub frozen: Credits,
    /// What is owed.
    pub debt: Credits,
    /// When something falls due next.
    pub next_due: Option<Timestamp>,
}

/// The payment that was credited last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPayment {
    /// Its id.
    pub id: PurchaseId,
    /// What it cost.
    pub price: Money,
    /// When it was begun.
    pub begun: Timestamp,
}

/// How many belong to an organisation, and in how many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headcount {
    /// Members whose membership has not ended.
    pub members: i64,
    /// Departments in use.
    pub departments: i64,
}

const LIST: &str = "select o.id, o.name, o.created_at, h.available, h.held, h.frozen, h.debt, \
     h.next_due, s.status as plan_status, pt.terms as paid_plan, \
     case when s.status = 'agreed' then lt.terms end as agreed_terms, \
     p.id as payment, p.amount_minor, p.currency, p.created_at as payment_begun, \
     (select count(*) from purchase r where r.organisation = o.id and r.status = 'review') as reviews, \
     (select count(*) from purchase_dispute d where d.organisation = o.id \
     and d.standing in ('inquiry', 'open', 'unknown')) as disputes \
     from organisation o \
     left join ledger_head h on h.organisation = o.id \
     left join subscription s on s.organisation = o.id and s.provider = $5 and s.livemode = $6 \
     left join plan_terms pt on pt.provider = s.provider and pt.product_ref = s.paid_ref \
     left join ledger_terms lt on lt.organisation = o.id \
     left join purchase p on p.organisation = o.id and p.id = (select q.id from purchase q \
     where q.organisation = o.id and q.status = 'credited' \
     order by q.created_at desc, q.id desc limit 1) \
     where (o.created_at, o.id) < ($1, $2) and ($3 = '' or o.id = $3 \
     or replace(o.name, $3, '') <> o.name or replace(lower(o.name), $4, '') <> lower(o.name)) \
     order by o.created_at desc, o.id desc limit $7";
const HEADCOUNT: &str = "select (select count(*) from membership \
     where organisation = $1 and ended_at is null) as members, \
     (select count(*) from department where organisation = $1 and archived_at is null) as departments";
const COUNT: &str = "select count(*) as count from organisation";

/// The organisations that `search` finds (an id, or a part of a name; empty for all), the newest first,
/// from before `before`. A name is searched as it was typed and in small letters.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    provider: (&str, bool),
    search: &str,
    before: Option<(Timestamp, &OrganisationId)>,
    limit: i64,
) -> Result<Vec<OverviewRow>, StoreError> {
    let (time, id) = before.map_or((i64::MAX, ""), |(time, id)| (time.0, id.as_str()));
    on!(db, read pool => sqlx::query(LIST)
        .bind(time).bind(id).bind(search).bind(search.to_lowercase())
        .bind(provider.0).bind(i64::from(provider.1)).bind(limit)
        .fetch_all(pool).await?.iter().map(overview).collect())
}

/// How many belong to an organisation.
///
/// # Errors
/// The database failed.
pub async fn headcount(db: &Db, organisation: &OrganisationId) -> Result<Headcount, StoreError> {
    on!(db, read pool => {
        let row = sqlx::query(HEADCOUNT).bind(organisation.as_str()).fetch_one(pool).await?;
        Ok(Headcount { members: row.integer("members")?, departments: row.integer("departments")? })
    })
}

/// How many organisations there are.
///
/// # Errors
/// The database failed.
pub async fn count(db: &Db) -> Result<i64, StoreError> {
    on!(db, read pool => sqlx::query(COUNT).fetch_one(pool).await?.integer("count"))
}

fn overview(row: &impl StoreRow) -> Result<OverviewRow, StoreError> {
    const TABLE: &str = "organisation";
    let terms: Option<Terms> =
        row.parsed_or_none("ledger_terms", "agreed_terms", |text| serde_json::from_str(text))?;
    Ok(OverviewRow {
        id: row.parsed(TABLE, "id", OrganisationId::parse)?,
        name: row.text("name")?,
        created_at: row.time("created_at")?,
        balance: balance(row)?,
        plan_status: row.text_or_none("plan_status")?,
        paid_plan: row
            .parsed_or_none("plan_terms", "paid_plan", |text| serde_json::from_str(text))?,
        agreed_plan: terms.and_then(|terms| terms.plan).map(|standing| standing.plan.code),
        last_payment: last_payment(row)?,
        reviews: row.integer("reviews")?,
        disputes: row.integer("disputes")?,
    })
}

fn balance(row: &impl StoreRow) -> Result<Option<OverviewBalance>, StoreError> {
    let Some(available) = row.integer_or_none("available")? else { return Ok(None) };
    let credits = |column| row.integer(column).map(Credits::from_micro);
    Ok(Some(OverviewBalance {
        available: Credits::from_micro(available),
        held: credits("held")?,
        frozen: credits("frozen")?,
        debt: credits("debt")?,
        next_due: row.time_or_none("next_due")?,
    }))
}

fn last_payment(row: &impl StoreRow) -> Result<Option<LastPayment>, StoreError> {
    let Some(id) = row.parsed_or_none("purchase", "payment", PurchaseId::parse)? else {
        return Ok(None);
    };
    let minor = row.integer("amount_minor")?;
    let currency = row.parsed("purchase", "currency", Currency::parse)?;
    let begun = row.time("payment_begun")?;
    Ok(Some(LastPayment { id, price: Money { minor, currency }, begun }))
}
