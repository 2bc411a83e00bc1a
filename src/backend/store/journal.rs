//! The journal: transactions, their entries and the idempotency keys. Only ever added to.

use super::table::{CellRow, Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};
use crate::ledger::{
    Account, Actor, ApiKeyId, Attribution, Credits, DepartmentId, Entry, Hash, IdempotencyKey,
    Operation, OrganisationId, QuoteId, ReportId, Transaction, TransactionKind, UserId,
};
use crate::on;
use std::str::FromStr;

/// One row a transaction; read back together with its entries.
pub static TRANSACTION: Table = Table {
    name: "ledger_transaction",
    columns: &[
        ("organisation", Kind::Text),
        ("sequence", Kind::Integer),
        ("kind", Kind::Text),
        ("direction", Kind::Text),
        ("key", Kind::Text),
        ("actor", Kind::Text),
        ("department", Kind::Text),
        ("member", Kind::Text),
        ("api_key", Kind::Text),
        ("operation", Kind::Text),
        ("report", Kind::Text),
        ("quote", Kind::Text),
        ("hold", Kind::Text),
        ("lot", Kind::Text),
        ("corrects", Kind::Integer),
        ("occurred_at", Kind::Integer),
        ("recorded_at", Kind::Integer),
        ("counted_at", Kind::Integer),
        ("amount", Kind::Integer),
        ("available_after", Kind::Integer),
        ("detail", Kind::Text),
        ("hash", Kind::Bytes),
    ],
    key: 2,
    on_conflict: OnConflict::Fail,
};

/// One row a line of a transaction.
pub static ENTRY: Table = Table {
    name: "ledger_entry",
    columns: &[
        ("organisation", Kind::Text),
        ("sequence", Kind::Integer),
        ("line", Kind::Integer),
        ("account", Kind::Text),
        ("amount", Kind::Integer),
    ],
    key: 3,
    on_conflict: OnConflict::Fail,
};

/// One row an idempotency key.
pub static KEY: Table = Table {
    name: "ledger_key",
    columns: &[
        ("organisation", Kind::Text),
        ("key", Kind::Text),
        ("fingerprint", Kind::Bytes),
        ("sequence", Kind::Integer),
    ],
    key: 2,
    on_conflict: OnConflict::Fail,
};

const ONE: &str = "select t.*, e.account as entry_account, e.amount as entry_amount \
     from ledger_transaction t left join ledger_entry e \
     on e.organisation = t.organisation and e.sequence = t.sequence \
     where t.organisation = $1 and t.sequence = $2 order by e.line";
const SOME: &str = "select t.*, e.account as entry_account, e.amount as entry_amount \
     from ledger_transaction t left join ledger_entry e \
     on e.organisation = t.organisation and e.sequence = t.sequence \
     where t.organisation = $1 and t.sequence >= $2 and t.sequence < $3 \
     order by t.sequence, e.line";

const SEVERAL_ON_SQLITE: &str = "select t.*, e.account as entry_account, e.amount as entry_amount \
     from ledger_transaction t left join ledger_entry e \
     on e.organisation = t.organisation and e.sequence = t.sequence \
     where t.organisation = $1 and t.sequence in (select value from json_each($2)) \
     order by t.sequence, e.line";
const SEVERAL_ON_POSTGRES: &str = "select t.*, e.account as entry_account, \
     e.amount as entry_amount from ledger_transaction t left join ledger_entry e \
     on e.organisation = t.organisation and e.sequence = t.sequence \
     where t.organisation = $1 and t.sequence = any($2::bigint[]) order by t.sequence, e.line";

/// What people look for: usage, additions, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Settled or charged work, and work that was given back.
    Usage,
    /// Credits that came in, or went out again with their money.
    Addition,
    /// Everything else: holds, releases, expiries, freezes, limits, terms.
    Other,
}

impl Direction {
    /// The direction of a transaction.
    pub fn of(transaction: &Transaction) -> Direction {
        match &transaction.kind {
            TransactionKind::Settle { .. } | TransactionKind::Charge => Direction::Usage,
            TransactionKind::Reverse { .. } if transaction.usage().is_some() => Direction::Usage,
            TransactionKind::Grant { .. }
            | TransactionKind::Adjust { .. }
            | TransactionKind::Revoke { .. }
            | TransactionKind::Reverse { .. } => Direction::Addition,
            TransactionKind::Hold { .. }
            | TransactionKind::ExtendHold { .. }
            | TransactionKind::Release { .. }
            | TransactionKind::Expire { .. }
            | TransactionKind::Freeze { .. }
            | TransactionKind::Unfreeze { .. }
            | TransactionKind::SetBudget { .. }
            | TransactionKind::MoveBudget { .. }
            | TransactionKind::SetTerms { .. }
            | TransactionKind::SetPlan { .. } => Direction::Other,
        }
    }

