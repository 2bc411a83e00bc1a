//! The pages through HTTP, as a browser without scripts sees them: who sees what, and who may change.

use super::*;
use crate::on_both_databases;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use leptos::config::LeptosOptions;
use scrip::ledger::Money;
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use tower::ServiceExt;

on_both_databases!(
    a_member_reads_the_credit_pages_and_finds_no_purchase_action,
    a_member_reads_everyones_history_and_no_money,
    a_member_is_refused_the_team_and_every_change_of_it,
    an_admin_reads_departments_without_forms_and_a_superadmin_has_them,
    a_refused_allotment_is_shown_on_its_page_with_what_was_typed,
    filters_stay_in_the_address_and_unknown_ones_are_not_found,
);

const ORIGIN: &str = "http://127.0.0.1:3000";

struct Visitor {
    site: Router,
    cookie: String,
}

impl Visitor {
    async fn sign_in(office: &Office, email: &str) -> Visitor {
        let options = LeptosOptions::builder().output_name("scrip").build();
        let policy = SecurityPolicy::new(ORIGIN, Vec::new());
        let site = router(office.backend.clone(), options, policy, TrustedProxies::default());
        let mut visitor = Visitor { site, cookie: String::new() };
        let form =
            format!("email={}&password={}", email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
        let (parts, _) = visitor.ask(post("/api/sign_in", "/login", &form)).await;
        assert_eq!(parts.status, StatusCode::SEE_OTHER, "{email} signs in");
        let cookie = parts.headers[header::SET_COOKIE].to_str().unwrap();
        visitor.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        visitor
    }

    async fn ask(&self, mut request: Request<Body>) -> (axum::http::response::Parts, String) {
        let headers = request.headers_mut();
        headers.insert(header::HOST, "127.0.0.1:3000".parse().unwrap());
        headers.insert(header::ACCEPT, "text/html".parse().unwrap());
        if !self.cookie.is_empty() {
            headers.insert(header::COOKIE, self.cookie.parse().unwrap());
        }
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 50_000));
        request.extensions_mut().insert(axum::extract::ConnectInfo(address));
        let (parts, body) = self.site.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (parts, body) = self.ask(request).await;
        (parts.status, body)
    }

    async fn post(&self, function: &str, from: &str, form: &str) -> (StatusCode, String) {
        let (parts, body) = self.ask(post(&format!("/api/{function}"), from, form)).await;
        (parts.status, body)
    }
}

