//! The page for people at `/`: what this is, its sessions, its events and how they were delivered.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use sqlx::Row;

use super::checkout_page::BANNER;
use super::control::FORM_PAGE;
use super::failure::Answer;
use super::html::{Page, escape};
use super::work::{Cause, Work, integer, text};
use super::{API_VERSION, Sandbox, delivery, money, routes};

/// How many sessions and how many events are shown.
const SESSIONS: i64 = 25;
const EVENTS: i64 = 50;
/// How much of the key is shown: what says that it is a test key, and no more.
const KEY_CHARACTERS: usize = 12;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new().route("/", get(show)).route("/healthz", get(|| async { "ok\n" }))
}

async fn show(State(sandbox): State<Sandbox>) -> Response {
    match draw(&sandbox).await {
        Ok(body) => Page {
            status: StatusCode::OK,
            title: "Stripe sandbox – test mode".to_owned(),
            body,
            script: None,
            form_targets: Vec::new(),
        }
        .into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn draw(sandbox: &Sandbox) -> Answer<String> {
    let mut transaction = sandbox.begin_reading().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let token = sandbox.form_token(FORM_PAGE);
    let sessions = sessions(&mut work, &token).await?;
    let events = events(&mut work, &token).await?;
    Ok(format!(
        "{BANNER}<main class=\"front\"><header><h1>Stripe sandbox</h1><p>A test server that speaks a \
         part of Stripe's API ({nouns}), with a hosted checkout page and signed webhooks. It keeps what \
         happened here and never speaks to Stripe.</p></header>{facts}\
         <section aria-labelledby=\"sessions\"><h2 id=\"sessions\">Checkout sessions</h2>{sessions}</section>\
         <section aria-labelledby=\"events\"><h2 id=\"events\">Events and their delivery</h2>{events}</section></main>",
        nouns = routes::NOUNS.join(", ").replace(['/', '_'], " "),
        facts = facts(sandbox),
    ))
}

fn facts(sandbox: &Sandbox) -> String {
    let config = &sandbox.0.config;
    let key: String = config.secret_key.chars().take(KEY_CHARACTERS).collect();
    let webhook = config.webhook_url.as_deref().unwrap_or("none: events are only listed");
    format!(
        "<dl class=\"facts\"><div><dt>Merchant</dt><dd>{}</dd></div><div><dt>Secret key</dt><dd><code>{}…</code></dd></div>\
         <div><dt>API version</dt><dd><code>{API_VERSION}</code></dd></div>\
         <div><dt>Webhooks go to</dt><dd>{}</dd></div></dl>",
        escape(&config.merchant_name),
        escape(&key),
        escape(webhook),
    )
}

/// The newest objects of a kind.
async fn newest(work: &mut Work<'_>, kind: &str, limit: i64) -> Answer<Vec<Value>> {
    sqlx::query("select body from objects where kind = $1 order by number desc limit $2")
        .bind(kind)
        .bind(limit)
        .fetch_all(&mut *work.connection)
        .await?
        .into_iter()
        .map(|row| Ok(serde_json::from_str(&row.get::<String, _>("body"))?))
        .collect()
}

async fn sessions(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let sessions = newest(work, "checkout.session", SESSIONS).await?;
    if sessions.is_empty() {
        return Ok("<p class=\"empty\">No checkout session yet. Start a purchase in the \
                   application and it appears here.</p>"
            .to_owned());
    }
    let rows: String = sessions.iter().map(|session| session_row(session, token)).collect();
    Ok(format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"sessions\"><table><thead><tr>\
         <th scope=\"col\">Created (UTC)</th><th scope=\"col\" class=\"number\">Amount</th><th scope=\"col\">State</th>\
         <th scope=\"col\">Payer</th><th scope=\"col\">Session</th><th scope=\"col\">Actions</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    ))
}

fn session_row(session: &Value, token: &str) -> String {
    let id = text(session, "id");
    let (class, state) = session_state(session);
    let payer = session["customer_details"]["email"].as_str();
    let payer = payer.or(session["customer_email"].as_str()).unwrap_or("—");
    let actions = match class {
        "wait" if text(session, "status") == "open" => {
            format!("<a href=\"/c/pay/{id}\">Open the page</a>", id = escape(id))
        }
        "wait" => ["succeeds", "fails"].map(|outcome| settle_button(id, outcome, token)).join(" "),
        _ => "—".to_owned(),
    };
    format!(
        "<tr><td>{created}</td><td class=\"number\">{amount}</td><td><span class=\"tag {class}\">{state}</span></td>\
         <td>{payer}</td><td><code>{short}…</code></td><td>{actions}</td></tr>",
        created = moment(integer(session, "created")),
        amount =
            escape(&money::format(integer(session, "amount_total"), text(session, "currency"))),
        payer = escape(payer),
        short = escape(id.get(..16).unwrap_or(id)),
    )
}

fn session_state(session: &Value) -> (&'static str, &'static str) {
    match (text(session, "status"), text(session, "payment_status")) {
        ("open", _) => ("wait", "open"),
        ("expired", _) => ("", "expired"),
        ("complete", "unpaid") => ("wait", "waits for the bank"),
        _ => ("good", "paid"),
    }
}

fn settle_button(session: &str, outcome: &str, token: &str) -> String {
    let label = if outcome == "succeeds" { "Bank pays" } else { "Bank refuses" };
    format!(
        "<form method=\"post\" action=\"/control/sessions/{session}/settle\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <input type=\"hidden\" name=\"outcome\" value=\"{outcome}\"><button class=\"act\">{label}</button></form>",
        session = escape(session),
        token = escape(token),
    )
}

async fn events(work: &mut Work<'_>, token: &str) -> Answer<String> {
    let events = newest(work, "event", EVENTS).await?;
    if events.is_empty() {
        return Ok("<p class=\"empty\">Nothing has happened yet.</p>".to_owned());
    }
    let mut rows = String::new();
    for event in &events {
        let deliveries = delivery::of_event(work, text(event, "id")).await?;
        rows.push_str(&event_row(event, &deliveries, token));
    }
    Ok(format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"events\"><table><thead><tr>\
         <th scope=\"col\">Created (UTC)</th><th scope=\"col\">Event</th><th scope=\"col\">Id</th>\
         <th scope=\"col\">Delivery</th><th scope=\"col\">Actions</th></tr></thead><tbody>{rows}</tbody></table></div>"
    ))
}

fn event_row(event: &Value, deliveries: &[Value], token: &str) -> String {
    let id = escape(text(event, "id"));
    let resend = if deliveries.is_empty() {
        "—".to_owned()
    } else {
        format!(
            "<form method=\"post\" action=\"/control/events/{id}/resend\">\
             <input type=\"hidden\" name=\"token\" value=\"{}\"><button class=\"act\">Send again</button></form>",
            escape(token)
        )
    };
    format!(
        "<tr><td>{created}</td><td>{kind}</td><td><code>{id}</code></td><td>{delivery}</td><td>{resend}</td></tr>",
        created = moment(integer(event, "created")),
        kind = escape(text(event, "type")),
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
    format!(
        "<span class=\"tag {class}\">{}</span> {times} {attempts}{answer}",
        escape(text(last, "state"))
    )
}

/// Seconds since the Unix epoch as people read them, in UTC.
fn moment(seconds: i64) -> String {
    let Some(moment) = chrono::DateTime::from_timestamp(seconds, 0) else {
        return "—".to_owned();
    };
    format!("<time datetime=\"{}\">{}</time>", moment.to_rfc3339(), moment.format("%d %b %H:%M:%S"))
}
