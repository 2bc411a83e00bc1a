//! How figures are printed for people: the same on the server and in the browser.

use crate::catalogue::PricePerCredit;
use crate::catalogue::price::decimal_places;
use crate::ledger::{Credits, Currency, Money};

/// What is reckoned ahead is no figure of the ledger: whole credits are exact enough.
pub fn whole(credits: Credits) -> Credits {
    const WHOLE: i64 = crate::ledger::credits::MICRO_PER_CREDIT;
    Credits::from_micro(credits.micro() / WHOLE * WHOLE)
}

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

/// "$1,000.00", "€45.00", "12.00 CHF", "1,200 JPY".
pub fn format_money(money: &Money) -> String {
    format_places(money.minor, decimal_places(money.currency), money.currency)
}

/// "$0.091": one place more than prices have, so that packs can be told apart.
pub fn format_price_per_credit(price: PricePerCredit, currency: Currency) -> String {
    format_places(price.tenths_of_minor(), decimal_places(currency) + 1, currency)
}

/// "8.3 %" out of 833 hundredths of a percent; what is beyond the first place is cut, never rounded up.
pub fn format_basis_points(basis_points: u32) -> String {
    let tenths = basis_points / 10;
    match tenths % 10 {
        0 => format!("{} %", tenths / 10),
        rest => format!("{}.{rest} %", tenths / 10),
    }
}

/// An amount whose last `places` digits stand after the point, with its currency's sign or code.
fn format_places(amount: i64, places: usize, currency: Currency) -> String {
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let point = if places == 0 { "" } else { "." };
    let figure = format!("{}{point}{fraction}", with_thousands(whole));
    let sign = if amount < 0 { "−" } else { "" };
    match currency.as_str() {
        "USD" => format!("{sign}${figure}"),
        "EUR" => format!("{sign}€{figure}"),
        "GBP" => format!("{sign}£{figure}"),
        code => format!("{sign}{figure} {code}"),
    }
}

/// A file size for people, in decimal units: "812 bytes", "48.3 kB", "9.7 MB".
pub fn format_bytes(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// "1 report", "2 reports".
pub fn count_phrase(count: u64, singular: &str, plural: &str) -> String {
    let noun = if count == 1 { singular } else { plural };
    format!("{} {noun}", with_thousands(&count.to_string()))
}

/// "1,234": a count with its thousands separated.
pub fn grouped(count: u64) -> String {
    with_thousands(&count.to_string())
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

    fn money(minor: i64, currency: &str) -> String {
        let currency = Currency::parse(currency).expect("a currency");
        format_money(&Money { minor, currency })
    }

    #[test]
    fn money_has_the_places_of_its_currency() {
        assert_eq!(money(100_000, "USD"), "$1,000.00");
        assert_eq!(money(5, "EUR"), "€0.05");
        assert_eq!(money(-1_234_567, "GBP"), "−£12,345.67");
        assert_eq!(money(1_200, "JPY"), "1,200 JPY");
        assert_eq!(money(1_234, "KWD"), "1.234 KWD");
    }

    #[test]
    fn savings_never_claim_more_than_is_true() {
        assert_eq!(format_basis_points(1_666), "16.6 %");
        assert_eq!(format_basis_points(800), "8 %");
        assert_eq!(format_basis_points(9), "0 %");
    }

    #[test]
    fn file_sizes_are_in_decimal_units() {
        assert_eq!(format_bytes(999), "999 bytes");
        assert_eq!(format_bytes(48_390), "48.3 kB");
        assert_eq!(format_bytes(10_000_000), "10.0 MB");
    }

    #[test]
    fn a_count_names_its_noun_in_the_right_number() {
        assert_eq!(count_phrase(1, "report", "reports"), "1 report");
        assert_eq!(count_phrase(1200, "report", "reports"), "1,200 reports");
    }
}
