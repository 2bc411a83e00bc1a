//! The API of payment methods: create, retrieve, update, attach, detach, list.

use serde_json::{Value, json};

use super::cards::{self, Outcome};
use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::means::{DebitOutcome, Means};
use super::parameters::Parameters;
use super::payment_methods::{create_from, keep_for, no_billing, referred};
use super::work::{Work, text};
use super::{customers, events};

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