    /// The name in the table.
    pub const fn code(self) -> &'static str {
        match self {
            Direction::Usage => "usage",
            Direction::Addition => "addition",
            Direction::Other => "other",
        }
    }

    /// The direction of that name.
    pub fn from_code(code: &str) -> Option<Direction> {
        [Direction::Usage, Direction::Addition, Direction::Other]
            .into_iter()
            .find(|direction| direction.code() == code)
    }
}

/// The row of a transaction.
pub fn transaction_cells(organisation: &OrganisationId, transaction: &Transaction) -> Cells {
    let attribution = &transaction.attribution;
    let counted_at = transaction.usage().map(|usage| usage.counted_at.micros());
    vec![
        organisation.as_str().into(),
        stored(transaction.sequence).into(),
        transaction.kind.code().into(),
        Direction::of(transaction).code().into(),
        transaction.key.as_str().into(),
        transaction.actor.to_string().into(),
        attribution.department.as_ref().map(DepartmentId::as_str).into(),
        attribution.member.as_ref().map(UserId::as_str).into(),
        attribution.key.as_ref().map(ApiKeyId::as_str).into(),
        attribution.operation.as_ref().map(Operation::as_str).into(),
        attribution.report.as_ref().map(ReportId::as_str).into(),
        attribution.quote.as_ref().map(QuoteId::as_str).into(),
        transaction.hold().map(|hold| hold.as_str()).into(),
        transaction.lot().map(|lot| lot.as_str()).into(),
        transaction.corrects.map(stored).into(),
        transaction.occurred_at.micros().into(),
        transaction.recorded_at.micros().into(),
        counted_at.into(),
        shown_amount(transaction).into(),
        transaction.available_after.micro().into(),
        json(&transaction.kind).into(),
        transaction.hash.0.as_slice().into(),
    ]
}

/// The rows of a transaction's lines.
pub fn entry_cells(organisation: &OrganisationId, transaction: &Transaction) -> Vec<Cells> {
    let lines = transaction.entries.iter().zip(1_i64..);
    lines
        .map(|(entry, line)| {
            vec![
                organisation.as_str().into(),
                stored(transaction.sequence).into(),
                line.into(),
                entry.account.to_string().into(),
                entry.amount.micro().into(),
            ]
        })
        .collect()
}

/// The row of a key.
pub fn key_cells(
    organisation: &OrganisationId,
    key: &IdempotencyKey,
    fingerprint: Hash,
    sequence: u64,
) -> Cells {
    vec![
        organisation.as_str().into(),
        key.as_str().into(),
        fingerprint.0.as_slice().into(),
        stored(sequence).into(),
    ]
}

/// What people are shown: negative for usage and for what was taken out, positive for additions and for
/// what was given back, 0 for what moves credits only inside.
pub fn shown_amount(transaction: &Transaction) -> i64 {
    match &transaction.kind {
        TransactionKind::Grant { lot, .. } => lot.amount.micro(),
        TransactionKind::Adjust { lot, .. } => {
            transaction.moved(&Account::Lot(lot.clone())).micro()
        }
        TransactionKind::Revoke { .. } => -transaction.moved(&Account::Revoked).micro(),
        _ => match transaction.usage() {
            Some(usage) => -usage.amount.micro(),
            None => -transaction.moved(&Account::Revoked).micro(),
        },
    }
}

/// A sequence number as the table has it. The journal would need 10^18 rows before it did not fit.
pub fn stored(sequence: u64) -> i64 {
    i64::try_from(sequence).expect("a journal has fewer than 2^63 transactions")
}

/// A ledger type as JSON text.
pub fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("ledger types have text keys and no failing parts")
}

/// One transaction with its entries.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    sequence: u64,
) -> Result<Option<Transaction>, StoreError> {
    let found = on!(db, read pool => grouped(sqlx::query(ONE).bind(organisation.as_str())
        .bind(stored(sequence)).fetch_all(pool).await?.iter()))?;
    Ok(found.into_iter().next())
}

/// The transactions with these sequences, in order, with their entries.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn several(
    db: &Db,
    organisation: &OrganisationId,
    sequences: impl IntoIterator<Item = u64>,
) -> Result<Vec<Transaction>, StoreError> {
    let sequences: Vec<i64> = sequences.into_iter().map(stored).collect();
    if sequences.is_empty() {
        return Ok(Vec::new());
    }
    match db {
        Db::Sqlite { reader, .. } => {
            let query = sqlx::query(SEVERAL_ON_SQLITE).bind(organisation.as_str());
            grouped(query.bind(json(&sequences)).fetch_all(reader).await?.iter())
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(SEVERAL_ON_POSTGRES).bind(organisation.as_str());
            grouped(query.bind(sequences).fetch_all(pool).await?.iter())
        }
    }
}

