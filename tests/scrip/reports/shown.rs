//! Who sees which reports, and how the list sorts, filters, pages and adds up.

use super::*;
use crate::on_both_databases;
use scrip::backend::reports::ListRequest;
use scrip::model::reports::{ROWS_PER_PAGE, ReportFilter, ReportListView, ReportSort};

on_both_databases!(
    a_report_is_there_for_its_author_and_for_admins_and_for_nobody_else,
    a_member_lists_their_own_and_an_admin_everyones,
    the_list_sorts_by_credits_and_by_date_both_ways,
    the_list_filters_by_status,
    fifty_rows_make_a_page_and_no_report_is_lost_between_pages,
    the_total_is_the_ledgers,
    a_report_far_above_the_median_stands_out,
);

async fn list(desk: &Desk, caller: &Caller, request: ListRequest) -> ReportListView {
    reports::list(&desk.backend, caller, request, ROWS_PER_PAGE).await.unwrap()
}

fn sorted(sort: ReportSort) -> ListRequest {
    ListRequest { sort, ..ListRequest::default() }
}

fn credits_of(view: &ReportListView) -> Vec<String> {
    view.rows.iter().map(|row| row.credits.to_string()).collect()
}

async fn a_report_is_there_for_its_author_and_for_admins_and_for_nobody_else(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    let id = desk.start(ad("form-1", &[])).await.unwrap();
    for (caller, may) in [
        (&desk.member, true),
        (&desk.admin, true),
        (&desk.superadmin, true),
        (&desk.colleague, false),
        (&desk.stranger, false),
    ] {
        match reports::view(&desk.backend, caller, &id).await {
            Ok(_) => assert!(may, "{}", caller.name),
            Err(ReportError::Refused(problem)) => {
                assert_eq!((may, problem.status), (false, 404), "{}", caller.name);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn a_member_lists_their_own_and_an_admin_everyones(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.start(ad("form-1", &[])).await.unwrap();
    desk.start_as(&desk.colleague, ad("form-1", &[SQUARE])).await.unwrap();
    let own = list(&desk, &desk.member, ListRequest::default()).await;
    assert_eq!((own.reports, own.rows[0].user_name.as_str()), (1, "mia"));
    let all = list(&desk, &desk.admin, ListRequest::default()).await;
    assert_eq!((all.reports, all.rows[0].department_name.as_deref()), (2, Some("Brand")));
    assert_eq!(list(&desk, &desk.stranger, ListRequest::default()).await.reports, 0);
}

async fn the_list_sorts_by_credits_and_by_date_both_ways(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    for (number, images) in [(1, &[SQUARE][..]), (2, &[]), (3, &[SQUARE, STORY])] {
        desk.start(ad(&format!("form-{number}"), images)).await.unwrap();
        desk.clock.advance(1);
    }
    desk.work().await;
    let sums = [
        (ReportSort::Newest, ["3", "1", "2"]),
        (ReportSort::Oldest, ["2", "1", "3"]),
        (ReportSort::Dearest, ["3", "2", "1"]),
        (ReportSort::Cheapest, ["1", "2", "3"]),
    ];
    for (sort, expected) in sums {
        assert_eq!(
            credits_of(&list(&desk, &desk.member, sorted(sort)).await),
            expected,
            "{sort:?}"
        );
    }
}

async fn the_list_filters_by_status(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.start(ad("form-1", &[SQUARE])).await.unwrap();
    desk.start(ad("form-2", &[BROKEN])).await.unwrap();
    desk.work().await;
    desk.start(ad("form-3", &[])).await.unwrap();
    for (filter, reports) in [
        (ReportFilter::All, 3),
        (ReportFilter::Open, 1),
        (ReportFilter::Done, 1),
        (ReportFilter::Partly, 1),
        (ReportFilter::Failed, 0),
    ] {
        let view =
            list(&desk, &desk.member, ListRequest { filter, ..ListRequest::default() }).await;
        assert_eq!((view.reports, view.rows.len()), (reports, reports as usize), "{filter:?}");
    }
}

async fn fifty_rows_make_a_page_and_no_report_is_lost_between_pages(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.grant("much", Source::Purchased, "100").await;
    for number in 0..53 {
        desk.start(ad(&format!("form-{number}"), &[])).await.unwrap();
    }
    for sort in [ReportSort::Newest, ReportSort::Oldest, ReportSort::Dearest, ReportSort::Cheapest]
    {
        let first = list(&desk, &desk.member, sorted(sort)).await;
        assert_eq!((first.rows.len(), first.is_first, first.reports), (50, true, 53));
        let request = ListRequest { after: first.next.clone(), ..sorted(sort) };
        let second = list(&desk, &desk.member, request).await;
        assert_eq!((second.rows.len(), second.is_first, second.next), (3, false, None));
        let mut ids: Vec<_> =
            first.rows.iter().chain(&second.rows).map(|row| row.id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 53, "{sort:?}");
    }
}

async fn the_total_is_the_ledgers(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    desk.start(ad("form-1", &[SQUARE, BROKEN])).await.unwrap();
    desk.work().await;
    desk.start(ad("form-2", &[SQUARE, STORY])).await.unwrap();
    let view = list(&desk, &desk.member, ListRequest::default()).await;
    assert_eq!((view.charged, view.held), (credits("2"), credits("3")));
    let state = desk.backend.engine.state(&desk.member.organisation).await.unwrap();
    assert_eq!(state.head().spent, view.charged);
}

async fn a_report_far_above_the_median_stands_out(db: TestDatabase) {
    let desk = Desk::open(&db).await;
    for number in 0..4 {
        desk.start(ad(&format!("form-{number}"), &[])).await.unwrap();
    }
    desk.start(ad("form-big", &[SQUARE, STORY])).await.unwrap();
    desk.work().await;
    let view = list(&desk, &desk.admin, sorted(ReportSort::Dearest)).await;
    let high: Vec<bool> = view.rows.iter().map(|row| row.high_usage).collect();
    assert_eq!(high, [true, false, false, false, false]);
}
