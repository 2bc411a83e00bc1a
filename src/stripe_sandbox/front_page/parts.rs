//! What the sections share: tables, buttons, instants.

use super::super::html::escape;

/// A table with its headings, or a sentence when it has no rows. A heading that begins with `#` is
/// one of numbers.
pub(super) fn table(section: &str, headings: &[&str], rows: &str, empty: &str) -> String {
    if rows.is_empty() {
        return format!("<p class=\"empty\">{empty}</p>");
    }
    let headings: String = headings
        .iter()
        .map(|heading| match heading.strip_prefix('#') {
            Some(number) => format!("<th scope=\"col\" class=\"number\">{number}</th>"),
            None => format!("<th scope=\"col\">{heading}</th>"),
        })
        .collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{section}\"><table><thead>\
         <tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// A form of one button to a control route.
pub(super) fn button(route: &str, fields: &[(&str, &str)], label: &str, token: &str) -> String {
    let fields: String = fields
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
        })
        .collect();
    format!(
        "<form method=\"post\" action=\"/control/{route}\"><input type=\"hidden\" name=\"token\" \
         value=\"{token}\">{fields}<button class=\"act\">{label}</button></form>",
        route = escape(route),
        token = escape(token),
    )
}

/// A coloured word: `good`, `bad`, `wait` or nothing in particular.
pub(super) fn tag(class: &str, word: &str) -> String {
    format!("<span class=\"tag {class}\">{}</span>", escape(word))
}

/// The beginning of an id, which is enough to recognise it.
pub(super) fn short(id: &str) -> String {
    format!("<code title=\"{}\">{}…</code>", escape(id), escape(id.get(..16).unwrap_or(id)))
}

/// Seconds since the Unix epoch as people read them, in UTC.
pub(crate) fn moment(seconds: i64) -> String {
    let Some(moment) = chrono::DateTime::from_timestamp(seconds, 0) else {
        return "—".to_owned();
    };
    format!(
        "<time datetime=\"{}\">{}</time>",
        moment.to_rfc3339(),
        moment.format("%d %b %Y %H:%M:%S")
    )
}
