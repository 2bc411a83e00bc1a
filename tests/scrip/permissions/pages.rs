//! Every page × every role; what a member's pages never hold; the headers on every kind of answer.

use super::{Needs, PAGES, Stage};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::visitor::{Asked, Page};
use axum::http::Method;
use scrip::model::permission::Role;

on_both_databases!(
    every_page_lets_in_whom_the_table_lets_in,
    a_visitor_is_led_to_the_sign_in_page_and_back,
    a_members_pages_hold_no_purchase_action,
    every_answer_carries_the_security_headers,
);

#[test]
fn every_page_is_in_the_table() {
    let mut routes: Vec<String> = leptos_axum::generate_route_list(scrip::app::App)
        .iter()
        .map(|route| route.path().to_owned())
        .collect();
    let mut known = PAGES.map(|(path, ..)| path.to_owned()).to_vec();
    routes.sort_unstable();
    known.sort_unstable();
    assert_eq!(routes, known);
}

async fn every_page_lets_in_whom_the_table_lets_in(database: TestDatabase) {
    let stage = Stage::set(database).await;
    for role in Role::ALL {
        let visitor = stage.premises.in_role(role).await;
        for (path, needs, address) in PAGES.iter().filter(|page| page.1 != Needs::Nothing) {
            let page = visitor.get(&stage.filled(address, "")).await;
            let expected = match needs {
                Needs::Staff => 404,
                needs if needs.lets_in(role) => 200,
                _ => 403,
            };
            assert_eq!(page.code(), expected, "{path} by {role}: {}", page.says());
            assert_eq!(page.texts("h1").len(), 1, "{path} by {role} has one heading");
            assert_eq!(page.texts("[data-testid=balance]").len(), 1, "{path} by {role}");
            if expected == 403 {
                assert!(page.texts("main p").iter().any(|text| text.starts_with("Ask ")), "{path}");
            }
        }
    }
}

async fn a_visitor_is_led_to_the_sign_in_page_and_back(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.anonymous();
    for (path, needs, address) in PAGES {
        let address = stage.filled(address, "");
        let page = visitor.get(&address).await;
        if needs == Needs::Nothing {
            assert!([200, 404].contains(&page.code()), "{path}: {}", page.code());
            continue;
        }
        let sign_in = format!("/login?next={}", scrip::app::layout::encoded(&address));
        assert_eq!((page.code(), page.location()), (302, sign_in.as_str()), "{path}");
        assert!(!page.text.contains("Northwind"), "{path}");
        let form = visitor.get(&sign_in).await;
        assert_eq!(form.field("sign_in", "next"), Some(address), "{path}");
    }
}

async fn a_members_pages_hold_no_purchase_action(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let (member, admin) = (stage.premises.member().await, stage.premises.admin().await);
    let buys = |page: &Page| {
        page.links().iter().any(|link| link.starts_with("/credits/buy"))
            || page.forms().iter().any(|form| form == "/api/buy_pack")
            || page.texts("a, button").iter().any(|text| text.to_lowercase().contains("buy"))
    };
    for (path, _, address) in PAGES {
        let page = member.get(&stage.filled(address, "")).await;
        assert!(!buys(&page), "{path} offers a member to buy");
    }
    assert!(buys(&admin.get("/").await), "an admin is offered it on every page");
}

/// The names of the headers of an answer, in order, without those of its content.
fn names(page: &Page) -> Vec<String> {
    let own = ["content-type", "content-length", "location", "set-cookie", "vary", "allow"];
    let mut names: Vec<String> = page.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.retain(|name| !own.contains(&name.as_str()));
    names.sort_unstable();
    names.dedup();
    names
}

async fn every_answer_carries_the_security_headers(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let (visitor, member) = (stage.premises.anonymous(), stage.premises.member().await);
    let expected = [
        "cache-control",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "x-content-type-options",
        "x-frame-options",
        "x-request-id",
    ];
    let mut answers = Vec::new();
    for (path, _, address) in PAGES {
        answers.push((path, member.get(&stage.filled(address, "")).await));
    }
    for path in ["/healthz", "/nowhere", "/pkg/nothing.js", "/mark.svg", "/api/nothing"] {
        answers.push((path, visitor.get(path).await));
    }
    answers.push(("a refusal", visitor.post_json("load_frame", &[]).await));
    answers.push(("no function", member.post_json("nothing", &[]).await));
    let forged = ("application/json".to_owned(), b"{}".to_vec());
    let webhook = Asked {
        method: Method::POST,
        path: "/webhooks/stripe",
        accept: "*/*",
        body: Some(forged),
        headers: &[],
    };
    answers.push(("a forged webhook", visitor.ask(webhook).await));
    for (what, answer) in &answers {
        assert_eq!(names(answer), expected, "{what}");
        assert!(!answer.status.is_server_error(), "{what}: {}", answer.code());
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'nonce-"), "{what}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{what}: {policy}");
    }
}
