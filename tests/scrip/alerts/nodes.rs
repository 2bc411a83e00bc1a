//! Several nodes, concurrent spending, and nodes that die: what is told is told once.

use super::*;
use crate::on_both_databases;
use scrip::backend::alerts::look;
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::live::Live;
use scrip::backend::state::Backend;
use scrip::backend::step::Step;
use scrip::backend::store::alert::{self, Audience, NewAlert, Turn};
use scrip::backend::store::{alert_turn, mail};
use scrip::model::alerts::AlertKind;

on_both_databases!(
    two_nodes_that_look_at_the_same_time_tell_once,
    spending_and_looking_at_the_same_time_tells_each_level_once,
    a_look_that_came_too_late_writes_nothing_of_what_it_found,
    two_nodes_that_send_at_the_same_time_send_once,
);

/// Another program on the same database.
async fn another_node(watch: &Watch) -> Backend {
    let db = scrip::backend::store::Db::connect(watch.premises.url()).await.unwrap();
    let clock = Clock::manual(watch.premises.backend.now().0);
    let live = Live::new();
    let engine = Engine::start(db.clone(), clock.clone(), live.clone());
    let mut other = watch.premises.backend.at(clock);
    other.mail = other.mail.on(db.clone());
    (other.db, other.live, other.engine) = (db, live, engine);
    other
}

async fn two_nodes_that_look_at_the_same_time_tell_once(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let other = another_node(&watch).await;
    for round in 1..=3 {
        watch.spend("90").await;
        let (here, there) = (&watch.premises.backend, &other);
        let look = |backend: &Backend| {
            let backend = backend.clone();
            tokio::spawn(async move { while look::step(&backend).await.unwrap() == Step::Done {} })
        };
        let (one, two, three) = (look(here), look(there), look(here));
        one.await.unwrap();
        two.await.unwrap();
        three.await.unwrap();
        assert_eq!(watch.told("ada").await.len(), round);
        assert_eq!(watch.letters("ada").len(), round);
        watch.grant("90", |_| {}).await;
        watch.premises.tell().await;
    }
}

async fn spending_and_looking_at_the_same_time_tells_each_level_once(database: TestDatabase) {
    let watch = std::sync::Arc::new(Watch::open(database).await);
    let looks = {
        let watch = watch.clone();
        tokio::spawn(async move {
            for _ in 0..40 {
                look::step(&watch.premises.backend).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    };
    let spenders: Vec<_> = (0..4)
        .map(|_| {
            let watch = watch.clone();
            tokio::spawn(async move {
                for _ in 0..24 {
                    watch.spend("1").await;
                }
            })
        })
        .collect();
    for spender in spenders {
        spender.await.unwrap();
    }
    looks.await.unwrap();
    watch.premises.tell().await;
    // 4 of 100 are left: 25, 20 %, 5 and 5 % were crossed, each once, loud or quiet.
    let (db, id) = (&watch.premises.backend.db, &watch.premises.northwind);
    let open = alert::open(db, id, 100).await.unwrap();
    assert_eq!(open.len(), 4, "{open:?}");
    let told = alert::told_since(db, id, scrip::ledger::Timestamp(0)).await.unwrap();
    assert_eq!(told.values().sum::<u32>(), 4);
}

async fn a_look_that_came_too_late_writes_nothing_of_what_it_found(database: TestDatabase) {
    let watch = Watch::unseen(database).await;
    let (db, now) = (&watch.premises.backend.db, watch.premises.backend.now());
    let due = alert_turn::due(db, now).await.unwrap().expect("Northwind was never looked at");
    watch.premises.tell().await;
    let turn = Turn {
        organisation: due.organisation.clone(),
        version: due.version,
        sequence: 1,
        look_at: now,
        watches: vec![("late".into(), alert_turn::WatchState::Armed)],
        gone: Vec::new(),
        recovered: Vec::new(),
        now,
    };
    let told = NewAlert {
        organisation: due.organisation.clone(),
        id: "late".into(),
        key: "late".into(),
        kind: AlertKind::CreditsLow,
        topic: "late".into(),
        watch: "late".into(),
        audience: Audience::Everyone,
        title: "Too late".into(),
        detail: "Somebody else has looked.".into(),
        cure: None,
        created_at: now,
        shown_until: None,
        quiet: false,
        in_app: true,
        letter: None,
    };
    assert_eq!(alert::write(db, Some(&turn), &[told]).await.unwrap(), None);
    assert!(watch.told("sue").await.is_empty());
    let known = alert_turn::watches(db, &due.organisation).await.unwrap();
    assert!(!known.contains_key("late"));
}

async fn two_nodes_that_send_at_the_same_time_send_once(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let other = another_node(&watch).await;
    watch.spend("90").await;
    while look::step(&watch.premises.backend).await.unwrap() == Step::Done {}
    let send = |backend: &Backend| {
        let backend = backend.clone();
        tokio::spawn(async move {
            while backend.mail.step(backend.now()).await.unwrap() == Step::Done {}
        })
    };
    let senders = [send(&watch.premises.backend), send(&other), send(&watch.premises.backend)];
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(watch.letters("ada").len(), 1);
    assert_eq!(watch.letters("sue").len(), 1);
    let (db, id) = (&watch.premises.backend.db, &watch.premises.northwind);
    let letters = mail::latest(db, id, 10).await.unwrap();
    assert!(letters.iter().all(|letter| letter.sent_at.is_some()), "{letters:?}");
}
