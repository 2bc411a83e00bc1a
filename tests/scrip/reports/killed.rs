//! The program is killed between any two steps: what comes after finds the report as it was left.

use super::*;
use crate::on_both_databases;
use scrip::backend::jobs::analysis::{ATTEMPTS, LEASE, advance, claim};
use scrip::backend::store::report;
use scrip::ledger::time::MINUTE;
use scrip::model::reports::ReportStatus;

on_both_databases!(
    killed_before_the_hold_nothing_is_charged_and_the_form_may_be_sent_again,
    killed_after_the_hold_the_report_goes_on,
    killed_after_the_first_asset_the_next_worker_goes_on_at_the_second,
    killed_before_the_settle_it_is_settled_once,
    killed_after_the_settle_it_is_not_settled_again,
    killed_after_the_release_it_is_not_released_again,
    a_worker_that_lost_its_lease_stops,
    an_asset_that_ended_the_program_twice_is_failed_unseen,
    a_hold_that_lapsed_is_made_again_before_the_work_begins,
    killed_after_holding_again_it_is_not_held_a_third_time,
    work_whose_credits_are_gone_when_it_is_its_turn_fails_with_the_reason,
    findings_that_cannot_be_charged_in_the_end_are_not_shown,
    a_worker_that_lost_its_lease_withdraws_nothing,
    two_workers_never_take_the_same_report,
);

async fn killed_before_the_hold_nothing_is_charged_and_the_form_may_be_sent_again(
    db: TestDatabase,
) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-0", &[])).await.unwrap();
    let mut left =
        report::find(&desk.backend.db, &desk.member.organisation, &id).await.unwrap().unwrap();
    desk.work().await;
    // The same row again under another key, as a start leaves it that got no further.
    left.id = ReportId::parse("rep_left").unwrap();
    left.hold = scrip::ledger::HoldId::parse("hold_left").unwrap();
    left.form_key = "form-1".into();
    report::insert(&desk.backend.db, &left, &[]).await.unwrap();

    assert!(!reports::recover(&desk.backend).await.unwrap(), "its starter may still be at work");
    desk.clock.advance(2 * MINUTE);
    assert!(reports::recover(&desk.backend).await.unwrap());
    assert!(report::find(&desk.backend.db, &left.organisation, &left.id).await.unwrap().is_none());
    assert_eq!(desk.balance().await, ("9".into(), "0".into()));
    desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    assert_eq!(desk.balance().await, ("7".into(), "2".into()));
}

async fn killed_after_the_hold_the_report_goes_on(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    desk.leave_behind(&id, "status = 'preparing'").await;
    desk.work().await;
    assert_eq!(desk.balance().await, ("8".into(), "2".into()), "nobody takes it up as it is");

    desk.clock.advance(2 * MINUTE);
    assert!(reports::recover(&desk.backend).await.unwrap());
    desk.work().await;
    assert_eq!(charged(&desk.report(&id).await), "2");
    assert_eq!(desk.booked(&id).await, ["hold", "settle"]);
}

async fn killed_after_the_first_asset_the_next_worker_goes_on_at_the_second(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap();
    let taken = claim(&desk.backend, "first", desk.now()).await.unwrap().unwrap();
    advance(&desk.backend, &taken, "first").await.unwrap();

    desk.work().await;
    assert_eq!(desk.report(&id).await.finished_assets(), 1, "the lease still stands");
    desk.clock.advance(LEASE);
    desk.work().await;
    let assets = report::assets(&desk.backend.db, &desk.member.organisation, &id).await.unwrap();
    assert!(assets.iter().all(|asset| asset.attempts == 1), "no asset was done twice");
    assert_eq!(charged(&desk.report(&id).await), "3");
    assert_eq!(desk.booked(&id).await, ["hold", "settle"]);
}

async fn killed_before_the_settle_it_is_settled_once(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[BROKEN])).await.unwrap();
    let taken = claim(&desk.backend, "first", desk.now()).await.unwrap().unwrap();
    for _ in 0..2 {
        advance(&desk.backend, &taken, "first").await.unwrap();
    }
    assert_eq!(desk.balance().await, ("8".into(), "2".into()));
    desk.clock.advance(LEASE);
    desk.work().await;
    assert_eq!(charged(&desk.report(&id).await), "1");
    assert_eq!(desk.booked(&id).await, ["hold", "settle"]);
}

async fn killed_after_the_settle_it_is_not_settled_again(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    desk.work().await;
    desk.leave_behind(
        &id,
        "status = 'running', worker = 'gone', leased_until = 1, finished_at = null",
    )
    .await;
    desk.work().await;
    let view = desk.report(&id).await;
    assert_eq!((view.status, charged(&view)), (ReportStatus::Done, "2".into()));
    assert_eq!(desk.booked(&id).await, ["hold", "settle"]);
    assert_eq!(desk.balance().await, ("8".into(), "0".into()));
}

async fn killed_after_the_release_it_is_not_released_again(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let form = Submission { text: String::new(), quoted: "1".into(), ..ad("form-1", &[BROKEN]) };
    let id = desk.start(form).await.unwrap();
    desk.work().await;
    desk.leave_behind(
        &id,
        "status = 'running', worker = 'gone', leased_until = 1, finished_at = null",
    )
    .await;
    desk.work().await;
    assert_eq!(desk.report(&id).await.status, ReportStatus::Failed);
    assert_eq!(desk.booked(&id).await, ["hold", "release"]);
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
}

async fn a_worker_that_lost_its_lease_stops(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    let taken = claim(&desk.backend, "slow", desk.now()).await.unwrap().unwrap();
    desk.clock.advance(LEASE);
    claim(&desk.backend, "quick", desk.now()).await.unwrap().expect("the lease has lapsed");
    let progress = advance(&desk.backend, &taken, "slow").await.unwrap();
    assert_eq!(progress, jobs::analysis::Progress::Over);
    assert_eq!(desk.report(&id).await.finished_assets(), 0);
}

