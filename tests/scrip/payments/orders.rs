//! One payment's life, reported in every order, twice, or not at all: the end is always the same.

use super::{HOUR, Till, northwind};
use crate::support::database::TestDatabase;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scrip::backend::payments::Why;
use scrip::backend::store::{correction, organisation, purchase};
use scrip::ledger::OrganisationId;
use serde_json::Value;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Cases of one run; `SCRIP_ORDERS` sets another number.
const CASES: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_order_of_a_payments_events_the_end_is_the_same_on_sqlite() {
    every_order(TestDatabase::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_order_of_a_payments_events_the_end_is_the_same_on_postgres() {
    every_order(TestDatabase::postgres().await).await;
}

/// What happens to a payment after it was made, in the order in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Refund(i64),
    RefundFails,
    Dispute { withdraws: bool },
    Withdraw,
    Reinstate,
    Close(&'static str),
}

/// The lives that are lived: two refunds, then a dispute with each of its ends.
fn lives() -> Vec<Vec<Turn>> {
    use Turn::{Close, Dispute, Refund, RefundFails, Reinstate, Withdraw};
    let refunds = [Refund(1_999), Refund(1_001)];
    let with = |rest: &[Turn]| [&refunds[..], rest].concat();
    vec![
        with(&[]),
        with(&[RefundFails]),
        with(&[Dispute { withdraws: true }, Close("won")]),
        with(&[Dispute { withdraws: true }, Close("lost")]),
        with(&[Dispute { withdraws: false }, Withdraw, Reinstate]),
        with(&[Dispute { withdraws: false }, Withdraw, RefundFails, Close("won")]),
        with(&[Dispute { withdraws: false }, Close("lost")]),
        with(&[Dispute { withdraws: false }, Withdraw, RefundFails]),
    ]
}

/// How it is reported: after each turn, which of the events so far arrive, by their place among those not
/// yet thrown away, possibly again.
#[derive(Clone, Debug)]
struct Case {
    life: usize,
    /// What is used of the pack's 50 credits before anything goes back.
    spent: u32,
    arrivals: Vec<Vec<prop::sample::Index>>,
    /// Whether what did not arrive is also missing in the list of missed events.
    is_listed: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let arrivals = prop::collection::vec(any::<prop::sample::Index>(), 0..5);
    let arrivals = prop::collection::vec(arrivals, 8);
    (0..lives().len(), prop::sample::select(vec![0_u32, 20, 50]), arrivals, any::<bool>())
        .prop_map(|(life, spent, arrivals, is_listed)| Case { life, spent, arrivals, is_listed })
}

/// What counts in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    remaining: String,
    revoked: String,
    frozen: String,
    freeze_wanted: String,
    available: String,
    debt: String,
    standing: correction::Standing,
}

async fn every_order(database: TestDatabase) {
    let mut till = Till::open(database).await;
    till.payments.catch_up_step(till.now()).await.unwrap();
    let wanted = std::env::var("SCRIP_ORDERS").ok().and_then(|text| text.parse().ok());
    let number = wanted.unwrap_or(CASES);
    let config = Config { failure_persistence: None, ..Config::default() };
    // The same cases every time, unless a number of them is asked for.
    let mut runner = match wanted {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let mut expected = HashMap::new();
    for count in 0..number {
        let mut case = cases().new_tree(&mut runner).expect("a case").current();
        if count < u32::try_from(lives().len()).unwrap() {
            case.life = usize::try_from(count).unwrap();
        }
        let (life, spent) = (case.life, case.spent);
        if let Entry::Vacant(place) = expected.entry((life, spent)) {
            let case = in_order(life, spent);
            place.insert(live(&mut till, &format!("order{count}"), &case).await);
        }
        let end = live(&mut till, &format!("case{count}"), &case).await;
        assert_eq!(end, expected[&(life, spent)], "{case:?} of {:?}", lives()[life]);
    }
}

/// Every event arrives once, as it happens.
fn in_order(life: usize, spent: u32) -> Case {
    Case { life, spent, arrivals: Vec::new(), is_listed: true }
}

/// Lives one life in an organisation of its own and returns where it ends.
async fn live(till: &mut Till, name: &str, case: &Case) -> End {
    till.organisation = OrganisationId::parse(&format!("org_{name}")).unwrap();
    organisation::insert(till.db(), &northwind(&till.organisation)).await.unwrap();
    let started = till.start(&format!("form-{name}"), 0).await.unwrap();
    let scrip::backend::payments::Started::PayAt { purchase: id, .. } = started else { panic!() };
    let session = till.purchase(&id).await.session_ref.unwrap();
    till.pay(&session, "4242424242424242").await;
    if case.spent > 0 {
        till.settle(&id, Why::ReturnPage).await;
        till.spend("work", &case.spent.to_string()).await;
    }
    let payment = till.get(&format!("/v1/checkout/sessions/{session}")).await["payment_intent"]
        .as_str()
        .unwrap()
        .to_owned();
    let intent = till.get(&format!("/v1/payment_intents/{payment}")).await;
    let charge = intent["latest_charge"].as_str().unwrap().to_owned();

    let mut open = Open::default();
    let mut sent = 0;
    for (step, turn) in lives()[case.life].iter().enumerate() {
        arrive(till, &session, &payment, case, step, &mut sent).await;
        open.take(till, &charge, *turn).await;
    }
    arrive(till, &session, &payment, case, 7, &mut sent).await;

    // An hour later the list of events is read; then it is every purchase's turn.
    till.pass(HOUR);
    if case.is_listed {
        till.payments.catch_up_step(till.now()).await.unwrap();
        till.inbox_works().await;
    } else {
        // Nothing is ever reported: somebody presses Recheck.
        till.settle(&id, Why::Recheck).await;
    }
    till.pass(HOUR);
    till.sweep_works().await;
    till.must_verify().await;
    assert!(purchase::find(till.db(), &till.organisation, &id).await.unwrap().is_some());
    let lot = till.lot(&id).await;
    let (available, debt) = till.balance().await;
    End {
        remaining: lot.remaining.to_string(),
        revoked: lot.revoked.to_string(),
        frozen: lot.frozen.to_string(),
        freeze_wanted: lot.freeze_wanted.to_string(),
        available,
        debt,
        standing: correction::standing_of(till.db(), &till.organisation, &id).await.unwrap(),
    }
}

/// What is open at the provider.
#[derive(Default)]
struct Open {
    refund: String,
    dispute: String,
}

impl Open {
    async fn take(&mut self, till: &Till, charge: &str, turn: Turn) {
        match turn {
            Turn::Refund(amount) => {
                let refund = till.refund_there(charge, amount).await;
                self.refund = refund["id"].as_str().unwrap().to_owned();
            }
            Turn::RefundFails => {
                let path = format!("/control/refunds/{}/settle", self.refund);
                assert_eq!(till.post(&path, &[("outcome", "fails")]).await.0, 200);
            }
            Turn::Dispute { withdraws } => {
                let withdraw = if withdraws { "true" } else { "false" };
                self.dispute = till.dispute(charge, &[("withdraw", withdraw)]).await;
            }
            Turn::Withdraw => till.turn(&self.dispute, "withdraw", &[]).await,
            Turn::Reinstate => till.turn(&self.dispute, "reinstate", &[]).await,
            Turn::Close(outcome) => {
                till.turn(&self.dispute, "close", &[("outcome", outcome)]).await;
            }
        }
    }
}

/// Lets some of the events so far arrive; without a schedule, the new ones in their order.
async fn arrive(
    till: &Till,
    session: &str,
    payment: &str,
    case: &Case,
    step: usize,
    sent: &mut usize,
) {
    let events = events_of(till, session, payment).await;
    let chosen: Vec<&Value> = match case.arrivals.get(step) {
        Some(indexes) if !events.is_empty() => {
            indexes.iter().map(|index| index.get(&events)).collect()
        }
        Some(_) => Vec::new(),
        None => events.iter().skip(*sent).collect(),
    };
    *sent = events.len();
    for (place, event) in chosen.into_iter().enumerate() {
        // The same fact may come under another id.
        let mut event = event.clone();
        if place % 3 == 2 {
            event["id"] = format!("{}_again", event["id"].as_str().unwrap()).into();
        }
        assert_eq!(till.send_event(&event).await, 200);
        till.inbox_works().await;
    }
}

/// The provider's events about this payment, the oldest first.
async fn events_of(till: &Till, session: &str, payment: &str) -> Vec<Value> {
    let list = till.get("/v1/events?limit=100").await;
    let mut events: Vec<Value> = list["data"].as_array().unwrap().clone();
    events.retain(|event| {
        let object = &event["data"]["object"];
        object["id"] == session || object["payment_intent"] == payment
    });
    events.reverse();
    events
}
