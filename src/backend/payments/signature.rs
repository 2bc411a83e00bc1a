//! Whether a webhook was signed by the provider: the `Stripe-Signature` header over the raw bytes.
//!
//! The header is `t=<seconds>,v1=<hex>[,v1=<hex>…]`; the signed text is `<t>.<body>`, HMAC-SHA256. Every
//! `v1` is tried with every secret, because both may come in pairs while a secret is being replaced.
//! A header that names its time twice is refused: one implementation would read the first, another the
//! last. Comparison takes the same time whatever differs.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// How far the header's time may be from ours, in seconds, either way.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The longest header that is read; the provider's own is below 200 bytes.
pub const MAXIMUM_HEADER_BYTES: usize = 4 * 1024;

/// The most signatures that are tried; the provider sends one, or two while a secret is replaced.
const MAXIMUM_SIGNATURES: usize = 16;

/// What the provider signs its webhooks with. Never empty: an empty one would accept forgeries.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

/// The secret given for webhooks is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the webhook secret is empty, so that anyone could forge a payment; copy the signing secret \
     (whsec_…) of your endpoint from Stripe's dashboard"
)]
pub struct EmptySecret;

impl WebhookSecret {
    /// Takes a secret; blank text is refused.
    pub fn parse(text: &str) -> Result<Self, EmptySecret> {
        match text.trim() {
            "" => Err(EmptySecret),
            secret => Ok(WebhookSecret(SecretString::from(secret))),
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookSecret([hidden])")
    }
}

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is not of the form `t=…,v1=…`, lacks one of the two, or has two times.
    #[error("the signature header is malformed")]
    Malformed,
    /// The header's time is more than [`TOLERANCE_SECONDS`] away from ours.
    #[error("the signature's time is more than {TOLERANCE_SECONDS} seconds away from ours")]
    OutOfTime,
    /// No signature fits the body under any configured secret.
    #[error("no signature fits this body and our secret")]
    Mismatch,
}

/// Passes when `header` signs exactly these `body` bytes under one of `secrets`, around `now_seconds`
/// (seconds since the Unix epoch).
pub fn verify(
    header: &str,
    body: &[u8],
    secrets: &[WebhookSecret],
    now_seconds: i64,
) -> Result<(), SignatureError> {
    let signed = SignedHeader::parse(header)?;
    let fits = secrets.iter().any(|secret| signed.fits(body, secret));
    if !fits {
        return Err(SignatureError::Mismatch);
    }
    if now_seconds.abs_diff(signed.seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::OutOfTime);
    }
    Ok(())
}

struct SignedHeader<'a> {
    time: &'a str,
    seconds: i64,
    signatures: Vec<Vec<u8>>,
}

impl<'a> SignedHeader<'a> {
    fn parse(header: &'a str) -> Result<Self, SignatureError> {
        if header.len() > MAXIMUM_HEADER_BYTES {
            return Err(SignatureError::Malformed);
        }
        let mut time = None;
        let mut signatures = Vec::new();
        for part in header.split(',') {
            match part.split_once('=').ok_or(SignatureError::Malformed)? {
                ("t", _) if time.is_some() => return Err(SignatureError::Malformed),
                ("t", text) => time = Some(text),
                // One unreadable signature does not spoil another that fits.
                ("v1", text) => signatures.extend(hex::decode(text)),
                _ => {}
            }
        }
        let time = time.ok_or(SignatureError::Malformed)?;
        let digits_only = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = time.parse().ok().filter(|_| digits_only).ok_or(SignatureError::Malformed)?;
        if signatures.is_empty() || signatures.len() > MAXIMUM_SIGNATURES {
            return Err(SignatureError::Malformed);
        }
        Ok(SignedHeader { time, seconds, signatures })
    }

