//! Shouting: capitals, exclamation marks, runs of emoji, words that are spaced out or repeated.

use std::sync::LazyLock;

use regex::Regex;

use super::excerpt::excerpt;
use crate::backend::analysis::fact;
use crate::backend::analysis::limits::MAX_EXCERPTS;
use crate::backend::analysis::rules::{Measure, Rules};
use crate::model::findings::{Excerpt, Fact, Finding};

/// Fewest letters of a text whose share of capitals says anything.
const MIN_LETTERS: usize = 20;
/// Share of capitals, in percent, above which a text shouts. Ordinary prose has 3 to 6.
const MAX_CAPITALS_PERCENT: usize = 30;
/// Exclamation marks in the whole text that still pass.
const MAX_EXCLAMATIONS: usize = 2;

static EXCLAMATIONS: LazyLock<Regex> = LazyLock::new(|| fixed(r"[!¡！][!?¡¿！\s]*[!！]"));
static EMOJI_RUN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\u{FE0F}\u{200D}\u{20E3}]*\s*){3,}")
});
static SPACED_OUT: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"\b(?:\p{Lu}[ .\-*_]){3,}\p{Lu}\b|\p{L}+[$€£]\p{L}+"));

fn fixed(expression: &str) -> Regex {
    Regex::new(expression).expect("a constant expression, compiled by the tests of this folder")
}

/// Everything about the text that shouts.
pub fn find(rules: &Rules, text: &str) -> Vec<Finding> {
    [
        capitals(rules, text),
        exclamations(rules, text),
        places(rules, Measure::TextEmojiRun, &EMOJI_RUN, text),
        places(rules, Measure::TextSymbols, &SPACED_OUT, text),
        repeats(rules, text),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The share of capitals as a fact.
pub fn capitals_fact(text: &str) -> Fact {
    let (capitals, letters) = capitals_and_letters(text);
    fact("Capitals", format!("{} % of the letters", percent(capitals, letters)))
}

fn capitals_and_letters(text: &str) -> (usize, usize) {
    let cased = text.chars().filter(|letter| letter.is_uppercase() || letter.is_lowercase());
    cased.fold((0, 0), |(capitals, letters), letter| {
        (capitals + usize::from(letter.is_uppercase()), letters + 1)
    })
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(0)
}

fn capitals(rules: &Rules, text: &str) -> Option<Finding> {
    let (capitals, letters) = capitals_and_letters(text);
    let share = percent(capitals, letters);
    (letters >= MIN_LETTERS && share > MAX_CAPITALS_PERCENT).then(|| {
        rules.measured(Measure::TextCapitals, format!("{share} % of the letters are capitals."))
    })
}

fn exclamations(rules: &Rules, text: &str) -> Option<Finding> {
    let count = text.chars().filter(|letter| matches!(letter, '!' | '！')).count();
    let runs = excerpts(&EXCLAMATIONS, text);
    (count > MAX_EXCLAMATIONS || !runs.is_empty()).then(|| {
        let detail = format!("{count} exclamation marks.");
        rules.measure(Measure::TextExclamation).finding(Some(detail), runs)
    })
}

fn places(rules: &Rules, measure: Measure, expression: &Regex, text: &str) -> Option<Finding> {
    let found = excerpts(expression, text);
    (!found.is_empty()).then(|| rules.measure(measure).finding(None, found))
}

fn excerpts(expression: &Regex, text: &str) -> Vec<Excerpt> {
    let found = expression.find_iter(text).take(MAX_EXCERPTS);
    found.map(|place| excerpt(text, place.range())).collect()
}

/// A word three times in a row.
fn repeats(rules: &Rules, text: &str) -> Option<Finding> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .map(str::to_lowercase)
        .collect();
    let is_repeated = |three: &&[String]| three.iter().all(|word| *word == three[0]);
    let run = words.windows(3).find(is_repeated)?;
    Some(rules.measured(Measure::TextRepeats, format!("“{}”, three times in a row.", run[0])))
}
