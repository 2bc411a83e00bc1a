//! Refunds, wherever they are made: the credits go with their money, exactly, and come back with it.

use super::Till;
use super::buying::plain;
use crate::support::database::TestDatabase;
use scrip::backend::payments::refund::AskRefund;
use scrip::backend::payments::{PaymentError, Why};
use scrip::backend::store::correction::{self, Cause, StepKind};
use scrip::backend::store::purchase::PurchaseStatus;
use scrip::backend::store::refund_request;
use scrip::ledger::{Credits, PurchaseId, UserId};
use scrip::model::billing::MoneyBack;

crate::on_both_databases!(
    thirds_of_an_odd_amount_take_exactly_the_whole_pack,
    a_refund_made_in_the_providers_dashboard_takes_its_share_and_says_why,
    a_refund_of_what_was_spent_becomes_debt_that_the_next_purchase_pays_first,
    a_refund_that_fails_later_gives_the_credits_back_exactly,
    a_refund_that_waits_takes_nothing_before_the_bank_has_said_yes,
    a_refund_heard_of_before_the_payment_settles_first_and_then_corrects,
    a_refund_that_nobody_reported_is_found_by_recheck_and_by_catching_up,
    a_refund_of_the_time_before_a_long_absence_is_looked_up,
    one_refund_is_booked_once_however_many_ask_at_the_same_time,
    a_step_that_was_cut_short_is_finished_first,
    credits_that_lapsed_unspent_are_not_owed_after_a_refund,
    staff_refund_the_unspent_share_and_the_buyer_reads_who_and_why,
    a_refund_form_sent_twice_refunds_once_also_when_the_answer_was_lost,
    more_than_is_left_is_not_refunded,
    a_payment_under_review_can_be_refunded_and_closed_with_a_reason,
);

async fn back(till: &Till, id: &PurchaseId) -> MoneyBack {
    let seen = till.payments.look(&till.organisation, id, till.now(), plain).await.unwrap();
    seen.back.expect("something came back")
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

async fn thirds_of_an_odd_amount_take_exactly_the_whole_pack(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let price = till.pack(0).price.minor;
    let third = price / 3;
    for amount in [third, third + 1, price - 2 * third - 1] {
        till.refund_there(&charge, amount).await;
        till.hear().await;
    }
    let lot = till.lot(&id).await;
    assert_eq!((lot.revoked, lot.remaining), (lot.amount, Credits::ZERO));
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    let steps = correction::of_purchase(till.db(), &till.organisation, &id).await.unwrap();
    assert_eq!(steps.len(), 3, "{steps:?}");
    let refunds = correction::refunds(&steps);
    assert_eq!(refunds.iter().map(|refund| refund.money.minor).sum::<i64>(), price);
    assert_eq!(Credits::checked_sum(refunds.iter().map(|it| it.credits)), Some(lot.amount));
    till.must_verify().await;
}

async fn a_refund_made_in_the_providers_dashboard_takes_its_share_and_says_why(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    till.refund_there(&charge, till.pack(0).price.minor / 4).await;
    till.hear().await;
    let back = back(&till, &id).await;
    assert_eq!(back.refunded.minor, till.pack(0).price.minor / 4);
    assert_eq!((back.taken, back.owed), (credits("12.5"), Credits::ZERO));
    assert!(!back.is_whole && back.lines.len() == 1);
    assert!(back.lines[0].what.contains("refunded"), "{:?}", back.lines);
    assert_eq!(back.lines[0].by, None, "nobody of ours did it");
    assert_eq!(till.seen_status(&id).await, "Partly refunded");
    till.must_verify().await;
}

async fn a_refund_of_what_was_spent_becomes_debt_that_the_next_purchase_pays_first(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    till.spend("work", "40").await;
    till.refund_there(&charge, till.pack(0).price.minor).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "40".into()));
    assert_eq!(back(&till, &id).await.owed, credits("40"));

    let (other, _) = till.bought("form-2").await;
    assert_eq!(till.balance().await, ("10".into(), "0".into()));
    assert_eq!(till.lot(&other).await.remaining, credits("10"));
    assert_eq!(back(&till, &id).await.owed, Credits::ZERO);
    till.must_verify().await;
}

