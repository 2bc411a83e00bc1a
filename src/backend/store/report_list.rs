//! Lists of reports with what the ledger holds or has charged for each.
//!
//! A page is 50 rows after a place (keyset), so no page's cost grows with the number of those before.

use super::report::asset_counts;
use super::{Db, StoreError, StoreRow};
use crate::ledger::{Credits, OrganisationId, ReportId, Timestamp, UserId};
use crate::model::reports::{ReportFilter, ReportStatus};
use crate::on;
use std::str::FromStr;

/// Which reports.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    /// Of this organisation.
    pub organisation: &'a OrganisationId,
    /// Only of this person, where given.
    pub user: Option<&'a UserId>,
    /// Only those so far.
    pub filter: ReportFilter,
}

/// By what a list is sorted. The id decides between equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
    /// The dearest first.
    Dearest,
    /// The cheapest first.
    Cheapest,
}

/// Where a page begins: after the report with this figure (an instant or credits) and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Microseconds or micro-credits, by the list's order.
    pub figure: i64,
    /// The report's id.
    pub id: String,
}

/// One report in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedReport {
    /// Its id.
    pub id: ReportId,
    /// What its author calls it.
    pub title: String,
    /// How far it is.
    pub status: ReportStatus,
    /// How many assets of each kind, in the order of `AssetKind::ALL`.
    pub assets: [u32; 3],
    /// What the ledger holds for it now.
    pub held: Credits,
    /// What the ledger has charged for it.
    pub charged: Credits,
    /// Who asked for it.
    pub user_name: String,
    /// The department it is charged to.
    pub department_name: Option<String>,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// Where the next page begins after this row, by the list's order.
    pub place: Place,
}

/// All of a selection together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// How many reports.
    pub reports: i64,
    /// What the ledger has charged for them.
    pub charged: Credits,
    /// What it holds for them now.
    pub held: Credits,
}

/// The text of one order: by which column, in which direction, and what comes after a place in it.
macro_rules! list_by {
    ($column:literal, $direction:literal, $after:literal) => {
        concat!(
            "select r.id, r.title, r.status, r.text_assets, r.image_assets, r.video_assets, r.created_at, ",
            $column,
            " as figure, coalesce(h.state, '') as state, coalesce(h.amount, 0) as amount, \
             coalesce(h.settled, 0) as settled, coalesce(u.name, '') as user_name, \
             d.name as department_name from report r \
             left join ledger_hold h on h.organisation = r.organisation and h.id = r.hold \
             left join user_account u on u.id = r.user_id \
             left join department d on d.organisation = r.organisation and d.id = r.department \
             where r.organisation = $1 and r.status <> 'preparing' \
             and (cast($2 as text) is null or r.user_id = $2) \
             and ($3 = '' or r.status = $3 or ($3 = 'open' and r.finished_at is null)) and (",
            $column, ", r.id) ", $after, " ($4, $5) order by ", $column, " ", $direction,
            ", r.id ", $direction, " limit $6"
        )
    };
}

const NEWEST: &str = list_by!("r.created_at", "desc", "<");
const OLDEST: &str = list_by!("r.created_at", "asc", ">");
const DEAREST: &str = list_by!("r.credits", "desc", "<");
const CHEAPEST: &str = list_by!("r.credits", "asc", ">");
const TOTALS: &str = "select count(*) as reports, \
     cast(coalesce(sum(case when h.state = 'settled' then h.settled else 0 end), 0) as bigint) as charged, \
     cast(coalesce(sum(case when h.state = 'open' then h.amount else 0 end), 0) as bigint) as held \
     from report r left join ledger_hold h on h.organisation = r.organisation and h.id = r.hold \
     where r.organisation = $1 and r.status <> 'preparing' \
     and (cast($2 as text) is null or r.user_id = $2) \
     and ($3 = '' or r.status = $3 or ($3 = 'open' and r.finished_at is null))";
const CHARGED: &str = "select credits from report where organisation = $1 \
     and status in ('done', 'partly') order by created_at desc, id desc limit $2";

/// At most `rows` reports after `after`.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    selection: &Selection<'_>,
    order: Order,
    after: Option<&Place>,
    rows: i64,
) -> Result<Vec<ListedReport>, StoreError> {
    let (statement, before_all) = match order {
        Order::Newest => (NEWEST, i64::MAX),
        Order::Oldest => (OLDEST, i64::MIN),
        Order::Dearest => (DEAREST, i64::MAX),
        Order::Cheapest => (CHEAPEST, i64::MIN),
    };
    let figure = after.map_or(before_all, |place| place.figure);
    let id = after.map_or("", |place| place.id.as_str());
    on!(db, read pool => sqlx::query(statement)
        .bind(selection.organisation.as_str())
        .bind(selection.user.map(UserId::as_str))
        .bind(selection.filter.code())
        .bind(figure)
        .bind(id)
        .bind(rows)
        .fetch_all(pool).await?.iter().map(listed).collect())
}

/// The sums over a whole selection, from the ledger's own figures.
///
/// # Errors
/// The database failed.
pub async fn totals(db: &Db, selection: &Selection<'_>) -> Result<Totals, StoreError> {
    on!(db, read pool => {
        let row = sqlx::query(TOTALS)
            .bind(selection.organisation.as_str())
            .bind(selection.user.map(UserId::as_str))
            .bind(selection.filter.code())
            .fetch_one(pool).await?;
        Ok(Totals {
            reports: row.integer("reports")?,
            charged: Credits::from_micro(row.integer("charged")?),
            held: Credits::from_micro(row.integer("held")?),
        })
    })
}

/// What the newest finished reports were charged, `at_most` of them.
///
/// # Errors
/// The database failed.
pub async fn newest_charges(
    db: &Db,
    organisation: &OrganisationId,
    at_most: i64,
) -> Result<Vec<Credits>, StoreError> {
    on!(db, read pool => sqlx::query(CHARGED).bind(organisation.as_str()).bind(at_most)
        .fetch_all(pool).await?.iter()
        .map(|row| Ok(Credits::from_micro(row.integer("credits")?))).collect())
}

fn listed(row: &impl StoreRow) -> Result<ListedReport, StoreError> {
    let id = row.parsed("report", "id", ReportId::parse)?;
    let credits = |state: &str, column| match row.text("state")? == state {
        true => row.integer(column).map(Credits::from_micro),
        false => Ok(Credits::ZERO),
    };
    Ok(ListedReport {
        title: row.text("title")?,
        status: row.parsed("report", "status", ReportStatus::from_str)?,
        assets: asset_counts(row)?,
        held: credits("open", "amount")?,
        charged: credits("settled", "settled")?,
        user_name: row.text("user_name")?,
        department_name: row.text_or_none("department_name")?,
        created_at: row.time("created_at")?,
        place: Place { figure: row.integer("figure")?, id: id.as_str().to_owned() },
        id,
    })
}
