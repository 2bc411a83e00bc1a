//! Usage by day and by everything that it was for: the rows behind the analytics.

use super::cell::Cell;
use super::lists::Rows;
use super::{Export, ExportError};
use crate::backend::analytics::question::Question;
use crate::backend::analytics::roll_up::{TRIES, Usage};
use crate::backend::credits::words::{SYSTEM, operation_label};
use crate::backend::store::usage_day::{DayKey, Sum};
use crate::ledger::Operation;
use crate::model::credits::Choice;

impl Export {
    /// All of them at once: they are as many as the days have parts.
    pub(super) async fn usage_by_day(&self, question: &Question) -> Result<Rows, ExportError> {
        let zone = self.backend.zone(&self.organisation)?;
        let (db, id) = (&self.backend.db, &self.organisation.id);
        let filter = question.filter(question.look.days);
        let mut tries = 1;
        let rows = loop {
            let usage = Usage::open(db, id, zone).await?;
            let rows = usage.rows(&filter).await?;
            if tries == TRIES || usage.still_holds().await? {
                break rows;
            }
            tries += 1;
        };
        let row = |(key, sum): (&DayKey, &Sum)| self.day_row(question, key, *sum);
        Ok((rows.iter().map(row).collect(), None))
    }

    fn day_row(&self, question: &Question, key: &DayKey, sum: Sum) -> Vec<Cell> {
        let operation = Operation::parse(&key.operation).ok();
        let named =
            |id: &str, of: &[Choice], none: Cell| match of.iter().find(|one| one.value == id) {
                _ if id.is_empty() => none,
                Some(one) => Cell::text(one.label.clone()),
                None => Cell::text(id),
            };
        let user = match question.scope.everyone {
            true => named(&key.member, &question.choices.users, Cell::text(SYSTEM)),
            false => Cell::text(self.caller.name.clone()),
        };
        vec![
            Cell::text(key.day.clone()),
            Cell::text(operation_label(&self.backend.catalogue, operation.as_ref())),
            Cell::Credits(sum.credits.checked_neg().unwrap_or_default()),
            Cell::Count(u64::try_from(sum.transactions).unwrap_or_default()),
            user,
            named(&key.department, &question.choices.departments, Cell::Empty),
            named(&key.key, &question.keys, Cell::Empty),
        ]
    }
}