async fn a_refund_that_fails_later_gives_the_credits_back_exactly(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    till.spend("work", "30").await;
    let refund = till.refund_there(&charge, till.pack(0).price.minor).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "30".into()));
    let path = format!("/control/refunds/{}/settle", refund["id"].as_str().unwrap());
    assert_eq!(till.post(&path, &[("outcome", "fails")]).await.0, 200);
    till.hear().await;
    assert_eq!(till.balance().await, ("20".into(), "0".into()));
    assert_eq!(till.lot(&id).await.revoked, Credits::ZERO);
    let back = back(&till, &id).await;
    assert_eq!((back.refunded.minor, back.taken), (0, Credits::ZERO));
    assert!(back.lines[1].what.contains("did not go through"), "{:?}", back.lines);

    // The same amount once more is another refund.
    till.refund_there(&charge, till.pack(0).price.minor).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "30".into()));
    till.must_verify().await;
}

async fn a_refund_that_waits_takes_nothing_before_the_bank_has_said_yes(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    assert_eq!(till.pay(&session, "4000000000007726").await, 200);
    till.settle(&id, Why::ReturnPage).await;
    let charge = till.charge_of(&id).await;
    till.refund_there(&charge, till.pack(0).price.minor).await;
    till.hear().await;
    assert_eq!(till.balance().await.0, "50");
    till.pass(60);
    till.hear().await;
    assert_eq!(till.balance().await.0, "0");
    till.must_verify().await;
}

async fn a_refund_heard_of_before_the_payment_settles_first_and_then_corrects(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    assert_eq!(till.pay(&session, "4242424242424242").await, 200);
    let completed = till.event("checkout.session.completed").await;
    let payment = completed["data"]["object"]["payment_intent"].as_str().unwrap();
    let intent = till.get(&format!("/v1/payment_intents/{payment}")).await;
    let charge = intent["latest_charge"].as_str().unwrap();
    till.refund_there(charge, till.pack(0).price.minor / 2).await;
    // Only the refund is reported so far.
    assert_eq!(till.send_event(&till.event("refund.created").await).await, 200);
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    assert_eq!(till.balance().await.0, "25");
    assert_eq!(till.send_event(&completed).await, 200);
    till.inbox_works().await;
    assert_eq!(till.balance().await.0, "25");
    till.must_verify().await;
}

async fn a_refund_that_nobody_reported_is_found_by_recheck_and_by_catching_up(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    till.payments.catch_up_step(till.now()).await.unwrap();
    let (id, charge) = till.bought("form-1").await;
    till.refund_there(&charge, till.pack(0).price.minor / 2).await;
    let checked = till.payments.recheck(&till.organisation, &id, till.now()).await;
    assert_eq!(checked.unwrap().status, PurchaseStatus::Credited);
    assert_eq!(till.balance().await.0, "25");

    till.refund_there(&charge, till.pack(0).price.minor / 2).await;
    till.pass(2 * super::HOUR);
    till.payments.catch_up_step(till.now()).await.unwrap();
    till.inbox_works().await;
    assert_eq!(till.balance().await.0, "0");

    // Refunded before the sweep has looked at it for the first time.
    let (_, charge) = till.bought("form-2").await;
    till.refund_there(&charge, till.pack(0).price.minor).await;
    till.pass(3 * super::MINUTE);
    till.sweep_works().await;
    assert_eq!(till.balance().await.0, "0");
    till.must_verify().await;
}

async fn a_refund_of_the_time_before_a_long_absence_is_looked_up(database: TestDatabase) {
    let till = Till::open(database).await;
    till.payments.catch_up_step(till.now()).await.unwrap();
    let (_, charge) = till.bought("form-1").await;
    till.pass(3 * super::MINUTE);
    till.sweep_works().await;
    till.refund_there(&charge, till.pack(0).price.minor / 2).await;
    till.pass(40 * 24 * super::HOUR);
    // The provider's events of that time are gone.
    till.forget_events().await;
    till.payments.catch_up_step(till.now()).await.unwrap();
    till.inbox_works().await;
    assert_eq!(till.balance().await.0, "25");
    till.must_verify().await;
}

