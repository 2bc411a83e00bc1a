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
    /// An unlimited lot with an amount.
    #[error("The lot is unlimited, and {amount} is a limit.")]
    UnlimitedWithAmount {
        /// What was given.
        amount: Credits,
    },
    /// A change of nothing.
    #[error("The change is 0, which would change nothing.")]
    NothingToChange,
    /// The usable lots have enough, and others' earmarks keep it.
    #[error(
        "{} needed, {available} available, of which {earmarked} are set aside for others: {shortfall} \
         short.",
        counted(*asked)
    )]
    Earmarked {
        /// What was needed now.
        asked: Credits,
        /// What the usable lots have.
        available: Credits,
        /// What others' earmarks keep of it.
        earmarked: Credits,
        /// What is missing.
        shortfall: Credits,
    },
    /// More was to be set aside than there is.
    #[error(
        "{} were to be set aside, {available} available, of which {earmarked} are set aside already.",
        counted(*asked)
    )]
    EarmarkTooLarge {
        /// What the earmark would set aside.
        asked: Credits,
        /// What there is.
        available: Credits,
        /// What other earmarks keep of it.
        earmarked: Credits,
    },
    /// More was used than there is and may be owed.
    #[error(
        "{} needed beyond the hold, {available} available; {debt} owed of at most {debt_limit}: \
         {shortfall} short.",
        counted(*asked)
    )]
    DebtLimitReached {
        /// What was needed now.
        asked: Credits,
        /// What the usable lots have.
        available: Credits,
        /// What is owed already.
        debt: Credits,
        /// The most that may be owed.
        debt_limit: Credits,
        /// What is missing.
        shortfall: Credits,
    },
    /// An extension that would not let the hold stand longer.
    #[error("The new deadline is not later than the hold's own.")]
    DeadlineNotLater {
        /// The hold.
        hold: HoldId,
        /// The deadline that it has.
        deadline: Timestamp,
    },
    /// No settle, charge or revocation with that number.
    #[error("Transaction {transaction} is nothing that can be given back.")]
    NothingToReverse {
        /// The transaction.
        transaction: u64,
    },
    /// More was to be given back than is left of it.
    #[error("{} to be given back, {left} left of transaction {transaction}.", counted(*asked))]
    ReversalTooLarge {
        /// The transaction.
        transaction: u64,
        /// What was asked.
        asked: Credits,
        /// What can still be given back.
        left: Credits,
    },
    /// More was to be revoked than the lot was granted.
    #[error("{} to be revoked, {left} left of what the lot {lot} was granted.", counted(*asked))]
    RevocationTooLarge {
        /// The lot.
        lot: LotId,
        /// What was asked.
        asked: Credits,
        /// What was granted and is not revoked.
        left: Credits,
    },
    /// More was to be frozen than the lot was granted.
    #[error("{} to be frozen, {left} left of the lot {lot} to freeze.", counted(*asked))]
    FreezeTooLarge {
        /// The lot.
        lot: LotId,
        /// What was asked.
        asked: Credits,
        /// What was granted and is neither revoked nor frozen.
        left: Credits,
    },
    /// More was to be unfrozen than is frozen.
    #[error("{} to be unfrozen, {frozen} of the lot {lot} frozen.", counted(*asked))]
    NotFrozen {
        /// The lot.
        lot: LotId,
        /// What was asked.
        asked: Credits,
        /// What is frozen or to be frozen as it comes back.
        frozen: Credits,
    },
    /// A correction that takes more than the lot has free.
    #[error("{} to be taken from the lot {lot}, {left} left in it.", counted(*asked))]
    AdjustmentTooLarge {
        /// The lot.
        lot: LotId,
        /// What was to be taken.
        asked: Credits,
        /// What is free in it.
        left: Credits,
    },
    /// No budget of that subject.
    #[error("There is no limit on the {}.", subject.noun())]
    BudgetNotFound {
        /// Whose.
        subject: Subject,
    },
    /// More was to be moved than the limit leaves.
    #[error("{} to be moved, {left} left of the {}'s limit.", counted(*asked), subject.noun())]
    BudgetLeftTooSmall {
        /// Whose limit was to be lowered.
        subject: Subject,
        /// By how much.
        asked: Credits,
        /// What is neither used nor held.
        left: Credits,
    },
    /// Two limits of different kinds or windows.
    #[error("The two limits are not of the same kind and window.")]
    BudgetsNotAlike,
    /// A calendar that is none.
    #[error("The calendar's offsets are not in order of time.")]
    CalendarUnsound,
    /// A plan that is none.
    #[error("The plan's code or what it carries over cannot be.")]
    PlanUnsound {
        /// The plan's code.
        plan: String,
    },
}

