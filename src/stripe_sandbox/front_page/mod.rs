//! The page for people at `/`: what this is, what happened here, and the buttons that make more
//! happen. Each section is a file; every button is a form to a control route.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::checkout_page::BANNER;
use super::control::FORM_PAGE;
use super::failure::Answer;
use super::html::{Page, escape};
use super::taxes::rates;
use super::work::Cause;
use super::{API_VERSION, Sandbox, routes};

mod billing;
mod events;
mod orders;
mod parts;
mod payments;
mod sessions;

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
    let sections = [
        ("time", "Time", orders::time(&work, &token)),
        ("trouble", "Trouble to order", orders::trouble(&mut work, &token).await?),
        ("sessions", "Checkout sessions", sessions::section(&mut work, &token).await?),
        ("payments", "Payments", payments::section(&mut work, &token).await?),
        ("disputes", "Disputes", payments::disputes(&mut work, &token).await?),
        ("subscriptions", "Subscriptions", billing::subscriptions(&mut work).await?),
        ("invoices", "Invoices", billing::invoices(&mut work).await?),
        ("events", "Events and their delivery", events::section(&mut work, &token).await?),
    ];
    let sections: String = sections
        .iter()
        .map(|(id, title, body)| {
            format!(
                "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{title}</h2>{body}</section>"
            )
        })
        .collect();
    Ok(format!(
        "{BANNER}<main class=\"front\"><header><h1>Stripe sandbox</h1><p>A test server that speaks a \
         part of Stripe's API ({nouns}), with hosted pages and signed webhooks. It keeps what \
         happened here and never speaks to Stripe. Where taxes are asked for, it reckons made-up rates: \
         {rates}, nothing elsewhere; a business of another country of the European Union than {home} that \
         gives its VAT number is reverse-charged.</p></header>{facts}{sections}</main>",
        nouns = routes::NOUNS.join(", ").replace(['/', '_'], " "),
        rates = rates::in_words(),
        home = rates::HOME,
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
