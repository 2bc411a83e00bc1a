//! Upgrades, downgrades, new rhythms, and the way back.

use super::{DAY, HOUR, Office, credits, plan};
use crate::support::database::TestDatabase;
use scrip::backend::payments::PaymentError;
use scrip::backend::payments::port::ProviderError;
use scrip::backend::payments::subscriptions::change::PlanRefusal;
use scrip::backend::store::purchase::PurchaseStatus;
use scrip::backend::store::subscription::SubscriptionStatus;

crate::on_both_databases!(
    an_upgrade_charges_what_was_shown_and_tops_up_pro_rata,
    an_upgrade_that_is_not_paid_for_is_not_made,
    an_upgrade_form_posted_twice_charges_once,
    a_downgrade_takes_effect_with_the_next_period_and_can_be_undone,
    a_year_begins_at_once_and_the_month_that_ran_ends,
    a_change_of_what_is_unpaid_scheduled_or_too_old_is_refused,
    a_portal_is_opened_for_ones_own_customer_only,
);

/// Half of the month is over.
async fn in_the_middle(office: &Office) {
    let half = (office.period_end().await - office.seconds()) / 2;
    office.pass(half).await;
}

async fn charge(office: &Office, code: &str) -> Result<i64, PaymentError> {
    let (organisation, now) = (&office.till.organisation, office.till.now());
    office.till.payments.charge_now(organisation, &plan(code), now).await
}

async fn an_upgrade_charges_what_was_shown_and_tops_up_pro_rata(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    assert!(office.uses("1000").await);
    in_the_middle(&office).await;
    let shown = charge(&office, "studio").await.unwrap();
    assert_eq!(shown, 12_500, "half of 349.00 less half of 99.00");
    assert_eq!(office.lots().await.len(), 1, "a preview changes nothing");
    office.change("form-u", "studio").await.unwrap();
    office.is_available("6500").await;
    let lots = office.lots().await;
    assert_eq!(lots[1].amount, credits("4500"), "half of the 9,000 more");
    assert_eq!(lots[1].cost.map(|cost| cost.minor), Some(shown));
    let bought = &office.paid().await[0];
    assert_eq!((bought.price.minor, bought.credits), (shown, credits("4500")));
    assert_eq!(
        (bought.status, bought.lot().unwrap()),
        (PurchaseStatus::Credited, lots[1].id.clone())
    );
    assert!(bought.payment_ref.is_some());
    office.hear().await;
    office.is_available("6500").await;

    let end = office.period_end().await;
    office.pass(end - office.seconds() + 2 * HOUR).await;
    assert_eq!(office.paid().await[0].price.minor, 34_900);
    office.must_verify().await;
}

async fn an_upgrade_that_is_not_paid_for_is_not_made(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    office.pay_with("pm_card_chargeCustomerFail").await;
    in_the_middle(&office).await;
    let refused = office.change("form-u", "studio").await.unwrap_err();
    assert!(
        matches!(refused, PaymentError::Provider(ProviderError::Declined { .. })),
        "{refused:?}"
    );
    assert!(refused.problem().unwrap().cure.unwrap().contains("Nothing was charged"));
    office.hear().await;
    let row = office.row().await;
    assert_eq!((row.status, row.mirror.next), (SubscriptionStatus::Active, row.mirror.paid));
    office.is_available("3000").await;
    office.pay_with("pm_card_visa").await;
    office.change("form-v", "studio").await.unwrap();
    office.is_available("7500").await;
}

async fn an_upgrade_form_posted_twice_charges_once(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    in_the_middle(&office).await;
    let (one, two) =
        tokio::join!(office.change("form-u", "studio"), office.change("form-u", "studio"));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    office.hear().await;
    let again = office.change("form-u", "studio").await;
    assert!(matches!(again, Err(PaymentError::Plan(PlanRefusal::Same))), "{again:?}");
    office.is_available("7500").await;
    assert_eq!((office.paid().await.len(), office.invoices().await.len()), (2, 2));
}

