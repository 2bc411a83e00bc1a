//! How the checkout page and its messages look.

use axum::http::StatusCode;
use serde_json::Value;

use super::super::cards::{Authentication, Outcome, TestCard};
use super::super::html::{Page, escape, origin};
use super::super::test_cards::{OFFERED_CARDS, TEST_CARDS};
use super::super::work::{integer, text};
use super::super::{means, money};
use super::Shown;
use super::countries::COUNTRIES;
use super::form::{Problems, Typed};

const SCRIPT: &str = include_str!("../pages/checkout.js");

/// What stands above everything, on every page.
pub(crate) const BANNER: &str = "<p class=\"banner\" role=\"note\"><strong>Test mode – no money moves</strong>\
    <span>Only test cards work here. Never type a real one.</span></p>";

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
    let back = back(shown);
    format!(
        "<section class=\"order\" aria-label=\"Your order\"><p class=\"merchant\">{mark}{merchant}</p>\
         <h1>Pay {merchant}</h1><p class=\"amount\">{amount}<small>{code}</small></p>\
         <div class=\"receipt\"><ul>{items}</ul><dl class=\"total\"><dt>Total due today</dt>\
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
        total = escape(&money::format(integer(item, "amount_total"), currency)),
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
    format!(
        "<form class=\"checkout-form\" method=\"post\" action=\"/c/pay/{id}\" novalidate>\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">{email}{methods}{card}{debit}\
         <div class=\"pair\">{name}{country}</div>{consent}<button class=\"submit\">{label}</button>{after}\
         <p class=\"small\">This is a test server. No bank is asked, nothing is charged.</p></form>",
        id = escape(text(session, "id")),
        token = escape(&shown.token),
        email = email(session, typed, problems),
        methods = methods(session, typed),
        card = card(session, typed, problems),
        debit = debit(session, typed),
        name = field(&NAME, &typed.name, problems),
        country = country(typed, problems),
        consent = custom_text(session, "submit"),
        label = escape(&submit_label(session)),
        after = custom_text(session, "after_submit"),
    )
}

/// A text field as it always is.
struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    attributes: &'static str,
}

const EMAIL: Field = Field {
    name: "email",
    label: "E-mail",
    kind: "email",
    attributes: "autocomplete=\"email\" placeholder=\"name@example.com\" required",
};
const NUMBER: Field = Field {
    name: "number",
    label: "Card number",
    kind: "text",
    attributes: "inputmode=\"numeric\" autocomplete=\"off\" placeholder=\"4242 4242 4242 4242\" maxlength=\"23\"",
};
const EXPIRY: Field = Field {
    name: "expiry",
    label: "Expiry",
    kind: "text",
    attributes: "inputmode=\"numeric\" autocomplete=\"off\" placeholder=\"MM / YY\" maxlength=\"9\"",
};
const CVC: Field = Field {
    name: "cvc",
    label: "Security code",
    kind: "text",
    attributes: "inputmode=\"numeric\" autocomplete=\"off\" placeholder=\"123\" maxlength=\"4\"",
};
const NAME: Field = Field {
    name: "name",
    label: "Name",
    kind: "text",
    attributes: "autocomplete=\"name\" placeholder=\"Test Payer\" maxlength=\"150\" required",
};

fn field(field: &Field, value: &str, problems: &Problems) -> String {
    let Field { name, label, kind, attributes } = field;
    let (state, mistake) = mistake(name, problems);
    format!(
        "<div><label for=\"{name}\">{label}</label><input type=\"{kind}\" id=\"{name}\" name=\"{name}\" \
         value=\"{value}\" {attributes}{state}>{mistake}</div>",
        value = escape(value),
    )
}

/// The attributes and the sentence of a field that has a problem.
fn mistake(name: &str, problems: &Problems) -> (String, String) {
    match problems.iter().find(|(field, _)| *field == name) {
        None => (String::new(), String::new()),
        Some((_, problem)) => (
            format!(" aria-invalid=\"true\" aria-describedby=\"{name}-mistake\""),
            format!("<p class=\"mistake\" id=\"{name}-mistake\">{}</p>", escape(problem)),
        ),
    }
}

fn email(session: &Value, typed: &Typed, problems: &Problems) -> String {
    match session["customer_email"].as_str() {
        None => field(&EMAIL, &typed.email, problems),
        Some(known) => format!(
            "<div><label for=\"email\">E-mail</label><input type=\"email\" id=\"email\" name=\"email\" \
             value=\"{}\" readonly></div>",
            escape(known)
        ),
    }
}

fn methods(session: &Value, typed: &Typed) -> String {
    let takes_card = means::offered(session, "card");
    let takes_debit = means::debit_offered(session).is_some();
    let mut choices = String::new();
    for (offered, value, label) in
        [(takes_card, "card", "Card"), (takes_debit, "debit", "Bank debit")]
    {
        if offered {
            let checked = if typed.method == value { " checked" } else { "" };
            choices.push_str(&format!(
                "<label for=\"method-{value}\"><input type=\"radio\" id=\"method-{value}\" name=\"method\" \
                 value=\"{value}\"{checked}>{label}</label>"
            ));
        }
    }
    format!("<fieldset><legend>Pay with</legend><div class=\"methods\">{choices}</div></fieldset>")
}

fn card(session: &Value, typed: &Typed, problems: &Problems) -> String {
    if !means::offered(session, "card") {
        return String::new();
    }
    format!(
        "<div class=\"card\">{number}<div class=\"pair\">{expiry}{cvc}</div></div>",
        number = field(&NUMBER, &typed.number, problems),
        expiry = field(&EXPIRY, &typed.expiry, problems),
        cvc = field(&CVC, &typed.cvc, problems),
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

fn debit(session: &Value, typed: &Typed) -> String {
    if means::debit_offered(session).is_none() {
        return String::new();
    }
    let choices: String = [
        ("succeeds", "Succeeds later", "The order is placed at once and paid some seconds later."),
        ("fails", "Fails later", "The order is placed at once; then the bank refuses."),
    ]
    .iter()
    .map(|(value, label, detail)| {
        let checked = if typed.debit == *value { " checked" } else { "" };
        format!(
            "<label for=\"debit-{value}\"><input type=\"radio\" id=\"debit-{value}\" name=\"debit\" \
             value=\"{value}\"{checked}>{label}<small>{detail}</small></label>"
        )
    })
    .collect();
    format!(
        "<fieldset class=\"debit tests\"><legend class=\"hidden\">Bank debit</legend>\
         <p>Test bank account – what shall the bank say?</p><div class=\"choice\">{choices}</div></fieldset>"
    )
}

fn country(typed: &Typed, problems: &Problems) -> String {
    let options: String = COUNTRIES
        .iter()
        .map(|(code, name)| {
            let selected = if typed.country == *code { " selected" } else { "" };
            format!("<option value=\"{code}\"{selected}>{name}</option>")
        })
        .collect();
    let (state, mistake) = mistake("country", problems);
    format!(
        "<div><label for=\"country\">Country or region</label><select id=\"country\" name=\"country\" \
         autocomplete=\"country\"{state}>{options}</select>{mistake}</div>"
    )
}
