//! The rules over words: every match that no exception covers, with the places it stands.

use std::ops::Range;

use regex::Regex;

use super::excerpt::excerpt;
use crate::backend::analysis::limits::MAX_EXCERPTS;
use crate::backend::analysis::rules::{PhraseRule, Rules};
use crate::model::findings::Finding;

/// One finding for each rule that the text sets off.
pub fn find(rules: &Rules, text: &str) -> Vec<Finding> {
    rules.phrases().iter().filter_map(|rule| apply(rule, text)).collect()
}

fn apply(rule: &PhraseRule, text: &str) -> Option<Finding> {
    if rule.unless.as_ref().is_some_and(|unless| unless.is_match(text)) {
        return None;
    }
    let covered = ranges(rule.except.as_ref(), text);
    let is_covered = |range: &Range<usize>| covered.iter().any(|other| overlap(range, other));
    let places: Vec<Range<usize>> =
        ranges(Some(&rule.found), text).into_iter().filter(|range| !is_covered(range)).collect();
    if places.is_empty() {
        return None;
    }
    let excerpts = places.iter().take(MAX_EXCERPTS).map(|range| excerpt(text, range.clone()));
    let detail = (places.len() > MAX_EXCERPTS)
        .then(|| format!("{} places; the first {MAX_EXCERPTS} are shown.", places.len()));
    Some(rule.text.finding(detail, excerpts.collect()))
}

fn ranges(expression: Option<&Regex>, text: &str) -> Vec<Range<usize>> {
    let found = expression.into_iter().flat_map(|expression| expression.find_iter(text));
    found.map(|place| place.range()).collect()
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}
