//! A journal as a file that stands for itself: the export of `scrip ledger export`, which
//! `scrip verify --journal` and the browser's *Recompute here* read. Only text in and out; no IO.
//!
//! **Version 1.** UTF-8, one JSON object a line, every line ended by a line feed:
//! - the first line is the [`Header`]: `format` (`"scrip-journal"`), `version`, `organisation`,
//!   `exported_at` (microseconds since 1970 in UTC, as all instants);
//! - then every transaction from the first on, one a line and in sequence, as [`Transaction`] is
//!   written (amounts are decimal texts in credits);
//! - the last line is the [`Footer`]: `transactions` (how many) and `hash` (the last one's; of no
//!   transactions, the one that the first would be chained to).
//!
//! **Reading.** [`JournalReader`] takes line after line and replays as it goes, so a file of any
//! length is read in the memory that its state takes. What is cut off, in another order, edited or
//! left out is refused with the line and what is wrong with it: every line must be exactly as this
//! program writes it, and every transaction must follow from those before.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::chain;
use super::hash::Hash;
use super::id::OrganisationId;
use super::replay::{self, ReplayError};
use super::state::LedgerState;
use super::time::Timestamp;
use super::transaction::Transaction;

/// What the header calls the format.
pub const FORMAT: &str = "scrip-journal";
/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;
/// What a file of this kind is called on the web.
pub const MEDIA_TYPE: &str = "application/jsonl; charset=utf-8";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Whose journal it is.
    pub organisation: OrganisationId,
    /// When it was written.
    pub exported_at: Timestamp,
}

impl Header {
    /// The header of a journal written at `exported_at`.
    pub fn new(organisation: OrganisationId, exported_at: Timestamp) -> Header {
        Header { format: FORMAT.to_owned(), version: VERSION, organisation, exported_at }
    }
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// How many transactions stand before it.
    pub transactions: u64,
    /// The hash of the last of them.
    pub hash: Hash,
}

impl Footer {
    /// The footer of a journal of an organisation in which nothing has happened.
    pub fn of_nothing(organisation: &OrganisationId) -> Footer {
        Footer { transactions: 0, hash: chain::genesis(organisation) }
    }
}

/// One line of a file, with its line feed.
pub fn line(value: &impl Serialize) -> String {
    let mut text = as_json(value);
    text.push('\n');
    text
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct FileError {
    /// The line, the first being 1.
    pub line: u64,
    /// What is wrong there.
    pub problem: FileProblem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// The first line is no header of a journal.
    #[error("this is no journal that Scrip exported: its first line is not the header")]
    NoHeader,
    /// The header names another version.
    #[error("the file has version {0} of the format, and this program reads version {VERSION}")]
    OtherVersion(u32),
    /// Neither a transaction nor the footer.
    #[error("this is neither a transaction nor the footer: {0}")]
    Unreadable(String),
    /// It says the same in another way, or more than this program would write.
    #[error("this line was edited: it is not written as the export writes it")]
    Edited,
    /// The transaction does not follow from those before.
    #[error(transparent)]
    Journal(#[from] ReplayError),
    /// The footer states another number of transactions.
    #[error("the footer states {stated} transactions, and {found} stand before it")]
    OtherCount {
        /// What the footer states.
        stated: u64,
        /// How many there are.
        found: u64,
    },
    /// The footer states another hash.
    #[error("the footer states the hash {stated}, and the journal comes to {found}")]
    OtherHash {
        /// What the footer states.
        stated: Hash,
        /// What the journal comes to.
        found: Hash,
    },
    /// There is something behind the footer.
    #[error("there is something behind the footer, which ends the file")]
    BehindTheEnd,
    /// The file ends without its footer.
    #[error("the file is cut off here: the footer is missing")]
    CutOff,
}

/// A journal that was read to its footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadJournal {
    /// The first line.
    pub header: Header,
    /// What the journal comes to.
    pub state: LedgerState,
}

/// Reads a file line by line, replaying it.
#[derive(Debug, Default)]
pub struct JournalReader {
    lines: u64,
    journal: Option<ReadJournal>,
    is_over: bool,
}

impl JournalReader {
    /// A reader at the beginning of a file.
    pub fn new() -> Self {
        JournalReader::default()
    }

    /// Takes the next line, without its line feed.
    ///
    /// # Errors
    /// The line and what is wrong with it. The reader is of no more use then.
    pub fn read(&mut self, text: &str) -> Result<(), FileError> {
        self.read_showing(text, |_, _| ())
    }

    /// Like [`JournalReader::read`]; where the line is a transaction, `show` sees it and the state before it.
    ///
    /// # Errors
    /// As for [`JournalReader::read`].
    pub fn read_showing(
        &mut self,
        text: &str,
        show: impl FnOnce(&LedgerState, &Transaction),
    ) -> Result<(), FileError> {
        self.lines += 1;
        self.take(text, show).map_err(|problem| FileError { line: self.lines, problem })
    }

    /// How many transactions were replayed.
    pub fn transactions(&self) -> u64 {
        self.journal.as_ref().map_or(0, |journal| journal.state.head().sequence)
    }

    /// What the file comes to, when its last line was read.
    ///
    /// # Errors
    /// The file is cut off.
    pub fn finish(self) -> Result<ReadJournal, FileError> {
        let cut_off = FileError { line: self.lines + 1, problem: FileProblem::CutOff };
        self.journal.filter(|_| self.is_over).ok_or(cut_off)
    }

    fn take(
        &mut self,
        text: &str,
        show: impl FnOnce(&LedgerState, &Transaction),
    ) -> Result<(), FileProblem> {
        if self.is_over {
            return Err(FileProblem::BehindTheEnd);
        }
        let Some(journal) = &mut self.journal else {
            self.journal = Some(begin(text)?);
            return Ok(());
        };
        match serde_json::from_str::<Transaction>(text) {
            Ok(transaction) => {
                as_written(text, &transaction)?;
                show(&journal.state, &transaction);
                Ok(replay::step(&mut journal.state, &transaction)?)
            }
            Err(error) => {
                let footer = serde_json::from_str::<Footer>(text)
                    .map_err(|_| FileProblem::Unreadable(error.to_string()))?;
                as_written(text, &footer)?;
                self.is_over = true;
                journal.end(&footer)
            }
        }
    }
}

impl ReadJournal {
    fn end(&self, footer: &Footer) -> Result<(), FileProblem> {
        let (head, stated) = (self.state.head(), footer.transactions);
        if stated != head.sequence {
            return Err(FileProblem::OtherCount { stated, found: head.sequence });
        }
        if footer.hash != head.hash {
            return Err(FileProblem::OtherHash { stated: footer.hash, found: head.hash });
        }
        Ok(())
    }
}

fn begin(text: &str) -> Result<ReadJournal, FileProblem> {
    let header: Header = serde_json::from_str(text).map_err(|_| FileProblem::NoHeader)?;
    if header.format != FORMAT {
        return Err(FileProblem::NoHeader);
    }
    if header.version != VERSION {
        return Err(FileProblem::OtherVersion(header.version));
    }
    as_written(text, &header)?;
    let state = LedgerState::new(header.organisation.clone());
    Ok(ReadJournal { header, state })
}

fn as_written(text: &str, value: &impl Serialize) -> Result<(), FileProblem> {
    if as_json(value) == text { Ok(()) } else { Err(FileProblem::Edited) }
}

fn as_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("ledger types have text keys and no failing parts")
}
