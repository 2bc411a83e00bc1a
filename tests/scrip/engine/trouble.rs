//! When the database fails: everyone is answered, nothing is lost and nothing is there twice.

use super::*;
use crate::on_both_databases;
use tokio::task::JoinSet;

on_both_databases!(
    an_order_that_the_database_rejects_fails_alone,
    a_database_that_is_gone_is_said_to_be_unavailable,
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

/// Connections are cut in the middle of commits, of which some went through and some did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_nothing_and_book_nothing_twice() {
    let office = Office::with_credits(TestDatabase::postgres().await, "1000").await;
    let mut running = JoinSet::new();
    for client in 0..20 {
        let (engine, organisation) = (office.engine.clone(), office.organisation.clone());
        running.spawn(async move {
            let mut receipts = Vec::new();
            for number in 0..10 {
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
        sqlx::query(cut).fetch_all(knife).await.unwrap();
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
    let journal = journal::range(&node, &office.organisation, 1, 1000).await.unwrap();
    assert_eq!(journal.len(), 201);
    assert_eq!(office.available().await, credits("800"));
    must_verify(&node, &office.organisation).await;
}

/// Every order was the first of its key, whatever happened to the connection meanwhile.
fn check(receipts: Vec<Receipt>) -> bool {
    assert!(receipts.iter().all(|receipt| !receipt.replayed));
    true
}
