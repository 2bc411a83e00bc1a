//! Usage in sums: the roll-ups that are written with the journal, one row a month and attribution.
//!
//! Every usage adds to two rows: that of its report, and that of all reports together ([`ALL_REPORTS`]).
//! The second kind stays few, so that a sum by month, operation, department or member costs the same
//! however many reports there are.
//!
//! Months are `YYYY-MM` in the zone that the ledger's head names, so their order as text is their
//! order in time.

use super::journal::stored;
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow, period};
use crate::ledger::{
    Attribution, Credits, DepartmentId, Operation, OrganisationId, ReportId, Span, Subject,
    Timestamp, UserId,
};
use crate::on;

/// One row a month, operation, department, member and report; a group adds to it.
pub static ROLLUP: Table = Table {
    name: "usage_rollup",
    columns: &[
        ("organisation", Kind::Text),
        ("month", Kind::Text),
        ("operation", Kind::Text),
        ("department", Kind::Text),
        ("member", Kind::Text),
        ("report", Kind::Text),
        ("credits", Kind::Integer),
        ("transactions", Kind::Integer),
    ],
    key: 6,
    on_conflict: OnConflict::Add(&["credits", "transactions"]),
};

/// What a row names for a report that sums over all of them.
pub const ALL_REPORTS: &str = "*";

/// The usage of one group of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageSum<Of> {
    /// What was summed by; for a part of the organisation, `None` is what names none.
    pub of: Of,
    /// What was charged.
    pub credits: Credits,
    /// In how many transactions.
    pub transactions: i64,
}

/// Sums of the roll-ups of `$1` from month `$2` to month `$3`, by one column.
macro_rules! sums_by {
    ($column:literal, $reports:literal) => {
        concat!(
            "select ",
            $column,
            " as label, cast(coalesce(sum(credits), 0) as bigint) as credits, ",
            "cast(coalesce(sum(transactions), 0) as bigint) as transactions ",
            "from usage_rollup where organisation = $1 and month >= $2 and month <= $3 and ",
            $reports,
            " group by ",
            $column,
            " order by ",
            $column
        )
    };
}

const BY_MONTH: &str = sums_by!("month", "report = '*'");
const BY_OPERATION: &str = sums_by!("operation", "report = '*'");
const BY_DEPARTMENT: &str = sums_by!("department", "report = '*'");
const BY_MEMBER: &str = sums_by!("member", "report = '*'");
const BY_REPORT: &str = sums_by!("report", "report <> '*'");
pub(super) const IN_SPAN: &str = "select cast(coalesce(sum(amount), 0) as bigint) as amount \
     from ledger_transaction where organisation = $1 and direction = 'usage' \
     and counted_at >= $2 and counted_at < $3 \
     and (cast($4 as text) is null or department = $4) \
     and (cast($5 as text) is null or member = $5) \
     and (cast($6 as text) is null or api_key = $6) and sequence < $7 and sequence > $8";
const EVER: &str = "select cast(coalesce(sum(credits), 0) as bigint) as credits from usage_rollup \
     where organisation = $1 and report = '*' \
     and (cast($2 as text) is null or department = $2) \
     and (cast($3 as text) is null or member = $3)";

/// What a roll-up row is about: its key without the organisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RollupKey {
    month: String,
    operation: String,
    department: String,
    member: String,
    report: String,
}

impl RollupKey {
    /// The row that usage in `month` with this attribution adds to.
    pub fn new(month: String, attribution: &Attribution) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        RollupKey {
            month,
            operation: text(attribution.operation.as_ref().map(Operation::as_str)),
            department: text(attribution.department.as_ref().map(DepartmentId::as_str)),
            member: text(attribution.member.as_ref().map(UserId::as_str)),
            report: text(attribution.report.as_ref().map(ReportId::as_str)),
        }
    }

    /// The row that sums over all reports.
    pub fn of_all_reports(&self) -> Self {
        RollupKey { report: ALL_REPORTS.to_owned(), ..self.clone() }
    }
}

/// The row that adds this much.
pub fn rollup_cells(
    organisation: &OrganisationId,
    key: &RollupKey,
    micro: i64,
    transactions: i64,
) -> Cells {
    vec![
        organisation.as_str().into(),
        key.month.as_str().into(),
        key.operation.as_str().into(),
        key.department.as_str().into(),
        key.member.as_str().into(),
        key.report.as_str().into(),
        micro.into(),
        transactions.into(),
    ]
}

/// Usage by month (`YYYY-MM`), the earliest first, from one month to another, both included.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn by_month(
    db: &Db,
    organisation: &OrganisationId,
    from: &str,
    to: &str,
) -> Result<Vec<UsageSum<String>>, StoreError> {
    sums(db, BY_MONTH, organisation, (from, to), |label| Ok(label.to_owned())).await
}

/// Usage by operation in these months, both included.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn by_operation(
    db: &Db,
    organisation: &OrganisationId,
    from: &str,
    to: &str,
) -> Result<Vec<UsageSum<Option<Operation>>>, StoreError> {
    sums(db, BY_OPERATION, organisation, (from, to), |label| named(label, Operation::parse)).await
}

