//! The writer task: takes what waits, and sees each group through to its answers.

use super::answer::{Receipt, SubmitError};
use super::cache::{Cache, Cached};
use super::decide::{Decided, Outcome, decide};
use super::fetch::{FetchError, fetch};
use super::request::{Request, What};
use super::rows::group_write;
use super::{Counters, Limits};
use crate::backend::clock::Clock;
use crate::backend::live::Live;
use crate::backend::store::commit::{self, GroupWrite, Written};
use crate::backend::store::{Db, StoreError, head, journal};
use crate::ledger::{IdempotencyKey, Order, OrganisationId, Timestamp, Transaction};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Organisations whose groups one writer commits at the same time on PostgreSQL.
const AT_ONCE: usize = 4;
/// Tries of a group while the database cannot be reached, each after a longer pause.
const TRIES: u32 = 8;
/// The first of these pauses; the last is 2^7 times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// Tries of a group while other nodes write first.
const MOVES: u32 = 100;

/// What a writer works with.
#[derive(Clone, Debug)]
pub struct Context {
    pub db: Db,
    pub clock: Clock,
    pub live: Live,
    pub counters: Arc<Counters>,
}

/// One writer task.
pub struct Writer {
    context: Context,
    queue: mpsc::Receiver<Request>,
    limits: Limits,
    cache: Cache,
}

/// The requests of one organisation in a group.
struct Part {
    organisation: OrganisationId,
    requests: Vec<What>,
    cached: Option<Cached>,
    /// Keys of a write of ours of which we do not know whether it went through.
    in_doubt: HashSet<IdempotencyKey>,
}

/// A part that is decided.
struct Ready {
    decided: Decided,
    cached: Cached,
    now: Timestamp,
}

/// How an attempt to commit parts ended, if not well.
enum Setback {
    /// Another node wrote first.
    Moved,
    /// The database cannot be reached, or not now.
    Unreachable(StoreError),
    /// The database refuses what we write.
    Rejected(StoreError),
}

impl Writer {
    /// A writer with nothing in memory.
    pub fn new(context: Context, queue: mpsc::Receiver<Request>, limits: Limits) -> Self {
        Writer { context, queue, limits, cache: Cache::default() }
    }

    /// Takes what waits and commits it, until nobody can ask any more.
    pub async fn run(mut self) {
        let mut waiting = Vec::new();
        while self.queue.recv_many(&mut waiting, self.limits.group).await > 0 {
            let (parts, flushes) = self.parted(waiting.drain(..));
            for (organisation, cached) in commit_all(&self.context, parts).await {
                self.cache.put(organisation, cached);
            }
            for flush in flushes {
                // Whoever drains may have given up.
                let _ = flush.send(());
            }
        }
    }

    /// The requests by organisation, each in order of arrival, with the states in memory.
    fn parted(
        &mut self,
        requests: impl Iterator<Item = Request>,
    ) -> (Vec<Part>, Vec<tokio::sync::oneshot::Sender<()>>) {
        let (mut parts, mut flushes) = (Vec::<Part>::new(), Vec::new());
        let mut places: HashMap<OrganisationId, usize> = HashMap::new();
        for request in requests {
            match request {
                Request::Flush(flush) => flushes.push(flush),
                Request::Of { organisation, what } => {
                    let place = *places.entry(organisation.clone()).or_insert(parts.len());
                    if place == parts.len() {
                        let cached = self.cache.take(&organisation);
                        parts.push(Part::new(organisation, cached));
                    }
                    parts[place].requests.push(what);
                }
            }
        }
        (parts, flushes)
    }
}

impl Part {
    fn new(organisation: OrganisationId, cached: Option<Cached>) -> Self {
        Part { organisation, requests: Vec::new(), cached, in_doubt: HashSet::new() }
    }

    /// Tells everyone that there is no answer.
    fn fail(self, error: &SubmitError) {
        self.requests.into_iter().for_each(|request| request.fail(error.clone()));
    }
}

impl What {
    fn order(&self) -> Option<&Order> {
        match self {
            What::Order { order, .. } => Some(order),
            What::Read(_) | What::Due { .. } => None,
        }
    }

    fn fail(self, error: SubmitError) {
        match self {
            // Nobody may be waiting any more.
            What::Order { reply, .. } => _ = reply.send(Err(error)),
            What::Read(look) => look(Err(error)),
            What::Due { reply, .. } => _ = reply.send(Err(error)),
        }
    }
}

type Kept = Vec<(OrganisationId, Cached)>;

/// SQLite has one writer, so all parts share a transaction; on PostgreSQL each has its own.
async fn commit_all(context: &Context, parts: Vec<Part>) -> Kept {
    if parts.len() <= 1 || matches!(context.db, Db::Sqlite { .. }) {
        return see_through(context, parts).await;
    }
    let (mut kept, mut running, mut parts) = (Vec::new(), JoinSet::new(), parts.into_iter());
    loop {
        while running.len() < AT_ONCE
            && let Some(part) = parts.next()
        {
            let context = context.clone();
            running.spawn(async move { see_through(&context, vec![part]).await });
        }
        match running.join_next().await {
            Some(Ok(more)) => kept.extend(more),
            Some(Err(panic)) => tracing::error!(%panic, "a group was given up"),
            None => return kept,
        }
    }
}

