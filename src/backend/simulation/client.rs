//! A virtual client: goes through its steps, and sends until it knows.

use super::script::Place;
use super::{Violation, World};
use crate::backend::chance::Chance;
use crate::backend::engine::{Engine, Receipt, SubmitError};
use crate::ledger::{Order, OrganisationId};
use std::sync::Arc;
use std::time::Duration;

/// How long a client waits before it asks again; twice as long each time, up to the longest.
const PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// Attempts, a minute of them at least, after which an order will never be answered.
const PATIENCE: usize = 1_200;
/// How far a node's clock goes on with each attempt, in microseconds.
const TICK: i64 = 50_000;

/// How a step is done. Every way is chosen before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Send the order until it is answered.
    Plainly,
    /// Send it to two nodes at the same time.
    Twice,
    /// Send it, lose the answer, and send it again.
    AnswerLost,
    /// Send it and never ask what came of it.
    WalkAway,
    /// Send an earlier order again, one's own or another's.
    Again,
    /// Send the order under the key of an earlier one.
    UnderAnotherKey,
    /// Read the balance.
    Look,
}

/// Every way with how often it is gone, in a hundred.
const WAYS: [(u64, Way); 7] = [
    (44, Way::Plainly),
    (14, Way::Twice),
    (14, Way::AnswerLost),
    (6, Way::WalkAway),
    (10, Way::Again),
    (4, Way::UnderAnotherKey),
    (8, Way::Look),
];

/// Goes through all steps, or until a promise is broken.
pub async fn live(world: Arc<World>, client: u64) {
    for step in 0..world.plan.steps {
        if world.is_broken() {
            return;
        }
        let place = Place { client, step };
        take(&world, place).await;
        world.step_done();
    }
}

async fn take(world: &World, place: Place) {
    let mut dice = world.script.manner(place);
    let way = way(&mut dice);
    let node = dice.below(world.nodes.count() as u64) as usize;
    let patience = dice.below(6);
    let now = world.nodes.now(node);
    let (organisation, order) = world.script.order(place, now);
    match way {
        Way::Plainly => send(world, &organisation, &order, node).await,
        Way::Twice => {
            let other = (node + 1) % world.nodes.count();
            let here = send(world, &organisation, &order, node);
            let there = send(world, &organisation, &order, other);
            tokio::join!(here, there);
        }
        Way::AnswerLost => {
            lose(world, &organisation, &order, node, patience).await;
            send(world, &organisation, &order, node).await;
        }
        Way::WalkAway => lose(world, &organisation, &order, node, patience).await,
        Way::Again => {
            let earlier = world.script.earlier(&mut dice, place);
            let (organisation, order) = world.script.order(earlier, now);
            send(world, &organisation, &order, node).await;
        }
        Way::UnderAnotherKey => {
            let earlier = world.script.earlier(&mut dice, place);
            let (organisation, first) = world.script.order(earlier, now);
            let other = Order { key: first.key, ..order };
            send(world, &organisation, &other, node).await;
        }
        Way::Look => look(world, &organisation, node).await,
    }
}

fn way(dice: &mut Chance) -> Way {
    let mut left = dice.below(WAYS.iter().map(|(weight, _)| weight).sum());
    for (weight, way) in WAYS {
        match left.checked_sub(weight) {
            Some(rest) => left = rest,
            None => return way,
        }
    }
    Way::Plainly
}

/// Sends until there is an answer that is one. Every other attempt goes to another node.
async fn send(world: &World, organisation: &OrganisationId, order: &Order, node: usize) {
    let mut pause = PAUSE;
    for attempt in 0..PATIENCE {
        if world.is_broken() {
            return;
        }
        let at = (node + attempt / 2) % world.nodes.count();
        if let Some(engine) = world.nodes.engine(at) {
            world.nodes.clock(at).advance(TICK);
            let sent = world.oracle().sends(organisation, order);
            let answer = submit(engine, organisation, order).await;
            world.note(world.oracle().hears(&sent, &answer));
            if is_answer(&answer) {
                return;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    let what = format!("no answer after {PATIENCE} attempts");
    world.note(Err(Violation::of(organisation, &order.key, what)));
}

async fn submit(
    engine: Engine,
    organisation: &OrganisationId,
    order: &Order,
) -> Result<Receipt, SubmitError> {
    engine.submit(organisation, order.clone()).await
}

fn is_answer(answer: &Result<Receipt, SubmitError>) -> bool {
    let none = |error: &SubmitError| {
        matches!(error, SubmitError::Busy { .. } | SubmitError::Unavailable { .. })
    };
    !answer.as_ref().is_err_and(none)
}

/// Sends once and goes away before the answer, or with it unread. The order is on its way all the same.
async fn lose(
    world: &World,
    organisation: &OrganisationId,
    order: &Order,
    node: usize,
    milliseconds: u64,
) {
    let Some(engine) = world.nodes.engine(node) else { return };
    let _sent = world.oracle().sends(organisation, order);
    let answer = submit(engine, organisation, order);
    let _lost = tokio::time::timeout(Duration::from_millis(milliseconds), answer).await;
}

async fn look(world: &World, organisation: &OrganisationId, node: usize) {
    let Some(engine) = world.nodes.engine(node) else { return };
    let before = world.oracle().version(organisation);
    if let Ok(view) = engine.balance(organisation, world.nodes.now(node)).await {
        world.note(world.oracle().sees(organisation, before, &view));
    }
}
