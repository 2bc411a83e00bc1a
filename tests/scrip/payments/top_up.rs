//! Auto top-up against the real provider across the street: once, within its limits, and never twice
//! whatever happens on the way.

use super::{HOUR, MINUTE, SITE, Till};
use crate::support::database::TestDatabase;
use scrip::backend::engine::{Engine, verify};
use scrip::backend::live::Live;
use scrip::backend::payments::saved_cards::SaveCard;
use scrip::backend::payments::top_up::settings::{SettingError, read};
use scrip::backend::payments::{Payer, Payments, PaymentsConfig, Started, Why};
use scrip::backend::step::Step;
use scrip::backend::store::auto_top_up::{self, Ended};
use scrip::backend::store::purchase::{PurchaseKind, PurchaseStatus};
use scrip::backend::store::saved_card::{self, Account, SavedCard};
use scrip::backend::store::top_up::{self, TopUp};
use scrip::backend::store::{alert, organisation};
use scrip::ledger::command::Grant;
use scrip::ledger::{
    Actor, Attribution, Command, Credits, IdempotencyKey, Lot, LotId, Operation, Order, Origin,
    PurchaseId, Source,
};
use scrip::model::auto_top_up::{AutoTopUpView, TopUpChoice};
use serde_json::Value;
use std::sync::Arc;

crate::on_both_databases!(
    a_balance_below_the_threshold_is_topped_up_once_with_the_saved_card,
    a_hundred_charges_that_cross_the_threshold_at_once_make_one_purchase,
    two_nodes_that_look_at_the_same_time_charge_once,
    a_declined_card_is_told_and_not_tried_again_for_an_hour,
    four_declines_in_a_row_stop_it_until_someone_confirms_the_card,
    the_same_card_saved_again_stays_stopped_and_another_card_does_not,
    a_bank_that_wants_the_owner_gets_them_on_a_page_for_the_same_purchase,
    an_owner_who_never_comes_is_charged_nothing,
    a_slow_bank_is_waited_for_and_counts_as_balance,
    a_lost_answer_is_asked_for_again_under_the_same_key,
    a_charge_whose_key_is_forgotten_is_looked_for_and_not_made_again,
    killed_before_the_charge_it_is_made_once_by_the_next_look,
    killed_after_the_charge_it_is_credited_once_by_the_next_look,
    twice_in_ten_minutes_and_no_third_time,
    the_monthly_limit_is_never_passed_and_a_new_month_begins_anew,
    a_payment_of_another_amount_goes_to_review_and_grants_nothing,
    it_fills_up_to_a_target_at_the_price_of_an_own_amount,
    an_older_form_changes_nothing,
    what_would_have_happened_last_month_is_read_from_the_journal,
    switched_off_it_buys_nothing,
);

const GOOD: &str = "4242424242424242";
const SAVED_THEN_REFUSED: &str = "4000000000000341";
const ALWAYS_ASKS: &str = "4000002760003184";
const DAY: i64 = 24 * HOUR;

/// A till whose organisation has some credits.
pub struct Desk {
    pub till: Till,
}

impl Desk {
    pub async fn open(database: TestDatabase, credits: &str) -> Desk {
        let desk = Desk { till: Till::open(database).await };
        desk.grant("lot_first", credits).await;
        desk
    }

    async fn grant(&self, lot: &str, credits: &str) {
        let lot = LotId::parse(lot).unwrap();
        let key = format!("grant:{lot}");
        let grant = Grant::plain(lot, Source::Admin, credits.parse().unwrap(), Origin::Signup);
        self.book(&key, Command::Grant(Box::new(grant))).await;
    }

    async fn book(&self, key: &str, command: Command) {
        let order = Order {
            key: IdempotencyKey::parse(key).unwrap(),
            actor: Actor::System,
            occurred_at: self.till.now(),
            command,
        };
        self.till.engine.submit(&self.till.organisation, order).await.expect("it is booked");
    }