    fn fits(&self, body: &[u8], secret: &WebhookSecret) -> bool {
        let key = secret.0.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        mac.update(self.time.as_bytes());
        mac.update(b".");
        mac.update(body);
        self.signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
    const SECRET: &str = "whsec_current";

    fn sign(secret: &str, time: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    fn good() -> String {
        sign(SECRET, NOW, BODY)
    }

    fn check(header: &str) -> Result<(), SignatureError> {
        verify(header, BODY, &[WebhookSecret::parse(SECRET).unwrap()], NOW)
    }

    #[test]
    fn a_valid_header_is_accepted() {
        assert_eq!(check(&format!("t={NOW},v1={}", good())), Ok(()));
    }

    #[test]
    fn of_two_v1_values_either_may_be_the_good_one() {
        let other = sign("whsec_other", NOW, BODY);
        assert_eq!(check(&format!("t={NOW},v1={},v1={other}", good())), Ok(()));
        assert_eq!(check(&format!("t={NOW},v1={other},v1={}", good())), Ok(()));
        assert_eq!(check(&format!("t={NOW},v1=zz,v1={}", good())), Ok(()));
    }

    #[test]
    fn a_v0_value_and_an_unknown_key_are_passed_over() {
        assert_eq!(check(&format!("t={NOW},v1={},v0={}", good(), "ab".repeat(32))), Ok(()));
        assert_eq!(check(&format!("t={NOW},x=1,v1={}", good())), Ok(()));
    }

    #[test]
    fn upper_case_hexadecimal_is_accepted() {
        assert_eq!(check(&format!("t={NOW},v1={}", good().to_uppercase())), Ok(()));
    }

    #[test]
    fn a_v0_value_alone_is_refused() {
        assert_eq!(check(&format!("t={NOW},v0={}", good())), Err(SignatureError::Malformed));
    }

    #[test]
    fn another_secret_is_refused() {
        let forged = sign("whsec_guess", NOW, BODY);
        assert_eq!(check(&format!("t={NOW},v1={forged}")), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_header_without_time_or_without_signature_is_refused() {
        assert_eq!(check(&format!("v1={}", good())), Err(SignatureError::Malformed));
        assert_eq!(check(&format!("t={NOW}")), Err(SignatureError::Malformed));
        assert_eq!(check(""), Err(SignatureError::Malformed));
    }

    #[test]
    fn garbage_is_refused() {
        for header in ["garbage", "=,=,=", "t=,v1=", ",,,", "t=1;v1=2", "\u{1F4B3}"] {
            assert_eq!(check(header), Err(SignatureError::Malformed), "{header}");
        }
    }

    #[test]
    fn a_space_after_the_comma_is_refused() {
        assert_eq!(check(&format!("t={NOW}, v1={}", good())), Err(SignatureError::Malformed));
    }

    #[test]
    fn a_time_that_is_not_a_number_is_refused() {
        for time in ["yesterday", "", "+1", "-1", "1e9", " 1", "99999999999999999999"] {
            let header = format!("t={time},v1={}", good());
            assert_eq!(check(&header), Err(SignatureError::Malformed), "{time}");
        }
    }

    #[test]
    fn a_time_altered_after_signing_is_refused() {
        let header = format!("t={},v1={}", NOW + 1, good());
        assert_eq!(check(&header), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_truncated_signature_is_refused() {
        let good = good();
        assert_eq!(check(&format!("t={NOW},v1={}", &good[..62])), Err(SignatureError::Mismatch));
        assert_eq!(check(&format!("t={NOW},v1={}", &good[..63])), Err(SignatureError::Malformed));
        assert_eq!(check(&format!("t={NOW},v1=")), Err(SignatureError::Mismatch));
    }

    #[test]
    fn the_time_may_be_three_hundred_seconds_away_and_no_more() {
        let at = |time| check(&format!("t={time},v1={}", sign(SECRET, time, BODY)));
        assert_eq!(at(NOW - 300), Ok(()));
        assert_eq!(at(NOW - 301), Err(SignatureError::OutOfTime));
        assert_eq!(at(NOW + 200), Ok(()));
        assert_eq!(at(NOW + 400), Err(SignatureError::OutOfTime));
        assert_eq!(at(i64::MAX), Err(SignatureError::OutOfTime));
    }

    #[test]
    fn two_times_are_refused_wherever_the_real_one_stands() {
        let good = good();
        for header in [format!("t=1,t={NOW},v1={good}"), format!("t={NOW},v1={good},t=1")] {
            assert_eq!(check(&header), Err(SignatureError::Malformed), "{header}");
        }
    }

    #[test]
    fn an_empty_secret_cannot_be_configured_and_a_body_signed_with_it_is_refused() {
        assert!(WebhookSecret::parse("").is_err());
        assert!(WebhookSecret::parse(" \n").is_err());
        let header = format!("t={NOW},v1={}", sign("", NOW, BODY));
        assert_eq!(check(&header), Err(SignatureError::Mismatch));
        assert_eq!(verify(&header, BODY, &[], NOW), Err(SignatureError::Mismatch));
    }

    #[test]
    fn while_a_secret_is_replaced_the_old_one_still_counts() {
        let secrets = ["whsec_new", SECRET].map(|text| WebhookSecret::parse(text).unwrap());
        for signer in ["whsec_new", SECRET] {
            let header = format!("t={NOW},v1={}", sign(signer, NOW, BODY));
            assert_eq!(verify(&header, BODY, &secrets, NOW), Ok(()), "{signer}");
        }
    }

    #[test]
    fn a_body_changed_by_one_byte_or_written_anew_is_refused() {
        let header = format!("t={NOW},v1={}", good());
        let secrets = [WebhookSecret::parse(SECRET).unwrap()];
        let rewritten: &[&[u8]] = &[
            br#"{"id":"evt_2","object":"event"}"#,
            br#"{ "id": "evt_1", "object": "event" }"#,
            b"",
        ];
        for body in rewritten {
            assert_eq!(verify(&header, body, &secrets, NOW), Err(SignatureError::Mismatch));
        }
    }

    #[test]
    fn an_oversized_header_is_refused_without_being_tried() {
        let header = format!("t={NOW},v1={}{}", good(), ",x=1".repeat(MAXIMUM_HEADER_BYTES));
        assert_eq!(check(&header), Err(SignatureError::Malformed));
    }

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        assert!(!format!("{secret:?}").contains(SECRET));
    }
}
