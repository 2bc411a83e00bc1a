//! Many at once, on one node or several: never more than there is, and everyone is answered.

use super::*;
use crate::on_both_databases;
use scrip::backend::engine::Limits;
use scrip::backend::live::LiveEvent;
use scrip::ledger::{LedgerState, Refusal};
use tokio::task::JoinSet;

on_both_databases!(
    many_holds_at_once_never_hand_out_more_than_there_is,
    two_nodes_on_one_database_never_hand_out_more_than_there_is,
    a_condition_holds_on_whichever_node_it_is_asked,
    a_refusal_does_not_fail_its_neighbours,
    the_same_key_many_times_at_once_is_booked_once,
    the_same_key_on_two_nodes_is_booked_once,
    many_orders_share_few_commits,
    a_full_queue_says_so_and_loses_nothing,
    a_refusal_on_one_node_knows_what_another_granted,
    organisations_do_not_see_each_other,
    the_version_on_the_live_stream_only_rises,
);

type Answers = Vec<Result<Receipt, SubmitError>>;

/// Submits all orders at once, in turn to the engines.
async fn all_at_once(
    engines: &[&Engine],
    organisation: &OrganisationId,
    orders: impl IntoIterator<Item = Order>,
) -> Answers {
    let mut running = JoinSet::new();
    for (order, engine) in orders.into_iter().zip(engines.iter().cycle()) {
        let (engine, organisation) = ((*engine).clone(), organisation.clone());
        running.spawn(async move { engine.submit(organisation, order).await });
    }
    running.join_all().await
}

fn accepted(answers: &Answers) -> usize {
    answers.iter().filter(|answer| answer.is_ok()).count()
}

fn holds(count: usize) -> impl Iterator<Item = Order> {
    (0..count).map(|number| hold(&format!("hold_{number}"), "1"))
}

async fn many_holds_at_once_never_hand_out_more_than_there_is(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    let answers = all_at_once(&[&office.engine], &office.organisation, holds(250)).await;
    assert_eq!(accepted(&answers), 100);
    let no = |answer: &Result<Receipt, SubmitError>| {
        matches!(answer, Err(SubmitError::Refused(Refusal::InsufficientCredits { .. })))
    };
    assert_eq!(answers.iter().filter(|answer| no(answer)).count(), 150);
    let balance = office.engine.balance(&office.organisation, BEGINNING).await.unwrap();
    assert_eq!((balance.available, balance.held), (credits("0"), credits("100")));
    office.must_verify().await;
}

async fn two_nodes_on_one_database_never_hand_out_more_than_there_is(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    let node = office.test.another_node().await;
    let other = Engine::start(node, office.clock.clone(), Live::new());
    let answers = all_at_once(&[&office.engine, &other], &office.organisation, holds(250)).await;
    let unexpected: Vec<_> = answers
        .iter()
        .filter(|answer| !matches!(answer, Ok(_) | Err(SubmitError::Refused(_))))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert_eq!(accepted(&answers), 100);
    let journal = office.journal().await;
    for receipt in answers.iter().flatten() {
        assert_eq!(journal[receipt.transaction.sequence as usize - 1], receipt.transaction);
    }
    office.must_verify().await;
}

async fn a_condition_holds_on_whichever_node_it_is_asked(test: TestDatabase) {
    let office = Office::open(test).await;
    let node = office.test.another_node().await;
    let other = Engine::start(node, office.clock.clone(), Live::new());
    let room_for_three = |state: &LedgerState| state.budgets().count() < 3;
    let submit = |number: usize| {
        let engine = if number.is_multiple_of(2) { office.engine.clone() } else { other.clone() };
        let order = budget(&format!("limit {number}"), &format!("department:dep_{number}"), "1");
        let organisation = office.organisation.clone();
        async move { engine.submit_if(organisation, order, room_for_three).await }
    };
    let mut running = JoinSet::new();
    (0..20).for_each(|number| _ = running.spawn(submit(number)));
    let answers = running.join_all().await;
    assert_eq!(accepted(&answers), 3);
    let unmet = answers.iter().filter(|answer| **answer == Err(SubmitError::Unmet));
    assert_eq!(unmet.count(), 17);
    // What is booked already is answered without asking again.
    let known = office.journal().await[0].key.to_string();
    let number: usize = known.strip_prefix("limit ").unwrap().parse().unwrap();
    assert!(submit(number).await.unwrap().replayed);
    office.must_verify().await;
}

async fn a_refusal_does_not_fail_its_neighbours(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let orders = (0..60).map(|number| match number % 3 {
        0 => charge(&format!("too much {number}"), "1000"),
        1 => charge(&format!("too little {number}"), "0"),
        _ => charge(&format!("right {number}"), "0.5"),
    });
    let answers = all_at_once(&[&office.engine], &office.organisation, orders).await;
    assert_eq!(accepted(&answers), 20);
    assert_eq!(office.journal().await.len(), 21);
    office.must_verify().await;
}

