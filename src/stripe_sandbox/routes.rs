//! The whole table of API addresses on one screen.

use axum::http::Method;
use serde_json::Value;

use super::billing::{invoice_api, items, preview, subscription_api, subscription_creation};
use super::checkout::{creation, line_items, sessions};
use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::taxes::tax_ids;
use super::work::Work;
use super::{
    balance_transactions, charges, customers, disputes, events, payment_intent_attempts,
    payment_intents, payment_method_api, portal, prices, products, refunds, setup_intent_api,
    webhook_endpoints,
};

/// What the front page tells people of the table below.
pub(crate) const NOUNS: [&str; 16] = [
    "customers",
    "tax_ids",
    "products",
    "prices",
    "checkout/sessions",
    "payment_intents",
    "setup_intents",
    "payment_methods",
    "charges",
    "refunds",
    "disputes",
    "subscriptions",
    "invoices",
    "billing_portal/sessions",
    "events",
    "webhook_endpoints",
];

/// Answers one request; `path` is what follows `/v1/`.
pub(crate) async fn dispatch(
    work: &mut Work<'_>,
    method: &Method,
    path: &str,
    with: Parameters,
) -> Answer<Value> {
    let segments: Vec<&str> = path.split('/').collect();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["customers"]) => customers::create(work, with).await,
        ("GET", ["customers"]) => customers::list_all(work, with).await,
        ("GET", ["customers", id]) => customers::retrieve(work, id, with).await,
        ("POST", ["customers", id]) => customers::update(work, id, with).await,
        ("DELETE", ["customers", id]) => customers::delete(work, id, with).await,
        ("POST", ["customers", id, "tax_ids"]) => tax_ids::create(work, id, with).await,
        ("GET", ["customers", id, "tax_ids"]) => tax_ids::list_all(work, id, with).await,
        ("GET", ["customers", customer, "tax_ids", id]) => {
            tax_ids::retrieve(work, customer, id, with).await
        }
        ("DELETE", ["customers", customer, "tax_ids", id]) => {
            tax_ids::delete(work, customer, id, with).await
        }

        ("POST", ["products"]) => products::create(work, with).await,
        ("GET", ["products"]) => products::list_all(work, with).await,
        ("GET", ["products", id]) => products::retrieve(work, id, with).await,
        ("POST", ["products", id]) => products::update(work, id, with).await,

        ("POST", ["prices"]) => prices::create(work, with).await,
        ("GET", ["prices"]) => prices::list_all(work, with).await,
        ("GET", ["prices", id]) => prices::retrieve(work, id, with).await,
        ("POST", ["prices", id]) => prices::update(work, id, with).await,

        ("POST", ["checkout", "sessions"]) => creation::create(work, with).await,
        ("GET", ["checkout", "sessions"]) => sessions::list_all(work, with).await,
        ("GET", ["checkout", "sessions", id]) => sessions::retrieve(work, id, with).await,
        ("POST", ["checkout", "sessions", id]) => sessions::update(work, id, with).await,
        ("POST", ["checkout", "sessions", id, "expire"]) => sessions::expire(work, id, with).await,
        ("GET", ["checkout", "sessions", id, "line_items"]) => {
            line_items::list_all(work, id, with).await
        }

        ("POST", ["payment_intents"]) => payment_intent_attempts::create(work, with).await,
        ("GET", ["payment_intents"]) => payment_intents::list_all(work, with).await,
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(work, id, with).await,
        ("POST", ["payment_intents", id]) => payment_intents::update(work, id, with).await,
        ("POST", ["payment_intents", id, "confirm"]) => {
            payment_intent_attempts::confirm(work, id, with).await
        }
        ("POST", ["payment_intents", id, "cancel"]) => {
            payment_intents::cancel(work, id, with).await
        }

        ("POST", ["setup_intents"]) => setup_intent_api::create(work, with).await,
        ("GET", ["setup_intents"]) => setup_intent_api::list_all(work, with).await,
        ("GET", ["setup_intents", id]) => setup_intent_api::retrieve(work, id, with).await,
        ("POST", ["setup_intents", id, "confirm"]) => {
            setup_intent_api::confirm(work, id, with).await
        }
        ("POST", ["setup_intents", id, "cancel"]) => setup_intent_api::cancel(work, id, with).await,

        ("GET", ["charges"]) => charges::list_all(work, with).await,
        ("GET", ["charges", id]) => charges::retrieve(work, id, with).await,

        ("POST", ["payment_methods"]) => payment_method_api::create(work, with).await,
        ("GET", ["payment_methods"]) => payment_method_api::list_all(work, None, with).await,
        ("GET", ["payment_methods", id]) => payment_method_api::retrieve(work, id, with).await,
        ("POST", ["payment_methods", id]) => payment_method_api::update(work, id, with).await,
        ("POST", ["payment_methods", id, "attach"]) => {
            payment_method_api::attach(work, id, with).await
        }
        ("POST", ["payment_methods", id, "detach"]) => {
            payment_method_api::detach(work, id, with).await
        }
        ("GET", ["customers", customer, "payment_methods"]) => {
            payment_method_api::list_all(work, Some(customer), with).await
        }

        ("POST", ["refunds"]) => refunds::create(work, with).await,
        ("GET", ["refunds"]) => refunds::list_all(work, with).await,
        ("GET", ["refunds", id]) => refunds::retrieve(work, id, with).await,
        ("POST", ["refunds", id]) => refunds::update(work, id, with).await,
        ("GET", ["disputes"]) => disputes::list_all(work, with).await,
        ("GET", ["disputes", id]) => disputes::retrieve(work, id, with).await,
        ("POST", ["disputes", id]) => disputes::update(work, id, with).await,
        ("POST", ["disputes", id, "close"]) => disputes::close(work, id, with).await,
        ("GET", ["balance_transactions"]) => balance_transactions::list_all(work, with).await,
        ("GET", ["balance_transactions", id]) => {
            balance_transactions::retrieve(work, id, with).await
        }

        ("POST", ["subscriptions"]) => subscription_creation::create(work, with).await,
        ("GET", ["subscriptions"]) => subscription_api::list_all(work, with).await,
        ("GET", ["subscriptions", id]) => subscription_api::retrieve(work, id, with).await,
        ("POST", ["subscriptions", id]) => subscription_api::update(work, id, with).await,
        ("DELETE", ["subscriptions", id]) => subscription_api::cancel(work, id, with).await,
        ("GET", ["subscription_items"]) => items::list_all(work, with).await,

        ("POST", ["invoices", "create_preview"]) => preview::create(work, with).await,
        ("GET", ["invoices"]) => invoice_api::list_all(work, with).await,
        ("GET", ["invoices", id]) => invoice_api::retrieve(work, id, with).await,
        ("POST", ["invoices", id]) => invoice_api::update(work, id, with).await,
        ("GET", ["invoices", id, "lines"]) => invoice_api::list_lines(work, id, with).await,
        ("POST", ["invoices", id, "finalize"]) => invoice_api::finalize(work, id, with).await,
        ("POST", ["invoices", id, "pay"]) => invoice_api::pay(work, id, with).await,
        ("POST", ["invoices", id, "void"]) => invoice_api::give_up(work, id, "void", with).await,
        ("POST", ["invoices", id, "mark_uncollectible"]) => {
            invoice_api::give_up(work, id, "uncollectible", with).await
        }
        ("GET", ["invoice_payments"]) => invoice_api::list_payments(work, with).await,
        ("GET", ["invoice_payments", id]) => invoice_api::retrieve_payment(work, id, with).await,
        ("POST", ["billing_portal", "sessions"]) => portal::sessions::create(work, with).await,

        ("GET", ["events"]) => events::list_all(work, with).await,
        ("GET", ["events", id]) => events::retrieve(work, id, with).await,

        ("POST", ["webhook_endpoints"]) => webhook_endpoints::create(work, with).await,
        ("GET", ["webhook_endpoints"]) => webhook_endpoints::list_all(work, with).await,
        ("GET", ["webhook_endpoints", id]) => webhook_endpoints::retrieve(work, id, with).await,
        ("POST", ["webhook_endpoints", id]) => webhook_endpoints::update(work, id, with).await,
        ("DELETE", ["webhook_endpoints", id]) => webhook_endpoints::delete(work, id, with).await,

        _ => Err(Failure::unknown_address(method.as_str(), &format!("/v1/{path}"))),
    }
}
