//! The secrets that sign webhooks, and the signatures: `v1,` and HMAC-SHA256 over `id.timestamp.body`, in
//! Base64. Pure, except that a new secret is random.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::backend::store::webhook_endpoint::Endpoint;
use crate::ledger::Timestamp;

/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// Random bytes of a secret.
const BYTES: usize = 32;

/// A new secret: `whsec_` and 32 random bytes in Base64.
pub fn random() -> String {
    let bytes: [u8; BYTES] = rand::random();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The value of `webhook-signature`: of the endpoint's secret, and for a while also of the one before.
pub fn signatures(
    endpoint: &Endpoint,
    id: &str,
    seconds: i64,
    body: &str,
    now: Timestamp,
) -> String {
    let newest = signature(&endpoint.secret, id, seconds, body);
    match &endpoint.secret_before {
        Some((before, ends_at)) if now < *ends_at => {
            format!("{newest} {}", signature(before, id, seconds, body))
        }
        _ => newest,
    }
}

/// One signature.
pub fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&key(secret)).expect("HMAC takes a key of any length");
    for part in [id, ".", &seconds.to_string(), ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// The bytes that a secret stands for.
fn key(secret: &str) -> Vec<u8> {
    let text = secret.strip_prefix(PREFIX).unwrap_or(secret);
    STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own example.
    #[test]
    fn a_signature_is_what_the_specification_says() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let made = signature(secret, id, 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_new_each_time_and_as_long_as_the_specification_wants() {
        let secret = random();
        assert_ne!(secret, random());
        assert!((24..=64).contains(&key(&secret).len()));
    }
}
