//! The ledger as of any instant is the ledger that was there then, however it is read.

use super::*;
use crate::on_both_databases;
use scrip::backend::engine::{checkpoint_step, journal_at, state_at, state_through, verify};
use scrip::backend::step::Step;
use scrip::backend::store::checkpoint;
use scrip::ledger::{LedgerState, Parts};

on_both_databases!(
    every_state_of_the_past_is_read_back_to_the_microsecond,
    usage_from_before_a_checkpoint_is_reversed_behind_it,
    a_hold_that_was_released_before_a_checkpoint_is_settled_late_behind_it,
    checkpoints_are_written_once_and_made_again,
    a_checkpoint_that_was_edited_is_found,
);

/// Transactions between two checkpoints, here.
const EVERY: u64 = 3;

/// What people read of a state.
fn seen(state: &LedgerState, at: Timestamp) -> (Parts, scrip::ledger::Totals) {
    let mut parts = state.caught_up(at).snapshot();
    // Memory drops lots that are empty; what is compared are those with something left.
    parts.lots.retain(|lot| !lot.remaining.is_zero());
    (parts, state.totals(at))
}

async fn keep_checkpoints(office: &Office) -> u64 {
    let mut written = 0;
    while checkpoint_step(office.db(), EVERY).await.unwrap() == Step::Done {
        written += 1;
    }
    written
}

fn lapsing(id: &str, amount: &str, after: i64) -> Order {
    let mut grant = terms(id, amount);
    grant.expires_at = Some(BEGINNING.plus(after));
    order(&format!("grant:{id}"), Command::Grant(Box::new(grant)))
}

fn holding_until(id: &str, amount: &str, deadline: Timestamp) -> Order {
    let mut order = hold(id, amount);
    if let Command::Hold(make) = &mut order.command {
        make.deadline = deadline;
    }
    order
}

async fn every_state_of_the_past_is_read_back_to_the_microsecond(test: TestDatabase) {
    let office = Office::open(test).await;
    let steps = [
        grant("lot_b", "50"),
        lapsing("lot_a", "10", 5 * MINUTE),
        budget("limit", "department:dep_1", "30"),
        hold("hold_1", "4"),
        charge("one", "2.000001"),
        settle("hold_1", "3"),
        hold("hold_2", "5"),
        charge("two", "1"),
        // Past the lapse of lot_a, which is booked at its own instant.
        release("hold_2"),
        charge("three", "7"),
    ];
    let mut known = Vec::new();
    for step in steps {
        office.clock.advance(MINUTE);
        let now = Timestamp(office.clock.now_microseconds());
        office.must(step).await;
        known.push((now, seen(&office.engine.state(&office.organisation).await.unwrap(), now)));
    }
    for _ in 0..2 {
        let (db, id) = (office.db(), &office.organisation);
        for (index, (at, expected)) in known.iter().enumerate() {
            let read = state_at(db, id, *at).await.unwrap();
            assert_eq!(&seen(&read, *at), expected, "as of {at}");
            // A microsecond before, the step had not been taken.
            let just_before = at.plus(-1);
            let read = state_at(db, id, just_before).await.unwrap();
            match index.checked_sub(1) {
                Some(before) => {
                    let journal = journal_at(db, id, known[before].0).await.unwrap();
                    assert_eq!(seen(&read, just_before), seen(&journal, just_before));
                }
                None => assert_eq!(read.head().sequence, 0),
            }
        }
        // Once more with checkpoints, which change nothing but the way.
        keep_checkpoints(&office).await;
    }
    office.must_verify().await;
}

async fn a_hold_that_was_released_before_a_checkpoint_is_settled_late_behind_it(
    test: TestDatabase,
) {
    let office = Office::with_credits(test, "100").await;
    office.must(holding_until("hold_1", "4", BEGINNING.plus(MINUTE))).await;
    office.clock.advance(2 * MINUTE);
    office.must(charge("one", "1")).await;
    keep_checkpoints(&office).await;
    let late = office.must(settle("hold_1", "3")).await;
    let now = Timestamp(office.clock.now_microseconds());
    let read = state_at(office.db(), &office.organisation, now).await.unwrap();
    assert_eq!(read.head().hash, late.transaction.hash);
    assert_eq!(read.balance(now).available, credits("96"));
    office.must_verify().await;
}

async fn usage_from_before_a_checkpoint_is_reversed_behind_it(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    let used = office.must(charge("one", "8")).await.transaction.sequence;
    office.must(charge("two", "1")).await;
    keep_checkpoints(&office).await;
    for (key, amount) in [("some of it", Some(credits("3"))), ("the rest", None)] {
        let reverse = Command::Reverse { transaction: used, amount };
        let reversed = office.must(order(key, reverse)).await;
        let now = Timestamp(office.clock.now_microseconds());
        let read = state_at(office.db(), &office.organisation, now).await.unwrap();
        assert_eq!(read.head().hash, reversed.transaction.hash);
        assert_eq!(read.balance(now).available, reversed.balance.available);
        office.must(charge(&format!("behind {key}"), "1")).await;
        keep_checkpoints(&office).await;
    }
    office.must_verify().await;
}

async fn checkpoints_are_written_once_and_made_again(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    for number in 0..6 {
        office.must(charge(&format!("charge {number}"), "1")).await;
    }
    assert_eq!((keep_checkpoints(&office).await, keep_checkpoints(&office).await), (2, 0));
    let (db, id) = (office.db(), &office.organisation);
    let there = checkpoint::before(db, id, 5).await.unwrap().unwrap();
    assert_eq!(there.head.sequence, 3);
    checkpoint::forget(db, id).await.unwrap();
    assert_eq!(checkpoint::before(db, id, 5).await.unwrap(), None);
    assert_eq!(state_through(db, id, 3).await.unwrap().snapshot(), there);
    assert_eq!(keep_checkpoints(&office).await, 2);
    office.must_verify().await;
}

async fn a_checkpoint_that_was_edited_is_found(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    for number in 0..6 {
        office.must(charge(&format!("charge {number}"), "1")).await;
    }
    keep_checkpoints(&office).await;
    for edit in [
        "update ledger_checkpoint set state = replace(state, '98', '99') where sequence = 3",
        "update ledger_checkpoint set sequence = 99 where sequence = 6",
    ] {
        verifies::run(office.db(), edit).await;
        let report = verify(office.db(), &office.organisation).await.unwrap();
        let found = report.first_difference().unwrap_or_else(|| panic!("not found: {edit}"));
        assert_eq!(found.table, "ledger_checkpoint", "{edit}: {found}");
        checkpoint::forget(office.db(), &office.organisation).await.unwrap();
        keep_checkpoints(&office).await;
    }
    office.must_verify().await;
}
