//! The payer's attempt at a session's page.

use serde_json::{Value, json};

use super::super::collection::{self, Collected, Presence};
use super::super::failure::{Answer, Failure};
use super::super::means::{self, Means};
use super::super::payment_intents::{self, Draft};
use super::super::setup_intents::{self, SetUp};
use super::super::work::{Work, integer, text};
use super::super::{cards, customers, payment_methods, taxes};
use super::{sessions, templates};

/// Who pays, as typed on the hosted page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payer {
    pub email: String,
    pub name: String,
    pub country: String,
    /// Street, postcode and city, where the page asks for them.
    pub street: [Option<String>; 3],
    /// The number of a business, where the page asks for it.
    pub tax_id: Option<String>,
}

impl Payer {
    fn details(&self) -> Value {
        let [line1, postal_code, city] = &self.street;
        json!({
            "address": {
                "city": city,
                "country": self.country,
                "line1": line1,
                "line2": null,
                "postal_code": postal_code,
                "state": null,
            },
            "email": self.email,
            "name": self.name,
            "phone": null,
        })
    }

    /// The payer's tax numbers as Stripe prints them.
    fn tax_ids(&self) -> Value {
        let kind = taxes::tax_ids::kind_in(&self.country);
        match kind.zip(self.tax_id.as_deref()) {
            Some((kind, value)) => json!([{ "type": kind, "value": value }]),
            None => json!([]),
        }
    }
}

/// How an attempt ended.
pub(crate) enum Attempt {
    /// The session is complete: paid, waiting for the bank, or the card is kept.
    Completed(Value),
    /// The payer must go to the bank's page first, at this address.
    Authenticate(String),
    /// The bank said no; the session is open still. The sentence is for the payer.
    Declined(cards::Decline),
    /// There was nothing to pay any more: the session is complete or expired already.
    Closed(Value),
    /// Another address made another sum than the payer was shown: nothing was charged.
    Changed(Value),
}

/// One attempt to pay a session, or to keep a card. `shown_total` is what the payer was shown.
pub(crate) async fn pay(
    work: &mut Work<'_>,
    id: &str,
    means: Means,
    payer: &Payer,
    shown_total: Option<i64>,
) -> Answer<Attempt> {
    let mut session = current(work, id).await?;
    if text(&session, "status") != "open" {
        return Ok(Attempt::Closed(session));
    }
    check_offered(&session, means)?;
    place(work, &mut session, payer).await?;
    if shown_total.is_some_and(|shown| shown != integer(&session, "amount_total")) {
        return Ok(Attempt::Changed(session));
    }
    let mut billing = payer.details();
    billing["tax_id"] = Value::Null;
    let method =
        payment_methods::create_from(work, means, text(&session, "currency"), &billing).await?;
    // Nothing is due: a card that is only kept, or a subscription that begins with a trial.
    if integer(&session, "amount_total") == 0 {
        return set_up(work, session, &method, payer).await;
    }
    let mut intent = intent_of(work, &mut session, payer).await?;
    Ok(match collection::collect(work, &mut intent, &method, Presence::OnSession).await? {
        Collected::Succeeded | Collected::Processing => {
            Attempt::Completed(work.named("checkout.session", id).await?)
        }
        Collected::NeedsAction => Attempt::Authenticate(bank_page(&intent)),
        Collected::Declined(reason) => Attempt::Declined(reason),
    })
}

/// Notes who pays and from where, and reckons the session's taxes anew.
pub(crate) async fn place(work: &mut Work<'_>, session: &mut Value, payer: &Payer) -> Answer<()> {
    session["customer_details"] = customer_details(payer);
    work.update(session).await?;
    taxes::sessions::reckon(work, session).await
}

