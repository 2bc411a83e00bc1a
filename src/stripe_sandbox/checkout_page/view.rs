//! How the checkout page looks: the order, the test cards, the form around its fields.

use axum::http::StatusCode;
use serde_json::Value;

use super::super::cards::{Authentication, Outcome, TestCard};
use super::super::html::{Page, escape, origin};
use super::super::taxes::sessions;
use super::super::test_cards::{OFFERED_CARDS, TEST_CARDS};
use super::super::work::{integer, text};
use super::super::{means, money};
use super::Shown;
use super::fields::{billing, card, debit, email, methods};
use super::form::{Problems, Typed, total_of};
use super::sums::sums;

const SCRIPT: &str = include_str!("../pages/checkout.js");

/// What stands above everything, on every page.
pub(crate) const BANNER: &str = "<p class=\"banner\" role=\"note\"><strong>Test mode – no money moves</strong>\
    <span>Only test cards work here. Never type a real one.</span></p>";

/// The first button of a form is what the enter key presses: it pays, also where another one stands above.
const ENTER_PAYS: &str =
    "<button class=\"hidden\" tabindex=\"-1\" aria-hidden=\"true\">Pay</button>";

/// The page of an open session.
pub(super) fn checkout(
    shown: &Shown,
    typed: &Typed,
    problems: &Problems,
    declined: Option<&str>,
    status: StatusCode,
) -> Page {
    let body = format!(
        "{BANNER}<main class=\"checkout\">{order}{tests}<section class=\"pay\" aria-labelledby=\"pay-title\">\
         <h2 id=\"pay-title\">{heading}</h2>{alert}{form}</section></main>",
        heading = if is_setup(&shown.session) { "Your card" } else { "Payment" },
        order = order(shown),
        tests = test_cards(&shown.session),
        alert = alert(problems, declined),
        form = form(shown, typed, problems),
    );
    Page {
        status,
        title: match is_setup(&shown.session) {
            true => format!("Save a card for {} – test mode", shown.merchant),
            false => format!("Pay {} – test mode", shown.merchant),
        },
        body,
        script: Some(SCRIPT),
        form_targets: targets(&shown.session),
    }
}

fn targets(session: &Value) -> Vec<String> {
    ["success_url", "cancel_url"].iter().filter_map(|field| origin(text(session, field))).collect()
}

pub(super) fn mark(merchant: &str) -> String {
    let letter: String = merchant.chars().take(1).flat_map(char::to_uppercase).collect();
    format!("<span class=\"mark\" aria-hidden=\"true\">{}</span>", escape(&letter))
}

pub(super) fn amount(session: &Value) -> String {
    money::format(integer(session, "amount_total"), text(session, "currency"))
}

/// Whether the session only keeps a card.
pub(super) fn is_setup(session: &Value) -> bool {
    text(session, "mode") == "setup"
}

fn order(shown: &Shown) -> String {
    let session = &shown.session;
    if is_setup(session) {
        return setup_order(shown);
    }
    let currency = text(session, "currency");
    let items: String = shown.items.iter().map(item).collect();
    let sums = sums(session, &shown.items);
    let back = back(shown);
    format!(
        "<section class=\"order\" aria-label=\"Your order\"><p class=\"merchant\">{mark}{merchant}</p>\
         <h1>Pay {merchant}</h1><p class=\"amount\">{amount}<small>{code}</small></p>\
         <div class=\"receipt\"><ul>{items}</ul>{sums}<dl class=\"total\"><dt>Total due today</dt>\
         <dd>{amount}</dd></dl></div>{back}</section>",
        mark = mark(&shown.merchant),
        merchant = escape(&shown.merchant),
        amount = escape(&amount(session)),
        code = escape(&currency.to_uppercase()),
    )
}

fn setup_order(shown: &Shown) -> String {
    format!(
        "<section class=\"order\" aria-label=\"What you agree to\"><p class=\"merchant\">{mark}{merchant}</p>\
         <h1>Save a card for {merchant}</h1><p>Nothing is charged now. {merchant} may charge this card \
         later, as you agreed there.</p>{back}</section>",
        mark = mark(&shown.merchant),
        merchant = escape(&shown.merchant),
        back = back(shown),
    )
}

fn back(shown: &Shown) -> String {
    match shown.session["cancel_url"].as_str() {
        Some(address) => format!(
            "<a class=\"back\" href=\"{}\">← Cancel and go back to {}</a>",
            escape(address),
            escape(&shown.merchant)
        ),
        None => String::new(),
    }
}

