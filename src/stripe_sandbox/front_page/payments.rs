//! Charges, their refunds and their disputes.

use serde_json::Value;

use super::super::disputes::{balance, is_open};
use super::super::failure::Answer;
use super::super::html::escape;
use super::super::money;
use super::super::work::{Work, integer, text};
use super::parts::{button, moment, short, table, tag};

/// How many are shown.
const SHOWN: i64 = 25;

pub(super) async fn section(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let charges = work.newest("charge", SHOWN).await?;
    let mut rows = String::new();
    for charge in &charges {
        let refunds = work.owned("refund", text(charge, "id")).await?;
        rows.push_str(&row(charge, &refunds, token));
    }
    Ok(table(
        "payments",
        &["Created (UTC)", "#Amount", "#Refunded", "State", "Card", "Charge", "Actions"],
        &rows,
        "Nothing has been paid yet.",
    ))
}

fn row(charge: &Value, refunds: &[Value], token: &str) -> String {
    let currency = text(charge, "currency");
    let details = &charge["payment_method_details"];
    let last4 = text(&details[text(details, "type")], "last4");
    format!(
        "<tr><td>{created}</td><td class=\"number\">{amount}</td><td class=\"number\">{refunded}</td>\
         <td>{state}</td><td>{kind} {last4}</td><td>{id}</td><td>{actions}</td></tr>",
        created = moment(integer(charge, "created")),
        amount = escape(&money::format(integer(charge, "amount"), currency)),
        refunded = escape(&money::format(integer(charge, "amount_refunded"), currency)),
        state = state(charge),
        kind = escape(&text(details, "type").replace('_', " ")),
        last4 = escape(last4),
        id = short(text(charge, "id")),
        actions = actions(charge, refunds, token),
    )
}

fn state(charge: &Value) -> String {
    match text(charge, "status") {
        "failed" => {
            let why = text(&charge["outcome"], "reason").replace('_', " ");
            format!("{}<small>{}</small>", tag("bad", "declined"), escape(&why))
        }
        "pending" => tag("wait", "pending"),
        _ if charge["disputed"] == true => tag("bad", "disputed"),
        _ if charge["refunded"] == true => tag("", "refunded"),
        _ => tag("good", "succeeded"),
    }
}

fn actions(charge: &Value, refunds: &[Value], token: &str) -> String {
    let id = text(charge, "id");
    let mut actions: Vec<String> = Vec::new();
    for refund in refunds.iter().filter(|refund| text(refund, "status") == "pending") {
        let route = format!("refunds/{}/settle", text(refund, "id"));
        actions.push(button(&route, &[("outcome", "succeeds")], "Refund arrives", token));
        actions.push(button(&route, &[("outcome", "fails")], "Refund fails", token));
    }
    if text(charge, "status") == "succeeded" && charge["disputed"] != true {
        if charge["refunded"] != true {
            let route = format!("charges/{id}/refund");
            actions.push(button(&route, &[], "Refund", token));
        }
        let route = format!("charges/{id}/dispute");
        actions.push(button(&route, &[], "Dispute", token));
        actions.push(button(&route, &[("inquiry", "true")], "Inquiry", token));
    }
    if actions.is_empty() { "—".to_owned() } else { actions.join(" ") }
}

pub(super) async fn disputes(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let disputes = work.newest("dispute", SHOWN).await?;
    let rows: String = disputes.iter().map(|dispute| dispute_row(dispute, token)).collect();
    Ok(table(
        "disputes",
        &["Created (UTC)", "#Amount", "#On the balance", "State", "Reason", "Charge", "Actions"],
        &rows,
        "No payment is disputed. Open a dispute with the button beside a payment.",
    ))
}

fn dispute_row(dispute: &Value, token: &str) -> String {
    let currency = text(dispute, "currency");
    let class = match text(dispute, "status") {
        "won" | "warning_closed" | "prevented" => "good",
        "lost" => "bad",
        _ => "wait",
    };
    format!(
        "<tr><td>{created}</td><td class=\"number\">{amount}</td><td class=\"number\">{balance}</td>\
         <td>{state}</td><td>{reason}</td><td>{charge}</td><td>{actions}</td></tr>",
        created = moment(integer(dispute, "created")),
        amount = escape(&money::format(integer(dispute, "amount"), currency)),
        balance = escape(&money::format(balance(dispute), currency)),
        state = tag(class, &text(dispute, "status").replace('_', " ")),
        reason = escape(&text(dispute, "reason").replace('_', " ")),
        charge = short(text(dispute, "charge")),
        actions = dispute_actions(dispute, token),
    )
}

fn dispute_actions(dispute: &Value, token: &str) -> String {
    if !is_open(dispute) {
        return "—".to_owned();
    }
    let id = text(dispute, "id");
    let route = |turn: &str| format!("disputes/{id}/{turn}");
    let close =
        |outcome: &str, label: &str| button(&route("close"), &[("outcome", outcome)], label, token);
    if text(dispute, "status").starts_with("warning") {
        let escalate = button(&route("escalate"), &[], "Becomes a dispute", token);
        return [escalate, close("warning_closed", "Close")].join(" ");
    }
    let money = match balance(dispute) < 0 {
        true => button(&route("reinstate"), &[], "Money comes back", token),
        false => button(&route("withdraw"), &[], "Money leaves", token),
    };
    [money, close("won", "Win"), close("lost", "Lose")].join(" ")
}
