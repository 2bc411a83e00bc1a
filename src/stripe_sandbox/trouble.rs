//! What a test may order to go wrong with the next API calls: Stripe slow, down, or talking nonsense.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sqlx::Row;

use super::Sandbox;
use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::work::Work;

/// The most troubles that one call may order.
pub(crate) const MAXIMUM_COUNT: i64 = 1_000;
/// The longest an answer may be kept back, in milliseconds.
const MAXIMUM_WAIT: i64 = 120_000;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// Nothing is done; this status is the answer.
    Refuse(StatusCode),
    /// The work is done and this status is the answer.
    Lose(StatusCode),
    /// The work is done and the answer comes late, perhaps too late.
    Slow(Duration),
    /// Nothing is done and the connection breaks.
    Down,
    /// Nothing is done and the answer is no JSON.
    Garbage,
}

impl Trouble {
    /// Whether the work is done all the same.
    pub fn lets_work_happen(self) -> bool {
        matches!(self, Trouble::Lose(_) | Trouble::Slow(_))
    }

    /// The status that the caller is told instead of the outcome.
    pub fn status(self) -> Option<StatusCode> {
        match self {
            Trouble::Refuse(status) | Trouble::Lose(status) => Some(status),
            Trouble::Slow(_) => None,
            Trouble::Down | Trouble::Garbage => Some(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// What the caller meets instead of `answer`.
    pub async fn spoil(self, answer: Response) -> Response {
        match self {
            Trouble::Refuse(_) | Trouble::Lose(_) => answer,
            Trouble::Slow(wait) => {
                tokio::time::sleep(wait).await;
                answer
            }
            Trouble::Down => broken_connection(),
            Trouble::Garbage => {
                let kind = [(header::CONTENT_TYPE, "text/html")];
                (kind, "<html><body>upstream said something\u{fffd}").into_response()
            }
        }
    }
}

/// A body that breaks before its first byte: the server closes the connection without an answer.
fn broken_connection() -> Response {
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let stream = tokio_stream::once(Err::<axum::body::Bytes, _>(broken));
    Response::new(Body::from_stream(stream))
}

/// The trouble ordered for this call, if any.
pub(crate) async fn take(sandbox: &Sandbox, writes: bool) -> Answer<Option<Trouble>> {
    const LOOK: &str = "select min(number) from request_faults where calls = 'all' or $1";
    const TAKE: &str = "delete from request_faults where number = $1 \
                        returning fault, status, milliseconds";
    let next: Option<i64> =
        sqlx::query_scalar(LOOK).bind(writes).fetch_one(&sandbox.0.pool).await?;
    let Some(number) = next else { return Ok(None) };
    let row = sqlx::query(TAKE).bind(number).fetch_optional(&sandbox.0.pool).await?;
    Ok(row.map(|row| {
        let status = u16::try_from(row.get::<i64, _>("status")).unwrap_or(500);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = Duration::from_millis(row.get::<i64, _>("milliseconds").unsigned_abs());
        match row.get::<String, _>("fault").as_str() {
            "refuse" => Trouble::Refuse(status),
            "lose" => Trouble::Lose(status),
            "slow" => Trouble::Slow(wait),
            "down" => Trouble::Down,
            _ => Trouble::Garbage,
        }
    }))
}

/// `POST /control/requests`
pub(crate) async fn order(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    const ORDER: &str = "insert into request_faults (fault, calls, status, milliseconds) \
                         values ($1, $2, $3, $4)";
    let faults = ["refuse", "lose", "slow", "down", "garbage"];
    let fault = parameters
        .take_choice("fault", &faults)?
        .ok_or_else(|| Failure::missing_parameter("fault"))?;
    let calls = parameters.take_choice("calls", &["writes", "all"])?;
    let calls = calls.unwrap_or_else(|| "writes".to_owned());
    let status = parameters.take_within("status", 400, 599, 500)?;
    let milliseconds = parameters.take_within("milliseconds", 0, MAXIMUM_WAIT, 0)?;
    let count = parameters.take_within("count", 1, MAXIMUM_COUNT, 1)?;
    parameters.finish()?;
    for _ in 0..count {
        sqlx::query(ORDER)
            .bind(&fault)
            .bind(&calls)
            .bind(status)
            .bind(milliseconds)
            .execute(&mut *work.connection)
            .await?;
    }
    Ok(json!({ "fault": fault, "calls": calls, "count": count, "status": status }))
}

/// How many troubles are ordered and have not happened yet, of calls and of webhooks.
pub(crate) async fn waiting(work: &mut Work<'_>) -> Answer<(i64, i64)> {
    const COUNT: &str = "select (select count(*) from request_faults) as calls, \
                         (select count(*) from delivery_faults) as webhooks";
    let row = sqlx::query(COUNT).fetch_one(&mut *work.connection).await?;
    Ok((row.get("calls"), row.get("webhooks")))
}

/// `POST /control/calm`: nothing that was ordered happens any more.
pub(crate) async fn calm(work: &mut Work<'_>, parameters: Parameters) -> Answer<Value> {
    parameters.finish()?;
    for statement in ["delete from request_faults", "delete from delivery_faults"] {
        sqlx::query(statement).execute(&mut *work.connection).await?;
    }
    Ok(json!({ "calm": true }))
}
