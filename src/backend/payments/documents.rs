//! What the provider knows for receipts and invoices: taxes, and where its own documents are.

use super::port::documents::ReportedTax;
use super::{PaymentError, Payments};
use crate::backend::store::purchase::Purchase;

impl Payments {
    /// The taxes within what was paid, as the provider reckoned them. A purchase that this installation's
    /// provider does not know (of the other mode, of another provider) has none.
    ///
    /// # Errors
    /// The provider gave no answer.
    pub async fn taxes(&self, purchase: &Purchase) -> Result<Vec<ReportedTax>, PaymentError> {
        if !self.knows(purchase) {
            return Ok(Vec::new());
        }
        let asked = match (&purchase.invoice_ref, &purchase.session_ref) {
            (Some(invoice), _) => self.provider.invoice_taxes(invoice).await,
            (None, Some(session)) => self.provider.checkout_taxes(session).await,
            (None, None) => Ok(Vec::new()),
        };
        match asked {
            Err(error) if error.is_missing() => Ok(Vec::new()),
            other => Ok(other?),
        }
    }

    /// Where the provider shows its own invoice or receipt of a purchase.
    ///
    /// # Errors
    /// There is none, or the provider gave no answer.
    pub async fn provider_document(&self, purchase: &Purchase) -> Result<String, PaymentError> {
        if !self.knows(purchase) {
            return Err(PaymentError::NotFound);
        }
        let page = match (&purchase.invoice_ref, &purchase.payment_ref) {
            (Some(invoice), _) => self.provider.invoice_page(invoice).await?,
            (None, Some(payment)) => self.provider.receipt_page(payment).await?,
            (None, None) => None,
        };
        page.ok_or(PaymentError::NotFound)
    }

    /// Whether the provider can be expected to have a document of its own.
    pub fn has_provider_document(&self, purchase: &Purchase) -> bool {
        let named = purchase.invoice_ref.is_some() || purchase.payment_ref.is_some();
        named && purchase.paid_at.is_some() && self.knows(purchase)
    }

    fn knows(&self, purchase: &Purchase) -> bool {
        purchase.provider == self.provider_name && purchase.livemode == self.livemode
    }
}
