//! The writer task: puts requests into the lanes of their organisations, lets groups go, and answers
//! those that are durable.

use super::Limits;
use super::answer::{self, Earlier};
use super::careful::{Kept, Part, is_passing, see_through};
use super::figures::Counters;
use super::flight::{End, Flight, fly};
use super::lane::{Departure, Lane};
use super::lanes::Lanes;
use super::request::Request;
use crate::backend::clock::Clock;
use crate::backend::live::Live;
use crate::backend::store::Db;
use crate::backend::store::commit::Committer;
use crate::ledger::{OrganisationId, Timestamp};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};

/// Organisations whose groups one writer commits at the same time on PostgreSQL. SQLite has one writer,
/// so there all that are ready share a transaction.
const AT_ONCE: usize = 8;

/// What a writer works with.
#[derive(Clone, Debug)]
pub struct Context {
    pub db: Db,
    pub committer: Arc<Committer>,
    pub clock: Clock,
    pub live: Live,
    pub counters: Arc<Counters>,
}

/// One writer task.
pub struct Writer {
    context: Context,
    queue: mpsc::Receiver<Request>,
    limits: Limits,
    lanes: Lanes,
    /// Organisations with something to go, in the order in which they got it.
    ready: VecDeque<OrganisationId>,
    under_way: JoinSet<Landing>,
    /// Whose groups each task carries.
    carried: HashMap<Id, Vec<OrganisationId>>,
    /// Requests in the lanes that are not under way.
    here: usize,
    flushes: Vec<oneshot::Sender<()>>,
}

/// How a task ended.
enum Landing {
    /// Decided groups: written or not.
    Decided(Vec<Flight>, End),
    /// Groups that went the careful way: everyone is answered.
    Careful(Kept),
    /// Answers from the journal are given.
    Answered,
}

impl Writer {
    /// A writer with nothing in memory.
    pub fn new(context: Context, queue: mpsc::Receiver<Request>, limits: Limits) -> Self {
        Writer {
            context,
            queue,
            limits,
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            under_way: JoinSet::new(),
            carried: HashMap::new(),
            here: 0,
            flushes: Vec::new(),
        }
    }

    /// Takes what comes and sees it through, until nobody can ask any more and everyone is answered.
    pub async fn run(mut self) {
        let (mut taken, mut asked) = (Vec::new(), true);
        loop {
            self.depart_all();
            if self.under_way.is_empty() && self.here == 0 {
                // Whoever drains may have given up.
                self.flushes.drain(..).for_each(|flush| _ = flush.send(()));
            }
            let room = self.limits.group.saturating_sub(self.here);
            tokio::select! {
                biased;
                Some(landed) = self.under_way.join_next_with_id() => self.land(landed),
                count = self.queue.recv_many(&mut taken, room), if asked && room > 0 => {
                    asked = count > 0;
                    self.take(taken.drain(..));
                }
                else => return,
            }
        }
    }

    fn take(&mut self, requests: impl Iterator<Item = Request>) {
        let now = self.now();
        for request in requests {
            match request {
                Request::Flush(flush) => self.flushes.push(flush),
                Request::Of { organisation, what } => {
                    self.in_lane(&organisation, |lane| lane.take(what, now));
                }
            }
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.context.clock.now_microseconds())
    }

    /// Does something in a lane, and puts it among the ready if there is something to go.
    fn in_lane<T>(&mut self, organisation: &OrganisationId, act: impl FnOnce(&mut Lane) -> T) -> T {
        let lane = self.lanes.of(organisation);
        let before = lane.len();
        let done = act(lane);
        self.here = self.here + lane.len() - before;
        if !lane.under_way && !lane.queued && lane.len() > 0 {
            lane.queued = true;
            self.ready.push_back(organisation.clone());
        }
        done
    }

    fn depart_all(&mut self) {
        let at_once = if matches!(self.context.db, Db::Sqlite { .. }) { 1 } else { AT_ONCE };
        while self.carried.len() < at_once
            && let Some(first) = self.ready.pop_front()
        {
            let (mut flights, mut parts) = (Vec::new(), Vec::new());
            let together = self.together(first);
            for organisation in &together {
                let at_most = self.limits.group;
                let departure = self.in_lane(organisation, |lane| {
                    lane.queued = false;
                    lane.depart(organisation, at_most)
                });
                match departure {
                    Departure::Decided(flight) => flights.push(flight),
                    Departure::Careful(part) => parts.push(part),
                }
            }
            self.carry(together, flights, parts);
        }
    }

    /// The organisations that go with the first: on SQLite all that go the same way.
    fn together(&mut self, first: OrganisationId) -> Vec<OrganisationId> {
        let mut together = vec![first];
        if matches!(self.context.db, Db::Sqlite { .. }) {
            let careful = self.lanes.of(&together[0]).is_careful();
            for other in std::mem::take(&mut self.ready) {
                if self.lanes.of(&other).is_careful() == careful {
                    together.push(other);
                } else {
                    self.ready.push_back(other);
                }
            }
        }
        together
    }

    fn carry(&mut self, whose: Vec<OrganisationId>, mut flights: Vec<Flight>, parts: Vec<Part>) {
        let context = self.context.clone();
        let task = self.under_way.spawn(async move {
            if parts.is_empty() {
                let end = fly(&context, &mut flights).await;
                Landing::Decided(flights, end)
            } else {
                Landing::Careful(see_through(&context, parts).await)
            }
        });
        self.carried.insert(task.id(), whose);
    }

    fn land(&mut self, landed: Result<(Id, Landing), JoinError>) {
        let id = landed.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let whose = self.carried.remove(&id).unwrap_or_default();
        match landed {
            Ok((_, Landing::Decided(flights, End::Durable))) => self.durable(flights),
            Ok((_, Landing::Decided(flights, end))) => self.failed(flights, &end),
            Ok((_, Landing::Careful(mut kept))) => {
                let now = self.now();
                for organisation in &whose {
                    let cached = kept.remove(organisation);
                    self.in_lane(organisation, |lane| lane.careful_landed(cached, now));
                }
            }
            Ok((_, Landing::Answered)) => {}
            Err(panic) => {
                tracing::error!(%panic, "a group is given up");
                whose.iter().for_each(|organisation| self.in_lane(organisation, Lane::lost));
            }
        }
    }

    /// The next groups go before these are answered.
    fn durable(&mut self, flights: Vec<Flight>) {
        for flight in &flights {
            self.in_lane(&flight.organisation, Lane::landed);
        }
        self.depart_all();
        for Flight { organisation, group, view, .. } in flights {
            if !group.decided.booked.is_empty() {
                self.context.live.publish_balance(&organisation, view);
            }
            self.context.counters.answered(&group.requests);
            let nothing = HashSet::new();
            let earlier = answer::answer(organisation, group.requests, group.decided, &nothing);
            self.answer_from_journal(earlier);
        }
    }

    fn answer_from_journal(&mut self, earlier: Earlier) {
        if !earlier.is_empty() {
            let db = self.context.db.clone();
            self.under_way.spawn(async move {
                earlier.answer(&db).await;
                Landing::Answered
            });
        }
    }

    fn failed(&mut self, flights: Vec<Flight>, end: &End) {
        if let End::Unknown(error) = end {
            tracing::warn!(%error, "a group is looked up and tried again");
        }
        let in_doubt = matches!(end, End::Unknown(error) if is_passing(error));
        let met = matches!(end, End::MetWhatWasThere);
        for Flight { organisation, group, .. } in flights {
            self.in_lane(&organisation, |lane| lane.failed(group, in_doubt, met));
        }
    }
}
