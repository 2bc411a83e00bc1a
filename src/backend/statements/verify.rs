//! A statement held against itself, and against the journal that it is said to be made from.

use crate::backend::store::{Db, StoreError, journal};
use crate::ledger::period_statement::{ChainPlace, PeriodStatement};
use crate::ledger::recount::{End, Recount};
use crate::ledger::statement_line::{DoesNotAddUp, StatementLine, check_sums};
use crate::ledger::{LedgerState, OrganisationId, Span, replay};

use super::file::ReadStatement;

/// Transactions that are read at once.
const STRETCH: u64 = 1000;

/// The first thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The month does not begin or end where it says.
    #[error("the month {month} does not begin and end in {zone} when the file says")]
    OtherMonth {
        /// The month.
        month: String,
        /// The zone.
        zone: &'static str,
    },
    /// It says what was at an instant outside of the month.
    #[error("the instant that it speaks of is not in its month")]
    OtherInstant,
    /// The lines do not come to what one of them states.
    #[error(transparent)]
    Sums(#[from] DoesNotAddUp),
    /// A line is there twice.
    #[error("the line \"{0}\" is there twice")]
    Twice(String),
    /// The lines hold together, but the file is not the one that was written.
    #[error(
        "the file was changed after it was written (or saved again by a spreadsheet): its digest is \
         that of another file"
    )]
    Edited,
    /// The journal is another organisation's.
    #[error("the statement is of {stated}, and the journal of {found}")]
    OtherOrganisation {
        /// What the statement says.
        stated: OrganisationId,
        /// Whose journal it is.
        found: OrganisationId,
    },
    /// The journal ends before the statement does.
    #[error(
        "the journal ends with transaction {found}, and the statement with transaction {stated}: take \
         a newer journal"
    )]
    ShortJournal {
        /// Where the statement ends.
        stated: u64,
        /// Where the journal ends.
        found: u64,
    },
    /// The chain stands elsewhere.
    #[error(
        "{end}: the statement says transaction {} with the hash {}, and the journal has transaction {} \
         with the hash {}",
        .stated.sequence, .stated.hash, .found.sequence, .found.hash
    )]
    OtherChain {
        /// Which end.
        end: &'static str,
        /// What the statement says.
        stated: ChainPlace,
        /// Where it stands.
        found: ChainPlace,
    },
    /// A figure is not what the journal comes to.
    #[error("{line}: the statement says {stated}, and the journal comes to {found}")]
    OtherFigure {
        /// The line.
        line: String,
        /// What the statement says, or that it lacks the line.
        stated: String,
        /// What the journal comes to.
        found: String,
    },
}

/// Whether the statement agrees with itself.
///
/// # Errors
/// The first thing that does not.
pub fn with_itself(statement: &ReadStatement) -> Result<(), Difference> {
    let (month, zone) = (statement.month, statement.zone);
    let span = Span { from: zone.start_of(month), until: zone.start_of(month.plus(1)) };
    if statement.span != span {
        return Err(Difference::OtherMonth { month: month.to_string(), zone: zone.name() });
    }
    if let End::At { instant, .. } = statement.end
        && !span.contains(instant)
    {
        return Err(Difference::OtherInstant);
    }
    for (place, line) in statement.lines.iter().enumerate() {
        if statement.lines[..place].iter().any(|other| is_same(other, line)) {
            return Err(Difference::Twice(name(line)));
        }
    }
    check_sums(&statement.lines)?;
    if statement.is_as_written { Ok(()) } else { Err(Difference::Edited) }
}

/// The statement made anew: to be shown every transaction of the journal.
pub fn recount(statement: &ReadStatement) -> Recount {
    Recount::new(statement.span, statement.end)
}

/// Whether the statement says what the journal, which was replayed to `last`, comes to.
///
/// # Errors
/// The first thing that differs.
pub fn with_journal(
    statement: &ReadStatement,
    recount: Recount,
    last: &LedgerState,
) -> Result<(), Difference> {
    let head = last.head();
    if head.organisation != statement.organisation {
        let (stated, found) = (statement.organisation.clone(), head.organisation.clone());
        return Err(Difference::OtherOrganisation { stated, found });
    }
    let (stated, found) = (statement.closing.sequence, head.sequence);
    if found < stated {
        return Err(Difference::ShortJournal { stated, found });
    }
    let made = recount.finish(last);
    same_chain("where it begins", statement.opening, made.opening)?;
    same_lines(statement, &made)?;
    same_chain("where it ends", statement.closing, made.closing)
}

fn same_chain(end: &'static str, stated: ChainPlace, found: ChainPlace) -> Result<(), Difference> {
    if stated == found { Ok(()) } else { Err(Difference::OtherChain { end, stated, found }) }
}

fn same_lines(statement: &ReadStatement, made: &PeriodStatement) -> Result<(), Difference> {
    const NOTHING: &str = "nothing";
    let found = made.lines();
    let text = |line: Option<&StatementLine>| line.map_or(NOTHING.to_owned(), figure);
    let other = |line, stated: Option<&StatementLine>, found: Option<&StatementLine>| {
        Difference::OtherFigure { line: name(line), stated: text(stated), found: text(found) }
    };
    for stated in &statement.lines {
        let found = found.iter().find(|line| is_same(line, stated));
        if found.is_none_or(|found| figure(found) != figure(stated)) {
            return Err(other(stated, Some(stated), found));
        }
    }
    let lacks = |line: &&StatementLine| !statement.lines.iter().any(|one| is_same(one, line));
    match found.iter().find(lacks) {
        Some(line) => Err(other(line, None, Some(line))),
        None => Ok(()),
    }
}

/// Whether both are the same line, whatever they say.
fn is_same(one: &StatementLine, other: &StatementLine) -> bool {
    let key = |line: &StatementLine| (line.kind, line.part.clone(), line.department.clone());
    key(one) == key(other)
}

fn name(line: &StatementLine) -> String {
    let parts = [line.kind.code(), &line.part, &line.department];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn figure(line: &StatementLine) -> String {
    match line.transactions {
        None => line.credits.to_string(),
        Some(count) => format!("{} in {count} transactions", line.credits),
    }
}

/// Why a journal in a database was not replayed.
#[derive(Debug, thiserror::Error)]
pub enum NoReplay {
    /// The database failed, or a row does not parse.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal does not hold.
    #[error(transparent)]
    Journal(#[from] replay::ReplayError),
}

/// Replays an organisation's journal from the database, showing every transaction to `recount`; `progress`
/// hears how far it is.
///
/// # Errors
/// The database failed, or the journal does not hold.
pub async fn replay_database(
    db: &Db,
    organisation: &OrganisationId,
    recount: &mut Recount,
    progress: impl Fn(u64),
) -> Result<LedgerState, NoReplay> {
    let mut state = LedgerState::new(organisation.clone());
    loop {
        let from = state.head().sequence + 1;
        let stretch = journal::range(db, organisation, from, from + STRETCH).await?;
        if stretch.is_empty() {
            return Ok(state);
        }
        for transaction in &stretch {
            recount.pass(&state, transaction);
            replay::step(&mut state, transaction)?;
        }
        progress(state.head().sequence);
    }
}
