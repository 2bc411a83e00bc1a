//! The frame of every page the sandbox shows: escaping, style, a strict content security policy.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::identifier;

const STYLE: &str = include_str!("pages/pages.css");

/// A page to be shown.
pub(crate) struct Page {
    pub status: StatusCode,
    pub title: String,
    /// What stands within `<body>`, escaped already.
    pub body: String,
    /// A script that makes the page more convenient; it works without.
    pub script: Option<&'static str>,
    /// Other origins to which a form's answer may redirect.
    pub form_targets: Vec<String>,
}

/// Text made safe for HTML, within elements and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The origin of an absolute address, for the security policy.
pub(crate) fn origin(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).ok()?;
    url.origin().is_tuple().then(|| url.origin().ascii_serialization())
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let nonce = identifier::nonce();
        let script = match self.script {
            Some(script) => format!("<script nonce=\"{nonce}\">{script}</script>"),
            None => String::new(),
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <style nonce=\"{nonce}\">{STYLE}</style>\n</head>\n<body>\n{body}\n{script}</body>\n</html>\n",
            title = escape(&self.title),
            body = self.body,
        );
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
             img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}",
            self.form_targets.join(" ")
        );
        let mut response = (self.status, Html(html)).into_response();
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        assert_eq!(
            escape("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"
        );
    }

    #[test]
    fn only_the_origin_of_an_address_enters_the_policy() {
        assert_eq!(
            origin("https://shop.example:8443/a?b=c").as_deref(),
            Some("https://shop.example:8443")
        );
        assert_eq!(origin("data:,x"), None);
    }
}
