//! Invitations: one link, one person, one week.

use super::{ADDRESS, Office, PASSWORD};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::access::{AccessError, Caller, INVITATION_LIFETIME, NewInvitation, Token};
use scrip::backend::store::department::{self, Department};
use scrip::ledger::DepartmentId;
use scrip::model::Problem;
use scrip::model::permission::Role;

on_both_databases!(
    a_new_person_accepts_chooses_a_password_and_is_in,
    a_link_works_once_even_for_two_at_the_same_time,
    a_weak_password_leaves_the_link_working,
    a_link_ends_with_its_week_and_a_new_one_replaces_it,
    a_revoked_link_and_the_one_before_a_second_invitation_stop_working,
    an_admin_invites_members_only_and_cannot_renew_a_superadmins_link,
    a_member_invites_nobody_and_sees_no_invitations,
    invitations_of_another_organisation_are_not_found,
    someone_with_an_account_joins_as_themselves_and_nobody_else_does,
    someone_who_left_comes_back_with_their_old_password,
    an_invitation_into_a_department_that_is_archived_joins_no_department,
    a_member_is_not_invited_again_and_no_invitation_lowers_a_superadmin,
);

async fn a_new_person_accepts_chooses_a_password_and_is_in(database: TestDatabase) {
    let office = Office::open(&database).await;
    let token = invite(&office, "mina@northwind.test", Role::Member).await;
    let offer = office.access.offer(&token, office.now()).await.unwrap();
    assert_eq!((offer.organisation_name.as_str(), offer.has_account), ("Northwind", false));
    let caller = accept(&office, &token, PASSWORD).await.unwrap();
    assert_eq!(caller.email, "mina@northwind.test");
    assert_eq!((caller.organisation, caller.role), (office.organisation.clone(), Role::Member));
    assert!(office.access.invitations(&sue(&office).await).await.unwrap().is_empty());
}

async fn a_link_works_once_even_for_two_at_the_same_time(database: TestDatabase) {
    let office = Office::open(&database).await;
    let token = invite(&office, "mina@northwind.test", Role::Member).await;
    let (one, other) =
        tokio::join!(accept(&office, &token, PASSWORD), accept(&office, &token, PASSWORD));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1);
    let late = accept(&office, &token, PASSWORD).await.unwrap_err();
    assert!(late.status == 404, "{late:?}");
}

async fn a_weak_password_leaves_the_link_working(database: TestDatabase) {
    let office = Office::open(&database).await;
    let token = invite(&office, "mina@northwind.test", Role::Member).await;
    let weak = accept(&office, &token, "password1").await.unwrap_err();
    assert!(weak.message_for("password").is_some());
    accept(&office, &token, PASSWORD).await.unwrap();
}

async fn a_link_ends_with_its_week_and_a_new_one_replaces_it(database: TestDatabase) {
    let office = Office::open(&database).await;
    let old = invite(&office, "mina@northwind.test", Role::Member).await;
    office.clock.advance(INVITATION_LIFETIME);
    assert_eq!(accept(&office, &old, PASSWORD).await.unwrap_err().status, 404);
    let sue = sue(&office).await;
    let waiting = office.access.invitations(&sue).await.unwrap();
    let issued = office.access.resend_invitation(&sue, &waiting[0].id, office.now()).await.unwrap();
    assert_eq!(accept(&office, &old, PASSWORD).await.unwrap_err().status, 404);
    accept(&office, &issued.token, PASSWORD).await.unwrap();
}

async fn a_revoked_link_and_the_one_before_a_second_invitation_stop_working(
    database: TestDatabase,
) {
    let office = Office::open(&database).await;
    let first = invite(&office, "mina@northwind.test", Role::Member).await;
    let second = invite(&office, "mina@northwind.test", Role::Member).await;
    assert_eq!(accept(&office, &first, PASSWORD).await.unwrap_err().status, 404);
    let sue = sue(&office).await;
    let waiting = office.access.invitations(&sue).await.unwrap();
    assert_eq!(waiting.len(), 1);
    office.access.revoke_invitation(&sue, &waiting[0].id, office.now()).await.unwrap();
    assert_eq!(accept(&office, &second, PASSWORD).await.unwrap_err().status, 404);
}

async fn an_admin_invites_members_only_and_cannot_renew_a_superadmins_link(database: TestDatabase) {
    let office = Office::open(&database).await;
    office.member("ada", Role::Admin).await;
    let ada = office.caller("ada@northwind.test").await;
    for role in [Role::Admin, Role::Superadmin] {
        assert_eq!(try_invite(&office, &ada, "x@northwind.test", role).await, 403);
    }
    assert_eq!(try_invite(&office, &ada, "x@northwind.test", Role::Member).await, 200);
    invite(&office, "boss@northwind.test", Role::Superadmin).await;
    let waiting = office.access.invitations(&ada).await.unwrap();
    let boss = waiting.iter().find(|one| one.role == Role::Superadmin).unwrap();
    let renewed = office.access.resend_invitation(&ada, &boss.id, office.now()).await;
    assert_eq!(Problem::from(renewed.unwrap_err()).status, 403);
}

async fn a_member_invites_nobody_and_sees_no_invitations(database: TestDatabase) {
    let office = Office::open(&database).await;
    office.member("mina", Role::Member).await;
    let mina = office.caller("mina@northwind.test").await;
    assert_eq!(try_invite(&office, &mina, "x@northwind.test", Role::Member).await, 403);
    let list = office.access.invitations(&mina).await;
    assert_eq!(Problem::from(list.unwrap_err()).status, 403);
}

