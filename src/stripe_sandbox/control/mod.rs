//! Control routes, for tests and for the buttons of the front page. Nothing of Stripe is here.
//!
//! Every route needs the secret key as bearer, or the token of a form that the front page made.
//! Bodies are forms. Instants are the test clock's.
//!
//! | route (`POST`) | fields | does |
//! |---|---|---|
//! | `/control/clock/advance` | `seconds`, `minutes`, `hours`, `days` | moves the test clock ahead and does what is due by then |
//! | `/control/events/{id}/resend` | | sends an event again to every endpoint |
//! | `/control/deliveries` | `fault=drop\|delay\|duplicate\|reorder`, `count`, `milliseconds`, `event_type` | faults of the next deliveries |
//! | `/control/requests` | `fault=refuse\|lose\|slow\|down\|garbage`, `calls=writes\|all`, `count`, `status`, `milliseconds` | faults of the next API calls |
//! | `/control/calm` | | forgets every fault that has not happened yet |
//! | `/control/sessions/{id}/pay` | `card` or `debit=succeeds\|fails`, `email`, `name`, `country`, `line1`, `postal_code`, `city`, `tax_id` | pays as the page would |
//! | `/control/sessions/{id}/settle`, `/control/payment_intents/{id}/settle` | `outcome=succeeds\|fails` | the bank's answer to a delayed payment, now |
//! | `/control/payment_intents/{id}/authenticate`, `/control/setup_intents/{id}/authenticate` | `outcome=succeeds\|fails` | the owner's answer at the bank's page |
//! | `/control/payment_methods/{id}/replace` | `exp_month`, `exp_year` | the bank sent the owner a new card |
//! | `/control/refunds/{id}/settle` | `outcome=succeeds\|fails` | the bank's answer to a refund |
//! | `/control/charges/{id}/refund` | `amount` | refunds as the merchant's dashboard would |
//! | `/control/charges/{id}/dispute` | `amount`, `reason`, `inquiry`, `withdraw` | opens a dispute or an inquiry |
//! | `/control/disputes/{id}/withdraw`, `reinstate`, `escalate`, `review`, `close` | `outcome=won\|lost\|warning_closed\|prevented` | the next turn of a dispute |
//!
//! `GET /control/events` lists events, newest first, with their deliveries.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::{Cause, Work, text};
use super::{
    Sandbox, api, authentication_page, collection, delivery, dispute_turns, form,
    payment_method_api, refunds, trouble,
};

mod sessions;

/// The page whose forms may call these routes.
pub(crate) const FORM_PAGE: &str = "control";
/// The furthest that one call may move the clock, in seconds: ten years.
const FURTHEST: i64 = 3653 * 24 * 3600;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/control/events", get(list_events))
        .route("/control/{*path}", axum::routing::post(command))
}

async fn dispatch(work: &mut Work<'_>, path: &str, with: Parameters) -> Answer {
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    match segments.as_slice() {
        ["events", id, "resend"] => delivery::resend(work, id, with).await,
        ["deliveries"] => delivery::order_fault(work, with).await,
        ["requests"] => trouble::order(work, with).await,
        ["calm"] => trouble::calm(work, with).await,
        ["sessions", id, "pay"] => sessions::pay(work, id, with).await,
        ["sessions", id, "settle"] => {
            let session = work.named("checkout.session", id).await?;
            settle(work, text(&session, "payment_intent"), with).await
        }
        ["payment_intents", id, "settle"] => settle(work, id, with).await,
        ["payment_intents", id, "authenticate"] => {
            authenticate(work, "payment_intent", id, with).await
        }
        ["setup_intents", id, "authenticate"] => authenticate(work, "setup_intent", id, with).await,
        ["payment_methods", id, "replace"] => {
            payment_method_api::replace_card(work, id, with).await
        }
        ["refunds", id, "settle"] => settle_refund(work, id, with).await,
        ["charges", id, "refund"] => refunds::create(work, with.and("charge", id)).await,
        ["charges", id, "dispute"] => dispute_turns::open_by_order(work, id, with).await,
        ["disputes", id, turn] => dispute_turns::turn(work, id, turn, with).await,
        _ => Err(Failure::unknown_address("POST", &format!("/control/{path}"))),
    }
}

