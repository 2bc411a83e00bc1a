//! Versions of the catalogue: each takes effect at its time, on every node, without a restart.

use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;

use crate::backend::quotes::QUOTE_BINDS;
use crate::backend::step::Step;
use crate::backend::store::catalogue_version::{self, CatalogueVersion};
use crate::backend::store::{Db, StoreError};
use crate::catalogue::Catalogue;
use crate::catalogue::parse::{CatalogueError, from_toml};
use crate::ledger::Timestamp;
use crate::ledger::time::SECOND;

/// How long before it takes effect a version is written at least, so that every node knows it by then.
pub const APPLY_LEAD: i64 = 5 * SECOND;
/// Versions that a history shows.
pub const MOST_HISTORY: i64 = 200;
/// Tries for the next number when several people apply at once.
const TRIES: usize = 5;
/// Who the first version of an installation comes from.
const FIRST_START: &str = "first start";

/// A version with its catalogue.
#[derive(Clone, Debug)]
pub struct InForce {
    /// Its number; 0 for a catalogue that was never written down.
    pub number: i64,
    /// From when on it is in force.
    pub effective_at: Timestamp,
    /// What it says.
    pub catalogue: Arc<Catalogue>,
}

/// Why a catalogue was not applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// It is wrong: line, field and cure.
    #[error(transparent)]
    Refused(#[from] CatalogueError),
    /// Its time is past, or so near that not every node would know it.
    #[error("A catalogue takes effect at the earliest in {} seconds. Choose a later time.", APPLY_LEAD / SECOND)]
    TooSoon,
    /// Others keep applying at the same moment.
    #[error(
        "Somebody else is applying a catalogue at this moment. Look at the history and try again."
    )]
    Contended,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The versions that may be in force now or later. Clones share them.
#[derive(Clone)]
pub struct Catalogues {
    db: Db,
    known: Arc<RwLock<Known>>,
}

struct Known {
    /// What [`catalogue_version::state`] said when they were read.
    state: (i64, i64),
    /// In the order in which they take effect; the first is in force until the next is.
    list: Vec<InForce>,
}

impl Catalogues {
    /// With a catalogue that holds until the database has one.
    pub fn new(db: Db, first: Catalogue) -> Self {
        let first =
            InForce { number: 0, effective_at: Timestamp(i64::MIN), catalogue: Arc::new(first) };
        let known = Known { state: (0, 0), list: vec![first] };
        Catalogues { db, known: Arc::new(RwLock::new(known)) }
    }

    /// The version in force at `now`, as far as this node knows.
    pub fn in_force(&self, now: Timestamp) -> InForce {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let begun = known.list.iter().rev().find(|version| version.effective_at <= now);
        begun.unwrap_or(&known.list[0]).clone()
    }

    /// The versions whose prices bind at `now`: the one in force, then those that people may still have
    /// before them because it took their place less than [`QUOTE_BINDS`] ago.
    pub fn binding(&self, now: Timestamp) -> Vec<InForce> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let begun = known.list.iter().rev().skip_while(|version| version.effective_at > now);
        let mut binding: Vec<InForce> = Vec::new();
        for version in begun {
            let replaced_at = binding.last().map(|next: &InForce| next.effective_at);
            if replaced_at.is_some_and(|at| at <= now.plus(-QUOTE_BINDS)) {
                break;
            }
            binding.push(version.clone());
        }
        binding
    }

    /// At the start of an installation: writes `text` down as the first version where there is none yet,
    /// and reads what is there. `false` when the version in force says something else than `text`.
    ///
    /// # Errors
    /// A version that is kept cannot be read; the database failed.
    pub async fn begin(&self, text: &str, now: Timestamp) -> Result<bool, ApplyError> {
        if catalogue_version::state(&self.db).await?.0 == 0 {
            let first = CatalogueVersion {
                number: 1,
                code: parsed(1, text)?.code,
                body: text.to_owned(),
                applied_at: now,
                applied_by: FIRST_START.to_owned(),
                effective_at: Timestamp(0),
                withdrawn_at: None,
                withdrawn_by: None,
            };
            match catalogue_version::insert(&self.db, &first).await {
                // Another node that starts at the same moment was quicker.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.read(now).await?;
        Ok(*self.in_force(now).catalogue == parsed(0, text)?)
    }

    /// Reads the versions again when there is anything new.
    ///
    /// # Errors
    /// A version cannot be read (what was known stays in force); the database failed.
    pub async fn step(&self, now: Timestamp) -> Result<Step, ApplyError> {
        let state = catalogue_version::state(&self.db).await?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).state;
        if state != known {
            self.read(now).await?;
        }
        Ok(Step::Idle)
    }

    async fn read(&self, now: Timestamp) -> Result<(), ApplyError> {
        let state = catalogue_version::state(&self.db).await?;
        // What was in force a moment ago binds those who saw its prices.
        let rows = catalogue_version::standing(&self.db, now.plus(-QUOTE_BINDS)).await?;
        let mut list = Vec::with_capacity(rows.len() + 1);
        for row in rows {
            list.push(InForce {
                number: row.number,
                effective_at: row.effective_at,
                catalogue: Arc::new(parsed(row.number, &row.body)?),
            });
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if list.first().is_none_or(|version| version.effective_at > now) {
            list.insert(0, known.list[0].clone());
        }
        *known = Known { state, list };
        Ok(())
    }

    /// Writes a catalogue down that takes effect at `effective_at`; its number.
    ///
    /// # Errors
    /// It is wrong or its time too soon; somebody else applies one at the same moment; the database failed.
    pub async fn apply(
        &self,
        text: &str,
        effective_at: Timestamp,
        by: &str,
        now: Timestamp,
    ) -> Result<i64, ApplyError> {
        let catalogue = from_toml("to apply", text)?;
        if effective_at < now.plus(APPLY_LEAD) {
            return Err(ApplyError::TooSoon);
        }
        for _ in 0..TRIES {
            let version = CatalogueVersion {
                number: catalogue_version::state(&self.db).await?.0 + 1,
                code: catalogue.code.clone(),
                body: text.to_owned(),
                applied_at: now,
                applied_by: by.to_owned(),
                effective_at,
                withdrawn_at: None,
                withdrawn_by: None,
            };
            match catalogue_version::insert(&self.db, &version).await {
                Ok(()) => {
                    self.read(now).await?;
                    return Ok(version.number);
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ApplyError::Contended)
    }

    /// Takes back a version before it takes effect; `false` when it has, or is not there.
    ///
    /// # Errors
    /// The database failed.
    pub async fn withdraw(
        &self,
        number: i64,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, ApplyError> {
        let done = catalogue_version::withdraw(&self.db, number, now, by).await?;
        self.read(now).await?;
        Ok(done)
    }

    /// The newest versions, the newest first, as they were written.
    ///
    /// # Errors
    /// The database failed.
    pub async fn history(&self) -> Result<Vec<CatalogueVersion>, StoreError> {
        catalogue_version::newest(&self.db, MOST_HISTORY).await
    }

    /// One version as it was written.
    ///
    /// # Errors
    /// The database failed.
    pub async fn version(&self, number: i64) -> Result<Option<CatalogueVersion>, StoreError> {
        catalogue_version::find(&self.db, number).await
    }
}

/// The catalogue that a version's text says.
fn parsed(number: i64, text: &str) -> Result<Catalogue, CatalogueError> {
    from_toml(&format!("version {number}"), text)
}
