//! Settings › Billing, the reading side: lots in spending order, the proof, what lapses next.

use std::collections::BTreeMap;

use crate::backend::balance::ReadError;
use crate::backend::balance::{days_left, recent_usage, source_label, spending_sources};
use crate::backend::credits::{Eyes, figures, words};
use crate::backend::forecast::lapses;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::period;
use crate::backend::zone::Zone;
use crate::catalogue::Catalogue;
use crate::ledger::time::DAY;
use crate::ledger::{ConsumptionOrder, Credits, LedgerState, Lot, LotId, Source, Timestamp};
use crate::model::billing_overview::{
    BillingOverview, ExpiryLine, LotLine, MonthProof, Proof, SourceCard,
};
use crate::model::team::share_of;

/// Instants of expiry that are listed.
const EXPIRIES: usize = 6;

/// The page.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
) -> Result<BillingOverview, ReadError> {
    let (now, zone) = (backend.now(), backend.zone(organisation)?);
    let stored = backend.stored_ledger(&organisation.id).await?;
    let state = stored.caught_up(now);
    let used = recent_usage(&backend.db, &organisation.id, now).await?;
    let figures = figures(backend, organisation, &state).await?;
    let proof = proof(&stored, &state, now);
    Ok(BillingOverview {
        month: month_proof(backend, &stored, &state, &proof, zone).await?,
        sources: source_cards(&backend.catalogue, &state, eyes, zone, now),
        order: order_in_words(state.terms().order).to_owned(),
        expiring: expiry_lines(&state, used, zone, now),
        days_left: days_left(figures.view.available, used),
        proof,
        figures,
    })
}

fn order_in_words(order: ConsumptionOrder) -> &'static str {
    match order {
        ConsumptionOrder::ByPriority => {
            "Credits are spent source by source in the order below. Within a source, those that \
             lapse soonest go first, then the oldest."
        }
        ConsumptionOrder::ExpiringFirst => {
            "Whatever lapses soonest is spent first, whichever source it is from. Among equals the \
             sources follow the order below, then the oldest go first."
        }
    }
}

/// The sources in spending order, then those that have nothing to spend yet.
fn source_cards(
    catalogue: &Catalogue,
    state: &LedgerState,
    eyes: &Eyes,
    zone: Zone,
    now: Timestamp,
) -> Vec<SourceCard> {
    let order: Vec<&LotId> = state
        .spendable_lots(now)
        .filter(|lot| lot.remaining.is_positive())
        .map(|lot| &lot.id)
        .collect();
    let held = held_by_lot(state);
    let mut sources = spending_sources(state, now);
    sources.extend(
        Source::ALL.into_iter().filter(|source| !sources.contains(source)).collect::<Vec<_>>(),
    );
    let available = state.available_by_source(now);
    let all = state.balance(now).available;
    let card = |source: Source| {
        let mut lots: Vec<&Lot> = state.lots().filter(|lot| lot.source == source).collect();
        let place = |lot: &Lot| order.iter().position(|id| **id == lot.id);
        lots.sort_by_key(|lot| (place(lot).unwrap_or(usize::MAX), lot.created_at));
        let lines = lots.into_iter().map(|lot| {
            let held = held.get(&lot.id).copied().unwrap_or_default();
            let paid = eyes.paid(lot);
            LotLine { paid, ..lot_line(catalogue, zone, now, lot, held, place(lot)) }
        });
        let lots: Vec<LotLine> =
            lines.filter(|line| line.remaining.is_positive() || line.held.is_positive()).collect();
        let available = available.get(&source).copied().unwrap_or_default();
        let share = share_of(available, all);
        SourceCard { label: source_label(source).to_owned(), available, share, lots }
    };
    sources.into_iter().map(card).filter(|card| !card.lots.is_empty()).collect()
}

fn held_by_lot(state: &LedgerState) -> BTreeMap<LotId, Credits> {
    let mut held: BTreeMap<LotId, Credits> = BTreeMap::new();
    let open = state.holds().filter(|hold| hold.is_open());
    for draw in open.flat_map(|hold| &hold.draws) {
        let sum = held.entry(draw.lot.clone()).or_default();
        *sum = sum.checked_add(draw.amount).unwrap_or(Credits::MAX);
    }
    held
}

