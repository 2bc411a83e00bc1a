//! Usage analytics: what was used, when, on what and by whom, against the period before.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::credits::{Choice, Choices, ReportRef};

/// Which period is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// The running calendar month.
    #[default]
    ThisMonth,
    /// The calendar month before it.
    LastMonth,
    /// Today and the six days before.
    SevenDays,
    /// Today and the 27 days before.
    FourWeeks,
    /// Today and the 89 days before.
    NinetyDays,
    /// The running calendar year.
    ThisYear,
    /// From one day to another.
    Days,
}

impl Period {
    /// All, in the order in which they are offered.
    pub const ALL: [Period; 7] = [
        Period::ThisMonth,
        Period::LastMonth,
        Period::SevenDays,
        Period::FourWeeks,
        Period::NinetyDays,
        Period::ThisYear,
        Period::Days,
    ];

    /// The word in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Period::ThisMonth => "month",
            Period::LastMonth => "last-month",
            Period::SevenDays => "7-days",
            Period::FourWeeks => "28-days",
            Period::NinetyDays => "90-days",
            Period::ThisYear => "year",
            Period::Days => "days",
        }
    }

    /// The words on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Period::ThisMonth => "This month",
            Period::LastMonth => "Last month",
            Period::SevenDays => "7 days",
            Period::FourWeeks => "28 days",
            Period::NinetyDays => "90 days",
            Period::ThisYear => "This year",
            Period::Days => "Own days",
        }
    }
}

/// How long a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// A day.
    Day,
    /// A week that begins on Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Step {
    /// All, the shortest first.
    pub const ALL: [Step; 3] = [Step::Day, Step::Week, Step::Month];

    /// The word in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Step::Day => "day",
            Step::Week => "week",
            Step::Month => "month",
        }
    }

    /// The words on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Step::Day => "By day",
            Step::Week => "By week",
            Step::Month => "By month",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A text that is none of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no such period")]
pub struct UnknownWord;

impl FromStr for Period {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Period::ALL.into_iter().find(|period| period.code() == text).ok_or(UnknownWord)
    }
}

impl FromStr for Step {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Step::ALL.into_iter().find(|step| step.code() == text).ok_or(UnknownWord)
    }
}

/// What stands in the address; empty texts narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalyticsChoice {
    /// [`Period::code`], or empty.
    pub period: String,
    /// The first day (`2026-11-01`), where days are chosen.
    pub from: String,
    /// The last day, where days are chosen.
    pub to: String,
    /// [`Step::code`], or empty for what suits the period.
    pub by: String,
    /// Only this operation.
    pub operation: String,
    /// Only this person.
    pub user: String,
    /// Only this department.
    pub department: String,
    /// Only this API key.
    pub key: String,
}

impl AnalyticsChoice {
    /// Its words in an address, without those that are empty.
    pub fn words(&self) -> Vec<(&'static str, &str)> {
        let words = [
            ("period", self.period.as_str()),
            ("from", &self.from),
            ("to", &self.to),
            ("by", &self.by),
            ("operation", &self.operation),
            ("user", &self.user),
            ("department", &self.department),
            ("key", &self.key),
        ];
        words.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Whether it narrows what is looked at, the period apart.
    pub fn narrows(&self) -> bool {
        let filters = [&self.operation, &self.user, &self.department, &self.key];
        filters.iter().any(|filter| !filter.is_empty())
    }
}

/// Credits, and in how many transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// What was charged and not given back.
    pub credits: Credits,
    /// In how many transactions.
    pub transactions: u64,
}

/// One bar of the trend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// "Sat, 28 Nov 2026", "23–29 Nov 2026", "November 2026".
    pub label: String,
    /// "28", "23 Nov", "Nov".
    pub short: String,
    /// The first day, as in addresses.
    pub from: String,
    /// The last day that is looked at.
    pub to: String,
    /// What was used.
    pub used: Amount,
    /// Whether it goes on.
    pub is_running: bool,
}

