//! Plain forms and scripts call the same server functions; this is where their answers part ways.
//!
//! A script gets JSON, and a problem as `application/problem+json` with its status. A browser that
//! posted a form gets a page: after success a 303 to where the function said (or back), after a refusal
//! the form's own page again, with the message, what was typed, and the problem's status. Nothing is
//! kept on the server for this: the page is rendered inside the answer to the post.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use tower::ServiceExt;

use crate::model::Problem;
use crate::model::page_request::FormReply;
use crate::web::form_page::{self, TOKEN, page_before};
use crate::web::pages::{self, Site};
use crate::web::security::{self, FORM_BODY_BYTES, FORM_BODY_TIME, RequestReference};

/// Longest answer of a server function that is read to look for a problem, in bytes.
/// An upload's problem brings its text fields back with it.
const PROBLEM_BYTES: usize = 1024 * 1024;

/// Fields that are never sent back to the page they came from.
const SECRET_FIELDS: [&str; 2] = ["password", TOKEN];

/// What is kept of an ordinary form while its function works.
#[derive(Default)]
struct Kept {
    /// Its fields for the page that shows them again, without secrets.
    values: Vec<(String, String)>,
    /// The secret of the link behind which the form stood, for that page's address.
    token: Option<String>,
}

/// Functions whose form carries files: the library beneath them fails on any other kind of body.
const UPLOADS: [&str; 2] = ["/api/start_analysis", "/api/check_mass_grant"];

/// `POST /api/{function}`.
pub async fn call(State(site): State<Site>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let from_page = accepts_html(&parts.headers);
    if UPLOADS.contains(&parts.uri.path()) && !is_upload(&parts.headers) {
        return refuse(&site, &parts, from_page, not_an_upload(), Kept::default()).await;
    }
    let (body, kept) = match keep_values(&parts, body, from_page).await {
        Ok(kept) => kept,
        Err(problem) => return refuse(&site, &parts, from_page, problem, Kept::default()).await,
    };
    let asked = parts.clone();
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let context = pages::context(&site);
    let inner = Request::from_parts(parts, body);
    let answer = leptos_axum::handle_server_fns_with_context(context, inner).await;
    let answer = axum::response::IntoResponse::into_response(answer);
    if answer.status().is_success() || answer.status().is_redirection() {
        return if from_page { onward(&asked, &kept, answer) } else { answer };
    }
    let problem = problem_in(answer, &asked).await;
    refuse(&site, &asked, from_page, problem, kept).await
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn is_upload(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| multer::parse_boundary(kind).is_ok())
}

fn not_an_upload() -> Problem {
    let detail = "This form is sent as multipart/form-data, with its files.";
    Problem::new(422, "unreadable", "That could not be read", detail)
        .with_cure("Nothing was charged. Load the page again and send its form.")
}

/// No text that people mean holds this character, and a database may refuse to keep it.
fn holds_nul() -> Problem {
    let detail = "A text holds the character NUL, which cannot be kept.";
    Problem::new(422, "unreadable", "That could not be read", detail)
        .with_cure("Remove it and send the form again.")
}

/// Reads an ordinary form, no further than its limit and no longer than its time, and keeps its fields so
/// that a page can show them again; an upload passes through unread (its function puts the typed fields
/// into the problem).
async fn keep_values(parts: &Parts, body: Body, from_page: bool) -> Result<(Body, Kept), Problem> {
    if UPLOADS.contains(&parts.uri.path()) {
        return Ok((body, Kept::default()));
    }
    let reading = to_bytes(body, FORM_BODY_BYTES);
    let bytes: Bytes = security::within(FORM_BODY_TIME, reading)
        .await?
        .map_err(|_| security::too_large(FORM_BODY_BYTES))?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok((Body::from(bytes), Kept::default()));
    }
    if form_urlencoded::parse(&bytes).any(|(_, value)| value.contains('\0')) {
        return Err(holds_nul());
    }
    if !from_page {
        return Ok((Body::from(bytes), Kept::default()));
    }
    let fields =
        form_urlencoded::parse(&bytes).map(|(name, value)| (name.into_owned(), value.into_owned()));
    let mut kept = Kept::default();
    for (name, value) in fields {
        if name == TOKEN {
            kept.token = Some(value);
        } else if !SECRET_FIELDS.iter().any(|secret| name.contains(secret)) {
            kept.values.push((name, value));
        }
    }
    Ok((Body::from(bytes), kept))
}

/// After success: to where the function said, else back to the page the form stood on.
fn onward(asked: &Parts, kept: &Kept, answer: Response<Body>) -> Response<Body> {
    let (mut parts, _) = answer.into_parts();
    let back = page_before(&asked.headers, kept.token.as_deref()).unwrap_or_else(|| "/".to_owned());
    let back = HeaderValue::from_str(&back).unwrap_or(HeaderValue::from_static("/"));
    parts.headers.entry(header::LOCATION).or_insert(back);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    parts.status = StatusCode::SEE_OTHER;
    Response::from_parts(parts, Body::empty())
}

async fn problem_in(answer: Response<Body>, asked: &Parts) -> Problem {
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), PROBLEM_BYTES).await.unwrap_or_default();
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => problem,
        Err(_) if status == StatusCode::BAD_REQUEST => Problem::not_found("action"),
        Err(_) => {
            let reference = asked.extensions.get::<RequestReference>();
            let reference = reference.map(|it| it.0.to_string()).unwrap_or_default();
            tracing::error!(%status, reference, path = asked.uri.path(), "an answer of no known form");
            Problem::internal(reference)
        }
    }
}

/// The problem as JSON for a script; for a form its own page again, or the problem's page.
async fn refuse(
    site: &Site,
    asked: &Parts,
    from_page: bool,
    problem: Problem,
    mut kept: Kept,
) -> Response<Body> {
    if !from_page {
        return security::problem_response(&problem);
    }
    let back = page_before(&asked.headers, kept.token.as_deref());
    if problem.status == 401 {
        let next = crate::app::layout::encoded(back.as_deref().unwrap_or("/"));
        return see_other(&format!("/login?next={next}"));
    }
    let again = back.filter(|_| !matches!(problem.status, 403 | 404));
    let (path, reply) = match again {
        Some(path) => {
            let function = asked.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
            kept.values.extend(problem.typed.iter().cloned());
            let values = std::mem::take(&mut kept.values);
            (path, Some(FormReply { function, problem: problem.clone(), values }))
        }
        None => ("/problem".to_owned(), None),
    };
    render(site, asked, &path, problem, reply).await
}

fn see_other(path: &str) -> Response<Body> {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/login"));
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

/// The page at `path` as the answer to this post, with the problem's status.
async fn render(
    site: &Site,
    asked: &Parts,
    path: &str,
    problem: Problem,
    reply: Option<FormReply>,
) -> Response<Body> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let Ok(mut page) = Request::get(path).body(Body::empty()) else {
        return security::problem_response(&problem);
    };
    *page.extensions_mut() = asked.extensions.clone();
    if let Some(cookies) = asked.headers.get(header::COOKIE) {
        page.headers_mut().insert(header::COOKIE, cookies.clone());
    }
    let retry_after = problem.retry_after;
    let cookie = reply.as_ref().and_then(|reply| form_page::cookie(path, &reply.function));
    match reply {
        Some(reply) => page.extensions_mut().insert(reply).map(drop),
        None => page.extensions_mut().insert(problem).map(drop),
    };
    let mut answer = match site.pages().oneshot(page).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    if answer.status().is_success() {
        *answer.status_mut() = status;
    }
    if let Some(cookie) = cookie {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}
