//! Control routes, for tests and for the buttons of the front page. Nothing of Stripe is here.
//!
//! Every route needs the secret key as bearer, or the token of a form that the front page made.
//! Bodies are forms.
//!
//! | route | fields | does |
//! |---|---|---|
//! | `GET /control/events` | | events, newest first, with their deliveries |
//! | `POST /control/events/{id}/resend` | | sends an event again to every endpoint |
//! | `POST /control/deliveries` | `fault=drop\|delay\|duplicate`, `count`, `milliseconds`, `event_type` | faults of the next deliveries |
//! | `POST /control/requests` | `fault=refuse\|lose`, `count`, `status` | faults of the next API writes |
//! | `POST /control/sessions/{id}/pay` | `card` or `debit=succeeds\|fails`, `email`, `name`, `country` | pays as the page would |
//! | `POST /control/sessions/{id}/settle` | `outcome=succeeds\|fails` | the bank's answer to a delayed payment, now |
//! | `POST /control/clock/advance` | `seconds` | moves a manual clock |

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::payment::{self, Attempt, Payer};
use super::payment_methods::{DebitOutcome, Means};
use super::work::{Cause, Work, text};
use super::{Sandbox, api, cards, delivery, form};

/// The page whose forms may call these routes.
pub(crate) const FORM_PAGE: &str = "control";
/// The most faults that one call may order.
const MAXIMUM_FAULTS: i64 = 1_000;
/// The longest wait that a fault or the clock may add, in milliseconds: a year.
const MAXIMUM_WAIT: i64 = 366 * 24 * 3600 * 1000;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/control/events", get(list_events))
        .route("/control/events/{id}/resend", post(resend))
        .route("/control/deliveries", post(order_delivery_faults))
        .route("/control/requests", post(order_request_faults))
        .route("/control/sessions/{id}/pay", post(pay))
        .route("/control/sessions/{id}/settle", post(settle))
        .route("/control/clock/advance", post(advance_clock))
}

/// A control request that may go ahead, and whether a browser's form sent it.
struct Command {
    parameters: Parameters,
    from_form: bool,
}

fn admit(sandbox: &Sandbox, headers: &HeaderMap, body: &[u8]) -> Answer<Command> {
    let mut parameters = Parameters::new(form::parse(body)?);
    let token = parameters.take_text("token")?;
    if headers.contains_key(header::AUTHORIZATION) || token.is_none() {
        api::check_key(sandbox, headers)?;
        return Ok(Command { parameters, from_form: false });
    }
    if token != Some(sandbox.form_token(FORM_PAGE)) {
        return Err(Failure::invalid("token", "This form is out of date: reload the page."));
    }
    Ok(Command { parameters, from_form: true })
}

