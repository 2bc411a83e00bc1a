//! When too much waits, people and programs are told so at once: 503, with how long to wait.

use super::*;
use crate::on_both_databases;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor};
use scrip::backend::engine::Limits;
use std::sync::{Arc, mpsc};
use tokio::task::JoinSet;

on_both_databases!(
    a_form_a_script_and_a_page_that_find_the_queue_full_are_told_when_to_come_back,
);

/// What waits when one order is under way, one waits, and nobody else may.
const NARROW: Limits = Limits { queue: 1, group: 1 };

/// Keeps the writer busy until what is returned is dropped.
async fn busy(engine: &Engine, organisation: &OrganisationId) -> mpsc::Sender<()> {
    let (free, until_free) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (engine, organisation) = (engine.clone(), organisation.clone());
    tokio::spawn(async move {
        let wait = move |_: &scrip::ledger::LedgerState| {
            let _ = begun.send(());
            let _ = until_free.recv();
        };
        engine.read(organisation, wait).await
    });
    has_begun.await.expect("the writer begins");
    free
}

async fn a_form_a_script_and_a_page_that_find_the_queue_full_are_told_when_to_come_back(
    test: TestDatabase,
) {
    let mut premises = Premises::open(test).await;
    // The writer that is kept busy has threads of its own.
    let own = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let own = own.unwrap();
    let (db, clock) = (premises.backend.db.clone(), premises.clock.clone());
    let start = async move { Engine::start_with(db, clock, Live::new(), NARROW) };
    let engine = own.spawn(start).await.unwrap();
    premises.work_with(engine.clone());
    let visitor = Arc::new(premises.superadmin().await);
    let premises = Arc::new(premises);
    for way in ["form", "script", "page"] {
        let free = busy(&engine, &premises.northwind).await;
        let mut asked = JoinSet::new();
        for number in 0..4 {
            let (visitor, brand) = (visitor.clone(), premises.brand.clone());
            asked.spawn(async move { ask(&visitor, &brand, way, number).await });
        }
        let told = asked.join_next().await.unwrap().unwrap();
        assert_eq!((told.code(), told.header("retry-after")), (503, "1"), "{way}: {}", told.says());
        match way {
            "script" => {
                let problem = told.problem();
                assert_eq!((problem.code.as_str(), problem.retry_after), ("busy", Some(1)));
            }
            _ => assert!(told.says().contains("Try again in 1 second"), "{way}: {}", told.says()),
        }
        drop(free);
        while let Some(answer) = asked.join_next().await {
            let code = answer.unwrap().code();
            assert!([200, 303, 503].contains(&code), "{way}: {code}");
        }
    }
    must_verify(&premises.backend.db, &premises.northwind).await;
    own.shutdown_background();
}

async fn ask(visitor: &Visitor, brand: &DepartmentId, way: &'static str, number: u64) -> Page {
    let (limit, form_key) = (format!("{}", 10 + number), format!("{:032x}", rand::random::<u128>()));
    let fields = [("department", brand.as_str()), ("limit", &limit), ("form_key", &form_key)];
    match way {
        "form" => visitor.post_form("/team/departments", "set_allotment", &fields).await,
        "script" => visitor.post_json("set_allotment", &fields).await,
        _ => visitor.get("/credits").await,
    }
}
