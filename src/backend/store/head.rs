//! The head of a ledger: the one row of an organisation that every group compares and sets.

use super::journal::{self, stored};
use super::table::{CellRow, Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::state::Head;
use crate::ledger::{Credits, LedgerState, OrganisationId, Timestamp};
use crate::model::balance::BalanceView;
use crate::on;

/// One row an organisation that has a ledger.
pub static HEAD: Table = Table {
    name: "ledger_head",
    columns: &[
        ("organisation", Kind::Text),
        ("sequence", Kind::Integer),
        ("hash", Kind::Bytes),
        ("granted", Kind::Integer),
        ("spent", Kind::Integer),
        ("expired", Kind::Integer),
        ("revoked", Kind::Integer),
        ("debt", Kind::Integer),
        ("available", Kind::Integer),
        ("held", Kind::Integer),
        ("frozen", Kind::Integer),
        ("recorded_at", Kind::Integer),
        ("time_zone", Kind::Text),
        ("next_due", Kind::Integer),
    ],
    key: 1,
    on_conflict: OnConflict::Fail,
};

/// A head as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHead {
    /// Where the journal stands.
    pub head: Head,
    /// What was available when it was written.
    pub available: Credits,
    /// What was held when it was written.
    pub held: Credits,
    /// The zone in which the roll-ups' months are counted, an IANA name.
    pub time_zone: String,
    /// When something falls due next.
    pub next_due: Option<Timestamp>,
}

const SELECT: &str = "select organisation, sequence, hash, granted, spent, expired, revoked, debt, \
     available, held, frozen, recorded_at, time_zone, next_due from ledger_head \
     where organisation = $1";
const DUE: &str = "select organisation, next_due from ledger_head \
     where next_due is not null and next_due <= $1 order by next_due limit $2";
const ORGANISATIONS: &str = "select organisation from ledger_head order by organisation";

/// The head row that goes with a state.
pub fn head_cells(state: &LedgerState, time_zone: &str) -> Cells {
    let head = state.head();
    let balance = state.balance(head.recorded_at);
    vec![
        head.organisation.as_str().into(),
        stored(head.sequence).into(),
        head.hash.0.as_slice().into(),
        head.granted.micro().into(),
        head.spent.micro().into(),
        head.expired.micro().into(),
        head.revoked.micro().into(),
        head.debt.micro().into(),
        balance.available.micro().into(),
        balance.held.micro().into(),
        balance.frozen.micro().into(),
        head.recorded_at.micros().into(),
        time_zone.into(),
        state.next_due().map(Timestamp::micros).into(),
    ]
}

/// The head of an organisation's ledger; none before its first transaction.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<Option<StoredHead>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(organisation.as_str())
        .fetch_optional(pool).await?.map(|row| stored_head(&row)).transpose())
}

/// Organisations where something fell due by `now`, the longest overdue first, with that instant.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn due(
    db: &Db,
    now: Timestamp,
    at_most: i64,
) -> Result<Vec<(OrganisationId, Timestamp)>, StoreError> {
    on!(db, read pool => sqlx::query(DUE).bind(now.micros()).bind(at_most)
        .fetch_all(pool).await?.iter()
        .map(|row| Ok((organisation(row)?, row.time("next_due")?))).collect())
}

/// Every organisation that has a ledger.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn organisations(db: &Db) -> Result<Vec<OrganisationId>, StoreError> {
    on!(db, read pool => sqlx::query(ORGANISATIONS).fetch_all(pool).await?.iter()
        .map(organisation).collect())
}

fn organisation(row: &impl StoreRow) -> Result<OrganisationId, StoreError> {
    row.parsed("ledger_head", "organisation", OrganisationId::parse)
}

fn stored_head(row: &impl StoreRow) -> Result<StoredHead, StoreError> {
    let credits = |column| row.integer(column).map(Credits::from_micro);
    Ok(StoredHead {
        head: Head {
            organisation: organisation(row)?,
            sequence: journal::sequence(row, "sequence")?,
            hash: journal::hash(row, "ledger_head", "hash")?,
            recorded_at: row.time("recorded_at")?,
            granted: credits("granted")?,
            spent: credits("spent")?,
            expired: credits("expired")?,
            revoked: credits("revoked")?,
            debt: credits("debt")?,
        },
        available: credits("available")?,
        held: credits("held")?,
        time_zone: row.text("time_zone")?,
        next_due: row.time_or_none("next_due")?,
    })
}

/// A head from its cells.
///
/// # Errors
/// The row does not parse.
pub fn parse(cells: &Cells) -> Result<StoredHead, StoreError> {
    stored_head(&CellRow { table: &HEAD, cells })
}

/// The balance of a state at `now`, with the sequence of its last transaction as version.
pub fn balance_view(state: &LedgerState, now: Timestamp) -> BalanceView {
    let balance = state.balance(now);
    BalanceView {
        version: state.head().sequence,
        available: balance.available,
        held: balance.held,
        balance: balance.balance,
        as_of: now,
    }
}
