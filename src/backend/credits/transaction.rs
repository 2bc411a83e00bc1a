//! One transaction with its entries and the lots behind it.

use super::{Eyes, words};
use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{correction, history, journal, lot};
use crate::backend::zone::Zone;
use crate::ledger::{Account, Credits, Draw, Transaction, TransactionKind};
use crate::model::credits::{EntryLine, LotDraw, TransactionPage};

/// The transaction at this place of the organisation's journal; none where there is none.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
    sequence: u64,
) -> Result<Option<TransactionPage>, ReadError> {
    let Some(found) = journal::find(&backend.db, &organisation.id, sequence).await? else {
        return Ok(None);
    };
    let Some(row) = history::one(&backend.db, &organisation.id, sequence).await? else {
        return Ok(None);
    };
    let zone = backend.zone(organisation)?;
    let why = correction::of_sequences(&backend.db, &organisation.id, sequence, sequence).await?;
    let why = why.get(&sequence);
    let operation = found.attribution.operation.as_ref();
    Ok(Some(TransactionPage {
        sequence,
        kind: why.map_or(words::kind_label(&found.kind), words::correction_label).to_owned(),
        summary: words::summary(&found.kind, moved(&found)),
        at: zone.moment(found.recorded_at),
        user: words::person(&row),
        department: row.department.clone(),
        operation: operation.map(|one| words::operation_label(&backend.catalogue, Some(one))),
        report: eyes.report(&row),
        follows: found.corrects,
        entries: found.entries.iter().map(entry_line).collect(),
        lots: lots(backend, organisation, zone, &found).await?,
        available_after: found.available_after,
        exact: zone.exact(found.recorded_at),
        key: found.key.to_string(),
        hash: found.hash.to_string(),
        report_noun: backend.catalogue.nouns.report.one.clone(),
    }))
}

fn entry_line(entry: &crate::ledger::Entry) -> EntryLine {
    EntryLine {
        account: words::account(&entry.account),
        code: entry.account.to_string(),
        credits: entry.amount,
    }
}

/// What a transaction is about: what was charged, else what moved from one side to the other.
fn moved(transaction: &Transaction) -> Credits {
    if let Some(usage) = transaction.usage() {
        return usage.amount;
    }
    let coming = transaction.entries.iter().map(|entry| entry.amount);
    Credits::checked_sum(coming.filter(|amount| amount.is_positive())).unwrap_or_default()
}

/// The lots that paid, gave or got back.
async fn lots(
    backend: &Backend,
    organisation: &Organisation,
    zone: Zone,
    transaction: &Transaction,
) -> Result<Vec<LotDraw>, ReadError> {
    let mut lines = Vec::new();
    for draw in draws(transaction) {
        let Some(lot) = lot::find(&backend.db, &organisation.id, &draw.lot).await? else {
            continue;
        };
        lines.push(LotDraw {
            label: words::origin(&backend.catalogue, &lot),
            id: lot.id.to_string(),
            credits: draw.amount,
            expires: lot.expires_at.map(|at| zone.moment(at)),
        });
    }
    Ok(lines)
}

fn draws(transaction: &Transaction) -> Vec<Draw> {
    if let TransactionKind::Settle { paid, .. } = &transaction.kind {
        return paid.clone();
    }
    let on_lots = transaction.entries.iter().filter_map(|entry| match &entry.account {
        Account::Lot(lot) if entry.amount.is_negative() => {
            Some(Draw { lot: lot.clone(), amount: entry.amount.checked_neg()? })
        }
        Account::Lot(lot) => Some(Draw { lot: lot.clone(), amount: entry.amount }),
        _ => None,
    });
    on_lots.collect()
}
