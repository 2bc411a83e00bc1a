//! Customers of Stripe: who is billed, and their tax ids.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::customer::{
    CreateCustomer, CreateCustomerTaxIdData, CreateCustomerTaxIdDataType,
    OptionalFieldsCustomerAddress, UpdateCustomer,
};

use super::{METADATA_ORGANISATION, Stripe, single};
use crate::backend::payments::port::ProviderError;
use crate::backend::payments::port::customers::{CustomerDetails, Customers, KnownTaxId, TaxId};

/// More than Stripe keeps of one customer.
const TAX_IDS: i64 = 20;

#[async_trait]
impl Customers for Stripe {
    async fn create_customer(
        &self,
        organisation: &str,
        details: &CustomerDetails,
        tax_id: Option<&TaxId>,
        key: &str,
    ) -> Result<String, ProviderError> {
        let mut request = CreateCustomer::new()
            .name(&details.name)
            .metadata(single(METADATA_ORGANISATION, organisation));
        if !details.email.is_empty() {
            request = request.email(&details.email);
        }
        if let Some(address) = address(details) {
            request = request.address(address);
        }
        if let Some(TaxId { kind, value }) = tax_id {
            let Ok(kind) = kind.parse::<CreateCustomerTaxIdDataType>();
            request = request.tax_id_data(vec![CreateCustomerTaxIdData::new(kind, value)]);
        }
        let answer: Named = self.transport.send(request.build(), Some(key)).await?;
        Ok(answer.id)
    }

    async fn update_customer(
        &self,
        customer: &str,
        details: &CustomerDetails,
        key: &str,
    ) -> Result<(), ProviderError> {
        let mut request = UpdateCustomer::new(customer).name(&details.name).email(&details.email);
        if let Some(address) = address(details) {
            request = request.address(address);
        }
        self.transport.send::<Named>(request.build(), Some(key)).await.map(drop)
    }

    async fn tax_ids(&self, customer: &str) -> Result<Vec<KnownTaxId>, ProviderError> {
        let request = RequestBuilder::new(StripeMethod::Get, tax_ids_of(customer))
            .query(&ListTaxIds { limit: TAX_IDS });
        let answer: List = self.transport.send(request, None).await?;
        Ok(answer.data.into_iter().map(TaxIdAnswer::into_known).collect())
    }

    async fn add_tax_id(
        &self,
        customer: &str,
        tax_id: &TaxId,
        key: &str,
    ) -> Result<String, ProviderError> {
        let request = RequestBuilder::new(StripeMethod::Post, tax_ids_of(customer))
            .form(&NewTaxId { kind: tax_id.kind, value: &tax_id.value });
        let answer: Named = self.transport.send(request, Some(key)).await?;
        Ok(answer.id)
    }

    async fn remove_tax_id(&self, customer: &str, reference: &str) -> Result<(), ProviderError> {
        let path = format!("{}/{reference}", tax_ids_of(customer));
        let request = RequestBuilder::new(StripeMethod::Delete, path);
        match self.transport.send::<Value>(request, None).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }
}

fn tax_ids_of(customer: &str) -> String {
    format!("/customers/{customer}/tax_ids")
}

/// Every part of the address, so that what was emptied here is emptied there; nothing before anybody has
/// said where they are.
fn address(details: &CustomerDetails) -> Option<OptionalFieldsCustomerAddress> {
    if details.country.is_empty() {
        return None;
    }
    let mut address = OptionalFieldsCustomerAddress::new();
    address.line1 = Some(details.line1.clone());
    address.line2 = Some(details.line2.clone());
    address.postal_code = Some(details.postcode.clone());
    address.city = Some(details.city.clone());
    address.country = Some(details.country.clone());
    Some(address)
}

#[derive(Serialize)]
struct ListTaxIds {
    limit: i64,
}

#[derive(Serialize)]
struct NewTaxId<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    value: &'a str,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct List {
    data: Vec<TaxIdAnswer>,
}

#[derive(Deserialize)]
struct TaxIdAnswer {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

impl TaxIdAnswer {
    fn into_known(self) -> KnownTaxId {
        KnownTaxId { reference: self.id, kind: self.kind, value: self.value }
    }
}
