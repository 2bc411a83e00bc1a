//! Payment methods: what a payer pays with, without the number, and whose it is.
//!
//! Stripe's public test ids (`pm_card_visa`, `pm_card_chargeDeclined`, …) may stand wherever an id
//! may: using one makes a payment method of that card.

use serde_json::{Value, json};

use super::cards::{self, Outcome};
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::means::{DebitOutcome, Means, debit_kind};
use super::parameters::Parameters;
use super::payment_method_details::{card_details, debit_details};
use super::work::{Work, text};
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

fn no_billing() -> Value {
    let mut address = json!({});
    for field in customers::ADDRESS_FIELDS {
        address[field] = Value::Null;
    }
    json!({ "address": address, "email": null, "name": null, "phone": null, "tax_id": null })
}

/// `POST /v1/payment_methods`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let kind = parameters.take_choice("type", &["card", "us_bank_account"])?;
    let means = match kind.as_deref() {
        None => return Err(Failure::missing_parameter("type")),
        Some("card") => take_card(&mut parameters)?,
        Some(_) => take_account(&mut parameters)?,
    };
    let mut method = create_from(work, means, "usd", &no_billing()).await?;
    lay(&mut method, parameters)?;
    work.update(&method).await?;
    Ok(method)
}

fn take_card(parameters: &mut Parameters) -> Answer<Means> {
    let mut group =
        parameters.take_group("card")?.ok_or_else(|| Failure::missing_parameter("card"))?;
    let card = match (group.take_text("token")?, group.take_text("number")?) {
        (Some(token), _) => cards::named(&token),
        (None, Some(number)) => cards::find(&number),
        (None, None) => return Err(Failure::missing_parameter("card[number]")),
    };
    let card = card.ok_or_else(|| {
        let message = "Only Stripe's public test cards work here. Never send a real card number.";
        Failure::invalid("card[number]", message)
    })?;
    let exp_month = group.take_within("exp_month", 1, 12, 12)?;
    let exp_year = group.take_within("exp_year", 2000, 2100, 2034)?;
    group.take_text("cvc")?;
    group.finish()?;
    Ok(Means::Card {
        card,
        exp_month: u32::try_from(exp_month).unwrap_or(12),
        exp_year: u32::try_from(exp_year).unwrap_or(2034),
    })
}

fn take_account(parameters: &mut Parameters) -> Answer<Means> {
    let name = "us_bank_account";
    let mut group = parameters.take_group(name)?.ok_or_else(|| Failure::missing_parameter(name))?;
    let number = group.require_text("account_number")?;
    for field in ["account_holder_type", "account_type", "routing_number"] {
        group.take_text(field)?;
    }
    group.finish()?;
    let outcome = match number.as_str() {
        "000123456789" => DebitOutcome::Succeeds,
        "000111111116" => DebitOutcome::Fails,
        _ => {
            let message = "Only the test accounts 000123456789 and 000111111116 work here.";
            return Err(Failure::invalid("us_bank_account[account_number]", message));
        }
    };
    Ok(Means::BankDebit { outcome })
}

fn lay(method: &mut Value, mut parameters: Parameters) -> Answer<()> {
    if let Some(mut billing) = parameters.take_group("billing_details")? {
        for field in ["email", "name", "phone"] {
            if let Some(value) = billing.take_raw(field)? {
                method["billing_details"][field] =
                    if value.is_empty() { Value::Null } else { value.into() };
            }
        }
        if let Some(address) = billing.take_group("address")? {
            method["billing_details"]["address"] = customers::take_address(address)?;
        }
        billing.finish()?;
    }
    let display =
        parameters.take_choice("allow_redisplay", &["always", "limited", "unspecified"])?;
    if let Some(display) = display {
        method["allow_redisplay"] = display.into();
    }
    method["metadata"] = parameters.take_metadata(method["metadata"].take())?;
    parameters.finish()
}

/// `GET /v1/payment_methods/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("payment_method", id).await
}

/// `POST /v1/payment_methods/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let before = work.named("payment_method", id).await?;
    let mut method = before.clone();
    if let Some(mut card) = parameters.take_group("card")? {
        for (field, least, most) in [("exp_month", 1, 12), ("exp_year", 2000, 2100)] {
            let known = method["card"][field].as_i64().unwrap_or(least);
            method["card"][field] = card.take_within(field, least, most, known)?.into();
        }
        card.finish()?;
    }
    lay(&mut method, parameters)?;
    work.update(&method).await?;
    events::emit_change(work, "payment_method.updated", &before, &method).await?;
    Ok(method)
}

/// `POST /v1/payment_methods/{id}/attach`: a card whose bank refuses it cannot be saved.
pub(crate) async fn attach(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let customer = parameters.require_text("customer")?;
    parameters.finish()?;
    work.referred("customer", &customer, "customer").await?;
    let method = referred(work, id, "payment_method").await?;
    if let Some(card) = cards::of_method(&method)
        && let (Outcome::Declined(reason), false) = (card.outcome, card.can_be_saved)
    {
        return Err(Failure::card_error(reason));
    }
    if method["customer"].is_string() && method["customer"] != json!(customer) {
        let message = "The payment method you provided has already been attached to a customer.";
        return Err(Failure::invalid("payment_method", message));
    }
    keep_for(work, text(&method, "id"), &customer).await
}

/// `POST /v1/payment_methods/{id}/detach`
pub(crate) async fn detach(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    let before = work.named("payment_method", id).await?;
    let Some(customer) = before["customer"].as_str().map(str::to_owned) else {
        let message = "The payment method you provided is not attached to a customer so \
                       detachment is impossible.";
        return Err(Failure::invalid("payment_method", message));
    };
    customers::forget_payment_method(work, &customer, id).await?;
    let mut method = before.clone();
    method["customer"] = Value::Null;
    work.update(&method).await?;
    work.give(id, None).await?;
    events::emit_change(work, "payment_method.detached", &before, &method).await?;
    Ok(method)
}

/// `GET /v1/payment_methods`, and those of one customer below `/v1/customers`.
pub(crate) async fn list_all(
    work: &mut Work<'_>,
    customer: Option<&str>,
    mut parameters: Parameters,
) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    filter.take_text(&mut parameters, "type")?;
    let address = match customer {
        Some(customer) => format!("/v1/customers/{customer}/payment_methods"),
        None => "/v1/payment_methods".to_owned(),
    };
    let named = match customer {
        Some(customer) => Some(customer.to_owned()),
        None => parameters.take_text("customer")?,
    };
    parameters.finish()?;
    let Some(named) = named else { return Err(Failure::missing_parameter("customer")) };
    work.referred("customer", &named, "customer").await?;
    filter.owned_by(&named);
    list(work, "payment_method", &address, page, filter).await
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

/// `POST /control/payment_methods/{id}/replace`: the bank sent the owner a new card.
pub(crate) async fn replace_card(
    work: &mut Work<'_>,
    id: &str,
    mut parameters: Parameters,
) -> Answer {
    let before = work.named("payment_method", id).await?;
    let mut method = before.clone();
    method["card"]["exp_month"] = parameters.take_within("exp_month", 1, 12, 12)?.into();
    method["card"]["exp_year"] = parameters.take_within("exp_year", 2000, 2100, 2036)?.into();
    parameters.finish()?;
    work.update(&method).await?;
    events::emit_change(work, "payment_method.automatically_updated", &before, &method).await?;
    Ok(method)
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
