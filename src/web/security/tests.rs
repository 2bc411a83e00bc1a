//! What a browser and a stranger see of the layers, through a small router.

use super::*;
use axum::response::AppendHeaders;
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};
use tower::ServiceExt;

const COOKIES: [(HeaderName, &str); 3] = [
    (header::SET_COOKIE, "scrip_theme=dark; Path=/; SameSite=Lax"),
    (header::SET_COOKIE, "__Host-scrip=; Path=/; Max-Age=0"),
    (header::SET_COOKIE, "__Host-scrip=x; Secure; Path=/"),
];

fn policy(public_url: &str) -> Arc<SecurityPolicy> {
    let checkout = vec!["https://checkout.stripe.com".to_owned()];
    Arc::new(SecurityPolicy::new(public_url, checkout))
}

fn router(policy: Arc<SecurityPolicy>) -> Router {
    let echo_nonce = |Extension(nonce): Extension<CspNonce>| async move { nonce.0.to_string() };
    let kept = || async { ([(header::CACHE_CONTROL, "max-age=60")], "kept") };
    let limits = Arc::new(BodyLimits { larger: vec![("/upload", FORM_BODY_BYTES * 4)] });
    Router::new()
        .route("/", get(echo_nonce))
        .route("/kept", get(kept))
        .route("/write", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route("/upload", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route("/cookies", get(|| async { AppendHeaders(COOKIES) }))
        .layer(middleware::from_fn_with_state(limits, limit_body))
        .layer(csrf_layer(&policy))
        .layer(middleware::from_fn_with_state(policy.clone(), secure_cookies))
        .layer(middleware::from_fn_with_state(policy, headers))
}

async fn answer(public_url: &str, request: Request) -> Response<Body> {
    router(policy(public_url)).oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn get_request(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post_from(site: &str, path: &str, bytes: usize) -> Request {
    Request::post(path)
        .header("host", "credits.example")
        .header("sec-fetch-site", site)
        .header("content-length", bytes)
        .body(Body::from(vec![b'x'; bytes]))
        .unwrap()
}

#[tokio::test]
async fn the_policy_names_the_nonce_that_the_page_was_given() {
    let response = answer("http://127.0.0.1:3000", get_request("/")).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = text(response).await;
    assert!(policy.contains(&format!("script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'")));
    assert!(policy.contains("form-action 'self' https://checkout.stripe.com"));
    assert!(!policy.contains("unsafe-inline"));
}

#[tokio::test]
async fn no_two_requests_share_a_nonce() {
    let one = text(answer("http://localhost", get_request("/")).await).await;
    let other = text(answer("http://localhost", get_request("/")).await).await;
    assert_ne!(one, other);
}

#[tokio::test]
async fn every_answer_even_a_404_carries_the_security_headers() {
    let response = answer("http://localhost", get_request("/nowhere")).await;
    assert_eq!(response.status(), 404);
    for name in [
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-opener-policy",
        "permissions-policy",
        "x-request-id",
    ] {
        assert!(response.headers().contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn tls_is_insisted_on_only_where_there_is_tls() {
    let plain = answer("http://localhost", get_request("/")).await;
    assert!(!plain.headers().contains_key("strict-transport-security"));
    let secure = answer("https://credits.example", get_request("/")).await;
    assert!(secure.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn pages_are_not_stored_unless_the_handler_says_so() {
    let private = answer("http://localhost", get_request("/")).await;
    assert_eq!(private.headers()["cache-control"], "no-store");
    let kept = answer("http://localhost", get_request("/kept")).await;
    assert_eq!(kept.headers()["cache-control"], "max-age=60");
}

#[tokio::test]
async fn a_post_from_another_site_is_refused_and_our_own_passes() {
    let refused = answer("https://credits.example", post_from("cross-site", "/write", 3)).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["content-type"], MEDIA_TYPE);
    let own = answer("https://credits.example", post_from("same-origin", "/write", 3)).await;
    assert_eq!(own.status(), 200);
}

#[tokio::test]
async fn a_body_at_the_limit_passes_and_one_byte_more_is_refused_with_the_limit() {
    let fits = post_from("same-origin", "/write", FORM_BODY_BYTES);
    assert_eq!(answer("http://localhost", fits).await.status(), 200);
    let over = post_from("same-origin", "/write", FORM_BODY_BYTES + 1);
    let response = answer("http://localhost", over).await;
    assert_eq!(response.status(), 413);
    assert!(text(response).await.contains("256 kB"));
}

#[tokio::test]
async fn a_body_that_does_not_announce_its_size_is_cut_off() {
    let pieces = (0..9).map(|_| Ok::<_, std::io::Error>(vec![b'x'; FORM_BODY_BYTES / 8]));
    let request = Request::post("/write").body(Body::from_stream(tokio_stream::iter(pieces)));
    assert_eq!(answer("http://localhost", request.unwrap()).await.status(), 413);
}

#[tokio::test]
async fn an_upload_path_takes_more() {
    let request = post_from("same-origin", "/upload", FORM_BODY_BYTES + 1);
    assert_eq!(answer("http://localhost", request).await.status(), 200);
}

#[tokio::test]
async fn over_tls_every_cookie_is_secure_and_without_it_none_is_changed() {
    let response = answer("https://credits.example", get_request("/cookies")).await;
    let cookies: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(
        cookies,
        [
            "scrip_theme=dark; Path=/; SameSite=Lax; Secure",
            "__Host-scrip=; Path=/; Max-Age=0; Secure",
            "__Host-scrip=x; Secure; Path=/",
        ]
    );
    let plain = answer("http://localhost", get_request("/cookies")).await;
    let cookies: Vec<_> = plain.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies, COOKIES.map(|(_, cookie)| cookie));
}