async fn the_same_key_many_times_at_once_is_booked_once(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let orders = (0..50).map(|number| charge("once", if number % 5 == 4 { "2" } else { "1" }));
    let answers = all_at_once(&[&office.engine], &office.organisation, orders).await;
    assert_eq!(office.journal().await.len(), 2);
    let first = answers.iter().flatten().find(|receipt| !receipt.replayed).expect("one is first");
    assert!(answers.iter().flatten().all(|receipt| receipt.transaction == first.transaction));
    let conflicts = answers.iter().filter(|answer| **answer == Err(SubmitError::KeyConflict));
    assert_eq!(accepted(&answers) + conflicts.count(), 50);
    assert_eq!(answers.iter().flatten().filter(|receipt| !receipt.replayed).count(), 1);
}

async fn the_same_key_on_two_nodes_is_booked_once(test: TestDatabase) {
    let office = Office::with_credits(test, "1000").await;
    let node = office.test.another_node().await;
    let other = Engine::start(node, office.clock.clone(), Live::new());
    let orders = (0..100).map(|number| charge(&format!("key {}", number / 2), "1"));
    let answers = all_at_once(&[&office.engine, &other], &office.organisation, orders).await;
    assert_eq!(accepted(&answers), 100);
    assert_eq!(answers.iter().flatten().filter(|receipt| receipt.replayed).count(), 50);
    assert_eq!(office.available().await, credits("950"));
    office.must_verify().await;
}

async fn many_orders_share_few_commits(test: TestDatabase) {
    let office = Office::with_credits(test, "1000").await;
    let before = office.engine.figures();
    let answers = all_at_once(&[&office.engine], &office.organisation, holds(500)).await;
    let after = office.engine.figures();
    assert_eq!(accepted(&answers), 500);
    assert_eq!(after.orders - before.orders, 500);
    let commits = after.commits - before.commits;
    assert!(commits < 250, "500 orders took {commits} commits");
}

async fn a_full_queue_says_so_and_loses_nothing(test: TestDatabase) {
    let office = Office::with_credits(test, "1000").await;
    let limits = Limits { queue: 2, group: 2 };
    let (clock, live) = (office.clock.clone(), Live::new());
    let narrow = Engine::start_with(office.db().clone(), clock, live, limits);
    let answers = all_at_once(&[&narrow], &office.organisation, holds(200)).await;
    let busy =
        |answer: &&Result<Receipt, SubmitError>| matches!(answer, Err(SubmitError::Busy { .. }));
    let turned_away = answers.iter().filter(busy).count();
    assert!(turned_away > 0);
    assert_eq!(accepted(&answers) + turned_away, 200);
    assert_eq!(office.journal().await.len(), 1 + accepted(&answers));
}

async fn a_refusal_on_one_node_knows_what_another_granted(test: TestDatabase) {
    let office = Office::with_credits(test, "1").await;
    let node = office.test.another_node().await;
    let other = Engine::start(node, office.clock.clone(), Live::new());
    let here = &office.organisation;
    assert!(other.submit(here, charge("five", "5")).await.is_err());
    office.must(grant("lot_more", "4")).await;
    assert!(other.submit(here, charge("five", "5")).await.is_ok());
    assert_eq!(office.available().await, credits("0"));
}

async fn organisations_do_not_see_each_other(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let neighbours: Vec<String> = (2..20).map(|number| format!("org_{number}")).collect();
    let mut running = JoinSet::new();
    for name in &neighbours {
        let id = an_organisation(office.db(), name).await;
        for part in ["a", "b", "c"] {
            let (engine, id) = (office.engine.clone(), id.clone());
            let order = grant(&format!("lot_{part}"), "5");
            running.spawn(async move { engine.submit(id, order).await.unwrap() });
        }
    }
    running.join_all().await;
    for name in &neighbours {
        let id = OrganisationId::parse(name).unwrap();
        let balance = office.engine.balance(&id, BEGINNING).await.unwrap();
        assert_eq!((balance.available, balance.version), (credits("15"), 3));
        must_verify(office.db(), &id).await;
    }
    assert_eq!(office.available().await, credits("10"));
}

async fn the_version_on_the_live_stream_only_rises(test: TestDatabase) {
    let office = Office::with_credits(test, "1000").await;
    let mut listener = office.live.subscribe(&office.organisation);
    let heard = tokio::spawn(async move {
        let mut versions = Vec::new();
        while versions.last() != Some(&201) {
            if let Some(LiveEvent::Balance(view)) = listener.next().await {
                assert_eq!(view.balance, credits("1000"));
                versions.push(view.version);
            }
        }
        versions
    });
    let answers = all_at_once(&[&office.engine], &office.organisation, holds(200)).await;
    assert_eq!(accepted(&answers), 200);
    let versions = heard.await.unwrap();
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
}
