//! What a program sends, parsed into its type: the JSON body and the query. A field that is not known, not
//! right or missing is refused with its name.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::answer::Refused;
use crate::model::{FieldProblem, Problem, api_errors};
use crate::web::security::{FORM_BODY_TIME, within};

/// Largest body of a request, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;

/// The JSON body. An empty one counts as `{}`.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned, State: Sync> FromRequest<State> for Sent<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _state: &State) -> Result<Self, Refused> {
        let is_json = is_json(request.headers());
        let reading = to_bytes(request.into_body(), BODY_BYTES);
        let bytes = within(FORM_BODY_TIME, reading).await?.map_err(|_| {
            let detail = format!("The body is larger than {} kB.", BODY_BYTES / 1024);
            api_errors::TOO_LARGE.problem(detail)
        })?;
        if bytes.is_empty() {
            return Ok(Sent(parse(b"{}")?));
        }
        if !is_json {
            let detail = "The body has to be JSON, with the content type application/json.";
            return Err(api_errors::NOT_JSON.problem(detail).into());
        }
        Ok(Sent(parse(&bytes)?))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(api_errors::UNREADABLE.problem("The body has to be a JSON object."));
    }
    // No text that people mean holds this character, and a database may refuse to keep it.
    if String::from_utf8_lossy(bytes).contains("\\u0000") {
        return Err(api_errors::UNREADABLE.problem("A text holds the character NUL."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| told(&error.path().to_string(), error.inner()))?;
    reader.end().map_err(|error| told(".", &error))?;
    Ok(value)
}

fn told(path: &str, error: &serde_json::Error) -> Problem {
    if error.is_syntax() || error.is_eof() || error.is_io() {
        let detail = format!(
            "The body is no JSON, from line {} column {} on.",
            error.line(),
            error.column()
        );
        return api_errors::UNREADABLE.problem(detail);
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let field = named(text).unwrap_or(if path == "." { "body" } else { path });
    invalid(field, text)
}

/// The part of the path that names a thing.
pub struct Id(pub String);

impl<State: Send + Sync> FromRequestParts<State> for Id {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refused> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Id(id)),
            // Not even text: it names nothing.
            Err(_) => Err(api_errors::NOT_FOUND.problem("There is no such thing.").into()),
        }
    }
}

/// The query, as a type whose every field is optional.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, State: Sync> FromRequestParts<State> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Refused> {
        let query = Query::<T>::try_from_uri(&parts.uri).map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            let (field, message) = match named(text) {
                Some(field) => (field, text),
                None => text.split_once(": ").unwrap_or(("query", text)),
            };
            invalid(field, message)
        })?;
        Ok(Asked(query.0))
    }
}

/// The field that a sentence names between back-ticks: "unknown field `x`", "missing field `x`".
fn named(text: &str) -> Option<&str> {
    let (before, rest) = text.split_once('`')?;
    before.ends_with(" field ").then(|| rest.split('`').next().unwrap_or_default())
}

fn invalid(field: &str, message: &str) -> Problem {
    const SHOWN: usize = 300;
    let message: String = message.chars().filter(|it| !it.is_control()).take(SHOWN).collect();
    let stop = if message.ends_with(['.', '"']) { "" } else { "." };
    let detail = format!("{field}: {message}{stop}");
    let field = FieldProblem::new(
        field.chars().take(SHOWN).collect::<String>(),
        format!("{message}{stop}"),
    );
    api_errors::INVALID.problem(detail).with_fields(vec![field])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Credits;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only whether it is read matters here")]
        amount: Credits,
    }

    fn field(text: &str) -> (u16, String) {
        let problem = parse::<Body>(text.as_bytes()).unwrap_err();
        let field = problem.fields.first().map(|field| field.field.clone());
        (problem.status, field.unwrap_or_default())
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(field(r#"{"amount":"1","amonut":"2"}"#), (422, "amonut".into()));
        assert_eq!(field("{}"), (422, "amount".into()));
        assert_eq!(field(r#"{"amount":1}"#), (422, "amount".into()));
        assert_eq!(field(r#"{"amount":"1.5.5"}"#), (422, "amount".into()));
        assert_eq!(field("[\"1\"]"), (422, String::new()));
        assert_eq!(field("{"), (422, String::new()));
        assert_eq!(field(r#"{"amount":"1"} x"#), (422, String::new()));
    }
}