    pub async fn spend(&self, key: &str, credits: &str) {
        let amount = credits.parse().unwrap();
        self.book(key, Command::Charge { amount, attribution: work() }).await;
    }

    pub fn account(&self) -> Account {
        Account {
            organisation: self.till.organisation.clone(),
            provider: "sandbox".into(),
            livemode: false,
        }
    }

    /// Opens the provider's page for a card; its reference.
    pub async fn card_page(&self) -> String {
        let request = SaveCard {
            organisation: &self.till.organisation,
            organisation_name: "Northwind",
            user: &self.till.user,
            currency: self.till.catalogue.currency,
            base_url: SITE,
        };
        let page = self.till.payments.save_card(request, self.till.now()).await.expect("a page");
        page.rsplit('/').next().unwrap().to_owned()
    }

    /// Saves a card, with its owner at the bank's page where the bank asks.
    pub async fn save(&self, number: &str) -> SavedCard {
        let session = self.card_page().await;
        assert_eq!(self.till.pay(&session, number).await, 200);
        let page = self.till.get(&format!("/v1/checkout/sessions/{session}")).await;
        let setup = page["setup_intent"].as_str().unwrap().to_owned();
        if page["status"] == "open" {
            let path = format!("/control/setup_intents/{setup}/authenticate");
            assert_eq!(self.till.post(&path, &[("outcome", "succeeds")]).await.0, 200);
        }
        self.hear().await;
        self.card().await.expect("the card is saved")
    }

    pub async fn card(&self) -> Option<SavedCard> {
        saved_card::find(self.till.db(), &self.account()).await.unwrap()
    }

    /// The provider tells what it has to tell, and we act on it.
    pub async fn hear(&self) {
        self.till.provider_works().await;
        self.till.inbox_works().await;
    }

    pub fn choice(threshold: &str, buys: &str, credits: &str, cap: &str) -> TopUpChoice {
        TopUpChoice {
            threshold: threshold.into(),
            buys: buys.into(),
            credits: credits.into(),
            cap: cap.into(),
        }
    }

    pub async fn switch_on(&self, choice: TopUpChoice) -> Result<(), SettingError> {
        let set = auto_top_up::find(self.till.db(), &self.account()).await.unwrap();
        let version = set.map_or(0, |set| set.version);
        self.switch_on_from(choice, version).await
    }

    async fn switch_on_from(&self, choice: TopUpChoice, version: i64) -> Result<(), SettingError> {
        let terms = read(&self.till.catalogue, &choice).expect("it can be read");
        let (organisation, user) = (&self.till.organisation, &self.till.user);
        let payments = &self.till.payments;
        payments.switch_on_top_up(organisation, user, terms, version, self.till.now()).await
    }

    /// Below 25 credits: the pack of 200 for $220, up to $500 a month.
    pub async fn usual(&self) {
        let choice = Desk::choice("25", "pack-200", "", "500");
        self.switch_on(choice).await.expect("it is switched on");
    }

    /// Lets the job look until it finds nothing to do.
    pub async fn look(&self) {
        self.look_through(&self.till.payments).await;
    }

    async fn look_through(&self, payments: &Payments) {
        let catalogue = &self.till.catalogue;
        while payments.top_up_step(catalogue, self.till.now()).await.unwrap() == Step::Done {}
    }

    pub async fn pass_and_look(&self, seconds: i64) {
        self.till.pass(seconds);
        self.look().await;
    }

    pub async fn attempts(&self) -> Vec<TopUp> {
        top_up::history(self.till.db(), &self.account(), 100).await.unwrap()
    }

    pub async fn statuses(&self) -> Vec<PurchaseStatus> {
        self.attempts().await.iter().map(|attempt| attempt.status).collect()
    }

    /// What the provider was ever asked to charge without an owner.
    pub async fn payments_made(&self) -> usize {
        let list = self.till.get("/v1/payment_intents?limit=100").await;
        list["data"].as_array().map_or(0, Vec::len)
    }

    pub async fn bought(&self) -> Vec<Lot> {
        let mut lots = self.till.lots().await;
        lots.retain(|lot| matches!(lot.origin, Origin::Payment { .. }));
        lots
    }

