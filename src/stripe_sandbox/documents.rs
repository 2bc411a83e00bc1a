//! The hosted invoice, its PDF, and receipts. Every one of them says TEST.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::billing::invoice_collection;
use super::checkout_page::BANNER;
use super::collection::{Collected, Presence};
use super::failure::{Answer, Failure};
use super::html::{Page, escape};
use super::means::Means;
use super::work::{Cause, Work, integer, text};
use super::{Sandbox, cards, money, payment_methods, pdf};

const NOTE: &str = "TEST - no money moved. This document proves nothing.";

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/invoices/{id}", get(show).post(pay))
        .route("/invoices/{id}/pdf", get(show_pdf))
        .route("/receipts/{charge}", get(show_receipt))
}

async fn find(sandbox: &Sandbox, kind: &str, id: &str) -> Answer {
    let mut transaction = sandbox.begin_reading().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    work.named(kind, id).await
}

async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    match find(&sandbox, "invoice", &id).await {
        Ok(invoice) => page(&sandbox, &invoice, StatusCode::OK, None).into_response(),
        Err(failure) => missing(&failure).into_response(),
    }
}

fn missing(failure: &Failure) -> Page {
    let body = format!(
        "{BANNER}<main class=\"message\"><h1>There is no such document</h1><p>{}</p></main>",
        escape(failure.message())
    );
    let title = "No such document – test mode".to_owned();
    Page { status: failure.status, title, body, script: None, form_targets: Vec::new() }
}

fn amount(invoice: &Value, field: &str) -> String {
    money::format(integer(invoice, field), text(invoice, "currency"))
}

fn day(seconds: &Value) -> String {
    match seconds.as_i64().and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0)) {
        Some(day) => day.format("%d %b %Y").to_string(),
        None => "–".to_owned(),
    }
}

fn lines(invoice: &Value) -> Vec<(String, String)> {
    let lines = invoice["lines"]["data"].as_array();
    lines
        .into_iter()
        .flatten()
        .map(|line| (text(line, "description").to_owned(), amount(line, "amount")))
        .collect()
}

/// What stands between the lines and the total where taxes were reckoned.
fn sums(invoice: &Value) -> Vec<(String, String)> {
    if invoice["automatic_tax"]["enabled"] != true {
        return Vec::new();
    }
    let mut sums = vec![("Subtotal".to_owned(), amount(invoice, "subtotal"))];
    for tax in invoice["total_taxes"].as_array().into_iter().flatten() {
        let within = match text(tax, "tax_behavior") {
            "inclusive" => ", included",
            _ => "",
        };
        let label = match text(tax, "taxability_reason") {
            "reverse_charge" => "Tax, reverse charge".to_owned(),
            _ => format!("Tax on {}{within}", money_of(invoice, tax, "taxable_amount")),
        };
        sums.push((label, money_of(invoice, tax, "amount")));
    }
    sums
}

fn money_of(invoice: &Value, tax: &Value, field: &str) -> String {
    money::format(integer(tax, field), text(invoice, "currency"))
}

/// The customer's tax numbers, where there are any.
fn tax_numbers(invoice: &Value) -> Option<String> {
    let numbers = invoice["customer_tax_ids"].as_array()?;
    let numbers: Vec<&str> = numbers.iter().map(|number| text(number, "value")).collect();
    (!numbers.is_empty()).then(|| numbers.join(", "))
}

fn page(sandbox: &Sandbox, invoice: &Value, status: StatusCode, problem: Option<&str>) -> Page {
    let number = invoice["number"].as_str().unwrap_or("(draft)");
    let rows: String = lines(invoice)
        .iter()
        .map(|(what, cost)| {
            format!("<li><span><b>{}</b></span><span>{}</span></li>", escape(what), escape(cost))
        })
        .collect();
    let sums: String = sums(invoice)
        .iter()
        .map(|(label, sum)| {
            format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(label), escape(sum))
        })
        .collect();
    let sums = if sums.is_empty() { sums } else { format!("<dl class=\"sums\">{sums}</dl>") };
    let numbers = tax_numbers(invoice)
        .map(|numbers| format!("<p>Tax number of the customer: {}</p>", escape(&numbers)));
    let alert = problem.map(|problem| {
        format!("<div class=\"alert\" role=\"alert\"><strong>{}</strong></div>", escape(problem))
    });
    let body = format!(
        "{BANNER}<main class=\"message document\"><h1>TEST invoice {number}</h1>\
         <p>{merchant} to {customer}, {day}</p><p>This invoice is <strong>{status}</strong>.</p>{numbers}{alert}\
         <div class=\"receipt\"><ul>{rows}</ul>{sums}<dl class=\"total\"><dt>Total</dt><dd>{total}</dd></dl>\
         <dl class=\"total\"><dt>Due</dt><dd>{due}</dd></dl></div>{form}\
         <p><a href=\"/invoices/{id}/pdf\">Download as PDF</a></p><p>{NOTE}</p></main>",
        number = escape(number),
        merchant = escape(&sandbox.0.config.merchant_name),
        customer = escape(invoice["customer_name"].as_str().unwrap_or("the customer")),
        day = day(&invoice["created"]),
        status = escape(text(invoice, "status")),
        alert = alert.unwrap_or_default(),
        numbers = numbers.unwrap_or_default(),
        total = escape(&amount(invoice, "total")),
        due = escape(&amount(invoice, "amount_remaining")),
        form = pay_form(sandbox, invoice),
        id = escape(text(invoice, "id")),
    );
    let title = format!("Invoice {number} – test mode");
    Page { status, title, body, script: None, form_targets: Vec::new() }
}

