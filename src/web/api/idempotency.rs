//! The key that every write carries, so that it is done once however often it is sent.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use utoipa::IntoParams;

use super::answer::Refused;
use crate::ledger::IdempotencyKey;
use crate::model::api_errors;

/// The header's name.
const HEADER: &str = "idempotency-key";
/// Most characters of a caller's key; the ledger keeps it with a scope in front.
const LONGEST: usize = 200;
/// What keeps the keys of programs apart from all others.
const SCOPE: &str = "api";

/// The caller's key, as the ledger keeps it: one of the organisation's.
pub struct Once(pub IdempotencyKey);

impl<State: Sync> FromRequestParts<State> for Once {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Refused> {
        let value = parts.headers.get(HEADER).ok_or_else(missing)?;
        let text = value.to_str().map_err(|_| wrong())?.trim();
        if text.is_empty() || text.len() > LONGEST {
            return Err(wrong());
        }
        IdempotencyKey::scoped(SCOPE, text).map(Once).map_err(|_| wrong())
    }
}

fn missing() -> Refused {
    let detail = "A write needs the header Idempotency-Key, so that it is done once.";
    api_errors::IDEMPOTENCY_KEY_MISSING
        .problem(detail)
        .with_cure("Send a key that is new for each new request, such as the name of the work.")
        .into()
}

fn wrong() -> Refused {
    let detail =
        format!("The Idempotency-Key has to be 1 to {LONGEST} printable ASCII characters.");
    api_errors::IDEMPOTENCY_KEY_MISSING.problem(detail).into()
}

/// The headers of a write, for the reference.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header that Once reads")]
pub struct WriteHeaders {
    /// Names the request: sent again with the same key and content it is done once, and answered alike.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 200, example = "job-1-hold")]
    idempotency_key: String,
}
