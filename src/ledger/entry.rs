//! The journal: immutable transactions of signed entries that sum to zero.
//!
//! The amount of an entry is what is added to its account. A grant takes from `funding:<source>` and
//! adds to `lot:<id>`; a hold takes from lots and adds to `held:<hold>`; a settle empties the hold
//! into `spent` and gives the rest back to the lots; what expires goes from its lot to `expired`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::actor::Actor;
use super::attribution::Attribution;
use super::budget::{BudgetKind, Subject, Window};
use super::credits::Credits;
use super::hold::{Draw, OverSettle, ReleaseCause};
use super::id::{HoldId, LotId};
use super::key::IdempotencyKey;
use super::lot::Lot;
use super::source::Source;
use super::time::Timestamp;

/// Where credits can be. As text: `funding:purchased`, `lot:lot_…`, `held:hold_…`, `spent`,
/// `expired`.
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
}

/// A text that names no account.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an account is written funding:<source>, lot:lot_…, held:hold_…, spent or expired")]
pub struct AccountError;

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Funding(source) => write!(formatter, "funding:{source}"),
            Account::Lot(lot) => write!(formatter, "lot:{lot}"),
            Account::Held(hold) => write!(formatter, "held:{hold}"),
            Account::Spent => formatter.write_str("spent"),
            Account::Expired => formatter.write_str("expired"),
        }
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        match text.split_once(':') {
            None if text == "spent" => Ok(Account::Spent),
            None if text == "expired" => Ok(Account::Expired),
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

/// A SHA-256 hash. As text: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub [u8; 32]);

/// A text that is no hash.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct HashError;

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(HashError);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| HashError)?;
        }
        Ok(Hash(bytes))
    }
}

impl TryFrom<String> for Hash {
    type Error = HashError;

    fn try_from(text: String) -> Result<Self, HashError> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hash.to_string()
    }
}

/// What a transaction did, with all it takes, beside the entries, to do it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TransactionKind {
    /// A lot came to be.
    Grant {
        /// The lot as it was granted, nothing spent.
        lot: Box<Lot>,
    },
    /// Credits were set aside. The lots are in the entries, in the order in which they are spent.
    Hold {
        /// The hold that was made.
        hold: HoldId,
        /// The first instant at which it no longer stands.
        deadline: Timestamp,
        /// What happens when more is settled than was held.
        over_settle: OverSettle,
    },
    /// The actual usage of a hold was booked.
    Settle {
        /// The hold that ended, or that had been released by its deadline before.
        hold: HoldId,
        /// The lots that paid, in order; together what was charged.
        paid: Vec<Draw>,
        /// What was used beyond that and charged to nobody.
        absorbed: Credits,
        /// The instant whose budget windows it counts in.
        counted_at: Timestamp,
    },
    /// A hold ended and everything went back.
    Release {
        /// The hold that ended.
        hold: HoldId,
        /// Why.
        cause: ReleaseCause,
    },
    /// Work that was already done was charged. The lots that paid are in the entries, in order.
    Charge,
    /// What was left of a lot lapsed.
    Expire {
        /// The lot.
        lot: LotId,
    },
    /// A limit was set, changed or removed. It moves no credits, so it has no entries.
    SetBudget {
        /// Whose spending is limited.
        subject: Subject,
        /// What kind of limit it is.
        budget: BudgetKind,
        /// When it applies.
        window: Window,
        /// The limit; `None` removes it.
        limit: Option<Credits>,
        /// What had been settled in the window before.
        used: Credits,
    },
}

impl TransactionKind {
    /// The name that the journal and the API use.
    pub const fn code(&self) -> &'static str {
        match self {
            TransactionKind::Grant { .. } => "grant",
            TransactionKind::Hold { .. } => "hold",
            TransactionKind::Settle { .. } => "settle",
            TransactionKind::Release { .. } => "release",
            TransactionKind::Charge => "charge",
            TransactionKind::Expire { .. } => "expire",
            TransactionKind::SetBudget { .. } => "set_budget",
        }
    }
}

