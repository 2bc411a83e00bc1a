//! Reading what a request asks of a new session, and checking that it can be had.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::work::{Work, text};
use super::super::{customers, means};
use super::{echoed, line_items, tax_wishes, templates};

/// How long a session stays open unless asked otherwise, in seconds.
const DEFAULT_LIFE: i64 = 24 * 3600;
/// The shortest life that may be asked for, in seconds.
const SHORTEST_LIFE: i64 = 30 * 60;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Payment,
    Setup,
    Subscription,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Mode::Payment => "payment",
            Mode::Setup => "setup",
            Mode::Subscription => "subscription",
        }
    }
}

/// What the request asks for, before there is a session.
pub(super) struct Draft {
    pub mode: Mode,
    pub items: Vec<Value>,
    pub currency: Option<String>,
    pub customer: Option<String>,
    pub customer_email: Option<String>,
    pub customer_creation: Option<String>,
    pub expires_at: i64,
    pub template: Value,
    pub metadata: Value,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub payment_method_types: Vec<String>,
    pub allowed: Option<Vec<String>>,
    pub automatic_tax: bool,
    /// Fields that are laid down as they came.
    pub echoed: Vec<(&'static str, Value)>,
}

pub(super) async fn take(work: &mut Work<'_>, mut parameters: Parameters) -> Answer<Draft> {
    let mode = take_mode(&mut parameters)?;
    let success_url = parameters
        .take_address("success_url")?
        .ok_or_else(|| Failure::missing_parameter("success_url"))?;
    let cancel_url = parameters.take_address("cancel_url")?;
    let items = line_items::take(work, &mut parameters, mode).await?;
    let (customer, customer_email) = take_customer(work, &mut parameters).await?;
    let currency = take_currency(&mut parameters, &items)?;
    let (payment_method_types, allowed) = take_methods(&mut parameters, mode, currency.as_deref())?;
    let wishes = tax_wishes::take(work, &mut parameters, mode, &items, customer.as_deref()).await?;
    let mut template = templates::take(&mut parameters, mode)?;
    template["customer_update"] = wishes.customer_update;
    let mut echoed = echoed::take(&mut parameters, mode)?;
    let numbers = json!({ "enabled": wishes.collects_numbers, "required": "never" });
    echoed.push(("tax_id_collection", numbers));
    let draft = Draft {
        mode,
        customer_creation: take_customer_creation(&mut parameters, mode, customer.is_some())?,
        items,
        currency,
        customer,
        customer_email,
        expires_at: take_expiry(work, &mut parameters)?,
        template,
        metadata: parameters.take_metadata(json!({}))?,
        success_url,
        cancel_url,
        payment_method_types,
        allowed,
        automatic_tax: wishes.automatic,
        echoed,
    };
    parameters.finish()?;
    Ok(draft)
}

fn take_mode(parameters: &mut Parameters) -> Answer<Mode> {
    let modes = ["payment", "setup", "subscription"];
    let mode = match parameters.take_choice("mode", &modes)?.as_deref() {
        None => return Err(Failure::missing_parameter("mode")),
        Some("payment") => Mode::Payment,
        Some("setup") => Mode::Setup,
        Some(_) => Mode::Subscription,
    };
    match parameters.take_text("ui_mode")?.as_deref() {
        None | Some("hosted" | "hosted_page") => Ok(mode),
        Some(_) => Err(Failure::invalid("ui_mode", "The sandbox has a hosted page only.")),
    }
}

async fn take_customer(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
) -> Answer<(Option<String>, Option<String>)> {
    let customer = parameters.take_text("customer")?;
    let email = parameters.take_text("customer_email")?;
    if customer.is_some() && email.is_some() {
        let message = "You may only specify one of these parameters: customer, customer_email.";
        return Err(Failure::invalid("customer", message));
    }
    if let Some(customer) = &customer {
        work.referred("customer", customer, "customer").await?;
    }
    customers::check_email(email.as_deref().unwrap_or_default(), "customer_email")?;
    Ok((customer, email))
}

fn take_customer_creation(
    parameters: &mut Parameters,
    mode: Mode,
    known: bool,
) -> Answer<Option<String>> {
    let wanted = parameters.take_choice("customer_creation", &["always", "if_required"])?;
    Ok(match (mode, wanted) {
        (Mode::Subscription, Some(_)) => {
            let message = "`customer_creation` can only be used in `payment` and `setup` mode.";
            return Err(Failure::invalid("customer_creation", message));
        }
        (_, _) if known => None,
        (Mode::Subscription, None) => Some("always".to_owned()),
        (_, wanted) => Some(wanted.unwrap_or_else(|| "if_required".to_owned())),
    })
}

fn take_currency(parameters: &mut Parameters, items: &[Value]) -> Answer<Option<String>> {
    let currency = parameters.take_currency("currency")?;
    let Some(first) = items.first() else { return Ok(currency) };
    let of_items = text(first, "currency").to_owned();
    if currency.is_some_and(|currency| currency != of_items) {
        let message = format!("The line items' prices are in {of_items}.");
        return Err(Failure::invalid("currency", message));
    }
    Ok(Some(of_items))
}

/// The payment methods that the page will offer.
fn take_methods(
    parameters: &mut Parameters,
    mode: Mode,
    currency: Option<&str>,
) -> Answer<(Vec<String>, Option<Vec<String>>)> {
    let mut offered = vec!["card".to_owned()];
    if mode == Mode::Payment {
        offered.extend(currency.and_then(means::debit_kind).map(str::to_owned));
    }
    let allowed = parameters.take_texts("allowed_payment_method_types")?;
    let excluded = parameters.take_texts("excluded_payment_method_types")?.unwrap_or_default();
    if let Some(allowed) = &allowed {
        offered.retain(|kind| allowed.contains(kind));
    }
    offered.retain(|kind| !excluded.contains(kind));
    if offered.is_empty() {
        let message = "None of these payment methods works here in the sandbox.";
        return Err(Failure::invalid("allowed_payment_method_types", message));
    }
    Ok((offered, allowed))
}

fn take_expiry(work: &Work<'_>, parameters: &mut Parameters) -> Answer<i64> {
    let now = work.now_seconds();
    let Some(expires_at) = parameters.take_integer("expires_at")? else {
        return Ok(now + DEFAULT_LIFE);
    };
    let message = if expires_at < now + SHORTEST_LIFE {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if expires_at > now + DEFAULT_LIFE {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(expires_at);
    };
    Err(Failure::invalid("expires_at", message))
}
