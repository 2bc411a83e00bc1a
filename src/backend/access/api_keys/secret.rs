//! The secret of an API key: `scrip_live_` or `scrip_test_`, 32 random letters and digits (190 bits), and 6
//! more that are their checksum. So a mistyped key is told from a revoked one without asking the database,
//! and scanners that look for leaked secrets find it by its form.

use std::fmt;

use sha2::{Digest, Sha256};

/// Letters and digits of the random part.
const RANDOM: usize = 32;
/// Letters and digits of the checksum.
const CHECKSUM: usize = 6;
/// Random letters that the visible prefix shows.
const SHOWN: usize = 4;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether money moves where the key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Live,
    /// Purchases are of the test checkout.
    Test,
}

impl Mode {
    const ALL: [Mode; 2] = [Mode::Live, Mode::Test];

    /// What every secret of this mode begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Mode::Live => "scrip_live_",
            Mode::Test => "scrip_test_",
        }
    }
}

/// A whole secret. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiSecret(String);

/// A text that is no secret of any key: cut off, mistyped or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an API key begins with scrip_live_ or scrip_test_ and ends with its own checksum")]
pub struct Malformed;

impl ApiSecret {
    /// A new one.
    pub fn random(mode: Mode) -> Self {
        let mut text = mode.prefix().to_owned();
        text.extend((0..RANDOM).map(|_| letter(rand::random_range(0..ALPHABET.len()))));
        let checksum = checksum(&text);
        ApiSecret(text + &checksum)
    }

    /// What a program sent.
    ///
    /// # Errors
    /// It has not the form of a secret, or its checksum does not fit.
    pub fn received(text: &str) -> Result<Self, Malformed> {
        let mode = Mode::ALL.into_iter().find(|mode| text.starts_with(mode.prefix()));
        let begin = mode.ok_or(Malformed)?.prefix().len();
        let is_of_alphabet = text[begin..].bytes().all(|byte| ALPHABET.contains(&byte));
        if text.len() != begin + RANDOM + CHECKSUM || !is_of_alphabet {
            return Err(Malformed);
        }
        let (body, sum) = text.split_at(begin + RANDOM);
        if checksum(body) == sum { Ok(ApiSecret(text.to_owned())) } else { Err(Malformed) }
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// How people tell it from others: its beginning.
    pub fn visible_prefix(&self) -> String {
        let begin = Mode::Live.prefix().len();
        self.0.chars().take(begin + SHOWN).collect()
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiSecret(…)")
    }
}

fn letter(index: usize) -> char {
    char::from(ALPHABET[index])
}

/// 35 bits of the text's SHA-256, as letters and digits.
fn checksum(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut number =
        digest[..8].iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let base = ALPHABET.len() as u64;
    let mut sum = String::with_capacity(CHECKSUM);
    for _ in 0..CHECKSUM {
        sum.push(letter((number % base) as usize));
        number /= base;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_new_each_time_reads_back_and_is_never_printed() {
        let secret = ApiSecret::random(Mode::Test);
        assert_ne!(secret, ApiSecret::random(Mode::Test));
        assert_eq!(secret.reveal().len(), 49);
        assert_eq!(ApiSecret::received(secret.reveal()), Ok(secret.clone()));
        assert!(!format!("{secret:?}").contains(&secret.reveal()[11..]));
        assert_eq!(secret.visible_prefix(), secret.reveal()[..15]);
    }

    #[test]
    fn every_single_mistyped_letter_is_noticed() {
        let secret = ApiSecret::random(Mode::Live);
        for place in 11..secret.reveal().len() {
            let mut letters: Vec<char> = secret.reveal().chars().collect();
            letters[place] = if letters[place] == 'x' { 'y' } else { 'x' };
            let typed: String = letters.into_iter().collect();
            assert_eq!(ApiSecret::received(&typed), Err(Malformed), "{place}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let cut = ApiSecret::random(Mode::Live).reveal()[..48].to_owned();
        for text in ["", "scrip_live_", "sk_test_abc", "scrip_live_é", &cut, &format!("{cut}  ")] {
            assert_eq!(ApiSecret::received(text), Err(Malformed), "{text:?}");
        }
    }
}
