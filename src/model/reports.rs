//! What the pages about reports show, and the words for how far a report is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalogue::{AnalysisRequest, AssetKind, Catalogue};
use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::findings::Outcome;

/// Longest title of a report, in characters.
pub const TITLE_CHARACTERS: usize = 120;
/// Most bytes of all files of one analysis together (100 MB).
pub const UPLOAD_BYTES: usize = 100_000_000;
/// What may be sent, for sentences.
pub const ANALYSED_KINDS: &str = "PNG, JPEG, GIF or WebP images, or MP4 and MOV videos";
/// The code of the answer that says what a form would cost.
pub const COST_CODE: &str = "cost";
/// A report stands out when it was charged more than this many times the median.
pub const HIGH_USAGE_FACTOR: i64 = 2;
/// The median is taken over so many of the organisation's newest finished reports.
pub const HIGH_USAGE_SAMPLE: i64 = 1_000;
/// With fewer finished reports than this, none stands out.
pub const HIGH_USAGE_REPORTS: usize = 5;
/// Rows on one page of the list.
pub const ROWS_PER_PAGE: usize = 50;

/// How far a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// Handed in; its credits are about to be held.
    Preparing,
    /// Its credits are held; it waits for its turn.
    Queued,
    /// It is being analysed.
    Running,
    /// Every asset was analysed.
    Done,
    /// Some assets could not be analysed; their credits came back.
    Partly,
    /// No asset could be analysed; nothing was charged.
    Failed,
}

impl ReportStatus {
    /// Every status, in the order of a report's life.
    pub const ALL: [ReportStatus; 6] = [
        ReportStatus::Preparing,
        ReportStatus::Queued,
        ReportStatus::Running,
        ReportStatus::Done,
        ReportStatus::Partly,
        ReportStatus::Failed,
    ];

    /// The stable code, as stored and in addresses.
    pub fn code(self) -> &'static str {
        match self {
            ReportStatus::Preparing => "preparing",
            ReportStatus::Queued => "queued",
            ReportStatus::Running => "running",
            ReportStatus::Done => "done",
            ReportStatus::Partly => "partly",
            ReportStatus::Failed => "failed",
        }
    }

    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            ReportStatus::Preparing => "Preparing",
            ReportStatus::Queued => "Waiting",
            ReportStatus::Running => "Running",
            ReportStatus::Done => "Done",
            ReportStatus::Partly => "Partly done",
            ReportStatus::Failed => "Failed",
        }
    }

    /// Whether it will still change by itself.
    pub fn is_open(self) -> bool {
        matches!(self, ReportStatus::Preparing | ReportStatus::Queued | ReportStatus::Running)
    }
}

impl fmt::Display for ReportStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A text that names no status, order or filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words that are possible here")]
pub struct UnknownWord;

impl FromStr for ReportStatus {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|status| status.code() == text).ok_or(UnknownWord)
    }
}

/// Which reports a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportFilter {
    /// All of them.
    #[default]
    All,
    /// Those that wait or run.
    Open,
    /// Those where every asset was analysed.
    Done,
    /// Those where some assets were not.
    Partly,
    /// Those where none was.
    Failed,
}

impl ReportFilter {
    /// Every filter, in the order of the page's tabs.
    pub const ALL: [ReportFilter; 5] = [
        ReportFilter::All,
        ReportFilter::Open,
        ReportFilter::Done,
        ReportFilter::Partly,
        ReportFilter::Failed,
    ];

    /// The stable code in addresses; empty for all.
    pub fn code(self) -> &'static str {
        match self {
            ReportFilter::All => "",
            ReportFilter::Open => "open",
            ReportFilter::Done => "done",
            ReportFilter::Partly => "partly",
            ReportFilter::Failed => "failed",
        }
    }

    /// The word on the tab.
    pub fn label(self) -> &'static str {
        match self {
            ReportFilter::All => "All",
            ReportFilter::Open => "Running",
            ReportFilter::Done => "Done",
            ReportFilter::Partly => "Partly done",
            ReportFilter::Failed => "Failed",
        }
    }

    /// Reads the address; anything unknown shows all.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|filter| filter.code() == text).unwrap_or_default()
    }
}

