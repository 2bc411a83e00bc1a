//! What a completed checkout session makes: the subscription that was bought, the invoice of a payment.

use serde_json::{Value, json};

use super::super::failure::Answer;
use super::super::taxes;
use super::super::work::{Work, integer, text};
use super::subscriptions::{self, Draft};
use super::{invoice_collection, invoices, items, lines};

const DAY: i64 = 24 * 3600;

/// The session is paid by `intent`, or nothing was due and `intent` kept the card.
pub(crate) async fn make(
    work: &mut Work<'_>,
    session: &mut Value,
    template: &Value,
    intent: &Value,
) -> Answer<()> {
    let bought = work.owned("item", text(session, "id")).await?;
    match text(session, "mode") {
        "subscription" => subscribe(work, session, template, &bought, intent).await,
        "payment" if session["invoice_creation"]["enabled"] == json!(true) => {
            invoice(work, session, &bought, intent).await
        }
        _ => Ok(()),
    }
}

async fn subscribe(
    work: &mut Work<'_>,
    session: &mut Value,
    template: &Value,
    bought: &[Value],
    intent: &Value,
) -> Answer<()> {
    let (recurring, once): (Vec<&Value>, Vec<&Value>) =
        bought.iter().partition(|item| item["price"]["recurring"].is_object());
    let trial_days = template["trial_period_days"].as_i64();
    let trial_end =
        template["trial_end"].as_i64().or(trial_days.map(|days| work.today() + days * DAY));
    let items = recurring.iter().map(|item| {
        items::build(
            work,
            item["price"].clone(),
            integer(item, "quantity"),
            item["metadata"].clone(),
        )
    });
    let draft = Draft {
        customer: text(intent, "customer").to_owned(),
        items: items.collect(),
        default_payment_method: intent["payment_method"].clone(),
        metadata: template["metadata"].clone(),
        description: template["description"].clone(),
        trial_end,
        anchor: template["billing_cycle_anchor"].as_i64().filter(|at| *at > work.today()),
        saves_card: false,
        status: if trial_end.is_some() { "trialing" } else { "active" },
        automatic_tax: taxes::sessions::is_automatic(session),
    };
    let mut subscription = subscriptions::start(work, draft).await?;
    let free = text(template, "proration_behavior") == "none";
    let mut due = subscriptions::first_lines(work, &subscription, free).await?;
    let now = work.today();
    due.extend(once.iter().map(|item| lines::of_checkout(item, subscription["id"].clone(), now)));
    let customer = work.named("customer", text(&subscription, "customer")).await?;
    let draft = invoices::Draft {
        customer: &customer,
        subscription: Some(&subscription),
        lines: due,
        reason: "subscription_create",
        currency: text(&subscription, "currency"),
        automatic_tax: false,
    };
    let invoice = invoices::draft(work, draft, None).await?;
    subscription["latest_invoice"] = invoice["id"].clone();
    work.update(&subscription).await?;
    session["subscription"] = subscription["id"].clone();
    settle(work, session, invoice, intent).await
}

async fn invoice(
    work: &mut Work<'_>,
    session: &mut Value,
    bought: &[Value],
    intent: &Value,
) -> Answer<()> {
    let now = work.today();
    let due = bought.iter().map(|item| lines::of_checkout(item, Value::Null, now)).collect();
    let customer = work.named("customer", text(intent, "customer")).await?;
    let draft = invoices::Draft {
        customer: &customer,
        subscription: None,
        lines: due,
        reason: "manual",
        currency: text(session, "currency"),
        automatic_tax: taxes::sessions::is_automatic(session),
    };
    let mut invoice = invoices::draft(work, draft, None).await?;
    let data = &session["invoice_creation"]["invoice_data"];
    for field in ["description", "footer", "metadata"] {
        invoice[field] = data[field].clone();
    }
    work.update(&invoice).await?;
    settle(work, session, invoice, intent).await
}

/// The invoice was paid at the page.
async fn settle(
    work: &mut Work<'_>,
    session: &mut Value,
    invoice: Value,
    intent: &Value,
) -> Answer<()> {
    let invoice = invoices::finalize(work, invoice).await?;
    if text(intent, "object") == "payment_intent" {
        invoice_collection::tie(work, &invoice, intent).await?;
        invoice_collection::note_paid(work, text(&invoice, "id")).await?;
    }
    let paid = invoices::mark_paid(work, invoice, integer(intent, "amount_received")).await?;
    session["invoice"] = paid["id"].clone();
    Ok(())
}
