//! The careful way of a group: look up everything that it may meet, decide, write, and answer; again
//! and again until it is answered one way or another.
//!
//! A group goes this way when memory does not have what it needs, and when writing it failed.

use super::answer::{self, SubmitError};
use super::cache::Cached;
use super::decide::{Before, Decided};
use super::fetch::{FetchError, Fetched, fetch};
use super::request::What;
use super::rows;
use super::writer::Context;
use crate::backend::store::commit::{GroupWrite, Written};
use crate::backend::store::{StoreError, head};
use crate::ledger::{IdempotencyKey, Order, OrganisationId, Timestamp};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Tries of a group while the database cannot be reached, each after a longer pause.
const TRIES: u32 = 8;
/// The first of these pauses; the last is 2^7 times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// Tries of a group while other nodes write first.
const MOVES: u32 = 100;

/// The requests of one organisation in a group.
pub struct Part {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its requests, in order of arrival.
    pub requests: Vec<What>,
    /// Its state, as far as it is in memory.
    pub cached: Option<Cached>,
    /// Keys of a write of ours of which we do not know whether it went through.
    pub in_doubt: HashSet<IdempotencyKey>,
}

/// A part that is decided.
struct Ready {
    decided: Decided,
    cached: Cached,
    now: Timestamp,
}

/// The states that are as the database has them.
pub type Kept = HashMap<OrganisationId, Cached>;

/// How an attempt to commit parts ended, if not well.
enum Setback {
    /// Another node wrote first.
    Moved,
    /// The database cannot be reached, or not now.
    Unreachable(StoreError),
    /// The database refuses what we write.
    Rejected(StoreError),
}

impl Part {
    /// Tells everyone that there is no answer.
    fn fail(self, error: &SubmitError) {
        self.requests.into_iter().for_each(|request| request.fail(error.clone()));
    }
}

/// Tries until everything is answered, one way or another.
pub async fn see_through(context: &Context, mut parts: Vec<Part>) -> Kept {
    let (mut moves, mut tries) = (0, 0);
    loop {
        match attempt(context, &mut parts).await {
            Ok(ready) => return answer_all(context, parts, ready).await,
            Err(Setback::Moved) if moves < MOVES => moves += 1,
            Err(Setback::Moved) => return give_up(parts, "other nodes write too fast".into()),
            Err(Setback::Unreachable(error)) if tries >= TRIES => {
                return give_up(parts, error.to_string());
            }
            Err(Setback::Unreachable(error)) => {
                tracing::warn!(%error, tries, "a group is tried again");
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries)).await;
                tries += 1;
            }
            Err(Setback::Rejected(error)) => match one_by_one(parts) {
                Ok(single) => return Box::pin(see_each_through(context, single)).await,
                Err(parts) => return give_up(parts, error.to_string()),
            },
        }
    }
}

/// Commits parts one after the other, so that a bad one fails alone.
async fn see_each_through(context: &Context, parts: Vec<Part>) -> Kept {
    let mut kept = Kept::new();
    for mut part in parts {
        part.cached = kept.remove(&part.organisation);
        kept.extend(see_through(context, vec![part]).await);
    }
    kept
}

/// Each request in a part of its own; the parts themselves when there is only one request.
fn one_by_one(parts: Vec<Part>) -> Result<Vec<Part>, Vec<Part>> {
    if parts.iter().map(|part| part.requests.len()).sum::<usize>() <= 1 {
        return Err(parts);
    }
    let alone = |part: Part| {
        let Part { organisation, requests, in_doubt, .. } = part;
        requests.into_iter().map(move |request| Part {
            organisation: organisation.clone(),
            requests: vec![request],
            cached: None,
            in_doubt: in_doubt.clone(),
        })
    };
    Ok(parts.into_iter().flat_map(alone).collect())
}

fn give_up(parts: Vec<Part>, reason: String) -> Kept {
    tracing::error!(%reason, "a group was not committed");
    let error = SubmitError::Unavailable { reason };
    parts.into_iter().for_each(|part| part.fail(&error));
    Kept::new()
}