fn lot_line(
    catalogue: &Catalogue,
    zone: Zone,
    now: Timestamp,
    lot: &Lot,
    held: Credits,
    place: Option<usize>,
) -> LotLine {
    LotLine {
        id: lot.id.to_string(),
        place: place.and_then(|place| u32::try_from(place + 1).ok()),
        origin: words::origin(catalogue, lot),
        amount: lot.amount,
        remaining: lot.remaining,
        held,
        expires: lot.expires_at.map(|at| zone.moment(at)),
        starts: (!lot.is_effective(now)).then(|| zone.moment(lot.effective_at)),
        paid: None,
    }
}

/// Two ways to one figure: the journal's totals, and the lots counted one by one. What fell due since
/// the journal's last transaction is counted, but has no place in it yet.
fn proof(stored: &LedgerState, state: &LedgerState, now: Timestamp) -> Proof {
    let (head, balance) = (state.head(), state.balance(now));
    let later = state.lots().filter(|lot| !lot.is_effective(now)).map(|lot| lot.remaining);
    let in_lots = state.spendable_lots(now).map(|lot| lot.remaining);
    let holds = state.holds().filter(|hold| hold.is_open()).count();
    Proof {
        granted: head.granted,
        spent: head.spent,
        expired: head.expired,
        held: balance.held,
        later: Credits::checked_sum(later).unwrap_or(Credits::MAX),
        available: balance.available,
        in_lots: Credits::checked_sum(in_lots).unwrap_or(Credits::MAX),
        holds: u64::try_from(holds).unwrap_or(u64::MAX),
        sequence: stored.head().sequence,
        hash: stored.head().hash.to_string(),
    }
}

/// The running month. What comes in, goes out and lapses is summed from the month's own rows.
async fn month_proof(
    backend: &Backend,
    stored: &LedgerState,
    state: &LedgerState,
    proof: &Proof,
    zone: Zone,
) -> Result<MonthProof, ReadError> {
    let (db, id, through) = (&backend.db, &stored.head().organisation, stored.head().sequence);
    let month = zone.month(backend.now());
    let after = period::position(db, id, zone.start_of(month)).await?;
    let added = period::added(db, id, after, through).await?;
    let used = period::usage(db, id, after, through).await?.credits;
    let booked = period::expired(db, id, after, through).await?;
    let due = state.head().expired.checked_sub(stored.head().expired).unwrap_or_default();
    let expired = booked.checked_add(due).unwrap_or(Credits::MAX);
    let closing = Credits::checked_sum([proof.available, proof.held, proof.later]);
    let opening = [used, expired]
        .into_iter()
        .try_fold(closing.unwrap_or(Credits::MAX), Credits::checked_add)
        .and_then(|sum| sum.checked_sub(added));
    Ok(MonthProof {
        label: month.label(),
        opening: opening.unwrap_or_default(),
        added,
        used,
        expired,
        held: proof.held,
        later: proof.later,
        available: proof.available,
    })
}

fn expiry_lines(state: &LedgerState, used: Credits, zone: Zone, now: Timestamp) -> Vec<ExpiryLine> {
    let ending = |at: Timestamp| {
        let lots = state.spendable_lots(now).filter(|lot| lot.expires_at == Some(at));
        let mut labels: Vec<&str> = lots.map(|lot| source_label(lot.source)).collect();
        labels.dedup();
        labels.join(", ")
    };
    lapses(state.spendable_lots(now), used, now)
        .into_iter()
        .take(EXPIRIES)
        .map(|lapse| ExpiryLine {
            at: zone.moment(lapse.at),
            credits: lapse.credits,
            sources: ending(lapse.at),
            in_days: u32::try_from(lapse.at.since(now) / DAY).unwrap_or(u32::MAX),
            unused_at_this_pace: used.is_positive().then_some(lapse.unused),
        })
        .collect()
}