fn post(path: &str, from: &str, form: &str) -> Request<Body> {
    Request::post(path)
        .header(header::ORIGIN, ORIGIN)
        .header(header::REFERER, format!("{ORIGIN}{from}"))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

/// The pages that every member of the organisation may read.
const OPEN_PAGES: [&str; 5] =
    ["/", "/credits", "/credits?view=purchases", "/credits/transactions/1", "/settings/billing"];

async fn a_member_reads_the_credit_pages_and_finds_no_purchase_action(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.charge("3", &office.design).await;
    let member = Visitor::sign_in(&office, "mia@northwind.test").await;
    let admin = Visitor::sign_in(&office, "ada@northwind.test").await;
    for path in OPEN_PAGES {
        let (status, page) = member.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(page.contains("997"), "{path} shows what is available");
        assert!(!page.contains("/credits/buy"), "{path} offers a purchase");
        assert_eq!(admin.get(path).await.0, StatusCode::OK, "{path}");
    }
    assert!(admin.get("/credits").await.1.contains("/credits/buy"));
    let (status, _) = member.get("/credits/transactions/99").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn a_member_reads_everyones_history_and_no_money(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let mut bought = office.terms(Source::Purchased, "50", Origin::Signup);
    bought.cost = Some(Money { minor: 4_321, currency: "USD".parse().unwrap() });
    office.must(Command::Grant(Box::new(bought))).await;
    office.charge("3", &office.design).await;
    let member = Visitor::sign_in(&office, "mia@northwind.test").await;
    let admin = Visitor::sign_in(&office, "ada@northwind.test").await;
    for path in ["/settings/billing", "/credits?view=purchases"] {
        let (_, seen) = admin.get(path).await;
        assert!(seen.contains("43.21") && seen.contains(">Paid<"), "an admin sees {path}");
        let (status, seen) = member.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!seen.contains("43.21") && !seen.contains(">Paid<"), "{path} shows money");
    }
    let (_, mine) = member.get("/credits").await;
    assert!(mine.contains("Everyone’s usage at Northwind."), "whose rows they are is said");
    assert!(mine.contains(&format!("/credits?view=usage&amp;user={}", office.member)));
    let (_, page) = member.get(&format!("/credits?user={}", office.member)).await;
    assert!(page.contains("Usage at Northwind: mia.") && !page.contains("Only yours"));
}

async fn a_member_is_refused_the_team_and_every_change_of_it(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let member = Visitor::sign_in(&office, "mia@northwind.test").await;
    let admin = Visitor::sign_in(&office, "ada@northwind.test").await;
    for path in ["/team", "/team/departments"] {
        let (status, page) = member.get(path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.contains("Ask an admin or a superadmin of Northwind"), "{path}");
        assert_eq!(admin.get(path).await.0, StatusCode::OK, "{path}");
    }
    let key = "0".repeat(32);
    for (function, form) in [
        ("set_allotment", format!("department=dep_design&limit=1&form_key={key}")),
        ("remove_allotment", format!("department=dep_design&form_key={key}")),
        ("create_department", format!("name=New&form_key={key}")),
        ("rename_department", "department=dep_design&name=New".to_owned()),
        ("archive_department", format!("department=dep_sales&form_key={key}")),
    ] {
        for visitor in [&member, &admin] {
            let (status, _) = visitor.post(function, "/team/departments", &form).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{function}");
        }
    }
}

async fn an_admin_reads_departments_without_forms_and_a_superadmin_has_them(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let admin = Visitor::sign_in(&office, "ada@northwind.test").await;
    let (_, page) = admin.get("/team/departments").await;
    assert!(page.contains("Design") && !page.contains("/api/set_allotment"));
    let sue = Visitor::sign_in(&office, "sue@northwind.test").await;
    let (_, page) = sue.get("/team/departments").await;
    assert!(page.contains("/api/set_allotment") && page.contains("/api/create_department"));
    let key = "1".repeat(32);
    let form = format!("department=dep_design&limit=1%2C000&form_key={key}");
    let (status, _) = sue.post("set_allotment", "/team/departments", &form).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = sue.get("/team/departments").await;
    assert!(page.contains("Stops at the limit") && page.contains("History of allotments"));
}

async fn a_refused_allotment_is_shown_on_its_page_with_what_was_typed(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let sue = Visitor::sign_in(&office, "sue@northwind.test").await;
    let key = "2".repeat(32);
    for (typed, expected) in [
        ("1001", "is 1 too much"),
        ("many", "is not an amount of credits"),
        ("", "or remove its limit"),
        ("-5", "A limit is 0 or more"),
    ] {
        let form = format!("department=dep_design&limit={typed}&form_key={key}");
        let (status, page) = sue.post("set_allotment", "/team/departments", &form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(page.contains(expected), "{typed}");
        assert!(page.contains(&format!("value=\"{typed}\"")), "{typed} is kept");
    }
    let form = format!("department=dep_nowhere&limit=1&form_key={key}");
    let (status, _) = sue.post("set_allotment", "/team/departments", &form).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn filters_stay_in_the_address_and_unknown_ones_are_not_found(test: TestDatabase) {
    let office = Office::with_package(test).await;
    for _ in 0..51 {
        office.charge("1", &office.design).await;
    }
    let member = Visitor::sign_in(&office, "mia@northwind.test").await;
    let (_, page) = member.get("/credits?department=dep_design").await;
    assert!(page.contains("department=dep_design&amp;before=3#history"), "the next page keeps it");
    let (status, page) = member.get("/credits?department=dep_sales").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("No usage for Sales") && page.contains("Clear the filter"));
    for path in [
        "/credits?department=dep_theirs",
        "/credits?user=usr_theirs",
        "/credits?user=%27",
        "/credits?before=x",
        "/credits?view=else",
        "/credits/transactions/x",
        "/credits/transactions/99999999999999999999",
        "/credits/transactions/18446744073709551615",
    ] {
        assert_eq!(member.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
