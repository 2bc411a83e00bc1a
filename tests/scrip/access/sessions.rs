//! What a session is worth: its cookie, its end, and what a copy of the database does not give away.

use super::{ADDRESS, Office, PASSWORD, START};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};
use scrip::backend::access::{Access, CurrentCaller, session};
use scrip::ledger::Timestamp;
use scrip::ledger::time::{HOUR, MINUTE};
use scrip::model::permission::Role;
use scrip::web::extract::{Identify, identify};
use scrip::web::security::{SecurityPolicy, secure_cookies};
use std::sync::Arc;
use tower::ServiceExt;
use tower_sessions::Session;

on_both_databases!(
    signing_in_gives_a_new_id_and_the_old_one_is_worth_nothing,
    the_table_holds_no_id_that_a_cookie_could_carry,
    a_session_in_use_lives_on_and_an_idle_one_ends,
    the_busiest_session_ends_after_its_whole_lifetime,
    a_person_can_end_their_other_sessions_and_nobody_elses,
    the_list_of_ones_own_sessions_says_which_one_is_this,
    a_request_under_way_cannot_write_an_ended_session_back,
    a_changed_role_and_an_ended_membership_count_from_the_next_request,
    with_tls_the_cookie_is_bound_to_this_host_and_leaves_at_sign_out,
    a_visitor_gets_no_cookie_and_nonsense_in_one_is_nobody,
    when_the_database_is_away_nobody_is_taken_for_a_stranger,
);

async fn signing_in_gives_a_new_id_and_the_old_one_is_worth_nothing(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (first, _) = office.sign_in("sue@northwind.test").await;
    let planted = office.same_cookie(&first);
    office
        .access
        .sign_in(&planted, "otto@southwind.test", PASSWORD, ADDRESS, office.now())
        .await
        .unwrap();
    assert_ne!(planted.id(), first.id());
    let old = office.access.resolve(&office.same_cookie(&first)).await.unwrap();
    assert_eq!(old, None);
}

async fn the_table_holds_no_id_that_a_cookie_could_carry(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (session, caller) = office.sign_in("sue@northwind.test").await;
    let rows = session::list(&office.db, &caller.user, office.now()).await.unwrap();
    let id = session.id().unwrap().to_string();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].id_hash.contains(&id) && !rows[0].data.contains(&id));
}

async fn a_session_in_use_lives_on_and_an_idle_one_ends(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (session, _) = office.sign_in("sue@northwind.test").await;
    for _ in 0..3 {
        office.clock.advance(session::IDLE_LIFETIME - MINUTE);
        assert!(is_alive(&office, &session).await);
    }
    office.clock.advance(session::IDLE_LIFETIME);
    assert!(!is_alive(&office, &session).await);
    let now = Timestamp(office.clock.now_microseconds());
    assert_eq!(session::purge(&office.db, now).await.unwrap(), 1);
}

async fn the_busiest_session_ends_after_its_whole_lifetime(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (session, _) = office.sign_in("sue@northwind.test").await;
    let steps = session::ABSOLUTE_LIFETIME / (12 * HOUR);
    for _ in 1..steps {
        office.clock.advance(12 * HOUR);
        assert!(is_alive(&office, &session).await);
    }
    office.clock.advance(12 * HOUR);
    assert!(!is_alive(&office, &session).await);
}

async fn a_person_can_end_their_other_sessions_and_nobody_elses(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (here, sue) = office.sign_in("sue@northwind.test").await;
    let (there, _) = office.sign_in("sue@northwind.test").await;
    let (otto, _) = office.sign_in("otto@southwind.test").await;
    assert_eq!(session::list(&office.db, &sue.user, office.now()).await.unwrap().len(), 2);
    assert_eq!(session::end_all(&office.db, &sue.user, Some(&here)).await.unwrap(), 1);
    assert!(is_alive(&office, &here).await);
    assert!(!is_alive(&office, &there).await);
    assert!(is_alive(&office, &otto).await);
}

async fn the_list_of_ones_own_sessions_says_which_one_is_this(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (here, sue) = office.sign_in("sue@northwind.test").await;
    office.clock.advance(MINUTE);
    office.sign_in("sue@northwind.test").await;
    let lines = office.access.sessions_view(&sue, &here, office.now()).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.is_this).collect::<Vec<_>>(), [false, true]);
}

async fn a_request_under_way_cannot_write_an_ended_session_back(database: TestDatabase) {
    let office = Office::open(&database).await;
    let (session, sue) = office.sign_in("sue@northwind.test").await;
    let under_way = office.same_cookie(&session);
    assert!(office.access.resolve(&under_way).await.unwrap().is_some());
    session::end_all(&office.db, &sue.user, None).await.unwrap();
    under_way.insert("note", "late").await.unwrap();
    under_way.save().await.unwrap();
    assert!(!is_alive(&office, &session).await);
}