fn answer(result: Answer<(Value, bool)>) -> Response {
    match result {
        Ok((_, true)) => Redirect::to("/").into_response(),
        Ok((body, false)) => Json(body).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn list_events(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    answer(list_events_for(&sandbox, &headers).await.map(|body| (body, false)))
}

async fn list_events_for(sandbox: &Sandbox, headers: &HeaderMap) -> Answer {
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

async fn resend(
    State(sandbox): State<Sandbox>,
    Path(event): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(resend_now(&sandbox, &event, &headers, &body).await)
}

async fn resend_now(
    sandbox: &Sandbox,
    event: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<(Value, bool)> {
    let command = admit(sandbox, headers, body)?;
    command.parameters.finish()?;
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let planned = delivery::resend(&mut work, event).await?;
    sandbox.commit(transaction).await?;
    Ok((planned, command.from_form))
}

async fn order_delivery_faults(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(order_delivery_faults_now(&sandbox, &headers, &body).await)
}

async fn order_delivery_faults_now(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<(Value, bool)> {
    let Command { mut parameters, from_form } = admit(sandbox, headers, body)?;
    let fault = parameters.take_choice("fault", &["drop", "delay", "duplicate"])?;
    let fault = fault.ok_or_else(|| Failure::missing_parameter("fault"))?;
    let event_type = parameters.take_text("event_type")?;
    let milliseconds = take_within(&mut parameters, "milliseconds", 0, MAXIMUM_WAIT, 0)?;
    let count = take_within(&mut parameters, "count", 1, MAXIMUM_FAULTS, 1)?;
    parameters.finish()?;
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    delivery::order_fault(&mut work, &fault, event_type.as_deref(), milliseconds, count).await?;
    sandbox.commit(transaction).await?;
    Ok((json!({ "fault": fault, "count": count }), from_form))
}

async fn order_request_faults(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(order_request_faults_now(&sandbox, &headers, &body).await)
}

async fn order_request_faults_now(
    sandbox: &Sandbox,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<(Value, bool)> {
    let Command { mut parameters, from_form } = admit(sandbox, headers, body)?;
    let fault = parameters.take_choice("fault", &["refuse", "lose"])?;
    let fault = fault.ok_or_else(|| Failure::missing_parameter("fault"))?;
    let status = take_within(&mut parameters, "status", 400, 599, 500)?;
    let count = take_within(&mut parameters, "count", 1, MAXIMUM_FAULTS, 1)?;
    parameters.finish()?;
    for _ in 0..count {
        sqlx::query("insert into request_faults (fault, status) values ($1, $2)")
            .bind(&fault)
            .bind(status)
            .execute(&sandbox.0.pool)
            .await?;
    }
    Ok((json!({ "fault": fault, "count": count, "status": status }), from_form))
}

async fn pay(
    State(sandbox): State<Sandbox>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match pay_now(&sandbox, &session, &headers, &body).await {
        Ok(Attempt::Completed(session) | Attempt::Closed(session)) => Json(session).into_response(),
        Ok(Attempt::Declined(message)) => {
            let body = json!({ "error": { "type": "card_error", "message": message } });
            (StatusCode::PAYMENT_REQUIRED, Json(body)).into_response()
        }
        Err(failure) => failure.into_response(),
    }
}

async fn pay_now(
    sandbox: &Sandbox,
    session: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<Attempt> {
    let Command { mut parameters, .. } = admit(sandbox, headers, body)?;
    let means = take_means(&mut parameters)?;
    let payer = Payer {
        email: parameters.take_text("email")?.unwrap_or_else(|| "payer@example.com".to_owned()),
        name: parameters.take_text("name")?.unwrap_or_else(|| "Test Payer".to_owned()),
        country: parameters.take_text("country")?.unwrap_or_else(|| "US".to_owned()),
    };
    parameters.finish()?;
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let attempt = payment::pay(&mut work, session, means, &payer).await?;
    sandbox.commit(transaction).await?;
    Ok(attempt)
}

fn take_means(parameters: &mut Parameters) -> Answer<Means> {
    if let Some(outcome) = take_outcome(parameters, "debit")? {
        return Ok(Means::BankDebit { outcome });
    }
    let number = parameters.require_text("card")?;
    let card = cards::find(&number)
        .ok_or_else(|| Failure::invalid("card", "Only test card numbers work here."))?;
    Ok(Means::Card { card, exp_month: 12, exp_year: 2034 })
}

fn take_outcome(parameters: &mut Parameters, name: &str) -> Answer<Option<DebitOutcome>> {
    let outcome = parameters.take_choice(name, &["succeeds", "fails"])?;
    Ok(outcome.map(
        |word| {
            if word == "fails" { DebitOutcome::Fails } else { DebitOutcome::Succeeds }
        },
    ))
}

async fn settle(
    State(sandbox): State<Sandbox>,
    Path(session): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(settle_now(&sandbox, &session, &headers, &body).await)
}

async fn settle_now(
    sandbox: &Sandbox,
    session: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<(Value, bool)> {
    let Command { mut parameters, from_form } = admit(sandbox, headers, body)?;
    let outcome = take_outcome(&mut parameters, "outcome")?;
    parameters.finish()?;
    let mut transaction = sandbox.begin_writing().await?;
    let mut work: Work<'_> = sandbox.work(&mut transaction, Cause::default());
    let session = work.named("checkout.session", session).await?;
    let session = payment::settle(&mut work, session, outcome).await?;
    sandbox.commit(transaction).await?;
    Ok((session, from_form))
}

async fn advance_clock(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(advance_clock_now(&sandbox, &headers, &body))
}

fn advance_clock_now(sandbox: &Sandbox, headers: &HeaderMap, body: &[u8]) -> Answer<(Value, bool)> {
    let Command { mut parameters, from_form } = admit(sandbox, headers, body)?;
    let seconds = take_within(&mut parameters, "seconds", 0, MAXIMUM_WAIT / 1000, 0)?;
    parameters.finish()?;
    if !sandbox.clock().advance(seconds * 1000) {
        let message = "This sandbox runs on the machine's own clock, which nobody moves.";
        return Err(Failure::invalid("seconds", message));
    }
    sandbox.0.wake.notify_one();
    Ok((json!({ "now_milliseconds": sandbox.now() }), from_form))
}

fn take_within(
    parameters: &mut Parameters,
    name: &str,
    least: i64,
    most: i64,
    otherwise: i64,
) -> Answer<i64> {
    let value = parameters.take_integer(name)?.unwrap_or(otherwise);
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Failure::invalid(name, format!("Invalid {name}: must be between {least} and {most}.")))
}
