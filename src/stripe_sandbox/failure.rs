//! What goes wrong, in Stripe's own words and shape: `{"error": {"type", "code", "message", …}}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::cards::Decline;

const DOCUMENTATION: &str = "https://stripe.com/docs/error-codes/";

/// A refused or broken request, ready to be answered.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub status: StatusCode,
    body: Box<Value>,
    /// What was done before stays done, and the answer is kept under the idempotency key.
    pub is_outcome: bool,
}

pub(crate) type Answer<T = Value> = Result<T, Failure>;

impl Failure {
    fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        let body = json!({ "type": kind, "message": message.into() });
        Failure { status, body: Box::new(body), is_outcome: false }
    }

    fn coded(mut self, code: &str) -> Self {
        self.body["code"] = code.into();
        self.body["doc_url"] = Self::documentation(code).into();
        self
    }

    fn about(mut self, parameter: &str) -> Self {
        if !parameter.is_empty() {
            self.body["param"] = parameter.into();
        }
        self
    }

    /// A parameter that cannot be taken as it is.
    pub fn invalid(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message).about(parameter)
    }

    /// Where Stripe explains an error code.
    pub fn documentation(code: &str) -> String {
        format!("{DOCUMENTATION}{}", code.replace('_', "-"))
    }

    /// A payment that was tried and refused: 402. The attempt stays on record.
    pub fn card_error(reason: Decline) -> Self {
        let mut failure = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", reason.message);
        failure.is_outcome = true;
        if !reason.decline_code.is_empty() {
            failure.body["decline_code"] = reason.decline_code.into();
        }
        failure.coded(reason.code)
    }

    /// The object that a refused payment is about, such as `payment_intent`.
    pub fn concerning(mut self, field: &str, object: &Value) -> Self {
        self.body[field] = object.clone();
        self
    }

    /// The same with one of Stripe's error codes.
    pub fn invalid_coded(code: &str, parameter: &str, message: impl Into<String>) -> Self {
        Self::invalid(parameter, message).coded(code)
    }

    /// Names that the endpoint does not know.
    pub fn unknown_parameters(names: &[String]) -> Self {
        let plural = if names.len() == 1 { "" } else { "s" };
        let message = format!("Received unknown parameter{plural}: {}", names.join(", "));
        Self::invalid_coded("parameter_unknown", &names[0], message)
    }

    pub fn missing_parameter(name: &str) -> Self {
        Self::invalid_coded("parameter_missing", name, format!("Missing required param: {name}."))
    }

    pub fn empty_parameter(name: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{name}'. We assume empty values are an attempt to \
             unset a parameter; however '{name}' cannot be unset. You should remove '{name}' from \
             your request or supply a non-empty value."
        );
        Self::invalid_coded("parameter_invalid_empty", name, message)
    }

    /// The address names something that is not there: 404.
    pub fn no_such(noun: &str, id: &str) -> Self {
        let message = format!("No such {noun}: '{id}'");
        let mut failure = Self::invalid_coded("resource_missing", "id", message);
        failure.status = StatusCode::NOT_FOUND;
        failure
    }

    /// A parameter names something that is not there: 400.
    pub fn no_such_reference(noun: &str, id: &str, parameter: &str) -> Self {
        let message = format!("No such {noun}: '{id}'");
        Self::invalid_coded("resource_missing", parameter, message)
    }

    pub fn unknown_address(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). The sandbox implements a part of \
             Stripe's API; its front page lists what it knows."
        );
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
    }

    pub fn no_key() -> Self {
        let message = "You did not provide an API key. You need to provide your API key in the \
                       Authorization header, using Bearer auth (e.g. 'Authorization: Bearer \
                       YOUR_SECRET_KEY').";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    pub fn wrong_key(given: &str) -> Self {
        let tail: String =
            given.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        let message = format!("Invalid API Key provided: {}****{tail}", key_kind(given));
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message)
    }

    pub fn key_reused(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were \
             first used with. Try using a key other than '{key}' if you meant to execute a \
             different request."
        );
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", message)
    }

    pub fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key: {key}. \
             Please try again later."
        );
        let failure = Self::new(StatusCode::CONFLICT, "idempotency_error", message);
        failure.coded("idempotency_key_in_use")
    }

    pub fn too_large() -> Self {
        let message = "The request body is larger than the sandbox takes (1 MiB).";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", message)
    }

    /// An answer that a test asked for through the control routes.
    pub fn staged(status: StatusCode) -> Self {
        let kind = if status == StatusCode::TOO_MANY_REQUESTS {
            "invalid_request_error"
        } else {
            "api_error"
        };
        Self::new(status, kind, "The sandbox was told to answer this way (control/requests).")
    }

    /// The sandbox itself broke; the cause goes to the log only.
    pub fn broken(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "the Stripe sandbox could not answer");
        let message = "The sandbox could not read or write its own database.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", message)
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or("Something went wrong.")
    }

    /// The whole body as it is sent.
    pub fn to_json(&self) -> Value {
        json!({ "error": *self.body })
    }
}

/// The part of a key that says what it is and betrays nothing.
fn key_kind(key: &str) -> &str {
    ["sk_test_", "sk_live_", "pk_test_", "pk_live_", "rk_test_", "rk_live_"]
        .into_iter()
        .find(|kind| key.starts_with(kind))
        .unwrap_or("")
}

impl From<sqlx::Error> for Failure {
    fn from(cause: sqlx::Error) -> Self {
        Self::broken(cause)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(cause: serde_json::Error) -> Self {
        Self::broken(cause)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self.to_json())).into_response()
    }
}
