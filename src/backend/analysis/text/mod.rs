//! Texts: words that ad rules forbid or restrict, shouting, readability and length.

mod excerpt;
mod length;
mod phrases;
mod readability;
mod shouting;

use super::fact;
use super::limits::MAX_TEXT_CHARACTERS;
use super::rules::Rules;
use crate::model::findings::{AssetFindings, AssetProblem, AssetProblemCode, Outcome};

/// Analyses a piece of text: every rule over words, then everything that is measured.
pub fn analyse_text(rules: &Rules, text: &str) -> Outcome {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    let characters = text.chars().count();
    check_size(text, characters)?;
    let reading = readability::Reading::of(text);
    let mut facts = vec![fact("Characters", characters.to_string())];
    facts.extend(reading.facts());
    facts.push(shouting::capitals_fact(text));
    let mut findings = phrases::find(rules, text);
    findings.extend(shouting::find(rules, text));
    findings.extend(reading.find(rules, text));
    findings.extend(length::find(rules, characters));
    Ok(AssetFindings::new(facts, findings))
}

fn check_size(text: &str, characters: usize) -> Result<(), AssetProblem> {
    if text.is_empty() {
        return Err(AssetProblem::new(
            AssetProblemCode::Empty,
            "The text is empty. Paste the words of the ad.",
        ));
    }
    if characters > MAX_TEXT_CHARACTERS {
        return Err(AssetProblem::new(
            AssetProblemCode::TooLarge,
            format!(
                "The text has {characters} characters; the limit is {MAX_TEXT_CHARACTERS}. Split it into several texts."
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
