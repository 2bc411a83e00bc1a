//! Every route × every scope: a key with the scope is let in, every other is told which one it lacks.

use super::Desk;
use super::described::routes;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::model::api_keys::Scope;

on_both_databases!(
    every_route_lets_in_the_scope_that_the_file_says_and_no_other,
    a_key_grants_only_while_its_maker_is_staff,
    grants_of_programs_count_with_those_of_the_console,
    a_program_books_nothing_that_waits_for_a_second_person,
    a_key_of_a_department_is_charged_to_it_and_to_no_other,
);

/// Which scope each route needs.
const TABLE: [(&str, &str, Scope); 20] = [
    ("get", "/v1/balance", Scope::Read),
    ("post", "/v1/holds", Scope::Spend),
    ("get", "/v1/holds/{id}", Scope::Read),
    ("post", "/v1/holds/{id}/settle", Scope::Spend),
    ("post", "/v1/holds/{id}/release", Scope::Spend),
    ("post", "/v1/holds/{id}/extend", Scope::Spend),
    ("post", "/v1/holds/{id}/cancel", Scope::Spend),
    ("get", "/v1/holds", Scope::Read),
    ("post", "/v1/charges", Scope::Spend),
    ("post", "/v1/reversals", Scope::Reverse),
    ("get", "/v1/transactions", Scope::Read),
    ("get", "/v1/usage", Scope::Read),
    ("get", "/v1/reports", Scope::Read),
    ("post", "/v1/reports", Scope::Spend),
    ("get", "/v1/lots", Scope::Read),
    ("get", "/v1/budgets", Scope::Read),
    ("post", "/v1/quotes", Scope::Spend),
    ("get", "/v1/quotes/{id}", Scope::Read),
    ("post", "/v1/grants", Scope::Grant),
    ("get", "/v1/events", Scope::Read),
];

async fn every_route_lets_in_the_scope_that_the_file_says_and_no_other(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let otto = desk.user("otto@southwind.test").await;
    desk.premises.staff().await;
    for scope in Scope::ALL {
        let by = Some(otto.clone());
        let program = desk.key_of(&desk.premises.northwind, &[scope], None, by).await;
        let mut known: Vec<(String, String)> = Vec::new();
        for (method, route, needed) in TABLE {
            known.push((method.to_owned(), route.to_owned()));
            let said = &program.file.text["paths"][route][method]["security"][0]["api_key"][0];
            assert_eq!(said.as_str(), Some(needed.as_str()), "{method} {route}");
            if route == "/v1/events" && needed == scope {
                continue;
            }
            let path = route.trim_start_matches("/v1").replace("{id}", "hold_1");
            let told = program.send(method, &path, Some("key"), Some("{}".into())).await;
            if needed == scope {
                assert!(
                    ![401, 403].contains(&told.status),
                    "{scope} {method} {route}: {}",
                    told.body
                );
            } else {
                assert_eq!(told.refusal(), (403, "scope_missing"), "{scope} {method} {route}");
                assert_eq!(told.body["numbers"]["scope"], needed.as_str());
            }
        }
        let mut described = routes(&program.file.text);
        known.sort();
        described.sort();
        assert_eq!(known, described, "every route is in the table");
    }
}

async fn a_key_grants_only_while_its_maker_is_staff(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let otto = desk.user("otto@southwind.test").await;
    let access = &desk.premises.backend.access;
    access.set_staff("otto@southwind.test", true).await.unwrap();
    let scopes = [Scope::Read, Scope::Grant];
    let key = desk.key_of(&desk.premises.northwind, &scopes, None, Some(otto)).await;
    let gift =
        serde_json::json!({ "amount": "10", "reason": "Sorry for the outage", "source": "trial" });
    let granted = key.post("/grants", "gift", gift.clone()).await;
    assert_eq!((granted.status, granted.text("amount")), (201, "10"), "{}", granted.body);
    assert_eq!(granted.text("reason"), "Sorry for the outage");
    assert_eq!(key.balance().await.0, "110");
    let bought = serde_json::json!({ "amount": "10", "reason": "x", "source": "purchased" });
    assert_eq!(key.post("/grants", "bought", bought).await.refusal(), (422, "invalid"));

    access.set_staff("otto@southwind.test", false).await.unwrap();
    desk.premises.clock.advance(scrip::backend::access::api_keys::REMEMBERED);
    assert_eq!(key.post("/grants", "gift-2", gift).await.refusal(), (403, "scope_missing"));
    assert_eq!(key.balance().await.0, "110", "it still reads");
}

