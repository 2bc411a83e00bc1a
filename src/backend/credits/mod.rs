//! The credits page's reading side: figures, months, and the ledger's two lists. Writes nothing.

pub mod months;
pub mod transaction;
pub mod words;

use std::collections::HashMap;

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store;
use crate::backend::store::correction::{self, Correction};
use crate::backend::store::history::{self, HistoryRow, UsageFilter};
use crate::backend::store::organisation::Organisation;
use crate::backend::zone::Zone;
use crate::catalogue::Catalogue;
use crate::ledger::{
    Attribution, DepartmentId, LedgerState, Lot, Operation, TransactionKind, UserId,
};
use crate::model::credits::{
    AdditionRow, BalanceFigures, Choice, Choices, CostLine, CreditsPage, History, LastTransaction,
    ReportRef, UsageChoice, UsageRow,
};
use crate::model::format::format_price_per_credit;
use crate::model::permission::{Action, may};

/// Rows on one page of a list.
pub const PAGE_ROWS: usize = 50;

/// Which list is asked for.
#[derive(Clone, Debug)]
pub enum HistoryQuery {
    /// What was spent, narrowed.
    Usage(UsageFilter),
    /// What came in.
    Additions,
}

/// What a viewer may see of the organisation's history: every row, but not all that is behind it.
#[derive(Clone, Debug)]
pub struct Eyes {
    /// The viewer.
    pub user: UserId,
    /// Whether they may open everybody's work, not only their own.
    pub sees_everyone: bool,
    /// Whether they may see the money that was paid for credits.
    pub sees_money: bool,
}

impl Eyes {
    /// What the caller may see.
    pub fn of(caller: &Caller) -> Eyes {
        Eyes {
            user: caller.user.clone(),
            sees_everyone: may(caller.role, Action::ViewAllReports),
            sees_money: may(caller.role, Action::ViewPayments),
        }
    }

    fn may_open(&self, attribution: &Attribution) -> bool {
        self.sees_everyone || attribution.member.as_ref() == Some(&self.user)
    }

    /// What was paid for a lot, with the price of one credit, for those who may see it.
    pub fn paid(&self, lot: &Lot) -> Option<String> {
        words::paid(lot).filter(|_| self.sees_money)
    }

    /// The piece of work of a row; its id stands for a title it does not have.
    fn report(&self, row: &HistoryRow) -> Option<ReportRef> {
        let attribution = &row.attribution;
        let id = attribution.report.as_ref()?.to_string();
        let title = row.report.clone().unwrap_or_else(|| id.clone());
        let is_open = !row.is_of_a_program && self.may_open(attribution);
        Some(ReportRef { id, title, is_open })
    }
}

/// The page, with the list from below the sequence `before` on.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
    query: &HistoryQuery,
    before: Option<u64>,
) -> Result<CreditsPage, ReadError> {
    let zone = backend.zone(organisation)?;
    let state = backend.ledger(&organisation.id).await?;
    let (months, trend) = months::cards(backend, &organisation.id, zone).await?;
    let (history, next) = history(backend, organisation, eyes, query, before).await?;
    let noun = &backend.catalogue.nouns.report;
    Ok(CreditsPage {
        figures: figures(backend, organisation, &state).await?,
        costs: costs(&backend.catalogue),
        months,
        trend,
        history,
        is_later_page: before.is_some(),
        next,
        report_noun: noun.one.clone(),
        reports_noun: noun.many.clone(),
    })
}

/// What every page about credits begins with.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn figures(
    backend: &Backend,
    organisation: &Organisation,
    state: &LedgerState,
) -> Result<BalanceFigures, ReadError> {
    Ok(BalanceFigures {
        view: store::head::balance_view(state, backend.now()),
        spent: state.head().spent,
        owed: state.head().debt,
        frozen: state.balance(backend.now()).frozen,
        last: latest(backend, organisation, 1).await?.pop(),
    })
}

