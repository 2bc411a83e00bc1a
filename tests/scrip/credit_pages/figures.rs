//! What pages print adds up, row by row.

use super::*;
use crate::on_both_databases;
use scrip::backend::proof::{self, Period, Question};
use scrip::backend::{billing_overview, dashboard, team};
use scrip::ledger::LotFigures;
use scrip::model::credits::History;
use scrip::model::trend::Pattern;

on_both_databases!(
    the_rows_of_all_pages_are_the_lifetime_usage_each_once,
    a_filter_lets_through_its_own_rows_and_totals,
    what_came_in_is_named_by_where_it_came_from,
    month_cards_are_the_rows_of_their_months_across_a_clock_change,
    sources_and_lots_add_up_to_what_is_available,
    the_proof_adds_up_with_holds_expiries_and_credits_for_later,
    a_transaction_shows_the_lots_that_paid,
    the_team_overview_splits_all_usage_of_the_year,
    the_dashboard_greets_by_the_hour_and_lists_what_happened_last,
);

async fn the_rows_of_all_pages_are_the_lifetime_usage_each_once(test: TestDatabase) {
    let office = Office::with_package(test).await;
    for number in 0..120 {
        office.advance(HOUR);
        office.charge("0.5", if number % 3 == 0 { &office.sales } else { &office.design }).await;
    }
    let rows = office.all_usage().await;
    assert_eq!(rows.len(), 120);
    assert!(rows.windows(2).all(|two| two[0].sequence > two[1].sequence));
    let page = office.usage(UsageFilter::default(), None).await;
    let spent = sum(rows.iter().map(|row| row.credits)).checked_neg().unwrap();
    assert_eq!(spent, page.figures.spent);
    let History::Usage { total, transactions, .. } = page.history else { panic!("usage") };
    assert_eq!((total.checked_neg().unwrap(), transactions), (spent, 120));
    let last = page.figures.last.unwrap();
    assert_eq!((last.sequence, last.credits), (rows[0].sequence, amount_of("-0.5")));
}

async fn a_filter_lets_through_its_own_rows_and_totals(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.charge("2", &office.design).await;
    office.charge("3", &office.sales).await;
    let filter = UsageFilter { department: Some(office.sales.clone()), ..UsageFilter::default() };
    let History::Usage { rows, total, transactions, .. } = office.usage(filter, None).await.history
    else {
        panic!("usage")
    };
    assert_eq!((rows.len(), total, transactions), (1, amount_of("-3"), 1));
    assert_eq!(rows[0].department.as_deref(), Some("Sales"));
    assert_eq!((rows[0].user.as_str(), rows[0].operation.as_str()), ("mia", "Ad analysis"));
    let filter = UsageFilter {
        department: Some(office.sales.clone()),
        operation: Some(Operation::parse("chat").unwrap()),
        ..UsageFilter::default()
    };
    let History::Usage { rows, total, .. } = office.usage(filter, None).await.history else {
        panic!("usage")
    };
    assert!(rows.is_empty() && total.is_zero());
}

async fn what_came_in_is_named_by_where_it_came_from(test: TestDatabase) {
    let office = Office::with_package(test).await;
    for source in [Source::Purchased, Source::Trial, Source::Admin] {
        office.advance(HOUR);
        office.grant(source, "10").await;
    }
    let eyes = office.eyes();
    let page =
        credits::page(&office.backend, &office.organisation, &eyes, &HistoryQuery::Additions, None);
    let History::Additions { rows } = page.await.unwrap().history else { panic!("additions") };
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["Admin Grant", "Free Credits", "Purchase", "Plan"]);
    assert_eq!(sum(rows.iter().map(|row| row.credits)), amount_of("1030"));
}

async fn month_cards_are_the_rows_of_their_months_across_a_clock_change(test: TestDatabase) {
    let office = Office::with_package(test).await;
    // Every seven hours over the change of clocks on 25 October and the end of the month.
    for _ in 0..60 {
        office.advance(7 * HOUR);
        office.charge("1", &office.design).await;
    }
    let rows = office.all_usage().await;
    let page = office.usage(UsageFilter::default(), None).await;
    assert_eq!(page.months.len(), 4);
    assert!(page.months[0].is_current && !page.months[1].is_current);
    for month in &page.months {
        let (name, year) = month.label.split_once(' ').unwrap();
        // Rows print "1 Nov 2026, 00:05" in the organisation's zone.
        let suffix = format!(" {} {year}", &name[..3]);
        let own = rows.iter().filter(|row| row.at.day.ends_with(&suffix));
        let used = sum(own.clone().map(|row| row.credits)).checked_neg().unwrap();
        assert_eq!(used, month.used, "{}", month.label);
        assert_eq!(u64::try_from(own.count()).unwrap(), month.transactions, "{}", month.label);
    }
    let both = page.months[0].used.checked_add(page.months[1].used).unwrap();
    assert_eq!(both, amount_of("60"));
    assert!(page.months[1].used.is_positive());
    assert_eq!(page.trend.pattern, Pattern::Beginning);
}

async fn sources_and_lots_add_up_to_what_is_available(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.grant(Source::Purchased, "50").await;
    office.grant(Source::Trial, "20").await;
    office.hold("7", &office.design).await.unwrap();
    office.charge("5", &office.design).await;
    let page = billing_overview::page(&office.backend, &office.organisation, &office.eyes())
        .await
        .unwrap();
    let labels: Vec<&str> = page.sources.iter().map(|source| source.label.as_str()).collect();
    assert_eq!(labels, ["Subscription", "Purchased", "Free credits"]);
    let available = page.figures.view.available;
    assert_eq!(available, amount_of("1058"));
    assert_eq!(sum(page.sources.iter().map(|source| source.available)), available);
    let lots = || page.sources.iter().flat_map(|source| &source.lots);
    assert_eq!(sum(lots().map(|lot| lot.remaining)), available);
    assert_eq!(sum(lots().map(|lot| lot.held)), page.figures.view.held);
    let details = office.backend.balance_details(&office.organisation).await.unwrap();
    assert_eq!(sum(details.sources.iter().map(|line| line.available)), available);
    assert_eq!(details.expiring.unwrap().credits, amount_of("988"));
}

