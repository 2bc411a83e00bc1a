//! Payment methods: what a payer pays with, without the number, and whose it is. Their API is
//! `payment_method_api`.
//!
//! Stripe's public test ids (`pm_card_visa`, `pm_card_chargeDeclined`, …) may stand wherever an id
//! may: using one makes a payment method of that card.

use serde_json::{Value, json};

use super::cards;
use super::failure::Answer;
use super::means::{DebitOutcome, Means, debit_kind};
use super::payment_method_details::{card_details, debit_details};
use super::work::{Work, integer, text};
use super::{customers, events, identifier};

/// Test ids of bank accounts, with what their bank says.
const TEST_ACCOUNTS: [(&str, DebitOutcome); 3] = [
    ("pm_usBankAccount_success", DebitOutcome::Succeeds),
    ("pm_usBankAccount_processing", DebitOutcome::Succeeds),
    ("pm_usBankAccount_debitNotAuthorized", DebitOutcome::Fails),
];

/// Keeps what was chosen. It is nobody's until [`keep_for`].
pub(crate) async fn create_from(
    work: &mut Work<'_>,
    means: Means,
    currency: &str,
    billing: &Value,
) -> Answer {
    let mut method = json!({
        "id": identifier::new("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "created": work.now_seconds(),
        "customer": null,
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

/// The payment method that a parameter names; a public test id makes one.
pub(crate) async fn referred(work: &mut Work<'_>, id: &str, parameter: &str) -> Answer {
    let account = TEST_ACCOUNTS.iter().find(|(name, _)| *name == id);
    let means = match (cards::named(id), account) {
        (Some(card), _) => Means::Card { card, exp_month: 12, exp_year: 2034 },
        (None, Some((_, outcome))) => Means::BankDebit { outcome: *outcome },
        (None, None) => return work.referred("payment_method", id, parameter).await,
    };
    create_from(work, means, "usd", &no_billing()).await
}

/// Billing details of which none is known.
pub(super) fn no_billing() -> Value {
    let mut address = json!({});
    for field in customers::ADDRESS_FIELDS {
        address[field] = Value::Null;
    }
    json!({ "address": address, "email": null, "name": null, "phone": null, "tax_id": null })
}

/// Attaches a payment method to a customer, unless it is theirs already.
pub(crate) async fn keep_for(work: &mut Work<'_>, method: &str, customer: &str) -> Answer {
    let before = work.named("payment_method", method).await?;
    if before["customer"] == json!(customer) {
        return Ok(before);
    }
    let mut after = before;
    after["customer"] = customer.into();
    work.update(&after).await?;
    work.give(method, Some(customer)).await?;
    events::emit(work, "payment_method.attached", &after).await?;
    Ok(after)
}

/// Whether the card was authenticated for payments without its owner.
pub(crate) async fn is_set_up(work: &mut Work<'_>, method: &str) -> Answer<bool> {
    const FIND: &str =
        "select exists (select 1 from payment_method_setups where payment_method = $1)";
    Ok(sqlx::query_scalar(FIND).bind(method).fetch_one(&mut *work.connection).await?)
}

/// Remembers that the owner has authenticated the card.
pub(crate) async fn mark_set_up(work: &mut Work<'_>, method: &str) -> Answer<()> {
    sqlx::query("insert or ignore into payment_method_setups (payment_method) values ($1)")
        .bind(method)
        .execute(&mut *work.connection)
        .await?;
    Ok(())
}

/// A payment method as people say it.
pub(crate) fn spoken(method: &Value) -> String {
    let kind = text(method, "type");
    let details = &method[kind];
    match kind {
        "card" => format!(
            "{} •••• {} ({:02}/{})",
            text(details, "brand"),
            text(details, "last4"),
            integer(details, "exp_month"),
            integer(details, "exp_year")
        ),
        _ => format!("Bank account •••• {}", text(details, "last4")),
    }
}
