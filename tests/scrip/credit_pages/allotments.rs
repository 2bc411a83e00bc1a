//! A department's allotment stops work before it starts, and all together never exceed the year.

use super::*;
use crate::on_both_databases;
use scrip::backend::departments::{self, DepartmentError};
use scrip::ledger::Refusal;
use scrip::model::Problem;

on_both_databases!(
    an_allotment_counts_what_was_used_before_and_stops_the_next_hold_with_numbers,
    allotments_together_never_exceed_the_allowance,
    two_nodes_that_allot_in_the_same_instant_never_exceed_it_together,
    a_form_sent_twice_changes_nothing_twice,
    changes_are_listed_with_who_made_them_and_from_what_to_what,
    a_department_is_made_renamed_and_archived_only_without_members,
    another_organisations_department_is_not_there,
);

/// A form's key, as a page hands it out.
fn form_key(number: u32) -> String {
    format!("{number:032x}")
}

impl Office {
    async fn allot(
        &self,
        department: &DepartmentId,
        limit: &str,
        key: u32,
    ) -> Result<(), DepartmentError> {
        let (limit, key) = (amount_of(limit), form_key(key));
        let (backend, organisation) = (&self.backend, &self.organisation);
        departments::set_allotment(backend, organisation, &self.superadmin, department, limit, &key)
            .await
    }
}

impl Office {
    async fn archive(&self, department: &DepartmentId, key: u32) -> Result<(), DepartmentError> {
        let (key, caller) = (form_key(key), &self.superadmin);
        departments::archive(&self.backend, &self.organisation, caller, department, &key).await
    }
}

