//! Receipts, invoices and credit notes: what a purchase was, written down once and kept as it was.
//!
//! What is here: [`seller`] (who sells, from a file of the operator's), [`content`] (pure: a purchase
//! and what is known about it → what its document says), [`number`] (the letters before a number),
//! [`Documents::issue`] and [`Documents::credit_note`] (the steps that write one, as often as they are
//! asked and never twice), and the way onto paper: [`layout`] (words → pages), [`typeface`] (letters →
//! glyphs) and [`pdf`] (pages → PDF/A).
//!
//! **Numbers.** `NORT-2026-000123`: letters that only this organisation has in this installation, the
//! year of issue in its time zone, and its place in the organisation's series, which has no gaps and does
//! not begin anew with a year. Documents about test money have a series of their own: `TEST-NORT-…`.
//! The number is taken in the transaction that writes the document, so what is cut short takes none.
//!
//! [`statement`] puts a month's statement on the same paper; it is no document of a purchase and has no
//! number.
//!
//! What it never does: change a document, decide whether money moved (the purchase and its refunds say
//! so), or read a clock.

mod content;
mod issue;
pub mod layout;
mod number;
pub mod pdf;
pub mod seller;
pub mod statement;
pub mod typeface;

pub use issue::{DocumentError, Refunded};
pub use seller::{Seller, SellerError};

use std::sync::Arc;

use crate::backend::payments::Payments;
use crate::backend::store::billing_document::{self, Document};
use crate::backend::store::{Db, StoreError};
use crate::ledger::OrganisationId;
use crate::model::document::DocumentView;

/// Everything that writing and reading documents needs. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Documents {
    db: Db,
    payments: Payments,
    seller: Arc<Seller>,
}

impl Documents {
    /// Documents over this database; taxes are asked of the payments' provider.
    pub fn new(db: Db, payments: Payments, seller: Seller) -> Self {
        Documents { db, payments, seller: Arc::new(seller) }
    }

    /// The same documents for another seller. What is written already stays as it is.
    pub fn sold_by(&self, seller: Seller) -> Self {
        Documents { seller: Arc::new(seller), ..self.clone() }
    }

    /// The same documents, asking other payments.
    pub fn through(&self, payments: Payments) -> Self {
        Documents { payments, ..self.clone() }
    }

    /// The document with this number, if it is this organisation's.
    ///
    /// # Errors
    /// The database failed, or the row does not parse.
    pub async fn find(
        &self,
        organisation: &OrganisationId,
        text: &str,
    ) -> Result<Option<DocumentView>, StoreError> {
        if !number::is_number(text) {
            return Ok(None);
        }
        let found = billing_document::find(&self.db, organisation, text).await?;
        Ok(found.map(|Document { number, content, .. }| DocumentView { number, content }))
    }
}
