//! Webhook deliveries: schedule, attempt, retry, resend. One step sends one request.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Row, SqlitePool};

use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::signature;
use super::trouble::MAXIMUM_COUNT;
use super::work::Work;

/// When the attempts of one delivery happen: each wait in milliseconds after the one before.
pub const ATTEMPT_DELAYS: [i64; 4] = [0, 1_000, 5_000, 25_000];
/// How long the receiver may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that a fault may delay a delivery, in milliseconds: a year.
const MAXIMUM_DELAY: i64 = 366 * 24 * 3600 * 1000;
/// How far apart reordered deliveries are unless told otherwise, in milliseconds.
const REORDERED_APART: i64 = 1_000;
/// How much of a receiver's answer is kept to be looked at.
const ANSWER_CHARACTERS: usize = 300;

/// Whether a step found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There was nothing due.
    Idle,
    /// One thing was done; there may be more.
    Done,
}

/// Plans the delivery of an event to an endpoint, with the fault a test may have ordered.
pub(crate) async fn schedule(
    work: &mut Work<'_>,
    event: &str,
    event_type: &str,
    endpoint: &str,
) -> Answer<()> {
    match take_fault(work, event_type).await? {
        None => plan(work, event, endpoint, "waiting", 0).await,
        Some((fault, milliseconds)) => match fault.as_str() {
            "drop" => plan(work, event, endpoint, "dropped", 0).await,
            "delay" | "reorder" => plan(work, event, endpoint, "waiting", milliseconds).await,
            _ => {
                plan(work, event, endpoint, "waiting", 0).await?;
                plan(work, event, endpoint, "waiting", milliseconds).await
            }
        },
    }
}

async fn plan(
    work: &mut Work<'_>,
    event: &str,
    endpoint: &str,
    state: &str,
    delay: i64,
) -> Answer<()> {
    const PLAN: &str =
        "insert into deliveries (event, endpoint, state, attempt_at) values ($1, $2, $3, $4)";
    sqlx::query(PLAN)
        .bind(event)
        .bind(endpoint)
        .bind(state)
        .bind(work.now.saturating_add(delay))
        .execute(&mut *work.connection)
        .await?;
    Ok(())
}

async fn take_fault(work: &mut Work<'_>, event_type: &str) -> Answer<Option<(String, i64)>> {
    const TAKE: &str = "
        delete from delivery_faults where number =
            (select min(number) from delivery_faults where event_type is null or event_type = $1)
        returning fault, milliseconds";
    let row = sqlx::query(TAKE).bind(event_type).fetch_optional(&mut *work.connection).await?;
    Ok(row.map(|row| (row.get("fault"), row.get("milliseconds"))))
}

/// Plans another delivery of an event to every endpoint there is.
pub(crate) async fn resend(work: &mut Work<'_>, event: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("event", event).await?;
    let endpoints: Vec<String> =
        sqlx::query_scalar("select endpoint from endpoint_secrets order by endpoint")
            .fetch_all(&mut *work.connection)
            .await?;
    if endpoints.is_empty() {
        let message = "There is no webhook endpoint to send this event to.";
        return Err(Failure::invalid("", message));
    }
    for endpoint in &endpoints {
        plan(work, event, endpoint, "waiting", 0).await?;
    }
    Ok(json!({ "event": event, "deliveries": endpoints.len() }))
}

/// `POST /control/deliveries`: a fault of the next deliveries. `reorder` sends the next `count` of
/// them last first, `milliseconds` apart.
pub(crate) async fn order_fault(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    const ORDER: &str =
        "insert into delivery_faults (fault, event_type, milliseconds) values ($1, $2, $3)";
    let fault = parameters
        .take_choice("fault", &["drop", "delay", "duplicate", "reorder"])?
        .ok_or_else(|| Failure::missing_parameter("fault"))?;
    let event_type = parameters.take_text("event_type")?;
    let reorders = fault == "reorder";
    let otherwise = if reorders { REORDERED_APART } else { 0 };
    let milliseconds = parameters.take_within("milliseconds", 0, MAXIMUM_DELAY, otherwise)?;
    let count = parameters.take_within("count", 1, MAXIMUM_COUNT, if reorders { 2 } else { 1 })?;
    parameters.finish()?;
    for number in 0..count {
        let wait = if reorders { milliseconds * (count - 1 - number) } else { milliseconds };
        sqlx::query(ORDER)
            .bind(&fault)
            .bind(&event_type)
            .bind(wait)
            .execute(&mut *work.connection)
            .await?;
    }
    Ok(json!({ "fault": fault, "count": count }))
}

/// Everything that is known of an event's deliveries, the first one first.
pub(crate) async fn of_event(work: &mut Work<'_>, event: &str) -> Answer<Vec<Value>> {
    const OF_EVENT: &str = "
        select deliveries.number, endpoint, state, attempts, attempt_at, answer,
               json_extract(objects.body, '$.url') as url
        from deliveries left join objects on objects.id = deliveries.endpoint
        where event = $1 order by deliveries.number";
    let rows = sqlx::query(OF_EVENT).bind(event).fetch_all(&mut *work.connection).await?;
    Ok(rows.iter().map(shown).collect())
}