/// A sentence that the merchant wrote for this place.
fn custom_text(session: &Value, place: &str) -> String {
    match session["custom_text"][place]["message"].as_str() {
        Some(message) => format!("<p class=\"small\">{}</p>", escape(message)),
        None => String::new(),
    }
}

/// What the button says.
fn submit_label(session: &Value) -> String {
    match text(session, "mode") {
        "setup" => "Save card".to_owned(),
        "subscription" if integer(session, "amount_total") == 0 => "Start trial".to_owned(),
        "subscription" => format!("Subscribe for {}", amount(session)),
        _ => format!("Pay {}", amount(session)),
    }
}

fn item(item: &Value) -> String {
    let currency = text(item, "currency");
    let quantity = integer(item, "quantity");
    let each = money::format(integer(&item["price"], "unit_amount"), currency);
    let detail = if quantity == 1 {
        String::new()
    } else {
        format!("<small>{quantity} × {}</small>", escape(&each))
    };
    format!(
        "<li><span><b>{name}</b>{detail}</span><span>{total}</span></li>",
        name = escape(text(item, "description")),
        total = escape(&money::format(integer(item, "amount_subtotal"), currency)),
    )
}

fn alert(problems: &Problems, declined: Option<&str>) -> String {
    if let Some(message) = declined {
        return format!(
            "<div class=\"alert\" role=\"alert\" id=\"declined\"><strong>{}</strong>Nothing was charged. \
             Try another card.</div>",
            escape(message)
        );
    }
    if problems.is_empty() {
        return String::new();
    }
    let list: String = problems
        .iter()
        .map(|(field, problem)| match *field {
            "form" | "method" => format!("<li>{}</li>", escape(problem)),
            field => format!("<li><a href=\"#{field}\">{}</a></li>", escape(problem)),
        })
        .collect();
    format!(
        "<div class=\"alert\" role=\"alert\"><strong>Please check what you typed</strong><ul>{list}</ul></div>"
    )
}

fn form(shown: &Shown, typed: &Typed, problems: &Problems) -> String {
    let session = &shown.session;
    let billing = billing(session, typed, problems);
    // What the sum depends on comes first; else the card does.
    let (before, behind, enter) = match sessions::is_automatic(session) {
        true => (billing, String::new(), ENTER_PAYS),
        false => (String::new(), billing, ""),
    };
    format!(
        "<form class=\"checkout-form\" method=\"post\" action=\"/c/pay/{id}\" novalidate>\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <input type=\"hidden\" name=\"total\" value=\"{total}\">\
         {enter}{email}{before}{methods}{card}{debit}{behind}\
         {consent}<button class=\"submit\">{label}</button>{after}\
         <p class=\"small\">This is a test server. No bank is asked, nothing is charged.</p></form>",
        id = escape(text(session, "id")),
        token = escape(&shown.token),
        email = email(session, typed, problems),
        methods = methods(session, typed),
        card = card(session, typed, problems),
        debit = debit(session, typed),
        total = total_of(session),
        consent = custom_text(session, "submit"),
        label = escape(&submit_label(session)),
        after = custom_text(session, "after_submit"),
    )
}

fn test_cards(session: &Value) -> String {
    if !means::offered(session, "card") {
        return String::new();
    }
    let id = escape(text(session, "id"));
    let cards: String =
        TEST_CARDS.iter().take(OFFERED_CARDS).map(|card| test_card(card, &id)).collect();
    format!(
        "<aside class=\"tests\" aria-label=\"Test cards\"><p>Test cards – choose one to fill the form</p>\
         {cards}</aside>"
    )
}

fn test_card(card: &TestCard, session: &str) -> String {
    let class = match (card.outcome, card.authentication) {
        (Outcome::Declined(_), _) => "declines",
        (_, Authentication::Never) => "succeeds",
        _ => "asks",
    };
    let cvc = if card.security_code_digits() == 4 { "1234" } else { "123" };
    format!(
        "<a href=\"/c/pay/{session}?card={plain}\" data-card=\"{spaced}\" data-cvc=\"{cvc}\">\
         <code>{spaced}</code><span class=\"{class}\">{label}</span></a>",
        plain = card.number,
        spaced = card.spaced(),
        label = card.label,
    )
}
