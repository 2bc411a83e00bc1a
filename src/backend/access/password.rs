//! Passwords: what is accepted, how they are kept, how they are checked.
//!
//! Argon2id at OWASP's parameters, on the blocking pool and never more at once than there are cores:
//! a wave of sign-ins slows sign-ins, not the pages. Checking an unknown user costs the same time as
//! checking a known one. Composition rules ("one digit, one sign") are deliberately absent; what is
//! refused is what an attacker tries first.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::backend::access::AccessError;

/// Shortest password accepted, in characters.
pub const MINIMUM_CHARACTERS: usize = crate::model::session::PASSWORD_LEAST;
/// Longest password accepted, in characters; it bounds the work of one hash.
pub const MAXIMUM_CHARACTERS: usize = crate::model::session::PASSWORD_MOST;
/// Memory of one hash in KiB (OWASP's first choice for Argon2id).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes of one hash.
const LANES: u32 = 1;
/// Hashes that may wait for a core; beyond that the caller is told to come back.
const QUEUE: usize = 64;

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Why a password is not accepted; the text is the message for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Under [`MINIMUM_CHARACTERS`].
    #[error("Use at least {MINIMUM_CHARACTERS} characters; a short sentence works well.")]
    TooShort,
    /// Over [`MAXIMUM_CHARACTERS`].
    #[error("Use at most {MAXIMUM_CHARACTERS} characters.")]
    TooLong,
    /// On the list, a run such as 12345678, or one short piece repeated.
    #[error("This password is among the first that anyone would guess. Choose another.")]
    Common,
    /// Their own name or mail address.
    #[error("Choose a password that is not your name or mail address.")]
    Personal,
}

/// Whether `password` may be used by the person with this name and mail address.
///
/// # Errors
/// Says which rule it breaks.
pub fn check(password: &str, name: &str, email: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < MINIMUM_CHARACTERS {
        return Err(WeakPassword::TooShort);
    }
    if length > MAXIMUM_CHARACTERS {
        return Err(WeakPassword::TooLong);
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(WeakPassword::Common);
    }
    let email = email.to_lowercase();
    let mailbox = email.split('@').next().unwrap_or_default();
    if [name.to_lowercase().as_str(), email.as_str(), mailbox].contains(&lower.as_str()) {
        return Err(WeakPassword::Personal);
    }
    Ok(())
}

/// On the list with or without trailing digits and signs, a keyboard run, or a repeated piece.
fn is_common(lower: &str) -> bool {
    let stem = lower.trim_end_matches(|letter: char| !letter.is_alphabetic());
    COMMON.contains(lower) || COMMON.contains(stem) || is_run(lower) || is_repetition(lower)
}

/// Every character one step from the one before it, in the same direction: 12345678, hgfedcba.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|letter| i64::from(u32::from(letter))).collect();
    let step = codes[1] - codes[0];
    step.abs() == 1 && codes.windows(2).all(|pair| pair[1] - pair[0] == step)
}

/// One piece of up to four characters, over and over: aaaaaaaa, abcabcabc.
fn is_repetition(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=4).any(|piece| letters.iter().zip(&letters[piece..]).all(|(one, next)| one == next))
}

/// Hashes and checks passwords. Cheap to clone; clones share the queue.
#[derive(Clone, Debug)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Passwords {
            cores: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(cores + QUEUE)),
        }
    }
}

impl Passwords {
    /// The PHC string to keep for `password`, with a salt of its own.
    ///
    /// # Errors
    /// [`AccessError::Busy`] when too many wait already.
    pub async fn hash(&self, password: &str) -> Result<String, AccessError> {
        let password = password.to_owned();
        self.run(move || hash(&password)).await?
    }

    /// Whether `password` is the one behind `kept`; with `None` (no such user) the same work is done
    /// and the answer is no.
    ///
    /// # Errors
    /// [`AccessError::Busy`] when too many wait already.
    pub async fn verify(&self, password: &str, kept: Option<&str>) -> Result<bool, AccessError> {
        let is_known = kept.is_some();
        let kept = kept.map(str::to_owned);
        let password = password.to_owned();
        let matches = self
            .run(move || match kept {
                Some(kept) => verify(&password, &kept),
                None => verify(&password, NOBODY),
            })
            .await?;
        Ok(is_known && matches)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccessError> {
        let _place = self.queue.try_acquire().map_err(|_| AccessError::Busy)?;
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(|_| AccessError::Busy)?;
        // The permit goes with the work: a caller who hangs up does not free the core early.
        spawn_blocking(move || {
            let _core = core;
            work()
        })
        .await
        .map_err(|error| AccessError::Hashing(error.to_string()))
    }
}

/// The hash that an unknown user is checked against: of no account, at the parameters above.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$jsky332PeR4/zNm4ZkcanQ\
    $Zp7CtZBLsjmVi4EkmXoyG6It6CyEeRWVxlvVBguhGZA";

fn argon2id() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("the constants above are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Result<String, AccessError> {
    let hash: PasswordHash = argon2id()
        .hash_password(password.as_bytes())
        .map_err(|error| AccessError::Hashing(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept)
        .is_ok_and(|kept| argon2id().verify_password(password.as_bytes(), &kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), WeakPassword> {
        check(password, "Ada Admin", "ada.admin@example.com")
    }

    #[test]
    fn a_sentence_is_a_good_password() {
        assert_eq!(verdict("the blue lamp hums at night"), Ok(()));
        assert_eq!(verdict("scrip-demo"), Ok(()));
    }

    #[test]
    fn eight_characters_are_enough_and_seven_are_not() {
        assert_eq!(verdict("vK3#pq9z"), Ok(()));
        assert_eq!(verdict("vK3#pq9"), Err(WeakPassword::TooShort));
    }

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert_eq!(verdict(&"žlutý kůň ".repeat(12)), Ok(()));
        assert_eq!(verdict(&"x y ".repeat(33)), Err(WeakPassword::TooLong));
    }

    #[test]
    fn what_is_guessed_first_is_refused_whatever_its_case_and_trailing_digits() {
        for password in ["Password", "password123!", "QWERTYUIOP", "iloveyou2026", "trustno1"] {
            assert_eq!(verdict(password), Err(WeakPassword::Common), "{password}");
        }
    }

    #[test]
    fn runs_and_repetitions_are_refused() {
        for password in ["12345678", "hgfedcba", "aaaaaaaa", "abcabcabc", "xyxyxyxyxy"] {
            assert_eq!(verdict(password), Err(WeakPassword::Common), "{password}");
        }
    }

    #[test]
    fn ones_own_name_or_address_is_refused() {
        for password in ["ada admin", "Ada.Admin", "ada.admin@example.com"] {
            assert_eq!(verdict(password), Err(WeakPassword::Personal), "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_no_other() {
        let passwords = Passwords::default();
        let kept = passwords.hash("correct horse battery").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(passwords.verify("correct horse battery", Some(&kept)).await.unwrap());
        assert!(!passwords.verify("correct horse batterz", Some(&kept)).await.unwrap());
        assert_ne!(kept, passwords.hash("correct horse battery").await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_is_refused_even_with_the_stand_ins_own_password() {
        let passwords = Passwords::default();
        assert!(!passwords.verify("nobody has this password", None).await.unwrap());
        assert!(!passwords.verify("anything", Some("not a hash")).await.unwrap());
        assert!(verify("nobody has this password", NOBODY), "it costs what a real one costs");
    }
}
