//! When the database fails: everyone is answered, nothing is lost and nothing is there twice.

use super::*;
use crate::on_both_databases;
use tokio::task::JoinSet;

on_both_databases!(
    an_order_that_the_database_rejects_fails_alone,
    a_database_that_is_gone_is_said_to_be_unavailable,
    a_panic_fails_whoever_caused_it_and_the_writer_goes_on,
    a_duplicate_among_new_orders_fails_nobody,
);

async fn an_order_that_the_database_rejects_fails_alone(test: TestDatabase) {
    let office = Office::with_credits(test, "1000").await;
    // A rule of the database that the ledger does not know: no two lots of one size.
    let rule = "create unique index planted on ledger_lot (granted)";
    scrip::on!(office.db(), write pool => sqlx::query(rule).execute(pool).await.map(|_| ()))
        .unwrap();
    let mut running = JoinSet::new();
    for number in 1..=20 {
        let (engine, organisation) = (office.engine.clone(), office.organisation.clone());
        let amount = if number == 20 { 7 } else { number };
        let order = grant(&format!("lot_{number}"), &amount.to_string());
        running.spawn(async move { engine.submit(organisation, order).await });
    }
    let answers = running.join_all().await;
    let failed: Vec<_> = answers.iter().filter(|answer| answer.is_err()).collect();
    assert!(matches!(failed[..], [Err(SubmitError::Unavailable { .. })]), "{failed:?}");
    assert_eq!(office.journal().await.len(), 20);
    let sum = (1..=19).sum::<i64>() + 1000;
    assert_eq!(office.available().await, Credits::from_whole(sum).unwrap());
    office.must_verify().await;
}

async fn a_database_that_is_gone_is_said_to_be_unavailable(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    office.db().close().await;
    let answer = office.submit(charge("late", "1")).await;
    assert!(matches!(answer, Err(SubmitError::Unavailable { .. })), "{answer:?}");
    let balance = office.engine.balance(&office.organisation, BEGINNING).await;
    assert!(matches!(balance, Err(SubmitError::Unavailable { .. })), "{balance:?}");
}

async fn a_panic_fails_whoever_caused_it_and_the_writer_goes_on(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let look = office.engine.read(&office.organisation, |state| {
        assert!(state.lots().count() > 1, "planted");
    });
    let (looked, charged) = tokio::join!(look, office.submit(charge("beside", "1")));
    assert!(matches!(looked, Err(SubmitError::Unavailable { .. })), "{looked:?}");
    assert!(charged.is_ok(), "{charged:?}");
    office.must(charge("after", "1")).await;
    assert!(office.engine.is_alive());
    assert_eq!(office.available().await, credits("8"));
    office.must_verify().await;
}

/// The writer believes new keys and ids to be new, and finds out by writing that some are not.
async fn a_duplicate_among_new_orders_fails_nobody(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    let first = office.must(charge("charge 0", "1")).await;
    office.must(hold("hold_0", "1")).await;
    office.must(release("hold_0")).await;
    let mut running = JoinSet::new();
    for number in 0..40 {
        let (engine, organisation) = (office.engine.clone(), office.organisation.clone());
        let mut order = match number % 2 {
            0 => charge(&format!("charge {}", number / 2), "1"),
            _ => hold(&format!("hold_{}", number / 2), "1"),
        };
        if number == 1 {
            order.key = IdempotencyKey::parse("another key").unwrap();
        }
        running.spawn(async move { (number, engine.submit(&organisation, order).await) });
    }
    let mut answers = running.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    let replay = answers[0].1.as_ref().unwrap();
    assert_eq!((replay.replayed, &replay.transaction), (true, &first.transaction));
    assert!(matches!(answers[1].1, Err(SubmitError::Refused(_))), "{:?}", answers[1]);
    assert!(answers[2..].iter().all(|(_, answer)| answer.as_ref().is_ok_and(|it| !it.replayed)));
    assert_eq!(office.available().await, credits("61"));
    office.must_verify().await;
}

#[tokio::test]
async fn an_engine_whose_writers_are_gone_says_so() {
    let test = TestDatabase::sqlite().await;
    let (db, elsewhere) = (test.db.clone(), tokio::runtime::Runtime::new().unwrap());
    let engine = {
        let _inside = elsewhere.enter();
        Engine::start(db, Clock::manual(BEGINNING.micros()), Live::new())
    };
    assert!(engine.is_alive());
    let ended = tokio::task::spawn_blocking(move || drop(elsewhere));
    ended.await.unwrap();
    assert!(!engine.is_alive());
}

/// Connections are cut in the middle of commits, of which some went through and some did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_nothing_and_book_nothing_twice() {
    let office = Office::with_credits(TestDatabase::postgres().await, "1000").await;
    let mut running = JoinSet::new();
    for client in 0..20 {
        let (engine, organisation) = (office.engine.clone(), office.organisation.clone());
        running.spawn(async move {
            let mut receipts = Vec::new();
            for number in 0..40 {
                let order = charge(&format!("charge {client} {number}"), "1");
                receipts.push(engine.submit(&organisation, order).await.unwrap());
            }
            receipts
        });
    }
    let node = office.test.another_node().await;
    let scrip::backend::store::Db::Postgres(knife) = &node else {
        unreachable!("it is PostgreSQL")
    };
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid()";
    let mut cuts = 0;
    while !running.is_empty() {
        let before = office.engine.figures().commits;
        // The knife's own other connections are cut too, and found so when they are used.
        while sqlx::query(cut).fetch_all(knife).await.is_err() {}
        cuts += 1;
        // The next cut comes when something has been committed after this one, or all is done.
        while office.engine.figures().commits < before + 3
            && running.try_join_next().is_none_or(|receipts| check(receipts.unwrap()))
            && !running.is_empty()
        {
            tokio::task::yield_now().await;
        }
    }
    assert!(cuts > 2, "only {cuts} cuts");
    // Read through connections that were not cut.
    let node = office.test.another_node().await;
    let journal = journal::range(&node, &office.organisation, 1, 1000).await.unwrap();
    assert_eq!(journal.len(), 801);
    assert_eq!(office.available().await, credits("200"));
    must_verify(&node, &office.organisation).await;
}

/// Every order was the first of its key, whatever happened to the connection meanwhile.
fn check(receipts: Vec<Receipt>) -> bool {
    assert!(receipts.iter().all(|receipt| !receipt.replayed));
    true
}
