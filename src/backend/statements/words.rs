//! A statement in people's words.

use super::make::Made;
use crate::backend::balance::{ReadError, source_label};
use crate::backend::credits::words::operation_label;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{self, department::Department};
use crate::backend::zone::{Month, Zone};
use crate::catalogue::Catalogue;
use crate::ledger::period_statement::{ChainPlace, UNLIMITED};
use crate::ledger::statement_line::{LineKind, StatementLine, check_sums};
use crate::ledger::{Operation, Source, Timestamp};
use crate::model::statements::{ChainEnd, ExactMoment, Level, MonthlyStatement, NamedLine};

/// What things are called.
pub struct Words {
    catalogue: std::sync::Arc<Catalogue>,
    departments: Vec<Department>,
}

impl Words {
    /// What they are called now.
    pub async fn of(backend: &Backend, organisation: &Organisation) -> Result<Words, ReadError> {
        let departments = store::department::list(&backend.db, &organisation.id).await?;
        Ok(Words { catalogue: backend.catalogue.clone(), departments })
    }

    /// The statement of a month.
    pub fn statement(
        &self,
        organisation: &Organisation,
        zone: Zone,
        month: Month,
        made: &Made,
    ) -> MonthlyStatement {
        let lines = made.statement.lines();
        let exact = |at: Timestamp| ExactMoment { moment: zone.moment(at), exact: zone.exact(at) };
        MonthlyStatement {
            organisation: organisation.id.to_string(),
            organisation_name: organisation.name.clone(),
            month: month.to_string(),
            label: month.label(),
            time_zone: zone.name().to_owned(),
            from: exact(made.span.from),
            until: exact(made.span.until),
            as_of: made.as_of.map(exact),
            is_over: made.is_over,
            opening: chain_end(&made.statement.opening),
            closing: chain_end(&made.statement.closing),
            adds_up: check_sums(&lines).is_ok(),
            lines: lines.into_iter().map(|line| self.line(line)).collect(),
            before: None,
            after: None,
        }
    }

    fn line(&self, line: StatementLine) -> NamedLine {
        let name = self.name(&line);
        let StatementLine { kind, part, department, credits, transactions } = line;
        let level = match kind {
            LineKind::Opening | LineKind::Closing => Level::Balance,
            LineKind::CameInFrom | LineKind::UsedFor => Level::Part,
            _ => Level::Line,
        };
        NamedLine {
            kind: kind.code().to_owned(),
            part,
            department,
            name,
            level,
            is_amount: level == Level::Balance || kind.is_of_the_closing(),
            credits,
            transactions,
        }
    }

    fn name(&self, line: &StatementLine) -> String {
        let name = match line.kind {
            LineKind::Opening => "Opening balance",
            LineKind::CameIn => "Came in",
            LineKind::CameInFrom if line.part == UNLIMITED => {
                "Given by an unlimited plan, as it was used"
            }
            LineKind::CameInFrom => Source::from_code(&line.part).map_or("", source_label),
            LineKind::Used => "Used",
            LineKind::UsedFor => return self.used_for(line),
            LineKind::Lapsed => "Lapsed",
            LineKind::Withdrawn => "Taken back with its money (refunds and disputes)",
            LineKind::Corrected => "Corrected by staff",
            LineKind::Owed => "Owed: used or taken back, and not paid yet",
            LineKind::Closing => "Closing balance",
            LineKind::Held => "Of it held by running work",
            LineKind::Frozen => "Of it frozen by a dispute",
            LineKind::Later => "Of it usable only later",
            LineKind::Available => "Available",
        };
        name.to_owned()
    }

    fn used_for(&self, line: &StatementLine) -> String {
        let operation = Operation::parse(&line.part).ok();
        let operation = operation_label(&self.catalogue, operation.as_ref());
        if line.department.is_empty() {
            return format!("{operation}, no department");
        }
        let found = self.departments.iter().find(|one| one.id.as_str() == line.department);
        format!("{operation}, {}", found.map_or(line.department.as_str(), |one| &one.name))
    }
}

fn chain_end(place: &ChainPlace) -> ChainEnd {
    ChainEnd { sequence: place.sequence, hash: place.hash.to_string() }
}