async fn set_up(
    work: &mut Work<'_>,
    mut session: Value,
    method: &Value,
    payer: &Payer,
) -> Answer<Attempt> {
    let id = text(&session, "id").to_owned();
    let mut intent = match session["setup_intent"].as_str() {
        Some(intent) => work.named("setup_intent", intent).await?,
        None => {
            let template = templates::find(work, &id).await?;
            let customer = customer_of(work, &session, &Value::Null, payer).await?;
            setup_intents::start(work, &customer, &template, Some(&id)).await?
        }
    };
    session["setup_intent"] = intent["id"].clone();
    work.update(&session).await?;
    Ok(match setup_intents::set_up(work, &mut intent, method).await? {
        SetUp::Succeeded => Attempt::Completed(work.named("checkout.session", &id).await?),
        SetUp::NeedsAction => Attempt::Authenticate(bank_page(&intent)),
        SetUp::Declined(reason) => Attempt::Declined(reason),
    })
}

fn bank_page(intent: &Value) -> String {
    text(&intent["next_action"]["redirect_to_url"], "url").to_owned()
}

fn check_offered(session: &Value, means: Means) -> Answer<()> {
    let offered = match means {
        Means::Card { .. } => means::offered(session, "card"),
        Means::BankDebit { .. } => means::debit_offered(session).is_some(),
    };
    if offered {
        return Ok(());
    }
    Err(Failure::invalid("", "This Checkout Session does not take this payment method."))
}

/// The session as it is at this instant: overdue ones expire on the way.
pub(crate) async fn current(work: &mut Work<'_>, id: &str) -> Answer {
    let session = work.named("checkout.session", id).await?;
    let overdue = work.due_of(id).await?.is_some_and(|due| due <= work.moment);
    if overdue && text(&session, "status") == "open" {
        return sessions::close(work, session).await;
    }
    Ok(session)
}

/// The session's intent, made at the first attempt.
async fn intent_of(work: &mut Work<'_>, session: &mut Value, payer: &Payer) -> Answer {
    let id = text(session, "id").to_owned();
    let known = session["payment_intent"].as_str().map(str::to_owned);
    let known = match known {
        Some(intent) => Some(work.named("payment_intent", &intent).await?),
        None => work.owned("payment_intent", &id).await?.pop(),
    };
    if let Some(mut intent) = known {
        // Another address may have made another sum since the last attempt.
        intent["amount"] = session["amount_total"].clone();
        work.update(&intent).await?;
        return Ok(intent);
    }
    let mut wishes = templates::find(work, &id).await?;
    let subscribes = text(session, "mode") == "subscription";
    if subscribes {
        wishes =
            json!({ "description": "Subscription creation", "setup_future_usage": "off_session" });
    }
    let customer = customer_of(work, session, &wishes, payer).await?;
    let draft = Draft {
        amount: integer(session, "amount_total"),
        currency: text(session, "currency"),
        customer,
        payment_method_types: session["payment_method_types"].clone(),
        owner: Some(&id),
        wishes: &wishes,
    };
    let intent = payment_intents::start(work, draft).await?;
    // A subscription's payment is found through its invoice.
    if !subscribes {
        session["payment_intent"] = intent["id"].clone();
        work.update(session).await?;
    }
    Ok(intent)
}

/// The payer as a customer, where the session has one, asks for one or keeps the card.
async fn customer_of(
    work: &mut Work<'_>,
    session: &Value,
    wishes: &Value,
    payer: &Payer,
) -> Answer {
    let wanted = text(session, "customer_creation") == "always"
        || wishes["setup_future_usage"].is_string()
        || session["invoice_creation"]["enabled"] == json!(true);
    if session["customer"].is_string() || !wanted {
        return Ok(session["customer"].clone());
    }
    let customer = customers::create_from_checkout(work, &payer.details()).await?;
    Ok(customer["id"].clone())
}

fn customer_details(payer: &Payer) -> Value {
    let mut details = payer.details();
    details["business_name"] = Value::Null;
    details["individual_name"] = Value::Null;
    details["tax_exempt"] = "none".into();
    details["tax_ids"] = payer.tax_ids();
    details
}
