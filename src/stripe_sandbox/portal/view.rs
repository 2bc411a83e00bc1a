//! How the portal looks.

use axum::http::StatusCode;
use serde_json::Value;

use super::super::billing::subscriptions::period_end;
use super::super::checkout_page::BANNER;
use super::super::failure::{Answer, Failure};
use super::super::html::{Page, escape, origin};
use super::super::work::{Work, integer, text};
use super::super::{money, payment_methods};

/// The page of a link that leads nowhere.
pub(super) fn message(failure: &Failure) -> Page {
    let body = format!(
        "{BANNER}<main class=\"message\"><h1>This did not work</h1><p>{}</p></main>",
        escape(failure.message())
    );
    let title = "Customer portal – test mode".to_owned();
    Page { status: failure.status, title, body, script: None, form_targets: Vec::new() }
}

/// The whole page.
pub(super) async fn portal(
    work: &mut Work<'_>,
    session: &Value,
    token: &str,
    problem: Option<&Failure>,
) -> Answer<Page> {
    let customer = work.named("customer", text(session, "customer")).await?;
    let id = text(&customer, "id");
    let press = Press { session: text(session, "id"), token };
    let alert = problem.map(|failure| {
        format!(
            "<div class=\"alert\" role=\"alert\"><strong>{}</strong></div>",
            escape(failure.message())
        )
    });
    let back = session["return_url"].as_str().map(|address| {
        format!(
            "<a class=\"back\" href=\"{}\">← Back to {}</a>",
            escape(address),
            escape(&work.config.merchant_name)
        )
    });
    let body = format!(
        "{BANNER}<main class=\"front portal\"><header><h1>{merchant}: billing</h1><p>{email}</p>{back}</header>{alert}\
         <section aria-labelledby=\"subscriptions\"><h2 id=\"subscriptions\">Subscriptions</h2>{subscriptions}</section>\
         <section aria-labelledby=\"cards\"><h2 id=\"cards\">Cards</h2>{cards}{add}</section>\
         <section aria-labelledby=\"invoices\"><h2 id=\"invoices\">Invoices</h2>{invoices}</section></main>",
        merchant = escape(&work.config.merchant_name),
        email = escape(text(&customer, "email")),
        back = back.unwrap_or_default(),
        alert = alert.unwrap_or_default(),
        subscriptions = subscriptions(work, id, &press).await?,
        cards = cards(work, &customer, &press).await?,
        add = press.button("add_card", "", "Add a card"),
        invoices = invoices(work, id).await?,
    );
    Ok(Page {
        status: problem.map_or(StatusCode::OK, |failure| failure.status),
        title: format!("{} billing – test mode", work.config.merchant_name),
        body,
        script: None,
        form_targets: origin(text(session, "return_url")).into_iter().collect(),
    })
}

/// Buttons of this page.
struct Press<'a> {
    session: &'a str,
    token: &'a str,
}

impl Press<'_> {
    fn button(&self, action: &str, target: &str, label: &str) -> String {
        format!(
            "<form method=\"post\" action=\"/p/session/{session}\"><input type=\"hidden\" name=\"token\" \
             value=\"{token}\"><input type=\"hidden\" name=\"target\" value=\"{target}\">\
             <button class=\"act\" name=\"action\" value=\"{action}\">{label}</button></form>",
            session = escape(self.session),
            token = escape(self.token),
            target = escape(target),
        )
    }
}

fn list(rows: &str, empty: &str) -> String {
    match rows.is_empty() {
        true => format!("<p class=\"empty\">{empty}</p>"),
        false => format!("<div class=\"receipt\"><ul>{rows}</ul></div>"),
    }
}

fn day(seconds: i64) -> String {
    let day = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    day.format("%d %b %Y").to_string()
}

async fn subscriptions(work: &mut Work<'_>, customer: &str, press: &Press<'_>) -> Answer<String> {
    let mut rows = String::new();
    for subscription in work.owned("subscription", customer).await? {
        let price = &subscription["items"]["data"][0]["price"];
        let product = work.find("product", text(price, "product")).await?.unwrap_or_default();
        let cost = money::format(integer(price, "unit_amount"), text(price, "currency"));
        let (id, end) = (text(&subscription, "id"), day(period_end(&subscription)));
        let ends = subscription["cancel_at_period_end"] == true;
        let (state, button) = match (text(&subscription, "status"), ends) {
            ("canceled" | "incomplete_expired", _) => ("Ended".to_owned(), String::new()),
            (_, true) => (format!("Ends on {end}"), press.button("resume", id, "Resume")),
            (status, false) => (
                format!("{}, renews on {end}", status.replace('_', " ")),
                press.button("cancel", id, "Cancel at the period's end"),
            ),
        };
        rows.push_str(&format!(
            "<li><span><b>{name}</b><small>{cost} / {interval} · {state}</small></span><span>{button}</span></li>",
            name = escape(text(&product, "name")),
            cost = escape(&cost),
            interval = escape(text(&price["recurring"], "interval")),
            state = escape(&state),
        ));
    }
    Ok(list(&rows, "No subscription."))
}

async fn cards(work: &mut Work<'_>, customer: &Value, press: &Press<'_>) -> Answer<String> {
    let default = text(&customer["invoice_settings"], "default_payment_method");
    let mut rows = String::new();
    for method in work.owned("payment_method", text(customer, "id")).await? {
        let id = text(&method, "id");
        let make_default = match id == default {
            true => "<span class=\"tag good\">default</span>".to_owned(),
            false => press.button("default_card", id, "Make default"),
        };
        rows.push_str(&format!(
            "<li><span><b>{name}</b></span><span>{make_default} {remove}</span></li>",
            name = escape(&payment_methods::spoken(&method)),
            remove = press.button("remove_card", id, "Remove"),
        ));
    }
    Ok(list(&rows, "No card is saved."))
}

async fn invoices(work: &mut Work<'_>, customer: &str) -> Answer<String> {
    let mut rows = String::new();
    for invoice in work.of_customer("invoice", customer).await? {
        if text(&invoice, "status") == "draft" {
            continue;
        }
        let total = money::format(integer(&invoice, "total"), text(&invoice, "currency"));
        rows.push_str(&format!(
            "<li><span><b><a href=\"/invoices/{id}\">{number}</a></b><small>{day} · {status}</small></span>\
             <span>{total}</span></li>",
            id = escape(text(&invoice, "id")),
            number = escape(text(&invoice, "number")),
            day = day(integer(&invoice, "created")),
            status = escape(text(&invoice, "status")),
            total = escape(&total),
        ));
    }
    Ok(list(&rows, "No invoice."))
}
