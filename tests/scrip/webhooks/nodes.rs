//! Several nodes, and nodes that die: what happened is told, and told once where nobody dies.

use super::receiver::Mood;
use super::*;
use crate::on_both_databases;
use scrip::backend::clock::Clock;
use scrip::backend::engine::Engine;
use scrip::backend::live::Live;
use std::collections::BTreeMap;

on_both_databases!(
    several_nodes_tell_each_thing_once_and_in_order,
    what_a_killed_node_was_sending_is_sent_again_under_the_same_id,
    what_two_nodes_gather_at_the_same_time_is_written_down_once,
);

/// Another program on the same database.
async fn another_node(street: &Street) -> Backend {
    let db = scrip::backend::store::Db::connect(street.desk.premises.url()).await.unwrap();
    let clock = Clock::manual(street.backend().now().0);
    let live = Live::new();
    let engine = Engine::start(db.clone(), clock.clone(), live.clone());
    let mut other = street.backend().at(clock);
    (other.db, other.live, other.engine) = (db, live, engine);
    other
}

async fn several_nodes_tell_each_thing_once_and_in_order(database: TestDatabase) {
    let street = Street::open(database).await;
    let second = Receiver::open().await;
    street.listen("*").await;
    street.listen_at(&second.url, "*").await;
    for _ in 0..20 {
        street.charge("0.5").await;
    }
    let other = another_node(&street).await;
    let works = |backend: &Backend| {
        let backend = backend.clone();
        tokio::spawn(async move {
            for _ in 0..60 {
                let _ = gather::step(&backend, &SHAPES).await;
                let _ = send::step(&backend).await;
            }
        })
    };
    let workers = [works(street.backend()), works(&other), works(street.backend()), works(&other)];
    for worker in workers {
        worker.await.unwrap();
    }
    street.tell().await;
    for receiver in [&street.receiver, &second] {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for got in receiver.got() {
            *times.entry(got.id).or_default() += 1;
        }
        assert_eq!(times.len(), 20);
        assert!(times.values().all(|times| *times == 1), "{times:?}");
        let told: Vec<_> = receiver.got().iter().map(|got| got.transaction()).collect();
        assert!(told.is_sorted(), "{told:?}");
    }
}

async fn what_a_killed_node_was_sending_is_sent_again_under_the_same_id(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.charge("1").await;
    street.gather().await;
    street.receiver.will([Mood::Hangs]);
    let patient = Courier::new(Reach::Anywhere, Duration::from_secs(60)).unwrap();
    let node = street.backend().telling_through(patient);
    let sending = tokio::spawn(async move { send::step(&node).await });
    street.receiver.has_got(1).await;
    sending.abort();
    let _ = sending.await;
    street.send().await;
    assert_eq!(street.receiver.got().len(), 1, "somebody may still be at it");
    street.pass(send::LEASE);
    street.send().await;
    let got = street.receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!((&got[0].id, &got[0].text), (&got[1].id, &got[1].text));
    let log = street.log(&issued.id).await;
    assert_eq!((log[0].state.as_str(), log[0].attempts), ("delivered", 2));
    let tried = street.attempts(&issued.id, &log[0].id).await;
    assert_eq!((tried[0].milliseconds, tried[1].status), (None, Some(204)));
}

async fn what_two_nodes_gather_at_the_same_time_is_written_down_once(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("*").await;
    let other = another_node(&street).await;
    for _ in 0..5 {
        street.charge("1").await;
        let gathers = [street.backend(), &other, street.backend()].map(|backend| {
            let backend = backend.clone();
            tokio::spawn(async move { gather::step(&backend, &SHAPES).await })
        });
        for gathering in gathers {
            // Two that write at once: one may find the database busy, and tries again later.
            let _ = gathering.await.unwrap();
        }
    }
    street.gather().await;
    let log = street.log(&issued.id).await;
    let charged: Vec<_> = log.iter().filter(|one| one.kind.as_str() == "usage.charged").collect();
    assert_eq!(charged.len(), 5, "{log:?}");
    assert!(log.is_sorted_by_key(|one| one.place));
}
