//! Subtotal and taxes above the total, where the session asks for taxes.

use serde_json::Value;

use super::super::html::escape;
use super::super::money;
use super::super::taxes::sessions;
use super::super::work::{integer, text};

/// Nothing where no taxes are asked for.
pub(super) fn sums(session: &Value, items: &[Value]) -> String {
    if !sessions::is_automatic(session) {
        return String::new();
    }
    let currency = text(session, "currency");
    let money = |minor: i64| money::format(minor, currency);
    let mut rows = row("Subtotal", &money(integer(session, "amount_subtotal")));
    if text(&session["automatic_tax"], "status") != "complete" {
        rows.push_str(&row("Tax", "Choose your country"));
    } else {
        let taxes = taxes(items);
        if taxes.is_empty() {
            rows.push_str(&row("Tax", &money(0)));
        }
        for (label, minor) in taxes {
            rows.push_str(&row(&label, &money(minor)));
        }
    }
    format!("<dl class=\"sums\">{rows}</dl>")
}

fn row(label: &str, value: &str) -> String {
    format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(label), escape(value))
}

/// "VAT 19 %" and what it comes to, rate by rate.
fn taxes(items: &[Value]) -> Vec<(String, i64)> {
    let mut taxes: Vec<(String, i64)> = Vec::new();
    for tax in items.iter().filter_map(|item| item["taxes"].as_array()).flatten() {
        let label = label(tax);
        match taxes.iter_mut().find(|(known, _)| *known == label) {
            Some((_, minor)) => *minor += integer(tax, "amount"),
            None => taxes.push((label, integer(tax, "amount"))),
        }
    }
    taxes
}

fn label(tax: &Value) -> String {
    let rate = &tax["rate"];
    let name = text(rate, "display_name");
    if text(tax, "taxability_reason") == "reverse_charge" {
        return format!("{name}, reverse charge");
    }
    let within = if rate["inclusive"] == true { ", included" } else { "" };
    format!("{name} {} %{within}", rate["percentage"])
}
