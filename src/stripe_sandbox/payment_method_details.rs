//! The facts of a card or a bank account, as a payment method shows them and as a charge does.

use serde_json::{Value, json};

use super::cards::{self, TestCard};
use super::means::DebitOutcome;
use super::work::text;

/// A card, without its number.
pub(crate) fn card_details(card: TestCard, exp_month: u32, exp_year: u32) -> Value {
    json!({
        "brand": card.brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": cards::fingerprint(card.number),
        "funding": card.funding,
        "generated_from": null,
        "last4": card.last4(),
        "networks": { "available": [card.brand], "preferred": null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": { "supported": true },
        "wallet": null,
    })
}

/// A bank account, without its number.
pub(crate) fn debit_details(kind: &str, outcome: DebitOutcome) -> Value {
    let last4 = outcome.last4(kind);
    if kind == "sepa_debit" {
        return json!({
            "bank_code": "37040044",
            "branch_code": "",
            "country": "DE",
            "fingerprint": cards::fingerprint(last4),
            "generated_from": { "charge": null, "setup_attempt": null },
            "last4": last4,
        });
    }
    json!({
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": null,
        "fingerprint": cards::fingerprint(last4),
        "last4": last4,
        "networks": { "preferred": "ach", "supported": ["ach"] },
        "routing_number": "110000000",
        "status_details": {},
    })
}

/// The same facts in the shape that a charge shows.
pub(crate) fn charge_details(method: &Value) -> Value {
    let kind = text(method, "type");
    let mut details = method[kind].clone();
    let shown = match kind {
        "card" => {
            let hidden = ["display_brand", "generated_from", "networks", "three_d_secure_usage"];
            without(&mut details, &hidden);
            let extra = json!({
                "amount_authorized": null,
                "authorization_code": null,
                "electronic_commerce_indicator": null,
                "extended_authorization": { "status": "disabled" },
                "incremental_authorization": { "status": "unavailable" },
                "installments": null,
                "mandate": null,
                "multicapture": { "status": "unavailable" },
                "network": details["brand"],
                "network_token": { "used": false },
                "network_transaction_id": null,
                "overcapture": { "maximum_amount_capturable": 0, "status": "unavailable" },
                "three_d_secure": null,
                "transaction_link_id": null,
            });
            merged(details, extra)
        }
        "sepa_debit" => {
            without(&mut details, &["generated_from"]);
            merged(details, json!({ "mandate": null }))
        }
        _ => {
            without(&mut details, &["financial_connections_account", "networks", "status_details"]);
            merged(details, json!({ "payment_reference": null }))
        }
    };
    json!({ "type": kind, kind: shown })
}

/// Leaves out what only the payment method shows.
fn without(details: &mut Value, hidden: &[&str]) {
    if let Some(fields) = details.as_object_mut() {
        fields.retain(|field, _| !hidden.contains(&field.as_str()));
    }
}

fn merged(mut base: Value, extra: Value) -> Value {
    for (field, value) in extra.as_object().into_iter().flatten() {
        base[field] = value.clone();
    }
    base
}