    pub async fn told(&self) -> Vec<String> {
        let notices = alert::open(self.till.db(), &self.till.organisation, 20).await;
        notices.unwrap().into_iter().map(|notice| notice.title).collect()
    }

    pub async fn view(&self, choice: Option<TopUpChoice>) -> AutoTopUpView {
        let found = organisation::find(self.till.db(), &self.till.organisation).await;
        let organisation = found.unwrap().unwrap();
        let (catalogue, user) = (&self.till.catalogue, &self.till.user);
        let payments = &self.till.payments;
        let view =
            payments.auto_top_up_view(catalogue, &organisation, user, choice, self.till.now());
        view.await.expect("the page can be read")
    }

    pub async fn settle(&self, id: &PurchaseId, why: Why) -> PurchaseStatus {
        self.till.settle(id, why).await
    }

    async fn confirm(&self, id: &PurchaseId) -> Started {
        let payer = Payer {
            organisation: &self.till.organisation,
            organisation_name: "Northwind",
            base_url: SITE,
        };
        let confirmed = self.till.payments.confirm_top_up(id, payer, self.till.now()).await;
        confirmed.expect("the provider answers")
    }

    pub async fn verified(&self) {
        let report = verify(self.till.db(), &self.till.organisation).await.unwrap();
        assert_eq!(report.first_difference(), None);
    }

    async fn order_trouble(&self, fields: &[(&str, &str)]) {
        assert_eq!(self.till.post("/control/requests", fields).await.0, 200);
    }
}

fn work() -> Attribution {
    Attribution { operation: Some(Operation::parse("analysis").unwrap()), ..Attribution::default() }
}

fn whole(count: i64) -> Credits {
    Credits::from_whole(count).unwrap()
}

async fn a_balance_below_the_threshold_is_topped_up_once_with_the_saved_card(
    database: TestDatabase,
) {
    let desk = Desk::open(database, "30").await;
    desk.save(GOOD).await;
    desk.usual().await;
    desk.look().await;
    assert!(desk.attempts().await.is_empty(), "30 are enough");
    desk.spend("work-1", "5").await;
    desk.look().await;
    assert!(desk.attempts().await.is_empty(), "25 are exactly the threshold");
    desk.spend("work-2", "1").await;
    desk.look().await;

    let attempts = desk.attempts().await;
    let [attempt] = attempts.as_slice() else { panic!("{attempts:?}") };
    assert_eq!(attempt.status, PurchaseStatus::Credited);
    let purchase = desk.till.purchase(&attempt.purchase).await;
    assert_eq!((purchase.kind, purchase.price.minor), (PurchaseKind::TopUp, 22_000));
    assert!(purchase.payment_ref.is_some_and(|payment| payment.starts_with("pi_")));
    let bought = desk.bought().await;
    assert_eq!((bought.len(), bought[0].amount), (1, whole(200)));
    assert_eq!(bought[0].cost, Some(purchase.price), "it is a purchase like any other");

    desk.hear().await;
    desk.till.sweep_works().await;
    desk.look().await;
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));
    assert!(desk.told().await.is_empty(), "nothing to tell when all is well");
    desk.verified().await;
}

async fn a_hundred_charges_that_cross_the_threshold_at_once_make_one_purchase(
    database: TestDatabase,
) {
    let desk = Arc::new(Desk::open(database, "120").await);
    desk.save(GOOD).await;
    desk.usual().await;
    let mut workers = tokio::task::JoinSet::new();
    for number in 0..100 {
        let desk = desk.clone();
        workers.spawn(async move {
            desk.spend(&format!("work-{number}"), "1").await;
            desk.look().await;
        });
    }
    while let Some(done) = workers.join_next().await {
        done.expect("nobody fails");
    }
    desk.hear().await;
    desk.look().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited]);
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));
    desk.verified().await;
}

