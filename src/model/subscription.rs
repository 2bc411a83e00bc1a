//! The page *Subscription* and the preview of a change of plan.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;
use crate::model::billing::PriceTax;

/// The page *Subscription*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionPage {
    /// The plan in force.
    pub plan: PlanCard,
    /// What is to be known or done about it.
    pub notice: Option<PlanNotice>,
    /// The plans to choose from.
    pub offers: Vec<PlanOffer>,
    /// Whether the organisation has a page of its own at the provider, for cards and invoices.
    pub has_portal: bool,
    /// The hidden key of the page's forms.
    pub form_key: String,
    /// What the prices say about taxes.
    pub tax: PriceTax,
    /// Whether no real money moves.
    pub test: bool,
}

/// How the plan in force stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// There is none: credits are bought as they are needed.
    PayAsYouGo,
    /// It costs nothing.
    Free,
    /// It was agreed on.
    Agreed,
    /// It is paid for.
    Active,
    /// It is being tried; nothing was to be paid yet.
    Trial,
    /// A payment for it did not come.
    PastDue,
    /// It ends with its period.
    Ending,
}

impl PlanState {
    /// The word on its badge; none where the plan's own name says it all.
    pub fn word(self) -> Option<&'static str> {
        match self {
            PlanState::PayAsYouGo => None,
            PlanState::Free => Some("No charge"),
            PlanState::Agreed => Some("By agreement"),
            PlanState::Active => Some("Active"),
            PlanState::Trial => Some("Trial"),
            PlanState::PastDue => Some("Payment failed"),
            PlanState::Ending => Some("Ends with its period"),
        }
    }
}

/// The plan in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCard {
    /// What people call it: its badge.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// How it stands.
    pub state: PlanState,
    /// "$29.00 each month"; none where nothing is paid for by the period.
    pub price: Option<String>,
    /// "5,000 credits each month"; none where there is no allowance.
    pub allowance: Option<String>,
    /// The period that is running.
    pub period: Option<PlanPeriod>,
    /// What happens at the period's end, as a sentence.
    pub reset: Option<String>,
    /// When the plan expires, as a sentence.
    pub expiry: String,
    /// What else belongs to it.
    pub limits: Vec<String>,
}

/// A period of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPeriod {
    /// Its first instant.
    pub from: Moment,
    /// The first instant after it.
    pub until: Moment,
    /// What is left of its credits; none where they have no end.
    pub unused: Option<Credits>,
}

/// What is to be known or done about the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanNotice {
    /// A payment page is open.
    PageOpen {
        /// The plan that is chosen on it.
        plan: String,
        /// Where to pay, for whoever may.
        pay_at: Option<String>,
    },
    /// A payment did not come.
    PastDue {
        /// Where the invoice is paid, for whoever may.
        pay_at: Option<String>,
        /// Until when the credits of the last period stay.
        credits_until: Option<Moment>,
    },
    /// The plan ends with its period.
    Ends {
        /// When.
        at: Moment,
    },
    /// Another plan follows.
    Changes {
        /// Its name.
        plan: String,
        /// When.
        at: Moment,
    },
    /// The plan has ended, its credits stay a while.
    Ended {
        /// Until when.
        credits_until: Moment,
    },
    /// Somebody came back from the payment page without paying.
    CameBack {
        /// The plan that was chosen there.
        plan: String,
    },
}

impl PlanNotice {
    /// Whether something scheduled can be taken back.
    pub fn is_undoable(&self) -> bool {
        matches!(self, PlanNotice::Ends { .. } | PlanNotice::Changes { .. })
    }
}

/// What can be done with a plan that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferAction {
    /// It is the plan in force.
    Current,
    /// It follows on the plan in force.
    Next,
    /// It can be chosen; the button says so.
    Choose {
        /// The button.
        label: String,
    },
    /// It is agreed on with people.
    Contact,
    /// It cannot be chosen now, because of this.
    NotNow {
        /// Why, as a sentence.
        because: String,
    },
}

/// A plan to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOffer {
    /// Its code.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// "$29.00", "Free", "By agreement".
    pub price: String,
    /// "each month", or nothing.
    pub rhythm: String,
    /// "5,000 credits each month".
    pub allowance: String,
    /// What is left at a period's end, as a phrase.
    pub rollover: String,
    /// What else belongs to it.
    pub limits: Vec<String>,
    /// Whether it is marked.
    pub recommended: bool,
    /// What can be done with it.
    pub action: OfferAction,
}

/// What a confirmed preview does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviewOf {
    /// It leads to the payment page.
    Begin,
    /// It changes the plan.
    Change,
    /// It ends the plan with its period.
    End,
}

/// What a change of plan would do, before anybody confirms it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPreview {
    /// What confirming does.
    pub of: PreviewOf,
    /// "Change to Studio".
    pub title: String,
    /// The code of the plan that is chosen.
    pub plan: String,
    /// When it takes effect.
    pub when: String,
    /// What is charged today.
    pub charge_today: String,
    /// What is charged later.
    pub charge_later: String,
    /// Credits that come in.
    pub gained: String,
    /// Credits that stay.
    pub kept: String,
    /// Credits that lapse.
    pub lost: String,
    /// The button.
    pub confirm: String,
    /// The second whose figures these are.
    pub shown_at: i64,
    /// The hidden key of the form.
    pub form_key: String,
    /// What the prices say about taxes.
    pub tax: PriceTax,
    /// Whether no real money moves.
    pub test: bool,
}
