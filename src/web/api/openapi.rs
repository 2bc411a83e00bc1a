//! The OpenAPI 3.1 file: made from the handlers, and what no handler says (the heading, the key, the errors).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, ServerBuilder,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::backend::developers::API_PATH;
use crate::model::problem::MEDIA_TYPE;

/// The nouns in their order, and what each is.
pub const TAGS: [(&str, &str); 9] = [
    ("Balance", "What the organisation has, now and at any instant before."),
    ("Holds", "Credits set aside before work starts, and how that ends."),
    ("Charges and reversals", "Usage booked at once, and usage given back."),
    ("History", "Everything that was booked, and usage in sums."),
    ("Reports", "The pieces of work that usage belongs to."),
    ("Lots and limits", "Where the credits came from, and who may spend how much of them."),
    ("Quotes", "What an operation would cost, before it runs."),
    ("Grants", "Credits given by those who run the installation."),
    ("Events", "What changes, as it changes."),
];

const ABOUT: &str = "Credits for products: hold them before the work, settle what it took. Amounts are \
    decimal texts, instants are RFC 3339. Every write carries an Idempotency-Key and is done once. Errors \
    are problem documents (RFC 9457) with stable codes.";

/// What stands in the file before any route.
pub fn beginning() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Scrip")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("scrip_live_… or scrip_test_…")
        .description(Some("An API key of the organisation, made on the page Developers."))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("api_key", SecurityScheme::Http(key))
        .schema("Problem", ProblemBody::schema())
        .schema("WrongField", WrongField::schema())
        .build();
    let tags =
        TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .tags(Some(tags))
        .components(Some(components))
        .build()
}

/// The whole file.
pub fn document() -> OpenApi {
    let mut document = super::described().into_openapi();
    let paths = std::mem::take(&mut document.paths.paths);
    let whole = paths.into_iter().map(|(path, item)| (format!("{API_PATH}{path}"), item));
    document.paths.paths = whole.collect();
    document
}

/// The whole file as JSON, made once.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| document().to_pretty_json().unwrap_or_default());
    &TEXT
}

/// What went wrong, in a shape that programs and people can both use (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A URN that ends in the code.
    #[schema(example = "urn:scrip:problem:insufficient_credits")]
    r#type: String,
    /// Go by this: it never changes its meaning.
    #[schema(example = "insufficient_credits")]
    code: String,
    /// The heading, the same for every problem of this code.
    title: String,
    /// What is wrong this time, as a sentence.
    detail: String,
    /// The HTTP status.
    status: u16,
    /// What would make the same request pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
    /// The fields of the body or the query that are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<WrongField>>,
    /// What to quote when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// The figures of a refusal, such as asked, available and shortfall.
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<BTreeMap<String, String>>,
    /// Where to go on: `buy` is the page that sells credits.
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<BTreeMap<String, String>>,
    /// Whole seconds to wait, as in the header Retry-After.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// One field that is wrong.
#[derive(Serialize, ToSchema)]
pub struct WrongField {
    /// Its name.
    field: String,
    /// What is wrong with it, and what would be right.
    message: String,
}

/// The errors that every route may answer with.
pub struct Errors;

const STATUSES: [(&str, &str); 13] = [
    ("400", "The idempotency key of a write is missing or no key"),
    ("401", "No key, or none that works"),
    ("402", "Not enough credits, or a limit; with what is short and where to buy"),
    ("403", "The key lacks the scope"),
    ("404", "Not here"),
    ("408", "The body did not arrive in time"),
    ("409", "It does not fit the state of things"),
    ("413", "The body is too large"),
    ("415", "The body is not JSON"),
    ("422", "A field is wrong, or the idempotency key was used for something else"),
    ("429", "Too many calls with this key"),
    ("500", "A fault on our side; send it again with the same idempotency key"),
    ("503", "Busy, or the ledger cannot be reached; send it again after Retry-After seconds"),
];

impl IntoResponses for Errors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = || {
            let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
            ContentBuilder::new().schema(Some(schema)).build()
        };
        let response = |about: &str| {
            ResponseBuilder::new().description(about).content(MEDIA_TYPE, problem()).build()
        };
        let responses = STATUSES.map(|(status, about)| (status.to_owned(), response(about).into()));
        responses.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_the_file_names_is_in_it() {
        let file: serde_json::Value = serde_json::from_str(text()).unwrap();
        let schemas = file["components"]["schemas"].as_object().unwrap();
        let mut named = 0;
        for part in text().split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
            named += 1;
        }
        assert!(named > 20);
        assert_eq!(file["openapi"], "3.1.0");
    }

    #[test]
    fn every_route_has_a_tag_a_summary_and_one_scope() {
        let file: serde_json::Value = serde_json::from_str(text()).unwrap();
        for (path, item) in file["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let tag = operation["tags"][0].as_str().unwrap();
                assert!(TAGS.iter().any(|(name, _)| *name == tag), "{method} {path}: {tag}");
                assert!(operation["summary"].is_string(), "{method} {path}");
                let scopes = operation["security"][0]["api_key"].as_array().unwrap();
                assert_eq!(scopes.len(), 1, "{method} {path}");
            }
        }
    }
}
