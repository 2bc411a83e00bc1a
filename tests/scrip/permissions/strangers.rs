//! The superadmin of another organisation may do everything, only not here: our ids do not exist there.

use super::{FUNCTIONS, Function, PAGES, Stage};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::visitor::Visitor;

on_both_databases!(
    ids_of_another_organisation_do_not_exist,
    pages_of_another_organisation_do_not_exist,
    filters_by_people_of_another_organisation_find_nothing,
);

/// Names of things that only Northwind has.
const OURS: [&str; 15] = [
    "{sequence}",
    "{month}",
    "{report}",
    "{purchase}",
    "{document}",
    "{department}",
    "{shelf}",
    "{user}",
    "{invitation}",
    "{top_up}",
    "{notice}",
    "{api_key}",
    "{webhook}",
    "{old_webhook}",
    "{delivery}",
];

fn names_ours(function: &&Function) -> bool {
    function.2.iter().any(|(_, value)| OURS.contains(value))
}

/// What a superadmin sees of everything that can be changed.
async fn seen(visitor: &Visitor) -> Vec<String> {
    let mut texts = Vec::new();
    let all: &[(&str, &str)] = &[("status", ""), ("before", "")];
    for (function, arguments) in [
        ("member_list", &[] as &[_]),
        ("load_departments", &[]),
        ("load_payments", all),
        ("load_balance", &[]),
    ] {
        let answer = visitor.post_json(function, arguments).await;
        assert_eq!(answer.code(), 200, "{function}: {}", answer.says());
        texts.push(without_form_key(&answer.text));
    }
    texts
}

fn without_form_key(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\"form_key\":\"") else { return text.to_owned() };
    format!("{before}{}", rest.split_once('"').map_or("", |(_, after)| after))
}

async fn ids_of_another_organisation_do_not_exist(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let (owner, stranger) = (stage.premises.superadmin().await, stage.premises.stranger().await);
    stage.invitation().await;
    let before = seen(&owner).await;
    for function in FUNCTIONS.iter().filter(names_ours) {
        let answer = stage.call(&stranger, function, "application/json").await;
        assert_eq!(answer.code(), 404, "{}: {}", function.0, answer.says());
        assert!(answer.is_problem_json(), "{}: {}", function.0, answer.says());
        let page = stage.call(&stranger, function, "text/html").await;
        assert_eq!((page.code(), page.texts("h1").len()), (404, 1), "{}", function.0);
    }
    assert_eq!(seen(&owner).await, before, "nothing changed here");
}

async fn pages_of_another_organisation_do_not_exist(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let stranger = stage.premises.stranger().await;
    for (_, needs, address) in PAGES {
        let page = stranger.get(&stage.filled(address, "")).await;
        let is_ours = OURS.iter().any(|name| address.contains(name));
        let is_nothing =
            needs == super::Needs::Staff || address.contains("token=") || address == "/problem";
        assert_eq!(page.code() == 404, is_ours || is_nothing, "{address}");
        assert!(!page.status.is_server_error(), "{address}");
        for word in ["Northwind", "northwind.test", "Tea for everyone", "Spring"] {
            assert!(!page.text.contains(word), "{address} shows a stranger {word}");
        }
    }
}

async fn filters_by_people_of_another_organisation_find_nothing(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let stranger = stage.premises.stranger().await;
    for (field, ours) in [("user", "{user}"), ("department", "{department}")] {
        let ours = stage.filled(ours, "");
        let mut fields =
            vec![("view", ""), ("operation", ""), ("user", ""), ("department", ""), ("before", "")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, ours.as_str()));
        let answer = stranger.post_json("load_credits", &fields).await;
        assert_eq!(answer.code(), 404, "{field}: {}", answer.says());
    }
}
