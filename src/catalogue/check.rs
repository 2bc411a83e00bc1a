//! The rules that a catalogue must keep beyond its types. Each broken one says where and what cures it.

use serde::{Deserialize, Serialize};

use super::own_amount::{MOST_MINOR, OWN_AMOUNT_CODE};
use super::{Catalogue, Noun, OwnAmount, Pack, Plan, Validity, programme};
use crate::ledger::credits::MICRO_PER_CREDIT;
use crate::ledger::plan::LONGEST_PLAN_CODE;
use crate::ledger::{Allowance, Credits, Rollover};

/// Longest validity and package period, in months.
pub const MAX_MONTHS: u16 = 120;
/// Longest text for people, in characters.
pub const MAX_TEXT_LENGTH: usize = 300;
/// Longest code, in letters.
pub const MAX_CODE_LENGTH: usize = 40;

/// One thing that is wrong with a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where: `packs[1].price`, counted from 0. Empty where the file is not TOML at all.
    pub field: String,
    /// What is wrong, as a sentence.
    pub problem: String,
    /// What would cure it, as a sentence.
    pub cure: String,
}

impl Fault {
    /// A fault at `field`.
    pub fn new(
        field: impl Into<String>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Fault { field: field.into(), problem: problem.into(), cure: cure.into() }
    }
}

/// Everything that is wrong with `catalogue`, in the order of the file; empty where nothing is.
pub fn faults(catalogue: &Catalogue) -> Vec<Fault> {
    let mut found = Vec::new();
    check_code(&mut found, "code", &catalogue.code);
    check_text(&mut found, "name", &catalogue.name);
    check_nouns(&mut found, catalogue);
    check_annual_package(&mut found, catalogue);
    found.extend(super::rate::check::faults(catalogue));
    check_packs(&mut found, &catalogue.packs, catalogue.minimum_purchase);
    check_plans(&mut found, &catalogue.plans);
    check_thresholds(&mut found, catalogue);
    check_positive(&mut found, "purchase.minimum_credits", catalogue.minimum_purchase);
    if let Some(terms) = &catalogue.own_amount {
        check_own_amount(&mut found, terms, catalogue.minimum_purchase);
    }
    found.extend(programme::faults(catalogue.trial.as_ref(), catalogue.referral.as_ref()));
    found
}

pub(super) fn check_code(found: &mut Vec<Fault>, field: &str, code: &str) {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if code.is_empty() || code.len() > MAX_CODE_LENGTH || !code.bytes().all(is_letter) {
        found.push(Fault::new(
            field,
            format!("“{code}” is not a code."),
            format!("Use 1 to {MAX_CODE_LENGTH} lower-case letters, digits and hyphens."),
        ));
    }
}

pub(super) fn check_text(found: &mut Vec<Fault>, field: impl Into<String>, text: &str) {
    let field = field.into();
    if text.trim().is_empty() {
        found.push(Fault::new(&field, "The text is empty.", "Write what people shall read."));
    }
    if text.chars().count() > MAX_TEXT_LENGTH {
        let problem = format!("The text has more than {MAX_TEXT_LENGTH} characters.");
        found.push(Fault::new(field, problem, "Say it more briefly."));
    }
}

fn check_positive(found: &mut Vec<Fault>, field: impl Into<String>, credits: Credits) {
    if credits.micro() <= 0 {
        found.push(Fault::new(
            field,
            format!("{credits} credits are not more than none."),
            "Write a number of credits above 0.",
        ));
    }
}

fn check_months(found: &mut Vec<Fault>, field: impl Into<String>, months: u16) {
    if !(1..=MAX_MONTHS).contains(&months) {
        found.push(Fault::new(
            field,
            format!("{months} months are out of range."),
            format!("Write 1 to {MAX_MONTHS} months."),
        ));
    }
}

fn check_price(found: &mut Vec<Fault>, field: impl Into<String>, minor: i64) {
    if minor <= 0 {
        found.push(Fault::new(field, "The price is not above zero.", "Write a price above 0.00."));
    }
}