async fn grants_of_programs_count_with_those_of_the_console(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let otto = desk.user("otto@southwind.test").await;
    let backend = &desk.premises.backend;
    backend.access.set_staff("otto@southwind.test", true).await.unwrap();
    let scopes = [Scope::Read, Scope::Grant];
    let key = desk.key_of(&desk.premises.northwind, &scopes, None, Some(otto)).await;
    let gift = |amount: &str| serde_json::json!({ "amount": amount, "reason": "Partners" });
    let large = key.post("/grants", "large", gift("10000.000001")).await;
    assert_eq!(large.refusal(), (403, "second_person_needed"), "{}", large.body);
    let first = key.post("/grants", "first", gift("9999")).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let second = key.post("/grants", "second", gift("2")).await;
    assert_eq!(second.refusal(), (403, "second_person_needed"), "in small parts neither");
    let again = key.post("/grants", "first", gift("9999")).await;
    assert_eq!((again.status, again.text("lot")), (201, first.text("lot")), "the first answer");
    assert_eq!(key.post("/grants", "first", gift("1")).await.refusal().1, "idempotency_key_reused");
    assert_eq!(key.balance().await.0, "10099");

    let log = scrip::backend::staff::log::page(backend, "", scrip::backend::zone::Zone::UTC).await;
    let reasons: Vec<_> = log.unwrap().lines.into_iter().filter_map(|line| line.reason).collect();
    assert_eq!(reasons, ["Partners"], "it stands in the log of what staff did");
    desk.premises.clock.advance(24 * 60 * 60 * 1_000_000 + 1);
    assert_eq!(key.post("/grants", "later", gift("9999")).await.status, 201);
}

async fn a_program_books_nothing_that_waits_for_a_second_person(database: TestDatabase) {
    use scrip::backend::staff::requests::{Ask, Asked, Change, ask};

    let desk = Desk::open(database).await;
    let otto = desk.user("otto@southwind.test").await;
    let (backend, organisation) = (&desk.premises.backend, &desk.premises.northwind);
    backend.access.set_staff("otto@southwind.test", true).await.unwrap();
    let key =
        desk.key_of(organisation, &[Scope::Read, Scope::Grant], None, Some(otto.clone())).await;
    // The console's form is sent by hand with the very key that the program's request will have.
    let change = Change::Grant {
        lot: scrip::ledger::LotId::parse("lot_large").unwrap(),
        source: scrip::ledger::Source::Admin,
        amount: "50000".parse().unwrap(),
        effective_at: None,
        expires_at: None,
        operations: None,
    };
    let form_key = &format!("{organisation}:api:large");
    let asked = Ask { organisation, staff: &otto, change, reason: "Partners", form_key };
    assert_eq!(ask(backend, asked).await.unwrap(), Asked::Waits);
    let large = serde_json::json!({ "amount": "50000", "reason": "Partners" });
    let refused = key.post("/grants", "large", large).await;
    assert_eq!(refused.refusal(), (403, "second_person_needed"), "{}", refused.body);
    assert_eq!(key.balance().await.0, "100", "nothing was booked");
}

async fn a_key_of_a_department_is_charged_to_it_and_to_no_other(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let (here, brand) = (&desk.premises.northwind, desk.premises.brand.clone());
    let scopes = [Scope::Read, Scope::Spend];
    let key = desk.key_of(here, &scopes, Some(brand.clone()), None).await;
    let held = key.post("/holds", "h", serde_json::json!({ "amount": "1" })).await;
    assert_eq!(held.body["purpose"]["department"], brand.as_str());
    let other = serde_json::json!({ "amount": "1", "department": "dep_other" });
    assert_eq!(key.post("/holds", "o", other).await.refusal(), (403, "department_fixed"));
}