async fn a_changed_role_and_an_ended_membership_count_from_the_next_request(
    database: TestDatabase,
) {
    let office = Office::open(&database).await;
    let user = office.member("ada", Role::Admin).await;
    let (session, _) = office.sign_in("ada@northwind.test").await;
    let sue = office.caller("sue@northwind.test").await;
    office.access.change_role(&sue, &user, Role::Member).await.unwrap();
    let now_a_member = office.access.resolve(&office.same_cookie(&session)).await.unwrap();
    assert_eq!(now_a_member.unwrap().role, Role::Member);
    office.access.end_membership(&sue, &user, office.now()).await.unwrap();
    assert!(!is_alive(&office, &session).await);
}

async fn with_tls_the_cookie_is_bound_to_this_host_and_leaves_at_sign_out(database: TestDatabase) {
    let office = Office::open(&database).await;
    let site = site(&office, true);
    let signed_in = ask(&site, post_to("/in", None)).await;
    let set = set_cookie(&signed_in);
    assert!(set.starts_with("__Host-scrip="), "{set}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age="] {
        assert!(set.contains(attribute), "{set} lacks {attribute}");
    }
    assert!(!set.contains("Domain"));
    let cookie = set.split(';').next().unwrap().to_owned();
    assert_eq!(body(ask(&site, get_from("/me", Some(&cookie))).await).await, "sue");
    let signed_out = ask(&site, post_to("/out", Some(&cookie))).await;
    let removal = set_cookie(&signed_out);
    assert!(removal.contains("Max-Age=0") && removal.contains("Secure"), "{removal}");
    assert_eq!(body(ask(&site, get_from("/me", Some(&cookie))).await).await, "nobody");
}

async fn a_visitor_gets_no_cookie_and_nonsense_in_one_is_nobody(database: TestDatabase) {
    let office = Office::open(&database).await;
    let site = site(&office, false);
    let visit = ask(&site, get_from("/me", None)).await;
    assert!(visit.headers().get(SET_COOKIE).is_none());
    assert_eq!(body(visit).await, "nobody");
    for nonsense in ["scrip=x", "scrip=AAAAAAAAAAAAAAAAAAAAAA", "scrip=\u{1}'--"] {
        let Ok(value) = axum::http::HeaderValue::from_str(nonsense) else { continue };
        let mut request = get_from("/me", None);
        request.headers_mut().insert(COOKIE, value);
        let answer = ask(&site, request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(body(answer).await, "nobody");
    }
}

async fn when_the_database_is_away_nobody_is_taken_for_a_stranger(database: TestDatabase) {
    let office = Office::open(&database).await;
    let site = site(&office, false);
    let signed_in = ask(&site, post_to("/in", None)).await;
    let cookie = set_cookie(&signed_in).split(';').next().unwrap().to_owned();
    office.db.close().await;
    let answer = ask(&site, get_from("/me", Some(&cookie))).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let text = body(answer).await;
    assert!(text.contains("reference") && !text.contains("pool"), "{text}");
}

async fn is_alive(office: &Office, session: &Session) -> bool {
    office.access.resolve(&office.same_cookie(session)).await.unwrap().is_some()
}

/// Three routes behind the real layers.
fn site(office: &Office, tls: bool) -> Router {
    let identity = Identify { access: office.access.clone(), proxies: Default::default() };
    let address = if tls { "https://credits.example" } else { "http://localhost" };
    let policy = Arc::new(SecurityPolicy::new(address, Vec::new()));
    let enter = |Extension(access): Extension<Access>, session: Session| async move {
        let now = Timestamp(START);
        let email = "sue@northwind.test";
        access.sign_in(&session, email, PASSWORD, ADDRESS, now).await.unwrap();
    };
    let leave = |Extension(access): Extension<Access>, session: Session| async move {
        access.sign_out(&session).await.unwrap();
    };
    let me = |Extension(caller): Extension<CurrentCaller>| async move {
        caller.0.map_or_else(|| "nobody".to_owned(), |caller| caller.name)
    };
    Router::new()
        .route("/in", post(enter))
        .route("/out", post(leave))
        .route("/me", get(me))
        .layer(Extension(office.access.clone()))
        .layer(middleware::from_fn_with_state(Arc::new(identity), identify))
        .layer(session::layer(office.db.clone(), office.clock.clone(), tls))
        .layer(middleware::from_fn_with_state(policy, secure_cookies))
}

async fn ask(site: &Router, request: Request) -> Response<Body> {
    site.clone().oneshot(request).await.unwrap()
}

fn get_from(path: &str, cookie: Option<&str>) -> Request {
    with_cookie(Request::get(path), cookie)
}

fn post_to(path: &str, cookie: Option<&str>) -> Request {
    with_cookie(Request::post(path), cookie)
}

fn with_cookie(builder: axum::http::request::Builder, cookie: Option<&str>) -> Request {
    let builder = match cookie {
        Some(cookie) => builder.header(COOKIE, cookie),
        None => builder,
    };
    builder.body(Body::empty()).unwrap()
}

fn set_cookie(response: &Response<Body>) -> String {
    response.headers()[SET_COOKIE].to_str().unwrap().to_owned()
}

async fn body(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}
