//! The lists that can be exported: their columns, and their rows as the pages have them.

use super::cell::{Cell, Column, Kind};
use super::{Export, ExportError, List, STRETCH};
use crate::backend::access::Caller;
use crate::backend::credits::{self, Eyes, HistoryQuery};
use crate::backend::payment_list::{self, Cursor};
use crate::backend::reports::{self, ListRequest};
use crate::backend::state::Backend;
use crate::ledger::Operation;
use crate::model::credits::{AdditionRow, UsageRow};
use crate::model::payments::{PaymentFilter, PaymentRow};
use crate::model::permission::{Action, may};
use crate::model::reports::{ReportFilter, ReportRow};

pub(super) type Rows = (Vec<Vec<Cell>>, Option<String>);

/// What the list is called.
pub fn name(list: &List) -> String {
    let name = match list {
        List::Credits(HistoryQuery::Usage(_)) => "usage",
        List::Credits(HistoryQuery::Additions) => "purchases",
        List::Reports(..) => "reports",
        List::Payments(_) => "payments",
        List::Usage(_) => "usage-by-day",
    };
    name.to_owned()
}

/// The words of its filter.
pub fn filter_words(list: &List) -> Vec<String> {
    match list {
        List::Credits(HistoryQuery::Usage(filter)) => {
            let operation = filter.operation.as_ref().map(Operation::as_str);
            let member = filter.member.as_ref().map(|user| user.as_str());
            let department = filter.department.as_ref().map(|department| department.as_str());
            [operation, member, department].into_iter().flatten().map(str::to_owned).collect()
        }
        List::Credits(HistoryQuery::Additions) => Vec::new(),
        List::Reports(ReportFilter::All, _) | List::Payments(PaymentFilter::All) => Vec::new(),
        List::Reports(filter, _) => vec![filter.code().to_owned()],
        List::Payments(filter) => vec![filter.code().to_owned()],
        List::Usage(question) => {
            let choice = &question.choice;
            let days = question.look.days;
            let filters = [&choice.operation, &choice.user, &choice.department, &choice.key];
            let filters = filters.into_iter().filter(|text| !text.is_empty()).cloned();
            [days.from.to_string(), days.to.to_string()].into_iter().chain(filters).collect()
        }
    }
}

/// The columns, as this caller sees them.
pub fn columns(backend: &Backend, caller: &Caller, list: &List) -> Vec<Column> {
    use Kind::{Count, Credits, Instant, Money, Text};
    let report = backend.catalogue.nouns.report.one.clone();
    let named = |columns: &[(&str, Kind)]| -> Vec<Column> {
        columns.iter().map(|(title, kind)| Column::new(*title, *kind)).collect()
    };
    match list {
        List::Credits(HistoryQuery::Usage(_)) => {
            let id = format!("{report} ID");
            named(&[
                ("Type", Text),
                ("Usage", Text),
                ("Credits", Credits),
                (&report, Text),
                (&id, Text),
                ("User", Text),
                ("Department", Text),
                ("Date", Instant),
                ("Transaction", Text),
            ])
        }
        List::Credits(HistoryQuery::Additions) => {
            let mut columns =
                named(&[("Type", Text), ("Credits", Credits), ("From", Text), ("Paid", Text)]);
            if !may(caller.role, Action::ViewPayments) {
                columns.pop();
            }
            let rest =
                [("Expires", Instant), ("User", Text), ("Date", Instant), ("Transaction", Text)];
            columns.extend(named(&rest));
            columns
        }
        List::Reports(..) => named(&[
            (&report, Text),
            ("ID", Text),
            ("Assets", Text),
            ("Credits", Credits),
            ("Usage", Text),
            ("User", Text),
            ("Department", Text),
            ("Date", Instant),
            ("Status", Text),
        ]),
        List::Payments(_) => named(&[
            ("Payment", Text),
            ("ID", Text),
            ("Kind", Text),
            ("Status", Text),
            ("Amount", Money),
            ("Tax", Money),
            ("Credits", Credits),
            ("Begun", Instant),
            ("Documents", Text),
            ("Test", Text),
        ]),
        List::Usage(_) => named(&[
            ("Day", Text),
            ("Usage", Text),
            ("Credits", Credits),
            ("Transactions", Count),
            ("User", Text),
            ("Department", Text),
            ("API key", Text),
        ]),
    }
}

