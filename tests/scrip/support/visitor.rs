//! Someone with a browser (cookies and all) or a script in front of the real router, called in-process.
//!
//! To add a kind of visitor: a method on [`Premises`](super::premises::Premises) that signs one in.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use scraper::{Html, Selector};
use scrip::model::Problem;
use tokio_stream::StreamExt;
use tower::ServiceExt;

/// The site's authority, as `Host` and in the pages' own addresses.
pub const HOST: &str = "127.0.0.1:3000";
/// Longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// The content type of an ordinary form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Fields of a form, by name.
pub type Fields<'a> = &'a [(&'a str, &'a str)];

/// A visitor with a cookie jar of their own.
pub struct Visitor {
    router: Router,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// One request, before it is sent.
pub struct Asked<'a> {
    pub method: Method,
    pub path: &'a str,
    /// What is accepted: `text/html` for a browser's page, `application/json` for a script.
    pub accept: &'a str,
    /// Content type and body.
    pub body: Option<(String, Vec<u8>)>,
    /// Headers beside those that every browser sends.
    pub headers: &'a [(&'a str, &'a str)],
}

impl Visitor {
    /// A browser without cookies.
    pub fn new(router: Router) -> Visitor {
        Visitor { router, cookies: Mutex::default() }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Page {
        self.ask(Asked { method: Method::GET, path, accept: "text/html", body: None, headers: &[] })
            .await
    }

    /// Sends a form that stands on `page`, as a browser without scripts does.
    pub async fn post_form(&self, page: &str, function: &str, fields: Fields<'_>) -> Page {
        let referer = format!("http://{HOST}{page}");
        let headers = [("referer", referer.as_str()), ("sec-fetch-site", "same-origin")];
        self.post(function, "text/html", encoded(fields), &headers).await
    }

    /// Calls a function as a script does, with the same fields and JSON for an answer.
    pub async fn post_json(&self, function: &str, fields: Fields<'_>) -> Page {
        self.post(function, "application/json", encoded(fields), &[]).await
    }

    /// Calls a function with any body and headers.
    pub async fn post(
        &self,
        function: &str,
        accept: &str,
        body: (String, Vec<u8>),
        headers: &[(&str, &str)],
    ) -> Page {
        let path = format!("/api/{function}");
        let (method, body) = (Method::POST, Some(body));
        self.ask(Asked { method, path: &path, accept, body, headers }).await
    }

    /// Opens an event stream.
    pub async fn listen(&self, path: &str) -> Stream {
        let asked = Asked {
            method: Method::GET,
            path,
            accept: "text/event-stream",
            body: None,
            headers: &[],
        };
        let answer = self.send(asked).await;
        assert_eq!(answer.status(), StatusCode::OK);
        Stream(answer.into_body().into_data_stream())
    }

    /// Sends any request and keeps the cookies of the answer.
    pub async fn ask(&self, asked: Asked<'_>) -> Page {
        let (parts, body) = self.send(asked).await.into_parts();
        self.keep_cookies(&parts.headers);
        let bytes = to_bytes(body, ANSWER_BYTES).await.expect("the answer ends");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Page { status: parts.status, headers: parts.headers, text }
    }

    async fn send(&self, asked: Asked<'_>) -> Response<Body> {
        let mut request = Request::builder()
            .method(asked.method)
            .uri(asked.path)
            .header(header::HOST, HOST)
            .header(header::ACCEPT, asked.accept)
            .header(header::COOKIE, self.cookie_header());
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        let body = match asked.body {
            Some((kind, bytes)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                Body::from(bytes)
            }
            None => Body::empty(),
        };
        let request = request.body(body).expect("the test's request is well formed");
        self.router.clone().oneshot(request).await.expect("the router answers")
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().expect("no test panics while it holds the jar");
        let pairs: Vec<String> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Keeps names and values; a cookie that was made empty is gone.
    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().expect("no test panics while it holds the jar");
        for line in headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            match value {
                "" => cookies.remove(name),
                value => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

/// An open event stream.
pub struct Stream(BodyDataStream);

impl Stream {
    /// The next event as it comes, or nothing when the stream has ended. A stream that says nothing at
    /// all for a minute fails the test.
    pub async fn next(&mut self) -> Option<String> {
        let chunk = tokio::time::timeout(Duration::from_secs(60), self.0.next()).await;
        let chunk = chunk.expect("an event or the end")?.expect("the stream is not cut");
        Some(String::from_utf8_lossy(&chunk).into_owned())
    }
}

/// Fields as the body of an ordinary form.
pub fn encoded(fields: Fields<'_>) -> (String, Vec<u8>) {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    (FORM.to_owned(), body.finish().into_bytes())
}

/// Fields as the body of a form with uploads, without a file.
pub fn multipart(fields: Fields<'_>) -> (String, Vec<u8>) {
    let boundary = "a-boundary-that-no-field-has";
    let mut body: String = fields
        .iter()
        .map(|(name, value)| {
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        })
        .collect();
    body.push_str(&format!("--{boundary}--\r\n"));
    (format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
}

/// An answer, read to its end.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Page {
    /// The status as a number.
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where the answer leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The problem that a script was answered with.
    pub fn problem(&self) -> Problem {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("no problem ({error}) in: {}", self.text))
    }

    /// Whether the answer is a problem as programs read it, with the status of the answer.
    pub fn is_problem_json(&self) -> bool {
        let problem: Result<Problem, _> = serde_json::from_str(&self.text);
        self.header("content-type") == "application/problem+json"
            && problem.is_ok_and(|problem| problem.status == self.code())
    }

    /// What the answer says, for a test's own message: a page's main part, or the body as it came.
    pub fn says(&self) -> String {
        let main = self.texts("main").join(" ");
        let text = if main.is_empty() { self.text.clone() } else { main };
        format!("{} {}", self.code(), text.chars().take(600).collect::<String>())
    }

    /// What people read in the elements that `selector` finds, one text an element.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let found = parse(selector);
        let document = Html::parse_document(&self.text);
        let words = |element: scraper::ElementRef<'_>| {
            element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        document.select(&found).map(words).collect()
    }

    /// An attribute of the elements that `selector` finds and that have it.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let found = parse(selector);
        let document = Html::parse_document(&self.text);
        let values = document.select(&found).filter_map(|element| element.attr(name));
        values.map(str::to_owned).collect()
    }

    /// Where the page's links lead.
    pub fn links(&self) -> Vec<String> {
        self.attributes("a[href]", "href")
    }

    /// Where the page's forms post to, without their queries.
    pub fn forms(&self) -> Vec<String> {
        let actions = self.attributes("form[action]", "action");
        actions
            .iter()
            .map(|action| action.split('?').next().unwrap_or_default().to_owned())
            .collect()
    }

    /// What a field of the form that posts to `function` holds.
    pub fn field(&self, function: &str, name: &str) -> Option<String> {
        let form = format!("form[action^=\"/api/{function}\"] [name=\"{name}\"]");
        self.attributes(&form, "value").into_iter().next()
    }
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}
