//! A purchase from the button to the balance, and what the buyer sees on the way.

use super::{HOUR, MINUTE, Till};
use crate::support::database::TestDatabase;
use scrip::backend::live::LiveEvent;
use scrip::backend::payments::{PaymentError, Started, Why};
use scrip::backend::store::alert;
use scrip::backend::store::purchase::{self, PurchaseStatus};
use scrip::ledger::{OrganisationId, Origin, PurchaseId, Source, Timestamp};
use scrip::model::Moment;
use scrip::model::billing::{PurchaseState, PurchaseView};

crate::on_both_databases!(
    a_paid_pack_is_credited_on_its_frozen_terms,
    a_payment_is_credited_once_however_many_ask_at_the_same_time,
    a_form_posted_many_times_at_once_opens_one_payment_page,
    another_pack_chosen_on_the_same_form_is_another_purchase,
    a_form_that_has_been_paid_charges_nobody_again,
    a_declined_card_leaves_nothing_and_the_page_open,
    a_slow_bank_that_pays_in_the_end_credits_then,
    a_slow_bank_that_refuses_credits_never,
    a_payment_page_left_alone_closes,
    another_organisations_purchase_is_not_found,
    a_mismatch_of_the_amount_goes_to_review_and_grants_nothing,
    metadata_changed_at_the_provider_grants_no_bigger_pack,
    a_payment_that_names_another_purchase_goes_to_review,
    open_pages_hear_that_a_purchase_has_moved,
    a_recheck_is_not_repeated_within_seconds,
    every_purchase_is_in_the_list_the_newest_first,
);

pub fn plain(at: Timestamp) -> Moment {
    Moment { machine: at.to_string(), text: at.to_string(), day: at.to_string() }
}

async fn look(till: &Till, id: &PurchaseId) -> PurchaseView {
    till.payments.look(&till.organisation, id, till.now(), plain).await.expect("it is there")
}

async fn a_paid_pack_is_credited_on_its_frozen_terms(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    let before = look(&till, &id).await;
    assert_eq!(before.state, PurchaseState::NotPaid);
    assert!(before.pay_at.is_some() && before.test);

    assert_eq!(till.pay(&session, "4242424242424242").await, 200);
    assert!(till.lots().await.is_empty(), "nothing before we were told");
    till.provider_works().await;
    till.inbox_works().await;

    let purchase = till.purchase(&id).await;
    assert_eq!(purchase.status, PurchaseStatus::Credited);
    assert!(purchase.payment_ref.is_some_and(|payment| payment.starts_with("pi_")));
    let lots = till.lots().await;
    let [lot] = lots.as_slice() else { panic!("{lots:?}") };
    assert_eq!((lot.source, lot.amount), (Source::Purchased, till.pack(0).credits));
    assert_eq!((lot.cost, lot.expires_at), (Some(till.pack(0).price), None));
    assert_eq!(lot.origin, Origin::Payment { purchase: id.clone() });
    let view = look(&till, &id).await;
    assert_eq!(view.state, PurchaseState::Credited);
    assert_eq!(view.status, "Credited");
    assert!(view.credited.is_some() && view.pay_at.is_none());
}

async fn a_payment_is_credited_once_however_many_ask_at_the_same_time(database: TestDatabase) {
    let till = std::sync::Arc::new(Till::open(database).await);
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    let event = till.event("checkout.session.completed").await;
    till.pass(3 * MINUTE);

    let mut askers = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (till, id, mut event) = (till.clone(), id.clone(), event.clone());
        askers.spawn(async move {
            if number % 2 == 0 {
                event["id"] = format!("evt_copy_{number}").into();
            }
            assert_eq!(till.send_event(&event).await, 200);
            match number % 4 {
                0 => till.inbox_works().await,
                1 => drop(till.settle(&id, Why::ReturnPage).await),
                2 => drop(till.settle(&id, Why::Recheck).await),
                _ => till.sweep_works().await,
            }
        });
    }
    while let Some(asked) = askers.join_next().await {
        asked.expect("nobody fails");
    }
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(till.lots().await.len(), 1);
    assert_eq!(till.lots().await[0].amount, till.pack(0).credits);
}

async fn a_form_posted_many_times_at_once_opens_one_payment_page(database: TestDatabase) {
    let till = std::sync::Arc::new(Till::open(database).await);
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let till = till.clone();
        posts.spawn(async move { till.start("form-1", 0).await.expect("it opens") });
    }
    let mut answers = Vec::new();
    while let Some(answer) = posts.join_next().await {
        answers.push(answer.unwrap());
    }
    assert!(matches!(&answers[0], Started::PayAt { .. }));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(till.pages_opened().await, 1);
}

async fn another_pack_chosen_on_the_same_form_is_another_purchase(database: TestDatabase) {
    let till = Till::open(database).await;
    let small = till.start("form-1", 0).await.unwrap();
    let large = till.start("form-1", 1).await.unwrap();
    assert_ne!(small, large);
    assert_eq!(till.pages_opened().await, 2);
}

async fn a_form_that_has_been_paid_charges_nobody_again(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    till.settle(&id, Why::ReturnPage).await;
    let again = till.start("form-1", 0).await.unwrap();
    assert_eq!(again, Started::AlreadyThere { purchase: id });
    assert_eq!(till.pages_opened().await, 1);
}

async fn a_declined_card_leaves_nothing_and_the_page_open(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    assert_eq!(till.pay(&session, "4000000000000002").await, 402);
    till.provider_works().await;
    till.inbox_works().await;
    let view = look(&till, &id).await;
    assert_eq!(view.state, PurchaseState::NotPaid);
    assert_eq!(view.pack, till.pack(0).code, "the pack stays chosen");
    assert!(till.lots().await.is_empty());

    assert_eq!(till.pay(&session, "4242424242424242").await, 200, "another card may be tried");
    assert_eq!(till.settle(&id, Why::ReturnPage).await, PurchaseStatus::Credited);
}

