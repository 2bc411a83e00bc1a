//! `GET /live`: the balance and notices of change of the caller's organisation, as server-sent events.
//!
//! The first event is the balance as it is now, so that a page that was away catches up at once. The
//! stream ends when the server is asked to stop; browsers come back by themselves.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio_stream::wrappers::ReceiverStream;

use crate::backend::access::{Caller, CurrentCaller};
use crate::backend::live::{LiveEvent, Subscription};
use crate::backend::state::Backend;
use crate::model::Problem;
use crate::model::balance::BalanceView;
use crate::web::pages::Site;
use crate::web::security::problem_response;

/// A comment is sent this often, so that proxies keep a quiet stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Events that wait for a slow reader; balances never queue, the newest one wins.
const WAITING_EVENTS: usize = 16;

/// The stream of whoever is signed in; 401 for nobody.
pub async fn stream(
    State(site): State<Site>,
    Extension(CurrentCaller(caller)): Extension<CurrentCaller>,
) -> Response {
    let Some(caller) = caller else { return problem_response(&Problem::unauthenticated()) };
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING_EVENTS);
    tokio::spawn(feed(site.backend, caller, sender));
    Sse::new(ReceiverStream::new(receiver))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response()
}

type Sender = tokio::sync::mpsc::Sender<Result<Event, Infallible>>;

async fn feed(backend: Backend, caller: Caller, sender: Sender) {
    let mut subscription = backend.live.subscribe(&caller.organisation);
    if let Ok(view) = backend.balance_view(&caller.organisation).await {
        subscription.seen(view.version);
        if sender.send(Ok(balance(&view))).await.is_err() {
            return;
        }
    }
    tokio::select! {
        () = pass_on(&mut subscription, &sender) => {}
        () = sender.closed() => {}
        () = backend.stopping() => {}
    }
}

async fn pass_on(subscription: &mut Subscription, sender: &Sender) {
    while let Some(event) = subscription.next().await {
        let event = match event {
            LiveEvent::Balance(view) => balance(&view),
            LiveEvent::Changed(changed) => Event::default().event("changed").data(changed.topic),
            LiveEvent::Missed => Event::default().event("changed").data("*"),
        };
        if sender.send(Ok(event)).await.is_err() {
            return;
        }
    }
}

fn balance(view: &BalanceView) -> Event {
    let event = Event::default().event("balance");
    event.json_data(view).unwrap_or_else(|_| Event::default().comment("unprintable"))
}