async fn a_downgrade_takes_effect_with_the_next_period_and_can_be_undone(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("studio").await;
    in_the_middle(&office).await;
    office.change("form-d", "pro").await.unwrap();
    let row = office.row().await;
    assert_ne!(row.mirror.next, row.mirror.paid);
    office.is_available("12000").await;
    assert_eq!(office.invoices().await.len(), 1, "nothing is charged");
    let refused = office.change("form-e", "pro-yearly").await.unwrap_err();
    assert!(matches!(refused, PaymentError::Plan(PlanRefusal::Scheduled)));

    let now = office.till.now();
    office.till.payments.keep_plan(office.acting("form-k"), now).await.unwrap();
    let row = office.row().await;
    assert_eq!(row.mirror.next, row.mirror.paid);
    let again = office.till.payments.keep_plan(office.acting("form-l"), now).await.unwrap_err();
    assert!(matches!(again, PaymentError::Plan(PlanRefusal::NothingToChange)));

    office.change("form-f", "pro").await.unwrap();
    let end = office.period_end().await;
    office.pass(end - office.seconds() + 2 * HOUR).await;
    office.is_available("6000").await;
    let (bought, row) = (office.paid().await, office.row().await);
    assert_eq!((bought[0].pack.as_str(), bought[0].price.minor), ("pro", 9_900));
    assert_eq!(row.mirror.next, row.mirror.paid);
    let state = office.till.engine.state(&office.till.organisation).await.unwrap();
    assert_eq!(state.terms().plan.as_ref().unwrap().plan.code, "pro");
    office.must_verify().await;
}

async fn a_year_begins_at_once_and_the_month_that_ran_ends(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    assert!(office.uses("1000").await);
    in_the_middle(&office).await;
    let shown = charge(&office, "pro-yearly").await.unwrap();
    assert_eq!(shown, 99_000 - 4_950);
    office.change("form-y", "pro-yearly").await.unwrap();
    office.is_available("36000").await;
    assert_eq!(office.period_end().await - office.seconds(), 365 * DAY);
    assert_eq!(office.paid().await[0].price.minor, shown);
    let back = office.change("form-m", "pro").await.unwrap_err();
    assert!(matches!(back, PaymentError::Plan(PlanRefusal::YearToMonth)));
    office.must_verify().await;
}

async fn a_change_of_what_is_unpaid_scheduled_or_too_old_is_refused(database: TestDatabase) {
    let office = Office::open(database).await;
    let none = office.change("form-0", "pro").await.unwrap_err();
    assert!(matches!(none, PaymentError::Plan(PlanRefusal::NothingToChange)));
    office.subscribe("pro").await;
    in_the_middle(&office).await;
    let (acting, now, old) =
        (office.acting("form-1"), office.till.now(), office.seconds() - 2 * HOUR);
    let stale =
        office.till.payments.change_to(acting, &plan("studio"), old, now).await.unwrap_err();
    assert!(matches!(stale, PaymentError::Plan(PlanRefusal::Stale)));
    office.till.payments.cancel_plan(office.acting("form-2"), now).await.unwrap();
    let ends = office.change("form-3", "studio").await.unwrap_err();
    assert!(matches!(ends, PaymentError::Plan(PlanRefusal::Scheduled)));
    office.till.payments.keep_plan(office.acting("form-4"), now).await.unwrap();
    office.pay_with("pm_card_chargeCustomerFail").await;
    let end = office.period_end().await;
    office.pass(end - office.seconds() + 2 * HOUR).await;
    let unpaid = office.change("form-5", "studio").await.unwrap_err();
    assert!(matches!(unpaid, PaymentError::Plan(PlanRefusal::Unpaid)), "{unpaid:?}");
    let problem = unpaid.problem().unwrap();
    assert_eq!((problem.status, problem.cure.is_some()), (409, true));
}

async fn a_portal_is_opened_for_ones_own_customer_only(database: TestDatabase) {
    let office = Office::open(database).await;
    let nobody = office.till.payments.customer_portal(office.acting(""), office.till.now()).await;
    assert!(matches!(nobody, Err(PaymentError::Plan(PlanRefusal::NothingToChange))));
    office.subscribe("pro").await;
    let portal = office.till.payments.customer_portal(office.acting(""), office.till.now()).await;
    let url = portal.unwrap();
    assert!(url.starts_with(&format!("{}/p/session/", office.till.sandbox_base)), "{url}");
}