/// By what usage is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SplitBy {
    /// What it was spent on.
    Operation,
    /// Who paid.
    Department,
    /// Whom it was for.
    Member,
    /// The API key that spent it.
    Key,
    /// The piece of work.
    Report,
}

/// A part of the usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// As addresses name it; empty for what names none.
    pub id: String,
    /// In people's words.
    pub name: String,
    /// What was used.
    pub used: Amount,
    /// What the period before used of it.
    pub before: Amount,
    /// The page of a piece of work that may be opened.
    pub report: Option<ReportRef>,
}

/// Usage by its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// By what.
    pub by: SplitBy,
    /// The largest first.
    pub slices: Vec<Slice>,
    /// What further parts come to, and how many they are.
    pub others: (u64, Amount),
}

/// A usage that took far more than its operation usually does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlier {
    /// Its transaction.
    pub sequence: u64,
    /// What it was spent on.
    pub operation: String,
    /// What it took.
    pub credits: Credits,
    /// What the operation usually takes.
    pub median: Credits,
    /// When.
    pub at: Moment,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyticsPage {
    /// What was asked, as the address has it.
    pub choice: AnalyticsChoice,
    /// The period that is shown.
    pub period: Period,
    /// How long a bar is.
    pub step: Step,
    /// What the filters offer.
    pub choices: Choices,
    /// The keys among what the filters offer.
    pub keys: Vec<Choice>,
    /// Whether everybody's usage is looked at, or only one's own.
    pub everyone: bool,
    /// "1–28 November 2026".
    pub span: String,
    /// The days with which it is compared.
    pub span_before: String,
    /// The first and the last day, as in addresses.
    pub days: (String, String),
    /// All that was used.
    pub total: Amount,
    /// All that the days before used.
    pub before: Amount,
    /// The trend, in order of time.
    pub bars: Vec<Bar>,
    /// By parts.
    pub splits: Vec<Split>,
    /// The largest first.
    pub outliers: Vec<Outlier>,
    /// Where the list of rows begins, for a period that is over: below this place of the journal.
    pub rows_below: Option<u64>,
    /// Usage that was just booked and is not in these figures yet.
    pub uncounted: bool,
    /// The word for a piece of work: "report".
    pub report_noun: String,
    /// The same for several.
    pub reports_noun: String,
}

/// How much more or less, in words: "12 % more", "as much", "nothing before".
pub fn change(now: Credits, before: Credits) -> String {
    let (now, before) = (i128::from(now.micro()), i128::from(before.micro()));
    if before <= 0 {
        return if now > 0 {
            "nothing before".to_owned()
        } else {
            "nothing before either".to_owned()
        };
    }
    // Rounded to the nearest whole percent; half away from nothing.
    let difference = now - before;
    let percent = (difference.abs() * 200 + before) / (before * 2);
    match (difference, percent) {
        (0, _) => "as much".to_owned(),
        (_, 0) => "about as much".to_owned(),
        (1.., percent) => format!("{percent} % more"),
        (_, percent) => format!("{percent} % less"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(whole: i64) -> Credits {
        Credits::from_micro(whole * 1_000_000)
    }

    #[test]
    fn a_change_is_told_in_whole_percent_and_never_against_nothing() {
        for (now, before, told) in [
            (112, 100, "12 % more"),
            (50, 100, "50 % less"),
            (100, 100, "as much"),
            (1_001, 1_000, "about as much"),
            (3, 0, "nothing before"),
            (0, 0, "nothing before either"),
            (0, 4, "100 % less"),
        ] {
            assert_eq!(change(credits(now), credits(before)), told, "{now} after {before}");
        }
    }

    #[test]
    fn every_word_of_an_address_is_read_back() {
        for period in Period::ALL {
            assert_eq!(period.code().parse(), Ok(period));
        }
        for step in Step::ALL {
            assert_eq!(step.to_string().parse(), Ok(step));
        }
        assert_eq!("decade".parse::<Period>(), Err(UnknownWord));
    }
}