fn check_nouns(found: &mut Vec<Fault>, catalogue: &Catalogue) {
    let nouns = &catalogue.nouns;
    let named: [(&str, &Noun); 4] = [
        ("credit", &nouns.credit),
        ("report", &nouns.report),
        ("asset", &nouns.asset),
        ("department", &nouns.department),
    ];
    for (name, noun) in named {
        check_text(found, format!("nouns.{name}.one"), &noun.one);
        check_text(found, format!("nouns.{name}.many"), &noun.many);
    }
}

fn check_annual_package(found: &mut Vec<Fault>, catalogue: &Catalogue) {
    let Some(package) = &catalogue.annual_package else { return };
    check_text(found, "annual_package.name", &package.name);
    check_positive(found, "annual_package.credits", package.credits);
    check_price(found, "annual_package.price", package.price.minor);
    check_months(found, "annual_package.months", package.months);
}

fn check_packs(found: &mut Vec<Fault>, packs: &[Pack], minimum: Credits) {
    check_unique(found, "packs", packs.iter().map(|pack| pack.code.as_str()));
    for (index, pack) in packs.iter().enumerate() {
        check_pack(found, &format!("packs[{index}]"), pack, minimum);
    }
    let recommended = packs.iter().enumerate().filter(|(_, pack)| pack.recommended);
    if let Some((index, _)) = recommended.skip(1).last() {
        found.push(Fault::new(
            format!("packs[{index}].recommended"),
            "More than one pack is recommended.",
            "Leave `recommended = true` on one pack only.",
        ));
    }
}

fn check_pack(found: &mut Vec<Fault>, place: &str, pack: &Pack, minimum: Credits) {
    check_code(found, &format!("{place}.code"), &pack.code);
    if pack.code == OWN_AMOUNT_CODE {
        found.push(Fault::new(
            format!("{place}.code"),
            format!("“{OWN_AMOUNT_CODE}” stands for an amount of the buyer's choice."),
            "Give the pack another code.",
        ));
    }
    check_text(found, format!("{place}.name"), &pack.name);
    check_positive(found, format!("{place}.credits"), pack.credits);
    check_price(found, format!("{place}.price"), pack.price.minor);
    if let Validity::Months(months) = pack.validity {
        check_months(found, format!("{place}.valid"), months);
    }
    if pack.credits < minimum {
        found.push(Fault::new(
            format!("{place}.credits"),
            format!("{} credits are below the minimum purchase of {minimum}.", pack.credits),
            "Make the pack larger, or lower purchase.minimum_credits.",
        ));
    }
}

fn check_plans(found: &mut Vec<Fault>, plans: &[Plan]) {
    check_unique(found, "plans", plans.iter().map(|plan| plan.code.as_str()));
    for (index, plan) in plans.iter().enumerate() {
        check_plan(found, &format!("plans[{index}]"), plan);
    }
    check_marked_once(found, plans, "recommended", |plan| plan.recommended);
    check_marked_once(found, plans, "free", Plan::is_free);
}

fn check_marked_once(
    found: &mut Vec<Fault>,
    plans: &[Plan],
    field: &str,
    is_marked: impl Fn(&Plan) -> bool,
) {
    let several = plans.iter().enumerate().filter(|(_, plan)| is_marked(plan)).skip(1).last();
    if let Some((index, _)) = several {
        found.push(Fault::new(
            format!("plans[{index}].{field}"),
            format!("More than one plan is {field}."),
            format!("Leave `{field} = true` on one plan only."),
        ));
    }
}

fn check_plan(found: &mut Vec<Fault>, place: &str, plan: &Plan) {
    check_code(found, &format!("{place}.code"), &plan.code);
    if plan.code.len() > LONGEST_PLAN_CODE {
        found.push(Fault::new(
            format!("{place}.code"),
            format!("“{}” is too long for the code of a plan.", plan.code),
            format!("Use at most {LONGEST_PLAN_CODE} letters."),
        ));
    }
    check_text(found, format!("{place}.name"), &plan.name);
    check_text(found, format!("{place}.description"), &plan.description);
    if let Allowance::Credits(credits) = plan.allowance {
        check_positive(found, format!("{place}.credits"), credits);
    }
    if let Some(price) = plan.price() {
        check_price(found, format!("{place}.price"), price.minor);
    }
    check_rollover(found, &format!("{place}.rollover"), plan);
}

