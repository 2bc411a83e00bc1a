//! The rules as data: read once from `rules.toml`, with every expression compiled.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use thiserror::Error;

use crate::model::findings::{Excerpt, Finding, Severity};

/// The rules that ship with the program.
const BUILT_IN_TEXT: &str = include_str!("rules.toml");

/// Most memory that one compiled expression may take, in bytes.
const MAX_EXPRESSION_BYTES: usize = 4 * 1024 * 1024;

/// The words of a rule: everything that is the same for each asset.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RuleText {
    /// Stable id, stored with findings.
    pub id: String,
    /// What the rule is about.
    pub topic: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in a few words.
    pub title: String,
    /// Why it matters.
    pub explanation: String,
    /// What to do about it.
    pub advice: String,
}

impl RuleText {
    /// A finding of this rule with the figures or places of one asset.
    pub fn finding(&self, detail: Option<String>, excerpts: Vec<Excerpt>) -> Finding {
        Finding {
            rule: self.id.clone(),
            topic: self.topic.clone(),
            severity: self.severity,
            title: self.title.clone(),
            explanation: self.explanation.clone(),
            advice: self.advice.clone(),
            detail,
            excerpts,
        }
    }
}

/// A rule that words set off.
#[derive(Clone, Debug)]
pub struct PhraseRule {
    /// Its words for people.
    pub text: RuleText,
    /// What sets it off.
    pub found: Regex,
    /// A match inside one of these does not count.
    pub except: Option<Regex>,
    /// The rule is silent when this stands anywhere in the text.
    pub unless: Option<Regex>,
}

/// Declares the measured rules: their variants, and their ids in the data file.
macro_rules! measures {
    ($($variant:ident = $id:literal),* $(,)?) => {
        /// A rule whose figures are computed by code. Its words stand in `rules.toml`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant is explained by the rule of its id")]
        pub enum Measure { $($variant),* }

        impl Measure {
            /// Every measured rule.
            pub const ALL: &[Measure] = &[$(Measure::$variant),*];

            /// The id in the data file.
            pub fn id(self) -> &'static str {
                match self { $(Measure::$variant => $id),* }
            }
        }
    };
}

measures! {
    TextCapitals = "text-capitals",
    TextExclamation = "text-exclamation",
    TextEmojiRun = "text-emoji-run",
    TextSymbols = "text-symbols",
    TextHardToRead = "text-hard-to-read",
    TextLongSentence = "text-long-sentence",
    TextTooLong = "text-too-long",
    TextRepeats = "text-repeats",
    ImageAspect = "image-aspect",
    ImageSmall = "image-small",
    ImageHeavy = "image-heavy",
    ImageTransparent = "image-transparent",
    ImageAnimated = "image-animated",
    ImageUnsafeArea = "image-unsafe-area",
    ImageCrowdedEdge = "image-crowded-edge",
    ImageBlank = "image-blank",
    ImageDark = "image-dark",
    ImageLowContrast = "image-low-contrast",
    ImageBlurred = "image-blurred",
    VideoTooShort = "video-too-short",
    VideoTooLong = "video-too-long",
    VideoSmall = "video-small",
    VideoAspect = "video-aspect",
    VideoCodec = "video-codec",
    VideoSilent = "video-silent",
    VideoWithSound = "video-with-sound",
    VideoLowBitrate = "video-low-bitrate",
    VideoHeavy = "video-heavy",
    VideoSlowStart = "video-slow-start",
}

/// Every rule, ready to use. Cheap to share behind an `Arc`.
#[derive(Clone, Debug)]
pub struct Rules {
    phrases: Vec<PhraseRule>,
    /// In the order of [`Measure::ALL`].
    measures: Vec<RuleText>,
}

