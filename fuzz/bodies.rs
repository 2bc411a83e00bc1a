//! What each target does with its bytes. A body panics where a promise is broken and nowhere else.

use super::ledger::{
    Credits, Hash, LedgerState, Order, OrganisationId, Timestamp, Transaction, apply, book_due,
    chain, invariants, replay, replay::ReplayError, time::MINUTE,
};

/// Longest input that is looked at, in bytes: enough for every rule, and quick.
const LONGEST: usize = 64 * 1024;
/// When orders are applied.
const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
/// How often the seals of a journal are mended until its first fault is one of content.
const MENDINGS: usize = 64;

/// An amount as people write it: read exactly, printed so that it is read as the same, or refused.
pub fn amount(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read: Result<Credits, _> = text.parse();
    assert_eq!(
        read.as_ref().ok().map(|amount| i128::from(amount.micro())),
        by_hand(text),
        "{text}"
    );
    let Ok(amount) = read else { return };
    assert_eq!(amount.to_string().parse(), Ok(amount));
    let json = serde_json::to_string(&amount).expect("an amount is a text");
    assert_eq!(serde_json::from_str::<Credits>(&json).ok(), Some(amount));
}

/// The same rules once more, in numbers that are wide enough.
fn by_hand(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.chars().all(|it| it.is_ascii_digit());
    if !plain(whole) || !plain(places) || places.len() > 6 {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 20 {
        return None;
    }
    let micro: i128 = format!("{whole}{places:0<6}").parse().ok()?;
    let micro = if text.starts_with('-') { -micro } else { micro };
    i64::try_from(micro).ok().map(i128::from)
}

/// Orders as JSON, one a line, sent one after the other: each is applied or refused, and the ledger
/// keeps its promises after every one of them.
pub fn order(data: &[u8]) {
    let (state, journal) = applied(data);
    assert_eq!(replay(empty(), &journal).expect("what was booked can be replayed"), state);
}

/// What the ledger makes of these orders, and what it books for them.
pub fn applied(data: &[u8]) -> (LedgerState, Vec<Transaction>) {
    let mut state = empty();
    let mut journal = Vec::new();
    let lines = data[..data.len().min(LONGEST)].split(|byte| *byte == b'\n');
    for (number, line) in (0..).zip(lines) {
        let Ok(order) = serde_json::from_slice::<Order>(line) else { continue };
        let json = serde_json::to_vec(&order).expect("an order has a form in JSON");
        let again: Order = serde_json::from_slice(&json).expect("it is read back");
        assert_eq!((&again, again.fingerprint()), (&order, order.fingerprint()));
        let now = NOW.plus(number * MINUTE);
        let mut untouched = state.clone();
        let due = book_due(&mut untouched, now);
        let applied = apply(&mut state, &order, now);
        if applied.answer.is_err() {
            assert_eq!(state, untouched, "a refusal left something behind");
        }
        assert!(applied.booked.starts_with(&due), "what fell due comes first");
        journal.extend(applied.booked);
        invariants::check(&state).expect("every promise is kept");
    }
    (state, journal)
}

/// A journal as JSON, one transaction a line, as somebody hands it in: it is replayed or refused, and
/// what is replayed keeps every promise. Hashes and stated balances would refuse nearly everything at
/// once; so they are mended, and what is behind them is looked at too.
pub fn journal(data: &[u8]) {
    let lines = data[..data.len().min(LONGEST)].split(|byte| *byte == b'\n');
    let mut journal: Vec<Transaction> =
        lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
    for _ in 0..MENDINGS {
        match replay(empty(), &journal) {
            Ok(state) => {
                invariants::check(&state).expect("a journal that is believed keeps every promise");
                let json = serde_json::to_vec(&journal).expect("a journal has a form in JSON");
                assert_eq!(serde_json::from_slice::<Vec<Transaction>>(&json).ok(), Some(journal));
                return;
            }
            Err(ReplayError::Available { sequence, expected, .. }) => {
                journal[sequence as usize - 1].available_after = expected;
                seal(&mut journal);
            }
            Err(ReplayError::Chain(_)) => seal(&mut journal),
            Err(ReplayError::Misfit { .. }) => return,
        }
    }
}

/// Numbers the transactions and chains them.
fn seal(journal: &mut [Transaction]) {
    let mut previous: Hash = chain::genesis(&organisation());
    for (sequence, transaction) in (1..).zip(journal) {
        transaction.sequence = sequence;
        transaction.hash = chain::link(previous, transaction);
        previous = transaction.hash;
    }
}

fn empty() -> LedgerState {
    LedgerState::new(organisation())
}

fn organisation() -> OrganisationId {
    OrganisationId::parse("org_test").expect("an id")
}