/// Tries until everything is answered, one way or another.
async fn see_through(context: &Context, mut parts: Vec<Part>) -> Kept {
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
    let mut kept: HashMap<OrganisationId, Cached> = HashMap::new();
    for mut part in parts {
        part.cached = kept.remove(&part.organisation);
        kept.extend(see_through(context, vec![part]).await);
    }
    kept.into_iter().collect()
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
    Vec::new()
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
            Ok(mut fetched) => {
                let expected = fetched.known.version;
                let decided = decide(&mut fetched, &part.requests, now);
                if !decided.booked.is_empty() {
                    let cached = &fetched.cached;
                    writes.push(group_write(&part.organisation, expected, cached, &decided));
                }
                ready.push(Ready { decided, cached: fetched.cached, now });
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

async fn write(
    context: &Context,
    parts: &mut [Part],
    ready: &[Ready],
    writes: &[GroupWrite],
) -> Result<(), Setback> {
    if writes.is_empty() {
        return Ok(());
    }
    match commit::write(&context.db, writes).await {
        Ok(Written::Committed) => {
            context.counters.commits.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        Ok(Written::Moved) => Err(Setback::Moved),
        Err(error) => {
            if !is_passing(&error) {
                return Err(Setback::Rejected(error));
            }
            for (part, ready) in parts.iter_mut().zip(ready) {
                part.in_doubt.extend(ready.decided.keys.iter().map(|(key, ..)| key.clone()));
            }
            Err(Setback::Unreachable(error))
        }
    }
}

/// Whether trying again may help: the connection broke, or the database is stopping, full or locked.
fn is_passing(error: &StoreError) -> bool {
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

/// Answers everyone in a group that is durable.
async fn answer_all(context: &Context, parts: Vec<Part>, ready: Vec<Ready>) -> Kept {
    let mut kept = Vec::with_capacity(parts.len());
    for (part, ready) in parts.into_iter().zip(ready) {
        let Ready { mut decided, mut cached, now } = ready;
        if !decided.booked.is_empty() {
            let view = head::balance_view(&cached.state, now);
            context.live.publish_balance(&part.organisation, view);
        }
        let transactions = answering(context, &part.organisation, &mut decided).await;
        let orders = part.requests.iter().filter_map(What::order).count();
        context.counters.orders.fetch_add(orders as u64, Ordering::Relaxed);
        for (request, outcome) in part.requests.into_iter().zip(decided.outcomes) {
            answer(request, outcome, &transactions, &cached, &part.in_doubt);
        }
        cached.forget_closed(decided.booked.len());
        kept.push((part.organisation, cached));
    }
    kept
}

type Transactions = Result<HashMap<u64, Transaction>, SubmitError>;

/// The transactions that answer orders: booked just now, or found in the journal.
async fn answering(
    context: &Context,
    organisation: &OrganisationId,
    decided: &mut Decided,
) -> Transactions {
    let wanted: HashSet<u64> = decided.outcomes.iter().filter_map(Outcome::sequence).collect();
    let booked = decided.booked.iter().filter(|it| wanted.contains(&it.sequence));
    let mut found: HashMap<u64, Transaction> =
        booked.map(|transaction| (transaction.sequence, transaction.clone())).collect();
    let missing: Vec<u64> =
        wanted.into_iter().filter(|sequence| !found.contains_key(sequence)).collect();
    let earlier = journal::several(&context.db, organisation, missing).await?;
    found.extend(earlier.into_iter().map(|transaction| (transaction.sequence, transaction)));
    Ok(found)
}

impl Outcome {
    fn sequence(&self) -> Option<u64> {
        match self {
            Outcome::Answered { sequence, .. } => Some(*sequence),
            _ => None,
        }
    }
}

fn answer(
    request: What,
    outcome: Outcome,
    transactions: &Transactions,
    cached: &Cached,
    in_doubt: &HashSet<IdempotencyKey>,
) {
    match (request, outcome) {
        (What::Order { order, reply, .. }, outcome) => {
            // A replay of what we wrote ourselves a moment ago is no replay to the caller.
            let ours = in_doubt.contains(&order.key);
            // Nobody may be waiting any more.
            let _ = reply.send(receipt(outcome, transactions, ours));
        }
        (What::Read(look), _) => look(Ok(&cached.state)),
        (What::Due { reply, .. }, Outcome::Due(count)) => _ = reply.send(Ok(count)),
        (What::Due { reply, .. }, _) => _ = reply.send(Ok(0)),
    }
}

fn receipt(
    outcome: Outcome,
    transactions: &Transactions,
    ours: bool,
) -> Result<Receipt, SubmitError> {
    match outcome {
        Outcome::Answered { sequence, replayed, balance } => {
            let transactions = transactions.as_ref().map_err(SubmitError::clone)?;
            let transaction = transactions.get(&sequence).cloned().ok_or_else(|| {
                SubmitError::Unavailable { reason: format!("transaction {sequence} is missing") }
            })?;
            Ok(Receipt { transaction, replayed: replayed && !ours, balance })
        }
        // What we wrote may still be on its way to the database: a no could turn out to be wrong.
        Outcome::Refused(_) | Outcome::NotNow | Outcome::Unmet if ours => {
            let reason = "the database did not say whether it is booked".into();
            Err(SubmitError::Unavailable { reason })
        }
        Outcome::Refused(refusal) => Err(SubmitError::Refused(refusal)),
        Outcome::Conflict => Err(SubmitError::KeyConflict),
        Outcome::NotNow => Err(SubmitError::Busy { retry_after: Duration::ZERO }),
        Outcome::Unmet => Err(SubmitError::Unmet),
        Outcome::Look | Outcome::Due(_) => {
            Err(SubmitError::Unavailable { reason: "an order was taken for something else".into() })
        }
    }
}
