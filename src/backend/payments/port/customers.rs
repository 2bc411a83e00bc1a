//! What is asked of a provider about an organisation as its customer: who is billed, and by which tax id.

use async_trait::async_trait;

use super::ProviderError;

/// Who is billed, as far as a provider keeps it. An empty text is one that was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerDetails {
    /// The company or person.
    pub name: String,
    /// Where invoices are to reach them.
    pub email: String,
    /// Street and number.
    pub line1: String,
    /// What else stands above the city.
    pub line2: String,
    pub postcode: String,
    pub city: String,
    /// ISO 3166-1 code; empty where nobody has said.
    pub country: String,
}

/// A tax id as a provider takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxId {
    /// The provider's word for the kind: "eu_vat".
    pub kind: &'static str,
    /// Letters and digits only.
    pub value: String,
}

/// A tax id that the provider has of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTaxId {
    /// The provider's name for it.
    pub reference: String,
    /// The provider's word for its kind.
    pub kind: String,
    /// As it was given.
    pub value: String,
}

/// Customers of the provider. Every method is one call, as in [`PaymentProvider`](super::PaymentProvider).
#[async_trait]
pub trait Customers: Send + Sync {
    /// Makes a customer for an organisation; the same key gives the same customer.
    async fn create_customer(
        &self,
        organisation: &str,
        details: &CustomerDetails,
        tax_id: Option<&TaxId>,
        key: &str,
    ) -> Result<String, ProviderError>;

    /// Says anew who is billed.
    async fn update_customer(
        &self,
        customer: &str,
        details: &CustomerDetails,
        key: &str,
    ) -> Result<(), ProviderError>;

    /// The customer's tax ids.
    async fn tax_ids(&self, customer: &str) -> Result<Vec<KnownTaxId>, ProviderError>;

    /// Adds a tax id; the provider's name for it.
    async fn add_tax_id(
        &self,
        customer: &str,
        tax_id: &TaxId,
        key: &str,
    ) -> Result<String, ProviderError>;

    /// Takes a tax id away; one that is not there is no error.
    async fn remove_tax_id(&self, customer: &str, reference: &str) -> Result<(), ProviderError>;
}
