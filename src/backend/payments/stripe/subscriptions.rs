//! Subscriptions at Stripe: products, the payment page, reading, changing, previews, the portal.

use async_trait::async_trait;
use serde::Deserialize;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::invoice::{
    CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails,
    CreatePreviewInvoiceSubscriptionDetailsItems,
    CreatePreviewInvoiceSubscriptionDetailsItemsPriceData,
    CreatePreviewInvoiceSubscriptionDetailsItemsPriceDataRecurring,
    CreatePreviewInvoiceSubscriptionDetailsItemsPriceDataRecurringInterval,
    CreatePreviewInvoiceSubscriptionDetailsProrationBehavior, ListInvoice,
};
use stripe_billing::subscription::{
    RetrieveSubscription, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionItemsPriceData, UpdateSubscriptionItemsPriceDataRecurring,
    UpdateSubscriptionItemsPriceDataRecurringInterval, UpdateSubscriptionPaymentBehavior,
    UpdateSubscriptionProrationBehavior,
};
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionLineItemsPriceDataRecurring,
    CreateCheckoutSessionLineItemsPriceDataRecurringInterval,
    CreateCheckoutSessionSubscriptionData, ExpireCheckoutSession, RetrieveCheckoutSession,
};
use stripe_client_core::StripeRequest;
use stripe_product::product::CreateProduct;

use super::super::port::subscriptions::{
    ChangeFrom, InvoiceFacts, InvoiceLine, InvoiceState, PlanChange, RecurringPrice,
    SubscriptionDraft, SubscriptionFacts, SubscriptionPage, SubscriptionState, Subscriptions,
};
use super::super::port::{CheckoutOpened, ProviderError};
use super::{
    METADATA_ORGANISATION, SessionAnswer, Stripe, currency, payment_status, session_status, single,
    taxes,
};
use crate::ledger::Period;

/// Invoices that are read at a time: two years of months, with some changes.
const INVOICES: i64 = 30;
/// Stripe's code for an id that is taken.
const TAKEN: &str = "resource_already_exists";