/// The newest usage and additions, newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn latest(
    backend: &Backend,
    organisation: &Organisation,
    most: i64,
) -> Result<Vec<LastTransaction>, ReadError> {
    let (zone, id) = (backend.zone(organisation)?, &organisation.id);
    let mut rows = history::usage(&backend.db, id, &UsageFilter::default(), None, most).await?;
    rows.extend(history::additions(&backend.db, id, None, most).await?);
    rows.sort_by_key(|row| std::cmp::Reverse(row.sequence));
    rows.truncate(usize::try_from(most).unwrap_or(0));
    let corrections = corrections(backend, organisation, &rows).await?;
    let line = |row| last_transaction(&backend.catalogue, zone, &corrections, row);
    Ok(rows.iter().map(line).collect())
}

/// Why money went back, by the transactions among these rows that it moved.
async fn corrections(
    backend: &Backend,
    organisation: &Organisation,
    rows: &[HistoryRow],
) -> Result<HashMap<u64, Correction>, ReadError> {
    let moved = |row: &&HistoryRow| {
        matches!(row.kind, TransactionKind::Revoke { .. } | TransactionKind::Reverse { .. })
    };
    let places = || rows.iter().filter(moved).map(|row| row.sequence);
    let (Some(first), Some(last)) = (places().min(), places().max()) else {
        return Ok(HashMap::new());
    };
    Ok(correction::of_sequences(&backend.db, &organisation.id, first, last).await?)
}

fn last_transaction(
    catalogue: &Catalogue,
    zone: Zone,
    corrections: &HashMap<u64, Correction>,
    row: &HistoryRow,
) -> LastTransaction {
    let label = match &row.kind {
        _ if corrections.contains_key(&row.sequence) => {
            words::correction_label(&corrections[&row.sequence]).to_owned()
        }
        TransactionKind::Grant { lot, .. } => words::addition_label(lot).to_owned(),
        TransactionKind::Revoke { .. } | TransactionKind::Adjust { .. } => {
            words::kind_label(&row.kind).to_owned()
        }
        _ => words::operation_label(catalogue, row.attribution.operation.as_ref()),
    };
    let label = match &row.report {
        Some(report) => format!("{label}: {report}"),
        None => label,
    };
    LastTransaction {
        sequence: row.sequence,
        label,
        credits: row.amount,
        at: zone.moment(row.recorded_at),
    }
}

/// What one credit costs in each offer, the package first.
fn costs(catalogue: &Catalogue) -> Vec<CostLine> {
    let line = |offer: &str, price| CostLine {
        offer: offer.to_owned(),
        price: format!("{} per credit", format_price_per_credit(price, catalogue.currency)),
    };
    let package = catalogue.annual_package.as_ref();
    let package = package.map(|package| line(&package.name, package.price_per_credit()));
    let packs = catalogue.packs.iter().map(|pack| line(&pack.name, pack.price_per_credit()));
    package.into_iter().chain(packs).collect()
}

async fn history(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
    query: &HistoryQuery,
    before: Option<u64>,
) -> Result<(History, Option<u64>), ReadError> {
    match query {
        HistoryQuery::Usage(filter) => {
            let rows = usage_rows(backend, organisation, eyes, filter, before, PAGE_ROWS);
            let (rows, next) = rows.await?;
            let (total, transactions) =
                history::usage_total(&backend.db, &organisation.id, filter).await?;
            let total = total.checked_neg().unwrap_or_default();
            let choices = choices(backend, organisation).await?;
            let chosen = chosen(filter);
            Ok((History::Usage { rows, chosen, choices, total, transactions }, next))
        }
        HistoryQuery::Additions => {
            let rows = addition_rows(backend, organisation, eyes, before, PAGE_ROWS);
            let (rows, next) = rows.await?;
            Ok((History::Additions { rows }, next))
        }
    }
}

/// Usage from below the sequence `before` on, `most` rows of it, and the cursor of what follows where
/// there is more.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn usage_rows(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
    filter: &UsageFilter,
    before: Option<u64>,
    most: usize,
) -> Result<(Vec<UsageRow>, Option<u64>), ReadError> {
    let zone = backend.zone(organisation)?;
    let rows = history::usage(&backend.db, &organisation.id, filter, before, and_one(most)).await?;
    Ok(cut(rows, most, |row| usage_row(&backend.catalogue, zone, eyes, row)))
}

