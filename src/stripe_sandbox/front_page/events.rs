//! Events and how they were delivered.

use serde_json::Value;

use super::super::delivery;
use super::super::failure::Answer;
use super::super::html::escape;
use super::super::work::{Work, integer, text};
use super::parts::{button, moment, table, tag};

/// How many are shown.
const SHOWN: i64 = 50;

pub(super) async fn section(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let events = work.newest("event", SHOWN).await?;
    let mut rows = String::new();
    for event in &events {
        let deliveries = delivery::of_event(work, text(event, "id")).await?;
        rows.push_str(&row(event, &deliveries, token));
    }
    Ok(table(
        "events",
        &["Created (UTC)", "Event", "Id", "Delivery", "Actions"],
        &rows,
        "Nothing has happened yet.",
    ))
}

fn row(event: &Value, deliveries: &[Value], token: &str) -> String {
    let id = text(event, "id");
    let resend = match deliveries.is_empty() {
        true => "—".to_owned(),
        false => button(&format!("events/{id}/resend"), &[], "Send again", token),
    };
    format!(
        "<tr><td>{created}</td><td>{kind}</td><td><code>{id}</code></td><td>{delivery}</td><td>{resend}</td></tr>",
        created = moment(integer(event, "created")),
        kind = escape(text(event, "type")),
        id = escape(id),
        delivery = delivery_cell(deliveries),
    )
}

fn delivery_cell(deliveries: &[Value]) -> String {
    let Some(last) = deliveries.last() else { return "not sent anywhere".to_owned() };
    let class = match text(last, "state") {
        "delivered" => "good",
        "waiting" => "wait",
        _ => "bad",
    };
    let answer = match text(last, "answer") {
        "" => String::new(),
        answer => format!("<small>{}</small>", escape(answer)),
    };
    let times: i64 = deliveries.iter().map(|delivery| integer(delivery, "attempts")).sum();
    let attempts = if times == 1 { "attempt" } else { "attempts" };
    format!("{} {times} {attempts}{answer}", tag(class, text(last, "state")))
}
