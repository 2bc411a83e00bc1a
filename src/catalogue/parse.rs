//! A catalogue out of its TOML text, or everything that is wrong with it: line, field and cure.
//!
//! The file types below are what a person writes (prices as "60.00" in one currency); the catalogue's
//! own types are what the program uses and the browser gets.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::check::{self, Fault};
use super::own_amount::{FINER_PLACES, parse_price_per_credit};
use super::place::{field_at, line_at, place_of};
use super::price::{decimal_places, parse_money};
use super::{
    AnnualPackage, Catalogue, Nouns, Operation, OwnAmount, Pack, Plan, RateCard, Sale, Spending,
    Thresholds, Validity,
};
use crate::ledger::{Allowance, Credits, Currency, Money, Period, Rollover};

/// The catalogue that a new installation starts with, as it ships.
pub const BUILT_IN_TEXT: &str = include_str!("../../catalogues/ad-compliance.toml");

/// The catalogues that ship, by the name of their file.
pub const SHIPPED: [(&str, &str); 5] = [
    ("ad-compliance", BUILT_IN_TEXT),
    ("ai-suite", include_str!("../../catalogues/ai-suite.toml")),
    ("canvas", include_str!("../../catalogues/canvas.toml")),
    ("campaigns", include_str!("../../catalogues/campaigns.toml")),
    ("event-photos", include_str!("../../catalogues/event-photos.toml")),
];

/// The text of a catalogue that ships.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The catalogue that a new installation starts with.
pub fn built_in() -> Catalogue {
    from_toml("catalogues/ad-compliance.toml", BUILT_IN_TEXT)
        .expect("the shipped catalogue is checked by a test of this module")
}

/// Reads a catalogue from TOML. `name` is how errors call the file.
pub fn from_toml(name: &str, text: &str) -> Result<Catalogue, CatalogueError> {
    let file: CatalogueFile = typed(text).map_err(|fault| located(name, text, vec![fault]))?;
    let (mut catalogue, mut faults) = file.into_catalogue();
    faults.extend(check::faults(&catalogue));
    if !faults.is_empty() {
        let placed = faults.into_iter().map(|fault| (fault, None)).collect();
        return Err(located(name, text, placed));
    }
    catalogue.packs.sort_by_key(|pack| pack.credits);
    Ok(catalogue)
}

/// A catalogue that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct CatalogueError {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// What is wrong, in the order it was found.
    pub faults: Vec<PlacedFault>,
}

