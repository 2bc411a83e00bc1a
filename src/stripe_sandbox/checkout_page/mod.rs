//! The hosted checkout page: what a payer sees, types and presses. Works without scripts.
//!
//! `form` judges what was typed, `view` draws; paying itself is `checkout::payment`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::checkout::payment::{self, Attempt, Payer};
use super::failure::{Answer, Failure};
use super::taxes::sessions;
use super::work::{Cause, text};
use super::{Sandbox, cards};

mod countries;
mod fields;
mod form;
mod messages;
mod sums;
mod view;

pub(crate) use view::BANNER;

use form::{Checked, Typed};

pub(crate) fn router() -> Router<Sandbox> {
    Router::new().route("/c/pay/{session}", get(show).post(submit))
}

/// The session with its items, as it is now.
struct Shown {
    session: Value,
    items: Vec<Value>,
    merchant: String,
    token: String,
}

async fn show(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let shown = match load(&sandbox, &id).await {
        Ok(shown) => shown,
        Err(failure) => return messages::failed(&failure).into_response(),
    };
    let mut typed = Typed::for_session(&shown.session);
    let chosen = query.unwrap_or_default();
    if let Some(card) = chosen.strip_prefix("card=").and_then(cards::find) {
        typed.fill(card);
    }
    page(&shown, &typed, &Vec::new(), None, StatusCode::OK)
}

fn page(
    shown: &Shown,
    typed: &Typed,
    problems: &form::Problems,
    declined: Option<&str>,
    status: StatusCode,
) -> Response {
    match text(&shown.session, "status") {
        "open" => view::checkout(shown, typed, problems, declined, status).into_response(),
        "expired" => messages::expired(shown).into_response(),
        _ => messages::paid(shown).into_response(),
    }
}

async fn load(sandbox: &Sandbox, id: &str) -> Answer<Shown> {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let mut session = payment::current(&mut work, id).await?;
    if let Some(customer) = work.find("customer", text(&session, "customer")).await? {
        fill_in(&mut session, &customer);
    }
    let items = work.owned("item", id).await?;
    sandbox.commit(transaction).await?;
    Ok(Shown {
        session,
        items,
        merchant: sandbox.0.config.merchant_name.clone(),
        token: sandbox.form_token(id),
    })
}

/// What the merchant has told of the customer, for the empty form.
fn fill_in(session: &mut Value, customer: &Value) {
    if session["customer_email"].is_null() {
        session["customer_email"] = customer["email"].clone();
    }
    if session["customer_details"].is_null() && sessions::is_automatic(session) {
        let known = serde_json::json!({ "address": customer["address"], "name": customer["name"] });
        session["customer_details"] = known;
    }
}

async fn submit(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let shown = match load(&sandbox, &id).await {
        Ok(shown) => shown,
        Err(failure) => return messages::failed(&failure).into_response(),
    };
    let typed = Typed::read(&body);
    if !is_own_form(&headers) || typed.token != shown.token {
        let problem =
            vec![("form", "This form did not come from this page. Please try again.".to_owned())];
        return page(&shown, &typed, &problem, None, StatusCode::FORBIDDEN);
    }
    if text(&shown.session, "status") == "complete" {
        return to_success(&shown.session);
    }
    if typed.action == "update" && sessions::is_automatic(&shown.session) {
        return update(&sandbox, &id, &shown, typed.without_secrets()).await;
    }
    let checked = form::check(&typed, &shown.session, sandbox.now().div_euclid(1000));
    let typed = typed.without_secrets();
    match checked {
        Err(problems) => page(&shown, &typed, &problems, None, StatusCode::UNPROCESSABLE_ENTITY),
        Ok(checked) => match pay(&sandbox, &id, checked).await {
            Ok(Attempt::Changed(_)) => changed(&sandbox, &id, &typed).await,
            Ok(attempt) => after(attempt, &shown, &typed),
            Err(failure) => messages::failed(&failure).into_response(),
        },
    }
}

/// Browsers say where a request comes from; what says nothing is no browser.
fn is_own_form(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    matches!(site, None | Some(b"same-origin" | b"none"))
}

async fn pay(sandbox: &Sandbox, id: &str, checked: Checked) -> Answer<Attempt> {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let Checked { means, payer, shown_total } = checked;
    let attempt = payment::pay(&mut work, id, means, &payer, shown_total).await?;
    sandbox.commit(transaction).await?;
    Ok(attempt)
}

/// *Update total*: nothing is paid, the taxes of the place that was typed are shown.
async fn update(sandbox: &Sandbox, id: &str, shown: &Shown, typed: Typed) -> Response {
    let problems = form::tax_place_problems(&typed, &shown.session);
    if !problems.is_empty() {
        return page(shown, &typed, &problems, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let payer = form::payer(&typed, &shown.session);
    match place(sandbox, id, &payer).await {
        Ok(shown) => page(&shown, &typed, &Vec::new(), None, StatusCode::OK),
        Err(failure) => messages::failed(&failure).into_response(),
    }
}

async fn place(sandbox: &Sandbox, id: &str, payer: &Payer) -> Answer<Shown> {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let mut session = payment::current(&mut work, id).await?;
    if text(&session, "status") == "open" {
        payment::place(&mut work, &mut session, payer).await?;
    }
    sandbox.commit(transaction).await?;
    load(sandbox, id).await
}

/// The payer was shown another sum than the one that is due from their place: they decide anew.
async fn changed(sandbox: &Sandbox, id: &str, typed: &Typed) -> Response {
    match load(sandbox, id).await {
        Ok(shown) => {
            let sentence = format!(
                "The tax of your country changed the total: it is {} now. Nothing was charged; please pay again.",
                view::amount(&shown.session)
            );
            page(&shown, typed, &vec![("form", sentence)], None, StatusCode::CONFLICT)
        }
        Err(failure) => messages::failed(&failure).into_response(),
    }
}

fn after(attempt: Attempt, shown: &Shown, typed: &Typed) -> Response {
    match attempt {
        Attempt::Completed(session) => to_success(&session),
        Attempt::Closed(session) if text(&session, "status") == "complete" => to_success(&session),
        Attempt::Closed(session) | Attempt::Changed(session) => {
            let shown = Shown {
                session,
                items: shown.items.clone(),
                merchant: shown.merchant.clone(),
                token: shown.token.clone(),
            };
            page(&shown, typed, &Vec::new(), None, StatusCode::GONE)
        }
        Attempt::Authenticate(address) => redirect(&address),
        Attempt::Declined(reason) => {
            let status = StatusCode::PAYMENT_REQUIRED;
            page(shown, typed, &Vec::new(), Some(reason.message), status)
        }
    }
}

/// Where a payer goes after paying.
fn success_address(session: &Value) -> String {
    text(session, "success_url").replace("{CHECKOUT_SESSION_ID}", text(session, "id"))
}

fn to_success(session: &Value) -> Response {
    redirect(&success_address(session))
}

fn redirect(address: &str) -> Response {
    match axum::http::HeaderValue::from_str(address) {
        Ok(address) => (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response(),
        Err(cause) => messages::failed(&Failure::broken(cause)).into_response(),
    }
}