fn problem(result: Result<(), DepartmentError>) -> Problem {
    match result {
        Err(DepartmentError::Refused(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

async fn an_allotment_counts_what_was_used_before_and_stops_the_next_hold_with_numbers(
    test: TestDatabase,
) {
    let office = Office::with_package(test).await;
    office.charge("6", &office.design).await;
    office.advance(HOUR);
    office.allot(&office.design, "10", 1).await.unwrap();
    office.hold("1", &office.design).await.unwrap();
    let page = departments::page(&office.backend, &office.organisation).await.unwrap();
    let card = page.cards.iter().find(|card| card.name == "Design").unwrap();
    assert_eq!((card.used, card.held, card.members), (amount_of("6"), amount_of("1"), 2));
    assert_eq!((card.limit, card.left()), (Some(amount_of("10")), Some(amount_of("3"))));
    let Err(SubmitError::Refused(refusal)) = office.hold("4", &office.design).await else {
        panic!("4 do not fit into 3")
    };
    let Refusal::BudgetExceeded { limit, used, held, asked, left, .. } = refusal else {
        panic!("{refusal}")
    };
    assert_eq!((limit, used, held), (amount_of("10"), amount_of("6"), amount_of("1")));
    assert_eq!((asked, left), (amount_of("4"), amount_of("3")));
    // Exactly what is left passes, and the other department is free.
    office.hold("3", &office.design).await.unwrap();
    office.hold("100", &office.sales).await.unwrap();
}

async fn allotments_together_never_exceed_the_allowance(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.allot(&office.design, "600", 1).await.unwrap();
    let refused = problem(office.allot(&office.sales, "401", 2).await);
    assert_eq!(refused.status, 422);
    assert!(refused.detail.contains("401 is 1 too much"), "{}", refused.detail);
    assert_eq!(refused.numbers["free"], "400");
    office.allot(&office.sales, "400", 3).await.unwrap();
    // What a department has may be changed within its own part.
    office.allot(&office.design, "500", 4).await.unwrap();
    let page = departments::page(&office.backend, &office.organisation).await.unwrap();
    assert_eq!((page.allotted, page.unallocated), (amount_of("900"), amount_of("100")));
    // Credits added to the year widen it.
    office.grant(Source::Purchased, "50").await;
    office.allot(&office.design, "650", 5).await.unwrap();
}

async fn two_nodes_that_allot_in_the_same_instant_never_exceed_it_together(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let other = node(office.test.another_node().await, office.backend.clock.clone());
    let mut running = tokio::task::JoinSet::new();
    for number in 0..8 {
        let backend = if number % 2 == 0 { office.backend.clone() } else { other.clone() };
        let (organisation, caller) = (office.organisation.clone(), office.superadmin.clone());
        let name = format!("Team {number}");
        let id = a_department(&backend, &organisation.id, &format!("dep_{number}"), &name).await;
        running.spawn(async move {
            let (limit, key) = (amount_of("400"), form_key(number));
            departments::set_allotment(&backend, &organisation, &caller, &id, limit, &key).await
        });
    }
    let (passed, refused): (Vec<_>, Vec<_>) =
        running.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((passed.len(), refused.len()), (2, 6));
    refused.into_iter().for_each(|answer| assert_eq!(problem(answer).numbers["free"], "200"));
    let page = departments::page(&office.backend, &office.organisation).await.unwrap();
    assert_eq!(page.allotted, amount_of("800"));
}

async fn a_form_sent_twice_changes_nothing_twice(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.allot(&office.design, "10", 1).await.unwrap();
    office.allot(&office.design, "10", 1).await.unwrap();
    let again = office.allot(&office.design, "20", 1).await;
    assert!(matches!(again, Err(DepartmentError::Submit(SubmitError::KeyConflict))), "{again:?}");
    let page = departments::page(&office.backend, &office.organisation).await.unwrap();
    assert_eq!((page.changes.len(), page.allotted), (1, amount_of("10")));
}

async fn changes_are_listed_with_who_made_them_and_from_what_to_what(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.allot(&office.design, "10", 1).await.unwrap();
    office.allot(&office.design, "15", 2).await.unwrap();
    let (organisation, key) = (&office.organisation, form_key(3));
    departments::remove_allotment(
        &office.backend,
        organisation,
        &office.superadmin,
        &office.design,
        &key,
    )
    .await
    .unwrap();
    let page = departments::page(&office.backend, organisation).await.unwrap();
    let steps: Vec<_> = page.changes.iter().map(|change| (change.from, change.to)).collect();
    let (ten, fifteen) = (Some(amount_of("10")), Some(amount_of("15")));
    assert_eq!(steps, [(fifteen, None), (ten, fifteen), (None, ten)]);
    assert!(page.changes.iter().all(|change| change.user == "sue"));
    assert!(page.changes.iter().all(|change| change.department == "Design"));
    assert_eq!(page.allotted, Credits::ZERO);
}

async fn a_department_is_made_renamed_and_archived_only_without_members(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let (backend, organisation) = (&office.backend, &office.organisation);
    for _ in 0..2 {
        departments::create(backend, &organisation.id, "Research", &form_key(7)).await.unwrap();
    }
    let page = departments::page(backend, organisation).await.unwrap();
    let names: Vec<&str> = page.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["Design", "Research", "Sales"]);
    let taken = departments::create(backend, &organisation.id, "design", &form_key(8)).await;
    assert_eq!(problem(taken).detail, "There is a department design already.");
    departments::rename(backend, &organisation.id, &office.sales, "Trade").await.unwrap();
    let full = office.archive(&office.design, 9).await;
    assert_eq!(problem(full).detail, "Design still has 2 members.");
    office.allot(&office.sales, "10", 10).await.unwrap();
    office.archive(&office.sales, 11).await.unwrap();
    let page = departments::page(backend, organisation).await.unwrap();
    let names: Vec<&str> = page.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(
        (names.as_slice(), page.allotted),
        (["Design", "Research"].as_slice(), Credits::ZERO)
    );
}

async fn another_organisations_department_is_not_there(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let theirs =
        a_department(&office.backend, &office.other_organisation, "dep_theirs", "Theirs").await;
    assert_eq!(problem(office.allot(&theirs, "1", 1).await).status, 404);
    let renamed =
        departments::rename(&office.backend, &office.organisation.id, &theirs, "Ours").await;
    assert_eq!(problem(renamed).status, 404);
}
