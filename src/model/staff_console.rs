//! What those who run the installation see of organisations, and what they may do to their credits.

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, Money};
use crate::model::Moment;
use crate::model::billing::PurchaseView;
use crate::model::billing_overview::SourceCard;
use crate::model::credits::{BalanceFigures, Choice, LastTransaction};

/// Sources that staff may grant credits of.
pub const GRANT_SOURCES: [crate::ledger::Source; 3] = [
    crate::ledger::Source::Admin,
    crate::ledger::Source::Promotional,
    crate::ledger::Source::Trial,
];

/// *Organisations*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganisationList {
    /// What was searched for; empty for nothing.
    pub search: String,
    /// The organisations that the search finds, the newest first, a page at a time.
    pub rows: Vec<OrganisationLine>,
    /// How many there are in all.
    pub total: u64,
    /// How many requests wait for a second person.
    pub waiting: u64,
    /// Whether this is not the newest page.
    pub is_later_page: bool,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
}

/// One organisation in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganisationLine {
    pub id: String,
    pub name: String,
    pub since: Moment,
    /// What may be spent; none before anything came in.
    pub available: Option<Credits>,
    /// Its plan, where it has one.
    pub plan: Option<String>,
    pub last_payment: Option<PaymentBrief>,
    /// What somebody should know of it; empty where all is well.
    pub health: Vec<HealthNote>,
}

/// A payment in a few words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentBrief {
    pub id: String,
    pub price: Money,
    pub begun: Moment,
}

/// Something that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthNote {
    pub text: String,
    /// Whether somebody should act.
    pub is_bad: bool,
}

/// One organisation, to be read only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganisationView {
    pub line: OrganisationLine,
    pub currency: String,
    pub time_zone: String,
    pub members: u64,
    pub departments: u64,
    pub figures: BalanceFigures,
    /// In spending order, each with its lots.
    pub sources: Vec<SourceCard>,
    /// The newest usage and additions.
    pub transactions: Vec<LastTransaction>,
    /// The newest payments.
    pub payments: Vec<PurchaseView>,
    /// What staff did to it last.
    pub deeds: Vec<LogLine>,
}

/// What was typed into the form of a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantAsked {
    pub amount: String,
    pub source: String,
    /// The last day on which the credits may be spent, such as `2026-12-31`; empty for ever.
    pub expires: String,
    pub reason: String,
}

/// The form of a grant: what is asked for, and what it would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantForm {
    pub organisation: String,
    pub organisation_name: String,
    pub available: Credits,
    pub owed: Credits,
    pub sources: Vec<Choice>,
    /// Above this amount a second person has to say yes.
    pub two_person_above: Credits,
    pub asked: GrantAsked,
    pub preview: Option<ChangePreview>,
}

/// The form of a correction: of which lot, by how much, and what it would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustForm {
    pub organisation: String,
    pub organisation_name: String,
    pub lot: String,
    /// Where the lot came from.
    pub origin: String,
    /// What is left of it, and what it was granted.
    pub remaining: Credits,
    pub amount: Credits,
    pub expires: Option<Moment>,
    pub two_person_above: Credits,
    /// What was typed.
    pub change: String,
    pub reason: String,
    pub preview: Option<ChangePreview>,
}

/// What a grant or a correction would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangePreview {
    /// What comes in, or goes where it is less than nothing.
    pub credits: Credits,
    pub available_now: Credits,
    pub available: Credits,
    /// What of it pays what is owed.
    pub repaid: Credits,
    /// When what comes in lapses.
    pub expires: Option<Moment>,
    /// Whether a second person has to say yes.
    pub needs_second: bool,
    /// The key of the form that confirms: sent twice it acts once.
    pub form_key: String,
}

/// *Requests*: what waits for a second person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestsPage {
    pub waiting: Vec<RequestLine>,
    /// What waited before, the newest first.
    pub decided: Vec<RequestLine>,
    pub two_person_above: Credits,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestLine {
    pub id: String,
    pub organisation: String,
    pub organisation_name: String,
    /// "Grant, promotional" or "Correction".
    pub what: String,
    pub credits: Credits,
    pub reason: String,
    pub asked_by: String,
    pub asked: Moment,
    pub lapses: Moment,
    /// How it ended, in words; what stands in its way where it was refused.
    pub state: String,
    pub decided_by: Option<String>,
    /// Whether the reader asked for it.
    pub is_own: bool,
}

/// *Log*: what staff did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    pub is_later_page: bool,
    pub next: Option<String>,
}

/// One deed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Moment,
    pub who: String,
    pub what: String,
    pub address: Option<String>,
    pub organisation: Option<String>,
    pub organisation_name: Option<String>,
    pub reason: Option<String>,
    /// What was before, and after.
    pub was: Option<String>,
    pub became: Option<String>,
}
