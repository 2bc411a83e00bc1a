//! Accounts, and the signed lines that move credits between them.
//!
//! The amount of an entry is what is added to its account. A grant takes from `funding:<source>` and
//! adds to `lot:<id>`; a hold takes from lots and adds to `held:<hold>`; a settle empties the hold
//! into `spent` and gives the rest back to the lots; what expires goes from its lot to `expired`, what
//! is revoked to `revoked`, what is disputed to `frozen:<lot>`. What was used or revoked and paid by no
//! lot is taken from `debt`, which the next grant fills.
//!
//! An unlimited lot takes from `funding` what it gives in the same transaction, and gives back there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::credits::Credits;
use super::id::{HoldId, LotId};
use super::source::Source;

/// Where credits can be. As text: `funding:purchased`, `lot:lot_…`, `held:hold_…`,
/// `frozen:lot_…`, `spent`, `expired`, `revoked`, `debt`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Account {
    /// The outside, where granted credits come from; never positive.
    Funding(Source),
    /// What one lot has that is free.
    Lot(LotId),
    /// What one hold has set aside.
    Held(HoldId),
    /// What was used.
    Spent,
    /// What lapsed.
    Expired,
    /// What was taken out because its money went back.
    Revoked,
    /// What of one lot may not be spent until a dispute ends.
    Frozen(LotId),
    /// What was used or revoked and no lot has paid; never positive.
    Debt,
}

/// A text that names no account.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "an account is written funding:<source>, lot:lot_…, held:hold_…, frozen:lot_…, spent, expired, \
     revoked or debt"
)]
pub struct AccountError;

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Funding(source) => write!(formatter, "funding:{source}"),
            Account::Lot(lot) => write!(formatter, "lot:{lot}"),
            Account::Held(hold) => write!(formatter, "held:{hold}"),
            Account::Spent => formatter.write_str("spent"),
            Account::Expired => formatter.write_str("expired"),
            Account::Revoked => formatter.write_str("revoked"),
            Account::Frozen(lot) => write!(formatter, "frozen:{lot}"),
            Account::Debt => formatter.write_str("debt"),
        }
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        match text.split_once(':') {
            None if text == "spent" => Ok(Account::Spent),
            None if text == "expired" => Ok(Account::Expired),
            None if text == "revoked" => Ok(Account::Revoked),
            None if text == "debt" => Ok(Account::Debt),
            Some(("frozen", id)) => LotId::parse(id).map(Account::Frozen).map_err(|_| AccountError),
            Some(("funding", code)) => {
                Source::from_code(code).map(Account::Funding).ok_or(AccountError)
            }
            Some(("lot", id)) => LotId::parse(id).map(Account::Lot).map_err(|_| AccountError),
            Some(("held", id)) => HoldId::parse(id).map(Account::Held).map_err(|_| AccountError),
            _ => Err(AccountError),
        }
    }
}

impl TryFrom<String> for Account {
    type Error = AccountError;

    fn try_from(text: String) -> Result<Self, AccountError> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> String {
        account.to_string()
    }
}

/// One line of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where.
    pub account: Account,
    /// What is added there; never nothing.
    pub amount: Credits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_read_back_from_its_text() {
        let texts = ["funding:purchased", "lot:lot_1", "held:hold_1", "frozen:lot_1"];
        for text in texts.into_iter().chain(["spent", "expired", "revoked", "debt"]) {
            assert_eq!(text.parse::<Account>().unwrap().to_string(), text);
        }
        for text in ["", "funding", "funding:gift", "lot:hold_1", "spent:1"] {
            assert_eq!(text.parse::<Account>(), Err(AccountError), "{text}");
        }
    }
}
