//! Organisations, departments, people and settings come back as they went in.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::store::department::{self, Archived, Department};
use scrip::backend::store::membership::{self, Membership};
use scrip::backend::store::organisation::{self, Organisation};
use scrip::backend::store::roster::{self, Changed};
use scrip::backend::store::user::{self, User};
use scrip::backend::store::{Db, StoreError, setting};
use scrip::ledger::{DepartmentId, OrganisationId, Timestamp, UserId};
use scrip::model::permission::Role;

on_both_databases!(
    an_organisation_comes_back_as_it_went_in,
    an_id_that_is_taken_is_a_conflict,
    two_departments_in_use_never_differ_by_case_alone,
    an_archived_department_leaves_its_name_free,
    an_email_is_one_account_however_it_is_capitalised,
    a_membership_ends_and_begins_again,
    of_several_nodes_the_first_sets_a_secret,
    a_row_that_does_not_parse_is_corrupt_and_not_missing,
);

fn organisation_id() -> OrganisationId {
    OrganisationId::parse("org_1").unwrap()
}

fn an_organisation() -> Organisation {
    Organisation {
        id: organisation_id(),
        name: "Grüne Wiese".into(),
        currency: "EUR".into(),
        time_zone: "Europe/Berlin".into(),
        catalogue: "ad-compliance".into(),
        created_at: Timestamp(1_700_000_000_000_001),
    }
}

fn a_department(id: &str, name: &str) -> Department {
    Department {
        organisation: organisation_id(),
        id: DepartmentId::parse(id).unwrap(),
        name: name.into(),
        created_at: Timestamp(1),
        archived_at: None,
    }
}

fn a_user(id: &str, email: &str) -> User {
    User {
        id: UserId::parse(id).unwrap(),
        email: email.into(),
        name: "Ada".into(),
        password_hash: "$argon2id$…".into(),
        staff: false,
        created_at: Timestamp(2),
    }
}

async fn an_organisation_comes_back_as_it_went_in(test: TestDatabase) {
    let mut kept = an_organisation();
    organisation::insert(&test.db, &kept).await.unwrap();
    assert_eq!(organisation::find(&test.db, &kept.id).await.unwrap(), Some(kept.clone()));
    kept.name = "O'Brien; drop table organisation --".into();
    organisation::update(&test.db, &kept).await.unwrap();
    assert_eq!(organisation::list(&test.db).await.unwrap(), [kept]);
    let other = OrganisationId::parse("org_2").unwrap();
    assert_eq!(organisation::find(&test.db, &other).await.unwrap(), None);
}

async fn an_id_that_is_taken_is_a_conflict(test: TestDatabase) {
    organisation::insert(&test.db, &an_organisation()).await.unwrap();
    let again = organisation::insert(&test.db, &an_organisation()).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
}

async fn two_departments_in_use_never_differ_by_case_alone(test: TestDatabase) {
    department::insert(&test.db, &a_department("dep_1", "Märkte")).await.unwrap();
    let same = department::insert(&test.db, &a_department("dep_2", "MÄRKTE ")).await;
    assert!(matches!(same, Err(StoreError::Conflict { .. })), "{same:?}");
    department::insert(&test.db, &a_department("dep_2", "Legal")).await.unwrap();
    let id = DepartmentId::parse("dep_2").unwrap();
    let renamed = department::rename(&test.db, &organisation_id(), &id, "märkte").await;
    assert!(matches!(renamed, Err(StoreError::Conflict { .. })), "{renamed:?}");
}

async fn an_archived_department_leaves_its_name_free(test: TestDatabase) {
    let first = a_department("dep_1", "Legal");
    department::insert(&test.db, &first).await.unwrap();
    let at = Timestamp(9);
    for expected in [Archived::Done, Archived::NotInUse] {
        let archived = department::archive(&test.db, &organisation_id(), &first.id, at).await;
        assert_eq!(archived.unwrap(), expected);
    }
    department::insert(&test.db, &a_department("dep_2", "Legal")).await.unwrap();
    let listed = department::list(&test.db, &organisation_id()).await.unwrap();
    let archived: Vec<_> = listed.iter().map(|department| department.archived_at).collect();
    assert_eq!(archived, [Some(at), None]);
}

async fn an_email_is_one_account_however_it_is_capitalised(test: TestDatabase) {
    user::insert(&test.db, &a_user("usr_1", "Ada@Example.com")).await.unwrap();
    let again = user::insert(&test.db, &a_user("usr_2", "ADA@example.COM")).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    let found = user::find_by_email(&test.db, " aDa@example.com").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.email.as_str()), ("usr_1", "ada@example.com"));
    assert_eq!(user::count(&test.db).await.unwrap(), 1);
    assert!(user::set_password(&test.db, &found.id, "other").await.unwrap());
    assert!(user::set_name(&test.db, &found.id, "Ada L.").await.unwrap());
    let changed = user::find(&test.db, &found.id).await.unwrap().unwrap();
    assert_eq!((changed.password_hash.as_str(), changed.name.as_str()), ("other", "Ada L."));
}

async fn a_membership_ends_and_begins_again(test: TestDatabase) {
    let ada = a_user("usr_1", "ada@example.com");
    user::insert(&test.db, &ada).await.unwrap();
    let joined = Membership {
        organisation: organisation_id(),
        user: ada.id.clone(),
        role: Role::Member,
        department: None,
        created_at: Timestamp(5),
        ended_at: None,
    };
    membership::upsert(&test.db, &joined).await.unwrap();
    let current = membership::of_user(&test.db, &ada.id).await.unwrap();
    assert_eq!(current, std::slice::from_ref(&joined));

    let ended = roster::end(&test.db, &organisation_id(), &ada.id, Timestamp(8)).await;
    assert_eq!(ended.unwrap(), Changed::Done);
    assert!(membership::of_user(&test.db, &ada.id).await.unwrap().is_empty());
    let members = membership::members(&test.db, &organisation_id()).await.unwrap();
    assert_eq!(members[0].membership.ended_at, Some(Timestamp(8)));
    assert_eq!(members[0].email, "ada@example.com");

    membership::upsert(&test.db, &joined).await.unwrap();
    let found = membership::find(&test.db, &organisation_id(), &ada.id).await.unwrap();
    assert_eq!(found, Some(joined));
}

async fn of_several_nodes_the_first_sets_a_secret(test: TestDatabase) {
    let other = test.another_node().await;
    let first = setting::find_or_insert(&test.db, "session_key", "one").await.unwrap();
    let second = setting::find_or_insert(&other, "session_key", "two").await.unwrap();
    assert_eq!((first.as_str(), second.as_str()), ("one", "one"));
    setting::set(&other, "session_key", "three").await.unwrap();
    assert_eq!(setting::find(&test.db, "session_key").await.unwrap().as_deref(), Some("three"));
    setting::delete(&test.db, "session_key").await.unwrap();
    assert_eq!(setting::find(&other, "session_key").await.unwrap(), None);
}

async fn a_row_that_does_not_parse_is_corrupt_and_not_missing(test: TestDatabase) {
    organisation::insert(&test.db, &an_organisation()).await.unwrap();
    run(&test.db, "update organisation set id = 'somebody'").await;
    let found = organisation::list(&test.db).await;
    assert!(matches!(found, Err(StoreError::Corrupt { table: "organisation", .. })), "{found:?}");
}

/// Runs a statement that the program itself would never run.
async fn run(db: &Db, statement: &'static str) {
    scrip::on!(db, write pool => sqlx::query(statement).execute(pool).await.map(|_| ())).unwrap();
}
