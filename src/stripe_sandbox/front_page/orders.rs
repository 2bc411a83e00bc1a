//! Ordering what would otherwise take long or happen seldom: time, and trouble.

use super::super::failure::Answer;
use super::super::html::escape;
use super::super::trouble;
use super::super::work::Work;
use super::parts::{button, moment};

pub(super) fn time(work: &Work<'_>, token: &str) -> String {
    let steps = [
        ("hours", "1", "1 hour"),
        ("days", "1", "1 day"),
        ("days", "7", "1 week"),
        ("days", "31", "31 days"),
    ];
    let buttons = steps
        .map(|(unit, count, label)| button("clock/advance", &[(unit, count)], label, token))
        .join(" ");
    let ahead = (work.moment - work.now) / 3_600_000;
    let distance = match ahead {
        0 => "It runs with the machine's clock.".to_owned(),
        hours => format!("It is {} days and {} hours ahead.", hours / 24, hours % 24),
    };
    format!(
        "<p>The test clock says {now} UTC. {distance} Moving it ahead renews subscriptions, retries \
         invoices, expires sessions and lets banks answer. It cannot go back.</p>\
         <div class=\"orders\">Move ahead by {buttons}</div>",
        now = moment(work.today()),
    )
}

pub(super) async fn trouble(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let (calls, webhooks) = trouble::waiting(work).await?;
    let waiting = match (calls, webhooks) {
        (0, 0) => String::new(),
        _ => format!(
            "<div class=\"orders\">Waiting: {calls} for API calls, {webhooks} for webhooks. {}</div>",
            button("calm", &[], "Forget them", token)
        ),
    };
    let calls = form(
        "requests",
        "Next API calls",
        &[
            ("refuse", "answer with the status, do nothing"),
            ("lose", "do the work, answer with the status"),
            ("slow", "do the work, answer late"),
            ("down", "break the connection"),
            ("garbage", "answer nonsense"),
        ],
        "<label>Status <select name=\"status\"><option>500</option><option>429</option>\
         <option>503</option><option>409</option></select></label>\
         <label>Calls <select name=\"calls\"><option value=\"all\">all</option>\
         <option value=\"writes\">writing ones</option></select></label>",
        token,
    );
    let webhooks = form(
        "deliveries",
        "Next webhooks",
        &[
            ("drop", "never send"),
            ("delay", "send late"),
            ("duplicate", "send twice"),
            ("reorder", "send last first"),
        ],
        "<label>Of type <input type=\"text\" name=\"event_type\" placeholder=\"any\" maxlength=\"100\"></label>",
        token,
    );
    Ok(format!("{waiting}<div class=\"pair\">{calls}{webhooks}</div>"))
}

fn form(route: &str, title: &str, faults: &[(&str, &str)], more: &str, token: &str) -> String {
    let options: String = faults
        .iter()
        .map(|(fault, meaning)| format!("<option value=\"{fault}\">{fault}: {meaning}</option>"))
        .collect();
    format!(
        "<form class=\"order-form\" method=\"post\" action=\"/control/{route}\"><h3>{title}</h3>\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <label>Fault <select name=\"fault\">{options}</select></label>\
         <label>How many <input type=\"text\" inputmode=\"numeric\" name=\"count\" value=\"2\"></label>{more}\
         <label>Milliseconds <input type=\"text\" inputmode=\"numeric\" name=\"milliseconds\" placeholder=\"as usual\">\
         </label><button class=\"act\">Order</button></form>",
        token = escape(token),
    )
}
