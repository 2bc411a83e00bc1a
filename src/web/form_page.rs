//! Which page a form stood on, so that its answer can be that page again.
//!
//! Usually the browser's `Referer` says so. A page that was itself the answer to a post has that post's
//! address, so its own is kept in a cookie; a secret in it (an invitation's token) never is: the form
//! brings it.

use axum::http::header::{self, HeaderMap, HeaderValue};

/// With a function's name behind it, the cookie that names the page whose form it refused: that page
/// then has the post's address, and only the browser knows where its forms first stood.
const FORM_PAGE_COOKIE: &str = "scrip_page_";

/// The field, in forms and in addresses, that holds the secret of a link.
pub const TOKEN: &str = "token";

/// The path and query of this site's page that the request came from; `token` is the form's own.
pub fn page_before(headers: &HeaderMap, token: Option<&str>) -> Option<String> {
    let referer: axum::http::Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    if referer.authority()?.as_str() != host {
        return None;
    }
    let path = referer.path_and_query()?.as_str();
    // A page that was itself the answer to a post has that post's address.
    match path.strip_prefix("/api/") {
        Some(function) => {
            let page = refused_page(headers, function.split('?').next().unwrap_or_default())?;
            Some(with_token(&page, token))
        }
        None => Some(path.to_owned()),
    }
}

/// The page that the answer of `function` said it was.
fn refused_page(headers: &HeaderMap, function: &str) -> Option<String> {
    let wanted = format!("{FORM_PAGE_COOKIE}{function}");
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let page = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then(|| value.to_owned()))?;
    let own = page.starts_with('/') && !page.starts_with("//") && !page.starts_with("/api/");
    own.then_some(page)
}

/// The page's address without secrets: a token in it is left empty, and whatever else may hold one (an
/// address within the address) is left out.
fn without_token(page: &str) -> String {
    let Some((path, query)) = page.split_once('?') else { return page.to_owned() };
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == TOKEN {
            kept.append_pair(TOKEN, "");
        } else if !name.contains(TOKEN) && !value.contains(TOKEN) {
            kept.append_pair(&name, &value);
        }
    }
    match kept.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// The address with the token that [`without_token`] left out, which the page's form brought with it.
fn with_token(page: &str, token: Option<&str>) -> String {
    let (Some((path, query)), Some(token)) = (page.split_once('?'), token) else {
        return page.to_owned();
    };
    let mut whole = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        whole.append_pair(&name, if name == TOKEN { token } else { &value });
    }
    format!("{path}?{}", whole.finish())
}

/// The cookie that [`refused_page`] reads. Every form of the page brings it back, not only the refused.
pub fn cookie(path: &str, function: &str) -> Option<HeaderValue> {
    let path = without_token(path);
    let named = function.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !named || path.contains([';', ',', '"', '\\']) {
        return None;
    }
    let cookie =
        format!("{FORM_PAGE_COOKIE}{function}={path}; Path=/api; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&cookie).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_a_link_gets_into_the_cookie_that_names_the_page() {
        assert_eq!(without_token("/invitation?token=s3cret"), "/invitation?token=");
        assert_eq!(without_token("/login?next=%2Finvitation%3Ftoken%3Ds3cret"), "/login");
        assert_eq!(without_token("/reports?sort=credits&after=x"), "/reports?sort=credits&after=x");
        let cookie = super::cookie("/setup?token=s3cret", "complete_setup").unwrap();
        assert!(!cookie.to_str().unwrap().contains("s3cret"), "{cookie:?}");
    }

    #[test]
    fn the_forms_own_token_completes_the_pages_address_again() {
        assert_eq!(with_token("/invitation?token=", Some("a b")), "/invitation?token=a+b");
        assert_eq!(with_token("/invitation?token=", None), "/invitation?token=");
        assert_eq!(with_token("/team/members", Some("x")), "/team/members");
    }
}
