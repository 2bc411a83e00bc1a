//! What falls due is booked once, by the sweeper or by the next command, with the same journal.

use super::*;
use crate::on_both_databases;
use scrip::backend::step::Step;
use scrip::backend::store::head;
use scrip::ledger::time::DAY;
use scrip::ledger::{Allowance, Hash, Period, Plan, Renewal, Rollover};

on_both_databases!(
    a_sweeper_and_a_late_command_write_the_same_journal,
    a_sweeper_with_nothing_due_is_idle,
    a_sweeper_on_every_node_books_once,
    sweepers_whose_clocks_differ_book_each_expiry_once,
    sweepers_whose_clocks_differ_grant_each_plan_period_once,
    a_balance_that_is_read_late_is_what_it_will_be_when_booked,
);

/// Credits that lapse after an hour, of which some are held for half an hour.
async fn prepare(engine: &Engine, organisation: &OrganisationId) {
    let mut lapsing = terms("lot_1", "10");
    lapsing.expires_at = Some(BEGINNING.plus(60 * MINUTE));
    let mut held = hold("hold_1", "4");
    if let Command::Hold(make) = &mut held.command {
        make.deadline = BEGINNING.plus(30 * MINUTE);
    }
    engine.submit(organisation, order("grant", Command::Grant(Box::new(lapsing)))).await.unwrap();
    engine.submit(organisation, held).await.unwrap();
}

/// Transactions without what names the organisation.
async fn told(db: &Db, organisation: &OrganisationId) -> Vec<Transaction> {
    let journal = journal::range(db, organisation, 1, 1000).await.unwrap();
    let same = |transaction| Transaction { hash: Hash([0; 32]), ..transaction };
    journal.into_iter().map(same).collect()
}

async fn a_sweeper_and_a_late_command_write_the_same_journal(test: TestDatabase) {
    let office = Office::open(test).await;
    let other = an_organisation(office.db(), "org_2").await;
    prepare(&office.engine, &office.organisation).await;
    prepare(&office.engine, &other).await;

    let half_past = BEGINNING.plus(31 * MINUTE);
    let two_hours = BEGINNING.plus(120 * MINUTE);
    // The other organisation sleeps: take its dates out of the sweeper's sight.
    for at in [half_past, two_hours] {
        office.clock.set(at.micros());
        let seen = office.engine.read(&office.organisation, |state| state.next_due()).await;
        assert!(seen.unwrap().is_some());
        sweep_only(&office, &office.organisation, at).await;
    }
    let refused = office.engine.submit(&other, charge("late", "1")).await;
    assert!(matches!(refused, Err(SubmitError::Refused(_))), "{refused:?}");

    let swept = told(office.db(), &office.organisation).await;
    assert_eq!(swept, told(office.db(), &other).await);
    let kinds: Vec<_> = swept.iter().map(|transaction| transaction.kind.code()).collect();
    assert_eq!(kinds, ["grant", "hold", "release", "expire"]);
    assert_eq!(swept[3].recorded_at, BEGINNING.plus(60 * MINUTE));
    must_verify(office.db(), &office.organisation).await;
    must_verify(office.db(), &other).await;
}

/// Lets the sweeper see one organisation only.
async fn sweep_only(office: &Office, seen: &OrganisationId, now: Timestamp) {
    let hide = "update ledger_head set next_due = null where organisation <> $1";
    scrip::on!(office.db(), write pool => sqlx::query(hide).bind(seen.as_str())
        .execute(pool).await.map(|_| ()))
    .unwrap();
    assert_eq!(office.engine.step_due(now).await.unwrap(), Step::Done);
    assert_eq!(office.engine.step_due(now).await.unwrap(), Step::Idle);
}

async fn a_sweeper_with_nothing_due_is_idle(test: TestDatabase) {
    let office = Office::open(test).await;
    prepare(&office.engine, &office.organisation).await;
    assert_eq!(office.engine.step_due(BEGINNING.plus(29 * MINUTE)).await.unwrap(), Step::Idle);
    let due = head::due(office.db(), BEGINNING.plus(30 * MINUTE), 10).await.unwrap();
    assert_eq!(due, [(office.organisation.clone(), BEGINNING.plus(30 * MINUTE))]);
}

