//! Refusals: a *no* that is part of the product, with the numbers and the cure.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::budget::{Subject, Window};
use super::credits::Credits;
use super::id::{HoldId, LotId};
use super::time::Timestamp;

/// Why a command was not done. Nothing was booked for it and its key is still free.
///
/// `Display` says what is wrong with the arithmetic; [`cure`](Refusal::cure) says what would help.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// More was asked than the usable lots have.
    #[error("{} needed, {available} available: {shortfall} short.", counted(*asked))]
    InsufficientCredits {
        /// What was needed now.
        asked: Credits,
        /// What the usable lots have.
        available: Credits,
        /// The difference.
        shortfall: Credits,
    },
    /// More was asked than a budget leaves.
    #[error(
        "{} needed, {left} left of the {}'s limit of {limit} ({used} used, {held} held).",
        counted(*asked),
        subject.noun()
    )]
    BudgetExceeded {
        /// Whose limit it is.
        subject: Subject,
        /// When it applies.
        window: Window,
        /// The limit.
        limit: Credits,
        /// What was settled in the window.
        used: Credits,
        /// What open holds have set aside in it.
        held: Credits,
        /// What was needed now.
        asked: Credits,
        /// What the limit leaves.
        left: Credits,
    },
    /// An amount that has to be more than nothing.
    #[error("The amount is {amount}, and it must be more than 0.")]
    AmountNotPositive {
        /// What was given.
        amount: Credits,
    },
    /// An amount that may be nothing, but not less.
    #[error("The amount is {amount}, and it must not be less than 0.")]
    AmountNegative {
        /// What was given.
        amount: Credits,
    },
    /// The credits ever granted would no longer fit.
    #[error("{} on top of all that was granted before is more than can be counted.", counted(*amount))]
    AmountOverflow {
        /// What was to be granted.
        amount: Credits,
    },
    /// The lot's id is taken.
    #[error("There is a lot {lot} already.")]
    LotExists {
        /// The lot.
        lot: LotId,
    },
    /// No such lot.
    #[error("There is no lot {lot}.")]
    LotNotFound {
        /// The lot.
        lot: LotId,
    },
    /// The lot's time is not over.
    #[error("The lot {lot} has not expired.")]
    LotNotExpired {
        /// The lot.
        lot: LotId,
        /// When it will; `None` for never.
        expires_at: Option<Timestamp>,
    },
    /// Nothing was left when the lot's time was over.
    #[error("Nothing was left in the lot {lot} when it expired.")]
    NothingToExpire {
        /// The lot.
        lot: LotId,
    },
    /// A lot that would end before it begins.
    #[error("The lot would expire before it may be spent.")]
    ExpiresBeforeEffective {
        /// The first instant at which it could be spent.
        effective_at: Timestamp,
        /// The first instant at which it could no longer be.
        expires_at: Timestamp,
    },
    /// The hold's id is taken.
    #[error("There is a hold {hold} already.")]
    HoldExists {
        /// The hold.
        hold: HoldId,
    },
    /// No such hold.
    #[error("There is no hold {hold}.")]
    HoldNotFound {
        /// The hold.
        hold: HoldId,
    },
    /// A release of what was settled.
    #[error("The hold {hold} was settled for {} and cannot be released.", counted(*amount))]
    HoldAlreadySettled {
        /// The hold.
        hold: HoldId,
        /// What was charged.
        amount: Credits,
    },
    /// A settle of what was released.
    #[error("The hold {hold} was released and cannot be settled.")]
    HoldAlreadyReleased {
        /// The hold.
        hold: HoldId,
        /// When it was released.
        at: Timestamp,
    },
    /// A hold that would not stand for a moment.
    #[error("The hold's deadline has passed already.")]
    HoldDeadlineInPast {
        /// The deadline.
        deadline: Timestamp,
        /// The instant at which it was asked.
        now: Timestamp,
    },
    /// More was used than was held, and the hold's policy is to refuse that.
    #[error("{} used, {held} held: {excess} more than was agreed.", counted(*asked))]
    OverSettleRefused {
        /// The hold.
        hold: HoldId,
        /// What was used.
        asked: Credits,
        /// What was held.
        held: Credits,
        /// The difference.
        excess: Credits,
    },
    /// A window without an instant in it.
    #[error("The budget's window ends before it begins.")]
    WindowEmpty {
        /// Its first instant.
        from: Timestamp,
        /// The first instant after it.
        until: Timestamp,
    },
}