async fn two_nodes_that_look_at_the_same_time_charge_once(database: TestDatabase) {
    let desk = Arc::new(Desk::open(database, "10").await);
    desk.save(GOOD).await;
    let other = desk.till.database.another_node().await;
    let (clock, live) = (desk.till.clock.clone(), Live::new());
    let engine = Engine::start(other.clone(), clock, live.clone());
    let base = &desk.till.sandbox_base;
    let config = PaymentsConfig::sandbox(base, super::KEY, super::WEBHOOK_SECRET).unwrap();
    let elsewhere = Payments::new(other, engine, live, config).unwrap();
    desk.usual().await;
    for _ in 0..5 {
        tokio::join!(desk.look(), desk.look_through(&elsewhere), desk.look());
    }
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited]);
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));
}

async fn a_declined_card_is_told_and_not_tried_again_for_an_hour(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(SAVED_THEN_REFUSED).await;
    desk.usual().await;
    desk.look().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Failed]);
    assert!(desk.bought().await.is_empty());
    assert_eq!(desk.told().await, ["An automatic top-up was declined"]);
    let view = desk.view(None).await;
    assert_eq!((view.status.word.as_str(), view.attempts[0].word.as_str()), ("Pauses", "Declined"));

    desk.hear().await;
    desk.pass_and_look(59 * MINUTE).await;
    assert_eq!(desk.attempts().await.len(), 1);
    desk.pass_and_look(2 * MINUTE).await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Failed; 2]);
}

async fn four_declines_in_a_row_stop_it_until_someone_confirms_the_card(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(SAVED_THEN_REFUSED).await;
    desk.usual().await;
    desk.look().await;
    for _ in 0..10 {
        desk.pass_and_look(2 * HOUR).await;
    }
    assert_eq!(desk.statuses().await, [PurchaseStatus::Failed; 4]);
    assert_eq!(desk.told().await[0], "Auto top-up has stopped");
    let view = desk.view(None).await;
    assert_eq!((view.status.word.as_str(), view.status.rests), ("Stopped", true));

    let (payments, now) = (&desk.till.payments, desk.till.now());
    payments.resume_top_up(&desk.till.organisation, now).await.unwrap();
    assert!(desk.told().await.is_empty(), "who confirms it has been told");
    desk.pass_and_look(MINUTE).await;
    assert_eq!(desk.attempts().await.len(), 5, "it is tried again at once");
}

async fn the_same_card_saved_again_stays_stopped_and_another_card_does_not(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    let first = desk.save(SAVED_THEN_REFUSED).await;
    desk.usual().await;
    desk.look().await;
    for _ in 0..4 {
        desk.pass_and_look(2 * HOUR).await;
    }
    let again = desk.save(SAVED_THEN_REFUSED).await;
    assert_ne!(again.method_ref, first.method_ref);
    assert_eq!(again.fingerprint, first.fingerprint);
    desk.pass_and_look(2 * HOUR).await;
    assert_eq!(desk.attempts().await.len(), 4, "it is the same card");
    desk.save(GOOD).await;
    desk.pass_and_look(MINUTE).await;
    assert_eq!(desk.statuses().await[0], PurchaseStatus::Credited);
    assert!(desk.told().await.is_empty(), "it is cured");
}

