//! Orders are booked once, refusals leave no trace, and everything is there after a restart.

use super::*;
use crate::on_both_databases;
use scrip::ledger::Refusal;

on_both_databases!(
    a_hold_for_exactly_what_is_left_passes_and_settles,
    the_same_order_again_is_the_first_answer,
    the_same_key_for_another_order_is_a_conflict,
    a_key_is_still_known_after_a_restart,
    a_refusal_books_nothing_and_leaves_its_key_free,
    a_closed_hold_is_remembered_after_a_restart,
    a_new_hold_never_takes_the_id_of_a_closed_one,
    an_emptied_lot_gets_its_credits_back_after_a_restart,
    a_budget_counts_what_was_used_before_it_was_set,
    a_budget_that_is_removed_limits_no_more,
    an_unknown_organisation_is_named_as_such,
    a_drained_engine_takes_no_more,
);

async fn a_hold_for_exactly_what_is_left_passes_and_settles(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let held = office.must(hold("hold_1", "10")).await;
    assert_eq!((held.balance.available, held.balance.held), (credits("0"), credits("10")));
    assert_eq!(held.balance.version, 2);
    let settled = office.must(settle("hold_1", "7.5")).await;
    assert_eq!((settled.balance.available, settled.balance.held), (credits("2.5"), credits("0")));
    assert_eq!(office.journal().await.last(), Some(&settled.transaction));
    office.must_verify().await;
}

async fn the_same_order_again_is_the_first_answer(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let first = office.must(hold("hold_1", "3")).await;
    office.must(settle("hold_1", "3")).await;
    let second = office.must(hold("hold_1", "3")).await;
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(second.transaction, first.transaction);
    assert_eq!(second.balance.available, credits("7"));
    assert_eq!(office.journal().await.len(), 3);
}

async fn the_same_key_for_another_order_is_a_conflict(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    office.must(charge("once", "3")).await;
    assert_eq!(office.submit(charge("once", "4")).await, Err(SubmitError::KeyConflict));
    assert_eq!(office.available().await, credits("7"));
}

async fn a_key_is_still_known_after_a_restart(test: TestDatabase) {
    let mut office = Office::with_credits(test, "10").await;
    let first = office.must(charge("once", "3")).await;
    office.restart().await;
    let again = office.must(charge("once", "3")).await;
    assert_eq!((again.replayed, again.transaction), (true, first.transaction));
    assert_eq!(office.submit(charge("once", "4")).await, Err(SubmitError::KeyConflict));
    assert_eq!(office.available().await, credits("7"));
}

async fn a_refusal_books_nothing_and_leaves_its_key_free(test: TestDatabase) {
    let office = Office::with_credits(test, "2").await;
    let refused = office.submit(charge("big", "5")).await;
    let expected = Refusal::InsufficientCredits {
        asked: credits("5"),
        available: credits("2"),
        shortfall: credits("3"),
    };
    assert_eq!(refused, Err(SubmitError::Refused(expected)));
    assert_eq!(office.journal().await.len(), 1);
    office.must(grant("lot_more", "3")).await;
    assert!(!office.must(charge("big", "5")).await.replayed);
    assert_eq!(office.available().await, credits("0"));
    office.must_verify().await;
}

async fn a_closed_hold_is_remembered_after_a_restart(test: TestDatabase) {
    let mut office = Office::with_credits(test, "10").await;
    office.must(hold("hold_1", "3")).await;
    let settled = office.must(settle("hold_1", "2")).await;
    office.restart().await;
    let mut again = settle("hold_1", "2");
    again.key = IdempotencyKey::parse("another key").unwrap();
    let again = office.must(again).await;
    assert_eq!((again.replayed, again.transaction), (true, settled.transaction));
    let released = office.submit(release("hold_1")).await;
    assert!(
        matches!(released, Err(SubmitError::Refused(Refusal::HoldAlreadySettled { .. }))),
        "{released:?}"
    );
    assert_eq!(office.available().await, credits("8"));
}

async fn a_new_hold_never_takes_the_id_of_a_closed_one(test: TestDatabase) {
    let mut office = Office::with_credits(test, "10").await;
    office.must(hold("hold_1", "3")).await;
    office.must(settle("hold_1", "2")).await;
    office.restart().await;
    let mut again = hold("hold_1", "4");
    again.key = IdempotencyKey::parse("another key").unwrap();
    let again = office.submit(again).await;
    assert!(matches!(again, Err(SubmitError::Refused(Refusal::HoldExists { .. }))), "{again:?}");
    office.must_verify().await;
}

async fn an_emptied_lot_gets_its_credits_back_after_a_restart(test: TestDatabase) {
    let mut office = Office::with_credits(test, "3").await;
    office.must(hold("hold_1", "3")).await;
    office.restart().await;
    assert_eq!(office.must(release("hold_1")).await.balance.available, credits("3"));
    office.must_verify().await;
}

async fn a_budget_counts_what_was_used_before_it_was_set(test: TestDatabase) {
    let mut office = Office::with_credits(test, "100").await;
    office.must(charge("before", "6")).await;
    office.restart().await;
    let before = office.engine.submit(&office.organisation, charge("in the group", "1"));
    let set = office.engine.submit(&office.organisation, budget("limit", "department:dep_1", "10"));
    let (before, set) = tokio::join!(before, set);
    before.unwrap();
    set.unwrap();
    office.must(charge("fits", "3")).await;
    let refused = office.submit(charge("one more", "1")).await;
    let Err(SubmitError::Refused(Refusal::BudgetExceeded { used, left, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((used, left), (credits("10"), credits("0")));
    office.must_verify().await;
}

async fn a_budget_that_is_removed_limits_no_more(test: TestDatabase) {
    let mut office = Office::with_credits(test, "100").await;
    office.must(budget("limit", "member:usr_1", "5")).await;
    let mut removal = budget("no limit", "member:usr_1", "5");
    if let Command::SetBudget(set) = &mut removal.command {
        set.limit = None;
    }
    office.must(removal).await;
    office.restart().await;
    office.must(charge("much", "50")).await;
    office.must_verify().await;
}

async fn an_unknown_organisation_is_named_as_such(test: TestDatabase) {
    let office = Office::open(test).await;
    let nobody = OrganisationId::parse("org_nobody").unwrap();
    let refused = office.engine.submit(&nobody, grant("lot_1", "1")).await;
    assert_eq!(refused, Err(SubmitError::NoSuchOrganisation));
    let unknown = office.engine.balance(&nobody, BEGINNING).await;
    assert_eq!(unknown, Err(SubmitError::NoSuchOrganisation));
    assert_eq!(office.available().await, credits("0"));
}

async fn a_drained_engine_takes_no_more(test: TestDatabase) {
    let office = Office::with_credits(test, "10").await;
    let last = tokio::spawn({
        let (engine, organisation) = (office.engine.clone(), office.organisation.clone());
        async move { engine.submit(organisation, charge("last", "1")).await }
    });
    let _ = last.await.unwrap().unwrap();
    office.engine.drain().await;
    let late = office.submit(charge("late", "1")).await;
    assert!(matches!(late, Err(SubmitError::Unavailable { .. })), "{late:?}");
}
