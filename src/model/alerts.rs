//! What people are told: kinds of alerts, the rules they follow, the inbox and the banner.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

use crate::model::Moment;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Something will not work by itself any more.
    Warn,
    /// Something has failed.
    Bad,
}

/// What an alert is about. Of several that stand at the same time, the first in this order is the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A payment failed, or waits for its owner.
    PaymentFailed,
    /// Nothing is left.
    OutOfCredits,
    /// Auto top-up does not buy any more.
    TopUpStopped,
    /// Below the last limit.
    CreditsCritical,
    /// Below a limit.
    CreditsLow,
    /// A department's allotment or a person's cap is nearly used.
    BudgetLow,
    /// At this pace the credits last for days only.
    RunsOut,
    /// Credits expire soon.
    Expiry,
    /// Far more than usual is used today.
    Spike,
    /// Somebody has used as much in a month as they wanted to be told of.
    OwnUsage,
    /// A webhook's endpoint takes nothing.
    WebhookFails,
    /// Somebody asks for credits, or was answered.
    Ask,
}

impl AlertKind {
    /// Every kind, in the order of banners.
    pub const ALL: [AlertKind; 12] = [
        AlertKind::PaymentFailed,
        AlertKind::OutOfCredits,
        AlertKind::TopUpStopped,
        AlertKind::CreditsCritical,
        AlertKind::CreditsLow,
        AlertKind::BudgetLow,
        AlertKind::RunsOut,
        AlertKind::Expiry,
        AlertKind::Spike,
        AlertKind::OwnUsage,
        AlertKind::WebhookFails,
        AlertKind::Ask,
    ];

    /// The word as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            AlertKind::PaymentFailed => "payment_failed",
            AlertKind::OutOfCredits => "out_of_credits",
            AlertKind::TopUpStopped => "top_up_stopped",
            AlertKind::CreditsCritical => "credits_critical",
            AlertKind::CreditsLow => "credits_low",
            AlertKind::BudgetLow => "budget_low",
            AlertKind::RunsOut => "runs_out",
            AlertKind::Expiry => "expiry",
            AlertKind::Spike => "spike",
            AlertKind::OwnUsage => "own_usage",
            AlertKind::WebhookFails => "webhook_fails",
            AlertKind::Ask => "ask",
        }
    }

    /// Its place among banners: the lowest comes first.
    pub const fn place(self) -> i64 {
        self as i64
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            AlertKind::PaymentFailed | AlertKind::OutOfCredits | AlertKind::CreditsCritical => {
                Severity::Bad
            }
            AlertKind::Spike | AlertKind::OwnUsage | AlertKind::Ask => Severity::Info,
            _ => Severity::Warn,
        }
    }
}

impl FromStr for AlertKind {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        AlertKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or("no kind of alert")
    }
}

/// A rule that can be set: by the organisation's admins, or by a person for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// Percents of the allowance that are left.
    BalancePercent,
    /// Credits that are left.
    BalanceCredits,
    /// Percents of a department's allotment that are left.
    DepartmentPercent,
    /// Days that the credits last.
    Forecast,
    /// Today against the usual.
    Spike,
    /// Days until credits expire.
    Expiry,
    /// Payments and auto top-up.
    Payments,
    /// Percents of one's own cap that are left.
    CapPercent,
    /// One's own usage in a month.
    OwnUsage,
}

impl RuleKind {
    /// Those of an organisation, in the order of its page.
    pub const ORGANISATION: [RuleKind; 7] = [
        RuleKind::BalancePercent,
        RuleKind::BalanceCredits,
        RuleKind::DepartmentPercent,
        RuleKind::Forecast,
        RuleKind::Spike,
        RuleKind::Expiry,
        RuleKind::Payments,
    ];
    /// Those of a person.
    pub const OWN: [RuleKind; 2] = [RuleKind::CapPercent, RuleKind::OwnUsage];

    /// The word as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            RuleKind::BalancePercent => "balance_percent",
            RuleKind::BalanceCredits => "balance_credits",
            RuleKind::DepartmentPercent => "department_percent",
            RuleKind::Forecast => "forecast",
            RuleKind::Spike => "spike",
            RuleKind::Expiry => "expiry",
            RuleKind::Payments => "payments",
            RuleKind::CapPercent => "cap_percent",
            RuleKind::OwnUsage => "own_usage",
        }
    }

    /// Its heading on the page.
    pub const fn title(self) -> &'static str {
        match self {
            RuleKind::BalancePercent => "Share of the allowance",
            RuleKind::BalanceCredits => "Credits left",
            RuleKind::DepartmentPercent => "Departments",
            RuleKind::Forecast => "Days left",
            RuleKind::Spike => "Unusual days",
            RuleKind::Expiry => "Expiring credits",
            RuleKind::Payments => "Payments and auto top-up",
            RuleKind::CapPercent => "Your own limit",
            RuleKind::OwnUsage => "Your own usage",
        }
    }

    /// When it tells, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            RuleKind::BalancePercent => {
                "When less than this share is left, of the allowance or, without one, of the last purchase."
            }
            RuleKind::BalanceCredits => "When fewer credits than this are left, and when none are.",
            RuleKind::DepartmentPercent => {
                "When less than this share of a department's allotment is left. Its members are told too."
            }
            RuleKind::Forecast => {
                "When the balance lasts fewer days than this, at the pace of the last 28."
            }
            RuleKind::Spike => {
                "When a day uses this many times as much as an average day of the 28 before."
            }
            RuleKind::Expiry => {
                "When credits expire in so many days and would not all be used by then, at the pace of the last 28."
            }
            RuleKind::Payments => {
                "When a payment fails or waits for its owner, and when auto top-up stops. It always stands in the inbox."
            }
            RuleKind::CapPercent => {
                "When less than this share is left of what you may spend. It tells nothing while you have no limit."
            }
            RuleKind::OwnUsage => "When you have used this many credits in a calendar month.",
        }
    }

    /// What its levels count, for the field's label; none where it has no levels.
    pub const fn unit(self) -> Option<&'static str> {
        match self {
            RuleKind::BalancePercent | RuleKind::DepartmentPercent | RuleKind::CapPercent => {
                Some("Percents")
            }
            RuleKind::BalanceCredits | RuleKind::OwnUsage => Some("Credits"),
            RuleKind::Forecast | RuleKind::Expiry => Some("Days"),
            RuleKind::Spike => Some("Times the usual"),
            RuleKind::Payments => None,
        }
    }
}