async fn a_bank_that_wants_the_owner_gets_them_on_a_page_for_the_same_purchase(
    database: TestDatabase,
) {
    let desk = Desk::open(database, "10").await;
    desk.save(ALWAYS_ASKS).await;
    desk.usual().await;
    desk.look().await;
    desk.hear().await;
    let attempt = desk.attempts().await.remove(0);
    assert_eq!(attempt.status, PurchaseStatus::Created);
    assert!(attempt.needs_owner_at.is_some() && attempt.payment_ref.is_some());
    assert_eq!(desk.told().await, ["An automatic top-up waits for you"]);
    let view = desk.view(None).await;
    assert!(view.attempts[0].waits_for_owner && view.status.is_on);

    let Started::PayAt { purchase, url } = desk.confirm(&attempt.purchase).await else {
        panic!("no page")
    };
    assert_eq!(purchase, attempt.purchase);
    let again = desk.confirm(&attempt.purchase).await;
    assert_eq!(again, Started::PayAt { purchase: purchase.clone(), url: url.clone() });
    desk.hear().await;
    assert_eq!(desk.till.status(&purchase).await, PurchaseStatus::Open, "called off is not failed");

    let session = url.rsplit('/').next().unwrap();
    desk.till.pay(session, GOOD).await;
    desk.hear().await;
    assert_eq!(desk.till.status(&purchase).await, PurchaseStatus::Credited);
    assert_eq!(desk.bought().await.len(), 1);
    assert!(desk.told().await.is_empty(), "it is cured");
    desk.spend("work", "190").await;
    desk.pass_and_look(HOUR).await;
    assert_eq!(desk.attempts().await.len(), 2, "and goes on");
}

async fn an_owner_who_never_comes_is_charged_nothing(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(ALWAYS_ASKS).await;
    desk.usual().await;
    desk.look().await;
    for _ in 0..30 {
        desk.till.pass(HOUR);
        desk.till.sweep_works().await;
        desk.look().await;
    }
    assert_eq!(desk.statuses().await, [PurchaseStatus::Expired]);
    assert!(desk.bought().await.is_empty());
    assert_eq!(
        desk.view(None).await.status.word,
        "Waits for you",
        "until someone confirms the card"
    );
}

async fn a_slow_bank_is_waited_for_and_counts_as_balance(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    let card = desk.save(GOOD).await;
    // An account whose bank answers later, in the place of the card.
    let path = "/v1/payment_methods/pm_usBankAccount_success/attach";
    let (_, account) = desk.till.post(path, &[("customer", &card.customer_ref)]).await;
    let method_ref = account["id"].as_str().unwrap().to_owned();
    saved_card::put(desk.till.db(), &SavedCard { method_ref, ..card }).await.unwrap();
    desk.usual().await;
    desk.look().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Processing]);
    desk.spend("work", "9").await;
    for _ in 0..3 {
        desk.look().await;
        desk.till.pass(1);
    }
    assert_eq!(desk.attempts().await.len(), 1, "what is on its way counts");
    desk.till.pass(MINUTE);
    desk.hear().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited]);
    assert_eq!(desk.bought().await.len(), 1);
}

async fn a_lost_answer_is_asked_for_again_under_the_same_key(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    desk.usual().await;
    // The money is taken, and none of the answers arrives.
    desk.order_trouble(&[("fault", "lose"), ("calls", "writes"), ("count", "40")]).await;
    desk.look().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Created], "nobody knows yet");
    assert!(desk.bought().await.is_empty());
    assert_eq!(desk.view(None).await.attempts[0].word, "Under way");
    desk.till.post("/control/calm", &[]).await;
    desk.pass_and_look(30).await;
    assert_eq!(desk.attempts().await.len(), 1, "nothing else is charged meanwhile");
    desk.till.pass(3 * MINUTE);
    desk.till.sweep_works().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited]);
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));
}

async fn a_charge_whose_key_is_forgotten_is_looked_for_and_not_made_again(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    desk.usual().await;
    desk.order_trouble(&[("fault", "lose"), ("calls", "writes"), ("count", "40")]).await;
    desk.look().await;
    desk.till.post("/control/calm", &[]).await;
    desk.till.pass(2 * DAY);
    desk.till.sweep_works().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited]);
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));

    // And one that never arrived is given up, not made two days later.
    desk.spend("work", "200").await;
    desk.order_trouble(&[("fault", "down"), ("calls", "writes"), ("count", "40")]).await;
    desk.look().await;
    desk.till.post("/control/calm", &[]).await;
    desk.till.pass(2 * DAY);
    desk.till.sweep_works().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Expired, PurchaseStatus::Credited]);
    assert_eq!(desk.payments_made().await, 1);
}

