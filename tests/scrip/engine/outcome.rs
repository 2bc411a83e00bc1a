//! A commit of which nobody knows whether it went through: the engine finds out by the keys, and never
//! says what may turn out to be wrong. On PostgreSQL; with SQLite there is no wire to be cut.

use super::*;
use crate::support::proxy::{Cut, Proxy};
use scrip::ledger::Refusal;
use tokio::task::JoinSet;

/// An office whose engine reaches its database over a wire that can be cut.
struct Wired {
    office: Office,
    proxy: Proxy,
    engine: Engine,
}

impl Wired {
    async fn with_credits(amount: &str) -> Wired {
        let office = Office::with_credits(TestDatabase::postgres().await, amount).await;
        let proxy = Proxy::to(&office.test.url).await;
        let db = Db::connect(&proxy.url).await.unwrap();
        let engine = Engine::start(db, office.clock.clone(), Live::new());
        Wired { office, proxy, engine }
    }

    async fn submit(&self, order: Order) -> Result<Receipt, SubmitError> {
        self.engine.submit(&self.office.organisation, order).await
    }

    /// How often a key is in the journal.
    async fn booked(&self, key: &str) -> usize {
        let journal = self.office.journal().await;
        journal.iter().filter(|transaction| transaction.key.as_str() == key).count()
    }
}

/// What only the writing of a hold says to the server.
fn account(hold: &str) -> String {
    format!("held:{hold}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found_by_its_key() {
    let wired = Wired::with_credits("10").await;
    for name in ["hold_1", "hold_2", "hold_3"] {
        wired.proxy.cut(&account(name), Cut::AfterTheCommit);
        let receipt = wired.submit(hold(name, "2")).await.unwrap();
        assert!(wired.proxy.was_cut());
        assert!(!receipt.replayed, "the caller has asked once");
        assert_eq!(wired.office.journal().await.last(), Some(&receipt.transaction));
        assert_eq!(wired.booked(&format!("hold:{name}")).await, 1);
    }
    assert_eq!(wired.office.available().await, credits("4"));
    wired.office.must_verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_reached_the_server_is_sent_again() {
    let wired = Wired::with_credits("10").await;
    for name in ["hold_1", "hold_2", "hold_3"] {
        wired.proxy.cut(&account(name), Cut::BeforeTheServer);
        let receipt = wired.submit(hold(name, "2")).await.unwrap();
        assert!(wired.proxy.was_cut());
        assert!(!receipt.replayed);
        assert_eq!(wired.booked(&format!("hold:{name}")).await, 1);
    }
    assert_eq!(wired.office.available().await, credits("4"));
    wired.office.must_verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_whose_answer_is_lost_is_answered_one_by_one_as_it_was_booked() {
    let wired = Wired::with_credits("100").await;
    wired.proxy.cut("held:hold_", Cut::AfterTheCommit);
    let mut running = JoinSet::new();
    for number in 0..150 {
        let (engine, organisation) = (wired.engine.clone(), wired.office.organisation.clone());
        let order = hold(&format!("hold_{number}"), "1");
        running.spawn(async move { engine.submit(organisation, order).await });
    }
    let answers = running.join_all().await;
    assert!(wired.proxy.was_cut());
    let accepted: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(accepted.len(), 100, "the credits are all handed out, and none twice");
    let journal = wired.office.journal().await;
    for receipt in accepted {
        assert_eq!(journal[receipt.transaction.sequence as usize - 1], receipt.transaction);
    }
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(SubmitError::Refused(_)))));
    assert_eq!(journal.len(), 101);
    wired.office.must_verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_gone_with_its_answer_has_booked_for_the_next_one() {
    let wired = Wired::with_credits("10").await;
    wired.proxy.cut(&account("hold_1"), Cut::AfterTheCommit);
    let first = wired.submit(hold("hold_1", "2")).await.unwrap();
    // Another node is asked the same, as by a client whose own node is gone.
    let again = wired.office.must(hold("hold_1", "2")).await;
    assert_eq!((again.replayed, again.transaction), (true, first.transaction));
    assert_eq!(wired.office.available().await, credits("8"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_arrives_late_finds_the_version_moved() {
    let wired = Wired::with_credits("10").await;
    wired.proxy.cut(&account("hold_1"), Cut::Late(Box::new(|| {})));
    let receipt = wired.submit(hold("hold_1", "2")).await.unwrap();
    assert!(wired.proxy.was_cut());
    let before = wired.office.journal().await;
    wired.proxy.deliver().await;
    assert_eq!(wired.office.journal().await, before);
    assert_eq!(wired.booked(receipt.transaction.key.as_str()).await, 1);
    wired.office.must_verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_refused_what_may_still_be_booked() {
    let wired = Wired::with_credits("10").await;
    let clock = wired.office.clock.clone();
    // By the time the engine tries again, the hold's deadline has passed.
    let after_the_deadline = BEGINNING.plus(61 * MINUTE);
    let later = Box::new(move || clock.set(after_the_deadline.micros()));
    wired.proxy.cut(&account("hold_1"), Cut::Late(later));
    let answer = wired.submit(hold("hold_1", "2")).await;
    assert!(matches!(answer, Err(SubmitError::Unavailable { .. })), "{answer:?}");
    assert_eq!(wired.booked("hold:hold_1").await, 0);
    // Now it arrives, and who asks again hears that it was booked.
    wired.proxy.deliver().await;
    assert_eq!(wired.booked("hold:hold_1").await, 1);
    let again = wired.submit(hold("hold_1", "2")).await.unwrap();
    assert_eq!((again.replayed, again.transaction.key.as_str()), (true, "hold:hold_1"));
    let new = wired.submit(hold("hold_2", "2")).await;
    assert!(
        matches!(new, Err(SubmitError::Refused(Refusal::HoldDeadlineInPast { .. }))),
        "what is not in doubt is refused as ever: {new:?}"
    );
    wired.office.must_verify().await;
}