/// A fault and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedFault {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is wrong and what would cure it.
    pub fault: Fault,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "The catalogue {} was refused.", self.file)?;
        for PlacedFault { line, fault } in &self.faults {
            write!(formatter, "\n  line {line}")?;
            if !fault.field.is_empty() {
                write!(formatter, ", {}", fault.field)?;
            }
            write!(formatter, ": {} {}", fault.problem, fault.cure)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    code: String,
    name: String,
    currency: Currency,
    nouns: Nouns,
    annual_package: Option<AnnualPackageFile>,
    #[serde(default)]
    packs: Vec<PackFile>,
    #[serde(default)]
    plans: Vec<PlanFile>,
    operations: Vec<Operation>,
    #[serde(default)]
    rate_card: RateCard,
    spending: Spending,
    thresholds: Thresholds,
    purchase: PurchaseFile,
    trial: Option<super::programme::Trial>,
    referral: Option<super::programme::Referral>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnnualPackageFile {
    name: String,
    credits: Credits,
    price: String,
    months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    code: String,
    name: String,
    tagline: Option<String>,
    credits: Credits,
    price: String,
    valid: Validity,
    #[serde(default)]
    recommended: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    code: String,
    name: String,
    description: String,
    /// A number of credits, or `unlimited`.
    credits: String,
    every: Period,
    #[serde(default = "lapses")]
    rollover: Rollover,
    #[serde(default)]
    limits: Vec<String>,
    price: Option<String>,
    #[serde(default)]
    free: bool,
    #[serde(default)]
    custom: bool,
    #[serde(default)]
    recommended: bool,
}

const fn lapses() -> Rollover {
    Rollover::None
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurchaseFile {
    minimum_credits: Credits,
    own_amount: Option<OwnAmountFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnAmountFile {
    price_per_credit: String,
    minimum_credits: Credits,
    maximum_credits: Credits,
    valid: Validity,
}

/// Turns decimal text into money and remembers what could not be read.
struct PriceReader {
    currency: Currency,
    faults: Vec<Fault>,
}

impl PriceReader {
    /// The price, or one unit in its place where the text is none, so that reading goes on.
    fn read(&mut self, field: String, text: &str) -> Money {
        parse_money(text, self.currency).unwrap_or_else(|error| {
            let cure = format!("Write an amount of {} such as \"60.00\".", self.currency);
            self.faults.push(Fault::new(field, error.to_string(), cure));
            Money { minor: 1, currency: self.currency }
        })
    }

    /// The price of one credit in thousandths of a minor unit, or one where the text is none.
    fn read_fine(&mut self, field: &str, text: &str) -> i64 {
        parse_price_per_credit(text, self.currency).unwrap_or_else(|| {
            let places = decimal_places(self.currency) + FINER_PLACES;
            let cure = format!(
                "Write an amount of {} with at most {places} places, such as \"1.20\" or \"0.091\".",
                self.currency
            );
            self.faults.push(Fault::new(field, format!("“{text}” is no price of a credit."), cure));
            1
        })
    }
}

impl CatalogueFile {
    fn into_catalogue(self) -> (Catalogue, Vec<Fault>) {
        let mut prices = PriceReader { currency: self.currency, faults: Vec::new() };
        let annual_package = self.annual_package.map(|package| package.priced(&mut prices));
        let packs = self.packs.into_iter().enumerate();
        let packs = packs.map(|(index, pack)| pack.priced(index, &mut prices)).collect();
        let plans = self.plans.into_iter().enumerate();
        let plans = plans.map(|(index, plan)| plan.read(index, &mut prices)).collect();
        let own_amount = self.purchase.own_amount.map(|terms| terms.priced(&mut prices));
        let catalogue = Catalogue {
            code: self.code,
            name: self.name,
            currency: self.currency,
            nouns: self.nouns,
            annual_package,
            packs,
            plans,
            operations: self.operations,
            rate_card: self.rate_card,
            spending: self.spending,
            thresholds: self.thresholds,
            minimum_purchase: self.purchase.minimum_credits,
            own_amount,
            trial: self.trial,
            referral: self.referral,
        };
        (catalogue, prices.faults)
    }
}

impl AnnualPackageFile {
    fn priced(self, prices: &mut PriceReader) -> AnnualPackage {
        let price = prices.read("annual_package.price".to_owned(), &self.price);
        AnnualPackage { name: self.name, credits: self.credits, price, months: self.months }
    }
}

impl PackFile {
    fn priced(self, index: usize, prices: &mut PriceReader) -> Pack {
        let price = prices.read(format!("packs[{index}].price"), &self.price);
        Pack {
            code: self.code,
            name: self.name,
            tagline: self.tagline,
            credits: self.credits,
            price,
            validity: self.valid,
            recommended: self.recommended,
        }
    }
}

impl PlanFile {
    fn read(self, index: usize, prices: &mut PriceReader) -> Plan {
        let place = format!("plans[{index}]");
        Plan {
            allowance: self.allowance(&place, &mut prices.faults),
            sale: self.sale(&place, prices),
            code: self.code,
            name: self.name,
            description: self.description,
            period: self.every,
            rollover: self.rollover,
            limits: self.limits,
            recommended: self.recommended,
        }
    }

    /// What is written, or one credit in its place where that is nothing, so that reading goes on.
    fn allowance(&self, place: &str, faults: &mut Vec<Fault>) -> Allowance {
        if self.credits == "unlimited" {
            return Allowance::Unlimited;
        }
        Allowance::Credits(self.credits.parse().unwrap_or_else(|_| {
            let problem = format!("“{}” is no number of credits.", self.credits);
            let cure = "Write a decimal number such as \"5000\", or \"unlimited\".";
            faults.push(Fault::new(format!("{place}.credits"), problem, cure));
            Credits::from_micro(1)
        }))
    }

    fn sale(&self, place: &str, prices: &mut PriceReader) -> Sale {
        let ways = [self.price.is_some(), self.free, self.custom];
        if ways.iter().filter(|way| **way).count() != 1 {
            prices.faults.push(Fault::new(
                place,
                format!("It is not clear how one comes by the plan “{}”.", self.code),
                "Write exactly one of `price = \"…\"`, `free = true` and `custom = true`.",
            ));
        }
        match &self.price {
            Some(price) => Sale::Paid(prices.read(format!("{place}.price"), price)),
            None if self.free => Sale::Free,
            None => Sale::Custom,
        }
    }
}

impl OwnAmountFile {
    fn priced(self, prices: &mut PriceReader) -> OwnAmount {
        let field = "purchase.own_amount.price_per_credit";
        OwnAmount {
            thousandths_per_credit: prices.read_fine(field, &self.price_per_credit),
            currency: prices.currency,
            minimum: self.minimum_credits,
            maximum: self.maximum_credits,
            validity: self.valid,
        }
    }
}

/// A fault and, where the parser knows it better than the field's name, its place in bytes.
type Found = (Fault, Option<Range<usize>>);

fn typed<T: DeserializeOwned>(text: &str) -> Result<T, Found> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let field = field_at(text, span.start).unwrap_or_default();
        let (problem, cure) = explained(error.message());
        (Fault::new(field, problem, cure), Some(span))
    })
}

