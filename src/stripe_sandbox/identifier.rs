//! Identifiers and keys in Stripe's shapes, from the operating system's randomness.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` random letters and digits, each equally likely.
fn random_text(length: usize) -> String {
    std::iter::repeat_with(rand::random::<u8>)
        .filter(|byte| *byte < 248)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]))
        .take(length)
        .collect()
}

/// A new identifier such as `cus_…`, as long as Stripe's own of that kind.
pub(crate) fn new(prefix: &str) -> String {
    let length = match prefix {
        "cs_test" => 58,
        "cus" | "prod" | "req" => 14,
        _ => 24,
    };
    format!("{prefix}_{}", random_text(length))
}

/// The client secret of a payment intent.
pub(crate) fn client_secret(owner: &str) -> String {
    format!("{owner}_secret_{}", random_text(25))
}

/// A new secret key, `sk_test_…`.
pub fn new_secret_key() -> String {
    format!("sk_test_{}", random_text(48))
}

/// A new webhook signing secret, `whsec_…`.
pub fn new_webhook_secret() -> String {
    format!("whsec_{}", random_text(32))
}

/// A new nonce for a page's content security policy.
pub(crate) fn nonce() -> String {
    random_text(24)
}