/// By what the list is sorted, and in which direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportSort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// The dearest first.
    Dearest,
    /// The cheapest first.
    Cheapest,
}

impl ReportSort {
    /// The stable code in addresses; empty for the newest first.
    pub fn code(self) -> &'static str {
        match self {
            ReportSort::Newest => "",
            ReportSort::Oldest => "oldest",
            ReportSort::Dearest => "credits",
            ReportSort::Cheapest => "credits-up",
        }
    }

    /// Reads the address; anything unknown is the newest first.
    pub fn parse(text: &str) -> Self {
        [ReportSort::Oldest, ReportSort::Dearest, ReportSort::Cheapest]
            .into_iter()
            .find(|sort| sort.code() == text)
            .unwrap_or_default()
    }
}

/// What `/reports/new` needs to quote and to say who pays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewReportView {
    /// The key of this form: however often it is sent, it starts one analysis.
    pub form_key: String,
    /// The title that stands there unless one is typed.
    pub default_title: String,
    /// The rate card in force.
    pub catalogue: Catalogue,
    /// Whose credits they are and what is left of them.
    pub payer: Payer,
}

/// Who pays, and what would be left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payer {
    /// The organisation's name.
    pub organisation: String,
    /// What the organisation may spend now.
    pub available: Credits,
    /// The department that is charged, where the person is in one.
    pub department: Option<String>,
    /// The limits that apply, the widest first.
    pub limits: Vec<PayerLimit>,
    /// Whether the person may buy credits.
    pub may_buy: bool,
    /// Whether the person may raise a department's limit.
    pub may_allot: bool,
    /// Whom to ask for credits: a few names of people who may buy.
    pub buyers: Vec<String>,
    /// Whom to ask for a higher limit: a few names of people who may set it.
    pub allotters: Vec<String>,
}

/// One budget that applies to the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayerLimit {
    /// Whose: "Marketing", "The organisation", "You".
    pub of: String,
    /// The limit.
    pub limit: Credits,
    /// What is left of it.
    pub left: Credits,
}

/// What a form with this text and so many files asks for.
pub fn request_of(text: &str, images: u32, videos: u32) -> AnalysisRequest {
    AnalysisRequest { text: u32::from(!text.trim().is_empty()), image: images, video: videos }
}

/// What a file is by its name, or else by what its sender says. The browser counts by this alone; the
/// server asks the bytes first.
pub fn claimed_kind(name: &str, content_type: &str) -> Option<AssetKind> {
    let name = name.to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match (ending, content_type.split('/').next()) {
        ("png" | "jpg" | "jpeg" | "gif" | "webp", _) => Some(AssetKind::Image),
        ("mp4" | "m4v" | "mov", _) => Some(AssetKind::Video),
        (_, Some("image")) => Some(AssetKind::Image),
        (_, Some("video")) => Some(AssetKind::Video),
        _ => None,
    }
}

/// "1 text, 2 images"; the counts in the order of [`AssetKind::ALL`].
pub fn assets_phrase(counts: [u32; 3]) -> String {
    AssetKind::ALL
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.noun(count)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The page of one report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportView {
    /// Its id, for support.
    pub id: String,
    /// What its author calls it.
    pub title: String,
    /// How far it is.
    pub status: ReportStatus,
    /// When it was handed in.
    pub created_at: Moment,
    /// When it ended.
    pub finished_at: Option<Moment>,
    /// Who asked for it.
    pub user_name: String,
    /// The department it is charged to.
    pub department_name: Option<String>,
    /// Every asset in its order.
    pub assets: Vec<AssetView>,
    /// What it costs, and why.
    pub receipt: ReceiptView,
}

impl ReportView {
    /// How many assets have their outcome.
    pub fn finished_assets(&self) -> usize {
        self.assets.iter().filter(|asset| asset.outcome.is_some()).count()
    }
}

/// One asset of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetView {
    /// What it is.
    pub kind: AssetKind,
    /// What its author calls it.
    pub name: String,
    /// "48.3 kB".
    pub size: String,
    /// Its price in the quote.
    pub credits: Credits,
    /// What came of it; none while it waits.
    pub outcome: Option<Outcome>,
}

