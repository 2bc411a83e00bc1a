//! Every server function × every role, for scripts and for plain forms; and posts from other sites.

use super::{FUNCTIONS, Needs, Stage};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::ledger::time::MINUTE;
use scrip::model::permission::Role;

on_both_databases!(
    every_function_lets_in_whom_the_table_lets_in,
    a_visitor_is_asked_to_sign_in,
    a_post_from_another_site_does_nothing,
    an_admin_gives_no_role_above_member,
    after_signing_in_one_is_led_nowhere_else,
);

#[test]
fn every_server_function_is_in_the_table() {
    let mut registered: Vec<&str> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.strip_prefix("/api/").unwrap_or(path))
        .collect();
    let mut known = FUNCTIONS.map(|(name, ..)| name).to_vec();
    registered.sort_unstable();
    known.sort_unstable();
    assert_eq!(registered, known);
}

async fn every_function_lets_in_whom_the_table_lets_in(database: TestDatabase) {
    let stage = Stage::set(database).await;
    for role in [Role::Member, Role::Admin, Role::Superadmin] {
        // Long enough for another recheck.
        stage.premises.clock.advance(MINUTE);
        let visitor = stage.premises.in_role(role).await;
        for function in FUNCTIONS.iter().filter(|function| function.1 != Needs::Nothing) {
            let (name, needs, _) = function;
            if needs.lets_in(role) {
                let answer = stage.call(&visitor, function, "application/json").await;
                let done = answer.status.is_success() || answer.status.is_redirection();
                assert!(done, "{name} by {role}: {}", answer.says());
                continue;
            }
            let answer = stage.call(&visitor, function, "application/json").await;
            if *needs == Needs::Staff {
                assert_eq!((answer.code(), answer.is_problem_json()), (404, true), "{name}");
                let page = stage.call(&visitor, function, "text/html").await;
                assert_eq!((page.code(), page.texts("h1")), (404, vec!["Not found".to_owned()]));
                continue;
            }
            assert_eq!(answer.code(), 403, "{name} by {role}: {}", answer.says());
            assert!(answer.is_problem_json(), "{name} by {role}: {}", answer.says());
            assert!(answer.problem().cure.is_some_and(|cure| cure.starts_with("Ask ")), "{name}");
            let page = stage.call(&visitor, function, "text/html").await;
            assert_eq!(page.code(), 403, "{name} by {role}");
            assert_eq!(page.texts("h1"), ["Not allowed"], "{name} by {role}");
        }
    }
}

async fn a_visitor_is_asked_to_sign_in(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.anonymous();
    for function in &FUNCTIONS {
        let (name, needs, _) = function;
        let answer = stage.call(&visitor, function, "application/json").await;
        if *needs == Needs::Nothing {
            assert!(![401, 403].contains(&answer.code()), "{name}: {}", answer.says());
            assert!(!answer.status.is_server_error(), "{name}: {}", answer.says());
            continue;
        }
        assert_eq!((answer.code(), answer.is_problem_json()), (401, true), "{name}");
        let page = stage.call(&visitor, function, "text/html").await;
        assert_eq!((page.code(), page.location()), (303, "/login?next=/"), "{name}");
    }
}

async fn a_post_from_another_site_does_nothing(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.superadmin().await;
    let before = visitor.post_json("member_list", &[]).await.text;
    let elsewhere = [
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")],
        [("sec-fetch-site", "same-site"), ("origin", "http://evil.127.0.0.1:3000")],
        [("x-old-browser", "yes"), ("origin", "https://evil.test")],
    ];
    for function in &FUNCTIONS {
        for headers in &elsewhere {
            let body = stage.body(function).await;
            let answer = visitor.post(function.0, "text/html", body, headers).await;
            assert_eq!(answer.code(), 403, "{} {headers:?}: {}", function.0, answer.says());
            assert_eq!(answer.problem().code, "cross_site", "{}", function.0);
        }
    }
    let now = visitor.post_json("member_list", &[]).await;
    assert_eq!(now.code(), 200);
    // The stage's own invitation is the only thing that came since.
    let people = |text: &str| text.split("\"invitations\"").next().map(str::to_owned);
    assert_eq!(people(&now.text), people(&before));
}

async fn an_admin_gives_no_role_above_member(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let admin = stage.premises.admin().await;
    for role in ["admin", "superadmin"] {
        let fields = [("email", "friend@x.test"), ("role", role), ("department", "")];
        let answer = admin.post_json("invite_member", &fields).await;
        assert_eq!((answer.code(), answer.is_problem_json()), (403, true), "{role}");
    }
    let superadmin = stage.premises.superadmin().await;
    let fields = [("email", "boss@x.test"), ("role", "admin"), ("department", "")];
    assert_eq!(superadmin.post_json("invite_member", &fields).await.code(), 200);
    let invitations = scrip::backend::store::invitation::list(
        &stage.premises.backend.db,
        &stage.premises.northwind,
    );
    let id = invitations.await.unwrap()[0].id.clone();
    let answer = admin.post_json("resend_invitation", &[("id", &id)]).await;
    assert_eq!(answer.code(), 403, "an admin takes no link to an admin's place");
}

async fn after_signing_in_one_is_led_nowhere_else(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let person =
        [("email", "mia@northwind.test"), ("password", crate::support::premises::PASSWORD)];
    for (next, lands) in [
        ("/reports?sort=credits", "/reports?sort=credits"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("/api/sign_out", "/"),
    ] {
        let visitor = stage.premises.anonymous();
        let fields = [person[0], person[1], ("next", next)];
        let answer = visitor.post_form("/login", "sign_in", &fields).await;
        assert_eq!((answer.code(), answer.location()), (303, lands), "{next}");
        let again = visitor.get(&format!("/login?next={}", next.replace('\\', "%5C"))).await;
        assert_eq!((again.code(), again.location()), (302, lands), "{next}, signed in already");
    }
}