/// Why a rules file was refused.
#[derive(Debug, Error)]
pub enum RulesError {
    /// It is not TOML, or a field is missing or misspelt.
    #[error("The rules cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// A pattern is no regular expression.
    #[error("The rule “{rule}” has a pattern that does not compile: {source}")]
    Pattern {
        /// The rule's id.
        rule: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// A rule has nothing to look for.
    #[error("The rule “{0}” has neither phrases nor patterns. Add one of them.")]
    NothingToFind(String),
    /// A measured rule that the program needs is not there.
    #[error("There is no [[measures]] with the id “{0}”. Add it.")]
    MissingMeasure(&'static str),
    /// Two rules have one id.
    #[error("The id “{0}” is used twice. Give each rule its own.")]
    Twice(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    phrases: Vec<PhraseRuleFile>,
    measures: Vec<RuleText>,
}

#[derive(Deserialize)]
struct PhraseRuleFile {
    #[serde(flatten)]
    text: RuleText,
    #[serde(default)]
    phrases: Vec<String>,
    #[serde(default)]
    patterns: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

impl Rules {
    /// The rules that ship with the program.
    pub fn built_in() -> Self {
        Self::from_toml(BUILT_IN_TEXT).expect("the shipped rules are checked by a test here")
    }

    /// Reads rules from TOML and compiles them.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let file: RulesFile = toml::from_str(text)?;
        let mut known = file.measures;
        let measures = Measure::ALL
            .iter()
            .map(|measure| take_measure(&mut known, measure.id()))
            .collect::<Result<Vec<_>, _>>()?;
        let phrases =
            file.phrases.into_iter().map(compiled).collect::<Result<Vec<PhraseRule>, _>>()?;
        let rules = Rules { phrases, measures };
        rules.refuse_twice()?;
        Ok(rules)
    }

    /// The rules over words, in the order of the file.
    pub fn phrases(&self) -> &[PhraseRule] {
        &self.phrases
    }

    /// The words of a measured rule.
    pub fn measure(&self, measure: Measure) -> &RuleText {
        &self.measures[measure as usize]
    }

    /// A finding of a measured rule, with the figures of this asset.
    pub fn measured(&self, measure: Measure, detail: impl Into<String>) -> Finding {
        self.measure(measure).finding(Some(detail.into()), Vec::new())
    }

    fn refuse_twice(&self) -> Result<(), RulesError> {
        let texts = self.phrases.iter().map(|rule| &rule.text).chain(&self.measures);
        let mut ids: Vec<&str> = texts.map(|text| text.id.as_str()).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(RulesError::Twice(pair[0].to_owned())),
            None => Ok(()),
        }
    }
}

fn take_measure(known: &mut Vec<RuleText>, id: &'static str) -> Result<RuleText, RulesError> {
    let place = known.iter().position(|text| text.id == id);
    place.map(|place| known.swap_remove(place)).ok_or(RulesError::MissingMeasure(id))
}

fn compiled(file: PhraseRuleFile) -> Result<PhraseRule, RulesError> {
    let id = file.text.id.clone();
    let found = expression(&id, &file.phrases, &file.patterns)?
        .ok_or_else(|| RulesError::NothingToFind(id.clone()))?;
    let except = expression(&id, &file.except, &[])?;
    let unless = expression(&id, &file.unless, &[])?;
    Ok(PhraseRule { text: file.text, found, except, unless })
}

/// One expression that matches any of the phrases and patterns; `None` where there are none.
fn expression(
    rule: &str,
    phrases: &[String],
    patterns: &[String],
) -> Result<Option<Regex>, RulesError> {
    let mut choices: Vec<String> = phrases.iter().map(|phrase| phrase_expression(phrase)).collect();
    // Leftmost-first matching takes the first choice that fits: longer phrases go first.
    choices.sort_by_key(|choice| std::cmp::Reverse(choice.len()));
    choices.extend(patterns.iter().map(|pattern| format!("(?:{pattern})")));
    if choices.is_empty() {
        return Ok(None);
    }
    let compiled = RegexBuilder::new(&choices.join("|"))
        .case_insensitive(true)
        .size_limit(MAX_EXPRESSION_BYTES)
        .build();
    compiled
        .map(Some)
        .map_err(|source| RulesError::Pattern { rule: rule.to_owned(), source: Box::new(source) })
}

/// A phrase as an expression: whole words, any white space, `*` for any ending, `{n}` for a number.
fn phrase_expression(phrase: &str) -> String {
    let words: Vec<String> = phrase.split_whitespace().map(word_expression).collect();
    let is_word = |letter: char| letter.is_alphanumeric();
    let opens = if phrase.starts_with(is_word) || phrase.starts_with("{n}") { r"\b" } else { "" };
    let closes = if phrase.ends_with(is_word) || phrase.ends_with("{n}") { r"\b" } else { "" };
    format!("{opens}{}{closes}", words.join(r"\s+"))
}

fn word_expression(word: &str) -> String {
    regex::escape(word)
        .replace(r"\{n\}", r"\d+(?:[.,]\d+)?")
        .replace(r"\*", r"\w*")
        .replace('\'', "['’]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_compile_and_are_written_out() {
        let rules = Rules::built_in();
        assert!(rules.phrases().len() >= 40, "{}", rules.phrases().len());
        let texts = rules.phrases.iter().map(|rule| &rule.text).chain(&rules.measures);
        for text in texts {
            assert!(text.explanation.ends_with(['.', '”']), "{}: {}", text.id, text.explanation);
            assert!(text.advice.ends_with(['.', '”']), "{}: {}", text.id, text.advice);
            assert!(!text.title.ends_with('.'), "{}: {}", text.id, text.title);
        }
    }

    #[test]
    fn no_measured_rule_is_left_without_code() {
        let file: RulesFile = toml::from_str(BUILT_IN_TEXT).expect("the shipped rules");
        assert_eq!(file.measures.len(), Measure::ALL.len());
    }

    #[test]
    fn phrases_match_whole_words_in_any_case_over_any_white_space() {
        let phrases = ["cure for".to_owned(), "only {n} left".to_owned(), "can't lose".to_owned()];
        let found = expression("try", &phrases, &[]).expect("compiles").expect("has phrases");
        assert!(found.is_match("A CURE \n for all"));
        assert!(found.is_match("only 3 left!"));
        assert!(found.is_match("you can’t lose"));
        assert!(!found.is_match("secure form"));
        assert!(!found.is_match("a cure forever"));
    }

    #[test]
    fn a_pattern_that_does_not_compile_names_its_rule() {
        let text = BUILT_IN_TEXT.replacen("patterns = ['", "patterns = ['(", 1);
        let error = Rules::from_toml(&text).expect_err("refused");
        assert!(error.to_string().contains("“health-cure”"), "{error}");
    }
}