impl Refusal {
    /// The name of the refusal, which never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::InsufficientCredits { .. } => "insufficient_credits",
            Refusal::BudgetExceeded { .. } => "budget_exceeded",
            Refusal::AmountNotPositive { .. } => "amount_not_positive",
            Refusal::AmountNegative { .. } => "amount_negative",
            Refusal::AmountOverflow { .. } => "amount_overflow",
            Refusal::LotExists { .. } => "lot_exists",
            Refusal::LotNotFound { .. } => "lot_not_found",
            Refusal::LotNotExpired { .. } => "lot_not_expired",
            Refusal::NothingToExpire { .. } => "nothing_to_expire",
            Refusal::ExpiresBeforeEffective { .. } => "expires_before_effective",
            Refusal::HoldExists { .. } => "hold_exists",
            Refusal::HoldNotFound { .. } => "hold_not_found",
            Refusal::HoldAlreadySettled { .. } => "hold_already_settled",
            Refusal::HoldAlreadyReleased { .. } => "hold_already_released",
            Refusal::HoldDeadlineInPast { .. } => "hold_deadline_in_past",
            Refusal::OverSettleRefused { .. } => "over_settle_refused",
            Refusal::WindowEmpty { .. } => "window_empty",
        }
    }

    /// What would make the same request pass, or what to do instead.
    pub fn cure(&self) -> String {
        match self {
            Refusal::InsufficientCredits { shortfall, .. } => {
                format!(
                    "Add at least {}, or wait until held credits come back.",
                    counted(*shortfall)
                )
            }
            Refusal::BudgetExceeded { subject, asked, left, .. } => {
                budget_cure(subject, *asked, *left)
            }
            Refusal::AmountNotPositive { .. } => "Give an amount of more than 0.".into(),
            Refusal::AmountNegative { .. } => "Give an amount of 0 or more.".into(),
            Refusal::AmountOverflow { .. } => "Grant fewer credits.".into(),
            Refusal::LotExists { .. } | Refusal::HoldExists { .. } => {
                "Use a new id, or read the one that exists.".into()
            }
            Refusal::LotNotFound { .. } | Refusal::HoldNotFound { .. } => {
                "Check the id: it must be one of this organisation.".into()
            }
            Refusal::LotNotExpired { .. } => "Wait until the lot expires.".into(),
            Refusal::NothingToExpire { .. } => "There is nothing to do.".into(),
            Refusal::ExpiresBeforeEffective { .. } => {
                "Set the expiry after the instant from which the lot may be spent.".into()
            }
            Refusal::HoldAlreadySettled { .. } => {
                "Reverse the usage if it should not have been charged.".into()
            }
            Refusal::HoldAlreadyReleased { .. } => {
                "Charge the usage if the work was done after all.".into()
            }
            Refusal::HoldDeadlineInPast { .. } => "Set a deadline in the future.".into(),
            Refusal::OverSettleRefused { held, .. } => {
                format!("Settle for at most {}.", counted(*held))
            }
            Refusal::WindowEmpty { .. } => "Set the window's end after its beginning.".into(),
        }
    }
}

fn budget_cure(subject: &Subject, asked: Credits, left: Credits) -> String {
    let missing = asked.checked_sub(left).unwrap_or(asked);
    format!(
        "Raise the {}'s limit by at least {}, or ask for less.",
        subject.noun(),
        counted(missing)
    )
}

/// "1 credit", "2.5 credits".
fn counted(amount: Credits) -> String {
    let noun = if Credits::from_whole(1) == Some(amount) { "credit" } else { "credits" };
    format!("{amount} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().unwrap()
    }

    #[test]
    fn a_refusal_says_the_arithmetic_and_the_cure() {
        let refusal = Refusal::InsufficientCredits {
            asked: credits("3"),
            available: credits("2.5"),
            shortfall: credits("0.5"),
        };
        assert_eq!(refusal.to_string(), "3 credits needed, 2.5 available: 0.5 short.");
        assert!(refusal.cure().starts_with("Add at least 0.5 credits"));
    }

    #[test]
    fn a_budget_refusal_names_whose_limit_it_is_and_what_is_left() {
        let refusal = Refusal::BudgetExceeded {
            subject: "department:dep_1".parse().unwrap(),
            window: Window::Forever,
            limit: credits("10"),
            used: credits("6"),
            held: credits("2"),
            asked: credits("3"),
            left: credits("2"),
        };
        assert_eq!(
            refusal.to_string(),
            "3 credits needed, 2 left of the department's limit of 10 (6 used, 2 held)."
        );
        assert!(refusal.cure().contains("by at least 1 credit,"));
    }

    #[test]
    fn the_wire_form_carries_the_same_code_as_the_type() {
        let refusal = Refusal::AmountNotPositive { amount: credits("-1") };
        let json = serde_json::to_value(&refusal).unwrap();
        assert_eq!(json, serde_json::json!({ "code": refusal.code(), "amount": "-1" }));
        assert_eq!(serde_json::from_value::<Refusal>(json).unwrap(), refusal);
    }
}
