//! New ids. The kernel makes none and the store makes none: they are made here and handed down.

use crate::ledger::id::IdError;
use crate::ledger::time::Timestamp;

/// A new id of the kind that `read` makes: `id::fresh(now, UserId::from_uuid_simple)`.
///
/// It sorts by `now`, so rows written together lie together; it is no secret.
pub fn fresh<Id>(now: Timestamp, read: fn(&str) -> Result<Id, IdError>) -> Id {
    read(&uuid_simple(now)).expect("a UUID in simple form is a valid id")
}

/// A new key for the hidden field of a form: the same form sent twice does its work once.
pub fn form_key(now: Timestamp) -> String {
    format!("form-{}", uuid_simple(now))
}

/// The longest key of a form, in characters; ours have 37.
const LONGEST_FORM_KEY: usize = 80;

/// The key that came with a form, if it may be one: visible ASCII of some length.
pub fn sound_form_key(given: &str) -> Option<&str> {
    let printable = given.bytes().all(|byte| byte.is_ascii_graphic());
    ((1..=LONGEST_FORM_KEY).contains(&given.len()) && printable).then_some(given)
}

/// A UUID v7 of that instant as 32 hexadecimal digits, for what has no id type of its own.
pub fn uuid_simple(now: Timestamp) -> String {
    const SECOND: i64 = crate::ledger::time::SECOND;
    let seconds = u64::try_from(now.micros().div_euclid(SECOND)).unwrap_or(0);
    let nanoseconds = u32::try_from(now.micros().rem_euclid(SECOND) * 1000).unwrap_or(0);
    let timestamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds);
    uuid::Uuid::new_v7(timestamp).simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::id::LotId;

    #[test]
    fn ids_differ_and_sort_by_their_instant() {
        let make = |now| fresh(Timestamp::from_micros(now), LotId::from_uuid_simple);
        assert_ne!(make(1_000_000), make(1_000_000));
        assert!(make(1_795_000_000_000_000) < make(1_795_000_000_001_000));
    }
}
