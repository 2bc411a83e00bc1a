//! Payment methods: what a payer paid with, without the number.

use serde_json::{Value, json};

use super::cards::{self, TestCard};
use super::failure::Answer;
use super::identifier;
use super::parameters::Parameters;
use super::work::{Work, text};

/// A way to pay that was chosen on the hosted page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Means {
    Card {
        card: TestCard,
        exp_month: u32,
        exp_year: u32,
    },
    /// A debit that the bank answers days later; here, after the sandbox's settlement delay.
    BankDebit {
        outcome: DebitOutcome,
    },
}

/// What the bank will say in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DebitOutcome {
    Succeeds,
    Fails,
}

impl DebitOutcome {
    /// The last digits of Stripe's public test account with this outcome.
    fn last4(self, kind: &str) -> &'static str {
        match (self, kind) {
            (DebitOutcome::Succeeds, "us_bank_account") => "6789",
            (DebitOutcome::Fails, "us_bank_account") => "1116",
            (DebitOutcome::Succeeds, _) => "3000",
            (DebitOutcome::Fails, _) => "3001",
        }
    }

    /// What an account's last digits say.
    fn of_last4(last4: &str) -> Self {
        if matches!(last4, "1116" | "3001") { DebitOutcome::Fails } else { DebitOutcome::Succeeds }
    }
}

/// Stripe's name for a bank debit in this currency, where there is one.
pub(crate) fn debit_kind(currency: &str) -> Option<&'static str> {
    match currency {
        "usd" => Some("us_bank_account"),
        "eur" => Some("sepa_debit"),
        _ => None,
    }
}

/// Whether a session takes this kind.
pub(crate) fn offered(session: &Value, kind: &str) -> bool {
    session["payment_method_types"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// The kind of bank debit that a session takes, if it takes one.
pub(crate) fn debit_offered(session: &Value) -> Option<&'static str> {
    debit_kind(text(session, "currency")).filter(|kind| offered(session, kind))
}

/// Keeps what was paid with.
pub(crate) async fn create(
    work: &mut Work<'_>,
    means: Means,
    currency: &str,
    customer: &Value,
    billing: &Value,
) -> Answer {
    let mut method = json!({
        "id": identifier::new("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "created": work.now_seconds(),
        "customer": customer,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
    });
    match means {
        Means::Card { card, exp_month, exp_year } => {
            method["type"] = "card".into();
            method["card"] = card_details(card, exp_month, exp_year);
        }
        Means::BankDebit { outcome } => {
            let kind = debit_kind(currency).unwrap_or("us_bank_account");
            method["type"] = kind.into();
            method[kind] = debit_details(kind, outcome);
        }
    }
    work.insert(&method).await?;
    Ok(method)
}

fn card_details(card: TestCard, exp_month: u32, exp_year: u32) -> Value {
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

fn debit_details(kind: &str, outcome: DebitOutcome) -> Value {
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

/// What the bank of a debit will say in the end.
pub(crate) fn debit_outcome(method: &Value) -> DebitOutcome {
    DebitOutcome::of_last4(text(&method[text(method, "type")], "last4"))
}

/// The same facts in the shape that a charge shows.
pub(crate) fn charge_details(method: &Value) -> Value {
    let kind = text(method, "type");
    let mut details = method[kind].clone();
    let shown = match kind {
        "card" => {
            for hidden in ["display_brand", "generated_from", "networks", "three_d_secure_usage"] {
                details.as_object_mut().map(|fields| fields.remove(hidden));
            }
            let extra = json!({
                "amount_authorized": null,
                "authorization_code": null,
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
        "sepa_debit" => merged(details, json!({ "expected_debit_date": null, "mandate": null })),
        _ => merged(
            details,
            json!({ "expected_debit_date": null, "mandate": null, "payment_reference": null }),
        ),
    };
    json!({ "type": kind, kind: shown })
}

fn merged(mut base: Value, extra: Value) -> Value {
    for (field, value) in extra.as_object().into_iter().flatten() {
        base[field] = value.clone();
    }
    base
}

/// `GET /v1/payment_methods/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("payment_method", id).await
}