async fn a_slow_bank_that_pays_in_the_end_credits_then(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.debit(&session, "succeeds").await;
    till.provider_works().await;
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Processing);
    assert_eq!(look(&till, &id).await.state, PurchaseState::AwaitingBank);
    assert!(till.lots().await.is_empty());

    till.pass(MINUTE);
    till.provider_works().await;
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(till.lots().await.len(), 1);
}

async fn a_slow_bank_that_refuses_credits_never(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.debit(&session, "fails").await;
    till.provider_works().await;
    till.inbox_works().await;
    till.pass(MINUTE);
    till.provider_works().await;
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Failed);
    assert_eq!(look(&till, &id).await.status, "Payment failed");
    till.pass(HOUR);
    till.sweep_works().await;
    assert!(till.lots().await.is_empty());
    let told = alert::open(till.db(), &till.organisation, 5).await.unwrap();
    assert_eq!(told.len(), 1, "the admins are told, once: {told:?}");
    assert_eq!(told[0].title, "A payment failed");
}

async fn a_payment_page_left_alone_closes(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pass(50 * MINUTE);
    till.provider_works().await;
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Expired);
    assert!(look(&till, &id).await.pay_at.is_none());
    assert_ne!(till.pay(&session, "4242424242424242").await, 402);
    assert!(till.lots().await.is_empty());
}

async fn another_organisations_purchase_is_not_found(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    let stranger = OrganisationId::parse("org_southwind").unwrap();
    let seen = till.payments.look(&stranger, &id, till.now(), plain).await;
    assert!(matches!(seen, Err(PaymentError::NotFound)));
    let rechecked = till.payments.recheck(&stranger, &id, till.now()).await;
    assert!(matches!(rechecked, Err(PaymentError::NotFound)));
    let guessed = PurchaseId::parse("pur_guessed").unwrap();
    let guess = till.payments.look(&till.organisation, &guessed, till.now(), plain).await;
    assert!(matches!(guess, Err(PaymentError::NotFound)));
    assert!(till.lots().await.is_empty(), "looking from elsewhere has no effect");
}

/// As if the provider charged something else than was agreed.
async fn a_mismatch_of_the_amount_goes_to_review_and_grants_nothing(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    scrip::on!(till.db(), write pool =>
        sqlx::query("update purchase set amount_minor = amount_minor + 1")
            .execute(pool).await.map(|_| ()))
    .unwrap();
    till.pay(&session, "4242424242424242").await;
    till.provider_works().await;
    till.inbox_works().await;
    let purchase = till.purchase(&id).await;
    assert_eq!(purchase.status, PurchaseStatus::Review);
    assert_eq!(
        purchase.note.as_deref(),
        Some("the payment is 6000 USD, the purchase costs 6001 USD")
    );
    assert!(till.lots().await.is_empty());
    let view = look(&till, &id).await;
    assert_eq!((view.state, view.status.as_str()), (PurchaseState::Unknown, "Under review"));
}

async fn metadata_changed_at_the_provider_grants_no_bigger_pack(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    let path = format!("/v1/checkout/sessions/{session}");
    let edits = [("metadata[pack]", "pack-1000"), ("metadata[credits]", "1000")];
    assert_eq!(till.post(&path, &edits).await.0, 200);
    till.pay(&session, "4242424242424242").await;
    assert_eq!(till.settle(&id, Why::ReturnPage).await, PurchaseStatus::Credited);
    assert_eq!(till.lots().await[0].amount, till.pack(0).credits);
}

async fn a_payment_that_names_another_purchase_goes_to_review(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    let path = format!("/v1/checkout/sessions/{session}");
    assert_eq!(till.post(&path, &[("metadata[purchase_id]", "pur_other")]).await.0, 200);
    till.pay(&session, "4242424242424242").await;
    assert_eq!(till.settle(&id, Why::ReturnPage).await, PurchaseStatus::Review);
    assert!(till.lots().await.is_empty());
}

async fn open_pages_hear_that_a_purchase_has_moved(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    let mut page = till.live.subscribe(&till.organisation);
    till.settle(&id, Why::Webhook).await;
    let heard = loop {
        match page.next().await.expect("the program goes on") {
            LiveEvent::Changed(changed) => break changed.topic,
            _ => continue,
        }
    };
    assert_eq!(heard, format!("purchase:{id}"));
}

async fn a_recheck_is_not_repeated_within_seconds(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    let recheck = || till.payments.recheck(&till.organisation, &id, till.now());
    assert_eq!(recheck().await.unwrap().status, PurchaseStatus::Credited);
    assert!(matches!(recheck().await, Err(PaymentError::TooSoon { .. })));
    till.pass(10);
    assert_eq!(recheck().await.unwrap().status, PurchaseStatus::Credited);
}

async fn every_purchase_is_in_the_list_the_newest_first(database: TestDatabase) {
    let till = Till::open(database).await;
    for (number, form) in ["form-1", "form-2", "form-3"].into_iter().enumerate() {
        till.start(form, number).await.unwrap();
        till.pass(1);
    }
    let list = |before, limit| purchase::list(till.db(), &till.organisation, before, limit);
    let first = list(None, 2).await.unwrap();
    let names: Vec<&str> = first.iter().map(|purchase| purchase.pack.as_str()).collect();
    assert_eq!(names, [till.pack(2).code.as_str(), till.pack(1).code.as_str()]);
    let rest = list(Some((first[1].created_at, &first[1].id)), 2).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].pack, till.pack(0).code);
}
