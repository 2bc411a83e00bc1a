//! The pages about webhooks. Reads only.

use super::address::Reach;
use super::deliveries::Deliveries;
use super::endpoints::{Endpoints, WebhookError};
use super::event;
use crate::backend::access::Caller;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::webhook_delivery::{self, Attempt, Delivery, Wanted};
use crate::backend::store::webhook_endpoint::{self, ListedEndpoint};
use crate::backend::zone::Zone;
use crate::ledger::Timestamp;
use crate::ledger::time::HOUR;
use crate::model::Problem;
use crate::model::webhook_pages::{
    AttemptLine, DeliveryLine, DeliveryState, DeliveryView, EndpointLine, EndpointView,
    WebhooksView,
};
use crate::model::webhooks::MOST_ENDPOINTS;

/// Rows of a page of the log.
const ROWS: usize = 25;
/// Attempts that a delivery's page shows; more were made only by many replays.
const ATTEMPTS: i64 = 50;

/// The page *Webhooks*.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    caller: &Caller,
    zone: Zone,
) -> Result<WebhooksView, WebhookError> {
    let all = webhook_endpoint::list(&backend.db, &caller.organisation).await?;
    let has_room = all.len() < MOST_ENDPOINTS;
    Ok(WebhooksView {
        endpoints: all.iter().map(|listed| line(listed, zone)).collect(),
        private_allowed: backend.courier.reach == Reach::Anywhere,
        form_key: has_room.then(|| id::uuid_simple(backend.now())),
    })
}

/// The page of one endpoint; `only` and `before` narrow its log down.
///
/// # Errors
/// 404 where this organisation has no such endpoint; or the database failed.
pub async fn endpoint(
    backend: &Backend,
    caller: &Caller,
    zone: Zone,
    id: &str,
    (only, before): (Option<DeliveryState>, Option<i64>),
) -> Result<EndpointView, WebhookError> {
    let (db, organisation) = (&backend.db, &caller.organisation);
    let all = webhook_endpoint::list(db, organisation).await?;
    let listed = all.into_iter().find(|listed| listed.endpoint.id == id);
    let listed = listed.ok_or_else(|| Problem::not_found("webhook"))?;
    let wanted = Wanted { state: only, before };
    let rows = ROWS as i64 + 1;
    let mut log = webhook_delivery::log(db, organisation, id, wanted, rows).await?;
    let next = (log.len() > ROWS).then(|| log[ROWS - 1].place.to_string());
    log.truncate(ROWS);
    let (endpoint, now) = (&listed.endpoint, backend.now());
    let before_ends = endpoint.secret_before.as_ref().map(|(_, ends_at)| *ends_at);
    let missed = if endpoint.state.is_on() { 0 } else { listed.behind };
    Ok(EndpointView {
        line: line(&listed, zone),
        created: zone.moment(endpoint.created_at),
        created_by: listed.maker_name.clone().unwrap_or_else(|| "a program".to_owned()),
        overlap: before_ends.filter(|ends_at| now < *ends_at).map(|at| zone.moment(at)),
        rotation: endpoint.rotation,
        version: endpoint.version,
        missed: u64::try_from(missed).unwrap_or_default(),
        deliveries: log.iter().map(|one| delivery_line(one, zone)).collect(),
        only,
        next,
        is_later_page: before.is_some(),
        an_hour_ago: minute(zone, now.plus(-HOUR)),
        private_allowed: backend.courier.reach == Reach::Anywhere,
        form_key: id::uuid_simple(now),
    })
}

/// The page of one delivery.
///
/// # Errors
/// 404 where this organisation has no such delivery; or the database failed.
pub async fn delivery(
    deliveries: Deliveries<'_>,
    zone: Zone,
    id: &str,
) -> Result<DeliveryView, WebhookError> {
    let Deliveries { backend, organisation, endpoint } = deliveries;
    let found = Endpoints::of(backend, organisation).find(endpoint).await?;
    let delivery = deliveries.find(id).await?;
    let attempts =
        webhook_delivery::attempts(&backend.db, organisation, endpoint, id, ATTEMPTS).await?;
    Ok(DeliveryView {
        endpoint: found.id,
        endpoint_name: found.name,
        is_on: found.state.is_on(),
        url: found.url,
        address: event::address(&delivery.about),
        body: laid_out(&delivery.body),
        attempts: attempts.into_iter().map(|one| attempt_line(one, zone)).collect(),
        line: delivery_line(&delivery, zone),
    })
}

fn line(listed: &ListedEndpoint, zone: Zone) -> EndpointLine {
    let endpoint = &listed.endpoint;
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    EndpointLine {
        id: endpoint.id.clone(),
        name: endpoint.name.clone(),
        url: endpoint.url.clone(),
        kinds: endpoint.kinds.clone(),
        state: endpoint.state,
        failing_since: endpoint.failing_since.map(|at| zone.moment(at)),
        waiting: counted(listed.waiting),
        failed: counted(listed.failed),
        last: listed.last.map(|(kind, at)| (kind, zone.moment(at))),
    }
}

fn delivery_line(delivery: &Delivery, zone: Zone) -> DeliveryLine {
    DeliveryLine {
        id: delivery.id.clone(),
        kind: delivery.kind,
        state: delivery.state,
        created: zone.moment(delivery.created_at),
        attempts: delivery.attempts,
        next_try: delivery.next_try_at.map(|at| zone.moment(at)),
        result: delivery.result.clone(),
    }
}

fn attempt_line(attempt: Attempt, zone: Zone) -> AttemptLine {
    AttemptLine {
        number: attempt.number,
        began: zone.moment(attempt.began_at),
        took: attempt.milliseconds.map(took),
        status: attempt.status,
        answer: attempt.answer.filter(|answer| !answer.is_empty()),
        problem: attempt.problem,
    }
}

/// "212 ms", "4.2 s".
fn took(milliseconds: i64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        longer => format!("{}.{} s", longer / 1_000, longer % 1_000 / 100),
    }
}

/// A JSON text with its parts on lines of their own, in the order in which it is sent.
fn laid_out(body: &str) -> String {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    for one in body.chars() {
        if in_text {
            in_text = escaped || one != '"';
            escaped = !escaped && one == '\\';
            out.push(one);
            continue;
        }
        match one {
            '{' | '[' => {
                out.push(one);
                depth += 1;
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(one);
            }
            ',' => {
                out.push(one);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => {
                in_text = other == '"';
                out.push(other);
            }
        }
    }
    out
}

/// A clock reading to the minute, as a form's field holds it: `2026-11-27T21:15`.
fn minute(zone: Zone, at: Timestamp) -> String {
    zone.reading(at).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_laid_out_without_touching_its_texts() {
        let laid = laid_out(r#"{"a":{"b":"x, {y}: \"z\""},"c":1}"#);
        assert_eq!(laid, "{\n  \"a\": {\n    \"b\": \"x, {y}: \\\"z\\\"\"\n  },\n  \"c\": 1\n}");
    }

    #[test]
    fn a_time_is_told_in_its_own_size() {
        assert_eq!((took(212), took(4_250)), ("212 ms".to_owned(), "4.2 s".to_owned()));
    }
}
