//! The fields of the payment form, with what is wrong beside each.

use serde_json::Value;

use super::super::html::escape;
use super::super::means;
use super::super::taxes::sessions;
use super::countries::COUNTRIES;
use super::form::{Problems, Typed, asks_address, asks_tax_id};

/// A text field as it always is.
pub(super) struct Field {
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

const LINE1: Field = Field {
    name: "line1",
    label: "Address",
    kind: "text",
    attributes: "autocomplete=\"address-line1\" maxlength=\"150\"",
};
const POSTAL_CODE: Field = Field {
    name: "postal_code",
    label: "Postcode",
    kind: "text",
    attributes: "autocomplete=\"postal-code\" maxlength=\"20\"",
};
const CITY: Field = Field {
    name: "city",
    label: "City",
    kind: "text",
    attributes: "autocomplete=\"address-level2\" maxlength=\"100\"",
};
const TAX_ID: Field = Field {
    name: "tax_id",
    label: "Tax number of a business (optional)",
    kind: "text",
    attributes: "autocomplete=\"off\" placeholder=\"DE123456789\" maxlength=\"30\"",
};

/// Who pays and from where: as much of it as the session asks for.
pub(super) fn billing(session: &Value, typed: &Typed, problems: &Problems) -> String {
    let name = field(&NAME, &typed.name, problems);
    let country = country(session, typed, problems);
    let mut fields = format!("<div class=\"pair\">{name}{country}</div>");
    if asks_address(session) {
        fields.push_str(&field(&LINE1, &typed.line1, problems));
        let postal_code = field(&POSTAL_CODE, &typed.postal_code, problems);
        let city = field(&CITY, &typed.city, problems);
        fields.push_str(&format!("<div class=\"pair\">{postal_code}{city}</div>"));
    }
    if asks_tax_id(session) {
        fields.push_str(&field(&TAX_ID, &typed.tax_id, problems));
    }
    if sessions::is_automatic(session) {
        fields.push_str(
            "<button class=\"act update\" name=\"action\" value=\"update\">Update total</button>",
        );
    }
    fields
}

pub(super) fn field(field: &Field, value: &str, problems: &Problems) -> String {
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

pub(super) fn email(session: &Value, typed: &Typed, problems: &Problems) -> String {
    match session["customer_email"].as_str() {
        None => field(&EMAIL, &typed.email, problems),
        Some(known) => format!(
            "<div><label for=\"email\">E-mail</label><input type=\"email\" id=\"email\" name=\"email\" \
             value=\"{}\" readonly></div>",
            escape(known)
        ),
    }
}

pub(super) fn methods(session: &Value, typed: &Typed) -> String {
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

pub(super) fn card(session: &Value, typed: &Typed, problems: &Problems) -> String {
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

pub(super) fn debit(session: &Value, typed: &Typed) -> String {
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

fn country(session: &Value, typed: &Typed, problems: &Problems) -> String {
    let unknown =
        if sessions::is_automatic(session) { "<option value=\"\">Choose…</option>" } else { "" };
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
         autocomplete=\"country\"{state}>{unknown}{options}</select>{mistake}</div>"
    )
}