impl FromStr for RuleKind {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let mut all = RuleKind::ORGANISATION.into_iter().chain(RuleKind::OWN);
        all.find(|kind| kind.as_str() == word).ok_or("no kind of rule")
    }
}

/// Which of their alerts a person gets by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailChoice {
    /// All that they are told.
    All,
    /// What has failed or is nearly over.
    Urgent,
    /// None.
    None,
}

impl MailChoice {
    /// Every choice, in the order of the page.
    pub const ALL: [MailChoice; 3] = [MailChoice::All, MailChoice::Urgent, MailChoice::None];

    /// The word as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            MailChoice::All => "all",
            MailChoice::Urgent => "urgent",
            MailChoice::None => "none",
        }
    }

    /// What it means, for people.
    pub const fn label(self) -> &'static str {
        match self {
            MailChoice::All => "Everything I am told",
            MailChoice::Urgent => "Only what is urgent: failed payments, and credits nearly gone",
            MailChoice::None => "Nothing: the inbox is enough",
        }
    }
}

impl FromStr for MailChoice {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        MailChoice::ALL.into_iter().find(|choice| choice.as_str() == word).ok_or("no such choice")
    }
}

/// One alert, in the inbox or as the banner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    pub id: String,
    pub severity: Severity,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it.
    pub detail: String,
    /// Where it is cured, and what the link there says.
    pub cure: Option<(String, String)>,
    pub at: Moment,
    /// Whether it is over: cured, or its time has passed.
    pub is_over: bool,
    pub is_read: bool,
}

/// One page of someone's inbox, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    pub alerts: Vec<AlertView>,
    /// How many are unread, on all pages; see [`MOST_UNREAD`].
    pub unread: u32,
    /// Where the next page begins.
    pub next: Option<String>,
    /// When this was read, in microseconds: what is told later is not marked as read with the rest.
    pub shown_at: String,
}

/// Unread alerts are counted up to here.
pub const MOST_UNREAD: u32 = 100;

/// "3 unread", "more than 99 unread".
pub fn unread_words(unread: u32) -> String {
    match unread {
        MOST_UNREAD.. => format!("more than {} unread", MOST_UNREAD - 1),
        count => format!("{count} unread"),
    }
}

/// A rule with what it would have told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    pub kind: RuleKind,
    /// "20, 5".
    pub levels: String,
    pub mail: bool,
    pub in_app: bool,
    /// A form that is older is refused.
    pub version: i64,
    /// How often it would have told in the last 30 days, as a sentence; none where that cannot be said.
    pub past: Option<String>,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLine {
    pub to: String,
    pub subject: String,
    pub at: Moment,
    /// The badge's tone: `good`, `warn`, `bad` or `info`.
    pub tone: String,
    /// "Sent", "Waits", "Given up".
    pub word: String,
    /// What the mail server said, and when it is tried again.
    pub detail: String,
}

/// `/settings/alerts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsPage {
    /// The organisation's rules, for those who may change them.
    pub organisation: Vec<RuleView>,
    /// The viewer's own.
    pub own: Vec<RuleView>,
    pub mail_choice: MailChoice,
    /// The viewer's address.
    pub email: String,
    /// Whether letters are sent at all.
    pub mail_is_set_up: bool,
    /// The test letter that was asked for just now.
    pub test: Option<LetterLine>,
    /// The organisation's last letters, for those who may change its rules.
    pub letters: Vec<LetterLine>,
    /// What stands now, for those who may change the rules.
    pub standing: Vec<AlertView>,
    /// A key for the test letter's form.
    pub form_key: String,
    /// What percents are taken of, in words.
    pub base: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_the_order_of_kinds_is_the_order_of_banners() {
        for (place, kind) in AlertKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind.place(), place as i64);
        }
        for kind in RuleKind::ORGANISATION.into_iter().chain(RuleKind::OWN) {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for choice in MailChoice::ALL {
            assert_eq!(choice.as_str().parse(), Ok(choice));
        }
    }

    #[test]
    fn a_great_many_unread_alerts_are_not_counted_to_the_last() {
        assert_eq!(unread_words(1), "1 unread");
        assert_eq!(unread_words(100), "more than 99 unread");
    }
}
