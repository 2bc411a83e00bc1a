//! The words a catalogue shows for its things, each for one and for many.

use serde::{Deserialize, Serialize};

/// A word for one thing and for several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noun {
    /// As in "1 report".
    pub one: String,
    /// As in "3 reports" and "0 reports".
    pub many: String,
}

impl Noun {
    /// The form that goes with `count`.
    pub fn for_count(&self, count: i64) -> &str {
        if count == 1 { &self.one } else { &self.many }
    }

    /// The word for many with a capital first letter, for headings and menus.
    pub fn heading(&self) -> String {
        capitalised(&self.many)
    }

    /// The word for one with a capital first letter, for labels.
    pub fn label(&self) -> String {
        capitalised(&self.one)
    }
}

/// The nouns that pages print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nouns {
    /// The unit that is bought and spent.
    pub credit: Noun,
    /// The piece of work that a usage row belongs to.
    pub report: Noun,
    /// The thing that is analysed and priced.
    pub asset: Noun,
    /// The part of the organisation that a budget is given to.
    pub department: Noun,
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_everything_else_is_plural() {
        let report = Noun { one: "report".into(), many: "reports".into() };
        assert_eq!(report.for_count(1), "report");
        assert_eq!(report.for_count(0), "reports");
        assert_eq!(report.for_count(3), "reports");
        assert_eq!(report.heading(), "Reports");
        assert_eq!(report.label(), "Report");
    }
}
