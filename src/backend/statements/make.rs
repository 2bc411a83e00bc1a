//! A month, worked out.

use super::GRACE;
use crate::backend::balance::ReadError;
use crate::backend::engine;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{period, statement_parts};
use crate::backend::zone::{Month, Zone};
use crate::ledger::period_statement::{Breakdown, ChainPlace, PeriodStatement};
use crate::ledger::recount::add_unbooked;
use crate::ledger::{LedgerState, Span, Statement, Timestamp};

/// What is known of a month.
pub struct Made {
    /// The month.
    pub span: Span,
    /// Until when it says what was; `None` once the month is closed.
    pub as_of: Option<Timestamp>,
    /// Whether the month is over.
    pub is_over: bool,
    /// The figures.
    pub statement: PeriodStatement,
}

/// The statement of a month that has begun.
pub async fn month(
    backend: &Backend,
    organisation: &Organisation,
    zone: Zone,
    month: Month,
) -> Result<Made, ReadError> {
    let (db, id, now) = (&backend.db, &organisation.id, backend.now());
    let span = Span { from: zone.start_of(month), until: zone.start_of(month.plus(1)) };
    let is_over = now >= span.until;
    let last = now.min(span.until.plus(-1));
    let stored = match is_over {
        true => engine::journal_at(db, id, last).await?,
        false => backend.stored_ledger(id).await?,
    };
    let is_closed = is_over && is_closed(backend, organisation, &stored, span.until).await?;
    let after = period::position(db, id, span.from).await?;
    let before = engine::state_through(db, id, after).await?;
    let through = stored.head().sequence;
    let (granted, corrected) = statement_parts::additions(db, id, after, through).await?;
    let open = (!is_closed).then_some((through, span.until));
    let used = statement_parts::used(db, id, &month.to_string(), open).await?;
    let mut parts = Breakdown { granted, corrected, used };
    add_unbooked(&mut parts, &stored, span.from, last);
    let sums = Statement::between(&before.totals(span.from.plus(-1)), &stored.totals(last));
    let statement = PeriodStatement {
        opening: ChainPlace::from(before.head()),
        closing: ChainPlace::from(stored.head()),
        sums,
        parts,
    };
    Ok(Made { span, as_of: (!is_closed).then_some(last), is_over, statement })
}

/// Whether nothing can be booked before `end` any more. `stored` is the journal up to there.
async fn is_closed(
    backend: &Backend,
    organisation: &Organisation,
    stored: &LedgerState,
    end: Timestamp,
) -> Result<bool, ReadError> {
    if period::last(&backend.db, &organisation.id).await? > stored.head().sequence {
        return Ok(true);
    }
    let all_booked = stored.next_due().is_none_or(|at| at >= end);
    Ok(all_booked && backend.now() >= end.plus(GRACE))
}
