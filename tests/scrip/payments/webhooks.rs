//! What the provider reports, believed or not, in any order, twice, or never.

use super::{HOUR, MINUTE, Till, event_about};
use crate::support::database::TestDatabase;
use scrip::backend::payments::Why;
use scrip::backend::payments::inbox::MAXIMUM_EVENT_BYTES;
use scrip::backend::step::Step;
use scrip::backend::store::payment_event;
use scrip::backend::store::purchase::PurchaseStatus;
use serde_json::json;

crate::on_both_databases!(
    what_the_provider_did_not_sign_is_refused,
    what_cannot_be_read_is_refused_and_never_breaks,
    an_unknown_kind_an_old_version_and_a_foreign_page_are_stored_and_answered,
    an_event_of_the_other_mode_is_ignored,
    an_event_sent_twice_is_stored_once,
    events_in_reverse_order_end_in_the_same_state,
    trap_2_an_event_that_cannot_be_acted_on_is_tried_again_until_it_can,
    without_a_database_the_provider_is_asked_to_send_again,
    a_lost_webhook_is_made_good_by_the_sweep,
    webhooks_missed_while_down_are_caught_up_with,
    the_list_of_events_is_read_once_an_hour,
);

async fn what_the_provider_did_not_sign_is_refused(database: TestDatabase) {
    let till = Till::open(database).await;
    let body = event_about("evt_1", "checkout.session.completed", "cs_1").to_string().into_bytes();
    let good = till.signed(&body);
    let forged = scrip::stripe_sandbox::sign("whsec_guess", till.now().0 / 1_000_000, &body);
    let unsigned = scrip::stripe_sandbox::sign("", till.now().0 / 1_000_000, &body);
    for header in ["", "garbage", forged.as_str(), unsigned.as_str()] {
        assert_eq!(till.send_raw(header, body.clone()).await, 400, "{header}");
    }
    let mut changed = body.clone();
    changed[10] ^= 1;
    assert_eq!(till.send_raw(&good, changed).await, 400);
    till.pass(301);
    assert_eq!(till.send_raw(&good, body.clone()).await, 400, "an old signature is replayed");
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 0);
    assert_eq!(till.send_raw(&till.signed(&body), body.clone()).await, 200);
}

async fn what_cannot_be_read_is_refused_and_never_breaks(database: TestDatabase) {
    let till = Till::open(database).await;
    let bodies: [&[u8]; 7] = [
        b"",
        b"null",
        b"[]",
        b"{\"id\":\"evt_1\"}",
        b"\xff\xfe\x00",
        br#"{"id":"evt\u0000","type":"x","livemode":false}"#,
        br#"{"id":"","type":"x","livemode":false}"#,
    ];
    for body in bodies {
        assert_eq!(till.send_raw(&till.signed(body), body.to_vec()).await, 400, "{body:?}");
    }
    let large = vec![b' '; MAXIMUM_EVENT_BYTES + 1];
    assert_eq!(till.send_raw(&till.signed(&large), large).await, 413);
}

async fn an_unknown_kind_an_old_version_and_a_foreign_page_are_stored_and_answered(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let events = [
        json!({"id": "evt_1", "type": "sun.rises", "livemode": false}),
        json!({"id": "evt_2", "type": "checkout.session.completed", "livemode": false,
            "api_version": "2019-05-16", "data": {"object": {"id": "cs_elsewhere"}}}),
        json!({"id": "evt_3", "type": "checkout.session.completed", "livemode": false}),
        json!({"id": "evt_4", "type": "checkout.session.completed", "livemode": false,
            "data": {"object": {"id": "cs_9", "client_reference_id": "pur_of_nobody"}}}),
    ];
    for event in &events {
        assert_eq!(till.send_event(event).await, 200, "{event}");
    }
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 4);
    till.inbox_works().await;
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 0);
    assert!(till.lots().await.is_empty());
}

async fn an_event_of_the_other_mode_is_ignored(database: TestDatabase) {
    let till = Till::open(database).await;
    let (_, session) = till.open_purchase().await;
    let mut event = event_about("evt_1", "checkout.session.completed", &session);
    event["livemode"] = true.into();
    assert_eq!(till.send_event(&event).await, 200);
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 0);
}

