//! The way of an analysis that goes well, and of one with a broken file.

use super::*;
use crate::on_both_databases;
use scrip::model::reports::ReportStatus;

on_both_databases!(
    three_assets_hold_three_credits_at_once_and_are_charged_when_done,
    a_broken_image_gives_its_credit_back_and_the_report_says_so,
    an_analysis_of_nothing_but_broken_files_is_not_charged,
    progress_shows_asset_by_asset,
    the_receipt_names_the_lots_that_paid_in_their_order,
    the_bytes_are_dropped_once_they_are_analysed,
    exactly_what_is_left_may_be_spent,
);

async fn three_assets_hold_three_credits_at_once_and_are_charged_when_done(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap();
    assert_eq!(desk.balance().await, ("7".into(), "3".into()));
    assert_eq!(desk.report(&id).await.receipt.state, ReceiptState::Held { credits: credits("3") });

    desk.work().await;
    let view = desk.report(&id).await;
    assert_eq!(view.status, ReportStatus::Done);
    assert_eq!((charged(&view), view.receipt.quoted), ("3".into(), credits("3")));
    assert!(view.assets.iter().all(|asset| matches!(asset.outcome, Some(Ok(_)))));
    assert_eq!(desk.balance().await, ("7".into(), "0".into()));
    assert_eq!(desk.booked(&id).await, ["hold", "settle"]);
}

async fn a_broken_image_gives_its_credit_back_and_the_report_says_so(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE, BROKEN])).await.unwrap();
    desk.work().await;
    let view = desk.report(&id).await;
    assert_eq!(view.status, ReportStatus::Partly);
    let ReceiptState::Charged { credits: paid, returned, .. } = &view.receipt.state else {
        panic!("{:?}", view.receipt.state);
    };
    assert_eq!((paid.to_string(), returned.to_string()), ("2".into(), "1".into()));
    let problem = view.assets[2].outcome.clone().unwrap().unwrap_err();
    assert!(problem.sentence.contains("image-2.png"), "{}", problem.sentence);
    assert_eq!(desk.balance().await, ("8".into(), "0".into()));
}

async fn an_analysis_of_nothing_but_broken_files_is_not_charged(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let form = Submission { text: String::new(), quoted: "1".into(), ..ad("form-1", &[BROKEN]) };
    let id = desk.start(form).await.unwrap();
    desk.work().await;
    let view = desk.report(&id).await;
    assert_eq!(view.status, ReportStatus::Failed);
    assert!(matches!(view.receipt.state, ReceiptState::Returned { lapsed: false, .. }));
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
    assert_eq!(desk.booked(&id).await, ["hold", "release"]);
}

async fn progress_shows_asset_by_asset(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap();
    let report = jobs::analysis::claim(&desk.backend, "worker", desk.now()).await.unwrap().unwrap();
    for finished in 1..=3 {
        jobs::analysis::advance(&desk.backend, &report, "worker").await.unwrap();
        let view = desk.report(&id).await;
        assert_eq!((view.status, view.finished_assets()), (ReportStatus::Running, finished));
    }
    jobs::analysis::advance(&desk.backend, &report, "worker").await.unwrap();
    assert_eq!(desk.report(&id).await.status, ReportStatus::Done);
}

async fn the_receipt_names_the_lots_that_paid_in_their_order(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.grant("plan", Source::Subscription, "1").await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    desk.work().await;
    let lots: Vec<String> = desk
        .report(&id)
        .await
        .receipt
        .lots
        .into_iter()
        .map(|lot| format!("{} {}", lot.id, lot.credits))
        .collect();
    assert_eq!(lots, ["lot_plan 1", "lot_ten 1"]);
}

async fn the_bytes_are_dropped_once_they_are_analysed(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    let report =
        scrip::backend::store::report::find(&desk.backend.db, &desk.member.organisation, &id);
    let report = report.await.unwrap().unwrap();
    let content = || scrip::backend::store::report::content(&desk.backend.db, &report, 1);
    assert_eq!(content().await.unwrap().as_deref(), Some(SQUARE));
    desk.work().await;
    assert_eq!(content().await.unwrap(), None);
}

async fn exactly_what_is_left_may_be_spent(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.limit_brand("3").await;
    desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap();
    assert_eq!(desk.balance().await, ("7".into(), "3".into()));
}
