//! Usage by its parts, each with what the period before used of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::balance::ReadError;
use crate::backend::credits::words::{SYSTEM, operation_label};
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::report_line;
use crate::backend::store::usage_day::{DayBy, Sum};
use crate::ledger::Operation;
use crate::model::analytics::{Slice, Split, SplitBy};
use crate::model::credits::{Choice, ReportRef};

use super::question::Question;
use super::roll_up::Usage;

/// Slices that are shown of a split.
const SHOWN: usize = 10;

/// Every split that says something: one of several parts, or of one that is named.
pub async fn all(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
    usage: &Usage,
) -> Result<Vec<Split>, ReadError> {
    let everyone = [
        (SplitBy::Operation, DayBy::Operation),
        (SplitBy::Department, DayBy::Department),
        (SplitBy::Member, DayBy::Member),
        (SplitBy::Key, DayBy::Key),
        (SplitBy::Report, DayBy::Report),
    ];
    let mut splits = Vec::new();
    for (by, part) in everyone {
        let own_only = matches!(by, SplitBy::Member | SplitBy::Key);
        if own_only && !question.scope.everyone {
            continue;
        }
        let split = split(backend, organisation, question, usage, (by, part)).await?;
        let says_something = split.slices.iter().any(|slice| !slice.id.is_empty());
        if says_something {
            splits.push(split);
        }
    }
    Ok(splits)
}

async fn split(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
    usage: &Usage,
    (by, part): (SplitBy, DayBy),
) -> Result<Split, ReadError> {
    let now = usage.sums(part, &question.filter(question.look.days)).await?;
    let before = match by {
        // What one piece of work used before it was made says nothing.
        SplitBy::Report => BTreeMap::new(),
        _ => usage.sums(part, &question.filter(question.look.before)).await?,
    };
    let mut order: Vec<(&String, Sum, Sum)> = now
        .keys()
        .chain(before.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|id| (id, of(&now, id), of(&before, id)))
        .collect();
    order.sort_by_key(|(_, now, before)| std::cmp::Reverse((now.credits, before.credits)));
    let others = order.split_off(order.len().min(SHOWN));
    let mut slices = Vec::new();
    for (id, used, before) in order {
        let (name, report) = named(backend, organisation, question, by, id).await?;
        let (used, before) = (super::amount(used), super::amount(before));
        slices.push(Slice { id: id.clone(), name, used, before, report });
    }
    let rest = others.iter().fold(Sum::default(), |all, (_, now, _)| all.plus(*now));
    let count = u64::try_from(others.len()).unwrap_or(u64::MAX);
    Ok(Split { by, slices, others: (count, super::amount(rest)) })
}

fn of(sums: &BTreeMap<String, Sum>, id: &str) -> Sum {
    sums.get(id).copied().unwrap_or_default()
}

/// What a part is called, and the page that a piece of work has.
async fn named(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
    by: SplitBy,
    id: &str,
) -> Result<(String, Option<ReportRef>), ReadError> {
    let found = |of: &[Choice], none: &str| {
        let one = of.iter().find(|choice| choice.value == id).map(|one| one.label.clone());
        if id.is_empty() { none.to_owned() } else { one.unwrap_or_else(|| id.to_owned()) }
    };
    let name = match by {
        SplitBy::Operation => {
            let operation = Operation::parse(id).ok();
            operation_label(&backend.catalogue, operation.as_ref())
        }
        SplitBy::Department => found(&question.choices.departments, "No department"),
        SplitBy::Member => found(&question.choices.users, SYSTEM),
        SplitBy::Key => found(&question.keys, "Without a key"),
        SplitBy::Report if id.is_empty() => {
            format!("Without a {}", backend.catalogue.nouns.report.one)
        }
        SplitBy::Report => {
            let title = report_line::title(&backend.db, &organisation.id, id).await?;
            let is_open = title.is_some();
            let title = title.unwrap_or_else(|| id.to_owned());
            let report = ReportRef { id: id.to_owned(), title: title.clone(), is_open };
            return Ok((title, Some(report)));
        }
    };
    Ok((name, None))
}
