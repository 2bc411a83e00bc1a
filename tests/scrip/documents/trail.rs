//! The trail of a payment as it really goes, and when the provider last reported anything.

use crate::payments::Till;
use crate::payments::buying::plain;
use crate::support::database::TestDatabase;
use scrip::backend::payments::Why;
use scrip::ledger::PurchaseId;
use scrip::model::payments::TrailState::{Ahead, Done, Skipped, Waiting};
use scrip::model::payments::TrailStep;

crate::on_both_databases!(
    every_step_of_a_payment_is_told_with_its_time,
    a_payment_that_nobody_reported_says_so_and_is_credited_all_the_same,
    a_slow_bank_is_waited_for_in_words,
);

async fn trail(till: &Till, id: &PurchaseId) -> Vec<TrailStep> {
    let purchase = till.purchase(id).await;
    till.payments.trail(&purchase, till.now(), plain).await.unwrap()
}

async fn every_step_of_a_payment_is_told_with_its_time(database: TestDatabase) {
    let till = Till::open(database).await;
    assert_eq!(till.payments.last_report().await.unwrap(), None, "nothing was ever reported");
    let (id, session) = till.open_purchase().await;
    let states = |steps: &[TrailStep]| steps.iter().map(|step| step.state).collect::<Vec<_>>();
    let open = trail(&till, &id).await;
    assert_eq!(states(&open), [Done, Done, Waiting, Waiting, Ahead]);
    assert!(open[1].at.is_some(), "{open:?}");

    till.pass(10);
    till.pay(&session, "4242424242424242").await;
    till.provider_works().await;
    let reported = till.payments.last_report().await.unwrap();
    assert_eq!(reported, Some(till.now()));
    till.pass(10);
    till.inbox_works().await;
    let done = trail(&till, &id).await;
    assert_eq!(states(&done), [Done; 5]);
    let times: Vec<String> =
        done.iter().map(|step| step.at.as_ref().expect("a time").machine.clone()).collect();
    let (begun, seen, booked) = (&times[0], &times[3], &times[4]);
    assert!(begun < seen && seen < booked, "{times:?}");

    till.pass(60);
    till.settle(&id, Why::Recheck).await;
    assert_eq!(trail(&till, &id).await, done, "looking again changes no time");
}

async fn a_payment_that_nobody_reported_says_so_and_is_credited_all_the_same(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    till.pass(120);
    till.sweep_works().await;
    let steps = trail(&till, &id).await;
    assert_eq!(steps[3].state, Skipped);
    assert!(steps[3].sentence.contains("we asked the test checkout ourselves"), "{steps:?}");
    assert_eq!(steps[4].state, Done);
}

async fn a_slow_bank_is_waited_for_in_words(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.debit(&session, "succeeds").await;
    till.provider_works().await;
    till.inbox_works().await;
    let steps = trail(&till, &id).await;
    assert_eq!((steps[2].state, steps[3].state, steps[4].state), (Waiting, Done, Ahead));
    assert!(steps[2].sentence.contains("a few days"), "{}", steps[2].sentence);
}