impl Export {
    /// The rows from below a page's cursor, and the cursor of what follows.
    pub(super) async fn stretch(&self, below: Option<&str>) -> Result<Rows, ExportError> {
        match &self.list {
            List::Credits(query) => self.history(query, below).await,
            List::Usage(question) => self.usage_by_day(question).await,
            List::Reports(filter, sort) => {
                let after = below.map(str::to_owned);
                let request = ListRequest { filter: *filter, sort: *sort, after };
                let list = reports::list(&self.backend, &self.caller, request, STRETCH).await?;
                Ok((list.rows.into_iter().map(report).collect(), list.next))
            }
            List::Payments(filter) => {
                let before = below.and_then(Cursor::parse);
                let (rows, next) = payment_list::rows(
                    &self.backend,
                    &self.organisation,
                    *filter,
                    before.as_ref(),
                    STRETCH,
                )
                .await?;
                Ok((rows.into_iter().map(payment).collect(), next))
            }
        }
    }

    async fn history(
        &self,
        query: &HistoryQuery,
        below: Option<&str>,
    ) -> Result<Rows, ExportError> {
        let eyes = Eyes::of(&self.caller);
        let before = below.and_then(|text| text.parse().ok());
        let (backend, organisation) = (&self.backend, &self.organisation);
        let (rows, next) = match query {
            HistoryQuery::Usage(filter) => {
                let rows =
                    credits::usage_rows(backend, organisation, &eyes, filter, before, STRETCH);
                let (rows, next) = rows.await?;
                (rows.into_iter().map(usage).collect(), next)
            }
            HistoryQuery::Additions => {
                let rows = credits::addition_rows(backend, organisation, &eyes, before, STRETCH);
                let (rows, next) = rows.await?;
                let show = |row| addition(row, eyes.sees_money);
                (rows.into_iter().map(show).collect(), next)
            }
        };
        Ok((rows, next.map(|place| place.to_string())))
    }
}

fn usage(row: UsageRow) -> Vec<Cell> {
    let (title, id) = match row.report {
        Some(report) => (Cell::Text(report.title), Cell::Text(report.id)),
        None => (Cell::Empty, Cell::Empty),
    };
    vec![
        Cell::text("Usage"),
        Cell::Text(row.operation),
        Cell::Credits(row.credits),
        title,
        id,
        Cell::Text(row.user),
        Cell::maybe(row.department),
        Cell::Instant(row.at),
        Cell::text(row.sequence.to_string()),
    ]
}

fn addition(row: AdditionRow, sees_money: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::Text(row.kind), Cell::Credits(row.credits), Cell::Text(row.origin)];
    if sees_money {
        cells.push(Cell::maybe(row.paid));
    }
    cells.extend([
        row.expires.map_or(Cell::Empty, Cell::Instant),
        Cell::Text(row.user),
        Cell::Instant(row.at),
        Cell::text(row.sequence.to_string()),
    ]);
    cells
}

fn report(row: ReportRow) -> Vec<Cell> {
    let usage = match (row.status.is_open(), row.high_usage) {
        (true, _) => Cell::text("Held"),
        (false, true) => Cell::text("High usage"),
        (false, false) => Cell::Empty,
    };
    vec![
        Cell::Text(row.title),
        Cell::Text(row.id),
        Cell::Text(row.assets),
        Cell::Credits(row.credits),
        usage,
        Cell::Text(row.user_name),
        Cell::maybe(row.department_name),
        Cell::Instant(row.created_at),
        Cell::text(row.status.to_string()),
    ]
}

fn payment(row: PaymentRow) -> Vec<Cell> {
    let documents: Vec<String> = row.documents.into_iter().map(|one| one.number).collect();
    vec![
        Cell::Text(row.name),
        Cell::Text(row.id),
        Cell::Text(row.kind),
        Cell::text(row.status.words()),
        Cell::Money(row.amount),
        row.tax.map_or(Cell::Empty, Cell::Money),
        Cell::Credits(row.credits),
        Cell::Instant(row.begun),
        Cell::Text(documents.join(", ")),
        if row.test { Cell::text("Test") } else { Cell::Empty },
    ]
}
