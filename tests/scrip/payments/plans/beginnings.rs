//! From the choice of a plan to its first period.

use super::{DAY, Office, VISA, at, credits, plan, stranger};
use crate::support::database::TestDatabase;
use scrip::backend::payments::PaymentError;
use scrip::backend::payments::subscriptions::begin::Begun;
use scrip::backend::payments::subscriptions::change::PlanRefusal;
use scrip::backend::store::purchase::PurchaseStatus;
use scrip::backend::store::subscription::SubscriptionStatus;
use scrip::ledger::{Origin, Renewal, Source};

crate::on_both_databases!(
    a_first_payment_begins_the_plan_and_credits_its_first_period,
    a_first_payment_is_credited_once_however_many_ask_at_the_same_time,
    a_form_posted_twice_opens_one_page_and_another_plan_closes_it,
    a_page_left_alone_closes_and_leaves_no_plan,
    a_declined_card_begins_nothing,
    whoever_pays_for_a_plan_gets_no_second_payment_page,
    a_plan_that_is_agreed_on_is_not_for_sale,
    the_terms_that_were_sold_stay_whatever_the_catalogue_says_later,
    a_trial_is_granted_once_and_the_first_money_grants_the_next_period,
);

async fn a_first_payment_begins_the_plan_and_credits_its_first_period(database: TestDatabase) {
    let office = Office::open(database).await;
    let page = office.page_of("form-1", "pro").await;
    assert_eq!(office.status().await, SubscriptionStatus::None);
    assert_eq!(office.till.pay(&page, VISA).await, 200);
    assert!(office.lots().await.is_empty(), "nothing before we were told");
    office.hear().await;

    let row = office.row().await;
    assert_eq!((row.status, row.page), (SubscriptionStatus::Active, None));
    let lots = office.lots().await;
    let [lot] = lots.as_slice() else { panic!("{lots:?}") };
    let (start, end) = (office.seconds(), office.period_end().await);
    assert_eq!((lot.source, lot.amount), (Source::Subscription, credits("3000")));
    assert_eq!((lot.effective_at, lot.expires_at), (at(start), Some(at(end + DAY))));
    assert_eq!(lot.cost, plan("pro").price());
    assert_eq!(lot.origin, Origin::PlanPeriod { plan: "pro".into(), period_start: at(start) });

    let paid = office.paid().await;
    let [bought] = paid.as_slice() else { panic!("{paid:?}") };
    assert_eq!(bought.status, PurchaseStatus::Credited);
    assert_eq!((&bought.pack, &bought.pack_name), (&"pro".to_owned(), &"Pro".to_owned()));
    assert_eq!((bought.credits, Some(bought.price)), (credits("3000"), plan("pro").price()));
    assert_eq!(bought.lot().unwrap(), lot.id, "refunds and disputes find the lot");
    assert_eq!(bought.user, office.till.user);
    assert!(bought.invoice_ref.as_ref().is_some_and(|name| name.starts_with("in_")));
    assert!(bought.payment_ref.as_ref().is_some_and(|name| name.starts_with("pi_")));
    assert!(bought.paid_at.is_some());

    let state = office.till.engine.state(&office.till.organisation).await.unwrap();
    let standing = state.terms().plan.clone().expect("the ledger knows the plan");
    assert_eq!((standing.plan.code.as_str(), standing.plan.renewal), ("pro", Renewal::WhenPaid));
    office.must_verify().await;
}

async fn a_first_payment_is_credited_once_however_many_ask_at_the_same_time(
    database: TestDatabase,
) {
    let office = std::sync::Arc::new(Office::open(database).await);
    let page = office.page_of("form-1", "pro").await;
    office.till.pay(&page, VISA).await;
    let event = office.till.event("invoice.paid").await;
    office.till.pass(180);
    let mut askers = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (office, mut event) = (office.clone(), event.clone());
        askers.spawn(async move {
            if number % 2 == 0 {
                event["id"] = format!("evt_copy_{number}").into();
            }
            assert_eq!(office.till.send_event(&event).await, 200);
            match number % 4 {
                0 => office.till.inbox_works().await,
                1 => drop(office.row().await),
                2 => drop(office.settle().await),
                _ => office.sweep().await,
            }
        });
    }
    while let Some(asked) = askers.join_next().await {
        asked.expect("nobody fails");
    }
    office.till.inbox_works().await;
    office.is_available("3000").await;
    assert_eq!((office.lots().await.len(), office.paid().await.len()), (1, 1));
    office.must_verify().await;
}

async fn a_form_posted_twice_opens_one_page_and_another_plan_closes_it(database: TestDatabase) {
    let office = Office::open(database).await;
    let (one, two) = tokio::join!(office.begin("form-1", "pro"), office.begin("form-1", "pro"));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one, two);
    assert_eq!(office.begin("form-2", "pro").await.unwrap(), one, "whoever comes later, too");
    let first = office.page_of("form-3", "pro").await;
    let second = office.page_of("form-4", "studio").await;
    assert_ne!(first, second);
    let closed = office.till.get(&format!("/v1/checkout/sessions/{first}")).await;
    assert_eq!(closed["status"], "expired", "nobody pays for two plans");
    assert_eq!(office.till.pay(&second, VISA).await, 200);
    office.hear().await;
    office.is_available("12000").await;
}

