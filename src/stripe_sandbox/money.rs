//! Currencies: what Stripe charges at least, how many decimals they have, how people write them.

/// The largest amount in minor units that one payment may have.
pub(crate) const MAXIMUM_AMOUNT: i64 = 99_999_999;

struct Currency {
    code: &'static str,
    /// The smallest charge, in minor units.
    minimum: i64,
    decimals: u32,
    symbol: &'static str,
}

const fn currency(
    code: &'static str,
    minimum: i64,
    decimals: u32,
    symbol: &'static str,
) -> Currency {
    Currency { code, minimum, decimals, symbol }
}

const CURRENCIES: [Currency; 20] = [
    currency("usd", 50, 2, "$"),
    currency("eur", 50, 2, "€"),
    currency("gbp", 30, 2, "£"),
    currency("chf", 50, 2, "CHF\u{a0}"),
    currency("cad", 50, 2, "CA$"),
    currency("aud", 50, 2, "A$"),
    currency("nzd", 50, 2, "NZ$"),
    currency("sek", 300, 2, "SEK\u{a0}"),
    currency("nok", 300, 2, "NOK\u{a0}"),
    currency("dkk", 250, 2, "DKK\u{a0}"),
    currency("pln", 200, 2, "PLN\u{a0}"),
    currency("czk", 1500, 2, "CZK\u{a0}"),
    currency("inr", 50, 2, "₹"),
    currency("sgd", 50, 2, "S$"),
    currency("hkd", 400, 2, "HK$"),
    currency("brl", 50, 2, "R$"),
    currency("mxn", 1000, 2, "MX$"),
    currency("aed", 200, 2, "AED\u{a0}"),
    currency("jpy", 50, 0, "¥"),
    currency("krw", 700, 0, "₩"),
];

fn find(code: &str) -> Option<&'static Currency> {
    CURRENCIES.iter().find(|currency| currency.code.eq_ignore_ascii_case(code))
}

/// The code in lower case, when the sandbox knows it.
pub(crate) fn known_currency(code: &str) -> Option<String> {
    find(code).map(|currency| currency.code.to_owned())
}

/// All codes, for error messages.
pub(crate) fn codes() -> String {
    CURRENCIES.map(|currency| currency.code).join(", ")
}

/// The smallest amount Stripe would charge, in minor units.
pub(crate) fn minimum(code: &str) -> i64 {
    find(code).map_or(50, |currency| currency.minimum)
}

/// An amount of minor units as people write it: `$1,234.50`.
pub(crate) fn format(amount: i64, code: &str) -> String {
    let (decimals, symbol) = find(code).map_or((2, ""), |known| (known.decimals, known.symbol));
    let divisor = 10_u64.pow(decimals);
    let whole = amount.unsigned_abs() / divisor;
    let rest = amount.unsigned_abs() % divisor;
    let sign = if amount < 0 { "−" } else { "" };
    let fraction = match decimals {
        0 => String::new(),
        decimals => format!(".{rest:0width$}", width = decimals as usize),
    };
    format!("{sign}{symbol}{}{fraction}", grouped(whole))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_their_currencys_decimals() {
        assert_eq!(format(123_450, "usd"), "$1,234.50");
        assert_eq!(format(5, "eur"), "€0.05");
        assert_eq!(format(1_234_567, "jpy"), "¥1,234,567");
        assert_eq!(format(-2_500, "chf"), "−CHF\u{a0}25.00");
    }
}
