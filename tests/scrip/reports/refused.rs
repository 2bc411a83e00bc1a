//! Whatever is refused says why, charges nothing, keeps what was typed, and leaves no trace.

use super::*;
use crate::on_both_databases;
use scrip::model::reports::ROWS_PER_PAGE;

on_both_databases!(
    a_form_sent_twice_makes_one_report_and_one_hold,
    a_form_sent_many_times_at_once_makes_one_report_and_one_hold,
    a_form_sent_again_with_other_content_is_told_so,
    another_price_than_was_shown_starts_nothing,
    too_few_credits_are_told_with_the_arithmetic_and_whom_to_ask,
    what_cannot_be_paid_for_is_refused_before_it_is_written,
    files_of_whoever_could_pay_for_nothing_are_not_kept,
    a_departments_limit_is_told_with_the_arithmetic,
    a_refused_form_passes_once_there_are_credits,
    bad_input_is_refused_before_anything_is_written,
);

async fn a_form_sent_twice_makes_one_report_and_one_hold(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let first = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    let second = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    assert_eq!(first, second);
    desk.work().await;
    assert_eq!(desk.start(ad("form-1", &[SQUARE])).await.unwrap(), first, "also when it is done");
    assert_eq!(desk.booked(&first).await, ["hold", "settle"]);
}

async fn a_form_sent_many_times_at_once_makes_one_report_and_one_hold(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.spend("8").await;
    let sent = (0..6).map(|_| {
        let (backend, member) = (desk.backend.clone(), desk.member.clone());
        tokio::spawn(async move {
            reports::start(&backend, &member, ad("form-1", &[SQUARE])).await.unwrap()
        })
    });
    let mut ids = Vec::new();
    for one in sent.collect::<Vec<_>>() {
        ids.push(one.await.unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(desk.balance().await, ("0".into(), "2".into()), "the last credits are held once");
    assert_eq!(desk.booked(&ids[0]).await, ["hold"]);
}

async fn what_cannot_be_paid_for_is_refused_before_it_is_written(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.spend("8").await;
    // Whoever writes now breaks.
    let statement = "alter table report_asset rename to report_asset_away";
    scrip::on!(&db.db, write pool => sqlx::query(statement).execute(pool).await.map(drop)).unwrap();
    let problem = desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (402, "insufficient_credits"));
}

async fn files_of_whoever_could_pay_for_nothing_are_not_kept(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let can_pay = || reports::could_pay(&desk.backend, &desk.member);
    let heads = |form_key| Submission { heads_only: true, ..ad(form_key, &[SQUARE]) };
    assert!(can_pay().await.unwrap());
    desk.limit_brand("0").await;
    assert!(!can_pay().await.unwrap(), "the department may spend nothing");
    assert_eq!(desk.start(heads("form-1")).await.unwrap_err().code, "budget_exceeded");

    desk.limit_brand("2").await;
    let problem = desk.start(heads("form-1")).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "files_not_kept"));
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
    // The form of an analysis that holds the last credits finds it, though its files are not kept.
    let id = desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    assert!(!can_pay().await.unwrap());
    assert_eq!(desk.start(heads("form-1")).await.unwrap(), id);
}

async fn a_form_sent_again_with_other_content_is_told_so(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    let problem = desk.start(ad("form-1", &[STORY])).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (409, "form_used"));
    assert_eq!(desk.balance().await, ("8".into(), "2".into()));
}

async fn another_price_than_was_shown_starts_nothing(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    for shown in ["1", "", "free"] {
        let form = Submission { quoted: shown.into(), ..ad("form-1", &[SQUARE]) };
        let problem = desk.start(form).await.unwrap_err();
        assert_eq!((problem.status, problem.numbers["price"].as_str()), (409, "2"), "{shown}");
    }
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
    desk.start(ad("form-1", &[SQUARE])).await.unwrap();
}

async fn too_few_credits_are_told_with_the_arithmetic_and_whom_to_ask(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let images = [SQUARE; 10];
    let problem = desk.start(ad("form-1", &images)).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (402, "insufficient_credits"));
    assert_eq!(problem.detail, "11 credits needed, 10 available: 1 short.");
    let cure = problem.cure.clone().unwrap();
    assert!(cure.starts_with("Ask ada or sue to buy at least 1 credit"), "{cure}");
    let typed =
        |name: &str| problem.typed.iter().find(|(field, _)| field == name).unwrap().1.clone();
    assert_eq!(typed("text"), "A calm cup of tea for your afternoon.");
    assert_eq!(typed("images"), "10");

    let problem = desk.start_as(&desk.admin, ad("form-1", &images)).await.unwrap_err();
    assert!(problem.cure.unwrap().starts_with("You can buy at least 1 credit"));
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
}

async fn a_departments_limit_is_told_with_the_arithmetic(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.limit_brand("2").await;
    let problem = desk.start(ad("form-1", &[SQUARE, STORY])).await.unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (402, "budget_exceeded"));
    assert_eq!(
        problem.detail,
        "3 credits needed, 2 left of the department's limit of 2 (0 used, 0 held)."
    );
    assert!(
        problem
            .cure
            .unwrap()
            .starts_with("Ask sue to raise the department's limit by at least 1 credit")
    );
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
    desk.start_as(&desk.admin, ad("form-2", &[SQUARE, STORY])).await.expect("of no department");
}

async fn a_refused_form_passes_once_there_are_credits(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let images = [SQUARE; 10];
    desk.start(ad("form-1", &images)).await.unwrap_err();
    desk.grant("more", Source::Purchased, "1").await;
    desk.start(ad("form-1", &images)).await.unwrap();
    assert_eq!(desk.balance().await, ("0".into(), "11".into()));
}

async fn bad_input_is_refused_before_anything_is_written(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let nothing = Submission { text: " ".into(), ..ad("form-1", &[]) };
    let mut many = ad("form-1", &[SQUARE]);
    many.files_seen = 10_000;
    let mut large = ad("form-1", &[SQUARE]);
    large.files[0].size = 200_000_000;
    let mut strange = ad("form-1", &[SQUARE]);
    strange.files[0] =
        Upload { name: "plan.pdf".into(), bytes: b"%PDF-1.7".to_vec(), ..strange.files[0].clone() };
    for (form, status) in [(nothing, 422), (many, 422), (large, 413), (strange, 422)] {
        let problem = desk.start(form).await.unwrap_err();
        assert_eq!(problem.status, status, "{problem}");
        assert!(!problem.fields.is_empty(), "{problem}");
    }
    assert_eq!(desk.balance().await, ("10".into(), "0".into()));
    let list = reports::list(&desk.backend, &desk.member, Default::default(), ROWS_PER_PAGE)
        .await
        .unwrap();
    assert_eq!(list.reports, 0);
}
