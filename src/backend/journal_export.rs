//! An organisation's journal as a file, piece by piece: for `scrip ledger export` and the download.
//! The form is [`journal_file`]'s. What is committed meanwhile is left out: the file ends at the
//! transaction that was the last when it was begun, or at the one that was asked for.

use crate::backend::store::{Db, StoreError, head, journal};
use crate::ledger::journal_file::{Footer, Header, line};
use crate::ledger::{Hash, OrganisationId, Timestamp};

/// Transactions in one piece.
const STRETCH: u64 = 500;

/// A file that is being written.
pub struct JournalExport {
    db: Db,
    header: Header,
    /// The last transaction that belongs to it.
    through: u64,
    /// The last that was written, and its hash.
    written: u64,
    hash: Hash,
    place: Place,
}

enum Place {
    Beginning,
    Transactions,
    End,
}

impl JournalExport {
    /// The journal up to and with transaction `through`, or as it is now; none where it has no such
    /// transaction.
    ///
    /// # Errors
    /// The database failed, or a row does not parse.
    pub async fn open(
        db: &Db,
        organisation: &OrganisationId,
        through: Option<u64>,
        now: Timestamp,
    ) -> Result<Option<JournalExport>, StoreError> {
        let head = head::find(db, organisation).await?;
        let last = head.map_or(0, |stored| stored.head.sequence);
        let through = through.unwrap_or(last);
        let nothing = Footer::of_nothing(organisation);
        Ok((through <= last).then(|| JournalExport {
            db: db.clone(),
            header: Header::new(organisation.clone(), now),
            through,
            written: 0,
            hash: nothing.hash,
            place: Place::Beginning,
        }))
    }

    /// How many transactions the file will have.
    pub fn transactions(&self) -> u64 {
        self.through
    }

    /// How many are written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The next piece, of whole lines; none behind the last.
    ///
    /// # Errors
    /// The database failed, or the journal has a gap.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        match self.place {
            Place::End => Ok(None),
            Place::Beginning => {
                self.place = Place::Transactions;
                Ok(Some(line(&self.header)))
            }
            Place::Transactions if self.written == self.through => {
                self.place = Place::End;
                Ok(Some(line(&Footer { transactions: self.written, hash: self.hash })))
            }
            Place::Transactions => self.stretch().await.map(Some),
        }
    }

    async fn stretch(&mut self) -> Result<String, StoreError> {
        let from = self.written + 1;
        let until = (from + STRETCH).min(self.through + 1);
        let stretch = journal::range(&self.db, &self.header.organisation, from, until).await?;
        let Some(last) = stretch.last() else {
            return Err(StoreError::corrupt("ledger_transaction", from, "it is missing"));
        };
        (self.written, self.hash) = (last.sequence, last.hash);
        Ok(stretch.iter().map(line).collect())
    }
}
