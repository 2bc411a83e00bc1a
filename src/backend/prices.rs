//! What the pages about prices show.

use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::quote;
use crate::ledger::Credits;
use crate::model::prices::{PricedOperation, PricesView, QuotedRow, QuotedView};

/// Runs on one page of *Quoted and charged*.
const ROWS: usize = 50;

impl Backend {
    /// The rate card in force, with what the organisation's own runs came to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn prices_view(&self, organisation: &Organisation) -> Result<PricesView, ReadError> {
        let catalogue = &self.catalogue;
        let mut operations = Vec::with_capacity(catalogue.operations.len());
        for operation in &catalogue.operations {
            let learned = self.learned(&organisation.id, &operation.code).await?;
            operations.push(PricedOperation { operation: operation.clone(), learned });
        }
        Ok(PricesView {
            catalogue: catalogue.name.clone(),
            operations,
            free: catalogue.rate_card.free.clone(),
            rounding: catalogue.rate_card.rounding,
        })
    }

    /// The organisation's runs that had a quote, each against what was charged, from below the sequence
    /// `before` on.
    ///
    /// # Errors
    /// The database failed.
    pub async fn quoted_view(
        &self,
        organisation: &Organisation,
        before: Option<i64>,
    ) -> Result<QuotedView, ReadError> {
        let zone = self.zone(organisation)?;
        let wanted = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        let from = before.unwrap_or(i64::MAX);
        let mut found = quote::of_organisation(&self.db, &organisation.id, from, wanted).await?;
        let more = found.len() > ROWS;
        found.truncate(ROWS);
        let next = found.last().filter(|_| more).map(|((_, sequence), _)| *sequence);
        let rows: Vec<QuotedRow> = found
            .into_iter()
            .map(|((_, sequence), usage)| QuotedRow {
                sequence,
                name: self
                    .catalogue
                    .operation_name(&usage.operation)
                    .unwrap_or(&usage.name)
                    .to_owned(),
                quoted: usage.quoted,
                charged: usage.charged,
                at: zone.moment(usage.at),
            })
            .collect();
        let is_within = |row: &&QuotedRow| (Credits::ZERO..=row.quoted.1).contains(&row.charged);
        let within = rows.iter().filter(is_within).count();
        Ok(QuotedView { rows, next, is_later_page: before.is_some(), within })
    }
}