async fn a_sweeper_on_every_node_books_once(test: TestDatabase) {
    let office = Office::open(test).await;
    prepare(&office.engine, &office.organisation).await;
    let node = office.test.another_node().await;
    let other = Engine::start(node, office.clock.clone(), Live::new());
    let now = BEGINNING.plus(120 * MINUTE);
    let (here, there) = tokio::join!(office.engine.step_due(now), other.step_due(now));
    assert!([here.unwrap(), there.unwrap()].contains(&Step::Done));
    let kinds: Vec<_> =
        office.journal().await.iter().map(|transaction| transaction.kind.code()).collect();
    assert_eq!(kinds, ["grant", "hold", "release", "expire"]);
    office.must_verify().await;
}

/// Two nodes sweep at the same instant, one of them a quarter of an hour ahead, while people are at work.
async fn sweepers_whose_clocks_differ_book_each_expiry_once(test: TestDatabase) {
    let office = Office::with_credits(test, "1000").await;
    let node = office.test.another_node().await;
    let ahead = Clock::manual(BEGINNING.plus(15 * MINUTE).micros());
    let other = Engine::start(node, ahead.clone(), Live::new());
    for number in 0..10 {
        let mut lapsing = terms(&format!("lot_{number}"), "10");
        lapsing.expires_at = Some(BEGINNING.plus((20 + number) * MINUTE));
        office.must(order(&format!("grant {number}"), Command::Grant(Box::new(lapsing)))).await;
    }
    for minutes in 0..32 {
        let (here, there) =
            (BEGINNING.plus(minutes * MINUTE), BEGINNING.plus((minutes + 15) * MINUTE));
        office.clock.set(here.micros());
        ahead.set(there.micros());
        let work = office.submit(charge(&format!("work {minutes}"), "0.5"));
        let (one, two, work) =
            tokio::join!(office.engine.step_due(here), other.step_due(there), work);
        one.unwrap();
        two.unwrap();
        work.unwrap();
    }
    let journal = office.journal().await;
    let expired: Vec<_> = journal.iter().filter(|it| it.kind.code() == "expire").collect();
    let lots: std::collections::BTreeSet<_> = expired.iter().flat_map(|it| it.lots()).collect();
    assert_eq!((expired.len(), lots.len()), (10, 10));
    office.must_verify().await;
}

/// Half a year of a plan, on two nodes of which one is a day ahead.
async fn sweepers_whose_clocks_differ_grant_each_plan_period_once(test: TestDatabase) {
    let office = Office::open(test).await;
    let node = office.test.another_node().await;
    let ahead = Clock::manual(BEGINNING.micros());
    let other = Engine::start(node, ahead.clone(), Live::new());
    let plan = Plan {
        code: "team".into(),
        allowance: Allowance::Credits(credits("100")),
        anchor: BEGINNING,
        period: Period::Month,
        rollover: Rollover::None,
        priority: None,
        renewal: Renewal::Automatic,
    };
    office.must(order("plan", Command::SetPlan { plan: Some(Box::new(plan)) })).await;
    for half_days in 0..2 * 6 * 30 {
        let here = BEGINNING.plus(half_days * DAY / 2);
        let there = here.plus(DAY);
        office.clock.set(here.micros());
        ahead.set(there.micros());
        let (one, two) = tokio::join!(office.engine.step_due(here), other.step_due(there));
        one.unwrap();
        two.unwrap();
    }
    let journal = office.journal().await;
    let granted: Vec<_> = journal.iter().filter(|it| it.kind.code() == "grant").collect();
    let keys: std::collections::BTreeSet<_> = granted.iter().map(|it| &it.key).collect();
    assert_eq!((granted.len(), keys.len()), (6, 6), "one a month");
    office.must_verify().await;
}

async fn a_balance_that_is_read_late_is_what_it_will_be_when_booked(test: TestDatabase) {
    let office = Office::open(test).await;
    prepare(&office.engine, &office.organisation).await;
    let now = BEGINNING.plus(120 * MINUTE);
    let before = office.engine.balance(&office.organisation, now).await.unwrap();
    office.engine.step_due(now).await.unwrap();
    let after = office.engine.balance(&office.organisation, now).await.unwrap();
    assert_eq!((before.available, before.held), (credits("0"), credits("0")));
    assert_eq!((after.available, after.held), (before.available, before.held));
}