/// Fetches, decides and writes once. Parts that can never pass are answered and leave.
async fn attempt(context: &Context, parts: &mut Vec<Part>) -> Result<Vec<Ready>, Setback> {
    let (mut ready, mut writes) = (Vec::new(), Vec::new());
    let mut index = 0;
    while index < parts.len() {
        let part = &mut parts[index];
        let cached = part.cached.take();
        let orders: Vec<&Order> = part.requests.iter().filter_map(What::order).collect();
        let now = Timestamp(context.clock.now_microseconds());
        match fetch(&context.db, &part.organisation, &orders, cached, now).await {
            Ok(fetched) => {
                let (one, write) = decide(part, fetched, now);
                ready.push(one);
                writes.extend(write);
                index += 1;
            }
            Err(FetchError::Store(error)) if is_passing(&error) => {
                return Err(Setback::Unreachable(error));
            }
            Err(error) => parts.remove(index).fail(&error.into()),
        }
    }
    write(context, parts, &ready, &writes).await?;
    Ok(ready)
}

fn decide(part: &mut Part, fetched: Fetched, now: Timestamp) -> (Ready, Option<GroupWrite>) {
    let Fetched { known, mut cached, used } = fetched;
    let before = Before { keys: &known.keys, used: &used, now };
    let mut decided = Decided::default();
    for what in &mut part.requests {
        decided.decide(&mut cached, what, &before);
    }
    let write = (!decided.booked.is_empty()).then(|| {
        let figures = rows::figures(&part.organisation, known.version, &cached, &decided);
        rows::with_journal(figures, &part.organisation, &decided)
    });
    (Ready { decided, cached, now }, write)
}

async fn write(
    context: &Context,
    parts: &mut [Part],
    ready: &[Ready],
    writes: &[GroupWrite],
) -> Result<(), Setback> {
    if writes.is_empty() {
        return Ok(());
    }
    match context.committer.write(writes).await {
        Ok(Written::Committed { statements }) => {
            context.counters.committed(statements, writes);
            Ok(())
        }
        Ok(Written::Moved) => Err(Setback::Moved),
        Err(error) if !is_passing(&error) => Err(Setback::Rejected(error)),
        Err(error) => {
            for (part, ready) in parts.iter_mut().zip(ready) {
                part.in_doubt.extend(ready.decided.keys.keys().cloned());
            }
            Err(Setback::Unreachable(error))
        }
    }
}

/// Whether trying again may help: the connection broke, or the database is stopping, full or locked.
pub fn is_passing(error: &StoreError) -> bool {
    const CLASSES: [&str; 6] = ["08", "25", "40", "53", "55", "57"];
    const SQLITE_BUSY: i64 = 5;
    const SQLITE_LOCKED: i64 = 6;
    match error {
        StoreError::Corrupt { .. } | StoreError::Conflict { .. } => false,
        StoreError::Database(sqlx::Error::Database(inner)) => {
            let code = inner.code().unwrap_or_default();
            let sqlite = code.parse::<i64>().is_ok_and(|code| {
                code < 10_000 && [SQLITE_BUSY, SQLITE_LOCKED].contains(&(code & 0xff))
            });
            sqlite || (code.len() == 5 && CLASSES.iter().any(|class| code.starts_with(class)))
        }
        StoreError::Database(sqlx::Error::PoolClosed) => false,
        StoreError::Database(_) => true,
    }
}

/// Answers everyone in groups that are durable.
async fn answer_all(context: &Context, parts: Vec<Part>, ready: Vec<Ready>) -> Kept {
    let mut kept = Kept::with_capacity(parts.len());
    for (part, ready) in parts.into_iter().zip(ready) {
        let Ready { decided, mut cached, now } = ready;
        let booked = decided.booked.len();
        if booked > 0 {
            let view = head::balance_view(&cached.state, now);
            context.live.publish_balance(&part.organisation, view);
        }
        let requests = part.requests;
        context.counters.answered(&requests);
        let earlier = answer::answer(part.organisation.clone(), requests, decided, &part.in_doubt);
        earlier.answer(&context.db).await;
        cached.forget_closed(booked);
        kept.insert(part.organisation, cached);
    }
    kept
}
