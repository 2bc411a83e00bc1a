//! The catalogue this installation runs: at first the one that ships or a file of one's own, then whatever
//! was applied, from the instant on at which it takes effect.
//!
//! [`Catalogues`] holds the versions that may be in force now or later, so that a node changes from one to
//! the next at the very instant, without asking the database; [`Catalogues::step`] looks for new ones.
//! [`reprice`] says what a card would have made of usage that is settled.

pub mod reprice;
mod versions;

use std::io;
use std::path::Path;

use thiserror::Error;

pub use versions::{APPLY_LEAD, ApplyError, Catalogues, InForce, MOST_HISTORY};

use crate::catalogue::Catalogue;
use crate::catalogue::parse::{BUILT_IN_TEXT, CatalogueError, built_in, from_toml};

/// Why a catalogue file could not be used.
#[derive(Debug, Error)]
pub enum CatalogueFileError {
    /// The file is not there or may not be read.
    #[error("The catalogue {file} cannot be read: {source}. Check the path and its permissions.")]
    Unreadable {
        /// The path that was given.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// It was read and refused.
    #[error(transparent)]
    Refused(#[from] CatalogueError),
}

/// The catalogue in this file, or the one that ships where no file is named.
///
/// # Errors
/// The file cannot be read, or is refused.
pub fn load(path: Option<&Path>) -> Result<Catalogue, CatalogueFileError> {
    Ok(read(path)?.0)
}

/// The catalogue in this file and its text, or the one that ships.
///
/// # Errors
/// The file cannot be read, or is refused.
pub fn read(path: Option<&Path>) -> Result<(Catalogue, String), CatalogueFileError> {
    let Some(path) = path else { return Ok((built_in(), BUILT_IN_TEXT.to_owned())) };
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| CatalogueFileError::Unreadable { file: file.clone(), source })?;
    Ok((from_toml(&file, &text)?, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::parse::BUILT_IN_TEXT;

    #[test]
    fn a_file_of_ones_own_takes_the_place_of_the_one_that_ships() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("own.toml");
        std::fs::write(&path, BUILT_IN_TEXT.replace("Ad compliance", "Our office"))
            .expect("written");
        assert_eq!(load(Some(&path)).expect("a catalogue").name, "Our office");
        assert_eq!(load(None).expect("a catalogue").code, "ad-compliance");
    }

    #[test]
    fn a_missing_or_wrong_file_is_named_in_the_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("own.toml");
        let missing = load(Some(&path)).expect_err("missing").to_string();
        assert!(missing.contains("own.toml") && missing.contains("cannot be read"), "{missing}");
        std::fs::write(&path, "code = 1").expect("written");
        let wrong = load(Some(&path)).expect_err("wrong").to_string();
        assert!(wrong.contains("own.toml") && wrong.contains("line 1, code"), "{wrong}");
    }
}
