//! What was typed on the page, and what is wrong with it.

use chrono::Datelike;
use serde_json::Value;

use super::super::cards::{self, TestCard};
use super::super::checkout::payment::Payer;
use super::super::customers::looks_like_email;
use super::super::means::{self, DebitOutcome, Means};
use super::super::taxes::{sessions, tax_ids};
use super::super::work::{integer, text};

/// The longest name that is taken.
const NAME_CHARACTERS: usize = 150;
/// How many years ahead an expiry may lie.
const EXPIRY_YEARS: i32 = 50;

/// Field names with the sentence about each, in the order of the page.
pub(crate) type Problems = Vec<(&'static str, String)>;

/// The form as it came, to be shown again as it was. The security code is never shown again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typed {
    pub token: String,
    pub email: String,
    pub method: String,
    pub number: String,
    pub expiry: String,
    pub cvc: String,
    pub name: String,
    pub country: String,
    pub line1: String,
    pub postal_code: String,
    pub city: String,
    pub tax_id: String,
    pub debit: String,
    /// `update` where only the sum is to be reckoned anew.
    pub action: String,
    /// The sum that the payer was shown, in minor units.
    pub total: String,
}

/// A form with nothing wrong.
pub(crate) struct Checked {
    pub means: Means,
    pub payer: Payer,
    /// The sum that the payer was shown.
    pub shown_total: Option<i64>,
}

impl Typed {
    /// The empty form of a session.
    pub fn for_session(session: &Value) -> Self {
        let first = session["payment_method_types"][0].as_str().unwrap_or("card");
        let details = &session["customer_details"];
        let known = |field: &str| text(&details["address"], field).to_owned();
        // Where taxes depend on it, nobody's country is guessed.
        let guess = if sessions::is_automatic(session) { "" } else { "US" };
        Typed {
            email: text(session, "customer_email").to_owned(),
            method: if first == "card" { "card" } else { "debit" }.to_owned(),
            name: text(details, "name").to_owned(),
            country: Some(known("country")).filter(|it| !it.is_empty()).unwrap_or(guess.to_owned()),
            line1: known("line1"),
            postal_code: known("postal_code"),
            city: known("city"),
            tax_id: text(&details["tax_ids"][0], "value").to_owned(),
            debit: "succeeds".to_owned(),
            ..Typed::default()
        }
    }

    /// Puts a test card into the form.
    pub fn fill(&mut self, card: TestCard) {
        self.method = "card".to_owned();
        self.number = card.spaced();
        self.expiry = "12 / 34".to_owned();
        self.cvc = if card.security_code_digits() == 4 { "1234" } else { "123" }.to_owned();
        if self.name.is_empty() {
            self.name = "Test Payer".to_owned();
        }
        if self.email.is_empty() {
            self.email = "payer@example.com".to_owned();
        }
    }

    /// Drops what must not be sent back to the browser: the security code, and any number that is
    /// not a public test number.
    pub fn without_secrets(mut self) -> Self {
        self.cvc.clear();
        if cards::find(&self.number).is_none() {
            self.number.clear();
        }
        self
    }

    /// Reads a posted form; fields that are missing are empty.
    pub fn read(body: &[u8]) -> Self {
        let mut typed = Typed { debit: "succeeds".to_owned(), ..Typed::default() };
        for (name, value) in form_urlencoded::parse(body) {
            let field = match name.as_ref() {
                "token" => &mut typed.token,
                "email" => &mut typed.email,
                "method" => &mut typed.method,
                "number" => &mut typed.number,
                "expiry" => &mut typed.expiry,
                "cvc" => &mut typed.cvc,
                "name" => &mut typed.name,
                "country" => &mut typed.country,
                "line1" => &mut typed.line1,
                "postal_code" => &mut typed.postal_code,
                "city" => &mut typed.city,
                "tax_id" => &mut typed.tax_id,
                "debit" => &mut typed.debit,
                "action" => &mut typed.action,
                "total" => &mut typed.total,
                _ => continue,
            };
            value.trim().clone_into(field);
        }
        typed
    }
}

/// Judges the form at an instant in seconds since the Unix epoch.
pub(crate) fn check(typed: &Typed, session: &Value, now: i64) -> Result<Checked, Problems> {
    let mut problems = Problems::new();
    let email = match text(session, "customer_email") {
        "" => typed.email.as_str(),
        known => known,
    };
    if !looks_like_email(email) {
        problems.push(("email", "Enter an e-mail address, such as name@example.com.".to_owned()));
    }
    let means = if typed.method == "debit" {
        check_debit(typed, session, &mut problems)
    } else {
        check_card(typed, session, now, &mut problems)
    };
    if typed.name.is_empty() {
        problems.push(("name", "Enter a name.".to_owned()));
    } else if typed.name.chars().count() > NAME_CHARACTERS {
        problems.push(("name", format!("Use at most {NAME_CHARACTERS} characters.")));
    }
    problems.extend(place_problems(typed, session));
    match means {
        Some(means) if problems.is_empty() => {
            let shown_total = shown_total(typed, session);
            Ok(Checked { means, payer: payer(typed, session), shown_total })
        }
        _ => Err(problems),
    }
}

/// Whether the page asks for a whole address.
pub(crate) fn asks_address(session: &Value) -> bool {
    text(session, "billing_address_collection") == "required"
}

/// Whether the page asks for a tax number.
pub(crate) fn asks_tax_id(session: &Value) -> bool {
    session["tax_id_collection"]["enabled"] == true
}

/// What is wrong with where the payer says to be.
fn place_problems(typed: &Typed, session: &Value) -> Problems {
    let mut problems = tax_place_problems(typed, session);
    if asks_address(session) {
        for (field, value) in [("line1", &typed.line1), ("city", &typed.city)] {
            if value.is_empty() {
                problems.push((field, "Fill in this part of the address.".to_owned()));
            }
        }
    }
    problems
}