async fn the_proof_adds_up_with_holds_expiries_and_credits_for_later(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let mut short = office.terms(Source::Promotional, "30", Origin::Code { code: "HELLO".into() });
    short.expires_at = Some(START.plus(10 * DAY));
    office.must(Command::Grant(Box::new(short))).await;
    let mut later = office.terms(Source::Purchased, "40", Origin::Signup);
    later.effective_at = Some(START.plus(90 * DAY));
    office.must(Command::Grant(Box::new(later))).await;
    office.charge("12", &office.design).await;
    // Into November, past the promotion's end, which nothing has booked yet.
    office.advance(12 * DAY);
    office.hold("8", &office.design).await.unwrap();
    office.charge("3", &office.design).await;
    let page = billing_overview::page(&office.backend, &office.organisation, &office.eyes())
        .await
        .unwrap();
    let sum_of_all = &page.statement;
    assert!(sum_of_all.adds_up(), "{sum_of_all:?}");
    assert_eq!(sum_of_all.expired, amount_of("30"));
    assert_eq!((sum_of_all.held, sum_of_all.later), (amount_of("8"), amount_of("40")));
    assert_eq!(sum_of_all.available, amount_of("977"));
    let question = Question { as_of: None, period: Period::Month };
    let eyes = office.eyes();
    let page = proof::page(&office.backend, &office.organisation, &eyes, question).await.unwrap();
    assert_eq!(page.month, "November 2026");
    let month = &page.statement;
    assert!(month.adds_up(), "{month:?}");
    assert_eq!(month.opening, amount_of("1058"), "{month:?}");
    assert_eq!((month.used, month.expired), (amount_of("3"), amount_of("30")));
    assert_eq!(month.available, amount_of("977"));
    assert_eq!((page.holds.len(), page.holds[0].credits), (1, amount_of("8")));
    let listed = LotFigures::sum(page.lots.iter().map(|lot| &lot.figures));
    assert_eq!(page.all.without(&listed), page.earlier);
    assert_eq!((page.earlier.granted, page.earlier.expired), (amount_of("30"), amount_of("30")));
    assert_eq!((page.all.held, page.all.remaining), (amount_of("8"), amount_of("1017")));
}

async fn a_transaction_shows_the_lots_that_paid(test: TestDatabase) {
    let office = Office::open(test).await;
    office.grant(Source::Purchased, "4").await;
    office.grant(Source::Trial, "20").await;
    office.charge("6", &office.design).await;
    let eyes = Eyes { sees_everyone: false, ..office.eyes() };
    let read = |sequence| {
        credits::transaction::page(&office.backend, &office.organisation, &eyes, sequence)
    };
    let page = read(3).await.unwrap().unwrap();
    assert!(sum(page.entries.iter().map(|entry| entry.credits)).is_zero());
    let lots: Vec<Credits> = page.lots.iter().map(|lot| lot.credits).collect();
    assert_eq!(lots, [amount_of("4"), amount_of("2")]);
    assert_eq!(page.available_after, amount_of("18"));
    assert!(read(4).await.unwrap().is_none() && read(0).await.unwrap().is_none());
}

async fn the_team_overview_splits_all_usage_of_the_year(test: TestDatabase) {
    let office = Office::open(test).await;
    // Used before the package begins: not in its year.
    office.grant(Source::Purchased, "100").await;
    office.charge("9", &office.sales).await;
    office.advance(2 * DAY);
    let period = Origin::PlanPeriod { plan: "annual".into(), period_start: office.backend.now() };
    let mut terms = office.terms(Source::Subscription, "1000", period);
    terms.expires_at = Some(office.backend.now().plus(365 * DAY));
    office.must(Command::Grant(Box::new(terms))).await;
    for amount in ["4", "6"] {
        office.charge(amount, &office.design).await;
        // Into the next month, so that both ways of counting are used.
        office.advance(8 * DAY);
    }
    office.charge("5", &office.sales).await;
    let page = team::page(&office.backend, &office.organisation).await.unwrap();
    assert_eq!(page.allowance.total, amount_of("1000"));
    assert_eq!(
        (page.allowance.used, page.allowance.remaining()),
        (amount_of("15"), amount_of("985"))
    );
    let used: Vec<_> =
        page.departments.iter().map(|share| (share.name.as_str(), share.used)).collect();
    assert_eq!(used, [("Design", amount_of("10")), ("Sales", amount_of("5"))]);
    assert_eq!(page.points.last().unwrap().used, amount_of("15"));
    assert_eq!((page.members.len(), page.members[0].used), (1, amount_of("15")));
    assert_eq!(page.unallocated, amount_of("1000"));
    assert_eq!(page.pace.recent, amount_of("24"));
}

async fn the_dashboard_greets_by_the_hour_and_lists_what_happened_last(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.charge("801", &office.design).await;
    let page = dashboard::page(&office.backend, &office.organisation, &office.superadmin);
    let page = page.await.unwrap();
    assert_eq!((page.greeting.as_str(), page.latest.len()), ("Good afternoon", 2));
    assert_eq!(page.figures.view.available, amount_of("199"));
}
