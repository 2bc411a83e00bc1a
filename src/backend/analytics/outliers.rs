//! Usage that took far more than its operation usually does, among the newest of a period: a bounded
//! number of rows an operation, whatever the length of the history.

use crate::backend::balance::ReadError;
use crate::backend::credits::words::operation_label;
use crate::backend::state::Backend;
use crate::backend::store::history::{self, HistoryRow, UsageFilter};
use crate::backend::store::organisation::Organisation;
use crate::ledger::{Credits, DepartmentId, Operation, UserId};
use crate::model::analytics::Outlier;

use super::question::Question;

/// Operations that are looked at, those that used most.
const OPERATIONS: usize = 6;
/// Rows of each.
const SAMPLE: i64 = 200;
/// With fewer of them, nothing is usual.
const LEAST: usize = 8;
/// How many times the median is far more.
const FACTOR: i64 = 3;
/// How many are shown.
const SHOWN: usize = 8;

/// The largest of them. `below` is the place of the journal behind the period, and `operations` what was
/// used in it, the largest first.
pub async fn find(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
    below: Option<u64>,
    operations: &[String],
) -> Result<Vec<Outlier>, ReadError> {
    if !question.choice.key.is_empty() {
        // What one key usually takes has no index of its own.
        return Ok(Vec::new());
    }
    let zone = backend.zone(organisation)?;
    let first = zone.start_of_day(&question.look.days.from.to_string());
    let mut found = Vec::new();
    for code in operations.iter().take(OPERATIONS) {
        let Ok(operation) = Operation::parse(code) else { continue };
        let filter = filter(question, operation);
        let rows = history::usage(&backend.db, &organisation.id, &filter, below, SAMPLE).await?;
        let Some(median) = median(&rows) else { continue };
        let is_in = |row: &&HistoryRow| first.is_none_or(|first| row.recorded_at >= first);
        found.extend(rows.iter().filter(is_in).filter(|row| is_far(row, median)).map(|row| {
            Outlier {
                sequence: row.sequence,
                operation: operation_label(&backend.catalogue, filter.operation.as_ref()),
                credits: used(row),
                median,
                at: zone.moment(row.recorded_at),
            }
        }));
    }
    found.sort_by_key(|outlier| std::cmp::Reverse((outlier.credits, outlier.sequence)));
    found.truncate(SHOWN);
    Ok(found)
}

fn filter(question: &Question, operation: Operation) -> UsageFilter {
    let choice = &question.choice;
    let member = match question.scope.everyone {
        true => UserId::parse(&choice.user).ok(),
        false => Some(question.scope.user.clone()),
    };
    let department = DepartmentId::parse(&choice.department).ok();
    UsageFilter { operation: Some(operation), department, member }
}

fn used(row: &HistoryRow) -> Credits {
    row.amount.checked_neg().unwrap_or_default()
}

fn is_far(row: &HistoryRow, median: Credits) -> bool {
    median.checked_mul(FACTOR).is_some_and(|far| used(row) > far)
}

/// What these usually take; nothing where they are too few.
fn median(rows: &[HistoryRow]) -> Option<Credits> {
    let mut amounts: Vec<Credits> =
        rows.iter().map(used).filter(|credits| credits.is_positive()).collect();
    amounts.sort_unstable();
    (amounts.len() >= LEAST).then(|| amounts[amounts.len() / 2])
}
