//! The list of organisations and the page of one.

use super::{available, page_of};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use scrip::backend::store::job_run::{self, JobRun};
use scrip::backend::store::organisation::{self, Organisation};
use scrip::ledger::time::{HOUR, MINUTE};
use scrip::ledger::{OrganisationId, Timestamp};

on_both_databases!(
    staff_see_what_every_organisation_has_and_find_one_by_name,
    the_list_goes_on_page_by_page_and_shows_everyone_once,
    the_page_of_an_organisation_says_what_its_own_people_see,
    the_health_page_says_which_job_fails_and_which_is_silent,
);

async fn staff_see_what_every_organisation_has_and_find_one_by_name(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    premises.subscribed_by(&admin, "form-plan").await;
    let list = staff.get("/admin").await;
    assert_eq!(list.code(), 200, "{}", list.says());
    let rows = list.texts("tbody tr");
    let northwind = rows.iter().find(|row| row.starts_with("Northwind")).expect("a row");
    let has = available(&admin).await;
    for part in [has.as_str(), "Pro", "$", "Good"] {
        assert!(northwind.contains(part), "{part} in {northwind}");
    }
    let southwind = rows.iter().find(|row| row.starts_with("Southwind")).expect("a row");
    assert!(southwind.contains("—") && southwind.contains("None"), "{southwind}");

    let found = staff.get("/admin?search=north").await.texts("tbody tr");
    assert_eq!(found.len(), 1, "{found:?}");
    let by_id = format!("/admin?search={}", premises.northwind);
    assert_eq!(staff.get(&by_id).await.texts("tbody tr").len(), 1);
    let nothing = staff.get("/admin?search=%25").await;
    assert!(nothing.texts("main").join(" ").contains("Nothing was found"));
    assert_eq!(staff.get("/admin?before=nonsense").await.code(), 404);
    assert_eq!(staff.get(&page_of(&OrganisationId::parse("org_none").unwrap())).await.code(), 404);
}

async fn the_list_goes_on_page_by_page_and_shows_everyone_once(database: TestDatabase) {
    let premises = Premises::open(database).await;
    for number in 0..110 {
        // Some were made at the very same instant.
        let made = Organisation {
            id: OrganisationId::parse(&format!("org_{number:03}")).unwrap(),
            name: format!("Number {number}"),
            currency: "USD".into(),
            time_zone: "UTC".into(),
            catalogue: "ad-compliance".into(),
            created_at: Timestamp(premises.backend.now().0 + number / 7),
        };
        organisation::insert(&premises.backend.db, &made).await.unwrap();
    }
    let staff = premises.staff().await;
    let (mut seen, mut address) = (Vec::new(), "/admin".to_owned());
    loop {
        let page = staff.get(&address).await;
        seen.extend(page.texts("tbody th"));
        match page.attributes("a[rel=next]", "href").pop() {
            Some(next) => address = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), 112, "{seen:?}");
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 112, "nobody twice");
}

async fn the_page_of_an_organisation_says_what_its_own_people_see(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.purchase_of(&admin, "form-1").await;
    premises.pay(&admin, &id).await;
    premises.report_of(&premises.member().await, "form-report").await;
    let page = staff.get(&page_of(&premises.northwind)).await;
    assert_eq!(page.texts("h1"), ["Northwind"], "{}", page.says());
    assert_eq!(page.texts("[data-testid=staff-available]")[0], available(&admin).await);
    let says = page.texts("main").join(" ");
    for part in ["Members4", "Departments1", "Europe/Vienna", "Ad analysis: Spring", "Credited"] {
        assert!(says.contains(part), "{part} in {says}");
    }
    assert!(page.links().contains(&format!("/admin/payments/{id}")));
    assert!(page.forms().iter().all(|form| !form.contains("credits")), "it is to be read only");
}

async fn the_health_page_says_which_job_fails_and_which_is_silent(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let well = staff.get("/admin/health").await;
    assert_eq!(well.code(), 200, "{}", well.says());
    assert!(well.texts("[role=status]").join(" ").contains("All is well"), "{}", well.says());
    let now = premises.backend.now();
    let job = |name: &str, ran_at, failed_at| JobRun {
        job: name.to_owned(),
        ran_at: Some(ran_at),
        worked_at: None,
        failed_at,
        problem: failed_at.map(|_| "the disk is full".to_owned()),
    };
    let runs = [
        job("expiry", now, Some(now.plus(-HOUR))),
        job("documents", now.plus(-MINUTE), Some(now)),
        job("plans", now.plus(-HOUR), None),
    ];
    job_run::note(&premises.backend.db, &runs).await.unwrap();
    let page = staff.get("/admin/health").await;
    let rows = page.texts("tbody tr");
    for (row, state) in [(0, "Fails"), (1, "Runs"), (2, "Silent")] {
        assert!(rows[row].contains(state), "{state} in {}", rows[row]);
    }
    assert!(rows[0].contains("the disk is full"), "{rows:?}");
    let told = page.texts("[role=status]").join(" ");
    assert!(told.contains("“documents”: fails") && told.contains("“plans”: silent"), "{told}");
    let says = page.texts("main").join(" ");
    for part in ["Catalogue", "ad-compliance", "test mode", "Last webhook received"] {
        assert!(says.contains(part), "{part} in {says}");
    }
}
