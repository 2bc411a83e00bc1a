//! Lots: grants of credits with terms that are frozen when they are written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::attribution::Operation;
use super::credits::Credits;
use super::id::{LotId, PurchaseId, UserId};
use super::source::Source;
use super::time::Timestamp;

/// One grant of credits. No later edit of a plan or a pack changes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Its id.
    pub id: LotId,
    /// Why it exists.
    pub source: Source,
    /// What was granted, as it was adjusted since.
    pub amount: Credits,
    /// What is neither spent, held, frozen, revoked nor expired.
    pub remaining: Credits,
    /// Its place in the consumption order; lowest first.
    pub priority: i32,
    /// The first instant at which it may be spent.
    pub effective_at: Timestamp,
    /// The first instant at which it may no longer be spent; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was granted.
    pub created_at: Timestamp,
    /// The money that was paid for it.
    pub cost: Option<Money>,
    /// Where it came from.
    pub origin: Origin,
    /// The only operations it may be spent on; `None` for all.
    pub operations: Option<Vec<Operation>>,
    /// It gives as much as is asked, and keeps nothing: an unlimited plan's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unlimited: bool,
    /// What it may keep past a certain instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carry_over: Option<CarryOver>,
    /// The transaction that granted it.
    pub granted_by: u64,
    /// What of it lapsed.
    #[serde(default, skip_serializing_if = "Credits::is_nothing")]
    pub expired: Credits,
    /// The transaction that booked its first expiry.
    pub expired_by: Option<u64>,
    /// What may not be spent until a dispute ends.
    #[serde(default, skip_serializing_if = "Credits::is_nothing")]
    pub frozen: Credits,
    /// What is to be frozen as it comes back, beside what is.
    #[serde(default, skip_serializing_if = "Credits::is_nothing")]
    pub freeze_wanted: Credits,
    /// What was taken out because its money went back.
    #[serde(default, skip_serializing_if = "Credits::is_nothing")]
    pub revoked: Credits,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// From an instant on, a lot keeps no more than so much of what is free in it; the rest lapses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryOver {
    /// From when on.
    pub at: Timestamp,
    /// How much it may keep.
    pub at_most: Credits,
}

impl Lot {
    /// A lot as it is granted: untouched.
    pub fn untouched(&self) -> Lot {
        Lot {
            remaining: self.amount,
            expired: Credits::ZERO,
            expired_by: None,
            frozen: Credits::ZERO,
            freeze_wanted: Credits::ZERO,
            revoked: Credits::ZERO,
            ..self.clone()
        }
    }

    /// Whether it has anything to give, or ever will without something coming back to it.
    pub fn gives(&self) -> bool {
        self.remaining.is_positive() || self.unlimited
    }

    /// When something in it lapses next, as it stands: all of it, or what it may not keep.
    pub fn lapses_at(&self) -> Option<Timestamp> {
        if !self.remaining.is_positive() {
            return None;
        }
        let carried = self.carry_over.filter(|carry| self.remaining > carry.at_most);
        match (carried.map(|carry| carry.at), self.expires_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// What it may keep at `now` of what is free in it.
    pub fn may_keep(&self, now: Timestamp) -> Credits {
        if self.is_expired(now) {
            return Credits::ZERO;
        }
        let carried = self.carry_over.filter(|carry| carry.at <= now);
        carried.map_or(Credits::MAX, |carry| carry.at_most)
    }

    /// Whether it may be drawn on at `now` for `operation`.
    ///
    /// The one test of usability: quote, gate and draw all ask here.
    pub fn is_usable(&self, operation: Option<&Operation>, now: Timestamp) -> bool {
        self.is_effective(now) && !self.is_expired(now) && self.allows(operation)
    }

    /// Whether its time has begun at `now`.
    pub fn is_effective(&self, now: Timestamp) -> bool {
        self.effective_at <= now
    }

    /// Whether its time is over at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it may be spent on `operation`. A restricted lot never pays for an unnamed one.
    pub fn allows(&self, operation: Option<&Operation>) -> bool {
        match (&self.operations, operation) {
            (None, _) => true,
            (Some(allowed), Some(operation)) => allowed.contains(operation),
            (Some(_), None) => false,
        }
    }
}

/// Where a lot came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// A payment for a pack.
    Payment {
        /// The purchase that was paid.
        purchase: PurchaseId,
    },
    /// One period of a plan.
    PlanPeriod {
        /// The plan's code.
        plan: String,
        /// When the period began.
        period_start: Timestamp,
    },
    /// A code that was redeemed.
    Code {
        /// The code.
        code: String,
    },
    /// A person that was brought in.
    Referral {
        /// The person whose referral it was.
        by: UserId,
    },
    /// Given by staff.
    StaffGrant {
        /// Who gave it.
        by: UserId,
        /// Why.
        reason: String,
    },
    /// Free credits when the organisation began.
    Signup,
}

/// Money: whole minor units (cents) of a currency. Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units: 1,050 is 10.50 in a currency with two places.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// An ISO-4217 currency code: three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A text that is no currency code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a currency is three letters such as USD")]
pub struct CurrencyError;

impl Currency {
    /// Reads a code in capital or small letters; kept in capitals.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if letters.iter().all(u8::is_ascii_alphabetic) {
            Ok(Currency(letters.map(|letter| letter.to_ascii_uppercase())))
        } else {
            Err(CurrencyError)
        }
    }

    /// The code in capitals.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency is made of ASCII letters only")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        Currency::parse(text)
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        Currency::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters_kept_in_capitals() {
        assert_eq!(Currency::parse("usd").unwrap().as_str(), "USD");
        for text in ["", "US", "USDT", "U5D", "€UR"] {
            assert_eq!(Currency::parse(text), Err(CurrencyError), "{text}");
        }
    }
}
