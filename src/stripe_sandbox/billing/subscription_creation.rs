//! Making a subscription through the API, and the invoice that a beginning or a change brings.

use serde_json::{Value, json};

use super::super::cards::Decline;
use super::super::collection::{Collected, Presence};
use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::payment_methods;
use super::super::taxes::places;
use super::super::work::{Work, integer, text};
use super::subscription_api::set_cancellation;
use super::subscriptions::{self, Draft};
use super::{invoice_collection, invoices, items};

const DAY: i64 = 24 * 3600;
const ASKS_FIRST: Decline = Decline {
    code: "subscription_payment_intent_requires_action",
    decline_code: "",
    message: "Payment for this subscription requires additional user action before it can be \
              completed successfully. Payment can be completed using the PaymentIntent associated \
              with the invoice.",
};

/// What to do when the money does not come at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unpaid {
    Allowed,
    /// Nobody tries: the payer will.
    Expected,
    Refused,
}

pub(super) fn take_unpaid(parameters: &mut Parameters) -> Answer<Unpaid> {
    let choices = ["allow_incomplete", "default_incomplete", "error_if_incomplete"];
    Ok(match parameters.take_choice("payment_behavior", &choices)?.as_deref() {
        Some("default_incomplete") => Unpaid::Expected,
        Some("error_if_incomplete") => Unpaid::Refused,
        _ => Unpaid::Allowed,
    })
}

/// `POST /v1/subscriptions`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let customer = parameters.require_text("customer")?;
    let customer = work.referred("customer", &customer, "customer").await?;
    let items = items::take(work, &mut parameters, &[]).await?;
    let items = items.ok_or_else(|| Failure::missing_parameter("items"))?;
    let unpaid = take_unpaid(&mut parameters)?;
    let trial_end = take_trial(work, &mut parameters)?;
    let anchor = parameters.take_integer("billing_cycle_anchor")?;
    if anchor.is_some_and(|anchor| anchor <= work.today()) {
        let message = "billing_cycle_anchor must be in the future.";
        return Err(Failure::invalid("billing_cycle_anchor", message));
    }
    let behaviours = ["always_invoice", "create_prorations", "none"];
    let free = parameters.take_choice("proration_behavior", &behaviours)?;
    let saves_card = take_payment_settings(&mut parameters)?.unwrap_or(false);
    let draft = Draft {
        customer: text(&customer, "id").to_owned(),
        items,
        default_payment_method: take_method(work, &mut parameters, &customer).await?.into(),
        description: parameters.take_text("description")?.into(),
        trial_end,
        anchor,
        saves_card,
        status: if trial_end.is_some() { "trialing" } else { "incomplete" },
        automatic_tax: take_automatic_tax(&mut parameters, &customer)?.unwrap_or(false),
        metadata: parameters.take_metadata(json!({}))?,
    };
    let cancels = parameters.take_boolean("cancel_at_period_end")?.unwrap_or(false);
    take_ignored(&mut parameters)?;
    parameters.finish()?;
    let mut subscription = subscriptions::start(work, draft).await?;
    if cancels {
        let before = subscription.clone();
        set_cancellation(work, &mut subscription, true);
        subscriptions::write(work, &before, &subscription).await?;
    }
    let due =
        subscriptions::first_lines(work, &subscription, free.as_deref() == Some("none")).await?;
    bill(work, subscription, due, "subscription_create", unpaid).await
}