/// Quoted against charged, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// The operation's name on the rate card.
    pub operation: String,
    /// What was agreed.
    pub quoted: Credits,
    /// What the ledger says of it now.
    pub state: ReceiptState,
    /// The lots that paid, or that the credits are held from, in order.
    pub lots: Vec<PaidLot>,
}

/// Where the credits of a report are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ReceiptState {
    /// Nothing is held yet.
    Pending,
    /// They are set aside until the work ends.
    Held {
        /// How many.
        credits: Credits,
    },
    /// The work was charged.
    Charged {
        /// How many.
        credits: Credits,
        /// What came back, of what had been held.
        returned: Credits,
        /// When.
        at: Moment,
    },
    /// All of them came back.
    Returned {
        /// How many.
        credits: Credits,
        /// When.
        at: Moment,
        /// Whether that was because the work took longer than they could be held.
        lapsed: bool,
    },
}

/// What one lot paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaidLot {
    /// "Purchased", "Subscription", …
    pub source: String,
    /// The lot's id.
    pub id: String,
    /// What it paid or holds.
    pub credits: Credits,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportListView {
    /// The reports of this page.
    pub rows: Vec<ReportRow>,
    /// Which reports.
    pub filter: ReportFilter,
    /// In which order.
    pub sort: ReportSort,
    /// Whether this is the first page.
    pub is_first: bool,
    /// Where the next page begins, when there is one.
    pub next: Option<String>,
    /// How many reports there are in all.
    pub reports: i64,
    /// What was charged for all of them.
    pub charged: Credits,
    /// What is held for all of them.
    pub held: Credits,
    /// The median charge of the organisation's newest finished reports, when there are enough.
    pub median: Option<Credits>,
    /// Whether it shows everyone's reports.
    pub everyone: bool,
}

/// One report in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportRow {
    /// Its id.
    pub id: String,
    /// What its author calls it.
    pub title: String,
    /// How far it is.
    pub status: ReportStatus,
    /// "1 text, 2 images".
    pub assets: String,
    /// What the ledger holds for it while it runs, or has charged for it.
    pub credits: Credits,
    /// Who asked for it.
    pub user_name: String,
    /// The department it is charged to.
    pub department_name: Option<String>,
    /// When it was handed in.
    pub created_at: Moment,
    /// Whether it was charged far more than reports usually are.
    pub high_usage: bool,
}

/// The median of `charges`; of an even number the lower of the two in the middle. None when there are
/// fewer than [`HIGH_USAGE_REPORTS`].
pub fn usual_charge(mut charges: Vec<Credits>) -> Option<Credits> {
    if charges.len() < HIGH_USAGE_REPORTS {
        return None;
    }
    charges.sort_unstable();
    charges.get((charges.len() - 1) / 2).copied()
}

/// Whether a charge is more than [`HIGH_USAGE_FACTOR`] times the usual one.
pub fn is_high(charged: Credits, usual: Option<Credits>) -> bool {
    usual
        .and_then(|usual| usual.checked_mul(HIGH_USAGE_FACTOR))
        .is_some_and(|threshold| charged > threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(whole: i64) -> Credits {
        Credits::from_whole(whole).unwrap()
    }

    #[test]
    fn a_status_reads_back_from_its_own_code_and_from_nothing_else() {
        for status in ReportStatus::ALL {
            assert_eq!(status.code().parse(), Ok(status));
        }
        assert_eq!("Done".parse::<ReportStatus>(), Err(UnknownWord));
    }

    #[test]
    fn a_report_stands_out_above_twice_the_median_and_not_at_it() {
        let usual = usual_charge([1, 2, 2, 3, 50].map(credits).to_vec());
        assert_eq!(usual, Some(credits(2)));
        assert!(!is_high(credits(4), usual));
        assert!(is_high(credits(5), usual));
    }

    #[test]
    fn with_few_reports_none_stands_out() {
        assert_eq!(usual_charge([1, 1, 1, 90].map(credits).to_vec()), None);
        assert!(!is_high(credits(90), None));
    }

    #[test]
    fn the_assets_of_a_report_are_told_in_words() {
        assert_eq!(assets_phrase([1, 2, 0]), "1 text, 2 images");
        assert_eq!(assets_phrase([0, 0, 1]), "1 video");
    }
}
