//! Settings › Billing, the reading side: lots in spending order, the sum, what lapses next.

use crate::backend::balance::ReadError;
use crate::backend::balance::{days_left, recent_usage, source_label, spending_sources};
use crate::backend::credits::{Eyes, figures, words};
use crate::backend::forecast::lapses;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::zone::Zone;
use crate::catalogue::Catalogue;
use crate::ledger::time::DAY;
use crate::ledger::{
    ConsumptionOrder, Credits, LedgerState, Lot, LotId, Source, Statement, Timestamp, Totals,
};
use crate::model::billing_overview::{BillingOverview, ExpiryLine, LotLine, SourceCard};
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
    Ok(BillingOverview {
        sources: source_cards(&backend.catalogue, &state, eyes, zone, now),
        order: order_in_words(state.terms().order).to_owned(),
        expiring: expiry_lines(&state, used, zone, now),
        days_left: days_left(figures.view.available, used),
        statement: Statement::between(&Totals::default(), &state.totals(now)),
        figures,
        details: None,
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
    let lots = state.open_lots(now);
    let order: Vec<&LotId> = state.spendable_lots(now).map(|lot| &lot.id).collect();
    let mut sources = spending_sources(state, now);
    sources.extend(
        Source::ALL.into_iter().filter(|source| !sources.contains(source)).collect::<Vec<_>>(),
    );
    let available = state.available_by_source(now);
    let all = state.balance(now).available;
    let card = |source: Source| {
        let place = |lot: &Lot| order.iter().position(|id| **id == lot.id);
        let lots = lots.iter().filter(|(lot, _)| lot.source == source);
        let lots: Vec<LotLine> = lots
            .map(|(lot, figures)| LotLine {
                paid: eyes.paid(lot),
                ..lot_line(catalogue, zone, now, lot, figures.held, place(lot))
            })
            .collect();
        let available = available.get(&source).copied().unwrap_or_default();
        let share = share_of(available, all);
        SourceCard { label: source_label(source).to_owned(), available, share, lots }
    };
    sources.into_iter().map(card).filter(|card| !card.lots.is_empty()).collect()
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
