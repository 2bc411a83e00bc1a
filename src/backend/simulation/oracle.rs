//! The oracle: one at a time it hears every order that is sent and every answer that comes, and says
//! which answer cannot be. It knows nothing of lots, budgets or time; it keeps accounts by hand.
//!
//! During the run: an order with one key has one answer for ever; who asks after an answer is answered
//! at least at its version; nobody is told of less than nothing. Afterwards, with the journal: what was
//! acknowledged is there once, as it was told; nothing is there that nobody asked for; no lot and no
//! hold ever contained less than nothing.

use super::violation::Violation;
use crate::backend::engine::{Receipt, SubmitError};
use crate::ledger::{
    Account, Actor, Hash, IdempotencyKey, Order, OrganisationId, Refusal, Transaction,
};
use crate::model::balance::BalanceView;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the keys of one organisation are to the database: fingerprint and sequence.
pub type Keys = HashMap<IdempotencyKey, (Hash, u64)>;

/// What is known of all organisations.
#[derive(Debug, Default)]
pub struct Oracle {
    books: BTreeMap<OrganisationId, Book>,
    tally: Tally,
}

/// What came of the orders, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answers that acknowledge a transaction, replays among them.
    pub acknowledged: u64,
    /// Of these: replays.
    pub replayed: u64,
    /// Refusals of the ledger.
    pub refused: u64,
    /// Keys that were used for something else.
    pub conflicts: u64,
    /// Answers that there is no answer: busy, stopping, unreachable.
    pub unanswered: u64,
    /// Transactions in the journals at the end.
    pub booked: u64,
}

/// What is known of one organisation.
#[derive(Debug, Default)]
struct Book {
    /// Fingerprints of the orders that were sent under each key.
    sent: HashMap<IdempotencyKey, BTreeSet<Hash>>,
    /// The answer that each key got: fingerprint and transaction.
    answered: HashMap<IdempotencyKey, (Hash, Transaction)>,
    /// Every transaction that anybody was told of.
    told: BTreeMap<u64, Transaction>,
    /// Orders that were told that their key was used for another order.
    conflicts: Vec<(IdempotencyKey, Hash)>,
    /// The highest version that anybody was told of.
    version: u64,
}

/// What was known when an order was sent.
#[derive(Debug)]
pub struct Sent {
    organisation: OrganisationId,
    key: IdempotencyKey,
    fingerprint: Hash,
    answered_before: bool,
    version_before: u64,
}

impl Oracle {
    /// What came of everything so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Hears that an order is on its way.
    pub fn sends(&mut self, organisation: &OrganisationId, order: &Order) -> Sent {
        let book = self.books.entry(organisation.clone()).or_default();
        let fingerprint = order.fingerprint();
        book.sent.entry(order.key.clone()).or_default().insert(fingerprint);
        Sent {
            organisation: organisation.clone(),
            key: order.key.clone(),
            fingerprint,
            answered_before: book.answered.contains_key(&order.key),
            version_before: book.version,
        }
    }

    /// Hears an answer.
    ///
    /// # Errors
    /// It cannot be.
    pub fn hears(
        &mut self,
        sent: &Sent,
        answer: &Result<Receipt, SubmitError>,
    ) -> Result<(), Violation> {
        let book = self.books.entry(sent.organisation.clone()).or_default();
        let heard = match answer {
            Ok(receipt) => {
                self.tally.acknowledged += 1;
                self.tally.replayed += u64::from(receipt.replayed);
                book.acknowledged(sent, receipt)
            }
            Err(SubmitError::Refused(refusal)) => {
                self.tally.refused += 1;
                book.refused(sent, refusal)
            }
            Err(SubmitError::KeyConflict) => {
                self.tally.conflicts += 1;
                book.conflict(sent)
            }
            Err(SubmitError::Busy { .. } | SubmitError::Unavailable { .. }) => {
                self.tally.unanswered += 1;
                Ok(())
            }
            Err(SubmitError::Unmet) => Err("there was no condition".into()),
            Err(SubmitError::NoSuchOrganisation) => Err("the organisation is there".into()),
        };
        heard.map_err(|what: String| Violation::of(&sent.organisation, &sent.key, what))
    }

