//! What the adapter asks of Stripe, word for word. `end2end/stripe/requests.test.mjs` has Stripe's own
//! types judge the file that this test keeps true.
//!
//! After a change of the adapter: `SCRIP_KEEP_REQUESTS=1 cargo test … payments::requests`, and read the
//! file's difference.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, Method};
use scrip::backend::payments::TaxMode;
use scrip::backend::payments::port::corrections::{MoneyBack, RefundDraft};
use scrip::backend::payments::port::customers::{CustomerDetails, Customers, TaxId};
use scrip::backend::payments::port::documents::DocumentProvider;
use scrip::backend::payments::port::saved_cards::{CardPageDraft, SavedCards, SavedCharge};
use scrip::backend::payments::port::subscriptions::{
    ChangeFrom, PlanChange, RecurringPrice, SubscriptionDraft, Subscriptions,
};
use scrip::backend::payments::port::{CheckoutDraft, PaymentProvider};
use scrip::backend::payments::stripe::Stripe;
use scrip::ledger::{Currency, Money, Period};
use serde::{Deserialize, Serialize};

use super::{KEY, START_SECONDS, listener, serve};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end/stripe/requests.json");
/// A list with nothing in it, and no object of any kind.
const ANSWER: &str = r#"{"id":"none","object":"list","data":[],"has_more":false}"#;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Request {
    request: String,
    idempotent: bool,
    parameters: Vec<String>,
}

type Heard = Arc<Mutex<Vec<Request>>>;

async fn hear(
    State(heard): State<Heard>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> &'static str {
    let query = uri.query().unwrap_or_default().as_bytes();
    let pairs = form_urlencoded::parse(query).chain(form_urlencoded::parse(&body));
    let parameters = pairs.map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!("{method} {}", uri.path());
    let idempotent = headers.contains_key("idempotency-key");
    heard.lock().unwrap().push(Request { request, idempotent, parameters });
    ANSWER
}

fn plan() -> RecurringPrice {
    let price = Money { minor: 9_900, currency: Currency::parse("USD").unwrap() };
    let (product, period, tax) = ("scrip_pro".into(), Period::Month, TaxMode::Off);
    RecurringPrice { product, price, period, tax }
}

fn change(from: ChangeFrom) -> PlanChange {
    PlanChange { subscription: "sub_1".into(), item: "si_1".into(), plan: plan(), from }
}

