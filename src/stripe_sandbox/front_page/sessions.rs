//! Checkout sessions, with the bank's answer to those that wait for it.

use serde_json::Value;

use super::super::failure::Answer;
use super::super::html::escape;
use super::super::money;
use super::super::work::{Work, integer, text};
use super::parts::{button, moment, short, table, tag};

/// How many are shown.
const SHOWN: i64 = 25;

pub(super) async fn section(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let sessions = work.newest("checkout.session", SHOWN).await?;
    let rows: String = sessions.iter().map(|session| row(session, token)).collect();
    Ok(table(
        "sessions",
        &["Created (UTC)", "#Amount", "State", "Payer", "Session", "Actions"],
        &rows,
        "No checkout session yet. Start a purchase in the application and it appears here.",
    ))
}

fn row(session: &Value, token: &str) -> String {
    let id = text(session, "id");
    let (class, state) = state(session);
    let payer = session["customer_details"]["email"].as_str();
    let payer = payer.or(session["customer_email"].as_str()).unwrap_or("—");
    let actions = match class {
        "wait" if text(session, "status") == "open" => {
            format!("<a href=\"/c/pay/{id}\">Open the page</a>", id = escape(id))
        }
        "wait" => [("succeeds", "Bank pays"), ("fails", "Bank refuses")]
            .map(|(outcome, label)| {
                let route = format!("sessions/{id}/settle");
                button(&route, &[("outcome", outcome)], label, token)
            })
            .join(" "),
        _ => "—".to_owned(),
    };
    format!(
        "<tr><td>{created}</td><td class=\"number\">{amount}</td><td>{state}</td>\
         <td>{payer}</td><td>{short}</td><td>{actions}</td></tr>",
        created = moment(integer(session, "created")),
        amount = amount(session),
        state = tag(class, state),
        payer = escape(payer),
        short = short(id),
    )
}

fn amount(session: &Value) -> String {
    match session["amount_total"].as_i64() {
        Some(amount) => escape(&money::format(amount, text(session, "currency"))),
        None => "—".to_owned(),
    }
}

fn state(session: &Value) -> (&'static str, &'static str) {
    match (text(session, "status"), text(session, "payment_status")) {
        ("open", _) => ("wait", "open"),
        ("expired", _) => ("", "expired"),
        ("complete", "unpaid") => ("wait", "waits for the bank"),
        ("complete", "no_payment_required") => ("good", "complete"),
        _ => ("good", "paid"),
    }
}
