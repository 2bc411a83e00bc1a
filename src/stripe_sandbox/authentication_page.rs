//! The bank's page: the owner of a card says whether it was them. Works without scripts.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::checkout_page::BANNER;
use super::failure::{Answer, Failure};
use super::html::{Page, escape, origin};
use super::work::{Cause, Work, integer, text};
use super::{Sandbox, collection, money, setup_intents};

pub(crate) fn router() -> Router<Sandbox> {
    Router::new().route("/authenticate/{intent}", get(show).post(submit))
}

/// Takes the owner's answer for a payment or for a card that is to be kept.
pub(crate) async fn settle(work: &mut Work<'_>, intent: Value, confirmed: bool) -> Answer {
    match text(&intent, "object") {
        "setup_intent" => setup_intents::authenticate(work, intent, confirmed).await,
        _ => collection::authenticate(work, intent, confirmed).await,
    }
}

/// An intent and where its payer goes afterwards.
struct Asked {
    intent: Value,
    target: Option<String>,
}

async fn find(work: &mut Work<'_>, id: &str) -> Answer<Asked> {
    let intent = work
        .find_any(id)
        .await?
        .filter(|object| matches!(text(object, "object"), "payment_intent" | "setup_intent"));
    let intent = intent.ok_or_else(|| Failure::no_such("payment", id))?;
    let owner = work.owner_of(id).await?.unwrap_or_default();
    let target = match text(&owner, "object") {
        "checkout.session" => Some(session_target(&owner)),
        "invoice" => owner["hosted_invoice_url"].as_str().map(str::to_owned),
        _ => return_target(&intent),
    };
    Ok(Asked { intent, target })
}

/// A paid session goes on to the shop; an open one back to its page.
fn session_target(session: &Value) -> String {
    match text(session, "status") {
        "open" => text(session, "url").to_owned(),
        _ => text(session, "success_url").replace("{CHECKOUT_SESSION_ID}", text(session, "id")),
    }
}

/// The address that the intent was confirmed with, told the outcome as Stripe tells it.
fn return_target(intent: &Value) -> Option<String> {
    let kept = intent["next_action"]["redirect_to_url"]["return_url"].as_str();
    let mut url = reqwest::Url::parse(kept?).ok()?;
    let kind = text(intent, "object");
    url.query_pairs_mut()
        .append_pair(kind, text(intent, "id"))
        .append_pair(&format!("{kind}_client_secret"), text(intent, "client_secret"));
    Some(url.into())
}

async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    match load(&sandbox, &id).await {
        Ok(asked) => draw(&sandbox, &asked).into_response(),
        Err(failure) => message(failure.status, "This page leads nowhere", failure.message(), None)
            .into_response(),
    }
}

async fn load(sandbox: &Sandbox, id: &str) -> Answer<Asked> {
    let mut transaction = sandbox.begin_reading().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    find(&mut work, id).await
}

fn draw(sandbox: &Sandbox, asked: &Asked) -> Page {
    let Asked { intent, target } = asked;
    if text(intent, "status") != "requires_action" {
        let sentence = "There is nothing to confirm any more.";
        return message(StatusCode::OK, "This is done", sentence, target.as_deref());
    }
    let merchant = escape(&sandbox.0.config.merchant_name);
    let about = match intent["amount"].as_i64() {
        Some(_) => {
            let amount = money::format(integer(intent, "amount"), text(intent, "currency"));
            format!("<p>{merchant} wants to charge <strong>{}</strong>.</p>", escape(&amount))
        }
        None => format!("<p>{merchant} wants to keep your card for later payments.</p>"),
    };
    let id = escape(text(intent, "id"));
    let body = format!(
        "{BANNER}<main class=\"message\"><h1>Is it you who pays?</h1>{about}\
         <p>A real bank would ask for a code or a fingerprint here.</p>\
         <form method=\"post\" action=\"/authenticate/{id}\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <button class=\"submit good\" name=\"outcome\" value=\"succeeds\">Complete authentication</button>\
         <button class=\"act wide\" name=\"outcome\" value=\"fails\">Fail authentication</button></form></main>",
        token = escape(&sandbox.form_token(text(intent, "id"))),
    );
    Page {
        status: StatusCode::OK,
        title: "Confirm a payment – test mode".to_owned(),
        body,
        script: None,
        form_targets: target.as_deref().and_then(origin).into_iter().collect(),
    }
}

fn message(status: StatusCode, title: &str, sentence: &str, target: Option<&str>) -> Page {
    let link = target
        .map(|address| format!("<a class=\"submit\" href=\"{}\">Continue</a>", escape(address)));
    let body = format!(
        "{BANNER}<main class=\"message\"><h1>{}</h1><p>{}</p>{}</main>",
        escape(title),
        escape(sentence),
        link.unwrap_or_default()
    );
    let title = format!("{title} – test mode");
    Page { status, title, body, script: None, form_targets: Vec::new() }
}

async fn submit(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    };
    if field("token") != sandbox.form_token(&id) {
        let sentence = "This form did not come from this page. Go back and try again.";
        return message(StatusCode::FORBIDDEN, "This did not work", sentence, None).into_response();
    }
    match answer(&sandbox, &id, field("outcome") == "succeeds").await {
        Ok(Some(target)) => (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response(),
        Ok(None) => {
            let sentence = "You can close this page.";
            message(StatusCode::OK, "Thank you", sentence, None).into_response()
        }
        Err(failure) => {
            message(failure.status, "This did not work", failure.message(), None).into_response()
        }
    }
}

/// Tells the intent; where the payer goes next.
async fn answer(sandbox: &Sandbox, id: &str, confirmed: bool) -> Answer<Option<String>> {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let before = find(&mut work, id).await?;
    if text(&before.intent, "status") != "requires_action" {
        return Ok(before.target);
    }
    settle(&mut work, before.intent, confirmed).await?;
    let owner = work.owner_of(id).await?.unwrap_or_default();
    let target = match text(&owner, "object") {
        "checkout.session" => Some(session_target(&owner)),
        "invoice" => before.target,
        _ => before.target.map(|address| {
            let status = if confirmed { "succeeded" } else { "failed" };
            format!("{address}&redirect_status={status}")
        }),
    };
    sandbox.commit(transaction).await?;
    Ok(target)
}
