//! One-time tokens for links: 256 random bits, shown once, kept only as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// A secret for a link. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one.
    pub fn random() -> Self {
        let bytes: [u8; TOKEN_BYTES] = rand::random();
        Token(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What came back in a link.
    pub fn received(text: &str) -> Self {
        Token(text.to_owned())
    }

    /// The text for the link.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_new_each_time_and_never_printed() {
        let token = Token::random();
        assert_eq!(token.reveal().len(), 43);
        assert_ne!(token, Token::random());
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_eq!(Token::received(token.reveal()).hash(), token.hash());
    }
}
