//! The API as programs meet it: over real HTTP, with keys of every kind. Every answer is held against the
//! OpenAPI file, and every error against the table of errors.

mod described;
mod keys;
mod lists;
mod pages;
mod parking;
mod product;
mod quotes;
mod refusals;
mod scopes;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use scrip::backend::access::api_keys::{Maker, Mode, NewApiKey};
use scrip::backend::id;
use scrip::ledger::{ApiKeyId, DepartmentId, OrganisationId, UserId};
use scrip::model::api_errors;
use scrip::model::api_keys::{Scope, Scopes};
use scrip::model::permission::Role;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The premises with their API open to programs.
pub struct Desk {
    pub premises: Premises,
    pub base: String,
    pub client: reqwest::Client,
    file: Arc<File>,
}

/// The OpenAPI file, with its schemas ready to hold answers against.
struct File {
    text: Value,
    schemas: Mutex<HashMap<String, Arc<jsonschema::Validator>>>,
}

/// A program with a key.
pub struct Program {
    base: String,
    client: reqwest::Client,
    file: Arc<File>,
    pub id: ApiKeyId,
    pub secret: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A text in the body.
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// The status and the problem's code.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.text("code"))
    }
}

impl Desk {
    pub async fn open(database: TestDatabase) -> Desk {
        let premises = Premises::open(database).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = premises.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, site).await });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let base = format!("http://{address}/v1");
        let text = client.get(format!("{base}/openapi.json")).send().await.unwrap();
        let text: Value = text.json().await.unwrap();
        let file = Arc::new(File { text, schemas: Mutex::default() });
        Desk { premises, base, client, file }
    }

    /// A key of Northwind with these scopes.
    pub async fn key(&self, scopes: &[Scope]) -> Program {
        self.key_of(&self.premises.northwind, scopes, None, None).await
    }

    /// A key of an organisation, charged to a department, made by someone.
    pub async fn key_of(
        &self,
        organisation: &OrganisationId,
        scopes: &[Scope],
        department: Option<DepartmentId>,
        user: Option<UserId>,
    ) -> Program {
        let now = self.premises.backend.now();
        let (organisation, role) = (organisation.clone(), Role::Superadmin);
        let maker = Maker { organisation, user, role, staff: true };
        let new = NewApiKey {
            id: id::fresh(now, ApiKeyId::from_uuid_simple),
            name: "Image worker".into(),
            scopes: Scopes::of(scopes.iter().copied()),
            department,
        };
        let access = &self.premises.backend.access;
        let made = access.create_api_key(&maker, &new, Mode::Test, now).await.unwrap();
        self.program(made.id, made.secret.reveal())
    }

    /// A program that has this secret.
    pub fn program(&self, id: ApiKeyId, secret: &str) -> Program {
        Program {
            base: self.base.clone(),
            client: self.client.clone(),
            file: self.file.clone(),
            id,
            secret: secret.to_owned(),
        }
    }

    /// The other organisation.
    pub async fn southwind(&self) -> OrganisationId {
        let db = &self.premises.backend.db;
        let all = scrip::backend::store::organisation::list(db).await.unwrap();
        all.into_iter().find(|one| one.name == "Southwind").unwrap().id
    }

    /// The id of whoever has this address.
    pub async fn user(&self, email: &str) -> UserId {
        let db = &self.premises.backend.db;
        scrip::backend::store::user::find_by_email(db, email).await.unwrap().unwrap().id
    }
}

impl Program {
    pub async fn get(&self, path: &str) -> Told {
        self.send("get", path, None, None).await
    }

    /// A write under an idempotency key.
    pub async fn post(&self, path: &str, key: &str, body: Value) -> Told {
        self.send("post", path, Some(key), Some(body.to_string())).await
    }

    /// A request of any kind.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<String>,
    ) -> Told {
        let verb = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let mut request = self.client.request(verb, format!("{}{path}", self.base));
        request = request.bearer_auth(&self.secret);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} {text}"));
        let told = Told { status, headers, body };
        self.file.check(method, path, &told);
        told
    }

    /// What the balance says is available, and held.
    pub async fn balance(&self) -> (String, String) {
        let told = self.get("/balance").await;
        assert_eq!(told.status, 200, "{}", told.body);
        (told.text("available").to_owned(), told.text("held").to_owned())
    }

    /// A hold of so much: its id.
    pub async fn hold(&self, amount: &str, key: &str) -> String {
        let told = self.post("/holds", key, json!({ "amount": amount, "operation": "chat" })).await;
        assert_eq!(told.status, 201, "{}", told.body);
        told.text("id").to_owned()
    }
}

impl File {
    /// Holds an answer against the file: its status and its body.
    fn check(&self, method: &str, path: &str, told: &Told) {
        if told.status >= 400 {
            let kind = api_errors::find(told.text("code"));
            let kind = kind.unwrap_or_else(|| panic!("{} is not in the table", told.body));
            assert_eq!((kind.status, kind.title), (told.status, told.text("title")));
            assert_eq!(told.header("content-type"), "application/problem+json");
            assert!(
                told.status != 429 && told.status != 503
                    || told.headers.contains_key("retry-after")
            );
        }
        let Some(route) = self.route(path) else { return };
        let operation = &self.text["paths"][&route][method];
        if operation.is_null() {
            return;
        }
        let answers = operation["responses"].as_object().unwrap();
        let content = &answers.get(&told.status.to_string());
        let content = content.unwrap_or_else(|| panic!("{method} {route} says no {}", told.status));
        let kind = if told.status < 400 { "application/json" } else { "application/problem+json" };
        let name = format!("{method} {route} {}", told.status);
        let schema = self.schema(&name, &content["content"][kind]["schema"]);
        let wrong: Vec<String> =
            schema.iter_errors(&told.body).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?} in {}", told.body);
    }

    /// The route of the file that a path belongs to.
    fn route(&self, path: &str) -> Option<String> {
        let path = format!("/v1{}", path.split('?').next().unwrap_or_default());
        let words: Vec<&str> = path.split('/').collect();
        let fits = |route: &str| {
            let parts: Vec<&str> = route.split('/').collect();
            parts.len() == words.len()
                && parts
                    .iter()
                    .zip(&words)
                    .all(|(part, word)| part.starts_with('{') || part == word)
        };
        let routes = self.text["paths"].as_object().unwrap();
        routes.keys().find(|route| fits(route)).cloned()
    }

    fn schema(&self, name: &str, schema: &Value) -> Arc<jsonschema::Validator> {
        let mut known = self.schemas.lock().unwrap();
        let validator = known.entry(name.to_owned()).or_insert_with(|| {
            let mut whole = schema.clone();
            whole["components"] = self.text["components"].clone();
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap())
        });
        validator.clone()
    }
}