fn check_rollover(found: &mut Vec<Fault>, field: &str, plan: &Plan) {
    let (kept, months) = match plan.rollover {
        Rollover::None => return,
        Rollover::All { months } => (None, months),
        Rollover::UpTo { amount, months } => (Some(amount), months),
    };
    check_months(found, field, u16::try_from(months).unwrap_or(u16::MAX));
    if let Some(kept) = kept {
        check_positive(found, field, kept);
    }
    if plan.allowance == Allowance::Unlimited {
        found.push(Fault::new(
            field,
            "Nothing is ever left of an unlimited plan.",
            "Remove the line, or write a number of credits.",
        ));
    }
}

fn check_own_amount(found: &mut Vec<Fault>, terms: &OwnAmount, minimum: Credits) {
    let place = "purchase.own_amount";
    check_price(found, format!("{place}.price_per_credit"), terms.thousandths_per_credit);
    if let Validity::Months(months) = terms.validity {
        check_months(found, format!("{place}.valid"), months);
    }
    for (name, credits) in [("minimum_credits", terms.minimum), ("maximum_credits", terms.maximum)]
    {
        if credits.micro() % MICRO_PER_CREDIT != 0 {
            found.push(Fault::new(
                format!("{place}.{name}"),
                format!("{credits} is not a whole number of credits."),
                "Own amounts are sold in whole credits: write one.",
            ));
        }
    }
    if terms.minimum < minimum {
        found.push(Fault::new(
            format!("{place}.minimum_credits"),
            format!("{} credits are below the minimum purchase of {minimum}.", terms.minimum),
            "Make it larger, or lower purchase.minimum_credits.",
        ));
    }
    if terms.maximum < terms.minimum {
        found.push(Fault::new(
            format!("{place}.maximum_credits"),
            format!("{} credits are less than the minimum.", terms.maximum),
            "Write the larger number here.",
        ));
    }
    if terms.price(terms.maximum).is_none_or(|price| price.minor > MOST_MINOR) {
        found.push(Fault::new(
            format!("{place}.maximum_credits"),
            "So many credits cost more than one payment may come to.",
            "Lower the maximum.",
        ));
    }
}

pub(super) fn check_unique<'a>(
    found: &mut Vec<Fault>,
    list: &str,
    codes: impl Iterator<Item = &'a str>,
) {
    let mut seen = Vec::new();
    for (index, code) in codes.enumerate() {
        if seen.contains(&code) {
            found.push(Fault::new(
                format!("{list}[{index}].code"),
                format!("“{code}” is used twice."),
                "Give each its own code.",
            ));
        }
        seen.push(code);
    }
}

fn check_thresholds(found: &mut Vec<Fault>, catalogue: &Catalogue) {
    let percents = &catalogue.thresholds.percent_of_allowance;
    for (index, percent) in percents.iter().enumerate() {
        let falls = index == 0 || *percent < percents[index - 1];
        if !(1..=99).contains(percent) || !falls {
            found.push(Fault::new(
                format!("thresholds.percent_of_allowance[{index}]"),
                format!("{percent} percent cannot stand here."),
                "List percents from 99 to 1, the highest first.",
            ));
        }
    }
    let limits = &catalogue.thresholds.credits_left;
    for (index, limit) in limits.iter().enumerate() {
        let falls = index == 0 || *limit < limits[index - 1];
        if limit.micro() <= 0 || !falls {
            found.push(Fault::new(
                format!("thresholds.credits_left[{index}]"),
                format!("{limit} credits cannot stand here."),
                "List numbers of credits above 0, the highest first.",
            ));
        }
    }
}
