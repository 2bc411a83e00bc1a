//! Credits that cost nothing: to begin with, and for bringing another organisation. Both are optional.

use serde::{Deserialize, Serialize};

use super::Validity;
use super::check::{Fault, MAX_MONTHS};
use crate::ledger::Credits;

/// The most days that a reward is held, and that a new organisation may redeem an invitation.
pub const MAX_DAYS: u16 = 365;

/// Free credits for every new organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// How many.
    pub credits: Credits,
    /// How long they may be spent.
    pub valid: Validity,
}

/// What two organisations get when one brings the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referral {
    /// What the one that invites gets; may be nothing.
    pub inviter_credits: Credits,
    /// What the one that is invited gets; may be nothing.
    pub invited_credits: Credits,
    /// How many days after the first payment of the invited one both get them.
    pub hold_days: u16,
    /// For how many days a new organisation may redeem an invitation.
    pub within_days: u16,
    /// How long the credits may be spent.
    pub valid: Validity,
}

impl Validity {
    /// Its calendar months; none where credits never expire.
    pub const fn months(self) -> Option<u16> {
        match self {
            Validity::NeverExpires => None,
            Validity::Months(months) => Some(months),
        }
    }
}

/// What is wrong with these parts of a catalogue.
pub fn faults(trial: Option<&Trial>, referral: Option<&Referral>) -> Vec<Fault> {
    let mut found = Vec::new();
    if let Some(trial) = trial {
        if !trial.credits.is_positive() {
            found.push(too_few("trial.credits", trial.credits));
        }
        found.extend(wrong_validity("trial.valid", trial.valid));
    }
    let Some(referral) = referral else { return found };
    let rewards = [
        ("referral.inviter_credits", referral.inviter_credits),
        ("referral.invited_credits", referral.invited_credits),
    ];
    found.extend(
        rewards.iter().filter(|(_, it)| it.is_negative()).map(|(field, it)| too_few(field, *it)),
    );
    if rewards.iter().all(|(_, credits)| credits.is_zero()) {
        found.push(too_few("referral.inviter_credits", Credits::ZERO));
    }
    if referral.hold_days > MAX_DAYS {
        found.push(wrong_days("referral.hold_days", referral.hold_days, 0));
    }
    if !(1..=MAX_DAYS).contains(&referral.within_days) {
        found.push(wrong_days("referral.within_days", referral.within_days, 1));
    }
    found.extend(wrong_validity("referral.valid", referral.valid));
    found
}

fn too_few(field: &str, credits: Credits) -> Fault {
    let problem = format!("{credits} credits are no reward.");
    Fault::new(field, problem, "Write a number of credits above 0, or remove the part.")
}

fn wrong_days(field: &str, days: u16, least: u16) -> Fault {
    let problem = format!("{days} days are out of range.");
    Fault::new(field, problem, format!("Write {least} to {MAX_DAYS} days."))
}

fn wrong_validity(field: &str, valid: Validity) -> Option<Fault> {
    let months = valid.months().filter(|months| !(1..=MAX_MONTHS).contains(months))?;
    let problem = format!("{months} months are out of range.");
    Some(Fault::new(field, problem, format!("Write 1 to {MAX_MONTHS} months.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referral(inviter: &str, hold: u16, within: u16) -> Referral {
        Referral {
            inviter_credits: inviter.parse().unwrap(),
            invited_credits: Credits::ZERO,
            hold_days: hold,
            within_days: within,
            valid: Validity::Months(12),
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_field() {
        let fields = |trial: Option<&Trial>, referral: &Referral| {
            let found = faults(trial, Some(referral));
            found.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert!(fields(None, &referral("50", 14, 30)).is_empty());
        assert_eq!(fields(None, &referral("0", 14, 30)), ["referral.inviter_credits"]);
        assert_eq!(
            fields(None, &referral("50", 400, 0)),
            ["referral.hold_days", "referral.within_days"]
        );
        let trial = Trial { credits: Credits::ZERO, valid: Validity::Months(0) };
        assert_eq!(fields(Some(&trial), &referral("1", 0, 1)), ["trial.credits", "trial.valid"]);
    }
}
