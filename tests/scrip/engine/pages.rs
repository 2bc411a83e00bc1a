//! What pages read: history a page at a time, and usage in sums.

use super::*;
use crate::on_both_databases;
use scrip::backend::store::history::{self, UsageFilter};
use scrip::backend::store::{lot, usage};

on_both_databases!(
    history_is_read_newest_first_a_page_at_a_time,
    usage_is_filtered_by_each_part_and_by_all,
    usage_is_summed_by_month_in_the_organisations_zone,
);

async fn history_is_read_newest_first_a_page_at_a_time(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    for number in 0..5 {
        office.must(charge(&format!("charge {number}"), "1")).await;
    }
    office.must(hold("hold_1", "2")).await;
    let here = &office.organisation;
    let filter = UsageFilter::default();
    let first = history::usage(office.db(), here, &filter, None, 3).await.unwrap();
    let sequences: Vec<_> = first.iter().map(|row| row.sequence).collect();
    assert_eq!(sequences, [6, 5, 4]);
    assert_eq!(first[0].amount, credits("-1"));
    let second = history::usage(office.db(), here, &filter, Some(4), 3).await.unwrap();
    let sequences: Vec<_> = second.iter().map(|row| row.sequence).collect();
    assert_eq!(sequences, [3, 2]);
    let additions = history::additions(office.db(), here, None, 10).await.unwrap();
    assert_eq!((additions.len(), additions[0].amount), (1, credits("100")));
    let held = history::one(office.db(), here, 7).await.unwrap().unwrap();
    assert_eq!((held.sequence, held.kind.code()), (7, "hold"));
    assert_eq!(history::one(office.db(), here, 8).await.unwrap(), None);
    assert_eq!(lot::open(office.db(), here).await.unwrap()[0].remaining, credits("93"));
}

async fn usage_is_filtered_by_each_part_and_by_all(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    office.must(charge("ours", "1")).await;
    let mut theirs = charge("theirs", "2");
    if let Command::Charge { attribution, .. } = &mut theirs.command {
        *attribution = Attribution {
            department: Some(DepartmentId::parse("dep_2").unwrap()),
            member: Some(UserId::parse("usr_2").unwrap()),
            operation: Some(Operation::parse("chat").unwrap()),
            report: Some(scrip::ledger::ReportId::parse("rep_2").unwrap()),
            ..Attribution::default()
        };
    }
    let theirs = office.must(theirs).await.transaction;
    let part = theirs.attribution.clone();
    let none = UsageFilter::default;
    let filters = [
        UsageFilter { operation: part.operation.clone(), ..none() },
        UsageFilter { department: part.department.clone(), ..none() },
        UsageFilter { member: part.member.clone(), ..none() },
        UsageFilter {
            operation: part.operation.clone(),
            department: part.department.clone(),
            member: part.member.clone(),
        },
    ];
    for filter in filters {
        let found = history::usage(office.db(), &office.organisation, &filter, None, 10).await;
        let sequences: Vec<_> = found.unwrap().iter().map(|row| row.sequence).collect();
        assert_eq!(sequences, [theirs.sequence], "{filter:?}");
    }
    let nobody = UsageFilter { member: Some(UserId::parse("usr_3").unwrap()), ..none() };
    let found = history::usage(office.db(), &office.organisation, &nobody, None, 10).await;
    assert!(found.unwrap().is_empty());
}

async fn usage_is_summed_by_month_in_the_organisations_zone(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    office.must(charge("february in Berlin", "1.5")).await;
    office.clock.advance(31 * scrip::ledger::time::DAY);
    office.must(charge("march", "2")).await;
    office.must(charge("march again", "3")).await;
    let (db, here) = (office.db(), &office.organisation);
    let months = usage::by_month(db, here, "2026-01", "2026-12").await.unwrap();
    let months: Vec<_> =
        months.iter().map(|sum| (sum.of.as_str(), sum.credits, sum.transactions)).collect();
    assert_eq!(months, [("2026-02", credits("1.5"), 1), ("2026-03", credits("5"), 2)]);

    let departments = usage::by_department(db, here, "2026-03", "2026-03").await.unwrap();
    assert_eq!(departments[0].of, attribution().department);
    let members = usage::by_member(db, here, "2026-03", "2026-03").await.unwrap();
    assert_eq!((members[0].of.clone(), members[0].credits), (attribution().member, credits("5")));
    let operations = usage::by_operation(db, here, "2026-01", "2026-03").await.unwrap();
    assert_eq!(operations[0].credits, credits("6.5"));
    let reports = usage::by_report(db, here, "2026-01", "2026-03").await.unwrap();
    assert_eq!((reports[0].of.clone(), reports[0].transactions), (None, 3));
    office.must_verify().await;
}
