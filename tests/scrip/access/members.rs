//! Who may change whom, and the one superadmin who cannot go.

use super::{Office, START};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::access::{AccessError, NewInvitation, who_may};
use scrip::backend::store::department::{self, Archived, Department};
use scrip::ledger::{DepartmentId, OrganisationId, Timestamp};
use scrip::model::Problem;
use scrip::model::permission::{Action, Role};

on_both_databases!(
    the_last_superadmin_can_neither_be_demoted_nor_removed,
    two_superadmins_who_demote_each_other_at_once_leave_one,
    only_a_superadmin_changes_roles_departments_and_memberships,
    people_and_departments_of_another_organisation_are_not_found,
    a_member_moves_to_a_department_in_use_and_the_caller_knows_its_name,
    whom_to_ask_are_the_people_of_ones_own_organisation,
    the_members_page_shows_who_is_in_who_is_asked_and_what_the_viewer_may_give,
);

async fn the_last_superadmin_can_neither_be_demoted_nor_removed(database: TestDatabase) {
    let office = Office::open(&database).await;
    let sue = office.caller("sue@northwind.test").await;
    let demoted = office.access.change_role(&sue, &sue.user, Role::Admin).await;
    assert_eq!(status(demoted), 409);
    let removed = office.access.end_membership(&sue, &sue.user, office.now()).await;
    assert_eq!(status(removed), 409);
    let second = office.member("sam", Role::Superadmin).await;
    office.access.change_role(&sue, &sue.user, Role::Admin).await.unwrap();
    let sam = office.caller("sam@northwind.test").await;
    assert_eq!(status(office.access.end_membership(&sam, &second, office.now()).await), 409);
}

async fn two_superadmins_who_demote_each_other_at_once_leave_one(database: TestDatabase) {
    let office = Office::open(&database).await;
    office.member("sam", Role::Superadmin).await;
    let sue = office.caller("sue@northwind.test").await;
    let sam = office.caller("sam@northwind.test").await;
    let (one, other) = tokio::join!(
        office.access.change_role(&sue, &sam.user, Role::Member),
        office.access.change_role(&sam, &sue.user, Role::Member),
    );
    let done = [one.is_ok(), other.is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    let left = who_may(&office.db, &office.organisation, Action::ChangeRoles).await.unwrap();
    assert_eq!(left.len(), 1);
}

async fn only_a_superadmin_changes_roles_departments_and_memberships(database: TestDatabase) {
    let office = Office::open(&database).await;
    let mina = office.member("mina", Role::Member).await;
    office.member("ada", Role::Admin).await;
    for email in ["ada@northwind.test", "mina@northwind.test"] {
        let caller = office.caller(email).await;
        let access = &office.access;
        assert_eq!(status(access.change_role(&caller, &mina, Role::Superadmin).await), 403);
        assert_eq!(status(access.change_department(&caller, &mina, None).await), 403);
        assert_eq!(status(access.end_membership(&caller, &mina, office.now()).await), 403);
    }
}

async fn people_and_departments_of_another_organisation_are_not_found(database: TestDatabase) {
    let office = Office::open(&database).await;
    let sue = office.caller("sue@northwind.test").await;
    let otto = office.caller("otto@southwind.test").await;
    assert_eq!(status(office.access.change_role(&sue, &otto.user, Role::Member).await), 404);
    assert_eq!(status(office.access.end_membership(&sue, &otto.user, office.now()).await), 404);
    let theirs = department(&office, &office.other_organisation, "dep_theirs").await;
    let moved = office.access.change_department(&sue, &sue.user, Some(&theirs)).await;
    assert_eq!(status(moved), 404);
}

async fn a_member_moves_to_a_department_in_use_and_the_caller_knows_its_name(
    database: TestDatabase,
) {
    let office = Office::open(&database).await;
    let sue = office.caller("sue@northwind.test").await;
    let own = department(&office, &office.organisation, "dep_own").await;
    office.access.change_department(&sue, &sue.user, Some(&own)).await.unwrap();
    let sue = office.caller("sue@northwind.test").await;
    assert_eq!(sue.department_name.as_deref(), Some("Design"));
    let archive = || department::archive(&office.db, &office.organisation, &own, office.now());
    assert_eq!(archive().await.unwrap(), Archived::HasMembers(1), "nobody is left behind in it");
    office.access.change_department(&sue, &sue.user, None).await.unwrap();
    assert_eq!(archive().await.unwrap(), Archived::Done);
    let archived = office.access.change_department(&sue, &sue.user, Some(&own)).await;
    assert_eq!(status(archived), 404);
    assert_eq!(office.caller("sue@northwind.test").await.department, None);
}

async fn whom_to_ask_are_the_people_of_ones_own_organisation(database: TestDatabase) {
    let office = Office::open(&database).await;
    office.member("ada", Role::Admin).await;
    office.member("mina", Role::Member).await;
    let people = who_may(&office.db, &office.organisation, Action::BuyCredits).await.unwrap();
    let names: Vec<_> = people.into_iter().map(|person| person.name).collect();
    assert_eq!(names, ["ada", "sue"]);
}

async fn the_members_page_shows_who_is_in_who_is_asked_and_what_the_viewer_may_give(
    database: TestDatabase,
) {
    let office = Office::open(&database).await;
    office.member("ada", Role::Admin).await;
    let gone = office.member("mina", Role::Member).await;
    let sue = office.caller("sue@northwind.test").await;
    office.access.end_membership(&sue, &gone, office.now()).await.unwrap();
    let new = NewInvitation {
        email: "boss@northwind.test".into(),
        role: Role::Superadmin,
        department: None,
    };
    office.access.invite(&sue, &new, office.now()).await.unwrap();
    let ada = office.caller("ada@northwind.test").await;
    let page = office.access.members_view(&ada, office.now()).await.unwrap();
    let names: Vec<_> = page.members.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["sue", "ada"]);
    assert!(page.members[0].is_last_superadmin && page.members[1].is_viewer);
    assert!(page.members.iter().all(|line| line.last_active.is_some()));
    assert!(!page.invitations[0].may_renew, "an admin does not renew a superadmin's link");
    assert_eq!(page.grantable, [Role::Member]);
    assert_eq!(page.month, "September 2026");
}

async fn department(office: &Office, organisation: &OrganisationId, id: &str) -> DepartmentId {
    let id = DepartmentId::parse(id).unwrap();
    let row = Department {
        organisation: organisation.clone(),
        id: id.clone(),
        name: "Design".into(),
        created_at: Timestamp(START),
        archived_at: None,
    };
    department::insert(&office.db, &row).await.unwrap();
    id
}

fn status<T>(result: Result<T, AccessError>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(error) => Problem::from(error).status,
    }
}
