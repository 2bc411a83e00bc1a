//! What a statement says by parts: additions from the journal's own index of them, usage from the
//! roll-ups. Neither reads more than its period.

use std::collections::BTreeMap;

use super::journal::stored;
use super::{Db, StoreError, StoreRow};
use crate::ledger::period_statement::{Used, UsedFor};
use crate::ledger::{Credits, DepartmentId, Operation, OrganisationId, Source, Timestamp};
use crate::on;

/// What was granted by source, and by how much grants were corrected, behind place `$2` up to `$3`.
const ADDITIONS: &str = "select t.kind, coalesce(l.source, '') as source, \
     cast(coalesce(sum(t.amount), 0) as bigint) as credits from ledger_transaction t \
     left join ledger_lot l on l.organisation = t.organisation and l.id = t.lot \
     where t.organisation = $1 and t.direction = 'addition' and t.sequence > $2 \
     and t.sequence <= $3 and t.kind in ('grant', 'adjust') group by t.kind, coalesce(l.source, '')";
/// Usage of month `$2` without what was recorded behind place `$3` and before instant `$4`: one snapshot,
/// whatever is booked meanwhile.
const USED: &str = "select operation, department, cast(sum(credits) as bigint) as credits, \
     cast(sum(transactions) as bigint) as transactions from ( \
     select operation, department, credits, transactions from usage_rollup \
     where organisation = $1 and month = $2 and report = '*' \
     union all select coalesce(operation, ''), coalesce(department, ''), amount, \
     case when amount <= 0 then -1 else 0 end from ledger_transaction where organisation = $1 \
     and direction = 'usage' and sequence > $3 and recorded_at < $4) parts \
     group by operation, department having sum(credits) <> 0 or sum(transactions) <> 0";
/// When the first transaction took effect.
const FIRST: &str =
    "select recorded_at from ledger_transaction where organisation = $1 and sequence = 1";

/// What was granted, by source; and by how much grants were corrected.
pub type Additions = (BTreeMap<Source, Credits>, Credits);

/// What came in behind one place of the journal, up to and with another.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn additions(
    db: &Db,
    organisation: &OrganisationId,
    after: u64,
    through: u64,
) -> Result<Additions, StoreError> {
    let rows: Vec<(String, String, Credits)> = on!(db, read pool => sqlx::query(ADDITIONS)
        .bind(organisation.as_str()).bind(stored(after)).bind(stored(through))
        .fetch_all(pool).await?.iter().map(addition).collect::<Result<_, _>>())?;
    let (mut granted, mut corrected) = (BTreeMap::new(), Credits::ZERO);
    for (kind, source, credits) in rows {
        if kind == "grant" {
            let known = Source::from_code(&source)
                .ok_or_else(|| StoreError::corrupt("ledger_lot", &source, "no source"))?;
            if !credits.is_zero() {
                granted.insert(known, credits);
            }
        } else {
            corrected = corrected.checked_add(credits).unwrap_or(Credits::MAX);
        }
    }
    Ok((granted, corrected))
}

fn addition(row: &impl StoreRow) -> Result<(String, String, Credits), StoreError> {
    let credits = Credits::from_micro(row.integer("credits")?);
    Ok((row.text("kind")?, row.text("source")?, credits))
}

/// Usage of one month (`YYYY-MM`), by what it was for. Of a month that goes on, what is recorded behind
/// place `through` and before `until` is left out; `None` where the month is over.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn used(
    db: &Db,
    organisation: &OrganisationId,
    month: &str,
    open: Option<(u64, Timestamp)>,
) -> Result<BTreeMap<UsedFor, Used>, StoreError> {
    let (through, until) =
        open.map_or((i64::MAX, i64::MIN), |(through, until)| (stored(through), until.micros()));
    on!(db, read pool => sqlx::query(USED).bind(organisation.as_str()).bind(month)
        .bind(through).bind(until).fetch_all(pool).await?.iter().map(usage).collect())
}

fn usage(row: &impl StoreRow) -> Result<(UsedFor, Used), StoreError> {
    const TABLE: &str = "usage_rollup";
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let operation = row.parsed(TABLE, "operation", |text| {
        some(text).map(|text| Operation::parse(&text)).transpose()
    })?;
    let department = row.parsed(TABLE, "department", |text| {
        some(text).map(|text| DepartmentId::parse(&text)).transpose()
    })?;
    let used = Used {
        credits: Credits::from_micro(row.integer("credits")?),
        transactions: u64::try_from(row.integer("transactions")?).unwrap_or_default(),
    };
    Ok((UsedFor { operation, department }, used))
}

/// When an organisation's first transaction took effect; `None` before it.
///
/// # Errors
/// The database failed.
pub async fn first(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<Option<Timestamp>, StoreError> {
    on!(db, read pool => sqlx::query(FIRST).bind(organisation.as_str())
        .fetch_optional(pool).await?.map(|row| row.time("recorded_at")).transpose())
}