    /// The highest version of an organisation that anybody was told of.
    pub fn version(&self, organisation: &OrganisationId) -> u64 {
        self.books.get(organisation).map_or(0, |book| book.version)
    }

    /// Hears a balance that was asked for when version `before` was known.
    ///
    /// # Errors
    /// It cannot be.
    pub fn sees(
        &mut self,
        organisation: &OrganisationId,
        before: u64,
        view: &BalanceView,
    ) -> Result<(), Violation> {
        let book = self.books.entry(organisation.clone()).or_default();
        book.balance(before, view)
            .map_err(|what| Violation::of(organisation, "a balance that was read", what))
    }

    /// Compares everything that was told with the journal that is left.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub fn judge(
        &mut self,
        organisation: &OrganisationId,
        journal: &[Transaction],
        keys: &Keys,
    ) -> Result<(), Violation> {
        let book = self.books.entry(organisation.clone()).or_default();
        self.tally.booked += journal.len() as u64;
        book.judge(journal, keys).map_err(|(at, what)| Violation::of(organisation, &at, what))?;
        accounts(journal).map_err(|(at, what)| Violation::of(organisation, &at, what))
    }

    /// The keys of an organisation under which anything was sent.
    pub fn keys(&self, organisation: &OrganisationId) -> Vec<IdempotencyKey> {
        let book = self.books.get(organisation);
        book.map(|book| book.sent.keys().cloned().collect()).unwrap_or_default()
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

impl Book {
    fn acknowledged(&mut self, sent: &Sent, receipt: &Receipt) -> Result<(), String> {
        let transaction = &receipt.transaction;
        ensure(!sent.answered_before || receipt.replayed, || "booked a second time".into())?;
        ensure(!transaction.available_after.is_negative(), || {
            format!("{} available after it", transaction.available_after)
        })?;
        ensure(receipt.balance.version >= transaction.sequence, || {
            format!("a balance from before its transaction {}", transaction.sequence)
        })?;
        self.balance(sent.version_before, &receipt.balance)?;
        // A second settle or release under a key of its own is answered with the first one's.
        if transaction.key == sent.key {
            let answer = (sent.fingerprint, transaction.clone());
            let first = self.answered.entry(sent.key.clone()).or_insert_with(|| answer.clone());
            ensure(*first == answer, || {
                format!("answered with {answer:?}, and before with {first:?}")
            })?;
        } else {
            ensure(receipt.replayed, || format!("its answer is of key {}", transaction.key))?;
        }
        let first = self.told.entry(transaction.sequence).or_insert_with(|| transaction.clone());
        ensure(first == transaction, || format!("told of {transaction:?}, and before of {first:?}"))
    }

    fn refused(&mut self, sent: &Sent, refusal: &Refusal) -> Result<(), String> {
        ensure(!sent.answered_before, || format!("refused after it was booked: {refusal}"))?;
        let justified = match refusal {
            Refusal::InsufficientCredits { asked, available, shortfall } => {
                !available.is_negative() && available.checked_add(*shortfall) == Some(*asked)
            }
            Refusal::BudgetExceeded { asked, left, .. } => asked > left && !left.is_negative(),
            _ => true,
        };
        ensure(justified, || format!("refused for no reason: {refusal}"))
    }

    fn conflict(&mut self, sent: &Sent) -> Result<(), String> {
        let own = self.answered.get(&sent.key).is_some_and(|(known, _)| *known == sent.fingerprint);
        ensure(!own, || "a conflict with itself".into())?;
        self.conflicts.push((sent.key.clone(), sent.fingerprint));
        Ok(())
    }

    fn balance(&mut self, before: u64, view: &BalanceView) -> Result<(), String> {
        ensure(!view.available.is_negative() && !view.held.is_negative(), || {
            format!("{} available and {} held", view.available, view.held)
        })?;
        ensure(view.version >= before, || {
            format!("told of version {} after version {before}", view.version)
        })?;
        self.version = self.version.max(view.version);
        Ok(())
    }

    fn judge(&self, journal: &[Transaction], keys: &Keys) -> Result<(), (String, String)> {
        for (place, transaction) in (1..).zip(journal) {
            let at = || transaction.key.to_string();
            ensure(transaction.sequence == place, || format!("it stands at place {place}"))
                .map_err(|what| (at(), what))?;
            self.asked_for(transaction, keys).map_err(|what| (at(), what))?;
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = journal.iter().find(|transaction| !seen.insert(&transaction.key)) {
            return Err((twice.key.to_string(), "its key is there twice".into()));
        }
        for told in self.told.values() {
            let there = journal.get(told.sequence as usize - 1);
            ensure(there == Some(told), || format!("told of {told:?}, and there is {there:?}"))
                .map_err(|what| (told.key.to_string(), what))?;
        }
        for (key, fingerprint) in &self.conflicts {
            let other = keys.get(key).is_some_and(|(known, _)| known != fingerprint);
            ensure(other, || "told of a conflict that is none".into())
                .map_err(|what| (key.to_string(), what))?;
        }
        Ok(())
    }

    /// Whether a transaction is one that somebody asked for, or the system's own.
    fn asked_for(&self, transaction: &Transaction, keys: &Keys) -> Result<(), String> {
        let Some(sent) = self.sent.get(&transaction.key) else {
            // Clients are people; what falls due is the system's.
            return ensure(transaction.actor == Actor::System, || "nobody asked for it".into());
        };
        let Some((fingerprint, sequence)) = keys.get(&transaction.key) else {
            return Err("its key is not known".into());
        };
        ensure(*sequence == transaction.sequence, || format!("its key names {sequence}"))?;
        ensure(sent.contains(fingerprint), || "nobody asked for this under its key".into())?;
        let answer = self.answered.get(&transaction.key);
        ensure(answer.is_none_or(|(told, _)| told == fingerprint), || {
            "its key has the fingerprint of another order than was acknowledged".into()
        })
    }
}

/// Keeps accounts by hand, transaction by transaction.
fn accounts(journal: &[Transaction]) -> Result<(), (String, String)> {
    let mut accounts: BTreeMap<&Account, i128> = BTreeMap::new();
    for transaction in journal {
        let mut sum = 0;
        for entry in &transaction.entries {
            sum += i128::from(entry.amount.micro());
            *accounts.entry(&entry.account).or_default() += i128::from(entry.amount.micro());
        }
        let wrong = |what: String| (transaction.key.to_string(), what);
        ensure(sum == 0, || format!("its entries come to {sum}")).map_err(wrong)?;
        for entry in &transaction.entries {
            let now = accounts[&entry.account];
            ensure(possible(&entry.account, now), || {
                format!("{} has {now} micro-credits after it", entry.account)
            })
            .map_err(wrong)?;
        }
        let lots: i128 = accounts
            .iter()
            .filter(|(account, _)| matches!(account, Account::Lot(_)))
            .map(|(_, amount)| amount)
            .sum();
        ensure(i128::from(transaction.available_after.micro()) <= lots, || {
            format!("{} available after it, and the lots have {lots}", transaction.available_after)
        })
        .map_err(wrong)?;
    }
    Ok(())
}

/// Where credits come from, and what is owed, never have more than nothing; everything else never less.
fn possible(account: &Account, amount: i128) -> bool {
    match account {
        Account::Funding(_) | Account::Debt => amount <= 0,
        _ => amount >= 0,
    }
}

#[cfg(test)]
mod tests;
