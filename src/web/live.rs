//! `GET /live`: the balance and notices of change of the caller's organisation, as server-sent events.
//!
//! The first event is the balance as it is now, so that a page that was away catches up at once. The
//! stream ends when the server is asked to stop; browsers come back by themselves. It also ends, within
//! [`REVIEW_EVERY`], when whoever listens is signed out or no longer a member: nobody hears more than
//! they could read.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio_stream::wrappers::ReceiverStream;
use tower_sessions::Session;

use crate::backend::access::api_keys::{ApiSecret, Program};
use crate::backend::access::{AccessError, Caller, CurrentCaller};
use crate::backend::live::{LiveEvent, Subscription};
use crate::backend::state::Backend;
use crate::ledger::time::SECOND;
use crate::ledger::{OrganisationId, Timestamp};
use crate::model::Problem;
use crate::model::balance::BalanceView;
use crate::web::pages::Site;
use crate::web::security::problem_response;

/// A comment is sent this often, so that proxies keep a quiet stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How often it is asked whether the listener may still hear, in microseconds: before the next event,
/// and without one.
pub const REVIEW_EVERY: i64 = 10 * SECOND;
/// Events that wait for a slow reader; balances never queue, the newest one wins.
const WAITING_EVENTS: usize = 16;

/// The stream of whoever is signed in; 401 for nobody.
pub async fn stream(
    State(site): State<Site>,
    Extension(CurrentCaller(caller)): Extension<CurrentCaller>,
    Extension(session): Extension<Session>,
) -> Response {
    let Some(caller) = caller else { return problem_response(&Problem::unauthenticated()) };
    open(site.backend, Listener::Person { caller: Box::new(caller), session })
}

/// The stream of whoever listens.
pub fn open(backend: Backend, listener: Listener) -> Response {
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING_EVENTS);
    tokio::spawn(feed(backend, listener, sender));
    Sse::new(ReceiverStream::new(receiver))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

type Sender = tokio::sync::mpsc::Sender<Result<Event, Infallible>>;

/// Who listens, and what they proved themselves with.
pub enum Listener {
    /// A person, with their session.
    Person { caller: Box<Caller>, session: Session },
    /// A program, with its key.
    Program { program: Program, secret: ApiSecret },
}

async fn feed(backend: Backend, listener: Listener, sender: Sender) {
    let organisation = listener.organisation();
    let mut subscription = backend.live.subscribe(organisation);
    if let Ok(view) = backend.balance_view(organisation).await {
        subscription.seen(view.version);
        if sender.send(Ok(balance(&view))).await.is_err() {
            return;
        }
    }
    tokio::select! {
        () = pass_on(&backend, &listener, &mut subscription, &sender) => {}
        () = sender.closed() => {}
        () = backend.stopping() => {}
    }
}

async fn pass_on(
    backend: &Backend,
    listener: &Listener,
    subscription: &mut Subscription,
    sender: &Sender,
) {
    let pause = Duration::from_micros(REVIEW_EVERY.unsigned_abs());
    let mut reviewed = backend.now();
    loop {
        let event = match tokio::time::timeout(pause, subscription.next()).await {
            Ok(Some(event)) => Some(event),
            Ok(None) => return,
            Err(_quiet) => None,
        };
        let now = backend.now();
        if event.is_none() || now.since(reviewed) >= REVIEW_EVERY {
            if !listener.may_hear(backend, now).await {
                return;
            }
            reviewed = now;
        }
        if let Some(event) = event
            && sender.send(Ok(said(event))).await.is_err()
        {
            return;
        }
    }
}

impl Listener {
    fn organisation(&self) -> &OrganisationId {
        match self {
            Listener::Person { caller, .. } => &caller.organisation,
            Listener::Program { program, .. } => &program.organisation,
        }
    }

    /// Whether the session lives and its person is still a member, or the key still works. A database that
    /// does not answer takes nothing away from anyone: it is asked again.
    async fn may_hear(&self, backend: &Backend, now: Timestamp) -> bool {
        let lives = match self {
            Listener::Person { caller, session } => {
                backend.access.still_here(session, caller, now).await
            }
            Listener::Program { secret, .. } => match backend.access.program(secret, now).await {
                Ok(_) => Ok(true),
                Err(AccessError::Refused(_)) => Ok(false),
                Err(error) => Err(error),
            },
        };
        lives.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether a listener may still hear is not known");
            true
        })
    }
}

fn said(event: LiveEvent) -> Event {
    match event {
        LiveEvent::Balance(view) => balance(&view),
        LiveEvent::Changed(changed) => Event::default().event("changed").data(changed.topic),
        LiveEvent::Missed => Event::default().event("changed").data("*"),
    }
}

fn balance(view: &BalanceView) -> Event {
    let event = Event::default().event("balance");
    event.json_data(view).unwrap_or_else(|_| Event::default().comment("unprintable"))
}
