//! Readability: sentence length for any language, and Flesch's reading ease for English.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::excerpt::excerpt;
use crate::backend::analysis::fact;
use crate::backend::analysis::limits::MAX_EXCERPTS;
use crate::backend::analysis::rules::{Measure, Rules};
use crate::model::findings::{Fact, Finding};

/// Fewest words of a text whose reading ease says anything.
const MIN_WORDS_FOR_EASE: usize = 25;
/// Reading ease below which a text counts as hard. 60 to 70 is plain English; 30 is a law journal.
const HARD_BELOW: i64 = 40;
/// Most words of a sentence that is not called long.
const MAX_SENTENCE_WORDS: usize = 30;
/// Share of everyday English words, in percent, from which a text counts as English.
const ENGLISH_PERCENT: usize = 15;
/// Words that make up about a third of any English prose.
const EVERYDAY_ENGLISH: [&str; 32] = [
    "the", "a", "an", "and", "of", "to", "in", "is", "for", "you", "your", "with", "on", "that",
    "it", "at", "be", "are", "this", "our", "we", "from", "or", "by", "as", "have", "has", "not",
    "all", "can", "no", "will",
];

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\p{L}[\p{L}\p{M}'’\-]*|\d+[\d.,]*").expect("a constant"));
static SENTENCE_END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"[.!?…。！？]+["”’)]*(?:\s+|$)|\n+"#).expect("a constant"));

/// What reading this text is like.
pub struct Reading {
    words: usize,
    sentences: Vec<(Range<usize>, usize)>,
    /// Flesch's reading ease, where the text is English.
    ease: Option<i64>,
}

impl Reading {
    /// Counts words, sentences and syllables.
    pub fn of(text: &str) -> Self {
        let words: Vec<String> =
            WORD.find_iter(text).map(|word| word.as_str().to_lowercase()).collect();
        let sentences = sentences(text);
        let ease = is_english(&words).then(|| ease(&words, sentences.len()));
        Reading { words: words.len(), sentences, ease }
    }

    /// The counts as facts.
    pub fn facts(&self) -> Vec<Fact> {
        let ease = match self.ease {
            Some(ease) => format!("{ease} of 100, {}", ease_phrase(ease)),
            None => "not computed: the text does not look English".to_owned(),
        };
        vec![
            fact("Words", self.words.to_string()),
            fact("Sentences", self.sentences.len().to_string()),
            fact("Reading ease (Flesch)", ease),
        ]
    }

    /// What is hard about it.
    pub fn find(&self, rules: &Rules, text: &str) -> Vec<Finding> {
        self.hard(rules).into_iter().chain(self.long_sentences(rules, text)).collect()
    }

    fn hard(&self, rules: &Rules) -> Option<Finding> {
        let ease = self.ease.filter(|ease| *ease < HARD_BELOW)?;
        (self.words >= MIN_WORDS_FOR_EASE).then(|| {
            let detail = format!("Reading ease {ease} of 100; plain English has 60 or more.");
            rules.measured(Measure::TextHardToRead, detail)
        })
    }

    fn long_sentences(&self, rules: &Rules, text: &str) -> Option<Finding> {
        let long = self.sentences.iter().filter(|(_, words)| *words > MAX_SENTENCE_WORDS);
        let longest = long.clone().map(|(_, words)| *words).max()?;
        let excerpts = long.take(MAX_EXCERPTS).map(|(range, _)| excerpt(text, range.clone()));
        let detail = format!("The longest sentence has {longest} words.");
        let rule = rules.measure(Measure::TextLongSentence);
        Some(rule.finding(Some(detail), excerpts.collect()))
    }
}

/// The sentences that have words, each with how many.
fn sentences(text: &str) -> Vec<(Range<usize>, usize)> {
    let ends = SENTENCE_END.find_iter(text).map(|end| end.end()).chain([text.len()]);
    let mut start = 0;
    let mut found = Vec::new();
    for end in ends {
        let words = WORD.find_iter(&text[start..end]).count();
        if words > 0 {
            let shown = start + text[start..end].trim_end().len();
            found.push((start..shown, words));
        }
        start = end;
    }
    found
}

fn is_english(words: &[String]) -> bool {
    let everyday = words.iter().filter(|word| EVERYDAY_ENGLISH.contains(&word.as_str())).count();
    !words.is_empty() && everyday * 100 >= words.len() * ENGLISH_PERCENT
}

/// Flesch's formula in thousandths, so that every machine gives the same figure; kept to 0..=100.
fn ease(words: &[String], sentences: usize) -> i64 {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX / 100_000).max(1);
    let syllables = count(words.iter().map(|word| syllables(word)).sum());
    let (words, sentences) = (count(words.len()), count(sentences));
    let thousandths = 206_835 - 1_015 * words / sentences - 84_600 * syllables / words;
    (thousandths / 1_000).clamp(0, 100)
}

/// Groups of vowels, without a silent last e; at least one.
fn syllables(word: &str) -> usize {
    let is_vowel = |letter: char| "aeiouyäöüáéíóúàèìòù".contains(letter);
    let letters: Vec<char> = word.chars().collect();
    let groups = letters
        .iter()
        .enumerate()
        .filter(|(index, letter)| {
            is_vowel(**letter) && (*index == 0 || !is_vowel(letters[index - 1]))
        })
        .count();
    let ends_silent =
        |end: &[char]| matches!(end, [before, 'e'] if !is_vowel(*before) && *before != 'l');
    let silent = groups > 1 && letters.last_chunk::<2>().is_some_and(|end| ends_silent(end));
    groups.saturating_sub(usize::from(silent)).max(1)
}

fn ease_phrase(ease: i64) -> &'static str {
    match ease {
        80.. => "very easy",
        60..80 => "plain English",
        40..60 => "fairly hard",
        20..40 => "hard",
        _ => "very hard",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_easy_and_office_words_are_hard() {
        let easy = Reading::of("We sell tea. It is good for you. Try a cup with us on the way.");
        assert!(easy.ease.expect("English") > 80);
        let hard = Reading::of(
            "The comprehensive organisational implementation of interdisciplinary methodologies necessitates considerable administrative participation.",
        );
        assert!(hard.ease.is_none_or(|ease| ease < 20));
    }

    #[test]
    fn the_ease_is_only_given_for_english() {
        assert!(
            Reading::of("Unser Tee schmeckt auch im Winter und wärmt jeden Gast.").ease.is_none()
        );
    }

    #[test]
    fn sentences_end_at_marks_and_at_lines_but_not_inside_prices() {
        assert_eq!(sentences("Tea for $3.50 a cup. Come by!\nOpen daily").len(), 3);
    }

    #[test]
    fn syllables_are_groups_of_vowels() {
        let counts = ["tea", "coffee", "table", "made", "rhythm", "beautiful"].map(syllables);
        assert_eq!(counts, [1, 2, 2, 1, 1, 3]);
    }
}