#[async_trait]
impl Subscriptions for Stripe {
    async fn ensure_product(
        &self,
        product: &str,
        name: &str,
        description: &str,
        key: &str,
    ) -> Result<(), ProviderError> {
        let request = CreateProduct::new(name).id(product).description(description);
        match self.transport.send::<Named>(request.build(), Some(key)).await {
            Ok(_) => Ok(()),
            Err(ProviderError::InvalidRequest { code, .. }) if code.as_deref() == Some(TAKEN) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn open_subscription_page(
        &self,
        draft: &SubscriptionDraft,
        key: &str,
    ) -> Result<CheckoutOpened, ProviderError> {
        let request = page_request(draft).build();
        let answer: SessionAnswer = self.transport.send(request, Some(key)).await?;
        Ok(CheckoutOpened { session_ref: answer.id, url: answer.url })
    }

    async fn fetch_subscription_page(&self, page: &str) -> Result<SubscriptionPage, ProviderError> {
        let request = RetrieveCheckoutSession::new(page).build();
        let answer: PageAnswer = self.transport.send(request, None).await?;
        Ok(SubscriptionPage {
            status: session_status(answer.status.as_deref()),
            payment_status: payment_status(answer.payment_status.as_deref()),
            subscription: answer.subscription,
        })
    }

    async fn close_subscription_page(&self, page: &str, key: &str) -> Result<(), ProviderError> {
        let request = ExpireCheckoutSession::new(page).build();
        self.transport.send::<Named>(request, Some(key)).await.map(drop)
    }

    async fn fetch_subscription(
        &self,
        subscription: &str,
    ) -> Result<SubscriptionFacts, ProviderError> {
        let request = RetrieveSubscription::new(subscription).build();
        let answer: SubscriptionAnswer = self.transport.send(request, None).await?;
        answer.into_facts()
    }

    async fn subscription_invoices(
        &self,
        subscription: &str,
    ) -> Result<Vec<InvoiceFacts>, ProviderError> {
        let request = ListInvoice::new()
            .subscription(subscription)
            .limit(INVOICES)
            .expand(vec!["data.payments".to_owned()]);
        let answer: List<InvoiceAnswer> = self.transport.send(request.build(), None).await?;
        Ok(answer.data.into_iter().map(InvoiceAnswer::into_facts).collect())
    }

    async fn preview_change(&self, change: &PlanChange, key: &str) -> Result<i64, ProviderError> {
        let request = preview_request(change).build();
        let answer: PreviewAnswer = self.transport.send(request, Some(key)).await?;
        Ok(answer.amount_due)
    }

    async fn change_plan(&self, change: &PlanChange, key: &str) -> Result<(), ProviderError> {
        let request = change_request(change).build();
        self.transport.send::<Named>(request, Some(key)).await.map(drop)
    }

    async fn set_ends_with_period(
        &self,
        subscription: &str,
        ends: bool,
        key: &str,
    ) -> Result<(), ProviderError> {
        let request = UpdateSubscription::new(subscription).cancel_at_period_end(ends).build();
        self.transport.send::<Named>(request, Some(key)).await.map(drop)
    }

    async fn customer_page(
        &self,
        customer: &str,
        return_url: &str,
        key: &str,
    ) -> Result<String, ProviderError> {
        let request = CreateBillingPortalSession::new().customer(customer).return_url(return_url);
        let answer: PortalAnswer = self.transport.send(request.build(), Some(key)).await?;
        Ok(answer.url)
    }
}

fn page_request(draft: &SubscriptionDraft) -> CreateCheckoutSession {
    let RecurringPrice { product, price, period, tax } = &draft.plan;
    let mut data = CreateCheckoutSessionLineItemsPriceData::new(currency(price.currency.as_str()));
    data.product = Some(product.clone());
    data.unit_amount = Some(price.minor);
    data.tax_behavior = taxes::of_line(*tax);
    data.recurring = Some(CreateCheckoutSessionLineItemsPriceDataRecurring::new(match period {
        Period::Month => CreateCheckoutSessionLineItemsPriceDataRecurringInterval::Month,
        Period::Year => CreateCheckoutSessionLineItemsPriceDataRecurringInterval::Year,
    }));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(data);
    line.quantity = Some(1);
    let mut subscription = CreateCheckoutSessionSubscriptionData::new();
    subscription.metadata = Some(single(METADATA_ORGANISATION, &draft.organisation));
    let mut adaptive_pricing = CreateCheckoutSessionAdaptivePricing::new();
    adaptive_pricing.enabled = Some(false);
    let page = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Subscription)
        .customer(&draft.customer)
        .client_reference_id(&draft.organisation)
        .subscription_data(subscription)
        .line_items(vec![line])
        .adaptive_pricing(adaptive_pricing)
        .success_url(&draft.success_url)
        .cancel_url(&draft.cancel_url)
        .expires_at(draft.expires_at_seconds);
    taxes::on_page(page, *tax)
}

fn change_request(change: &PlanChange) -> UpdateSubscription {
    use UpdateSubscriptionItemsPriceDataRecurringInterval as Interval;
    let RecurringPrice { product, price, period, tax } = &change.plan;
    let interval = match period {
        Period::Month => Interval::Month,
        Period::Year => Interval::Year,
    };
    let mut data = UpdateSubscriptionItemsPriceData::new(
        currency(price.currency.as_str()),
        product,
        UpdateSubscriptionItemsPriceDataRecurring::new(interval),
    );
    data.unit_amount = Some(price.minor);
    data.tax_behavior = taxes::of_change(*tax);
    let mut item = UpdateSubscriptionItems::new();
    item.id = Some(change.item.clone());
    item.price_data = Some(data);
    let request = UpdateSubscription::new(change.subscription.as_str()).items(vec![item]);
    match change.from {
        ChangeFrom::Now { at_seconds } => request
            .proration_behavior(UpdateSubscriptionProrationBehavior::AlwaysInvoice)
            .proration_date(at_seconds)
            .payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete),
        ChangeFrom::NextPeriod => {
            request.proration_behavior(UpdateSubscriptionProrationBehavior::None)
        }
    }
}

fn preview_request(change: &PlanChange) -> CreatePreviewInvoice {
    use CreatePreviewInvoiceSubscriptionDetailsItemsPriceDataRecurringInterval as Interval;
    use CreatePreviewInvoiceSubscriptionDetailsProrationBehavior as Behavior;
    let RecurringPrice { product, price, period, tax } = &change.plan;
    let interval = match period {
        Period::Month => Interval::Month,
        Period::Year => Interval::Year,
    };
    let mut data = CreatePreviewInvoiceSubscriptionDetailsItemsPriceData::new(
        currency(price.currency.as_str()),
        product,
        CreatePreviewInvoiceSubscriptionDetailsItemsPriceDataRecurring::new(interval),
    );
    data.unit_amount = Some(price.minor);
    data.tax_behavior = taxes::of_preview(*tax);
    let mut item = CreatePreviewInvoiceSubscriptionDetailsItems::new();
    item.id = Some(change.item.clone());
    item.price_data = Some(data);
    let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
    details.items = Some(vec![item]);
    match change.from {
        ChangeFrom::Now { at_seconds } => {
            details.proration_behavior = Some(Behavior::AlwaysInvoice);
            details.proration_date = Some(at_seconds);
        }
        ChangeFrom::NextPeriod => details.proration_behavior = Some(Behavior::None),
    }
    CreatePreviewInvoice::new()
        .subscription(change.subscription.as_str())
        .subscription_details(details)
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "id")]
    _id: String,
}