async fn command(
    State(sandbox): State<Sandbox>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (parameters, from_form) = match admit(&sandbox, &headers, &body) {
        Ok(admitted) => admitted,
        Err(failure) => return failure.into_response(),
    };
    let result = match path.as_str() {
        "clock/advance" => advance_clock(&sandbox, parameters).await,
        path => perform(&sandbox, path, parameters).await,
    };
    match result {
        Ok(_) if from_form => Redirect::to("/").into_response(),
        Ok(body) => Json(body).into_response(),
        Err(failure) => failure.into_response(),
    }
}

/// The parameters of a request that may go ahead, and whether a browser's form sent it.
fn admit(sandbox: &Sandbox, headers: &HeaderMap, body: &[u8]) -> Answer<(Parameters, bool)> {
    let mut parameters = Parameters::new(form::parse(body)?);
    let token = parameters.take_text("token")?;
    if headers.contains_key(header::AUTHORIZATION) || token.is_none() {
        api::check_key(sandbox, headers)?;
        return Ok((parameters, false));
    }
    if token != Some(sandbox.form_token(FORM_PAGE)) {
        return Err(Failure::invalid("token", "This form is out of date: reload the page."));
    }
    parameters.drop_empty();
    Ok((parameters, true))
}

async fn perform(sandbox: &Sandbox, path: &str, parameters: Parameters) -> Answer {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let result = dispatch(&mut work, path, parameters).await;
    if result.as_ref().err().is_none_or(|failure| failure.is_outcome) {
        sandbox.commit(transaction).await?;
    }
    result
}

async fn list_events(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    match events_with_deliveries(&sandbox, &headers).await {
        Ok(body) => Json(body).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn events_with_deliveries(sandbox: &Sandbox, headers: &HeaderMap) -> Answer {
    api::check_key(sandbox, headers)?;
    let mut transaction = sandbox.begin_reading().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let mut parameters = Parameters::new(form::parse(b"limit=100")?);
    let page = Page::take(&mut parameters)?;
    let mut events = list(&mut work, "event", "/control/events", page, Filter::default()).await?;
    for event in events["data"].as_array_mut().into_iter().flatten() {
        let deliveries = delivery::of_event(&mut work, text(event, "id")).await?;
        event["deliveries"] = deliveries.into();
    }
    Ok(events)
}

/// `outcome=succeeds|fails`, where it is said.
fn take_outcome(parameters: &mut Parameters, name: &str) -> Answer<Option<bool>> {
    let outcome = parameters.take_choice(name, &["succeeds", "fails"])?;
    Ok(outcome.map(|word| word == "succeeds"))
}

async fn settle(work: &mut Work<'_>, intent: &str, mut parameters: Parameters) -> Answer {
    let succeeds = take_outcome(&mut parameters, "outcome")?;
    parameters.finish()?;
    let intent = work.find("payment_intent", intent).await?.ok_or_else(|| {
        Failure::invalid("", "This Checkout Session does not wait for a bank's answer.")
    })?;
    collection::settle(work, intent, succeeds.map(Into::into)).await
}

async fn authenticate(
    work: &mut Work<'_>,
    kind: &str,
    id: &str,
    mut parameters: Parameters,
) -> Answer {
    let confirmed = take_outcome(&mut parameters, "outcome")?.unwrap_or(true);
    parameters.finish()?;
    let intent = work.named(kind, id).await?;
    authentication_page::settle(work, intent, confirmed).await
}

async fn settle_refund(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let succeeds = take_outcome(&mut parameters, "outcome")?;
    parameters.finish()?;
    let refund = work.named("refund", id).await?;
    refunds::settle(work, refund, succeeds).await
}

async fn advance_clock(sandbox: &Sandbox, mut parameters: Parameters) -> Answer<Value> {
    let mut seconds = 0_i64;
    for (unit, length) in [("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86_400)] {
        seconds += parameters.take_within(unit, 0, FURTHEST / length, 0)? * length;
    }
    parameters.finish()?;
    if seconds > FURTHEST {
        return Err(Failure::invalid("days", "The clock moves ten years at once, not more."));
    }
    sandbox.advance(seconds * 1000).await?;
    while sandbox.act_on_overdue().await? {}
    Ok(json!({ "now_milliseconds": sandbox.moment() }))
}
