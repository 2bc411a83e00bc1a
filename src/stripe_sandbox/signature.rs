//! Webhook signatures: `t=<seconds>,v1=<hmac sha256 of "t.body" in hex>`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The value of the `Stripe-Signature` header for a body sent at `seconds`.
pub fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut signed = format!("{seconds}.").into_bytes();
    signed.extend_from_slice(body);
    format!("t={seconds},v1={}", keyed_hash(secret, &signed))
}

/// HMAC-SHA256 in lower-case hex.
pub(crate) fn keyed_hash(secret: &str, message: &[u8]) -> String {
    let mut hash =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    hash.update(message);
    hex::encode(hash.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_keyed_hash_is_hmac_sha256() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(keyed_hash("Jefe", b"what do ya want for nothing?"), expected);
    }
}
