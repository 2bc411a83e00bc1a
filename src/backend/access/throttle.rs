//! Slows down guessing: sign-in attempts are counted per account and per address, in the database, so
//! that a restart or a second node forgets nothing.
//!
//! An attempt is counted before the password is checked and taken back when it was right, so a
//! thousand parallel guesses get no more tries than one after the other. Unknown accounts count like
//! known ones; the table holds only hashes of what was typed.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::backend::access::AccessError;
use crate::backend::store::{self, Db};
use crate::ledger::time::{MINUTE, SECOND, Timestamp};
use crate::model::Problem;

/// Length of the window in which attempts are counted, in microseconds.
pub const WINDOW: i64 = 15 * MINUTE;
/// Failed attempts on one account in a window before it must wait.
pub const ACCOUNT_FAILURES: i64 = 10;
/// Failed attempts from one address in a window before it must wait; offices share an address.
pub const ADDRESS_FAILURES: i64 = 50;

/// An attempt that was counted and may go on.
#[derive(Debug)]
pub struct Attempt {
    account: String,
    address: String,
    window: Timestamp,
}

/// Counts an attempt to sign in as `email` from `address`.
///
/// # Errors
/// 429 with the wait when there were too many; or the database failed.
pub async fn begin(
    db: &Db,
    email: &str,
    address: IpAddr,
    now: Timestamp,
) -> Result<Attempt, AccessError> {
    let window = window_of(now);
    let attempt = Attempt { account: account(email), address: network(address), window };
    let by_address = store::sign_in_attempt::count_one(db, &attempt.address, window).await?;
    if by_address > ADDRESS_FAILURES {
        return Err(too_many("from your network", window, now).into());
    }
    let by_account = store::sign_in_attempt::count_one(db, &attempt.account, window).await?;
    if by_account > ACCOUNT_FAILURES {
        return Err(too_many("with this mail address", window, now).into());
    }
    Ok(attempt)
}

/// The password was right: the account starts afresh, and the address has one failure less.
///
/// # Errors
/// The database failed.
pub async fn succeeded(db: &Db, attempt: &Attempt) -> Result<(), AccessError> {
    store::sign_in_attempt::forget(db, &attempt.account).await?;
    store::sign_in_attempt::take_back(db, &attempt.address, attempt.window).await?;
    Ok(())
}

/// Removes counts of windows that are over; how many rows went.
///
/// # Errors
/// The database failed.
pub async fn purge(db: &Db, now: Timestamp) -> Result<u64, AccessError> {
    Ok(store::sign_in_attempt::purge(db, window_of(now)).await?)
}

fn window_of(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() - now.micros().rem_euclid(WINDOW))
}

fn account(email: &str) -> String {
    format!("account:{}", hex::encode(Sha256::digest(email.trim().to_lowercase())))
}

/// The address, or for IPv6 the /64 that one household or machine has to itself.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address:{address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address:{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn too_many(where_from: &str, window: Timestamp, now: Timestamp) -> Problem {
    let left = window.plus(WINDOW).since(now);
    let seconds = u64::try_from(left.div_euclid(SECOND) + 1).unwrap_or(1);
    Problem::too_many(format!("There were too many attempts to sign in {where_from}."), seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_ipv6_network_counts_as_one_address_and_mapped_ipv4_as_itself() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
    }

    #[test]
    fn the_wait_ends_with_the_window() {
        let window = Timestamp::from_micros(WINDOW * 4);
        let problem = too_many("here", window, window.plus(WINDOW - SECOND));
        assert_eq!(problem.retry_after, Some(2));
        assert_eq!(window_of(window.plus(WINDOW - 1)), window);
    }

    #[test]
    fn the_table_never_holds_what_was_typed() {
        assert!(!account("ada@example.com").contains("ada"));
        assert_eq!(account(" Ada@example.com"), account("ada@example.com"));
    }
}