/// The transactions from one sequence up to, but not with, another, with their entries.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn range(
    db: &Db,
    organisation: &OrganisationId,
    from: u64,
    until: u64,
) -> Result<Vec<Transaction>, StoreError> {
    on!(db, read pool => grouped(sqlx::query(SOME).bind(organisation.as_str())
        .bind(stored(from)).bind(stored(until)).fetch_all(pool).await?.iter()))
}

/// Joins rows of transaction × entry, in order, into transactions.
fn grouped<'r, R: StoreRow + 'r>(
    rows: impl Iterator<Item = &'r R>,
) -> Result<Vec<Transaction>, StoreError> {
    let mut transactions: Vec<Transaction> = Vec::new();
    for row in rows {
        let sequence = sequence(row, "sequence")?;
        if transactions.last().is_none_or(|last| last.sequence != sequence) {
            transactions.push(transaction(row, sequence)?);
        }
        if let (Some(last), Some(entry)) = (transactions.last_mut(), entry(row)?) {
            last.entries.push(entry);
        }
    }
    Ok(transactions)
}

/// The transactions of these rows with the entries of those, both in the order of their keys.
///
/// # Errors
/// A row does not parse, or an entry belongs to none of the transactions.
pub fn parse(rows: &[Cells], entries: &[Cells]) -> Result<Vec<Transaction>, StoreError> {
    let mut transactions = Vec::with_capacity(rows.len());
    for cells in rows {
        let row = CellRow { table: &TRANSACTION, cells };
        transactions.push(transaction(&row, sequence(&row, "sequence")?)?);
    }
    for cells in entries {
        let row = CellRow { table: &ENTRY, cells };
        let of = sequence(&row, "sequence")?;
        let place = transactions.binary_search_by_key(&of, |transaction| transaction.sequence);
        let place = place.map_err(|_| {
            StoreError::corrupt("ledger_entry", of, "an entry without its transaction")
        })?;
        let account = row.parsed("ledger_entry", "account", Account::from_str)?;
        let amount = Credits::from_micro(row.integer("amount")?);
        transactions[place].entries.push(Entry { account, amount });
    }
    Ok(transactions)
}

fn entry(row: &impl StoreRow) -> Result<Option<Entry>, StoreError> {
    let account = row.parsed_or_none("ledger_entry", "entry_account", Account::from_str)?;
    let Some(account) = account else { return Ok(None) };
    Ok(Some(Entry { account, amount: Credits::from_micro(row.integer("entry_amount")?) }))
}

fn transaction(row: &impl StoreRow, sequence: u64) -> Result<Transaction, StoreError> {
    const TABLE: &str = "ledger_transaction";
    Ok(Transaction {
        sequence,
        kind: row.json(TABLE, "detail")?,
        key: row.parsed(TABLE, "key", IdempotencyKey::parse)?,
        actor: row.parsed(TABLE, "actor", Actor::from_str)?,
        attribution: attribution(row)?,
        occurred_at: row.time("occurred_at")?,
        recorded_at: row.time("recorded_at")?,
        corrects: row
            .integer_or_none("corrects")?
            .map(|_| self::sequence(row, "corrects"))
            .transpose()?,
        entries: Vec::new(),
        available_after: Credits::from_micro(row.integer("available_after")?),
        hash: hash(row, TABLE, "hash")?,
    })
}

/// Who and what a row of the journal was for.
pub(super) fn attribution(row: &impl StoreRow) -> Result<Attribution, StoreError> {
    const TABLE: &str = "ledger_transaction";
    Ok(Attribution {
        department: row.parsed_or_none(TABLE, "department", DepartmentId::parse)?,
        member: row.parsed_or_none(TABLE, "member", UserId::parse)?,
        key: row.parsed_or_none(TABLE, "api_key", ApiKeyId::parse)?,
        operation: row.parsed_or_none(TABLE, "operation", Operation::parse)?,
        report: row.parsed_or_none(TABLE, "report", ReportId::parse)?,
        quote: row.parsed_or_none(TABLE, "quote", QuoteId::parse)?,
    })
}

/// A column that holds a sequence number.
pub(super) fn sequence(row: &impl StoreRow, column: &'static str) -> Result<u64, StoreError> {
    let number = row.integer(column)?;
    u64::try_from(number).map_err(|_| {
        StoreError::corrupt("ledger", format!("{column} = {number}"), "a sequence is not negative")
    })
}

/// A column that holds a SHA-256 hash.
pub(super) fn hash(
    row: &impl StoreRow,
    table: &'static str,
    column: &'static str,
) -> Result<Hash, StoreError> {
    let bytes = row.bytes(column)?;
    <[u8; 32]>::try_from(bytes.as_slice())
        .map(Hash)
        .map_err(|_| StoreError::corrupt(table, hex::encode(&bytes), "a hash has 32 bytes"))
}