async fn an_event_sent_twice_is_stored_once(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    let event = till.event("checkout.session.completed").await;
    for _ in 0..3 {
        assert_eq!(till.send_event(&event).await, 200);
    }
    assert_eq!(waiting(&till).await, 1);
    till.inbox_works().await;
    assert_eq!(till.send_event(&event).await, 200, "also after it was acted on");
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 0);
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(till.lots().await.len(), 1);
}

async fn events_in_reverse_order_end_in_the_same_state(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.debit(&session, "succeeds").await;
    till.pass(MINUTE);
    // The bank answers, but no webhook gets through.
    till.post("/control/deliveries", &[("fault", "drop"), ("count", "50")]).await;
    till.provider_works().await;
    for kind in ["checkout.session.async_payment_succeeded", "checkout.session.completed"] {
        let event = till.event(kind).await;
        assert_eq!(event["type"], kind);
        assert_eq!(till.send_event(&event).await, 200);
        till.inbox_works().await;
        assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    }
    let late = event_about("evt_late", "checkout.session.expired", &session);
    assert_eq!(till.send_event(&late).await, 200);
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited, "never back");
    assert_eq!(till.lots().await.len(), 1);
}

/// Events that one payment on a page makes and that are acted on: the page's and the payment's.
const ABOUT_ONE_PAYMENT: i64 = 2;

async fn waiting(till: &Till) -> i64 {
    payment_event::count_waiting(till.db()).await.expect("the inbox can be read")
}

async fn trap_2_an_event_that_cannot_be_acted_on_is_tried_again_until_it_can(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    till.provider_works().await;
    let cut_off = till.payments_through("http://127.0.0.1:9");
    while cut_off.process_inbox_step(till.now()).await.unwrap() == Step::Done {}
    assert_eq!(waiting(&till).await, ABOUT_ONE_PAYMENT, "seen is not done");
    till.pass(4);
    assert_eq!(cut_off.process_inbox_step(till.now()).await.unwrap(), Step::Idle, "not at once");
    till.pass(1);
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 0);
}

async fn without_a_database_the_provider_is_asked_to_send_again(database: TestDatabase) {
    let till = Till::open(database).await;
    till.db().close().await;
    let event = event_about("evt_1", "checkout.session.completed", "cs_1");
    assert_eq!(till.send_event(&event).await, 503);
}

async fn a_lost_webhook_is_made_good_by_the_sweep(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    till.sweep_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Open, "not before two minutes");
    till.pass(2 * MINUTE);
    till.sweep_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(till.settle(&id, Why::Webhook).await, PurchaseStatus::Credited);
    assert_eq!(till.lots().await.len(), 1);
}

async fn webhooks_missed_while_down_are_caught_up_with(database: TestDatabase) {
    let till = Till::open(database).await;
    assert_eq!(till.payments.catch_up_step(till.now()).await.unwrap(), Step::Done, "first start");
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    till.pass(5 * HOUR);
    let restarted = till.payments_through(&till.sandbox_base);
    assert_eq!(restarted.catch_up_step(till.now()).await.unwrap(), Step::Done);
    assert_eq!(waiting(&till).await, ABOUT_ONE_PAYMENT);
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    till.pass(HOUR);
    assert_eq!(restarted.catch_up_step(till.now()).await.unwrap(), Step::Done);
    assert_eq!(payment_event::count_waiting(till.db()).await.unwrap(), 0, "nothing is new");
}

async fn the_list_of_events_is_read_once_an_hour(database: TestDatabase) {
    let till = Till::open(database).await;
    assert_eq!(till.payments.catch_up_step(till.now()).await.unwrap(), Step::Done);
    till.pass(59 * MINUTE);
    assert_eq!(till.payments.catch_up_step(till.now()).await.unwrap(), Step::Idle);
    till.pass(MINUTE);
    assert_eq!(till.payments.catch_up_step(till.now()).await.unwrap(), Step::Done);
}