async fn one_refund_is_booked_once_however_many_ask_at_the_same_time(database: TestDatabase) {
    let till = std::sync::Arc::new(Till::open(database).await);
    let (id, charge) = till.bought("form-1").await;
    till.refund_there(&charge, till.pack(0).price.minor / 2).await;
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (till, id) = (till.clone(), id.clone());
        askers.spawn(async move { till.settle(&id, Why::MoneyBack).await });
    }
    while let Some(asked) = askers.join_next().await {
        asked.expect("nobody fails");
    }
    assert_eq!(till.balance().await, ("25".into(), "0".into()));
    let steps = correction::of_purchase(till.db(), &till.organisation, &id).await.unwrap();
    assert_eq!(steps.len(), 1);
    till.must_verify().await;
}

async fn a_step_that_was_cut_short_is_finished_first(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let half = till.pack(0).price.minor / 2;
    till.refund_there(&charge, half).await;
    till.settle(&id, Why::MoneyBack).await;
    // What a `kill -9` leaves between the ledger's answer and our note of it; and the money goes on.
    let forget =
        "update purchase_correction set booked_at = null, sequence = null, from_frozen = 0";
    scrip::on!(till.db(), write pool => sqlx::query(forget).execute(pool).await.map(|_| ()))
        .unwrap();
    till.refund_there(&charge, half).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    let steps = correction::of_purchase(till.db(), &till.organisation, &id).await.unwrap();
    assert_eq!(steps.len(), 2);
    assert!(steps.iter().all(|step| step.outcome.is_some_and(|it| it.sequence.is_some())));
    till.must_verify().await;
}

async fn credits_that_lapsed_unspent_are_not_owed_after_a_refund(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, session) = till.open_purchase().await;
    let months = "update purchase set valid_months = 1";
    scrip::on!(till.db(), write pool => sqlx::query(months).execute(pool).await.map(|_| ()))
        .unwrap();
    till.pay(&session, "4242424242424242").await;
    till.settle(&id, Why::ReturnPage).await;
    till.spend("work", "20").await;
    let charge = till.charge_of(&id).await;
    till.pass(40 * 24 * super::HOUR);
    till.refund_there(&charge, till.pack(0).price.minor).await;
    till.settle(&id, Why::MoneyBack).await;
    assert_eq!(till.balance().await, ("0".into(), "20".into()), "only what was used");
    till.must_verify().await;
}

async fn staff(till: &Till) -> UserId {
    let user = scrip::backend::store::user::User {
        id: UserId::parse("usr_boss").unwrap(),
        email: "boss@scrip.test".into(),
        name: "Bo Boss".into(),
        password_hash: "none".into(),
        staff: true,
        created_at: till.now(),
    };
    scrip::backend::store::user::insert(till.db(), &user).await.unwrap();
    user.id
}

async fn staff_refund_the_unspent_share_and_the_buyer_reads_who_and_why(database: TestDatabase) {
    let till = Till::open(database).await;
    let boss = staff(&till).await;
    let (id, _) = till.bought("form-1").await;
    till.spend("work", "20").await;
    let purchase = till.purchase(&id).await;
    let offer = till.payments.refundable(&purchase, till.now()).await.unwrap();
    assert_eq!(offer.unspent, credits("30"));
    assert_eq!(offer.proposed.minor, till.pack(0).price.minor * 30 / 50);
    let amount = offer.proposed.minor;
    let would = till.payments.preview_refund(&purchase, amount, till.now()).await.unwrap();
    assert_eq!((would.credits, would.owed), (credits("30"), Credits::ZERO));
    assert_eq!(would.available, Credits::ZERO);

    let ask = AskRefund {
        purchase: &purchase,
        staff: &boss,
        amount_minor: amount,
        reason: "Bought twice by mistake",
        form_key: "form-refund",
    };
    till.payments.refund(ask, till.now()).await.unwrap();
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    let seen = back(&till, &id).await;
    assert_eq!(seen.lines[0].by.as_deref(), Some("Bo Boss"));
    assert_eq!(seen.lines[0].reason.as_deref(), Some("Bought twice by mistake"));
    till.hear().await;
    assert_eq!(back(&till, &id).await, seen, "its events change nothing");
    let steps = correction::of_purchase(till.db(), &till.organisation, &id).await.unwrap();
    assert_eq!((steps[0].cause, steps[0].step), (Cause::Refund, StepKind::Taken));
    till.must_verify().await;
}

