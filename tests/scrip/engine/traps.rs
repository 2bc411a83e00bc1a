//! Traps that other systems fell into, by the numbers of the ledger's specification: those that only an
//! engine with its database can fall into. The others are beside the kernel and beside payments.

use super::*;
use crate::on_both_databases;
use crate::support::premises::Premises;
use tokio::task::JoinSet;

on_both_databases!(
    trap_1_a_ledger_without_a_newest_row_loses_no_update_either,
    trap_6_a_grant_that_is_sent_again_makes_no_second_lot,
    trap_13_every_page_and_the_engine_tell_the_same_figure,
);

/// Locking the newest row locks nothing where there is none, and not the row that comes next.
async fn trap_1_a_ledger_without_a_newest_row_loses_no_update_either(test: TestDatabase) {
    let office = Office::open(test).await;
    let other = office.test.another_node().await;
    let other = Engine::start(other, office.clock.clone(), Live::new());
    let mut running = JoinSet::new();
    for number in 0..40 {
        let engine = if number % 2 == 0 { &office.engine } else { &other }.clone();
        let (organisation, order) =
            (office.organisation.clone(), grant(&format!("lot_{number}"), "1"));
        running.spawn(async move { engine.submit(organisation, order).await.unwrap() });
    }
    running.join_all().await;
    assert_eq!(office.available().await, credits("40"));
    assert_eq!(office.journal().await.len(), 40);
    office.must_verify().await;
}

async fn trap_6_a_grant_that_is_sent_again_makes_no_second_lot(test: TestDatabase) {
    let mut office = Office::open(test).await;
    let period = |amount: &str| {
        let mut terms = terms("lot_february", amount);
        terms.source = Source::Subscription;
        terms.expires_at = Some(BEGINNING.plus(60 * MINUTE));
        terms.origin = Origin::PlanPeriod { plan: "team".into(), period_start: BEGINNING };
        order("plan:team:2026-02", Command::Grant(Box::new(terms)))
    };
    let first = office.must(period("100")).await;
    office.must(charge("work", "30")).await;
    office.restart().await;
    // Whoever sends it again has made another id for the lot.
    let mut again = period("100");
    if let Command::Grant(terms) = &mut again.command {
        terms.lot = LotId::parse("lot_again").unwrap();
    }
    let again = office.must(again).await;
    assert_eq!((again.replayed, again.transaction), (true, first.transaction));
    assert_eq!(office.available().await, credits("70"));
    assert_eq!(office.submit(period("200")).await, Err(SubmitError::KeyConflict));
    office.clock.advance(60 * MINUTE);
    assert_eq!(office.available().await, credits("0"), "nothing recurs");
    office.must_verify().await;
}

/// With credits held, lapsed but not yet booked as such, and granted for later.
async fn trap_13_every_page_and_the_engine_tell_the_same_figure(test: TestDatabase) {
    let premises = Premises::open(test).await;
    let (engine, here) = (&premises.backend.engine, &premises.northwind);
    let now = premises.backend.now();
    for (name, from, until) in [("lapsing", 0, 10), ("later", 60, 120)] {
        let mut terms = terms(&format!("lot_{name}"), "40");
        terms.effective_at = Some(now.plus(from * MINUTE));
        terms.expires_at = Some(now.plus(until * MINUTE));
        engine.submit(here, order(name, Command::Grant(Box::new(terms)))).await.unwrap();
    }
    let mut held = hold("hold_1", "7.5");
    if let Command::Hold(terms) = &mut held.command {
        terms.deadline = now.plus(600 * MINUTE);
    }
    engine.submit(here, held).await.unwrap();
    premises.clock.advance(20 * MINUTE);

    let told = engine.balance(here, premises.backend.now()).await.unwrap();
    assert_eq!((told.available, told.held), (credits("92.5"), credits("7.5")));
    let visitor = premises.superadmin().await;
    for path in ["/", "/credits", "/settings/billing", "/team", "/reports"] {
        let page = visitor.get(path).await;
        assert_eq!(page.texts("[data-balance=available]"), ["92.5"], "{path}: {}", page.says());
        assert_eq!(page.texts("[data-balance=held]"), ["7.5"], "{path}");
    }
    for path in ["/", "/credits"] {
        let page = visitor.get(path).await;
        let cards = page.texts("[aria-labelledby=available-heading]").join(" ");
        assert!(cards.contains("92.5"), "{path}: {cards}");
    }
}
