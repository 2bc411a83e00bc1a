//! The program and, separately, PostgreSQL end in the middle of hundreds of holds, again and again:
//! what was acknowledged is there, once and whole. The program is the real one, in a process of its own.

use super::*;
use crate::on_both_databases;
use scrip::backend::simulation::{Cluster, Ground};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;

on_both_databases!(
    a_program_that_is_killed_again_and_again_loses_nothing_it_acknowledged,
    two_programs_on_one_database_never_hand_out_more_than_there_is,
);

/// Holds that each worker asks for at the same time.
const PARALLEL: u64 = 200;
/// Acknowledgements to wait for before something is killed.
const ENOUGH: usize = 300;
/// How often something is killed.
const ROUNDS: usize = 3;

/// A process that makes holds of one credit, and what it acknowledged so far.
struct Worker {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    acknowledged: Vec<Transaction>,
}

impl Worker {
    fn start(url: &str, name: &str, parallel: u64, holds: u64) -> Worker {
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_scrip"))
            .args(["simulate", "worker", "--organisation", "org_1", "--name", name])
            .args(["--parallel", &parallel.to_string(), "--holds", &holds.to_string()])
            .args(["--database-url", url])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Worker { process, lines, acknowledged: Vec::new() }
    }

    /// Waits for so many more acknowledgements.
    fn acknowledges(&mut self, count: usize) {
        let more: Vec<Transaction> = self.lines.by_ref().take(count).map(transaction).collect();
        assert_eq!(more.len(), count, "the program ended by itself");
        self.acknowledged.extend(more);
    }

    /// Ends it without a word, and reads what it still got out.
    fn kill(mut self) -> Vec<Transaction> {
        self.process.kill().expect("it runs");
        self.rest()
    }

    /// Reads until it ends by itself.
    fn rest(mut self) -> Vec<Transaction> {
        self.acknowledged.extend(self.lines.by_ref().map(transaction));
        self.process.wait().expect("it has ended");
        self.acknowledged
    }
}

fn transaction(line: std::io::Result<String>) -> Transaction {
    let line = line.expect("a line of text");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Runs what waits for processes beside the runtime.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Everything that was acknowledged is there as it was told, once; the rest is whole; figures agree.
async fn must_have(db: &Db, organisation: &OrganisationId, acknowledged: &[Transaction]) {
    let journal = journal::range(db, organisation, 1, 10_000_000).await.unwrap();
    for told in acknowledged {
        assert_eq!(journal.get(told.sequence as usize - 1), Some(told), "lost or changed");
    }
    let keys: HashSet<_> = journal.iter().map(|transaction| &transaction.key).collect();
    assert_eq!(keys.len(), journal.len(), "something is there twice");
    let told: HashSet<_> = acknowledged.iter().map(|transaction| transaction.sequence).collect();
    assert_eq!(told.len(), acknowledged.len(), "one transaction was acknowledged to two orders");
    must_verify(db, organisation).await;
}

async fn a_program_that_is_killed_again_and_again_loses_nothing_it_acknowledged(
    test: TestDatabase,
) {
    let office = Office::with_credits(test, "1000000").await;
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let url = office.test.url.clone();
        let more = beside(move || {
            let mut worker = Worker::start(&url, &format!("round{round}"), PARALLEL, u64::MAX);
            worker.acknowledges(ENOUGH);
            worker.kill()
        });
        acknowledged.extend(more.await);
        must_have(office.db(), &office.organisation, &acknowledged).await;
    }
    assert!(acknowledged.len() >= ROUNDS * ENOUGH);
}

async fn two_programs_on_one_database_never_hand_out_more_than_there_is(test: TestDatabase) {
    let office = Office::with_credits(test, "300").await;
    let start = |name| Worker::start(&office.test.url, name, 40, 10);
    let (one, other) = (start("one"), start("other"));
    let (one, other) = tokio::join!(beside(|| one.rest()), beside(|| other.rest()));
    assert_eq!(one.len() + other.len(), 300, "{} and {}", one.len(), other.len());
    must_have(office.db(), &office.organisation, &[one, other].concat()).await;
    let balance = office.engine.balance(&office.organisation, BEGINNING).await.unwrap();
    assert_eq!((balance.available, balance.held), (credits("0"), credits("300")));
}

/// PostgreSQL ends at once under a program that goes on, with the server's own, durable settings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_stopped_again_and_again_loses_nothing_that_was_acknowledged() {
    let cluster = beside(|| Arc::new(Cluster::start(&std::env::temp_dir(), "").unwrap())).await;
    let url = Ground::Postgres(cluster.clone()).fresh().await.unwrap().url;
    let db = Db::connect(&url).await.unwrap();
    db.migrate().await.unwrap();
    let organisation = an_organisation(&db, "org_1").await;
    let engine = Engine::start(db.clone(), Clock::manual(BEGINNING.micros()), Live::new());
    engine.submit(&organisation, grant("lot_first", "1000000")).await.unwrap();
    let server = cluster.clone();
    let acknowledged = beside(move || {
        let mut worker = Worker::start(&url, "going_on", PARALLEL, u64::MAX);
        for _ in 0..ROUNDS {
            worker.acknowledges(ENOUGH);
            server.crash().unwrap();
            server.recover().unwrap();
        }
        worker.acknowledges(ENOUGH);
        worker.kill()
    });
    let acknowledged = acknowledged.await;
    must_have(&db, &organisation, &acknowledged).await;
    drop(cluster);
}
