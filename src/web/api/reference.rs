//! The OpenAPI file in words, for the page `/developers/reference`.

use std::sync::LazyLock;

use serde_json::Value;

use super::openapi::{self, TAGS};
use crate::model::api_reference::{
    ReferenceAnswer, ReferenceField, ReferenceGroup, ReferenceRoute, ReferenceView,
};

/// How deep fields of fields are listed.
const DEEPEST: usize = 3;

/// The reference, for the API that answers at `base`.
pub fn view(base: String) -> ReferenceView {
    static GROUPS: LazyLock<Vec<ReferenceGroup>> = LazyLock::new(groups);
    ReferenceView { base, groups: GROUPS.clone() }
}

fn groups() -> Vec<ReferenceGroup> {
    let file: Value = serde_json::from_str(openapi::text()).unwrap_or_default();
    let all: Vec<(String, ReferenceRoute)> = routes(&file);
    let group = |(name, about): (&str, &str)| ReferenceGroup {
        name: name.to_owned(),
        description: about.to_owned(),
        routes: all.iter().filter(|(tag, _)| tag == name).map(|(_, route)| route.clone()).collect(),
    };
    TAGS.into_iter().map(group).filter(|group| !group.routes.is_empty()).collect()
}

fn routes(file: &Value) -> Vec<(String, ReferenceRoute)> {
    let mut routes = Vec::new();
    for (path, item) in members(&file["paths"]) {
        for (method, operation) in members(item) {
            let tag = text(&operation["tags"][0]);
            routes.push((tag, route(file, &method.to_uppercase(), path, operation)));
        }
    }
    routes
}

fn route(file: &Value, method: &str, path: &str, operation: &Value) -> ReferenceRoute {
    let parameters = list(&operation["parameters"]).map(|it| parameter(file, it)).collect();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let body = fields(file, schema, "", 0);
    let scope = list(&operation["security"]).find_map(|it| it["api_key"][0].as_str());
    ReferenceRoute {
        anchor: anchor(method, path),
        example: example(method, path, &body),
        method: method.to_owned(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        scope: scope.map(str::to_owned),
        parameters,
        body,
        answers: answers(file, &operation["responses"]),
    }
}

/// `post-holds-id-settle`.
fn anchor(method: &str, path: &str) -> String {
    let words = path.split('/').skip(2).map(|word| word.trim_matches(['{', '}']));
    let words: Vec<&str> = std::iter::once(method).chain(words).collect();
    words.join("-").to_lowercase()
}

fn example(method: &str, path: &str, body: &[ReferenceField]) -> String {
    let path = path.trim_start_matches("/v1").replace("{id}", "hold_…");
    let mut lines = format!("curl \"$SCRIP{path}\" -H \"Authorization: Bearer $SCRIP_KEY\"");
    if method == "POST" {
        let needed = body.iter().filter(|field| field.required || field.name == "amount");
        let needed: Vec<String> = needed.map(sample).collect();
        let sent = needed.join(", ");
        lines.push_str(&format!(
            " \\\n  -H \"Idempotency-Key: …\" -H \"Content-Type: application/json\" \\\n  -d '{{{sent}}}'"
        ));
    }
    lines
}

fn sample(field: &ReferenceField) -> String {
    let value = match (field.kind.as_str(), field.name.as_str()) {
        ("integer", _) => "42".to_owned(),
        (_, "amount") => "\"2.5\"".to_owned(),
        _ => "\"…\"".to_owned(),
    };
    format!("\"{}\": {value}", field.name)
}

fn parameter(file: &Value, parameter: &Value) -> ReferenceField {
    ReferenceField {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(file, &parameter["schema"]),
        required: parameter["required"].as_bool().unwrap_or_default(),
        description: text(&parameter["description"]),
    }
}

fn answers(file: &Value, responses: &Value) -> Vec<ReferenceAnswer> {
    let answer = |(status, response): (&String, &Value)| {
        let schema = &response["content"]["application/json"]["schema"];
        ReferenceAnswer {
            status: status.clone(),
            description: text(&response["description"]),
            fields: fields(file, schema, "", 0),
        }
    };
    // The errors are the same everywhere and stand on a page of their own.
    members(responses).filter(|(status, _)| status.starts_with('2')).map(answer).collect()
}

/// The fields of a schema and of what is in them, each under its whole name: `items[].amount`.
fn fields(file: &Value, schema: &Value, before: &str, depth: usize) -> Vec<ReferenceField> {
    let schema = resolved(file, schema);
    if depth == DEEPEST {
        return Vec::new();
    }
    let required: Vec<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
    let mut all = Vec::new();
    for (name, field) in members(&schema["properties"]) {
        let whole = format!("{before}{name}");
        let inner = resolved(file, field);
        let own = text(&field["description"]);
        all.push(ReferenceField {
            name: whole.clone(),
            place: String::new(),
            kind: kind(file, field),
            required: required.contains(&name.as_str()),
            description: if own.is_empty() { text(&inner["description"]) } else { own },
        });
        let (below, mark) = match inner.get("items") {
            Some(items) => (items, "[]."),
            None => (inner, "."),
        };
        all.extend(fields(file, below, &format!("{whole}{mark}"), depth + 1));
    }
    all
}

/// The schema itself, or the one that it names; of "this or null" it is this.
fn resolved<'a>(file: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return &file["components"]["schemas"][name];
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    let chosen = choices.and_then(|all| all.iter().find(|one| one["type"] != "null"));
    chosen.map_or(schema, |chosen| resolved(file, chosen))
}

fn kind(file: &Value, schema: &Value) -> String {
    let name = |schema: &Value| {
        schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).map(str::to_owned)
    };
    match name(schema).as_deref() {
        Some("Amount") => return "amount".to_owned(),
        Some("Instant") => return "instant".to_owned(),
        _ => {}
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    if let Some(chosen) = choices.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return format!("{} or null", kind(file, chosen));
    }
    let schema = resolved(file, schema);
    match &schema["type"] {
        Value::String(kind) if kind == "array" => {
            format!("list of {}", kind_of_items(file, schema))
        }
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        _ => "object".to_owned(),
    }
}

fn kind_of_items(file: &Value, schema: &Value) -> String {
    let kind = kind(file, &schema["items"]);
    format!("{kind}s")
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_told_with_its_fields_and_how_to_call_it() {
        let view = view("https://x.test/v1".into());
        let routes = view.groups.iter().flat_map(|group| &group.routes);
        let hold = routes.clone().find(|route| route.anchor == "post-holds").unwrap();
        assert_eq!((hold.method.as_str(), hold.scope.as_deref()), ("POST", Some("spend")));
        let amount = hold.body.iter().find(|field| field.name == "amount").unwrap();
        assert_eq!((amount.kind.as_str(), amount.required), ("amount or null", false));
        assert!(hold.parameters.iter().any(|it| it.name == "Idempotency-Key" && it.required));
        assert!(hold.answers.iter().any(|answer| answer.status == "202"));
        let settle = routes.clone().find(|route| route.path.ends_with("/settle")).unwrap();
        assert!(settle.example.contains("\"amount\": \"2.5\""), "{}", settle.example);
        let mut anchors: Vec<_> = routes.map(|route| &route.anchor).collect();
        let count = anchors.len();
        anchors.sort();
        anchors.dedup();
        assert_eq!(anchors.len(), count);
    }
}
