//! What every answer carries and what no request may do: security headers with the content security
//! policy and its nonce, the request's reference, cross-site posts, body sizes.
//!
//! Layers, from the outside in: [`headers`] → [`secure_cookies`] → sessions → [`csrf_layer`] →
//! [`limit_body`] → `extract::identify` → routes. The page render takes its nonce from the request's
//! extensions: `provide_context(Nonce::from_value(nonce.0))` in Leptos' additional context, which
//! overrides the one that `leptos_axum` makes for itself, so header and scripts always agree.
//!
//! Never here: who someone is (`extract`), what they may do (`model::permission`).

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::middleware::Next;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::model::Problem;
use crate::model::problem::MEDIA_TYPE;

/// Largest body of an ordinary form or JSON request, in bytes.
pub const FORM_BODY_BYTES: usize = 256 * 1024;
/// How long such a body may be on its way, from its first byte to its last; then it is refused with 408.
pub const FORM_BODY_TIME: Duration = Duration::from_secs(30);
/// How long a browser insists on TLS once it has seen it, in seconds: one year.
const STRICT_TRANSPORT_SECONDS: u32 = 31_536_000;
/// The header that carries the request's reference.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), \
    geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// One random value a request, which scripts of the page carry and the policy names.
#[derive(Clone, Debug)]
pub struct CspNonce(pub Arc<str>);

/// What to quote when asking for help about a request; also in the header `x-request-id`.
#[derive(Clone, Debug)]
pub struct RequestReference(pub Arc<str>);

/// What the headers depend on. Built once at start.
#[derive(Clone, Debug)]
pub struct SecurityPolicy {
    /// Whether people reach this server over TLS (the public address begins with `https://`).
    pub tls: bool,
    /// The public address's origin, which may post even where a proxy rewrites `Host`.
    pub public_origin: String,
    /// Origins that a form may lead to besides our own: the payment provider's pages.
    pub checkout_origins: Vec<String>,
}

impl SecurityPolicy {
    /// The policy for an installation that is reached at `public_url`.
    pub fn new(public_url: &str, checkout_origins: Vec<String>) -> Self {
        SecurityPolicy {
            tls: public_url.starts_with("https://"),
            public_origin: origin_of(public_url),
            checkout_origins,
        }
    }

    /// The content security policy of a page whose scripts carry `nonce`.
    pub fn content_security_policy(&self, nonce: &str) -> String {
        page_policy(nonce, &self.checkout_origins.join(" "))
    }
}

/// The content security policy of a page: its own files, scripts with `nonce`, nothing inline, and
/// forms that lead here or to `form_origins` (space-separated; a redirect after a post counts too).
pub fn page_policy(nonce: &str, form_origins: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self' {form_origins}"
    )
}

/// `https://host:port` of an address: everything before its path.
fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{authority}")
}

/// Middleware: gives the request its nonce and reference, and the answer its headers.
///
/// `cache-control: no-store` unless the handler said otherwise: pages are private by default, and
/// only what is named (the program's own files) may be kept.
pub async fn headers(
    State(policy): State<Arc<SecurityPolicy>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let nonce: Arc<str> = random_text().into();
    let reference: Arc<str> = uuid::Uuid::now_v7().simple().to_string().into();
    request.extensions_mut().insert(CspNonce(Arc::clone(&nonce)));
    request.extensions_mut().insert(RequestReference(Arc::clone(&reference)));
    let mut response = next.run(request).await;
    write_headers(response.headers_mut(), &policy, &nonce, &reference);
    response
}

fn write_headers(headers: &mut HeaderMap, policy: &SecurityPolicy, nonce: &str, reference: &str) {
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    set(REQUEST_ID, reference);
    if policy.tls {
        let value = format!("max-age={STRICT_TRANSPORT_SECONDS}; includeSubDomains");
        set(header::STRICT_TRANSPORT_SECURITY, &value);
    }
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    // A page that was given another nonce has written its own policy.
    if let Ok(content) = HeaderValue::from_str(&policy.content_security_policy(nonce)) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(content);
    }
}

