//! What is asked of a provider for receipts and invoices: the taxes it reckoned, and where its own
//! documents are.

use async_trait::async_trait;

use super::ProviderError;

/// A tax within what was paid, as the provider reckoned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedTax {
    /// What people call it: "VAT".
    pub name: String,
    /// The rate in percent as a decimal text, where it is known: "19".
    pub percent: Option<String>,
    /// In minor units of the payment's currency.
    pub minor: i64,
}

/// The taxes of payments, and the provider's own documents about them.
#[async_trait]
pub trait DocumentProvider: Send + Sync {
    /// The taxes within what was paid on a payment page.
    async fn checkout_taxes(&self, session_ref: &str) -> Result<Vec<ReportedTax>, ProviderError>;

    /// The taxes within an invoice of the provider.
    async fn invoice_taxes(&self, invoice_ref: &str) -> Result<Vec<ReportedTax>, ProviderError>;

    /// Where the provider shows its own invoice.
    async fn invoice_page(&self, invoice_ref: &str) -> Result<Option<String>, ProviderError>;

    /// Where the provider shows its own receipt of a payment.
    async fn receipt_page(&self, payment_ref: &str) -> Result<Option<String>, ProviderError>;
}
