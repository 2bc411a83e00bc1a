//! What a payment page is asked about taxes: that Stripe reckons them, and that it asks the buyer for what
//! they depend on. What the buyer types is kept on their customer, so that renewals know it.

use stripe_billing::invoice::CreatePreviewInvoiceSubscriptionDetailsItemsPriceDataTaxBehavior as PreviewBehaviour;
use stripe_billing::subscription::UpdateSubscriptionItemsPriceDataTaxBehavior as ChangeBehaviour;
use stripe_checkout::CheckoutSessionBillingAddressCollection;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionCustomerUpdate,
    CreateCheckoutSessionCustomerUpdateAddress, CreateCheckoutSessionCustomerUpdateName,
    CreateCheckoutSessionLineItemsPriceDataTaxBehavior as LineBehaviour,
    CreateCheckoutSessionTaxIdCollection,
};

use crate::backend::store::purchase_tax::TaxMode;

/// The page with everything that taxes need; as it was where none are asked for.
pub(super) fn on_page(page: CreateCheckoutSession, tax: TaxMode) -> CreateCheckoutSession {
    if !tax.is_on() {
        return page;
    }
    let mut update = CreateCheckoutSessionCustomerUpdate::new();
    update.address = Some(CreateCheckoutSessionCustomerUpdateAddress::Auto);
    update.name = Some(CreateCheckoutSessionCustomerUpdateName::Auto);
    page.automatic_tax(CreateCheckoutSessionAutomaticTax::new(true))
        .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
        .customer_update(update)
        .billing_address_collection(CheckoutSessionBillingAddressCollection::Required)
}

/// What a line's price says about its tax.
pub(super) fn of_line(tax: TaxMode) -> Option<LineBehaviour> {
    match tax {
        TaxMode::Off => None,
        TaxMode::Exclusive => Some(LineBehaviour::Exclusive),
        TaxMode::Inclusive => Some(LineBehaviour::Inclusive),
    }
}

/// What the price of another plan says about its tax.
pub(super) fn of_change(tax: TaxMode) -> Option<ChangeBehaviour> {
    match tax {
        TaxMode::Off => None,
        TaxMode::Exclusive => Some(ChangeBehaviour::Exclusive),
        TaxMode::Inclusive => Some(ChangeBehaviour::Inclusive),
    }
}

/// The same where the change is only previewed.
pub(super) fn of_preview(tax: TaxMode) -> Option<PreviewBehaviour> {
    match tax {
        TaxMode::Off => None,
        TaxMode::Exclusive => Some(PreviewBehaviour::Exclusive),
        TaxMode::Inclusive => Some(PreviewBehaviour::Inclusive),
    }
}