async fn a_page_left_alone_closes_and_leaves_no_plan(database: TestDatabase) {
    let office = Office::open(database).await;
    let first = office.page_of("form-1", "pro").await;
    office.pass(50 * 60).await;
    office.sweep().await;
    let row = office.row().await;
    assert_eq!((row.status, row.page), (SubscriptionStatus::None, None));
    assert_ne!(office.page_of("form-1", "pro").await, first, "the same form opens a new one");
}

async fn a_declined_card_begins_nothing(database: TestDatabase) {
    let office = Office::open(database).await;
    let page = office.page_of("form-1", "pro").await;
    assert_eq!(office.till.pay(&page, "4000000000000002").await, 402);
    office.hear().await;
    assert!(office.row().await.page.is_some(), "another card may be tried");
    assert!(office.lots().await.is_empty() && office.paid().await.is_empty());
    assert_eq!(office.till.pay(&page, VISA).await, 200);
    office.hear().await;
    office.is_available("3000").await;
}

async fn whoever_pays_for_a_plan_gets_no_second_payment_page(database: TestDatabase) {
    let office = Office::open(database).await;
    office.subscribe("pro").await;
    assert_eq!(office.begin("form-2", "studio").await.unwrap(), Begun::AlreadyThere);
    assert_eq!(office.till.pages_opened().await, 1);
    let event = office.till.event("invoice.paid").await;
    let seen = office.till.payments.settle_subscription(&stranger(), None, office.till.now()).await;
    assert!(seen.unwrap().is_none(), "another organisation sees and moves nothing");
    let mut foreign = event;
    foreign["id"] = "evt_foreign".into();
    foreign["data"]["object"]["customer"] = "cus_foreign".into();
    assert_eq!(office.till.send_event(&foreign).await, 200, "stored, and nothing else");
    office.till.inbox_works().await;
    assert_eq!(office.lots().await.len(), 1);
}

async fn a_plan_that_is_agreed_on_is_not_for_sale(database: TestDatabase) {
    let office = Office::open(database).await;
    let refused = office.begin("form-1", "custom").await;
    assert!(matches!(refused, Err(PaymentError::Plan(PlanRefusal::NotForSale))), "{refused:?}");
    let refused = office.begin("", "pro").await;
    assert!(matches!(refused, Err(PaymentError::BadFormKey)), "{refused:?}");
    assert_eq!(office.till.pages_opened().await, 0);
}

async fn the_terms_that_were_sold_stay_whatever_the_catalogue_says_later(database: TestDatabase) {
    let office = Office::open(database).await;
    let mut generous = plan("pro");
    generous.allowance = scrip::ledger::Allowance::Credits(credits("5000"));
    let begun =
        office.till.payments.subscribe(office.acting("form-1"), &generous, office.till.now());
    let Begun::PayAt(url) = begun.await.unwrap() else { panic!("a page opens") };
    assert_eq!(office.till.pay(url.rsplit('/').next().unwrap(), VISA).await, 200);
    office.hear().await;
    office.is_available("5000").await;
    office.pass(32 * DAY).await;
    office.is_available("5000").await;
    assert_eq!(office.paid().await.len(), 2, "renewed on the terms that were sold");
}

/// A subscription made in the provider's dashboard, with nothing to pay at first.
async fn a_trial_is_granted_once_and_the_first_money_grants_the_next_period(
    database: TestDatabase,
) {
    let office = Office::open(database).await;
    let page = office.page_of("form-1", "pro").await;
    let session = office.till.get(&format!("/v1/checkout/sessions/{page}")).await;
    let customer = session["customer"].as_str().unwrap().to_owned();
    let path = "/v1/payment_methods/pm_card_visa/attach";
    let (_, method) = office.till.post(path, &[("customer", &customer)]).await;
    let product = office.row().await.page.unwrap().product;
    let (status, made) = office
        .till
        .post(
            "/v1/subscriptions",
            &[
                ("customer", customer.as_str()),
                ("items[0][price_data][product]", &product),
                ("items[0][price_data][currency]", "usd"),
                ("items[0][price_data][unit_amount]", "9900"),
                ("items[0][price_data][recurring][interval]", "month"),
                ("trial_period_days", "14"),
                ("default_payment_method", method["id"].as_str().unwrap()),
            ],
        )
        .await;
    assert_eq!(status, 200, "{made}");
    office.hear().await;
    office.settle().await;
    assert_eq!(office.status().await, SubscriptionStatus::Trialing);
    office.is_available("3000").await;
    let paid = office.paid().await;
    assert_eq!((paid.len(), paid[0].price.minor, &paid[0].payment_ref), (1, 0, &None));
    office.pass(14 * DAY + 2 * 3600).await;
    assert_eq!(office.status().await, SubscriptionStatus::Active);
    office.is_available("3000").await;
    let paid = office.paid().await;
    assert_eq!((paid.len(), paid[0].price.minor), (2, 9_900));
    office.must_verify().await;
}