/// Asks for everything that the adapter can ask for. What it is answered is of no use to it.
async fn ask_for_everything(stripe: &Stripe) {
    let (success_url, cancel_url) =
        ("https://shop.test/back".to_owned(), "https://shop.test".into());
    let expires_at_seconds = START_SECONDS + 1_800;
    let nameless = CustomerDetails { name: "Northwind".into(), ..CustomerDetails::default() };
    drop(stripe.create_customer("org_northwind", &nameless, None, "key").await);
    let draft = CheckoutDraft {
        purchase: "pur_1".into(),
        customer: "cus_1".into(),
        product: "Starter".into(),
        description: "50 credits".into(),
        amount_minor: 6_000,
        currency: "USD".into(),
        tax: TaxMode::Off,
        success_url: success_url.clone(),
        cancel_url,
        expires_at_seconds,
    };
    drop(stripe.create_checkout(&draft, "key").await);
    let taxed = CheckoutDraft { tax: TaxMode::Exclusive, ..draft };
    drop(stripe.create_checkout(&taxed, "key").await);
    drop(stripe.fetch_checkout("cs_1").await);
    drop(stripe.list_events(START_SECONDS, &["invoice.paid"], Some("evt_1")).await);

    let draft = CardPageDraft {
        consent: "consent_1".into(),
        customer: "cus_1".into(),
        currency: "USD".into(),
        wording: "May be charged.".into(),
        success_url: success_url.clone(),
        cancel_url: success_url.clone(),
    };
    drop(stripe.create_card_page(&draft, "key").await);
    drop(stripe.fetch_card_page("cs_1").await);
    drop(stripe.fetch_card("pm_1").await);
    drop(stripe.detach_card("pm_1", "key").await);
    let charge = SavedCharge {
        purchase: "pur_1".into(),
        customer: "cus_1".into(),
        method_ref: "pm_1".into(),
        amount_minor: 6_000,
        currency: "USD".into(),
        description: "50 credits".into(),
    };
    drop(stripe.charge_saved(&charge, "key").await);
    drop(stripe.fetch_payment("pi_1").await);
    drop(stripe.find_payment("cus_1", "pur_1", START_SECONDS).await);
    drop(stripe.cancel_payment("pi_1", "key").await);

    drop(stripe.ensure_product("scrip_pro", "Pro", "For daily work.", "key").await);
    let draft = SubscriptionDraft {
        organisation: "org_northwind".into(),
        customer: "cus_1".into(),
        plan: plan(),
        success_url: success_url.clone(),
        cancel_url: success_url.clone(),
        expires_at_seconds,
    };
    drop(stripe.open_subscription_page(&draft, "key").await);
    let plan = RecurringPrice { tax: TaxMode::Inclusive, ..plan() };
    let taxed = SubscriptionDraft { plan: plan.clone(), ..draft };
    drop(stripe.open_subscription_page(&taxed, "key").await);
    let taxed = PlanChange { plan, ..change(ChangeFrom::Now { at_seconds: START_SECONDS }) };
    drop(stripe.preview_change(&taxed, "key").await);
    drop(stripe.change_plan(&taxed, "key").await);
    drop(stripe.fetch_subscription_page("cs_1").await);
    drop(stripe.close_subscription_page("cs_1", "key").await);
    drop(stripe.fetch_subscription("sub_1").await);
    drop(stripe.subscription_invoices("sub_1").await);
    for from in [ChangeFrom::Now { at_seconds: START_SECONDS }, ChangeFrom::NextPeriod] {
        drop(stripe.preview_change(&change(from), "key").await);
        drop(stripe.change_plan(&change(from), "key").await);
    }
    drop(stripe.set_ends_with_period("sub_1", true, "key").await);
    drop(stripe.customer_page("cus_1", &success_url, "key").await);

    drop(stripe.payment_totals("pi_1").await);
    drop(stripe.payments_with_money_back(START_SECONDS).await);
    let draft =
        RefundDraft { payment_ref: "pi_1".into(), amount_minor: 100, request: "ref_1".into() };
    drop(stripe.refund(&draft, "key").await);
    drop(stripe.checkout_taxes("cs_1").await);
    drop(stripe.invoice_taxes("in_1").await);
    drop(stripe.invoice_page("in_1").await);
    drop(stripe.receipt_page("pi_1").await);

    let details = CustomerDetails {
        name: "Nordwind GmbH".into(),
        email: "billing@nordwind.test".into(),
        line1: "Hafenstraße 1".into(),
        line2: String::new(),
        postcode: "20457".into(),
        city: "Hamburg".into(),
        country: "DE".into(),
    };
    let tax_id = TaxId { kind: "eu_vat", value: "DE123456789".into() };
    drop(stripe.create_customer("org_northwind", &details, Some(&tax_id), "key").await);
    drop(stripe.update_customer("cus_1", &details, "key").await);
    drop(stripe.tax_ids("cus_1").await);
    drop(stripe.add_tax_id("cus_1", &tax_id, "key").await);
    drop(stripe.remove_tax_id("cus_1", "txi_1").await);
}

#[tokio::test]
async fn what_the_adapter_asks_for_is_what_stripes_own_types_have_judged() {
    let heard = Heard::default();
    let street = listener().await;
    let base = format!("http://{}", street.local_addr().unwrap());
    serve(street, Router::new().fallback(hear).with_state(heard.clone()));
    let stripe = Stripe::new(base.parse().unwrap(), KEY.into()).unwrap();
    ask_for_everything(&stripe).await;

    let heard = heard.lock().unwrap().clone();
    for request in &heard {
        assert_eq!(request.idempotent, request.request.starts_with("POST"), "{request:?}");
    }
    if std::env::var_os("SCRIP_KEEP_REQUESTS").is_some() {
        let text = serde_json::to_string_pretty(&heard).unwrap();
        std::fs::write(KEPT, text + "\n").unwrap();
    }
    let kept: Vec<Request> = serde_json::from_slice(&std::fs::read(KEPT).unwrap()).unwrap();
    for (kept, heard) in kept.iter().zip(&heard) {
        assert_eq!(kept, heard, "see the top of this test's file");
    }
    assert_eq!(kept.len(), heard.len());
}