/// One immutable line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its place in the organisation's journal: 1, 2, 3, without gaps.
    pub sequence: u64,
    /// What it did.
    #[serde(flatten)]
    pub kind: TransactionKind,
    /// The name under which it was booked once.
    pub key: IdempotencyKey,
    /// Who did it.
    pub actor: Actor,
    /// What it was for; that of the hold where a hold was settled or released.
    pub attribution: Attribution,
    /// When it happened, as the caller says.
    pub occurred_at: Timestamp,
    /// When it took effect here. For an expiry or a deadline: the instant it fell due, so that a
    /// sweeper and a late command write the same transaction.
    pub recorded_at: Timestamp,
    /// The transaction that this one corrects or completes: the hold for a settle or a release.
    pub corrects: Option<u64>,
    /// What moved; the amounts sum to zero.
    pub entries: Vec<Entry>,
    /// What was available after it.
    pub available_after: Credits,
    /// The hash of the one before and of this one's content.
    pub hash: Hash,
}

/// What a transaction adds to usage: for roll-ups and for the budgets that are set later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage<'a> {
    /// What was charged.
    pub amount: Credits,
    /// The instant whose budget windows it counts in.
    pub counted_at: Timestamp,
    /// What it was for.
    pub attribution: &'a Attribution,
    /// The lots that paid, in order.
    pub paid: Vec<Draw>,
}

impl Transaction {
    /// The sum of all entries on `account`.
    pub fn moved(&self, account: &Account) -> Credits {
        let amounts = self.entries.iter().filter(|entry| entry.account == *account);
        Credits::checked_sum(amounts.map(|entry| entry.amount))
            .expect("a transaction's entries are parts of one amount that fits")
    }

    /// The lots that gave, in the order of the entries.
    pub fn draws(&self) -> Vec<Draw> {
        self.entries.iter().filter_map(draw_of).collect()
    }

    /// The lots whose remaining changed.
    pub fn lots(&self) -> impl Iterator<Item = &LotId> {
        self.entries.iter().filter_map(|entry| match &entry.account {
            Account::Lot(lot) => Some(lot),
            _ => None,
        })
    }

    /// The hold that it made or ended.
    pub fn hold(&self) -> Option<&HoldId> {
        match &self.kind {
            TransactionKind::Hold { hold, .. }
            | TransactionKind::Settle { hold, .. }
            | TransactionKind::Release { hold, .. } => Some(hold),
            _ => None,
        }
    }

    /// What was charged by a settle or a charge; `None` for every other kind.
    pub fn usage(&self) -> Option<Usage<'_>> {
        let (paid, counted_at) = match &self.kind {
            TransactionKind::Settle { paid, counted_at, .. } => (paid.clone(), *counted_at),
            TransactionKind::Charge => (self.draws(), self.recorded_at),
            _ => return None,
        };
        let amount = self.moved(&Account::Spent);
        Some(Usage { amount, counted_at, attribution: &self.attribution, paid })
    }
}

fn draw_of(entry: &Entry) -> Option<Draw> {
    match &entry.account {
        Account::Lot(lot) if entry.amount.is_negative() => {
            Some(Draw { lot: lot.clone(), amount: entry.amount.checked_neg()? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_is_read_back_from_its_text() {
        for text in ["funding:purchased", "lot:lot_1", "held:hold_1", "spent", "expired"] {
            assert_eq!(text.parse::<Account>().unwrap().to_string(), text);
        }
        for text in ["", "funding", "funding:gift", "lot:hold_1", "spent:1"] {
            assert_eq!(text.parse::<Account>(), Err(AccountError), "{text}");
        }
    }

    #[test]
    fn a_hash_is_read_back_from_its_text() {
        let text = "00ff".repeat(16);
        assert_eq!(text.parse::<Hash>().unwrap().to_string(), text);
        for text in ["", "00", &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(text.parse::<Hash>(), Err(HashError), "{text}");
        }
    }
}