/// 128 random bits as text that fits an attribute and a header.
fn random_text() -> String {
    let bytes: [u8; 16] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Middleware: where people come over TLS, every cookie is `Secure`, whoever wrote it. That also lets
/// the browser accept the removal of a `__Host-` cookie, which the session layer writes without it.
pub async fn secure_cookies(
    State(policy): State<Arc<SecurityPolicy>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if policy.tls && headers.contains_key(header::SET_COOKIE) {
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().map(with_secure).collect();
        headers.remove(header::SET_COOKIE);
        for cookie in cookies {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn with_secure(cookie: &HeaderValue) -> HeaderValue {
    let Ok(text) = cookie.to_str() else { return cookie.clone() };
    let attributes = text.split(';').skip(1);
    if attributes.into_iter().any(|attribute| attribute.trim().eq_ignore_ascii_case("secure")) {
        return cookie.clone();
    }
    HeaderValue::from_str(&format!("{text}; Secure")).unwrap_or_else(|_| cookie.clone())
}

/// The answer to a post that another site has sent.
type CsrfAnswer = fn(ProtectionError) -> Response<Body>;

/// Refuses writes that come from another site, by fetch metadata and origin.
pub fn csrf_layer(policy: &SecurityPolicy) -> CsrfLayer<CsrfAnswer> {
    let layer = CsrfLayer::new();
    // An address that is no origin (a wrong setting) only means that nothing is trusted beyond Host.
    let layer = layer.clone().add_trusted_origin(&policy.public_origin).unwrap_or(layer);
    layer.with_rejection_response(refuse_cross_site as CsrfAnswer)
}

fn refuse_cross_site(_error: ProtectionError) -> Response<Body> {
    let problem = Problem::new(
        403,
        "cross_site",
        "Sent from another site",
        "This request came from a page of another site, so nothing was done.",
    );
    problem_response(&problem.with_cure("Open the page here and send the form again."))
}

/// How large a body may be, by path prefix; what no prefix names has [`FORM_BODY_BYTES`].
#[derive(Clone, Debug, Default)]
pub struct BodyLimits {
    /// Prefix and largest body in bytes; the first that fits counts.
    pub larger: Vec<(&'static str, usize)>,
}

impl BodyLimits {
    fn limit_for(&self, path: &str) -> usize {
        self.larger
            .iter()
            .find(|(prefix, _)| path.starts_with(prefix))
            .map_or(FORM_BODY_BYTES, |(_, bytes)| *bytes)
    }
}

/// Middleware: refuses a body that announces too much, and cuts off one that turns out too large.
pub async fn limit_body(
    State(limits): State<Arc<BodyLimits>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let limit = limits.limit_for(request.uri().path());
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return problem_response(&too_large(limit));
    }
    next.run(cut_off(request, limit)).await
}

/// The same request with a body that fails once it passes `limit` bytes.
fn cut_off(mut request: Request, limit: usize) -> Request {
    DefaultBodyLimit::max(limit).apply(&mut request);
    axum::RequestExt::with_limited_body(request)
}

/// What `reading` a body gives, if it is all there within `time`: a sender that trickles keeps nothing
/// busy for ever.
///
/// # Errors
/// 408 when the time is over.
pub async fn within<T>(time: Duration, reading: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(time, reading).await.map_err(|_over| {
        let detail = format!("The form did not arrive within {} s.", time.as_secs());
        Problem::new(408, "too_slow", "That took too long", detail)
            .with_cure("Nothing was charged. Send it again over a faster connection, or send less.")
    })
}

/// 413 with the limit in words.
pub fn too_large(limit: usize) -> Problem {
    let limit = match limit / (1024 * 1024) {
        0 => format!("{} kB", limit / 1024),
        megabytes => format!("{megabytes} MB"),
    };
    Problem::too_large(format!("That is more than this page takes; the limit is {limit}."))
        .with_cure(format!("Send at most {limit}."))
}

/// A problem as an answer for programs. It also travels in the answer's extensions, from which an outer
/// layer makes a page for people.
pub fn problem_response(problem: &Problem) -> Response<Body> {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    response.extensions_mut().insert(problem.clone());
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What a sign-out answer tells the browser to forget. Not `"cookies"`: that would reach the whole
/// registered domain, which may hold other programs of the same people.
pub const CLEAR_SITE_DATA: (HeaderName, HeaderValue) = (
    HeaderName::from_static("clear-site-data"),
    HeaderValue::from_static("\"cache\", \"storage\""),
);

#[cfg(test)]
mod tests;
