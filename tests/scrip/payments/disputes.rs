//! Disputes in every order a bank may choose, by lot and in credits.

use super::Till;
use super::buying::plain;
use crate::support::database::TestDatabase;
use scrip::backend::payments::refund::AskRefund;
use scrip::backend::store::dispute::{self, DisputeStanding};
use scrip::ledger::{Credits, PurchaseId, UserId};
use scrip::model::billing::MoneyBack;

crate::on_both_databases!(
    an_inquiry_is_shown_and_moves_nothing,
    a_dispute_freezes_what_is_left_until_it_is_decided,
    a_withdrawal_takes_the_credits_and_winning_gives_exactly_them_back,
    money_that_is_reinstated_brings_the_credits_back_although_the_dispute_goes_on,
    a_dispute_lost_without_a_word_about_the_money_takes_the_credits_then,
    a_partial_dispute_takes_its_part_and_no_more,
    trap_4_a_won_dispute_after_a_partial_refund_gives_back_what_it_took_and_no_more,
    a_dispute_of_all_after_a_refund_never_takes_more_than_was_granted,
    a_dispute_after_everything_was_spent_leaves_no_more_debt_than_the_lot_had,
    a_disputed_payment_is_not_refunded_and_says_why,
    an_unknown_status_is_an_alert_and_nothing_else,
);

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

async fn back(till: &Till, id: &PurchaseId) -> MoneyBack {
    let seen = till.payments.look(&till.organisation, id, till.now(), plain).await.unwrap();
    seen.back.expect("something is known")
}

async fn status(till: &Till) -> String {
    till.seen_status(&till.newest_purchase().await).await
}

async fn an_inquiry_is_shown_and_moves_nothing(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let inquiry = till.dispute(&charge, &[("inquiry", "true")]).await;
    till.hear().await;
    assert_eq!(till.balance().await.0, "50");
    let seen = back(&till, &id).await;
    assert!(seen.lines.is_empty() && !seen.disputes[0].is_over);
    assert_eq!(seen.disputes[0].state, "Bank inquiry");
    till.turn(&inquiry, "close", &[("outcome", "warning_closed")]).await;
    till.hear().await;
    assert!(back(&till, &id).await.disputes[0].is_over);
    assert_eq!(till.balance().await, ("50".into(), "0".into()));
    till.must_verify().await;
}

