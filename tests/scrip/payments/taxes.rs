//! Taxes: what is added or contained never changes what was agreed, and goes back with its money.

use super::plans::Office;
use super::{HOUR, Till};
use crate::support::database::TestDatabase;
use scrip::backend::payments::refund::AskRefund;
use scrip::backend::payments::{Payments, TaxMode, Why};
use scrip::backend::store::correction;
use scrip::backend::store::purchase::{Purchase, PurchaseStatus};
use scrip::ledger::{Credits, PurchaseId, UserId};

crate::on_both_databases!(
    a_german_buyer_pays_nineteen_percent_on_top_and_gets_exactly_the_pack,
    a_price_that_contains_its_tax_is_what_is_paid,
    a_business_elsewhere_pays_no_tax_and_gets_the_same_credits,
    a_page_that_sells_below_the_price_goes_to_review_whatever_its_tax,
    what_was_said_of_the_price_stays_with_the_purchase_when_the_setting_changes,
    a_slow_payment_says_its_tax_before_it_arrives,
    thirds_of_what_was_paid_with_its_tax_take_exactly_the_pack,
    staff_are_proposed_the_unspent_share_of_all_that_was_paid,
    a_renewal_with_tax_makes_the_periods_lot_and_says_its_tax,
    an_upgrade_is_previewed_and_charged_with_its_tax,
    with_taxes_on_top_nothing_is_bought_by_itself,
);

/// A purchase of the smallest pack, paid from a country and credited.
async fn bought_from(till: &Till, country: &str, tax_id: Option<&str>) -> Purchase {
    let (id, session) = till.open_purchase().await;
    till.pay_from(&session, country, tax_id).await;
    assert_eq!(till.settle(&id, Why::ReturnPage).await, PurchaseStatus::Credited);
    till.purchase(&id).await
}

async fn a_german_buyer_pays_nineteen_percent_on_top_and_gets_exactly_the_pack(
    database: TestDatabase,
) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let bought = bought_from(&till, "DE", None).await;
    assert_eq!((bought.price.minor, bought.tax_minor, bought.total().minor), (6_000, 1_140, 7_140));
    let payment = till.get(&format!("/v1/payment_intents/{}", bought.payment_ref.unwrap())).await;
    assert_eq!(payment["amount_received"], 7_140);
    let lot = till.lot(&bought.id).await;
    assert_eq!((lot.amount, lot.cost), (till.pack(0).credits, Some(till.pack(0).price)));
    assert_eq!(till.balance().await.0, till.pack(0).credits.to_string());
    let seen =
        till.payments.recall(&till.organisation, &bought.id, till.now(), super::buying::plain);
    let seen = seen.await.unwrap();
    assert_eq!((seen.price.minor, seen.tax.map(|tax| tax.minor)), (7_140, Some(1_140)));
    till.must_verify().await;
}

async fn a_price_that_contains_its_tax_is_what_is_paid(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Inclusive).await;
    let bought = bought_from(&till, "DE", None).await;
    assert_eq!((bought.total().minor, bought.tax_minor), (6_000, 958));
    assert_eq!(till.lot(&bought.id).await.amount, till.pack(0).credits);
}

async fn a_business_elsewhere_pays_no_tax_and_gets_the_same_credits(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let bought = bought_from(&till, "FR", Some("FR12345678901")).await;
    assert_eq!((bought.total().minor, bought.tax()), (6_000, None));
    assert_eq!(till.lot(&bought.id).await.amount, till.pack(0).credits);
}

async fn a_page_that_sells_below_the_price_goes_to_review_whatever_its_tax(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let (id, session) = till.open_purchase().await;
    till.pay_from(&session, "DE", None).await;
    till.sandbox_says_number(&session, "amount_subtotal", 5_000).await;
    till.sandbox_says_number(&session, "amount_total", 6_000).await;
    assert_eq!(till.settle(&id, Why::Webhook).await, PurchaseStatus::Review);
    assert!(till.lots().await.is_empty());
    let note = till.purchase(&id).await.note.unwrap();
    assert!(note.contains("6000 USD with a tax of 1140"), "{note}");
}

async fn what_was_said_of_the_price_stays_with_the_purchase_when_the_setting_changes(
    database: TestDatabase,
) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let (id, session) = till.open_purchase().await;
    till.pay_from(&session, "DE", None).await;
    let later = payments_saying(&till, TaxMode::Off);
    let settled = later.settle(&till.organisation, &id, Why::Sweep, till.now()).await.unwrap();
    assert_eq!(settled.status, PurchaseStatus::Credited);
    assert_eq!(settled.total().minor, 7_140);
}

/// Payments of the same till after a restart with another setting.
fn payments_saying(till: &Till, tax: TaxMode) -> Payments {
    let config = scrip::backend::payments::PaymentsConfig::sandbox(
        &till.sandbox_base,
        super::KEY,
        super::WEBHOOK_SECRET,
    );
    let (db, engine, live) = (till.db().clone(), till.engine.clone(), till.live.clone());
    Payments::new(db, engine, live, config.unwrap().taxed(tax)).unwrap()
}

