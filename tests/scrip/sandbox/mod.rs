//! The Stripe sandbox over real HTTP: what callers of the API, payers and webhook receivers meet.

mod api;
mod checkout;
mod control;
mod disputes;
mod receiver;
mod refunds;
mod saved_cards;
mod subscriptions;
mod webhooks;

use std::path::Path;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use scrip::stripe_sandbox::{RunningSandbox, Sandbox, SandboxClock, SandboxConfig, Step};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

const SECRET_KEY: &str = "sk_test_0123456789abcdefghij";
const WEBHOOK_SECRET: &str = "whsec_0123456789abcdefghij";
/// Milliseconds since the Unix epoch at which every story begins: 2026-09-21.
const START: i64 = 1_790_000_000_000;

/// A sandbox on a port of its own, with hands that the test moves.
struct Shop {
    sandbox: Sandbox,
    running: RunningSandbox,
    base: String,
    client: reqwest::Client,
    clock: SandboxClock,
    folder: TempDir,
}

impl Shop {
    async fn open() -> Shop {
        Shop::open_in(tempfile::tempdir().expect("a temporary folder"), None).await
    }

    async fn open_with_webhooks(url: &str) -> Shop {
        Shop::open_in(tempfile::tempdir().expect("a temporary folder"), Some(url.to_owned())).await
    }

    /// No worker runs: tests take the steps themselves, so nothing happens by chance.
    async fn open_in(folder: TempDir, webhook_url: Option<String>) -> Shop {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("its address"));
        let clock = SandboxClock::manual(START);
        let config = configuration(folder.path(), &base, webhook_url);
        let sandbox = Sandbox::open_at(config, clock.clone()).await.expect("the sandbox opens");
        let running = sandbox.serve(listener).expect("the sandbox serves");
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Shop { sandbox, running, base, client, clock, folder }
    }

    /// Stops everything and starts again on the same file.
    async fn restart(self) -> Shop {
        self.running.stop();
        Shop::open_in(self.folder, None).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = self.client.get(format!("{}/v1/{path}", self.base)).bearer_auth(SECRET_KEY);
        read(request.send().await.expect("an answer")).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        read(self.post_raw(path, form, None).await).await
    }

    async fn post_raw(&self, path: &str, form: &[(&str, &str)], key: Option<&str>) -> Response {
        let mut request = self.client.post(format!("{}/v1/{path}", self.base));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request.bearer_auth(SECRET_KEY).form(form).send().await.expect("an answer")
    }

    async fn control(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}/control/{path}", self.base));
        read(request.bearer_auth(SECRET_KEY).form(form).send().await.expect("an answer")).await
    }

    /// An open session for 1,000 credits at ten dollars.
    async fn session(&self) -> Value {
        let (status, session) = self.post("checkout/sessions", &PACK).await;
        assert_eq!(status, StatusCode::OK, "{session}");
        session
    }

    async fn session_again(&self, session: &Value) -> Value {
        self.get(&format!("checkout/sessions/{}", id(session))).await.1
    }

    /// Opens the hosted page and posts its form with these fields laid over a good one.
    async fn pay(&self, session: &Value, changes: &[(&str, &str)]) -> Response {
        let form = self.form(session, changes).await;
        self.submit(session, &form).await
    }

    /// The form of the hosted page, filled well and then changed.
    async fn form<'a>(
        &self,
        session: &Value,
        changes: &[(&'a str, &str)],
    ) -> Vec<(&'a str, String)> {
        let url = self.page_address(session);
        let page = self.client.get(url).send().await.expect("the page").text().await.expect("text");
        let mut form = vec![
            ("token", token_in(&page)),
            ("method", "card".to_owned()),
            ("number", "4242 4242 4242 4242".to_owned()),
            ("expiry", "12 / 34".to_owned()),
            ("cvc", "123".to_owned()),
            ("name", "Ada Lovelace".to_owned()),
            ("country", "GB".to_owned()),
            ("email", "ada@example.com".to_owned()),
        ];
        for (name, value) in changes {
            form.retain(|(existing, _)| existing != name);
            form.push((*name, (*value).to_owned()));
        }
        form
    }

    async fn submit(&self, session: &Value, form: &[(&str, String)]) -> Response {
        let request = self.client.post(self.page_address(session)).form(form);
        request.send().await.expect("an answer")
    }

    fn page_address(&self, session: &Value) -> String {
        format!("{}/c/pay/{}", self.base, id(session))
    }

    /// Event types, the oldest first.
    async fn event_types(&self) -> Vec<String> {
        let (_, list) = self.get("events?limit=100").await;
        let events = list["data"].as_array().expect("a list");
        let mut types: Vec<String> =
            events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect();
        types.reverse();
        types
    }

    /// Takes steps until nothing is due; how many there were.
    async fn work_until_idle(&self) -> usize {
        let mut steps = 0;
        while self.sandbox.step().await.expect("a step") == Step::Done {
            steps += 1;
        }
        steps
    }
}

const PACK: [(&str, &str); 7] = [
    ("mode", "payment"),
    ("success_url", "https://shop.example/return?session={CHECKOUT_SESSION_ID}"),
    ("cancel_url", "https://shop.example/cancel"),
    ("line_items[0][price_data][currency]", "usd"),
    ("line_items[0][price_data][unit_amount]", "1000"),
    ("line_items[0][price_data][product_data][name]", "1,000 credits"),
    ("line_items[0][quantity]", "1"),
];

fn configuration(folder: &Path, base: &str, webhook_url: Option<String>) -> SandboxConfig {
    SandboxConfig {
        secret_key: SECRET_KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        webhook_url,
        public_base: base.to_owned(),
        database: folder.join("sandbox.sqlite"),
        merchant_name: "Harbour & Sons".to_owned(),
        settlement_delay: Duration::from_secs(60),
    }
}

async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

fn token_in(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"token\" value=\"").expect("the page has a token");
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn location(response: &Response) -> &str {
    response.headers()["location"].to_str().expect("an address")
}
