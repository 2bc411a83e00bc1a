//! The gate of `/v1`: key, parameters, idempotency, one transaction a request, Stripe's headers.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::failure::{Answer, Failure};
use super::idempotency::{self, KeyGuard};
use super::parameters::Parameters;
use super::trouble::Trouble;
use super::work::{Cause, Work};
use super::{API_VERSION, Sandbox, expansion, form, identifier, routes, trouble};

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new().route("/v1/{*path}", any(answer)).layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// A request whose key was right.
struct Call {
    method: Method,
    path: String,
    parameters: Parameters,
    expand: Vec<String>,
    body: Bytes,
    cause: Cause,
}

/// An answer with what the headers say about it.
struct Given {
    status: StatusCode,
    body: Value,
    replay_of: Option<String>,
}

async fn answer(
    State(sandbox): State<Sandbox>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    let request = identifier::new("req");
    let call = match read(&sandbox, method, &uri, &headers, body, &request) {
        Ok(call) => call,
        Err(failure) => return respond(Err(failure), &headers, &request),
    };
    match trouble::take(&sandbox, call.method != Method::GET).await {
        Ok(None) => respond(execute(&sandbox, call).await, &headers, &request),
        Ok(Some(trouble)) => {
            let given = in_trouble(&sandbox, call, trouble).await;
            trouble.spoil(respond(given, &headers, &request)).await
        }
        Err(failure) => respond(Err(failure), &headers, &request),
    }
}

async fn in_trouble(sandbox: &Sandbox, call: Call, trouble: Trouble) -> Answer<Given> {
    let given = match trouble.lets_work_happen() {
        true => Some(execute(sandbox, call).await),
        false => None,
    };
    match (trouble.status(), given) {
        (None, Some(given)) => given,
        (status, _) => Err(Failure::staged(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE))),
    }
}

fn read(
    sandbox: &Sandbox,
    method: Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
    request: &str,
) -> Answer<Call> {
    check_key(sandbox, headers)?;
    let body = body.map_err(|_| Failure::too_large())?;
    if !body.is_empty() {
        check_content_type(headers)?;
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    let mut fields = form::parse(query)?;
    fields.extend(form::parse(&body)?);
    let mut parameters = Parameters::new(fields);
    let expand = parameters.take_texts("expand")?.unwrap_or_default();
    let idempotency_key = headers
        .get("idempotency-key")
        .filter(|_| method == Method::POST)
        .map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    Ok(Call {
        path: uri.path().trim_start_matches("/v1/").trim_end_matches('/').to_owned(),
        method,
        parameters,
        expand,
        body,
        cause: Cause { request: Some(request.to_owned()), idempotency_key },
    })
}

/// The key of an `Authorization` header, `Bearer` or `Basic` with the key as user name.
pub(crate) fn check_key(sandbox: &Sandbox, headers: &HeaderMap) -> Answer<()> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = match header.and_then(|value| value.split_once(' ')) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => user_name(pair.trim()),
        _ => return Err(Failure::no_key()),
    };
    let expected = sandbox.0.config.secret_key.as_bytes();
    if bool::from(expected.ct_eq(given.as_bytes())) {
        Ok(())
    } else {
        Err(Failure::wrong_key(&given))
    }
}

fn user_name(pair: &str) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(pair).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.split(':').next().unwrap_or_default().to_owned()
}

fn check_content_type(headers: &HeaderMap) -> Answer<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_none_or(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok(());
    }
    let message = "Invalid request (check that your POST content type is \
                   application/x-www-form-urlencoded).";
    Err(Failure::invalid("", message))
}

async fn execute(sandbox: &Sandbox, call: Call) -> Answer<Given> {
    let _guard = match &call.cause.idempotency_key {
        Some(key) => Some(KeyGuard::take(sandbox, key)?),
        None => None,
    };
    let writes = call.method != Method::GET;
    let mut transaction =
        if writes { sandbox.begin_writing().await? } else { sandbox.begin_reading().await? };
    let mut work = sandbox.work(&mut transaction, call.cause.clone());
    let given = perform(&mut work, call).await?;
    if writes {
        sandbox.commit(transaction).await?;
    }
    Ok(given)
}

/// An error here undoes everything; a refusal that is an outcome of its own is a given answer.
async fn perform(work: &mut Work<'_>, call: Call) -> Answer<Given> {
    let key = call.cause.idempotency_key;
    let fingerprint = idempotency::fingerprint(call.method.as_str(), &call.path, &call.body);
    if let Some(key) = &key
        && let Some(kept) = idempotency::find(work, key, &fingerprint).await?
    {
        return Ok(Given { status: kept.status, body: kept.body, replay_of: Some(kept.request) });
    }
    let (status, body) =
        match routes::dispatch(work, &call.method, &call.path, call.parameters).await {
            Ok(mut body) => {
                expansion::expand(work, &mut body, &call.expand).await?;
                (StatusCode::OK, body)
            }
            Err(failure) if failure.is_outcome => (failure.status, failure.to_json()),
            Err(failure) => return Err(failure),
        };
    if let Some(key) = &key {
        idempotency::keep(work, key, &fingerprint, status, &body).await?;
    }
    Ok(Given { status, body, replay_of: None })
}

fn respond(given: Answer<Given>, asked: &HeaderMap, request: &str) -> Response {
    let (status, body, replay_of) = match given {
        Ok(given) => (given.status, given.body, given.replay_of),
        Err(failure) => (failure.status, failure.to_json(), None),
    };
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    let version = asked.get("stripe-version").cloned();
    headers.insert("stripe-version", version.unwrap_or(HeaderValue::from_static(API_VERSION)));
    insert_text(headers, "request-id", request);
    if let Some(key) = asked.get("idempotency-key") {
        headers.insert("idempotency-key", key.clone());
    }
    if let Some(original) = replay_of {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        insert_text(headers, "original-request", &original);
    }
    response
}

fn insert_text(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