async fn an_asset_that_ended_the_program_twice_is_failed_unseen(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    let taken =
        report::find(&desk.backend.db, &desk.member.organisation, &id).await.unwrap().unwrap();
    for _ in 0..ATTEMPTS {
        report::begin_asset(&desk.backend.db, &taken, 1).await.unwrap();
    }
    desk.work().await;
    let view = desk.report(&id).await;
    assert!(view.assets[1].outcome.clone().unwrap().is_err());
    assert_eq!((view.status, charged(&view)), (ReportStatus::Partly, "1".into()));
}

async fn a_hold_that_lapsed_is_made_again_before_the_work_begins(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    desk.sleep_past_the_hold().await;
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
    let taken = claim(&desk.backend, "first", desk.now()).await.unwrap().unwrap();
    advance(&desk.backend, &taken, "first").await.unwrap();
    assert_eq!(desk.balance().await, ("8".into(), "2".into()), "held while it is worked on");

    desk.clock.advance(LEASE);
    desk.work().await;
    assert_eq!(charged(&desk.report(&id).await), "2");
    assert_eq!(desk.balance().await, ("8".into(), "0".into()));
    assert_eq!(desk.booked(&id).await, ["hold", "release", "hold", "settle"]);
}

async fn killed_after_holding_again_it_is_not_held_a_third_time(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    desk.sleep_past_the_hold().await;
    let mut taken = claim(&desk.backend, "first", desk.now()).await.unwrap().unwrap();
    let lapsed = taken.hold.clone();
    assert_eq!(reports::hold_again(&desk.backend, &mut taken).await.unwrap(), None);
    // The program ended before the report's row named its new hold.
    desk.leave_behind(&id, &format!("hold = '{lapsed}', leased_until = 1")).await;
    desk.work().await;
    assert_eq!(desk.booked(&id).await, ["hold", "release", "hold", "settle"]);
    assert_eq!(desk.balance().await, ("8".into(), "0".into()));
}

async fn work_whose_credits_are_gone_when_it_is_its_turn_fails_with_the_reason(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap();
    let taken = claim(&desk.backend, "first", desk.now()).await.unwrap().unwrap();
    advance(&desk.backend, &taken, "first").await.unwrap();
    desk.sleep_past_the_hold().await;
    desk.spend("8").await;
    desk.work().await;

    desk.must_show_nothing_of(&id).await;
    let view = desk.report(&id).await;
    let Some(Err(problem)) = &view.assets[0].outcome else { panic!("nothing is shown") };
    assert!(problem.sentence.contains("3 credits needed, 2 available: 1 short."), "{problem:?}");
    assert_eq!(desk.booked(&id).await, ["hold", "release"]);
    assert_eq!(desk.balance().await, ("2".into(), "0".into()));
}

async fn findings_that_cannot_be_charged_in_the_end_are_not_shown(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[BROKEN])).await.unwrap();
    let taken = claim(&desk.backend, "first", desk.now()).await.unwrap().unwrap();
    for _ in 0..2 {
        advance(&desk.backend, &taken, "first").await.unwrap();
    }
    desk.sleep_past_the_hold().await;
    desk.spend("10").await;
    desk.work().await;
    desk.must_show_nothing_of(&id).await;

    // Credits that come later change nothing about a report that has ended.
    desk.grant("more", Source::Purchased, "10").await;
    desk.work().await;
    desk.must_show_nothing_of(&id).await;
    assert_eq!(desk.booked(&id).await, ["hold", "release"]);
}

async fn a_worker_that_lost_its_lease_withdraws_nothing(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[])).await.unwrap();
    let taken = claim(&desk.backend, "slow", desk.now()).await.unwrap().unwrap();
    let lease = report::Lease { worker: "slow", now: desk.now(), until: desk.now().plus(LEASE) };
    desk.clock.advance(LEASE);
    desk.work().await;
    let refusal = scrip::ledger::Refusal::AmountNotPositive { amount: Credits::ZERO };
    reports::withdraw(&desk.backend, &taken, lease, &refusal).await.unwrap();
    let view = desk.report(&id).await;
    assert_eq!((view.status, charged(&view)), (ReportStatus::Done, "1".into()));
    assert!(view.assets[0].outcome.clone().unwrap().is_ok());
}

impl Desk {
    /// The server is away until every hold made so far has lapsed.
    async fn sleep_past_the_hold(&self) {
        self.clock.advance(reports::HOLD_FOR);
        self.backend.engine.step_due(self.now()).await.unwrap();
    }

    async fn must_show_nothing_of(&self, id: &ReportId) {
        let view = self.report(id).await;
        assert_eq!(view.status, ReportStatus::Failed);
        assert!(matches!(view.receipt.state, ReceiptState::Returned { lapsed: true, .. }));
        let shown = view.assets.iter().filter(|asset| matches!(asset.outcome, Some(Ok(_))));
        assert_eq!(shown.count(), 0);
    }
}

async fn two_workers_never_take_the_same_report(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    for number in 0..4 {
        desk.start(ad(&format!("form-{number}"), &[])).await.unwrap();
    }
    let claims = (0..8).map(|number| {
        let (backend, now) = (desk.backend.clone(), desk.now());
        tokio::spawn(
            async move { claim(&backend, &format!("worker-{number}"), now).await.unwrap() },
        )
    });
    let mut taken = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        taken.extend(claim.await.unwrap().map(|report| report.id));
    }
    let all = taken.len();
    taken.sort();
    taken.dedup();
    assert!(all > 0 && taken.len() == all, "{taken:?}");
}
