//! The portal's page. Works without scripts.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::Value;

use super::super::Sandbox;
use super::super::failure::{Answer, Failure};
use super::super::work::{Cause, Work, integer};
use super::{actions, sessions, view};

pub(crate) fn router() -> Router<Sandbox> {
    Router::new().route("/p/session/{id}", get(show).post(submit))
}

/// The session, unless it is too old.
async fn find(work: &mut Work<'_>, id: &str) -> Answer {
    let session = work.named("billing_portal.session", id).await?;
    if integer(&session, "created") + sessions::LIFE < work.now_seconds() {
        return Err(Failure::invalid("", "This link has expired. Go back and open it again."));
    }
    Ok(session)
}

async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    match draw(&sandbox, &id, None).await {
        Ok(page) => page,
        Err(failure) => view::message(&failure).into_response(),
    }
}

async fn draw(sandbox: &Sandbox, id: &str, problem: Option<&Failure>) -> Answer<Response> {
    let mut transaction = sandbox.begin_reading().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let session = find(&mut work, id).await?;
    let token = sandbox.form_token(id);
    Ok(view::portal(&mut work, &session, &token, problem).await?.into_response())
}

async fn submit(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    };
    let result = if field("token") == sandbox.form_token(&id) {
        act(&sandbox, &id, field("action"), field("target")).await
    } else {
        let mut failure = Failure::invalid("token", "This form is out of date. Please try again.");
        failure.status = StatusCode::FORBIDDEN;
        Err(failure)
    };
    match result {
        Ok(target) => Redirect::to(&target).into_response(),
        Err(failure) => match draw(&sandbox, &id, Some(&failure)).await {
            Ok(page) => page,
            Err(failure) => view::message(&failure).into_response(),
        },
    }
}

async fn act(sandbox: &Sandbox, id: &str, action: &str, target: &str) -> Answer<String> {
    let mut transaction = sandbox.begin_writing().await?;
    let mut work = sandbox.work(&mut transaction, Cause::default());
    let session: Value = find(&mut work, id).await?;
    let elsewhere = actions::act(&mut work, &session, action, target).await?;
    sandbox.commit(transaction).await?;
    Ok(elsewhere.unwrap_or_else(|| format!("/p/session/{id}")))
}
