//! Sends what endpoints are to be told: one delivery a step.

use tokio::sync::Notify;

use super::courier::Message;
use super::schedule::{self, Facts, TRIES, Went};
use super::{notice, secret};
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::webhook_delivery::{self, Delivery};
use crate::backend::store::webhook_sending::{self, Answer, Begun};
use crate::backend::store::{StoreError, webhook_endpoint};
use crate::ledger::time::{MINUTE, SECOND};
use crate::ledger::{OrganisationId, Timestamp};
use crate::model::webhooks::{EventKind, KEPT_DAYS};

/// Whoever sends is believed to be at it for so long; longer than an attempt may take.
pub const LEASE: i64 = MINUTE;
/// Deliveries that are forgotten at once.
const FORGOTTEN: i64 = 500;
/// Tries of a test event: whoever pressed the button looks at what came of it.
const TEST_TRIES: i64 = 1;

/// Rung when something was written down to be sent.
pub static QUEUED: Notify = Notify::const_new();

/// Sends what has waited longest. One step of the job.
///
/// # Errors
/// The database failed; what was under way is sent again once its claim has ended.
pub async fn step(backend: &Backend) -> Result<Step, StoreError> {
    let now = backend.now();
    match webhook_sending::begin(&backend.db, now, now.plus(LEASE)).await? {
        Some(begun) => deliver(backend, &begun).await.map(|()| Step::Done),
        None => Ok(Step::Idle),
    }
}

/// Sends this delivery now, if it waits and its endpoint is told nothing else: what became of it.
///
/// # Errors
/// The database failed.
pub async fn send_now(
    backend: &Backend,
    organisation: &OrganisationId,
    endpoint: &str,
    id: &str,
) -> Result<Option<Delivery>, StoreError> {
    let (db, now) = (&backend.db, backend.now());
    let until = now.plus(LEASE);
    let begun = webhook_sending::begin_this(db, organisation, (endpoint, id), now, until).await?;
    if let Some(begun) = begun {
        deliver(backend, &begun).await?;
    }
    webhook_delivery::find(db, organisation, endpoint, id).await
}

/// Forgets what is over and was written down too long ago. One step of the housekeeping.
///
/// # Errors
/// The database failed.
pub async fn forget_step(backend: &Backend) -> Result<Step, StoreError> {
    let before = backend.now().plus(-KEPT_DAYS * crate::ledger::time::DAY);
    let forgotten = webhook_delivery::forget_before(&backend.db, before, FORGOTTEN).await?;
    Ok(if forgotten > 0 { Step::Done } else { Step::Idle })
}

async fn deliver(backend: &Backend, begun: &Begun) -> Result<(), StoreError> {
    let (endpoint, delivery) = (&begun.endpoint, &begun.delivery);
    let sent_at = backend.now();
    let seconds = sent_at.micros().div_euclid(SECOND);
    let (id, body) = (delivery.id.as_str(), delivery.body.as_str());
    let signatures = secret::signatures(endpoint, id, seconds, body, sent_at);
    let message = Message { url: &endpoint.url, id, seconds, signatures: &signatures, body };
    let (went, answer) = backend.courier.send(message).await;

    let now = backend.now();
    let is_test = delivery.kind == EventKind::WebhookTest;
    let mut ending = schedule::ending(went, facts(begun, is_test, now), words(&answer));
    if is_test && went != Went::Taken {
        // A test that fails says nothing about what happens.
        (ending.failing_since, ending.rests_until) = (endpoint.failing_since, now);
    }
    tracing::debug!(endpoint = endpoint.id, id, result = ending.result, "webhook sent");
    if !webhook_sending::end(&backend.db, begun, &answer, &ending, now).await? {
        return Ok(());
    }
    // It may have been switched off or on while it was told this.
    let found = webhook_endpoint::find(&backend.db, &endpoint.organisation, &endpoint.id).await?;
    match found.filter(|found| found.state.is_on() && !is_test) {
        Some(_) => notice::after(backend, begun, went, &ending, now).await,
        None => Ok(()),
    }
}

fn facts(begun: &Begun, is_test: bool, now: Timestamp) -> Facts {
    Facts {
        tries: begun.delivery.tries,
        most: if is_test { TEST_TRIES } else { TRIES },
        failing_since: begun.endpoint.failing_since,
        now,
        chance: rand::random_range(0..=1_000),
    }
}

/// What became of an attempt, in a few words.
fn words(answer: &Answer) -> String {
    match (&answer.problem, answer.status) {
        (Some(problem), _) => problem.clone(),
        (None, Some(status @ 300..=399)) => {
            format!("Answered {status}: redirects are not followed.")
        }
        (None, Some(status)) => format!("Answered {status}."),
        (None, None) => "No answer.".to_owned(),
    }
}