impl Refusal {
    /// Every name that [`code`](Refusal::code) can give.
    pub const CODES: [&str; 34] = [
        "insufficient_credits",
        "budget_exceeded",
        "amount_not_positive",
        "amount_negative",
        "amount_overflow",
        "lot_exists",
        "lot_not_found",
        "lot_not_expired",
        "nothing_to_expire",
        "expires_before_effective",
        "hold_exists",
        "hold_not_found",
        "hold_already_settled",
        "hold_already_released",
        "hold_deadline_in_past",
        "over_settle_refused",
        "window_empty",
        "unlimited_with_amount",
        "nothing_to_change",
        "earmarked",
        "earmark_too_large",
        "debt_limit_reached",
        "deadline_not_later",
        "nothing_to_reverse",
        "reversal_too_large",
        "revocation_too_large",
        "freeze_too_large",
        "not_frozen",
        "adjustment_too_large",
        "budget_not_found",
        "budget_left_too_small",
        "budgets_not_alike",
        "calendar_unsound",
        "plan_unsound",
    ];

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
            Refusal::UnlimitedWithAmount { .. } => "unlimited_with_amount",
            Refusal::NothingToChange => "nothing_to_change",
            Refusal::Earmarked { .. } => "earmarked",
            Refusal::EarmarkTooLarge { .. } => "earmark_too_large",
            Refusal::DebtLimitReached { .. } => "debt_limit_reached",
            Refusal::DeadlineNotLater { .. } => "deadline_not_later",
            Refusal::NothingToReverse { .. } => "nothing_to_reverse",
            Refusal::ReversalTooLarge { .. } => "reversal_too_large",
            Refusal::RevocationTooLarge { .. } => "revocation_too_large",
            Refusal::FreezeTooLarge { .. } => "freeze_too_large",
            Refusal::NotFrozen { .. } => "not_frozen",
            Refusal::AdjustmentTooLarge { .. } => "adjustment_too_large",
            Refusal::BudgetNotFound { .. } => "budget_not_found",
            Refusal::BudgetLeftTooSmall { .. } => "budget_left_too_small",
            Refusal::BudgetsNotAlike => "budgets_not_alike",
            Refusal::CalendarUnsound => "calendar_unsound",
            Refusal::PlanUnsound { .. } => "plan_unsound",
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
            Refusal::UnlimitedWithAmount { .. } => "Leave the amount at 0.".into(),
            Refusal::NothingToChange => "Give a change of more or less than 0.".into(),
            Refusal::Earmarked { shortfall, .. } | Refusal::DebtLimitReached { shortfall, .. } => {
                format!("Add at least {}, or ask for less.", counted(*shortfall))
            }
            Refusal::EarmarkTooLarge { available, earmarked, .. } => {
                let free = available.checked_sub(*earmarked).unwrap_or(Credits::ZERO);
                format!("Set at most {} aside, or add credits first.", counted(free.max(Credits::ZERO)))
            }
            Refusal::DeadlineNotLater { .. } => "Give a later deadline, or none to leave it.".into(),
            Refusal::NothingToReverse { .. } => {
                "Name the transaction of a settle, a charge or a revocation.".into()
            }
            Refusal::ReversalTooLarge { left, .. } => {
                format!("Give back at most {}.", counted(*left))
            }
            Refusal::RevocationTooLarge { left, .. } => {
                format!("Revoke at most {}.", counted(*left))
            }
            Refusal::FreezeTooLarge { left, .. } => format!("Freeze at most {}.", counted(*left)),
            Refusal::NotFrozen { frozen, .. } => format!("Unfreeze at most {}.", counted(*frozen)),
            Refusal::AdjustmentTooLarge { left, .. } => format!("Take at most {}.", counted(*left)),
            Refusal::BudgetNotFound { subject } => format!("Set a limit on the {} first.", subject.noun()),
            Refusal::BudgetLeftTooSmall { left, .. } => format!("Move at most {}.", counted(*left)),
            Refusal::BudgetsNotAlike => {
                "Give both the same kind and window, or set each limit by itself.".into()
            }
            Refusal::CalendarUnsound => {
                "List the changes in order of time, with offsets of less than a day.".into()
            }
            Refusal::PlanUnsound { .. } => {
                "Give the code 1 to 19 lower-case letters, digits, - or _, and amounts of 0 or more.".into()
            }
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
