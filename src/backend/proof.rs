//! How a balance is made, now or at any instant before: the statement, the lots, the holds. Writes
//! nothing. Every figure comes from [`ledger::statement`](crate::ledger::statement).

use crate::backend::balance::{ReadError, source_label};
use crate::backend::credits::{Eyes, words};
use crate::backend::engine;
use crate::backend::state::Backend;
use crate::backend::store;
use crate::backend::store::organisation::Organisation;
use crate::backend::zone::Zone;
use crate::catalogue::Catalogue;
use crate::ledger::{
    Credits, Hold, LedgerState, Lot, LotFigures, Statement, Timestamp, Totals, UserId,
};
use crate::model::proof::{AsOf, Claim, HoldProof, LotProof, ProofPage};

/// Open holds that are listed.
const HOLDS: usize = 50;

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// When; `None` for now.
    pub as_of: Option<Timestamp>,
    /// From when on.
    pub period: Period,
}

/// When a statement begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// With the first transaction.
    #[default]
    Beginning,
    /// With the month that contains the instant, in the organisation's zone.
    Month,
}

/// The page.
///
/// # Errors
/// The ledger cannot be read.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    eyes: &Eyes,
    question: Question,
) -> Result<ProofPage, ReadError> {
    let (zone, id) = (backend.zone(organisation)?, &organisation.id);
    let at = question.as_of.unwrap_or_else(|| backend.now());
    let stored = match question.as_of {
        Some(at) => engine::journal_at(&backend.db, id, at).await?,
        None => backend.stored_ledger(id).await?,
    };
    let state = stored.caught_up(at);
    let totals = state.totals(at);
    let opening = match question.period {
        Period::Beginning => Totals::default(),
        Period::Month => before(backend, organisation, zone.start_of(zone.month(at))).await?,
    };
    let lots = state.open_lots(at);
    let listed = LotFigures::sum(lots.iter().map(|(_, figures)| figures));
    let all = LotFigures::all(&totals);
    let names = store::membership::members(&backend.db, id).await?;
    let name = |user: &UserId| {
        let found = names.iter().find(|member| member.membership.user == *user);
        found.map(|member| member.name.clone())
    };
    let mut holds = newest_holds(&state);
    let further = holds.split_off(holds.len().min(HOLDS));
    Ok(ProofPage {
        as_of: question.as_of.map(|at| AsOf { field: zone.reading(at), text: zone.exact_text(at) }),
        at: zone.moment(at),
        is_month: question.period == Period::Month,
        month: zone.month(at).label(),
        statement: Statement::between(&opening, &totals),
        earlier: all.without(&listed),
        all,
        lots: lots
            .into_iter()
            .map(|(lot, figures)| LotProof {
                paid: eyes.paid(lot),
                ..lot_proof(&backend.catalogue, zone, at, lot, figures)
            })
            .collect(),
        holds: holds
            .into_iter()
            .map(|hold| hold_proof(&backend.catalogue, zone, hold, &name))
            .collect(),
        further_holds: (
            u64::try_from(further.len()).unwrap_or(u64::MAX),
            Credits::checked_sum(further.iter().map(|hold| hold.amount)).unwrap_or(Credits::MAX),
        ),
        claim: claim(&stored, at, totals),
    })
}

fn claim(stored: &LedgerState, at: Timestamp, totals: Totals) -> Claim {
    let head = stored.head();
    Claim { sequence: head.sequence, hash: head.hash.to_string(), at, totals }
}

/// Where everything was just before an instant.
async fn before(
    backend: &Backend,
    organisation: &Organisation,
    instant: Timestamp,
) -> Result<Totals, ReadError> {
    let last = instant.plus(-1);
    Ok(engine::state_at(&backend.db, &organisation.id, last).await?.totals(last))
}

fn newest_holds(state: &LedgerState) -> Vec<&Hold> {
    let mut holds: Vec<&Hold> = state.holds().filter(|hold| hold.is_open()).collect();
    holds.sort_by_key(|hold| std::cmp::Reverse(hold.made_by));
    holds
}

fn lot_proof(
    catalogue: &Catalogue,
    zone: Zone,
    at: Timestamp,
    lot: &Lot,
    figures: LotFigures,
) -> LotProof {
    LotProof {
        id: lot.id.to_string(),
        source: source_label(lot.source).to_owned(),
        origin: words::origin(catalogue, lot),
        figures,
        expires: lot.expires_at.map(|at| zone.moment(at)),
        starts: (!lot.is_effective(at)).then(|| zone.moment(lot.effective_at)),
        paid: None,
    }
}

fn hold_proof(
    catalogue: &Catalogue,
    zone: Zone,
    hold: &Hold,
    name: &impl Fn(&UserId) -> Option<String>,
) -> HoldProof {
    let attribution = &hold.attribution;
    HoldProof {
        sequence: hold.made_by,
        operation: words::operation_label(catalogue, attribution.operation.as_ref()),
        user: attribution
            .member
            .as_ref()
            .and_then(name)
            .unwrap_or_else(|| words::SYSTEM.to_owned()),
        credits: hold.amount,
        since: zone.moment(hold.made_at),
        deadline: zone.moment(hold.deadline),
    }
}
