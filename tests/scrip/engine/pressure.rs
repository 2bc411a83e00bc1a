//! When too much waits, people and programs are told so at once: 503, with how long to wait.

use super::*;
use crate::on_both_databases;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor};
use scrip::backend::engine::Limits;
use scrip::ledger::LedgerState;
use std::sync::mpsc;

on_both_databases!(a_form_a_script_and_a_page_that_find_the_queue_full_are_told_when_to_come_back,);

/// What waits when one order is under way, one waits, and nobody else may.
const NARROW: Limits = Limits { queue: 1, group: 1 };

/// A writer that is at work, with as many waiting as may, until this is dropped.
struct Full {
    _until: mpsc::Sender<()>,
}

async fn fill(engine: &Engine, organisation: &OrganisationId) -> Full {
    // What is in memory is looked at by the writer itself, which takes nothing else meanwhile.
    engine.balance(organisation, BEGINNING).await.expect("the state is in memory from here on");
    let (_until, free) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let at_work = {
        let (engine, organisation) = (engine.clone(), organisation.clone());
        let mut begun = Some(begun);
        let work = move |_: &LedgerState| {
            begun.take().into_iter().for_each(|begun| _ = begun.send(()));
            let _ = free.recv();
        };
        async move { engine.read(organisation, work).await }
    };
    tokio::spawn(at_work);
    has_begun.await.expect("the writer begins");
    let mut next = Box::pin({
        let (engine, organisation) = (engine.clone(), organisation.clone());
        async move { engine.balance(organisation, BEGINNING).await }
    });
    // Looked at once, it stands in the queue.
    tokio::select! {
        biased;
        early = &mut next => panic!("it did not wait: {early:?}"),
        () = async {} => {}
    }
    tokio::spawn(next);
    Full { _until }
}

async fn a_form_a_script_and_a_page_that_find_the_queue_full_are_told_when_to_come_back(
    test: TestDatabase,
) {
    let mut premises = Premises::open(test).await;
    // The writer that is kept at work has threads of its own.
    let own = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let own = Box::leak(Box::new(own.unwrap()));
    let start = {
        let (url, clock) = (premises.url().to_owned(), premises.clock.clone());
        async move { Engine::start_with(Db::connect(&url).await.unwrap(), clock, Live::new(), NARROW) }
    };
    let engine = own.spawn(start).await.unwrap();
    premises.work_with(engine.clone());
    let visitor = premises.superadmin().await;
    for way in ["form", "script", "page"] {
        let full = fill(&engine, &premises.northwind).await;
        let told = ask(&visitor, &premises.brand, way).await;
        assert_eq!((told.code(), told.header("retry-after")), (503, "1"), "{way}: {}", told.says());
        if way == "script" {
            let problem = told.problem();
            assert_eq!((problem.code.as_str(), problem.retry_after), ("busy", Some(1)));
        } else {
            assert!(told.says().contains("Try again in 1 second"), "{way}: {}", told.says());
        }
        drop(full);
        // Behind everything that waited.
        while engine.balance(&premises.northwind, BEGINNING).await.is_err() {
            tokio::task::yield_now().await;
        }
        let again = ask(&visitor, &premises.brand, way).await;
        assert!([200, 303].contains(&again.code()), "{way}: {}", again.says());
    }
    must_verify(&premises.backend.db, &premises.northwind).await;
}

async fn ask(visitor: &Visitor, brand: &DepartmentId, way: &str) -> Page {
    let form_key = format!("{:032x}", rand::random::<u128>());
    let fields = [("department", brand.as_str()), ("limit", "20"), ("form_key", &form_key)];
    match way {
        "form" => visitor.post_form("/team/departments", "set_allotment", &fields).await,
        "script" => visitor.post_json("set_allotment", &fields).await,
        _ => visitor.get("/credits").await,
    }
}
