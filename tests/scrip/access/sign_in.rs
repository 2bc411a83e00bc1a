//! Signing in: right, wrong, too often, in the demo; and the first run.

use super::{ADDRESS, Office, PASSWORD, START, fresh_session, new_user, northwind};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::backend::access::{
    Access, AccessError, ClientAddress, NewOrganisation, Token, throttle,
};
use scrip::backend::clock::Clock;
use scrip::ledger::Timestamp;
use scrip::model::Problem;
use scrip::model::permission::Role;

on_both_databases!(
    the_right_password_signs_in_whatever_the_case_of_the_address,
    a_wrong_password_and_an_unknown_address_get_the_same_answer,
    an_account_under_attack_must_wait_and_the_wait_ends,
    an_unknown_address_is_slowed_down_like_a_known_one,
    signing_in_rightly_forgives_the_tries_before,
    one_address_that_tries_many_accounts_must_wait,
    parallel_guesses_get_no_more_tries_than_patient_ones,
    a_person_whose_membership_ended_everywhere_is_told_so,
    one_click_sign_in_is_for_the_demos_people_where_the_demo_is_on,
    the_first_run_makes_one_owner_with_the_token_from_the_log,
    the_set_up_link_is_over_once_anyone_has_an_account,
    a_new_password_ends_every_session_and_opens_the_door_alone,
    an_address_has_one_account,
);

async fn the_right_password_signs_in_whatever_the_case_of_the_address(database: TestDatabase) {
    let office = Office::open(&database).await;
    let session = office.fresh_session();
    let caller = office
        .access
        .sign_in(&session, " Sue@NorthWind.test", PASSWORD, ADDRESS, office.now())
        .await
        .unwrap();
    assert_eq!(caller.organisation, office.organisation);
    let resolved = office.access.resolve(&office.same_cookie(&session)).await.unwrap();
    assert_eq!(resolved, Some(caller));
}

async fn a_wrong_password_and_an_unknown_address_get_the_same_answer(database: TestDatabase) {
    let office = Office::open(&database).await;
    let wrong = attempt(&office, "sue@northwind.test", "not it", ADDRESS).await.unwrap_err();
    let unknown = attempt(&office, "nobody@northwind.test", PASSWORD, ADDRESS).await.unwrap_err();
    assert_eq!(wrong, unknown);
    assert_eq!((wrong.status, wrong.code.as_str()), (422, "sign_in_failed"));
}

async fn an_account_under_attack_must_wait_and_the_wait_ends(database: TestDatabase) {
    let office = Office::open(&database).await;
    for _ in 0..throttle::ACCOUNT_FAILURES {
        let problem = attempt(&office, "sue@northwind.test", "guess", ADDRESS).await.unwrap_err();
        assert_eq!(problem.status, 422);
    }
    let elsewhere = ClientAddress("192.0.2.1".parse().unwrap());
    let refused = attempt(&office, "sue@northwind.test", PASSWORD, elsewhere).await.unwrap_err();
    assert_eq!(refused.status, 429);
    let wait = i64::try_from(refused.retry_after.unwrap()).unwrap();
    office.clock.advance(wait * 1_000_000);
    attempt(&office, "sue@northwind.test", PASSWORD, elsewhere).await.unwrap();
}

async fn an_unknown_address_is_slowed_down_like_a_known_one(database: TestDatabase) {
    let office = Office::open(&database).await;
    for _ in 0..throttle::ACCOUNT_FAILURES {
        attempt(&office, "nobody@northwind.test", "guess", ADDRESS).await.unwrap_err();
    }
    let refused = attempt(&office, "nobody@northwind.test", "guess", ADDRESS).await.unwrap_err();
    assert_eq!(refused.status, 429);
}

async fn signing_in_rightly_forgives_the_tries_before(database: TestDatabase) {
    let office = Office::open(&database).await;
    for _ in 0..3 {
        for _ in 1..throttle::ACCOUNT_FAILURES {
            attempt(&office, "sue@northwind.test", "guess", ADDRESS).await.unwrap_err();
        }
        attempt(&office, "sue@northwind.test", PASSWORD, ADDRESS).await.unwrap();
    }
}

async fn one_address_that_tries_many_accounts_must_wait(database: TestDatabase) {
    let office = Office::open(&database).await;
    for number in 0..throttle::ADDRESS_FAILURES {
        let email = format!("guess{number}@northwind.test");
        throttle::begin(&office.db, &email, ADDRESS.0, office.now()).await.unwrap();
    }
    let refused = attempt(&office, "sue@northwind.test", PASSWORD, ADDRESS).await.unwrap_err();
    assert_eq!(refused.status, 429);
    let elsewhere = ClientAddress("192.0.2.1".parse().unwrap());
    attempt(&office, "sue@northwind.test", PASSWORD, elsewhere).await.unwrap();
}

async fn parallel_guesses_get_no_more_tries_than_patient_ones(database: TestDatabase) {
    let office = Office::open(&database).await;
    let guesses = (0..3 * throttle::ACCOUNT_FAILURES).map(|_| {
        let (db, now) = (office.db.clone(), office.now());
        tokio::spawn(async move {
            throttle::begin(&db, "sue@northwind.test", ADDRESS.0, now).await.is_ok()
        })
    });
    let mut passed = 0;
    for guess in guesses.collect::<Vec<_>>() {
        passed += i64::from(guess.await.unwrap());
    }
    assert_eq!(passed, throttle::ACCOUNT_FAILURES);
}