/// Usage by department in these months, both included.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn by_department(
    db: &Db,
    organisation: &OrganisationId,
    from: &str,
    to: &str,
) -> Result<Vec<UsageSum<Option<DepartmentId>>>, StoreError> {
    sums(db, BY_DEPARTMENT, organisation, (from, to), |label| named(label, DepartmentId::parse))
        .await
}

/// Usage by member in these months, both included.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn by_member(
    db: &Db,
    organisation: &OrganisationId,
    from: &str,
    to: &str,
) -> Result<Vec<UsageSum<Option<UserId>>>, StoreError> {
    sums(db, BY_MEMBER, organisation, (from, to), |label| named(label, UserId::parse)).await
}

/// Usage by report in these months, both included.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn by_report(
    db: &Db,
    organisation: &OrganisationId,
    from: &str,
    to: &str,
) -> Result<Vec<UsageSum<Option<ReportId>>>, StoreError> {
    sums(db, BY_REPORT, organisation, (from, to), |label| named(label, ReportId::parse)).await
}

/// What a subject has used in a stretch of time, by the instants that budgets count in. Over all time it
/// is the sum of the roll-ups; else only the journal from the stretch's beginning on is read: nothing is
/// counted later than it is recorded.
///
/// # Errors
/// The database failed.
pub async fn in_span(
    db: &Db,
    organisation: &OrganisationId,
    subject: &Subject,
    span: Span,
) -> Result<Credits, StoreError> {
    let filter = SpanFilter::of(subject, span);
    if span == Span::ALWAYS && filter.key.is_none() {
        let credits = on!(db, read pool => sqlx::query(EVER).bind(organisation.as_str())
            .bind(filter.department).bind(filter.member)
            .fetch_one(pool).await?.integer("credits"))?;
        return Ok(Credits::from_micro(credits));
    }
    let after = period::position(db, organisation, span.from).await?;
    let places = Places { after, before: u64::MAX >> 1 };
    let amount = on!(db, read pool => filter.bind(sqlx::query(IN_SPAN), organisation, places)
        .fetch_one(pool).await?.integer("amount"))?;
    Ok(Credits::from_micro(-amount))
}

/// Places of the journal, neither of them among those that are meant.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// Before the first.
    pub after: u64,
    /// Behind the last.
    pub before: u64,
}

/// What [`IN_SPAN`] is asked with.
pub(super) struct SpanFilter<'a> {
    from: Timestamp,
    until: Timestamp,
    department: Option<&'a str>,
    member: Option<&'a str>,
    key: Option<&'a str>,
}

impl<'a> SpanFilter<'a> {
    /// The usage of a subject in a stretch of time.
    pub fn of(subject: &'a Subject, Span { from, until }: Span) -> Self {
        let mut filter = SpanFilter { from, until, department: None, member: None, key: None };
        match subject {
            Subject::Organisation => {}
            Subject::Department(id) => filter.department = Some(id.as_str()),
            Subject::Member(id) => filter.member = Some(id.as_str()),
            Subject::Key(id) => filter.key = Some(id.as_str()),
        }
        filter
    }

    /// Binds it, for the rows of an organisation between two places.
    pub fn bind<'q, D>(
        self,
        query: sqlx::query::Query<'q, D, D::Arguments>,
        organisation: &'q OrganisationId,
        places: Places,
    ) -> sqlx::query::Query<'q, D, D::Arguments>
    where
        'a: 'q,
        D: sqlx::Database,
        i64: sqlx::Encode<'q, D> + sqlx::Type<D>,
        &'q str: sqlx::Encode<'q, D> + sqlx::Type<D>,
        Option<&'q str>: sqlx::Encode<'q, D> + sqlx::Type<D>,
    {
        query
            .bind(organisation.as_str())
            .bind(self.from.micros())
            .bind(self.until.micros())
            .bind(self.department)
            .bind(self.member)
            .bind(self.key)
            .bind(stored(places.before))
            .bind(stored(places.after))
    }
}

async fn sums<Of>(
    db: &Db,
    statement: &'static str,
    organisation: &OrganisationId,
    (from, to): (&str, &str),
    parse: impl Fn(&str) -> Result<Of, String>,
) -> Result<Vec<UsageSum<Of>>, StoreError> {
    on!(db, read pool => sqlx::query(statement)
        .bind(organisation.as_str()).bind(from).bind(to)
        .fetch_all(pool).await?.iter().map(|row| usage_sum(row, &parse)).collect())
}

fn usage_sum<Of>(
    row: &impl StoreRow,
    parse: impl Fn(&str) -> Result<Of, String>,
) -> Result<UsageSum<Of>, StoreError> {
    Ok(UsageSum {
        of: row.parsed("usage_rollup", "label", parse)?,
        credits: Credits::from_micro(row.integer("credits")?),
        transactions: row.integer("transactions")?,
    })
}

/// An empty label stands for what names no such part.
fn named<Id, E: ToString>(
    label: &str,
    parse: impl Fn(&str) -> Result<Id, E>,
) -> Result<Option<Id>, String> {
    if label.is_empty() {
        return Ok(None);
    }
    parse(label).map(Some).map_err(|problem| problem.to_string())
}
