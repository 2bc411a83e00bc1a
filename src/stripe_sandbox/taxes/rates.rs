//! The table of test rates, and what a rate makes of an amount. Pure.

use serde_json::{Value, json};

/// Where the merchant is registered for taxes.
pub(crate) const HOME: &str = "DE";
/// Test rates by country, in thousandths.
pub(crate) const RATES: [(&str, i64); 4] = [("DE", 190), ("FR", 200), ("GB", 200), ("CH", 81)];
/// The countries of the European Union, as tax numbers of theirs begin or addresses name them.
pub(crate) const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Who is taxed: where they are, and whether they gave a VAT number of the European Union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub country: String,
    pub is_union_business: bool,
}

/// What is collected of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A rate, in thousandths.
    Standard(i64),
    /// The buyer accounts for it.
    ReverseCharge,
    /// The merchant is not registered there.
    NotCollecting,
}

/// What a rule makes of one amount, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taxed {
    pub tax: i64,
    /// What the tax is of.
    pub taxable: i64,
    /// What comes on top of the amount.
    pub on_top: i64,
}

impl Place {
    pub fn rule(&self) -> Rule {
        let elsewhere_in_union = self.country != HOME && UNION.contains(&self.country.as_str());
        if elsewhere_in_union && self.is_union_business {
            return Rule::ReverseCharge;
        }
        let known = RATES.iter().find(|(country, _)| *country == self.country);
        known.map_or(Rule::NotCollecting, |(_, thousandths)| Rule::Standard(*thousandths))
    }
}

impl Rule {
    /// The tax of an amount whose price says whether it contains its tax.
    pub fn of(self, amount: i64, inclusive: bool) -> Taxed {
        let Rule::Standard(thousandths) = self else {
            return Taxed { tax: 0, taxable: amount, on_top: 0 };
        };
        if inclusive {
            let tax = rounded(amount, thousandths, 1_000 + thousandths);
            return Taxed { tax, taxable: amount - tax, on_top: 0 };
        }
        let tax = rounded(amount, thousandths, 1_000);
        Taxed { tax, taxable: amount, on_top: tax }
    }

    /// Stripe's word for why it is so.
    pub fn reason(self) -> &'static str {
        match self {
            Rule::Standard(_) => "standard_rated",
            Rule::ReverseCharge => "reverse_charge",
            Rule::NotCollecting => "not_collecting",
        }
    }

    fn thousandths(self) -> i64 {
        match self {
            Rule::Standard(thousandths) => thousandths,
            Rule::ReverseCharge | Rule::NotCollecting => 0,
        }
    }

    /// Whether it is worth a line of its own: nothing that is not collected is.
    pub fn is_told(self) -> bool {
        self != Rule::NotCollecting
    }
}

/// `amount` × part ÷ whole to the nearest unit, halves away from zero.
fn rounded(amount: i64, part: i64, whole: i64) -> i64 {
    let (product, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    let half = if product < 0 { -whole } else { whole };
    i64::try_from((2 * product + half) / (2 * whole)).unwrap_or(i64::MAX)
}

/// The identifier of a rate: always the same for the same place and price.
pub(crate) fn rate_id(place: &Place, inclusive: bool) -> String {
    let how = if inclusive { "within" } else { "ontop" };
    let kind = if place.rule() == Rule::ReverseCharge { "reverse" } else { "standard" };
    format!("txr_test{}{kind}{how}", place.country)
}

/// The rate as Stripe's object of that name.
pub(crate) fn tax_rate(place: &Place, inclusive: bool, created: i64) -> Value {
    let percentage = percentage(place.rule().thousandths());
    json!({
        "id": rate_id(place, inclusive),
        "object": "tax_rate",
        "active": false,
        "country": place.country,
        "created": created,
        "description": null,
        "display_name": "VAT",
        "effective_percentage": percentage,
        "flat_amount": null,
        "inclusive": inclusive,
        "jurisdiction": place.country,
        "jurisdiction_level": "country",
        "livemode": false,
        "metadata": {},
        "percentage": percentage,
        "rate_type": "percentage",
        "state": null,
        "tax_type": "vat",
    })
}

/// 190 thousandths as the number 19, 81 as 8.1.
fn percentage(thousandths: i64) -> Value {
    let text = match thousandths % 10 {
        0 => (thousandths / 10).to_string(),
        rest => format!("{}.{rest}", thousandths / 10),
    };
    serde_json::from_str(&text).unwrap_or_default()
}

/// "DE 19 %, FR 20 %".
pub(crate) fn in_words() -> String {
    let words =
        RATES.map(|(country, thousandths)| format!("{country} {} %", percentage(thousandths)));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str, is_union_business: bool) -> Place {
        Place { country: country.to_owned(), is_union_business }
    }

    #[test]
    fn a_tax_on_top_and_a_tax_within_are_rounded_to_the_nearest_unit() {
        let german = place("DE", false).rule();
        assert_eq!(german.of(6_000, false), Taxed { tax: 1_140, taxable: 6_000, on_top: 1_140 });
        assert_eq!(german.of(6_000, true), Taxed { tax: 958, taxable: 5_042, on_top: 0 });
        assert_eq!(german.of(50, false).tax, 10, "9.5 is rounded up");
        assert_eq!(german.of(-50, false).tax, -10, "and as far down");
        assert_eq!(german.of(-6_000, true).tax, -958);
    }

    #[test]
    fn a_business_elsewhere_in_the_union_is_reverse_charged_and_one_at_home_is_not() {
        assert_eq!(place("FR", true).rule(), Rule::ReverseCharge);
        assert_eq!(place("FR", false).rule(), Rule::Standard(200));
        assert_eq!(place("DE", true).rule(), Rule::Standard(190));
        assert_eq!(place("GB", true).rule(), Rule::Standard(200));
        assert_eq!(place("US", false).rule(), Rule::NotCollecting);
        assert_eq!(place("FR", true).rule().of(6_000, false).on_top, 0);
    }

    #[test]
    fn a_percentage_is_a_number_without_needless_places() {
        assert_eq!(percentage(190).to_string(), "19");
        assert_eq!(percentage(81).to_string(), "8.1");
    }
}