/// What came in, from below the sequence `before` on, like [`usage_rows`].
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn addition_rows(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
    before: Option<u64>,
    most: usize,
) -> Result<(Vec<AdditionRow>, Option<u64>), ReadError> {
    let zone = backend.zone(organisation)?;
    let rows = history::additions(&backend.db, &organisation.id, before, and_one(most)).await?;
    let why = corrections(backend, organisation, &rows).await?;
    Ok(cut(rows, most, |row| addition_row(&backend.catalogue, zone, eyes, &why, row)))
}

/// One row more than is shown tells whether there is another page.
fn and_one(most: usize) -> i64 {
    i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX)
}

/// The rows of one page, and the cursor of the next where there is one.
fn cut<T>(
    rows: Vec<HistoryRow>,
    most: usize,
    show: impl Fn(&HistoryRow) -> T,
) -> (Vec<T>, Option<u64>) {
    let more = rows.len() > most;
    let last = rows.get(most.saturating_sub(1)).filter(|_| more);
    let next = last.map(|row| row.sequence);
    (rows.iter().take(most).map(show).collect(), next)
}

fn usage_row(catalogue: &Catalogue, zone: Zone, eyes: &Eyes, row: &HistoryRow) -> UsageRow {
    UsageRow {
        sequence: row.sequence,
        operation: words::operation_label(catalogue, row.attribution.operation.as_ref()),
        credits: row.amount,
        report: eyes.report(row),
        user: words::person(row),
        department: row.department.clone(),
        at: zone.moment(row.recorded_at),
    }
}

fn addition_row(
    catalogue: &Catalogue,
    zone: Zone,
    eyes: &Eyes,
    corrections: &HashMap<u64, Correction>,
    row: &HistoryRow,
) -> AdditionRow {
    let lot = match &row.kind {
        TransactionKind::Grant { lot, .. } => Some(lot),
        _ => None,
    };
    if let Some(step) = corrections.get(&row.sequence) {
        return correction_row(zone, eyes, step, row);
    }
    AdditionRow {
        sequence: row.sequence,
        kind: words::kind_label(&row.kind).to_owned(),
        origin: words::addition_origin(catalogue, &row.kind),
        credits: row.amount,
        paid: lot.and_then(|lot| eyes.paid(lot)),
        user: words::person(row),
        expires: lot.and_then(|lot| lot.expires_at).map(|at| zone.moment(at)),
        at: zone.moment(row.recorded_at),
    }
}

/// Credits that went with their money, or came back with it. Who may not see money sees no amount of it
/// and no reason.
fn correction_row(zone: Zone, eyes: &Eyes, step: &Correction, row: &HistoryRow) -> AdditionRow {
    AdditionRow {
        sequence: row.sequence,
        kind: words::correction_label(step).to_owned(),
        origin: words::correction_origin(step, eyes.sees_money),
        credits: row.amount,
        paid: words::paid_back(step).filter(|_| eyes.sees_money),
        user: words::person(row),
        expires: None,
        at: zone.moment(row.recorded_at),
    }
}

/// A filter as its form has it.
pub fn chosen(filter: &UsageFilter) -> UsageChoice {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    UsageChoice {
        operation: text(filter.operation.as_ref().map(Operation::as_str)),
        user: text(filter.member.as_ref().map(UserId::as_str)),
        department: text(filter.department.as_ref().map(DepartmentId::as_str)),
    }
}

/// Everything a filter may name. People who left and departments that were archived stay, because
/// their usage does.
///
/// # Errors
/// The database failed.
pub async fn choices(backend: &Backend, organisation: &Organisation) -> Result<Choices, ReadError> {
    let members = store::membership::members(&backend.db, &organisation.id).await?;
    let departments = store::department::list(&backend.db, &organisation.id).await?;
    let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
    let operations = backend.catalogue.operations.iter();
    let mut users: Vec<Choice> = members
        .iter()
        .map(|member| choice(member.membership.user.as_str(), &member.name))
        .collect();
    users.sort_by_key(|user| user.label.to_lowercase());
    Ok(Choices {
        operations: operations.map(|one| choice(&one.code, &one.name)).collect(),
        users,
        departments: departments.iter().map(|one| choice(one.id.as_str(), &one.name)).collect(),
    })
}