async fn a_slow_payment_says_its_tax_before_it_arrives(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let (id, session) = till.open_purchase().await;
    let path = format!("/control/sessions/{session}/pay");
    let fields =
        [("debit", "succeeds"), ("country", "DE"), ("line1", "Kai 1"), ("city", "Hamburg")];
    assert_eq!(till.post(&path, &fields).await.0, 200);
    assert_eq!(till.settle(&id, Why::Webhook).await, PurchaseStatus::Processing);
    assert_eq!(till.purchase(&id).await.total().minor, 7_140);
    till.pass(60);
    till.hear().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
}

async fn thirds_of_what_was_paid_with_its_tax_take_exactly_the_pack(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let bought = bought_from(&till, "CH", None).await;
    let total = bought.total().minor;
    assert_eq!(total, 6_486, "8.1 % on top");
    let charge = till.charge_of(&bought.id).await;
    let third = total / 3;
    for amount in [third, third + 1, total - 2 * third - 1] {
        till.refund_there(&charge, amount).await;
        till.hear().await;
    }
    let lot = till.lot(&bought.id).await;
    assert_eq!((lot.revoked, lot.remaining), (lot.amount, Credits::ZERO));
    assert_eq!(till.balance().await, ("0".into(), "0".into()));
    let standing =
        correction::standing_of(till.db(), &till.organisation, &bought.id).await.unwrap();
    assert_eq!(standing.refunded_minor, total);
    assert_eq!(till.seen_status(&bought.id).await, "Refunded");
    till.must_verify().await;
}

async fn staff_are_proposed_the_unspent_share_of_all_that_was_paid(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    let bought = bought_from(&till, "DE", None).await;
    till.spend("half", "25").await;
    let offered = till.payments.refundable(&bought, till.now()).await.unwrap();
    assert_eq!((offered.paid.minor, offered.proposed.minor), (7_140, 3_570));
    let staff = UserId::parse("usr_staff").unwrap();
    let ask = AskRefund {
        purchase: &bought,
        staff: &staff,
        amount_minor: offered.proposed.minor,
        reason: "Asked for.",
        form_key: "refund-1",
    };
    till.payments.refund(ask, till.now()).await.unwrap();
    let lot = till.lot(&bought.id).await;
    assert_eq!((lot.revoked.to_string(), lot.remaining), ("25".into(), Credits::ZERO));
    assert_eq!(till.balance().await, ("0".into(), "0".into()), "nothing is owed");
    assert_eq!(till.seen_status(&bought.id).await, "Partly refunded", "the price alone is not all");
}

/// Subscribes from Germany.
async fn subscribed(office: &Office, code: &str) {
    let page = office.page_of("form-plan", code).await;
    office.till.pay_from(&page, "DE", None).await;
    office.hear().await;
}

async fn a_renewal_with_tax_makes_the_periods_lot_and_says_its_tax(database: TestDatabase) {
    let office = Office::open_taxed(database, TaxMode::Exclusive).await;
    subscribed(&office, "pro").await;
    let end = office.period_end().await;
    office.pass(end - office.seconds() + 2 * HOUR).await;
    let paid = office.paid().await;
    assert_eq!(paid.len(), 2, "the first period and the renewal");
    let price = super::plans::plan("pro").price().unwrap().minor;
    for period in &paid {
        assert_eq!(period.status, PurchaseStatus::Credited);
        assert_eq!(period.price.minor, price);
        assert_eq!(period.tax_minor, (price * 19 + 50) / 100);
        assert_eq!(period.total().minor, price + period.tax_minor);
        let lot = office.till.lot(&period.id).await;
        assert_eq!(lot.cost.unwrap().minor, price, "the tax is no cost of the credits");
    }
    office.is_available("3000").await;
    let taxes = office.till.payments.taxes(&paid[0]).await.unwrap();
    assert_eq!((taxes.len(), taxes[0].minor), (1, paid[0].tax_minor));
    assert_eq!(taxes[0].percent.as_deref(), Some("19"));
    office.must_verify().await;
}

async fn an_upgrade_is_previewed_and_charged_with_its_tax(database: TestDatabase) {
    let office = Office::open_taxed(database, TaxMode::Exclusive).await;
    subscribed(&office, "pro").await;
    office.pass(10 * 24 * HOUR).await;
    let (till, studio) = (&office.till, super::plans::plan("studio"));
    let shown = till.payments.charge_now(&till.organisation, &studio, till.now()).await.unwrap();
    office.change("form-up", "studio").await.unwrap();
    let upgrade = office.paid().await.into_iter().find(|one| one.pack == "studio").unwrap();
    assert_eq!(upgrade.total().minor, shown);
    assert!(upgrade.tax_minor > 0 && upgrade.price.minor + upgrade.tax_minor == shown);
    assert_eq!(office.invoices().await[0]["amount_paid"], shown);
    office.must_verify().await;
}

async fn with_taxes_on_top_nothing_is_bought_by_itself(database: TestDatabase) {
    let till = Till::open_taxed(database, TaxMode::Exclusive).await;
    assert!(till.payments.why_not_by_itself().is_some_and(|why| why.contains("without tax")));
    let within = payments_saying(&till, TaxMode::Inclusive);
    assert_eq!(within.why_not_by_itself(), None);
    let id: PurchaseId = till.open_purchase().await.0;
    assert_eq!(till.purchase(&id).await.tax_mode, TaxMode::Exclusive);
}