/// What is wrong with what taxes depend on.
pub(crate) fn tax_place_problems(typed: &Typed, session: &Value) -> Problems {
    let mut problems = Problems::new();
    if !super::countries::COUNTRIES.iter().any(|(code, _)| *code == typed.country) {
        problems.push(("country", "Choose a country or region.".to_owned()));
        return problems;
    }
    if !asks_tax_id(session) || typed.tax_id.is_empty() {
        return problems;
    }
    let kind = tax_ids::kind_in(&typed.country);
    match kind.map(|kind| tax_ids::check(kind, &typed.tax_id)) {
        Some(Ok(_)) => {}
        Some(Err(_)) => {
            let sentence = "This is no tax number of that country, such as DE123456789.";
            problems.push(("tax_id", sentence.to_owned()));
        }
        None => {
            let sentence = "Tax numbers of that country are not taken here. Leave it empty.";
            problems.push(("tax_id", sentence.to_owned()));
        }
    }
    problems
}

/// Who pays, as typed.
pub(crate) fn payer(typed: &Typed, session: &Value) -> Payer {
    let email = match text(session, "customer_email") {
        "" => typed.email.as_str(),
        known => known,
    };
    let part = |value: &String| Some(value.clone()).filter(|it| !it.is_empty());
    let street = match asks_address(session) {
        true => [part(&typed.line1), part(&typed.postal_code), part(&typed.city)],
        false => [None, None, None],
    };
    Payer {
        email: email.to_owned(),
        name: typed.name.clone(),
        country: typed.country.clone(),
        street,
        tax_id: part(&typed.tax_id).filter(|_| asks_tax_id(session)),
    }
}

/// The sum that the payer was shown, where the page may change it.
fn shown_total(typed: &Typed, session: &Value) -> Option<i64> {
    let may_change = sessions::is_automatic(session);
    typed.total.parse().ok().filter(|_| may_change)
}

/// The sum as the form carries it.
pub(crate) fn total_of(session: &Value) -> String {
    integer(session, "amount_total").to_string()
}

fn check_debit(typed: &Typed, session: &Value, problems: &mut Problems) -> Option<Means> {
    if means::debit_offered(session).is_none() {
        problems.push(("method", "A bank debit is not offered for this payment.".to_owned()));
        return None;
    }
    let outcome = if typed.debit == "fails" { DebitOutcome::Fails } else { DebitOutcome::Succeeds };
    Some(Means::BankDebit { outcome })
}

fn check_card(typed: &Typed, session: &Value, now: i64, problems: &mut Problems) -> Option<Means> {
    if !means::offered(session, "card") {
        problems.push(("method", "Cards are not offered for this payment.".to_owned()));
        return None;
    }
    let card = cards::find(&typed.number);
    if card.is_none() {
        problems.push(("number", number_problem(&typed.number)));
    }
    let expiry = read_expiry(&typed.expiry, now);
    if let Err(problem) = &expiry {
        problems.push(("expiry", (*problem).to_owned()));
    }
    let digits = card.map_or(3, |card| card.security_code_digits());
    if typed.cvc.len() != digits || !typed.cvc.bytes().all(|byte| byte.is_ascii_digit()) {
        problems.push(("cvc", format!("Enter any {digits} digits.")));
    }
    let (exp_month, exp_year) = expiry.ok()?;
    Some(Means::Card { card: card?, exp_month, exp_year })
}

fn number_problem(number: &str) -> String {
    if number.is_empty() {
        return "Enter a test card number, or choose one from the list.".to_owned();
    }
    "Only test card numbers work here: this is not a real payment. Never type a real card."
        .to_owned()
}

/// `12 / 34`, `12/2034` or `1234`, not before the month of `now`.
fn read_expiry(typed: &str, now: i64) -> Result<(u32, u32), &'static str> {
    const MALFORMED: &str = "Enter month and year, such as 12 / 34.";
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let strange = typed.chars().any(|c| !c.is_ascii_digit() && !matches!(c, ' ' | '/' | '-'));
    if strange || !matches!(digits.len(), 4 | 6) {
        return Err(MALFORMED);
    }
    let month: u32 = digits[..2].parse().map_err(|_| MALFORMED)?;
    let year: i32 = digits[2..].parse().map_err(|_| MALFORMED)?;
    let year = if year < 100 { year + 2000 } else { year };
    if !(1..=12).contains(&month) {
        return Err(MALFORMED);
    }
    let today = chrono::DateTime::from_timestamp(now, 0).ok_or(MALFORMED)?;
    if (year, month) < (today.year(), today.month()) {
        return Err("This date is in the past.");
    }
    if year > today.year() + EXPIRY_YEARS {
        return Err(MALFORMED);
    }
    Ok((month, u32::try_from(year).map_err(|_| MALFORMED)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22.
    const NOW: i64 = 1_795_305_600;

    #[test]
    fn an_expiry_may_be_written_in_several_ways() {
        for typed in ["12 / 34", "12/34", "1234", "12/2034", "12-34"] {
            assert_eq!(read_expiry(typed, NOW), Ok((12, 2034)), "{typed}");
        }
    }

    #[test]
    fn this_month_is_not_past_and_last_month_is() {
        assert_eq!(read_expiry("11/26", NOW), Ok((11, 2026)));
        assert!(read_expiry("10/26", NOW).is_err());
    }

    #[test]
    fn nonsense_is_no_date() {
        for typed in ["", "13/34", "00/34", "1/34", "ab/cd", "12/34x", "12/9999"] {
            assert!(read_expiry(typed, NOW).is_err(), "{typed}");
        }
    }
}