fn shown(row: &sqlx::sqlite::SqliteRow) -> Value {
    json!({
        "number": row.get::<i64, _>("number"),
        "endpoint": row.get::<String, _>("endpoint"),
        "url": row.get::<Option<String>, _>("url"),
        "state": row.get::<String, _>("state"),
        "attempts": row.get::<i64, _>("attempts"),
        "attempt_at_milliseconds": row.get::<i64, _>("attempt_at"),
        "answer": row.get::<Option<String>, _>("answer"),
    })
}

/// A delivery that is due, with all it needs.
struct Due {
    number: i64,
    event: String,
    attempts: i64,
    url: Option<String>,
    secret: Option<String>,
    body: Option<String>,
}

/// Sends the most overdue delivery, if there is one, and notes what came of it.
pub(crate) async fn attempt_next(
    pool: &SqlitePool,
    client: &reqwest::Client,
    now: i64,
) -> Answer<Step> {
    let Some(due) = find_due(pool, now).await? else { return Ok(Step::Idle) };
    let outcome = match (&due.url, &due.secret, &due.body) {
        (Some(url), Some(secret), Some(body)) => send(client, url, secret, body, now).await,
        _ => Err("the endpoint is not there any more".to_owned()),
    };
    note(pool, &due, outcome, now).await?;
    Ok(Step::Done)
}

async fn find_due(pool: &SqlitePool, now: i64) -> Answer<Option<Due>> {
    const FIND: &str = "
        select deliveries.number, deliveries.event, attempts, secret, events.body as body,
               json_extract(endpoints.body, '$.url') as url
        from deliveries
        left join objects events on events.id = deliveries.event
        left join objects endpoints on endpoints.id = deliveries.endpoint
        left join endpoint_secrets on endpoint_secrets.endpoint = deliveries.endpoint
        where state = 'waiting' and attempt_at <= $1
        order by attempt_at, deliveries.number limit 1";
    let row = sqlx::query(FIND).bind(now).fetch_optional(pool).await?;
    Ok(row.map(|row| Due {
        number: row.get("number"),
        event: row.get("event"),
        attempts: row.get("attempts"),
        url: row.get("url"),
        secret: row.get("secret"),
        body: row.get("body"),
    }))
}

/// One request. `Ok` is a 2xx; the text says what was met either way.
async fn send(
    client: &reqwest::Client,
    url: &str,
    secret: &str,
    body: &str,
    now: i64,
) -> Result<String, String> {
    let event: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let bytes = serde_json::to_vec_pretty(&event).map_err(|error| error.to_string())?;
    let answer = client
        .post(url)
        .timeout(ATTEMPT_TIMEOUT)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (sandbox; test mode)")
        .header("stripe-signature", signature::sign(secret, now.div_euclid(1000), &bytes))
        .body(bytes)
        .send()
        .await
        .map_err(|error| format!("no answer: {}", error.without_url()))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    let shown: String = format!("{status}: {text}").chars().take(ANSWER_CHARACTERS).collect();
    if status.is_success() { Ok(status.to_string()) } else { Err(shown) }
}

async fn note(
    pool: &SqlitePool,
    due: &Due,
    outcome: Result<String, String>,
    now: i64,
) -> Answer<()> {
    const NOTE: &str = "update deliveries set state = $2, attempts = $3, attempt_at = $4, \
                        answer = $5 where number = $1";
    let attempts = due.attempts + 1;
    let next = usize::try_from(attempts).ok().and_then(|index| ATTEMPT_DELAYS.get(index));
    let (state, attempt_at) = match (&outcome, next) {
        (Ok(_), _) => ("delivered", now),
        (Err(_), Some(delay)) => ("waiting", now.saturating_add(*delay)),
        (Err(_), None) => ("failed", now),
    };
    let answer = outcome.unwrap_or_else(|met| met);
    sqlx::query(NOTE)
        .bind(due.number)
        .bind(state)
        .bind(attempts)
        .bind(attempt_at)
        .bind(answer)
        .execute(pool)
        .await?;
    recount_pending(pool, &due.event).await
}

async fn recount_pending(pool: &SqlitePool, event: &str) -> Answer<()> {
    const RECOUNT: &str = "
        update objects set body = json_set(body, '$.pending_webhooks',
            (select count(*) from deliveries where event = $1 and state = 'waiting'))
        where id = $1";
    sqlx::query(RECOUNT).bind(event).execute(pool).await?;
    Ok(())
}

/// When the next delivery is due, in milliseconds since the Unix epoch.
pub(crate) async fn next_due(pool: &SqlitePool) -> Answer<Option<i64>> {
    let next = sqlx::query_scalar("select min(attempt_at) from deliveries where state = 'waiting'");
    Ok(next.fetch_one(pool).await?)
}