async fn killed_before_the_charge_it_is_made_once_by_the_next_look(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    desk.usual().await;
    desk.order_trouble(&[("fault", "down"), ("calls", "writes"), ("count", "40")]).await;
    desk.look().await;
    desk.till.post("/control/calm", &[]).await;
    assert_eq!((desk.payments_made().await, desk.attempts().await.len()), (0, 1));
    let id = desk.attempts().await[0].purchase.clone();
    for why in [Why::Sweep, Why::Webhook, Why::Recheck, Why::ReturnPage] {
        assert_eq!(desk.settle(&id, why).await, PurchaseStatus::Credited);
    }
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));
}

async fn killed_after_the_charge_it_is_credited_once_by_the_next_look(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    desk.usual().await;
    desk.order_trouble(&[("fault", "lose"), ("calls", "writes"), ("count", "40")]).await;
    desk.look().await;
    desk.till.post("/control/calm", &[]).await;
    // The provider's event is the first that we hear of it.
    desk.hear().await;
    desk.hear().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited]);
    assert_eq!((desk.bought().await.len(), desk.payments_made().await), (1, 1));
    desk.verified().await;
}

async fn twice_in_ten_minutes_and_no_third_time(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    let choice = Desk::choice("25", "pack-50", "", "5000");
    desk.switch_on(choice).await.unwrap();
    for round in 0..4 {
        desk.look().await;
        if round < 2 {
            desk.spend(&format!("work-{round}"), "50").await;
        }
        desk.till.pass(61);
    }
    desk.look().await;
    assert_eq!(desk.attempts().await.len(), 2);
    desk.pass_and_look(10 * MINUTE).await;
    assert_eq!(desk.attempts().await.len(), 3);
}

async fn the_monthly_limit_is_never_passed_and_a_new_month_begins_anew(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    desk.usual().await;
    for round in 0..5 {
        desk.look().await;
        if round < 2 {
            desk.spend(&format!("work-{round}"), "195").await;
        }
        desk.till.pass(HOUR);
    }
    assert_eq!(desk.statuses().await, [PurchaseStatus::Credited; 2], "$440 of $500");
    assert_eq!(desk.told().await, ["Auto top-up has reached this month's limit"]);
    let view = desk.view(None).await;
    assert_eq!(view.status.word, "Limit reached");
    assert_eq!(view.status.spent.map(|spent| spent.minor), Some(44_000));
    desk.pass_and_look(20 * DAY).await;
    assert_eq!(desk.attempts().await.len(), 3, "October has begun");
    assert!(desk.told().await.is_empty());
}

async fn a_payment_of_another_amount_goes_to_review_and_grants_nothing(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    let card = desk.save(GOOD).await;
    desk.usual().await;
    desk.order_trouble(&[("fault", "down"), ("calls", "writes"), ("count", "40")]).await;
    desk.look().await;
    desk.till.post("/control/calm", &[]).await;
    let attempt = desk.attempts().await.remove(0);
    let fields = [
        ("amount", "100"),
        ("currency", "usd"),
        ("customer", card.customer_ref.as_str()),
        ("payment_method", card.method_ref.as_str()),
        ("confirm", "true"),
        ("off_session", "true"),
        ("metadata[purchase_id]", attempt.purchase.as_str()),
    ];
    let (_, payment) = desk.till.post("/v1/payment_intents", &fields).await;
    let payment = payment["id"].as_str().unwrap();
    top_up::note_payment(desk.till.db(), &attempt, payment).await.unwrap();
    desk.hear().await;
    assert_eq!(desk.statuses().await, [PurchaseStatus::Review]);
    assert!(desk.bought().await.is_empty());
    desk.pass_and_look(DAY).await;
    assert_eq!(desk.attempts().await.len(), 1, "someone must look first");
}

async fn it_fills_up_to_a_target_at_the_price_of_an_own_amount(database: TestDatabase) {
    let desk = Desk::open(database, "10.5").await;
    desk.save(GOOD).await;
    let choice = Desk::choice("25", "up-to", "150", "500");
    desk.switch_on(choice).await.unwrap();
    desk.look().await;
    let bought = desk.bought().await;
    assert_eq!(bought[0].amount, whole(140), "whole credits: 150.5 afterwards");
    assert_eq!(bought[0].cost.map(|cost| cost.minor), Some(16_800));
}

