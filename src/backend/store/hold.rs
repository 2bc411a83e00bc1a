//! Holds as they stand. Rebuilt from the journal.

use super::journal::{self, json, stored};
use super::table::{Cells, Kind, OnConflict, Table};
use super::{Db, StoreError, StoreRow};

use crate::ledger::{Credits, Draw, Hold, HoldId, HoldState, OrganisationId, OverSettle};
use crate::on;
use serde::{Deserialize, Serialize};

/// One row a hold.
pub static HOLD: Table = Table {
    name: "ledger_hold",
    columns: &[
        ("organisation", Kind::Text),
        ("id", Kind::Text),
        ("state", Kind::Text),
        ("amount", Kind::Integer),
        ("settled", Kind::Integer),
        ("deadline", Kind::Integer),
        ("made_by", Kind::Integer),
        ("closed_by", Kind::Integer),
        ("terms", Kind::Text),
    ],
    key: 2,
    on_conflict: OnConflict::Replace,
};

/// The same rows where they are known to be new: one that is there already is an error.
pub static NEW_HOLD: Table = Table { on_conflict: OnConflict::Fail, ..HOLD };

const OPEN: &str = "select h.*, t.recorded_at as made_at, t.department, t.member, t.api_key, \
     t.operation, t.report, t.quote from ledger_hold h left join ledger_transaction t \
     on t.organisation = h.organisation and t.sequence = h.made_by \
     where h.organisation = $1 and h.state = 'open' order by h.id";
const ONE: &str = "select h.*, t.recorded_at as made_at, t.department, t.member, t.api_key, \
     t.operation, t.report, t.quote from ledger_hold h left join ledger_transaction t \
     on t.organisation = h.organisation and t.sequence = h.made_by \
     where h.organisation = $1 and h.id = $2";
const SOME_ON_SQLITE: &str = "select h.*, t.recorded_at as made_at, t.department, t.member, \
     t.api_key, t.operation, t.report, t.quote from ledger_hold h left join ledger_transaction t \
     on t.organisation = h.organisation and t.sequence = h.made_by \
     where h.organisation = $1 and h.id in (select value from json_each($2))";
const SOME_ON_POSTGRES: &str = "select h.*, t.recorded_at as made_at, t.department, t.member, \
     t.api_key, t.operation, t.report, t.quote from ledger_hold h left join ledger_transaction t \
     on t.organisation = h.organisation and t.sequence = h.made_by \
     where h.organisation = $1 and h.id = any($2::text[])";

/// What neither the columns nor the transaction that made the hold say.
#[derive(Serialize)]
struct Terms<'a> {
    draws: &'a [Draw],
    over_settle: OverSettle,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a HoldState>,
}

/// The same, read back.
#[derive(Deserialize)]
struct ReadTerms {
    draws: Vec<Draw>,
    over_settle: OverSettle,
    state: Option<HoldState>,
}

/// The row of a hold.
pub fn hold_cells(organisation: &OrganisationId, hold: &Hold) -> Cells {
    let (state, settled, closed_by) = match &hold.state {
        HoldState::Open => ("open", Credits::ZERO, None),
        HoldState::Settled { amount, transaction, .. } => ("settled", *amount, Some(*transaction)),
        HoldState::Released { transaction, .. } => ("released", Credits::ZERO, Some(*transaction)),
    };
    let terms = Terms {
        draws: &hold.draws,
        over_settle: hold.over_settle,
        state: Some(&hold.state).filter(|_| !hold.is_open()),
    };
    vec![
        organisation.as_str().into(),
        hold.id.as_str().into(),
        state.into(),
        hold.amount.micro().into(),
        settled.micro().into(),
        hold.deadline.micros().into(),
        stored(hold.made_by).into(),
        closed_by.map(stored).into(),
        json(&terms).into(),
    ]
}

/// The holds that still stand, the oldest id first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(db: &Db, organisation: &OrganisationId) -> Result<Vec<Hold>, StoreError> {
    on!(db, read pool => sqlx::query(OPEN).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(hold).collect())
}

/// The hold with this id, open or closed.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &HoldId,
) -> Result<Option<Hold>, StoreError> {
    on!(db, read pool => sqlx::query(ONE).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| hold(&row)).transpose())
}

/// Those holds of these ids that there are, in no order.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn some(
    db: &Db,
    organisation: &OrganisationId,
    ids: Vec<String>,
) -> Result<Vec<Hold>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    match db {
        Db::Sqlite { reader, .. } => {
            let query = sqlx::query(SOME_ON_SQLITE).bind(organisation.as_str()).bind(json(&ids));
            query.fetch_all(reader).await?.iter().map(hold).collect()
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(SOME_ON_POSTGRES).bind(organisation.as_str()).bind(ids);
            query.fetch_all(pool).await?.iter().map(hold).collect()
        }
    }
}

fn hold(row: &impl StoreRow) -> Result<Hold, StoreError> {
    let terms: ReadTerms = row.json("ledger_hold", "terms")?;
    Ok(Hold {
        id: row.parsed("ledger_hold", "id", HoldId::parse)?,
        amount: Credits::from_micro(row.integer("amount")?),
        draws: terms.draws,
        made_at: row.time("made_at")?,
        deadline: row.time("deadline")?,
        attribution: journal::attribution(row)?,
        over_settle: terms.over_settle,
        made_by: journal::sequence(row, "made_by")?,
        state: terms.state.unwrap_or(HoldState::Open),
    })
}
