//! What was typed on the page, and what is wrong with it.

use chrono::Datelike;
use serde_json::Value;

use super::super::cards::{self, TestCard};
use super::super::checkout::payment::Payer;
use super::super::customers::looks_like_email;
use super::super::means::{self, DebitOutcome, Means};
use super::super::work::text;

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
    pub debit: String,
}

/// A form with nothing wrong.
pub(crate) struct Checked {
    pub means: Means,
    pub payer: Payer,
}

impl Typed {
    /// The empty form of a session.
    pub fn for_session(session: &Value) -> Self {
        let first = session["payment_method_types"][0].as_str().unwrap_or("card");
        Typed {
            email: text(session, "customer_email").to_owned(),
            method: if first == "card" { "card" } else { "debit" }.to_owned(),
            country: "US".to_owned(),
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
        self.name = "Test Payer".to_owned();
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
                "debit" => &mut typed.debit,
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
    if !super::countries::COUNTRIES.iter().any(|(code, _)| *code == typed.country) {
        problems.push(("country", "Choose a country or region.".to_owned()));
    }
    match means {
        Some(means) if problems.is_empty() => Ok(Checked { means, payer: payer(typed, email) }),
        _ => Err(problems),
    }
}

fn payer(typed: &Typed, email: &str) -> Payer {
    Payer { email: email.to_owned(), name: typed.name.clone(), country: typed.country.clone() }
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