/// Invoices `lines` at once; the subscription as it is then.
pub(super) async fn bill(
    work: &mut Work<'_>,
    mut subscription: Value,
    lines: Vec<Value>,
    reason: &str,
    unpaid: Unpaid,
) -> Answer {
    let id = text(&subscription, "id").to_owned();
    let customer = work.named("customer", text(&subscription, "customer")).await?;
    let draft = invoices::Draft {
        customer: &customer,
        subscription: Some(&subscription),
        lines,
        reason,
        currency: text(&subscription, "currency"),
        automatic_tax: false,
    };
    let invoice = invoices::draft(work, draft, None).await?;
    subscription["latest_invoice"] = invoice["id"].clone();
    work.update(&subscription).await?;
    if unpaid == Unpaid::Expected && integer(&invoice, "amount_due") > 0 {
        let invoice = invoices::finalize(work, invoice).await?;
        invoice_collection::request_payment(work, &invoice).await?;
        return work.named("subscription", &id).await;
    }
    let (invoice, collected) = invoice_collection::bill(work, invoice, Presence::Away).await?;
    match (collected, unpaid) {
        (None, _) if text(&invoice, "status") != "paid" => Err(no_card()),
        (Some(Collected::Declined(reason)), Unpaid::Refused) => Err(undone(reason)),
        (Some(Collected::NeedsAction), Unpaid::Refused) => Err(undone(ASKS_FIRST)),
        _ => work.named("subscription", &id).await,
    }
}

fn no_card() -> Failure {
    let message = "This customer has no attached payment source or default payment method. Please \
                   consider adding a default payment method.";
    Failure::invalid_coded("resource_missing", "", message)
}

/// A refusal after which nothing has happened.
fn undone(reason: Decline) -> Failure {
    let mut failure = Failure::card_error(reason);
    failure.is_outcome = false;
    failure
}

fn take_trial(work: &Work<'_>, parameters: &mut Parameters) -> Answer<Option<i64>> {
    let days = parameters.take_integer("trial_period_days")?;
    let end = parameters.take_text("trial_end")?.filter(|end| end != "now");
    let end = match end {
        Some(text) => Some(
            text.parse()
                .map_err(|_| Failure::invalid("trial_end", format!("Invalid integer: {text}")))?,
        ),
        None => None,
    };
    Ok(end.or(days.map(|days| work.today() + days * DAY)).filter(|end| *end > work.today()))
}

/// `payment_settings`: whether the first card becomes the subscription's own.
pub(super) fn take_payment_settings(parameters: &mut Parameters) -> Answer<Option<bool>> {
    let Some(mut group) = parameters.take_group("payment_settings")? else { return Ok(None) };
    let saves = group.take_choice("save_default_payment_method", &["off", "on_subscription"])?;
    group.take_texts("payment_method_types")?;
    group.finish()?;
    Ok(saves.map(|word| word == "on_subscription"))
}

/// `automatic_tax`, for a customer whose country is known.
pub(super) fn take_automatic_tax(
    parameters: &mut Parameters,
    customer: &Value,
) -> Answer<Option<bool>> {
    let Some(mut group) = parameters.take_group("automatic_tax")? else { return Ok(None) };
    let name = group.named("enabled");
    let enabled =
        group.take_boolean("enabled")?.ok_or_else(|| Failure::missing_parameter(&name))?;
    group.finish()?;
    if enabled && places::country_of(customer).is_none() {
        let message = "The customer's location isn't recognized. Set a valid customer address in \
                       order to automatically calculate tax.";
        return Err(Failure::invalid_coded("customer_tax_location_invalid", &name, message));
    }
    Ok(Some(enabled))
}

pub(super) fn take_ignored(parameters: &mut Parameters) -> Answer<()> {
    parameters.take_boolean("off_session")?;
    parameters.take_choice("collection_method", &["charge_automatically"])?;
    if let Some(mut mode) = parameters.take_group("billing_mode")? {
        mode.take_choice("type", &["classic", "flexible"])?;
        mode.finish()?;
    }
    Ok(())
}

/// The card that the subscription is paid with; it must be the customer's own.
pub(super) async fn take_method(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
    customer: &Value,
) -> Answer<Option<String>> {
    let name = "default_payment_method";
    let Some(id) = parameters.take_text(name)? else { return Ok(None) };
    let method = payment_methods::referred(work, &id, name).await?;
    if method["customer"] != customer["id"] {
        let message = format!(
            "The customer does not have a payment method with the ID {id}. The payment method must \
             be attached to the customer."
        );
        return Err(Failure::invalid_coded("resource_missing", name, message));
    }
    Ok(Some(text(&method, "id").to_owned()))
}
