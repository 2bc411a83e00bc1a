//! Settings › Billing › Auto top-up: the saved card, what is bought by itself, and what came of it.

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, Money};
use crate::model::{FieldProblem, Moment};

/// The choice that fills the balance up, in the place of a pack's code.
pub const UP_TO_CODE: &str = "up-to";

/// The whole section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoTopUpView {
    pub card: Option<CardView>,
    /// What one agrees to when a card is saved.
    pub wording: String,
    pub status: TopUpStatus,
    /// What the form's fields hold.
    pub choice: TopUpChoice,
    /// What is wrong with them.
    pub problems: Vec<FieldProblem>,
    /// How often it was changed: a form that is older is refused.
    pub version: i64,
    pub offers: Vec<TopUpOffer>,
    /// How an own number of credits is sold, where it is: "50 to 5,000, $1.200 each".
    pub own_hint: Option<String>,
    /// "USD".
    pub currency: String,
    /// What the choice would do, where it could be read and was asked for.
    pub preview: Option<TopUpPreview>,
    /// The last attempts, the newest first.
    pub attempts: Vec<AttemptLine>,
    /// Why it cannot be switched on here at all.
    pub not_offered: Option<String>,
    /// Whether no real money moves.
    pub test: bool,
}

/// A saved card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// "Visa •••• 4242".
    pub label: String,
    /// "12/2034".
    pub expires: String,
    pub is_expired: bool,
    pub saved: Moment,
    /// Who agreed to it.
    pub consent_by: String,
    pub consent_at: Moment,
    /// To what, word by word.
    pub consent: String,
}

/// Whether it buys, and if not why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpStatus {
    pub is_on: bool,
    /// "On", "Off", "Stopped" …
    pub word: String,
    /// `good`, `warn`, `bad`, or nothing.
    pub tone: String,
    /// What it does, or why it does nothing, and what cures that.
    pub sentence: String,
    /// What it has spent this month, where it was ever set.
    pub spent: Option<Money>,
    /// The most it may spend.
    pub cap: Option<Money>,
    /// Whether it rests until someone confirms the card.
    pub rests: bool,
}

/// What an admin chooses, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpChoice {
    pub threshold: String,
    /// A pack's code, or that of an own amount, or [`UP_TO_CODE`].
    pub buys: String,
    pub credits: String,
    pub cap: String,
}

/// Something that can be bought each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpOffer {
    pub code: String,
    /// "Team: 200 credits for $220.00".
    pub label: String,
}

/// What a choice would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUpPreview {
    /// The choice as a sentence.
    pub summary: String,
    /// "October 2026".
    pub month: String,
    /// What would have happened in it.
    pub last_month: String,
    /// Each time it would have bought.
    pub purchases: Vec<Moment>,
    /// How many credits it would have bought.
    pub credits: Credits,
    /// What they would have cost.
    pub cost: Money,
    /// Whether it would buy right now, and how much.
    pub now: String,
    pub charges_now: bool,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLine {
    pub purchase: String,
    pub at: Moment,
    pub credits: Credits,
    pub price: Money,
    /// "Credited", "Declined" …
    pub word: String,
    /// `good`, `warn`, `bad`, `info`.
    pub tone: String,
    /// Why, where there is more to say.
    pub detail: String,
    /// Whether the card's owner can confirm it now.
    pub waits_for_owner: bool,
}