fn pay_form(sandbox: &Sandbox, invoice: &Value) -> String {
    if text(invoice, "status") != "open" {
        return String::new();
    }
    let id = text(invoice, "id");
    format!(
        "<form method=\"post\" action=\"/invoices/{id}\"><input type=\"hidden\" name=\"token\" \
         value=\"{token}\"><label for=\"number\">Test card number</label><input type=\"text\" id=\"number\" \
         name=\"number\" inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"23\" \
         value=\"4242 4242 4242 4242\"><button class=\"submit\">Pay {amount}</button></form>",
        id = escape(id),
        token = escape(&sandbox.form_token(id)),
        amount = escape(&amount(invoice, "amount_remaining")),
    )
}

async fn pay(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    };
    let invoice = match find(&sandbox, "invoice", &id).await {
        Ok(invoice) => invoice,
        Err(failure) => return missing(&failure).into_response(),
    };
    let refused = |status: StatusCode, sentence: &str| {
        page(&sandbox, &invoice, status, Some(sentence)).into_response()
    };
    if field("token") != sandbox.form_token(&id) {
        let sentence = "This form did not come from this page. Please try again.";
        return refused(StatusCode::FORBIDDEN, sentence);
    }
    let Some(card) = cards::find(field("number")) else {
        let sentence = "Only test card numbers work here. Never type a real card.";
        return refused(StatusCode::UNPROCESSABLE_ENTITY, sentence);
    };
    let means = Means::Card { card, exp_month: 12, exp_year: 2034 };
    match pay_now(&sandbox, &id, means).await {
        Ok(Paid::Done) => Redirect::to(&format!("/invoices/{id}")).into_response(),
        Ok(Paid::Ask(address)) => Redirect::to(&address).into_response(),
        Ok(Paid::Declined(sentence)) => refused(StatusCode::PAYMENT_REQUIRED, sentence),
        Err(failure) => refused(failure.status, failure.message()),
    }
}

/// How paying at the page ended.
enum Paid {
    Done,
    Ask(String),
    Declined(&'static str),
}

async fn pay_now(sandbox: &Sandbox, id: &str, means: Means) -> Answer<Paid> {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work: Work<'_> = sandbox.work(&mut transaction, Cause::default());
    let invoice = work.named("invoice", id).await?;
    if text(&invoice, "status") != "open" {
        return Ok(Paid::Done);
    }
    let billing = json!({
        "address": invoice["customer_address"], "email": invoice["customer_email"],
        "name": invoice["customer_name"], "phone": null, "tax_id": null,
    });
    let currency = text(&invoice, "currency").to_owned();
    let method = payment_methods::create_from(&mut work, means, &currency, &billing).await?;
    let (_, collected) =
        invoice_collection::collect(&mut work, invoice, Some(method), Presence::OnSession).await?;
    let intent = work.owned("payment_intent", id).await?.pop().unwrap_or_default();
    sandbox.commit(transaction).await?;
    Ok(match collected {
        Some(Collected::Declined(reason)) => Paid::Declined(reason.message),
        Some(Collected::NeedsAction) => {
            Paid::Ask(text(&intent["next_action"]["redirect_to_url"], "url").to_owned())
        }
        _ => Paid::Done,
    })
}

async fn show_pdf(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    match find(&sandbox, "invoice", &id).await {
        Ok(invoice) => file(&sandbox, &invoice),
        Err(failure) => missing(&failure).into_response(),
    }
}

fn file(sandbox: &Sandbox, invoice: &Value) -> Response {
    let number = invoice["number"].as_str().unwrap_or("draft");
    let mut shown = vec![
        NOTE.to_owned(),
        String::new(),
        format!("From: {}", sandbox.0.config.merchant_name),
        format!("To: {} {}", text(invoice, "customer_name"), text(invoice, "customer_email")),
        format!("Date: {}   Status: {}", day(&invoice["created"]), text(invoice, "status")),
        tax_numbers(invoice).map(|it| format!("Tax number: {it}")).unwrap_or_default(),
    ];
    shown.extend(lines(invoice).into_iter().map(|(what, cost)| format!("{what}:  {cost}")));
    shown.push(String::new());
    shown.extend(sums(invoice).into_iter().map(|(label, sum)| format!("{label}: {sum}")));
    shown.push(format!("Total: {}", amount(invoice, "total")));
    shown.push(format!("Due: {}", amount(invoice, "amount_remaining")));
    let bytes = pdf::single_page(&format!("TEST invoice {number}"), &shown);
    let name = format!("inline; filename=\"TEST-invoice-{number}.pdf\"");
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

async fn show_receipt(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let charge = match find(&sandbox, "charge", &id).await {
        Ok(charge) => charge,
        Err(failure) => return missing(&failure).into_response(),
    };
    let body = format!(
        "{BANNER}<main class=\"message document\"><h1>TEST receipt</h1><p>{merchant}, {day}</p>\
         <div class=\"receipt\"><dl class=\"total\"><dt>Paid</dt><dd>{paid}</dd></dl>\
         <dl class=\"total\"><dt>Refunded</dt><dd>{refunded}</dd></dl></div><p>{NOTE}</p></main>",
        merchant = escape(&sandbox.0.config.merchant_name),
        day = day(&charge["created"]),
        paid = escape(&amount(&charge, "amount")),
        refunded = escape(&amount(&charge, "amount_refunded")),
    );
    let title = "Receipt – test mode".to_owned();
    Page { status: StatusCode::OK, title, body, script: None, form_targets: Vec::new() }
        .into_response()
}
