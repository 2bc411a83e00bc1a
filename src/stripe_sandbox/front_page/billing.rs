//! Subscriptions and invoices, as the test clock has them.

use serde_json::Value;

use super::super::billing::subscriptions::period_end;
use super::super::failure::Answer;
use super::super::html::escape;
use super::super::money;
use super::super::work::{Work, integer, text};
use super::parts::{moment, short, table, tag};

/// How many of each are shown.
const SHOWN: i64 = 25;

pub(super) async fn subscriptions(work: &mut Work<'_>) -> Answer<String> {
    let subscriptions = work.newest("subscription", SHOWN).await?;
    let rows: String = subscriptions.iter().map(subscription_row).collect();
    Ok(table(
        "subscriptions",
        &["Begun (UTC)", "State", "#Price", "Period ends (UTC)", "Customer", "Subscription"],
        &rows,
        "Nobody has subscribed yet.",
    ))
}

fn subscription_row(subscription: &Value) -> String {
    let price = &subscription["items"]["data"][0]["price"];
    let class = match text(subscription, "status") {
        "active" | "trialing" => "good",
        "past_due" | "incomplete" => "wait",
        _ => "",
    };
    let ends = match subscription["cancel_at_period_end"] == true {
        true => "<small>ends then</small>",
        false => "",
    };
    format!(
        "<tr><td>{begun}</td><td>{state}</td><td class=\"number\">{cost} / {interval}</td>\
         <td>{end}{ends}</td><td>{customer}</td><td>{id}</td></tr>",
        begun = moment(integer(subscription, "start_date")),
        state = tag(class, &text(subscription, "status").replace('_', " ")),
        cost = escape(&money::format(integer(price, "unit_amount"), text(price, "currency"))),
        interval = escape(text(&price["recurring"], "interval")),
        end = moment(period_end(subscription)),
        customer = short(text(subscription, "customer")),
        id = short(text(subscription, "id")),
    )
}

pub(super) async fn invoices(work: &mut Work<'_>) -> Answer<String> {
    let invoices = work.newest("invoice", SHOWN).await?;
    let rows: String = invoices.iter().map(invoice_row).collect();
    Ok(table(
        "invoices",
        &["Created (UTC)", "Number", "#Total", "State", "Why", "Next attempt (UTC)"],
        &rows,
        "There is no invoice yet.",
    ))
}

fn invoice_row(invoice: &Value) -> String {
    let class = match text(invoice, "status") {
        "paid" => "good",
        "draft" | "open" => "wait",
        _ => "",
    };
    format!(
        "<tr><td>{created}</td><td><a href=\"/invoices/{id}\">{number}</a></td>\
         <td class=\"number\">{total}</td><td>{state}</td><td>{reason}</td><td>{next}</td></tr>",
        created = moment(integer(invoice, "created")),
        id = escape(text(invoice, "id")),
        number = escape(invoice["number"].as_str().unwrap_or("draft")),
        total = escape(&money::format(integer(invoice, "total"), text(invoice, "currency"))),
        state = tag(class, text(invoice, "status")),
        reason = escape(&text(invoice, "billing_reason").replace('_', " ")),
        next = invoice["next_payment_attempt"].as_i64().map_or_else(|| "—".to_owned(), moment),
    )
}