/// The parser's own message as a sentence, and a cure that fits it.
fn explained(message: &str) -> (String, String) {
    let cure = if message.starts_with("unknown field") {
        "Remove it, or use one of the names that are expected here."
    } else if message.starts_with("missing field") {
        "Add the line that is missing to this section."
    } else if message.starts_with("unknown variant") {
        "Use one of the values that are expected here."
    } else if message.starts_with("invalid type") {
        "Write the kind of value that is expected; credits and prices stand in quotes."
    } else {
        "Correct the text at this line; the shipped catalogues show how each value is written."
    };
    (format!("{}.", message.trim_end_matches('.')), cure.to_owned())
}

fn located(file: &str, text: &str, found: Vec<Found>) -> CatalogueError {
    let faults = found.into_iter().map(|(fault, span)| {
        let start = span.map(|span| span.start).or_else(|| place_of(text, &fault.field));
        PlacedFault { line: line_at(text, start.unwrap_or(0)), fault }
    });
    CatalogueError { file: file.to_owned(), faults: faults.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::pack::whole_credits;

    fn refused(from: &str, to: &str) -> String {
        let text = BUILT_IN_TEXT.replacen(from, to, 1);
        assert_ne!(text, BUILT_IN_TEXT, "{from} is in the catalogue");
        from_toml("try.toml", &text).expect_err("refused").to_string()
    }

    fn line_of(text: &str) -> usize {
        line_at(BUILT_IN_TEXT, BUILT_IN_TEXT.find(text).expect("it is in the catalogue"))
    }

    #[test]
    fn the_shipped_catalogue_is_a_thousand_dollars_for_a_thousand_credits() {
        let catalogue = built_in();
        let package = catalogue.annual_package.as_ref().expect("a package");
        assert_eq!(package.credits, whole_credits(1000));
        assert_eq!(package.price.minor, 100_000);
        assert_eq!(package.price_per_credit().tenths_of_minor(), 1_000);
    }

    #[test]
    fn larger_packs_are_cheaper_per_credit_and_never_cheaper_than_the_package() {
        let catalogue = built_in();
        let package = catalogue.annual_package.as_ref().expect("a package");
        let floor = package.price_per_credit().tenths_of_minor();
        let prices: Vec<i64> =
            catalogue.packs.iter().map(|pack| pack.price_per_credit().tenths_of_minor()).collect();
        assert!(prices.windows(2).all(|pair| pair[0] > pair[1]), "{prices:?}");
        assert!(prices.iter().all(|price| *price >= floor), "{prices:?}");
        let savings: Vec<Option<u32>> =
            catalogue.packs.iter().map(|pack| catalogue.saving_basis_points(pack)).collect();
        assert_eq!(savings, [None, Some(833), Some(1250), Some(1666)]);
    }

    #[test]
    fn a_catalogue_survives_its_way_to_the_browser() {
        let catalogue = built_in();
        let json = serde_json::to_string(&catalogue).expect("serialises");
        assert_eq!(serde_json::from_str::<Catalogue>(&json).expect("reads"), catalogue);
    }

    #[test]
    fn a_misspelt_field_is_refused_with_its_line_and_the_names_expected() {
        let message = refused("tagline = \"About", "tagln = \"About");
        let place = format!("line {}, packs[0].tagln: ", line_of("tagline = \"About"));
        assert!(message.contains(&place) && message.contains("unknown field"), "{message}");
        assert!(message.contains("Remove it"), "{message}");
    }

    #[test]
    fn a_price_that_is_not_money_is_refused_at_its_line() {
        let message = refused("price = \"220.00\"", "price = \"220.005\"");
        let place = format!("line {}, packs[1].price: ", line_of("price = \"220.00\""));
        assert!(message.contains(&place), "{message}");
        assert!(message.contains("Write an amount of USD"), "{message}");
    }

    #[test]
    fn an_own_amount_is_checked_like_a_pack() {
        let from = "price_per_credit = \"1.20\"";
        let price = refused(from, "price_per_credit = \"1,20\"");
        assert!(price.contains("purchase.own_amount.price_per_credit: “1,20”"), "{price}");
        let free = refused(from, "price_per_credit = \"0\"");
        assert!(free.contains("not above zero"), "{free}");
        let few = refused("minimum_credits = \"50\", max", "minimum_credits = \"10\", max");
        assert!(few.contains("below the minimum purchase of 50"), "{few}");
        let broken = refused("minimum_credits = \"50\", max", "minimum_credits = \"50.5\", max");
        assert!(broken.contains("not a whole number"), "{broken}");
        let upside_down = refused("maximum_credits = \"5000\"", "maximum_credits = \"40\"");
        assert!(upside_down.contains("less than the minimum"), "{upside_down}");
        let vast = refused("maximum_credits = \"5000\"", "maximum_credits = \"900000000\"");
        assert!(vast.contains("more than one payment may come to"), "{vast}");
    }

    #[test]
    fn no_pack_takes_the_code_of_the_own_amount() {
        let message = refused("code = \"pack-50\"", "code = \"own-amount\"");
        assert!(message.contains("stands for an amount of the buyer's choice"), "{message}");
    }

    #[test]
    fn two_packs_with_one_code_are_refused() {
        let message = refused("code = \"pack-200\"", "code = \"pack-50\"");
        assert!(message.contains("packs[1].code: “pack-50” is used twice."), "{message}");
    }

    #[test]
    fn a_missing_section_and_broken_toml_are_refused_with_a_cure() {
        assert!(refused("[purchase]", "[purchases]").contains("unknown field `purchases`"));
        let broken = refused("months = 12", "months = = 12");
        let place = format!("line {}: ", line_of("months = 12"));
        assert!(broken.contains(&place) && broken.contains("Correct the text"), "{broken}");
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = BUILT_IN_TEXT.replace("[20, 5]", "[5, 20]").replace("months = 12", "months = 0");
        let error = from_toml("try.toml", &text).expect_err("refused");
        assert_eq!(error.faults.len(), 2, "{error}");
    }

    const PHOTOS: &str = include_str!("../../catalogues/event-photos.toml");

    fn refused_in(name: &str, from: &str, to: &str) -> String {
        let before = shipped(name).expect("it ships");
        let text = before.replacen(from, to, 1);
        assert_ne!(text, before, "{from} is in the catalogue");
        from_toml("try.toml", &text).expect_err("refused").to_string()
    }

    #[test]
    fn a_rate_cards_faults_are_told_with_place_and_cure() {
        for (name, from, to, told) in [
            (
                "canvas",
                "draft = \"2\", standard",
                "drafts = \"2\", standard",
                "operations[0].charges[0].price: There is none for “draft” of Model.",
            ),
            (
                "canvas",
                "times = [\"seconds\"]",
                "times = [\"second\"]",
                "“second” is no quantity of this operation. Its quantities are images, seconds, words.",
            ),
            (
                "canvas",
                "when = { output = [\"text\"] } },",
                "when = { output = [\"texts\"] } },",
                "operations[0].quantities[2].when.output: “texts” is not among the values of Output.",
            ),
            (
                "campaigns",
                "price = { min = \"2\", max = \"5\" }",
                "price = { min = \"5\", max = \"2\" }",
                "The range ends at 2 before it begins at 5. Write the smaller number as `min`.",
            ),
            (
                "campaigns",
                "code = \"publishing\"",
                "code = \"content\"",
                "rate_card.free[3].code: “content” is an operation that is charged.",
            ),
            (
                "ai-suite",
                "rounding = { to = \"0.01\"",
                "rounding = { to = \"0\"",
                "rate_card.rounding.to: Nothing can be rounded to 0 credits.",
            ),
            (
                "ai-suite",
                "to = \"200\", start = \"10\"",
                "to = \"200\", start = \"500\"",
                "operations[2].quantities[0].start: 500 cannot be asked for.",
            ),
            (
                "ad-compliance",
                "price = \"1\", times = [\"video\"]",
                "price = { min = \"1\", max = \"2\" }, times = [\"video\"]",
                "The built-in analysis has no exact price for one video.",
            ),
            (
                "ad-compliance",
                "price = \"1\", times = [\"video\"]",
                "price = \"much\", times = [\"video\"]",
                "is not an amount of credits",
            ),
        ] {
            let message = refused_in(name, from, to);
            assert!(message.contains(told), "{to}: {message}");
            assert!(message.contains("line "), "{message}");
        }
    }

    #[test]
    fn a_fault_of_a_charge_is_placed_on_its_line() {
        let text = shipped("canvas")
            .expect("it ships")
            .replace("words\"]\nper = 1000", "words\"]\nper = 0");
        let line = line_at(&text, text.find("per = 0").expect("it is there"));
        let error = from_toml("try.toml", &text).expect_err("refused");
        assert_eq!(error.faults[0].line, line, "{error}");
    }

    fn refused_plan(from: &str, to: &str) -> String {
        let text = PHOTOS.replacen(from, to, 1);
        assert_ne!(text, PHOTOS, "{from} is in the catalogue");
        from_toml("try.toml", &text).expect_err("refused").to_string()
    }

    #[test]
    fn every_shipped_catalogue_is_sound() {
        for (name, text) in SHIPPED {
            let catalogue = from_toml(name, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(catalogue.code, name);
            let json = serde_json::to_string(&catalogue).expect("serialises");
            assert_eq!(serde_json::from_str::<Catalogue>(&json).expect("reads"), catalogue);
        }
        let suite = shipped("ai-suite").expect("it ships");
        let suite = from_toml("catalogues/ai-suite.toml", suite).expect("sound");
        assert_eq!(suite.free_plan().map(|plan| plan.code.as_str()), Some("free"));
        let photos = from_toml("catalogues/event-photos.toml", PHOTOS).expect("sound");
        assert_eq!(photos.plan("pro").and_then(Plan::price).map(|price| price.minor), Some(9_900));
        assert_eq!(photos.plan("custom").map(|plan| plan.allowance), Some(Allowance::Unlimited));
        assert_eq!(photos.free_plan(), None);
        assert!(built_in().plans.is_empty());
    }

    #[test]
    fn a_plan_is_free_paid_or_agreed_and_never_two_of_them() {
        for also in ["price = \"99.00\"\nfree = true", "price = \"99.00\"\ncustom = true", ""] {
            let message = refused_plan("price = \"99.00\"", also);
            assert!(message.contains("plans[0]: ") && message.contains("exactly one"), "{message}");
        }
    }

    #[test]
    fn a_plans_faults_are_told_with_place_and_cure() {
        let message = refused_plan("credits = \"3000\"", "credits = \"many\"");
        assert!(message.contains("plans[0].credits: “many” is no number"), "{message}");
        assert!(message.contains("\"unlimited\""), "{message}");
        let message = refused_plan("code = \"studio\"", "code = \"pro\"");
        assert!(message.contains("plans[1].code: “pro” is used twice."), "{message}");
        let message = refused_plan("code = \"studio\"", "code = \"a-very-long-code-of-a-plan\"");
        assert!(message.contains("plans[1].code") && message.contains("at most 19"), "{message}");
        let message = refused_plan("amount = \"3000\"", "amount = \"0\"");
        assert!(message.contains("plans[1].rollover: 0 credits"), "{message}");
        let message = refused_plan("every = \"month\"", "every = \"week\"");
        assert!(
            message.contains("plans[0].every: ") && message.contains("unknown variant"),
            "{message}"
        );
    }
}
