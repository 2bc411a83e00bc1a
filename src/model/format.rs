//! How figures are printed for people: the same on the server and in the browser.

use crate::ledger::{Credits, Money};

/// Currencies that have no minor unit (ISO 4217); every other one is printed with two places.
const WITHOUT_MINOR_UNIT: [&str; 6] = ["JPY", "KRW", "VND", "CLP", "ISK", "XAF"];

/// "1,234.5": thousands separated, no trailing zeros, a real minus sign.
pub fn format_credits(credits: Credits) -> String {
    let text = credits.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("−", rest),
        None => ("", text.as_str()),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let point = if places.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{places}", with_thousands(whole))
}

/// "+12" or "−3": for columns in which the direction is the point.
pub fn format_signed_credits(credits: Credits) -> String {
    let text = format_credits(credits);
    if credits.is_positive() { format!("+{text}") } else { text }
}

/// "1 credit", "3 credits", "0.5 credits".
pub fn credits_phrase(credits: Credits) -> String {
    let text = format_credits(credits);
    if text == "1" { "1 credit".to_owned() } else { format!("{text} credits") }
}

/// "$1,000.00", "€45.00", "12.00 CHF".
pub fn format_money(money: &Money) -> String {
    let currency = money.currency.as_str().to_ascii_uppercase();
    let absolute = money.minor.unsigned_abs();
    let figure = if WITHOUT_MINOR_UNIT.contains(&currency.as_str()) {
        with_thousands(&absolute.to_string())
    } else {
        format!("{}.{:02}", with_thousands(&(absolute / 100).to_string()), absolute % 100)
    };
    let sign = if money.minor < 0 { "−" } else { "" };
    match currency.as_str() {
        "USD" => format!("{sign}${figure}"),
        "EUR" => format!("{sign}€{figure}"),
        "GBP" => format!("{sign}£{figure}"),
        _ => format!("{sign}{figure} {currency}"),
    }
}

/// "1 report", "2 reports".
pub fn count_phrase(count: u64, singular: &str, plural: &str) -> String {
    let noun = if count == 1 { singular } else { plural };
    format!("{} {noun}", with_thousands(&count.to_string()))
}

fn with_thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().expect("a decimal")
    }

    #[test]
    fn credits_read_as_a_person_would_write_them() {
        assert_eq!(format_credits(credits("0")), "0");
        assert_eq!(format_credits(credits("999")), "999");
        assert_eq!(format_credits(credits("1234567.5")), "1,234,567.5");
        assert_eq!(format_credits(credits("-1000")), "−1,000");
        assert_eq!(format_signed_credits(credits("12")), "+12");
        assert_eq!(credits_phrase(credits("1")), "1 credit");
        assert_eq!(credits_phrase(credits("0")), "0 credits");
    }

    #[test]
    fn a_count_names_its_noun_in_the_right_number() {
        assert_eq!(count_phrase(1, "report", "reports"), "1 report");
        assert_eq!(count_phrase(1200, "report", "reports"), "1,200 reports");
    }
}