async fn invitations_of_another_organisation_are_not_found(database: TestDatabase) {
    let office = Office::open(&database).await;
    invite(&office, "mina@northwind.test", Role::Member).await;
    let sue = sue(&office).await;
    let id = office.access.invitations(&sue).await.unwrap()[0].id.clone();
    let otto = office.caller("otto@southwind.test").await;
    assert!(office.access.invitations(&otto).await.unwrap().is_empty());
    let revoked = office.access.revoke_invitation(&otto, &id, office.now()).await;
    assert_eq!(Problem::from(revoked.unwrap_err()).status, 404);
    let renewed = office.access.resend_invitation(&otto, &id, office.now()).await;
    assert_eq!(Problem::from(renewed.unwrap_err()).status, 404);
}

async fn someone_with_an_account_joins_as_themselves_and_nobody_else_does(database: TestDatabase) {
    let office = Office::open(&database).await;
    let token = invite(&office, "otto@southwind.test", Role::Admin).await;
    let as_new = accept(&office, &token, PASSWORD).await.unwrap_err();
    assert_eq!(as_new.code, "email_taken");
    let (session, sue) = office.sign_in("sue@northwind.test").await;
    let stranger = office.access.accept_as_caller(&session, &token, &sue, office.now()).await;
    assert_eq!(Problem::from(stranger.unwrap_err()).code, "other_address");
    let (session, otto) = office.sign_in("otto@southwind.test").await;
    office.access.accept_as_caller(&session, &token, &otto, office.now()).await.unwrap();
    let joined = office.access.resolve(&office.same_cookie(&session)).await.unwrap().unwrap();
    assert_eq!((joined.organisation, joined.role), (office.organisation.clone(), Role::Admin));
}

async fn someone_who_left_comes_back_with_their_old_password(database: TestDatabase) {
    let office = Office::open(&database).await;
    let mina = office.member("mina", Role::Admin).await;
    let sue = sue(&office).await;
    office.access.end_membership(&sue, &mina, office.now()).await.unwrap();
    let token = invite(&office, "mina@northwind.test", Role::Member).await;
    let session = office.fresh_session();
    let wrong =
        office.access.accept_with_password(&session, &token, "guess", ADDRESS, office.now());
    assert_eq!(Problem::from(wrong.await.unwrap_err()).status, 422);
    office
        .access
        .accept_with_password(&session, &token, PASSWORD, ADDRESS, office.now())
        .await
        .unwrap();
    assert_eq!(office.caller("mina@northwind.test").await.role, Role::Member);
}

async fn an_invitation_into_a_department_that_is_archived_joins_no_department(
    database: TestDatabase,
) {
    let office = Office::open(&database).await;
    let mut departments = Vec::new();
    for name in ["Design", "Sales"] {
        let id = DepartmentId::parse(&format!("dep_{name}")).unwrap();
        let new = Department {
            organisation: office.organisation.clone(),
            id: id.clone(),
            name: name.into(),
            created_at: office.now(),
            archived_at: None,
        };
        department::insert(&office.db, &new).await.unwrap();
        departments.push(id);
    }
    let sue = sue(&office).await;
    for (name, id) in ["mina", "mona"].iter().zip(&departments) {
        let new = NewInvitation {
            email: format!("{name}@northwind.test"),
            role: Role::Member,
            department: Some(id.clone()),
        };
        let issued = office.access.invite(&sue, &new, office.now()).await.unwrap();
        if id == &departments[0] {
            let archived =
                department::archive(&office.db, &office.organisation, id, office.now()).await;
            assert_eq!(archived.unwrap(), department::Archived::Done);
        }
        let joined = accept(&office, &issued.token, PASSWORD).await.unwrap();
        let expected = (id == &departments[1]).then(|| id.clone());
        assert_eq!(joined.department, expected, "{name}");
    }
}

async fn a_member_is_not_invited_again_and_no_invitation_lowers_a_superadmin(
    database: TestDatabase,
) {
    let office = Office::open(&database).await;
    let caller = sue(&office).await;
    assert_eq!(try_invite(&office, &caller, "SUE@northwind.test", Role::Member).await, 409);
    assert_eq!(try_invite(&office, &caller, "no address", Role::Member).await, 422);
}

async fn sue(office: &Office) -> Caller {
    office.caller("sue@northwind.test").await
}

async fn invite(office: &Office, email: &str, role: Role) -> Token {
    let new = NewInvitation { email: email.into(), role, department: None };
    let issued = office.access.invite(&sue(office).await, &new, office.now()).await.unwrap();
    issued.token
}

async fn try_invite(office: &Office, caller: &Caller, email: &str, role: Role) -> u16 {
    let new = NewInvitation { email: email.into(), role, department: None };
    let issued: Result<_, AccessError> = office.access.invite(caller, &new, office.now()).await;
    issued.map_or_else(|error| Problem::from(error).status, |_| 200)
}

async fn accept(office: &Office, token: &Token, password: &str) -> Result<Caller, Problem> {
    let session = office.fresh_session();
    let accepted =
        office.access.accept_as_new(&session, token, "Mina", password, office.now()).await;
    accepted.map_err(Problem::from)
}
