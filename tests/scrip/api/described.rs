//! The OpenAPI file and the routes are the same; the pages made from it are complete.

use super::Desk;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::model::api_errors::ERRORS;
use scrip::model::api_keys::Scope;
use serde_json::Value;

on_both_databases!(every_route_of_the_file_answers_and_is_in_the_reference);

/// Method and path of every route of the file.
pub fn routes(file: &Value) -> Vec<(String, String)> {
    let paths = file["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
    });
    routes.collect()
}

async fn every_route_of_the_file_answers_and_is_in_the_reference(database: TestDatabase) {
    let desk = Desk::open(database).await;
    let worker = desk.key(&[Scope::Spend]).await;
    let file = &worker.file.text;
    assert_eq!(file["openapi"], "3.1.0");
    let member = desk.premises.member().await;
    let reference = member.get("/developers/reference").await;
    let shown = reference.texts("h3 code");
    for (method, route) in routes(file) {
        let path = route.trim_start_matches("/v1").replace("{id}", "hold_1");
        let told = worker.send(&method, &path, None, None).await;
        assert_ne!(told.text("detail"), "There is no such route.", "{method} {route}");
        let heading = format!("{} {route}", method.to_uppercase());
        assert!(shown.contains(&heading), "{heading} in {shown:?}");
        let wrong = worker.send("delete", &path, None, None).await;
        assert_eq!(wrong.refusal(), (405, "method_not_allowed"), "{route}");
    }
    let errors = member.get("/developers/errors").await;
    assert_eq!(errors.texts("tbody th").len(), ERRORS.len());
    let guide = member.get("/developers/guide").await;
    let mia = desk.user("mia@northwind.test").await;
    assert!(guide.text.contains(mia.as_str()), "one's own ids stand in the quick start");
}
