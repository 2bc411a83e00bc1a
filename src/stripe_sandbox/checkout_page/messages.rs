//! The pages that only say something: expired, paid, failed.

use axum::http::StatusCode;

use super::super::failure::Failure;
use super::super::html::{Page, escape};
use super::super::work::text;
use super::view::{BANNER, amount, mark};
use super::{Shown, success_address};

fn message(status: StatusCode, merchant: &str, title: &str, text: &str, link: String) -> Page {
    let body = format!(
        "{BANNER}<main class=\"message\">{}<h1>{}</h1><p>{}</p>{link}</main>",
        mark(merchant),
        escape(title),
        escape(text)
    );
    let title = format!("{title} – test mode");
    Page { status, title, body, script: None, form_targets: Vec::new() }
}

/// The page of a session that nobody paid in time.
pub(super) fn expired(shown: &Shown) -> Page {
    let link = match shown.session["cancel_url"].as_str() {
        Some(address) => link(address, &format!("Back to {}", shown.merchant)),
        None => String::new(),
    };
    let text = "Nothing was charged. Go back and start the purchase again to get a new one.";
    message(StatusCode::GONE, &shown.merchant, "This payment page has expired", text, link)
}

/// The page of a session that is paid, or that waits for the bank.
pub(super) fn paid(shown: &Shown) -> Page {
    let status = text(&shown.session, "payment_status");
    let amount = amount(&shown.session);
    let (title, text) = if status == "no_payment_required" {
        ("This is done", "There is nothing left to do here.".to_owned())
    } else if status == "paid" {
        (
            "This has been paid",
            format!("{amount} to {}. There is nothing left to do here.", shown.merchant),
        )
    } else {
        (
            "Waiting for the bank",
            format!("{amount} to {} is on its way. You need not pay again.", shown.merchant),
        )
    };
    let link = link(&success_address(&shown.session), &format!("Continue to {}", shown.merchant));
    message(StatusCode::OK, &shown.merchant, title, &text, link)
}

/// The page of something that went wrong.
pub(super) fn failed(failure: &Failure) -> Page {
    let title = if failure.status == StatusCode::NOT_FOUND {
        "There is no such payment page"
    } else {
        "This did not work"
    };
    message(failure.status, "?", title, failure.message(), String::new())
}

fn link(address: &str, label: &str) -> String {
    format!("<a class=\"submit\" href=\"{}\">{}</a>", escape(address), escape(label))
}
