//! An organisation as the provider's customer: made on the first purchase, and told who is billed.
//!
//! Whoever saves the billing details does not wait for the provider: the customer's row says that it is to
//! be told, in the transaction that saves them, and [`Payments::mirror_step`] does it, as often as it takes.
//! The details as they are by then are what is told, so telling twice is telling once.

use super::port::ProviderError;
use super::port::customers::{CustomerDetails, TaxId};
use super::tax_ids::{plain, tax_id};
use super::{PaymentError, Payments};
use crate::backend::step::Step;
use crate::backend::store::billing_customer::{self, Mirrored, ToMirror};
use crate::backend::store::{StoreError, billing_details};
use crate::ledger::time::{HOUR, MINUTE};
use crate::ledger::{OrganisationId, Timestamp};
use crate::model::billing_details::BillingDetails;

/// When a customer is told again who is billed, after a provider that gave no answer.
pub const MIRROR_AGAIN: i64 = 2 * MINUTE;

impl Payments {
    /// The organisation's customer at the provider, made on the first purchase.
    pub(super) async fn customer(
        &self,
        organisation: &OrganisationId,
        name: &str,
        now: Timestamp,
    ) -> Result<String, PaymentError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let known = billing_customer::find(&self.db, organisation, provider, live).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let made = self.make_customer(organisation, name, now).await?;
        billing_customer::insert_once(&self.db, organisation, provider, live, &made, now).await?;
        let kept = billing_customer::find(&self.db, organisation, provider, live).await?;
        Ok(kept.unwrap_or(made))
    }

    async fn make_customer(
        &self,
        organisation: &OrganisationId,
        name: &str,
        now: Timestamp,
    ) -> Result<String, PaymentError> {
        let latest = billing_details::latest(&self.db, organisation).await?;
        let version = latest.as_ref().map_or(0, |latest| latest.version);
        let details = latest.map(|latest| latest.details).unwrap_or_default();
        let tax_id = tax_id(&details.country, &details.tax_id);
        let told = match details.name.as_str() {
            "" => CustomerDetails { name: name.to_owned(), ..CustomerDetails::default() },
            _ => told(details),
        };
        // A day and no longer: a customer deleted at the provider is then made anew.
        let key = format!("customer:{organisation}:{}:{version}", now.0 / (24 * HOUR));
        let (organisation, tax_id) = (organisation.as_str(), tax_id.as_ref());
        match self.provider.create_customer(organisation, &told, tax_id, &key).await {
            // A tax id that is none keeps nobody from paying.
            Err(ProviderError::InvalidRequest { .. }) if tax_id.is_some() => {
                let key = format!("{key}:plain");
                Ok(self.provider.create_customer(organisation, &told, None, &key).await?)
            }
            made => Ok(made?),
        }
    }

    /// Tells one customer who is billed, where that has changed.
    ///
    /// # Errors
    /// The database failed. A provider that does not answer is told later.
    pub async fn mirror_step(&self, now: Timestamp) -> Result<Step, StoreError> {
        let (provider, live) = (self.provider_name, self.livemode);
        let due = billing_customer::to_mirror(&self.db, provider, live, now).await?;
        let Some(due) = due else { return Ok(Step::Idle) };
        let again = now.plus(MIRROR_AGAIN);
        if !billing_customer::claim_mirror(&self.db, &due, again).await? {
            return Ok(Step::Done);
        }
        let organisation = &due.organisation;
        match self.mirror(&due).await {
            Ok(mirrored) => billing_customer::mirrored(&self.db, &due, again, &mirrored).await?,
            Err(PaymentError::Provider(error)) if error.is_missing() => {
                let customer = &due.customer;
                billing_customer::delete(&self.db, organisation, provider, live, customer).await?;
            }
            Err(PaymentError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(%organisation, %error, "the billing details reach the provider later");
            }
        }
        Ok(Step::Done)
    }

    async fn mirror(&self, due: &ToMirror) -> Result<Mirrored, PaymentError> {
        let latest = billing_details::latest(&self.db, &due.organisation).await?;
        let Some(latest) = latest else { return Ok(Mirrored::default()) };
        let wanted = tax_id(&latest.details.country, &latest.details.tax_id);
        let key = format!("details:{}:{}:{}", due.customer, latest.version, due.due_at.0);
        let mut mirrored = Mirrored { version: latest.version, ..Mirrored::default() };
        let told = told(latest.details);
        if let Some(no) = refusal(self.provider.update_customer(&due.customer, &told, &key).await)?
        {
            mirrored.problem = Some(no);
        }
        match self.give_tax_id(&due.customer, wanted.as_ref(), &key).await {
            Ok(reference) => mirrored.tax_id_ref = reference,
            other => mirrored.problem = refusal(other.map(drop))?,
        }
        let former =
            due.tax_id_ref.as_ref().filter(|one| mirrored.tax_id_ref.as_ref() != Some(*one));
        if let Some(former) = former {
            self.provider.remove_tax_id(&due.customer, former).await?;
        }
        Ok(mirrored)
    }

    /// The provider's name for the tax id, which it has already or is given now.
    async fn give_tax_id(
        &self,
        customer: &str,
        wanted: Option<&TaxId>,
        key: &str,
    ) -> Result<Option<String>, ProviderError> {
        let Some(wanted) = wanted else { return Ok(None) };
        let known = self.provider.tax_ids(customer).await?;
        let known = known
            .into_iter()
            .find(|one| one.kind == wanted.kind && plain(&one.value) == wanted.value);
        match known {
            Some(known) => Ok(Some(known.reference)),
            None => {
                let key = format!("{key}:tax-id");
                Ok(Some(self.provider.add_tax_id(customer, wanted, &key).await?))
            }
        }
    }

    /// What the provider did not take of the billing details, in its own words.
    ///
    /// # Errors
    /// The database failed.
    pub async fn details_problem(
        &self,
        organisation: &OrganisationId,
    ) -> Result<Option<String>, StoreError> {
        let (provider, live) = (self.provider_name, self.livemode);
        billing_customer::mirror_problem(&self.db, organisation, provider, live).await
    }
}

/// The sentence of a provider that says no for good; everything else is an error still.
fn refusal(answer: Result<(), ProviderError>) -> Result<Option<String>, ProviderError> {
    match answer {
        Ok(()) => Ok(None),
        Err(error) if error.is_missing() => Err(error),
        Err(ProviderError::InvalidRequest { message, .. }) => Ok(Some(message)),
        Err(error) => Err(error),
    }
}

fn told(details: BillingDetails) -> CustomerDetails {
    let BillingDetails { name, email, line1, line2, postcode, city, country, tax_id: _ } = details;
    CustomerDetails { name, email, line1, line2, postcode, city, country }
}