async fn a_person_whose_membership_ended_everywhere_is_told_so(database: TestDatabase) {
    let office = Office::open(&database).await;
    let user = office.member("mina", Role::Member).await;
    let sue = office.caller("sue@northwind.test").await;
    office.access.end_membership(&sue, &user, office.now()).await.unwrap();
    let problem = attempt(&office, "mina@northwind.test", PASSWORD, ADDRESS).await.unwrap_err();
    assert_eq!(problem.status, 403);
}

async fn one_click_sign_in_is_for_the_demos_people_where_the_demo_is_on(database: TestDatabase) {
    let office = Office::open(&database).await;
    let mut admin = new_user("admin");
    admin.email = "admin@example.com".into();
    let (user, _) =
        office.access.found_organisation(&admin, &northwind("Demo"), office.now()).await.unwrap();
    let session = office.fresh_session();
    let caller = office.access.sign_in_to_demo(&session, "admin@example.com").await.unwrap();
    assert_eq!(caller.user, user);
    let other = office.access.sign_in_to_demo(&session, "sue@northwind.test").await;
    assert_eq!(problem_of(other).status, 404);
    let without_demo = Access::new(office.db.clone(), false);
    let off = without_demo.sign_in_to_demo(&session, "admin@example.com").await;
    assert_eq!(problem_of(off).status, 404);
}

async fn the_first_run_makes_one_owner_with_the_token_from_the_log(database: TestDatabase) {
    let db = &database.db;
    let access = Access::new(db.clone(), false);
    let token = access.prepare_setup().await.unwrap().expect("nobody has an account");
    assert!(access.setup_is_open(&token).await.unwrap());
    let guessed = Token::received("guessed");
    assert!(!access.setup_is_open(&guessed).await.unwrap());
    let clock = Clock::manual(START);
    let session = fresh_session(db, &clock);
    let terms = northwind("Northwind");
    let now = Timestamp(START);
    let mut owner = new_user("sue");
    let refused = access.complete_setup(&session, &guessed, &owner, &terms, now).await;
    assert_eq!(problem_of(refused).status, 404);
    let nowhere = NewOrganisation { time_zone: "Mars/Olympus".into(), ..northwind("Northwind") };
    let lost = access.complete_setup(&session, &token, &owner, &nowhere, now).await;
    assert!(problem_of(lost).message_for("time_zone").is_some());
    owner.password = "short".into();
    let weak = access.complete_setup(&session, &token, &owner, &terms, now).await;
    assert!(problem_of(weak).message_for("password").is_some());
    owner.password = PASSWORD.into();
    let caller = access.complete_setup(&session, &token, &owner, &terms, now).await.unwrap();
    assert!(caller.staff, "whoever sets the installation up runs it");
    assert_eq!(caller.role, Role::Superadmin);
    let mut second = new_user("eve");
    second.email = "eve@northwind.test".into();
    let again = access.complete_setup(&session, &token, &second, &terms, now).await;
    assert_eq!(problem_of(again).status, 404);
    assert!(access.prepare_setup().await.unwrap().is_none());
}

async fn the_set_up_link_is_over_once_anyone_has_an_account(database: TestDatabase) {
    let access = Access::new(database.db.clone(), false);
    let token = access.prepare_setup().await.unwrap().expect("nobody has an account");
    let (terms, now) = (northwind("Northwind"), Timestamp(START));
    // What `scrip user create` does while the server runs.
    access.found_organisation(&new_user("sue"), &terms, now).await.unwrap();
    assert!(!access.setup_is_open(&token).await.unwrap());
    let session = fresh_session(&database.db, &Clock::manual(START));
    let late = access.complete_setup(&session, &token, &new_user("eve"), &terms, now).await;
    assert_eq!(problem_of(late).status, 404);
}

async fn a_new_password_ends_every_session_and_opens_the_door_alone(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (session, _) = office.sign_in("sue@northwind.test").await;
    office.access.set_password("sue@northwind.test", "another lamp, green").await.unwrap();
    let ended = office.access.resolve(&office.same_cookie(&session)).await.unwrap();
    assert_eq!(ended, None);
    attempt(&office, "sue@northwind.test", PASSWORD, ADDRESS).await.unwrap_err();
    attempt(&office, "sue@northwind.test", "another lamp, green", ADDRESS).await.unwrap();
    let weak = office.access.set_password("sue@northwind.test", "password1").await;
    assert_eq!(problem_of(weak).status, 422);
}

async fn an_address_has_one_account(database: TestDatabase) {
    let office = Office::open(&database).await;
    let mut again = new_user("sue");
    again.email = "SUE@northwind.test".into();
    let problem = problem_of(office.access.create_user(&again, office.now()).await);
    assert_eq!((problem.status, problem.code.as_str()), (409, "email_taken"));
}

async fn attempt(
    office: &Office,
    email: &str,
    password: &str,
    address: ClientAddress,
) -> Result<(), Problem> {
    let session = office.fresh_session();
    let answer = office.access.sign_in(&session, email, password, address, office.now()).await;
    answer.map(|_| ()).map_err(Problem::from)
}

fn problem_of<T>(result: Result<T, AccessError>) -> Problem {
    match result {
        Ok(_) => panic!("this had to be refused"),
        Err(error) => error.into(),
    }
}