#[derive(Deserialize)]
struct PortalAnswer {
    url: String,
}

#[derive(Deserialize)]
struct PreviewAnswer {
    amount_due: i64,
}

#[derive(Deserialize)]
struct PageAnswer {
    status: Option<String>,
    payment_status: Option<String>,
    subscription: Option<String>,
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct SubscriptionAnswer {
    id: String,
    customer: String,
    status: Option<String>,
    livemode: bool,
    #[serde(default)]
    cancel_at_period_end: bool,
    cancel_at: Option<i64>,
    items: List<ItemAnswer>,
}

#[derive(Deserialize)]
struct ItemAnswer {
    id: String,
    price: PriceAnswer,
    current_period_start: i64,
    current_period_end: i64,
}

#[derive(Deserialize)]
struct PriceAnswer {
    product: String,
}

impl SubscriptionAnswer {
    fn into_facts(self) -> Result<SubscriptionFacts, ProviderError> {
        let item = self.items.data.into_iter().next().ok_or_else(|| ProviderError::Garbled {
            cause: "a subscription without an item".to_owned(),
        })?;
        // An end that was set elsewhere may be an instant rather than "with the period".
        let ends_by_then = self.cancel_at.is_some_and(|at| at <= item.current_period_end);
        Ok(SubscriptionFacts {
            subscription: self.id,
            customer: self.customer,
            state: subscription_state(self.status.as_deref()),
            item: item.id,
            product: item.price.product,
            period_start_seconds: item.current_period_start,
            period_end_seconds: item.current_period_end,
            ends_with_period: self.cancel_at_period_end || ends_by_then,
            livemode: self.livemode,
        })
    }
}

fn subscription_state(word: Option<&str>) -> SubscriptionState {
    match word {
        Some("active") => SubscriptionState::Active,
        Some("trialing") => SubscriptionState::Trialing,
        Some("past_due" | "unpaid") => SubscriptionState::PastDue,
        Some("incomplete") => SubscriptionState::Incomplete,
        Some("canceled" | "incomplete_expired") => SubscriptionState::Ended,
        _ => SubscriptionState::Unknown,
    }
}

#[derive(Deserialize)]
struct InvoiceAnswer {
    id: String,
    status: Option<String>,
    #[serde(default)]
    amount_paid: i64,
    total_taxes: Option<Vec<TaxAnswer>>,
    currency: String,
    created: i64,
    livemode: bool,
    hosted_invoice_url: Option<String>,
    parent: Option<ParentAnswer>,
    lines: List<LineAnswer>,
    payments: Option<List<PaymentAnswer>>,
}

#[derive(Deserialize)]
struct TaxAnswer {
    amount: i64,
    tax_behavior: Option<String>,
}

#[derive(Deserialize)]
struct ParentAnswer {
    subscription_details: Option<OfSubscription>,
}

#[derive(Deserialize)]
struct OfSubscription {
    subscription: Option<String>,
}

#[derive(Deserialize)]
struct LineAnswer {
    amount: i64,
    period: PeriodAnswer,
    pricing: Option<PricingAnswer>,
    parent: Option<LineParent>,
}

#[derive(Deserialize)]
struct PeriodAnswer {
    start: i64,
    end: i64,
}

#[derive(Deserialize)]
struct PricingAnswer {
    price_details: Option<PriceDetails>,
}

#[derive(Deserialize)]
struct PriceDetails {
    product: Option<String>,
}

#[derive(Deserialize)]
struct LineParent {
    subscription_item_details: Option<LineDetails>,
    invoice_item_details: Option<LineDetails>,
}

#[derive(Deserialize)]
struct LineDetails {
    #[serde(default)]
    proration: bool,
}

#[derive(Deserialize)]
struct PaymentAnswer {
    status: Option<String>,
    payment: PaymentOf,
}

#[derive(Deserialize)]
struct PaymentOf {
    payment_intent: Option<String>,
}

impl InvoiceAnswer {
    fn into_facts(self) -> InvoiceFacts {
        let payments = self.payments.map(|list| list.data).unwrap_or_default();
        let paid = payments.into_iter().find(|payment| payment.status.as_deref() == Some("paid"));
        let taxes = self.total_taxes.unwrap_or_default();
        let on_top = |tax: &&TaxAnswer| tax.tax_behavior.as_deref() == Some("exclusive");
        let of = self.parent.and_then(|parent| parent.subscription_details);
        InvoiceFacts {
            invoice: self.id,
            subscription: of.and_then(|of| of.subscription),
            state: match self.status.as_deref() {
                Some("paid") => InvoiceState::Paid,
                Some("open") => InvoiceState::Open,
                _ => InvoiceState::Other,
            },
            paid_minor: self.amount_paid,
            tax_minor: taxes.iter().map(|tax| tax.amount).sum(),
            tax_on_top_minor: taxes.iter().filter(on_top).map(|tax| tax.amount).sum(),
            currency: self.currency,
            lines: self.lines.data.into_iter().map(LineAnswer::into_line).collect(),
            payment: paid.and_then(|payment| payment.payment.payment_intent),
            page: self.hosted_invoice_url,
            created_seconds: self.created,
            livemode: self.livemode,
        }
    }
}

impl LineAnswer {
    fn into_line(self) -> InvoiceLine {
        let details = self
            .parent
            .and_then(|parent| parent.subscription_item_details.or(parent.invoice_item_details));
        let pricing = self.pricing.and_then(|pricing| pricing.price_details);
        InvoiceLine {
            product: pricing.and_then(|details| details.product),
            amount_minor: self.amount,
            is_proration: details.is_some_and(|details| details.proration),
            from_seconds: self.period.start,
            until_seconds: self.period.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::store::purchase_tax::TaxMode;
    use crate::ledger::{Currency, Money};

    fn fields(body: &str) -> Vec<(String, String)> {
        reqwest::Url::parse(&format!("http://x/?{body}"))
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect()
    }

    fn change(from: ChangeFrom) -> PlanChange {
        let price = Money { minor: 9_900, currency: Currency::parse("USD").unwrap() };
        let (product, period, tax) = ("prod_x".into(), Period::Month, TaxMode::Inclusive);
        let plan = RecurringPrice { product, price, period, tax };
        PlanChange { subscription: "sub_1".into(), item: "si_1".into(), plan, from }
    }

    #[test]
    fn an_upgrade_is_invoiced_at_once_or_not_made_and_a_downgrade_costs_nothing_now() {
        let now = change_request(&change(ChangeFrom::Now { at_seconds: 5 })).build();
        let now = fields(&now.body.unwrap());
        for (name, value) in [
            ("items[0][id]", "si_1"),
            ("items[0][price_data][product]", "prod_x"),
            ("items[0][price_data][unit_amount]", "9900"),
            ("items[0][price_data][tax_behavior]", "inclusive"),
            ("items[0][price_data][recurring][interval]", "month"),
            ("proration_behavior", "always_invoice"),
            ("proration_date", "5"),
            ("payment_behavior", "error_if_incomplete"),
        ] {
            assert!(now.contains(&(name.into(), value.into())), "{name}={value} in {now:?}");
        }
        let later = change_request(&change(ChangeFrom::NextPeriod)).build();
        let later = fields(&later.body.unwrap());
        assert!(later.contains(&("proration_behavior".into(), "none".into())), "{later:?}");
        assert!(!later.iter().any(|(name, _)| name == "payment_behavior"));
    }

    #[test]
    fn an_invoice_is_read_whatever_else_it_has_or_lacks() {
        let full: InvoiceAnswer = serde_json::from_value(serde_json::json!({
            "id": "in_1", "status": "paid", "amount_paid": 300, "currency": "usd", "created": 9,
            "livemode": false, "hosted_invoice_url": "https://x/in_1", "new": {"a": 1},
            "parent": {"subscription_details": {"subscription": "sub_1"}},
            "lines": {"data": [{"amount": -50, "period": {"start": 1, "end": 2},
                "pricing": {"price_details": {"product": "prod_x"}},
                "parent": {"subscription_item_details": {"proration": true}}}]},
            "payments": {"data": [{"status": "open", "payment": {"payment_intent": "pi_0"}},
                {"status": "paid", "payment": {"payment_intent": "pi_1"}}]}}))
        .unwrap();
        let facts = full.into_facts();
        assert_eq!((facts.state, facts.payment.as_deref()), (InvoiceState::Paid, Some("pi_1")));
        assert!(facts.lines[0].is_proration && facts.lines[0].product.is_some());
        let bare: InvoiceAnswer = serde_json::from_value(serde_json::json!({
            "id": "in_1", "status": "surprising", "currency": "usd", "created": 9,
            "livemode": false, "lines": {"data": []}}))
        .unwrap();
        assert_eq!(bare.into_facts().state, InvoiceState::Other);
    }
}