async fn a_dispute_freezes_what_is_left_until_it_is_decided(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    till.spend("work", "20").await;
    let dispute = till.dispute(&charge, &[("withdraw", "false")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    assert_eq!(till.lot(&id).await.frozen, credits("30"));
    assert_eq!(status(&till).await, "Disputed");
    assert!(back(&till, &id).await.disputes[0].explanation.contains("may not be spent"));
    till.turn(&dispute, "close", &[("outcome", "won")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("30".into(), "0".into()));
    assert_eq!(till.lot(&id).await.freeze_wanted, Credits::ZERO);
    assert_eq!(status(&till).await, "Credited");
    till.must_verify().await;
}

async fn a_withdrawal_takes_the_credits_and_winning_gives_exactly_them_back(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let dispute = till.dispute(&charge, &[("withdraw", "false")]).await;
    till.hear().await;
    till.turn(&dispute, "withdraw", &[]).await;
    till.hear().await;
    let lot = till.lot(&id).await;
    assert_eq!((lot.revoked, lot.frozen), (lot.amount, Credits::ZERO));
    assert_eq!(status(&till).await, "Disputed", "it is not lost yet");
    till.turn(&dispute, "close", &[("outcome", "won")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("50".into(), "0".into()));
    let seen = back(&till, &id).await;
    assert_eq!(
        (seen.taken, seen.disputes[0].state.as_str()),
        (Credits::ZERO, "Dispute settled for us")
    );
    till.must_verify().await;
}

async fn money_that_is_reinstated_brings_the_credits_back_although_the_dispute_goes_on(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let dispute = till.dispute(&charge, &[]).await;
    till.hear().await;
    assert_eq!(till.balance().await.0, "0");
    till.turn(&dispute, "reinstate", &[]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("50".into(), "0".into()));
    assert!(!back(&till, &id).await.disputes[0].is_over);
    till.must_verify().await;
}

async fn a_dispute_lost_without_a_word_about_the_money_takes_the_credits_then(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let dispute = till.dispute(&charge, &[("withdraw", "false")]).await;
    till.turn(&dispute, "close", &[("outcome", "lost")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    assert_eq!(till.lot(&id).await.revoked, credits("50"));
    assert_eq!(status(&till).await, "Charged back");
    till.must_verify().await;
}

async fn a_partial_dispute_takes_its_part_and_no_more(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let part = (till.pack(0).price.minor / 5).to_string();
    let dispute = till.dispute(&charge, &[("amount", &part)]).await;
    till.hear().await;
    assert_eq!(till.balance().await.0, "40");
    till.turn(&dispute, "close", &[("outcome", "lost")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("40".into(), "0".into()));
    assert_eq!(till.lot(&id).await.revoked, credits("10"));
    till.must_verify().await;
}

async fn trap_4_a_won_dispute_after_a_partial_refund_gives_back_what_it_took_and_no_more(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let price = till.pack(0).price.minor;
    till.refund_there(&charge, price / 2).await;
    till.hear().await;
    let rest = (price - price / 2).to_string();
    let dispute = till.dispute(&charge, &[("amount", &rest)]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    till.turn(&dispute, "close", &[("outcome", "won")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("25".into(), "0".into()));
    assert_eq!(till.lot(&id).await.revoked, credits("25"));
    till.must_verify().await;
}

async fn a_dispute_of_all_after_a_refund_never_takes_more_than_was_granted(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let price = till.pack(0).price.minor;
    till.refund_there(&charge, price / 2).await;
    let dispute = till.dispute(&charge, &[]).await;
    till.hear().await;
    assert_eq!(till.lot(&id).await.revoked, credits("50"));
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    till.turn(&dispute, "close", &[("outcome", "won")]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("25".into(), "0".into()));
    till.must_verify().await;
}

async fn a_dispute_after_everything_was_spent_leaves_no_more_debt_than_the_lot_had(
    database: TestDatabase,
) {
    let till = Till::open(database).await;
    let (_, charge) = till.bought("form-1").await;
    // Later, so that the first lot is spent first.
    till.pass(1);
    let (other, _) = till.bought("form-2").await;
    till.spend("work", "50").await;
    till.dispute(&charge, &[]).await;
    till.hear().await;
    assert_eq!(till.balance().await, ("50".into(), "50".into()));
    assert_eq!(till.lot(&other).await.remaining, credits("50"), "another order's lot is untouched");
    till.must_verify().await;
}

async fn a_disputed_payment_is_not_refunded_and_says_why(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    till.dispute(&charge, &[]).await;
    let purchase = till.purchase(&id).await;
    let offer = till.payments.refundable(&purchase, till.now()).await.unwrap();
    assert!(offer.blocked.is_some_and(|why| why.contains("disputes this payment")));
    let boss = UserId::parse("usr_boss").unwrap();
    let ask = AskRefund {
        purchase: &purchase,
        staff: &boss,
        amount_minor: 100,
        reason: "Please",
        form_key: "form-refund",
    };
    let error = till.payments.refund(ask, till.now()).await.unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.code), Some("not_refundable".into()));
}

async fn an_unknown_status_is_an_alert_and_nothing_else(database: TestDatabase) {
    let till = Till::open(database).await;
    let (id, charge) = till.bought("form-1").await;
    let reference = till.dispute(&charge, &[]).await;
    till.hear().await;
    assert_eq!(till.balance().await.0, "0");
    till.sandbox_says(&reference, "status", "in_orbit").await;
    till.turn(&reference, "reinstate", &[]).await;
    till.hear().await;
    let known = dispute::of_purchase(till.db(), &till.organisation, &id).await.unwrap();
    assert_eq!(
        (known[0].standing, known[0].status.as_str()),
        (DisputeStanding::Unknown, "in_orbit")
    );
    assert_eq!(till.balance().await.0, "0", "what was done about it stays");
    let page = till.payments.all_payments("", None, plain).await.unwrap();
    assert!(page.disputes.iter().any(|line| line.is_unknown && line.status == "in_orbit"));
    till.must_verify().await;
}