async fn an_older_form_changes_nothing(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let without = desk.switch_on(Desk::choice("25", "pack-200", "", "500")).await;
    assert!(matches!(without, Err(SettingError::Refused(no)) if no.code == "no_saved_card"));
    desk.save(GOOD).await;
    desk.usual().await;
    let other = Desk::choice("40", "pack-50", "", "60");
    desk.switch_on_from(other.clone(), 1).await.expect("from what is set now");
    let late = desk.switch_on_from(Desk::choice("1", "pack-1000", "", "9000"), 1).await;
    assert!(matches!(late, Err(SettingError::Refused(no)) if no.status == 409));
    assert_eq!(desk.view(None).await.choice, TopUpChoice { cap: "60.00".into(), ..other });
}

async fn what_would_have_happened_last_month_is_read_from_the_journal(database: TestDatabase) {
    // It is 21 September 2026; the journal is made in August, with the clock set back before it.
    let desk = Desk::open(database, "1000").await;
    desk.save(GOOD).await;
    desk.till.pass(20 * DAY);
    for (day, credits) in [(0, "900"), (1, "80"), (2, "15"), (3, "4")] {
        desk.till.pass(day * HOUR);
        desk.spend(&format!("work-{day}"), credits).await;
    }
    let now = desk.view(Some(Desk::choice("25", "pack-200", "", "500"))).await;
    let shown = now.preview.expect("a preview");
    assert_eq!(shown.month, "September 2026");
    assert!(shown.last_month.starts_with("Nothing would have been bought"), "{}", shown.last_month);

    desk.till.pass(30 * DAY);
    let later = desk.view(Some(Desk::choice("25", "pack-200", "", "500"))).await;
    let shown = later.preview.expect("a preview");
    assert_eq!(shown.month, "October 2026");
    assert_eq!(shown.last_month, "It would have bought 1 time: 200 credits for $220.00.");
    assert_eq!((shown.credits, shown.cost.minor), (whole(200), 22_000));
    assert!(shown.charges_now && shown.now.starts_with("Yes: with 1 credit"), "{}", shown.now);

    let small = desk.view(Some(Desk::choice("101", "pack-50", "", "100"))).await;
    let shown = small.preview.expect("a preview");
    assert!(shown.last_month.contains("The monthly limit would have stopped it"));
    assert_eq!(shown.cost.minor, 6_000, "one for 60.00; a second would pass 100.00");
    let wrong = desk.view(Some(Desk::choice("x", "pack-50", "", ""))).await;
    assert_eq!(wrong.problems.len(), 2);
    assert_eq!(wrong.choice.threshold, "x", "what was typed is kept");
    assert!(desk.attempts().await.is_empty(), "looking charges nobody");
}

async fn switched_off_it_buys_nothing(database: TestDatabase) {
    let desk = Desk::open(database, "10").await;
    desk.save(GOOD).await;
    desk.usual().await;
    let (payments, now) = (&desk.till.payments, desk.till.now());
    payments.switch_off_top_up(&desk.till.organisation, now).await.unwrap();
    desk.pass_and_look(HOUR).await;
    assert!(desk.attempts().await.is_empty());
    assert_eq!(desk.view(None).await.status.word, "Off");
}

/// Used by the stories about cards.
pub async fn ended(desk: &Desk) -> (bool, Option<Ended>) {
    let set = auto_top_up::find(desk.till.db(), &desk.account()).await.unwrap().unwrap();
    (set.is_on, set.ended)
}

/// An event about a card, with nothing else in it.
pub fn event_about_card(id: &str, kind: &str, card: &str) -> Value {
    serde_json::json!({"id": id, "object": "event", "type": kind, "livemode": false,
        "data": {"object": {"id": card, "object": "payment_method"}}})
}
