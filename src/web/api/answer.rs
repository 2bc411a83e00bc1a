//! What handlers answer: a body, or a *no*. What broke inside is logged here, once, under the request's
//! reference.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::backend::access::AccessError;
use crate::backend::balance::ReadError;
use crate::backend::engine::SubmitError;
use crate::backend::staff::StaffError;
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::model::{Problem, api_errors};
use crate::web::security::{RequestReference, problem_response};

/// Says that the answer is the first one, given again.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// How long to wait where the ledger cannot be reached, in whole seconds.
const AGAIN_IN: u64 = 1;

/// What a handler gives.
pub type Answered<T> = Result<Answer<T>, Refused>;

/// A body with its status.
#[derive(Debug)]
pub struct Answer<T> {
    status: StatusCode,
    replayed: bool,
    body: T,
}

impl<T> Answer<T> {
    /// 200.
    pub fn ok(body: T) -> Self {
        Answer { status: StatusCode::OK, replayed: false, body }
    }

    /// 201: it was made, now or when the same request came before.
    pub fn made(body: T, replayed: bool) -> Self {
        Answer { status: StatusCode::CREATED, replayed, body }
    }

    /// 202: it waits, from now or since the same request came before.
    pub fn waits(body: T, replayed: bool) -> Self {
        Answer { status: StatusCode::ACCEPTED, replayed, body }
    }

    /// 200: it was done, now or when the same request came before.
    pub fn done(body: T, replayed: bool) -> Self {
        Answer { status: StatusCode::OK, replayed, body }
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response<Body> {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// Why there is no body of the wanted kind.
#[derive(Debug)]
pub enum Refused {
    /// A *no* that the program should read.
    No(Box<Problem>),
    /// Something broke.
    Broken(String),
    /// The ledger did not say whether it was done.
    Unreachable(String),
}

/// What broke, on its way to [`finish`].
#[derive(Clone, Debug)]
struct Cause(String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response<Body> {
        let (problem, cause) = match self {
            Refused::No(problem) => (*problem, None),
            Refused::Broken(cause) => (Problem::internal(""), Some(cause)),
            Refused::Unreachable(cause) => (unreachable(), Some(cause)),
        };
        let mut response = problem_response(&problem);
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

fn unreachable() -> Problem {
    let detail = "The ledger cannot be reached. Whether the request was booked is not known.";
    let mut problem = api_errors::UNAVAILABLE.problem(detail).with_cure(
        "Send the same request again, with the same Idempotency-Key: it is booked once.",
    );
    problem.retry_after = Some(AGAIN_IN);
    problem
}

/// Middleware around every route: logs what broke under the request's reference, which the answer then
/// names, and says where to buy what is short.
pub async fn finish(
    State(backend): State<Backend>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let reference = request.extensions().get::<RequestReference>().cloned();
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let mut problem = problem.clone();
    let reference = reference.map(|reference| reference.0.to_string()).unwrap_or_default();
    match problem.status {
        402 => {
            let address = format!("{}/credits/buy", backend.installation.public_url);
            problem = problem.with_link("buy", address);
        }
        500.. => {
            if let Some(Cause(error)) = response.extensions().get() {
                tracing::error!(reference, error, "a request of a program failed");
            }
            problem.reference = problem.reference.filter(|it| !it.is_empty()).or(Some(reference));
        }
        _ => return response,
    }
    let mut told = problem_response(&problem);
    for (name, value) in response.headers() {
        told.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    told.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    told
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Refused::No(Box::new(problem))
    }
}

impl From<SubmitError> for Refused {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused(refusal) => Problem::from(refusal).into(),
            SubmitError::KeyConflict => reused().into(),
            SubmitError::Unmet => {
                Problem::conflict("changed_meanwhile", SubmitError::Unmet.to_string()).into()
            }
            SubmitError::Busy { retry_after } => {
                Problem::busy(retry_after.as_secs().max(AGAIN_IN)).into()
            }
            SubmitError::NoSuchOrganisation => Refused::Broken(error.to_string()),
            SubmitError::Unavailable { reason } => Refused::Unreachable(reason),
        }
    }
}

/// The same key came with another content before.
pub fn reused() -> Problem {
    api_errors::IDEMPOTENCY_KEY_REUSED
        .problem("This Idempotency-Key was used for another request. Nothing was done.")
        .with_cure("Use a new key for a new request, and the same key only to repeat the same one.")
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Broken(error.to_string())
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Ledger(error) => error.into(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<StaffError> for Refused {
    fn from(error: StaffError) -> Self {
        match error {
            StaffError::Refused(problem) => problem.into(),
            StaffError::Submit(error) => error.into(),
            StaffError::Read(error) => error.into(),
            StaffError::Store(error) => error.into(),
            StaffError::Payments(_) | StaffError::Key(_) | StaffError::Id(_) => {
                Refused::Broken(error.to_string())
            }
        }
    }
}

impl From<AccessError> for Refused {
    fn from(error: AccessError) -> Self {
        Problem::from(error).into()
    }
}