async fn a_refund_form_sent_twice_refunds_once_also_when_the_answer_was_lost(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let boss = staff(&till).await;
    let (id, charge) = till.bought("form-1").await;
    let purchase = till.purchase(&id).await;
    let ask = || AskRefund {
        purchase: &purchase,
        staff: &boss,
        amount_minor: 600,
        reason: "A gesture",
        form_key: "form-refund",
    };
    let refunded =
        async || till.get(&format!("/v1/charges/{charge}")).await["amount_refunded"].clone();
    // Every try does its work and loses its answer.
    let lose = [("fault", "lose"), ("status", "500"), ("count", "40")];
    till.post("/control/requests", &lose).await;
    assert!(till.payments.refund(ask(), till.now()).await.is_err(), "nobody knows");
    assert_eq!(refunded().await, 600);
    till.post("/control/calm", &[]).await;
    for _ in 0..3 {
        till.payments.refund(ask(), till.now()).await.unwrap();
    }
    assert_eq!(refunded().await, 600);
    let request = refund_request::find(till.db(), "form-refund").await.unwrap().unwrap();
    assert!(request.refund_ref.is_some_and(|reference| reference.starts_with("re_")));
    assert_eq!(back(&till, &id).await.lines.len(), 1);
    let other = AskRefund { amount_minor: 601, ..ask() };
    let error = till.payments.refund(other, till.now()).await.unwrap_err();
    assert!(matches!(error, PaymentError::BadFormKey), "a form is for one amount");
    till.must_verify().await;
}

async fn more_than_is_left_is_not_refunded(database: TestDatabase) {
    let till = Till::open(database).await;
    let boss = staff(&till).await;
    let (id, charge) = till.bought("form-1").await;
    let price = till.pack(0).price.minor;
    till.refund_there(&charge, price - 100).await;
    let purchase = till.purchase(&id).await;
    for (amount, form_key) in [(101, "form-a"), (0, "form-b"), (-5, "form-c")] {
        let ask = AskRefund {
            purchase: &purchase,
            staff: &boss,
            amount_minor: amount,
            reason: "Too much",
            form_key,
        };
        let error = till.payments.refund(ask, till.now()).await.unwrap_err();
        assert_eq!(error.problem().map(|problem| problem.status), Some(409), "{amount}");
    }
    let left = till.payments.refundable(&purchase, till.now()).await.unwrap();
    assert_eq!(left.left.minor, 100);
}

async fn a_payment_under_review_can_be_refunded_and_closed_with_a_reason(database: TestDatabase) {
    let till = Till::open(database).await;
    let boss = staff(&till).await;
    let (id, session) = till.open_purchase().await;
    let changed = "update purchase set amount_minor = amount_minor + 1";
    scrip::on!(till.db(), write pool => sqlx::query(changed).execute(pool).await.map(|_| ()))
        .unwrap();
    till.pay(&session, "4242424242424242").await;
    till.hear().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Review);
    let purchase = till.purchase(&id).await;
    let offer = till.payments.refundable(&purchase, till.now()).await.unwrap();
    assert_eq!(offer.proposed, offer.paid, "no credits were granted for it");
    let ask = AskRefund {
        purchase: &purchase,
        staff: &boss,
        amount_minor: offer.paid.minor,
        reason: "The price had changed meanwhile",
        form_key: "form-refund",
    };
    till.payments.refund(ask, till.now()).await.unwrap();
    assert_eq!(back(&till, &id).await.taken, Credits::ZERO);
    assert!(till.lots().await.is_empty());

    let reason = "Refunded in full";
    let (payments, owner) = (&till.payments, &till.organisation);
    payments.close_review(owner, &id, &boss, reason, till.now()).await.unwrap();
    let seen = till.payments.look(&till.organisation, &id, till.now(), plain).await.unwrap();
    assert_eq!(seen.status, "Closed");
    assert!(seen.explanation.ends_with(reason), "{}", seen.explanation);
    assert_eq!(till.settle(&id, Why::Webhook).await, PurchaseStatus::Closed, "for good");
    let again = payments.close_review(owner, &id, &boss, reason, till.now()).await;
    assert!(again.is_err());
}
