//! What an analysis found in one asset, as stored with the report and shown on its page.

use serde::{Deserialize, Serialize};

/// The outcome for one asset: what was found, or why it could not be analysed (and is not charged).
pub type Outcome = Result<AssetFindings, AssetProblem>;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing has to change.
    Info,
    /// Likely to be questioned; needs a second look.
    Caution,
    /// Commonly forbidden; change it before it runs.
    Violation,
}

impl Severity {
    /// The word shown beside a finding, so that colour is never the only sign.
    pub fn label(self) -> &'static str {
        match self {
            Severity::Info => "Note",
            Severity::Caution => "Check",
            Severity::Violation => "Problem",
        }
    }

    /// The stable code, as in JSON and class names.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Caution => "caution",
            Severity::Violation => "violation",
        }
    }
}

/// A measured property of the asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What was measured: "Dimensions".
    pub label: String,
    /// The figure with its unit: "1080 × 1920 pixels".
    pub value: String,
}

/// The place in a text that a finding is about, with the words around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Words before, possibly beginning with an ellipsis.
    pub before: String,
    /// The words themselves.
    pub found: String,
    /// Words after, possibly ending with an ellipsis.
    pub after: String,
    /// Characters (not bytes) of the text before `found`.
    pub offset: usize,
}

/// One thing that someone should know before the ad runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's stable id.
    pub rule: String,
    /// What the rule is about: "Health", "Layout".
    pub topic: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in a few words.
    pub title: String,
    /// Why it matters.
    pub explanation: String,
    /// What to do about it.
    pub advice: String,
    /// The figures of this very asset, where the rule measures something.
    pub detail: Option<String>,
    /// The places in the text, at most a few; empty for images, video and whole-text findings.
    pub excerpts: Vec<Excerpt>,
}

/// Everything that was found in one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetFindings {
    /// One sentence that says how it went.
    pub summary: String,
    /// What was measured.
    pub facts: Vec<Fact>,
    /// The findings, the gravest first.
    pub findings: Vec<Finding>,
}

impl AssetFindings {
    /// Findings made from facts and findings in any order: sorted, with their summary.
    pub fn new(facts: Vec<Fact>, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        AssetFindings { summary: summary_of(&findings), facts, findings }
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The gravest severity found, if anything was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

fn summary_of(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let parts: Vec<String> = [
        (count(Severity::Violation), "problem", "problems"),
        (count(Severity::Caution), "point to check", "points to check"),
        (count(Severity::Info), "note", "notes"),
    ]
    .into_iter()
    .filter(|(count, _, _)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    match parts.as_slice() {
        [] => "Nothing to object to.".to_owned(),
        [only] => format!("{only}."),
        [first, last] => format!("{first} and {last}."),
        [first, middle, last, ..] => format!("{first}, {middle} and {last}."),
    }
}

/// Why an asset could not be analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetProblemCode {
    /// There is nothing in it.
    Empty,
    /// It is larger than the limit that the sentence names.
    TooLarge,
    /// Its kind of file is not one that is analysed.
    NotSupported,
    /// It is a kind that is analysed, but this file cannot be read.
    Broken,
    /// Its credits could not be held any more when it was its turn.
    NotPaidFor,
}

/// Why an asset could not be analysed, said to the person who sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetProblem {
    /// The stable code.
    pub code: AssetProblemCode,
    /// What is wrong and what would cure it.
    pub sentence: String,
}

impl AssetProblem {
    /// A problem with its sentence.
    pub fn new(code: AssetProblemCode, sentence: impl Into<String>) -> Self {
        AssetProblem { code, sentence: sentence.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(severity: Severity) -> Finding {
        Finding {
            rule: "a-rule".into(),
            topic: "Topic".into(),
            severity,
            title: "Title".into(),
            explanation: "Why.".into(),
            advice: "What.".into(),
            detail: None,
            excerpts: Vec::new(),
        }
    }

    #[test]
    fn the_gravest_findings_come_first_and_the_summary_counts_them() {
        let found = AssetFindings::new(
            Vec::new(),
            vec![
                finding(Severity::Info),
                finding(Severity::Violation),
                finding(Severity::Caution),
                finding(Severity::Caution),
            ],
        );
        assert_eq!(found.findings[0].severity, Severity::Violation);
        assert_eq!(found.summary, "1 problem, 2 points to check and 1 note.");
        assert_eq!(found.worst(), Some(Severity::Violation));
    }

    #[test]
    fn a_clean_asset_says_so() {
        let found = AssetFindings::new(Vec::new(), Vec::new());
        assert_eq!(found.summary, "Nothing to object to.");
        assert_eq!(found.worst(), None);
    }

    #[test]
    fn an_outcome_survives_being_stored_as_json() {
        let outcome: Outcome =
            Err(AssetProblem::new(AssetProblemCode::Broken, "The file ends early."));
        let json = serde_json::to_string(&outcome).expect("serialises");
        assert_eq!(serde_json::from_str::<Outcome>(&json).expect("reads"), outcome);
    }
}
