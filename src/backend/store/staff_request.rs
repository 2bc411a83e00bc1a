//! Grants and corrections that staff make, each written down before the ledger is asked: so that what was
//! cut short is finished, and what needs a second person waits for one.

use std::fmt;
use std::str::FromStr;

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{LotId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::ledger::{Credits, Operation, Source};
use crate::on;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new lot.
    Grant {
        /// The id that it will have.
        lot: LotId,
        /// Why it exists.
        source: Source,
        /// How much.
        amount: Credits,
        /// From when on it may be spent; none for at once.
        effective_at: Option<Timestamp>,
        /// When what is left of it lapses; none for never.
        expires_at: Option<Timestamp>,
        /// The only operations it may be spent on; none for all.
        operations: Option<Vec<Operation>>,
    },
    /// A correction of a lot.
    Adjust {
        /// The lot.
        lot: LotId,
        /// By how much, up or down.
        change: Credits,
    },
}

impl Change {
    /// The lot that is made or corrected.
    pub const fn lot(&self) -> &LotId {
        match self {
            Change::Grant { lot, .. } | Change::Adjust { lot, .. } => lot,
        }
    }

    /// What it changes the lot by.
    pub const fn amount(&self) -> Credits {
        match self {
            Change::Grant { amount, .. } => *amount,
            Change::Adjust { change, .. } => *change,
        }
    }

    /// Whether it asks for the same, apart from the id of a lot to be made.
    pub fn is_like(&self, other: &Change) -> bool {
        let mut same_lot = other.clone();
        if let (Change::Grant { lot, .. }, Change::Grant { lot: other_lot, .. }) =
            (self, &mut same_lot)
        {
            other_lot.clone_from(lot);
        }
        *self == same_lot
    }
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// A second person has to say yes.
    Waiting,
    /// It may be booked, and is not yet.
    Approved,
    /// The ledger has it.
    Booked,
    /// The ledger said no.
    Refused,
    /// A second person said no.
    Declined,
    /// Who asked took it back.
    Withdrawn,
}

impl RequestState {
    const ALL: [RequestState; 6] = [
        RequestState::Waiting,
        RequestState::Approved,
        RequestState::Booked,
        RequestState::Refused,
        RequestState::Declined,
        RequestState::Withdrawn,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            RequestState::Waiting => "waiting",
            RequestState::Approved => "approved",
            RequestState::Booked => "booked",
            RequestState::Refused => "refused",
            RequestState::Declined => "declined",
            RequestState::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for RequestState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = RequestState::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or("no state of a request")
    }
}

/// A grant or correction that someone of the staff asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRequest {
    /// Its id.
    pub id: String,
    /// The key of the form that made it.
    pub form_key: String,
    /// Whose credits.
    pub organisation: OrganisationId,
    /// What is asked for.
    pub change: Change,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub asked_by: UserId,
    /// When.
    pub asked_at: Timestamp,
    /// Until when a second person may say yes.
    pub lapses_at: Timestamp,
    /// How far it has come.
    pub state: RequestState,
    /// Who said yes or no.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The ledger's transaction.
    pub sequence: Option<u64>,
    /// Why the ledger said no.
    pub problem: Option<String>,
}

/// A request with the names that people know things by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRequest {
    /// The request.
    pub request: StaffRequest,
    /// The organisation's name.
    pub organisation_name: String,
    /// Who asked.
    pub asked_by_name: String,
    /// Who decided.
    pub decided_by_name: Option<String>,
}

macro_rules! named {
    ($condition:literal) => {
        concat!(
            "select r.*, o.name as organisation_name, a.name as asked_by_name, ",
            "d.name as decided_by_name from staff_request r ",
            "left join organisation o on o.id = r.organisation ",
            "left join user_account a on a.id = r.asked_by ",
            "left join user_account d on d.id = r.decided_by where ",
            $condition
        )
    };
}

const INSERT_ONCE: &str = "insert into staff_request (id, form_key, organisation, kind, lot, source, \
     amount, effective_at, expires_at, operations, reason, asked_by, asked_at, lapses_at, state) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
     on conflict (form_key) do nothing";
const BY_FORM: &str = "select * from staff_request where form_key = $1";
const BY_ID: &str = "select * from staff_request where id = $1";
const WAITING: &str =
    named!("r.state = 'waiting' and r.lapses_at > $1 order by r.asked_at limit $2");
const DECIDED: &str = named!(
    "(r.state in ('approved', 'booked', 'refused') and r.decided_by is not null \
     or r.state in ('declined', 'withdrawn') or (r.state = 'waiting' and r.lapses_at <= $1)) \
     order by r.asked_at desc, r.id desc limit $2"
);
const COUNT_WAITING: &str = "select count(*) as count from staff_request \
     where state = 'waiting' and lapses_at > $1";
const APPROVE: &str = "update staff_request set state = 'approved', decided_by = $2, decided_at = $3 \
     where id = $1 and state = 'waiting' and lapses_at > $3 and asked_by <> $2";
const END: &str = "update staff_request set state = $2, decided_by = $3, decided_at = $4 \
     where id = $1 and state = 'waiting' and lapses_at > $4";
const BOOKED: &str = "update staff_request set state = 'booked', sequence = $2, \
     before_available = $3, available = $4, problem = null \
     where id = $1 and state in ('approved', 'refused')";
const REFUSED: &str =
    "update staff_request set state = 'refused', problem = $2 where id = $1 and state = 'approved'";
const UNBOOKED: &str = "select * from staff_request where state = 'approved' \
     and coalesce(decided_at, asked_at) <= $1 order by asked_at limit 1";
const GIVEN_SINCE: &str = "select cast(coalesce(sum(abs(amount)), 0) as bigint) as given \
     from staff_request where organisation = $1 and asked_by = $2 and asked_at > $3 \
     and state in ('approved', 'booked') and decided_by is null";

/// Writes a request; `false` when its form has made one already.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, request: &StaffRequest) -> Result<bool, StoreError> {
    let (kind, source, from, until, operations) = match &request.change {
        Change::Grant { source, effective_at, expires_at, operations, .. } => {
            ("grant", Some(source.code()), *effective_at, *expires_at, operations.as_ref())
        }
        Change::Adjust { .. } => ("adjust", None, None, None, None),
    };
    let operations = operations.map(super::journal::json);
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(&request.id).bind(&request.form_key).bind(request.organisation.as_str())
        .bind(kind).bind(request.change.lot().as_str()).bind(source)
        .bind(request.change.amount().micro()).bind(from.map(Timestamp::micros))
        .bind(until.map(Timestamp::micros)).bind(operations)
        .bind(&request.reason).bind(request.asked_by.as_str()).bind(request.asked_at.0)
        .bind(request.lapses_at.0).bind(request.state.as_str())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The request that this form made.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn by_form(db: &Db, form_key: &str) -> Result<Option<StaffRequest>, StoreError> {
    on!(db, write pool => sqlx::query(BY_FORM).bind(form_key)
        .fetch_optional(pool).await?.map(|row| request(&row)).transpose())
}

/// The request with this id.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, id: &str) -> Result<Option<StaffRequest>, StoreError> {
    on!(db, write pool => sqlx::query(BY_ID).bind(id)
        .fetch_optional(pool).await?.map(|row| request(&row)).transpose())
}

/// Requests that wait for a second person at `now`, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn waiting(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<NamedRequest>, StoreError> {
    on!(db, read pool => sqlx::query(WAITING).bind(now.0).bind(limit)
        .fetch_all(pool).await?.iter().map(named).collect())
}

/// Requests that waited for a second person and no longer do, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn decided(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<NamedRequest>, StoreError> {
    on!(db, read pool => sqlx::query(DECIDED).bind(now.0).bind(limit)
        .fetch_all(pool).await?.iter().map(named).collect())
}

/// How many requests wait for a second person at `now`.
///
/// # Errors
/// The database failed.
pub async fn count_waiting(db: &Db, now: Timestamp) -> Result<i64, StoreError> {
    on!(db, read pool => sqlx::query(COUNT_WAITING).bind(now.0)
        .fetch_one(pool).await?.integer("count"))
}

/// A second person says yes; `false` where it does not wait any more, or they asked themselves.
///
/// # Errors
/// The database failed.
pub async fn approve(db: &Db, id: &str, by: &UserId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(APPROVE).bind(id).bind(by.as_str()).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Ends a request without booking it; `false` where it does not wait any more.
///
/// # Errors
/// The database failed.
pub async fn end(
    db: &Db,
    id: &str,
    state: RequestState,
    by: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(END).bind(id).bind(state.as_str())
        .bind(by.as_str()).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Writes down the ledger's transaction, and what could be spent before and after it.
///
/// # Errors
/// The database failed.
pub async fn booked(
    db: &Db,
    id: &str,
    sequence: u64,
    before: Credits,
    after: Credits,
) -> Result<(), StoreError> {
    let sequence = super::journal::stored(sequence);
    on!(db, write pool => sqlx::query(BOOKED).bind(id).bind(sequence)
        .bind(before.micro()).bind(after.micro()).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes down why the ledger said no.
///
/// # Errors
/// The database failed.
pub async fn refused(db: &Db, id: &str, problem: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(REFUSED).bind(id).bind(problem)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// A request that may be booked since `before` or longer and is not.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn unbooked(db: &Db, before: Timestamp) -> Result<Option<StaffRequest>, StoreError> {
    on!(db, write pool => sqlx::query(UNBOOKED).bind(before.0)
        .fetch_optional(pool).await?.map(|row| request(&row)).transpose())
}

/// What one person has changed at this organisation since then, up and down together, without a second.
///
/// # Errors
/// The database failed.
pub async fn given_since(
    db: &Db,
    organisation: &OrganisationId,
    staff: &UserId,
    since: Timestamp,
) -> Result<Credits, StoreError> {
    let given = on!(db, write pool => sqlx::query(GIVEN_SINCE).bind(organisation.as_str())
        .bind(staff.as_str()).bind(since.0).fetch_one(pool).await?.integer("given"))?;
    Ok(Credits::from_micro(given))
}

fn named(row: &impl StoreRow) -> Result<NamedRequest, StoreError> {
    let request = request(row)?;
    Ok(NamedRequest {
        organisation_name: row
            .text_or_none("organisation_name")?
            .unwrap_or_else(|| request.organisation.to_string()),
        asked_by_name: row
            .text_or_none("asked_by_name")?
            .unwrap_or_else(|| request.asked_by.to_string()),
        decided_by_name: row.text_or_none("decided_by_name")?,
        request,
    })
}

fn request(row: &impl StoreRow) -> Result<StaffRequest, StoreError> {
    const TABLE: &str = "staff_request";
    let sequence = row.integer_or_none("sequence")?;
    Ok(StaffRequest {
        id: row.text("id")?,
        form_key: row.text("form_key")?,
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        change: change(row)?,
        reason: row.text("reason")?,
        asked_by: row.parsed(TABLE, "asked_by", UserId::parse)?,
        asked_at: row.time("asked_at")?,
        lapses_at: row.time("lapses_at")?,
        state: row.parsed(TABLE, "state", str::parse)?,
        decided_by: row.parsed_or_none(TABLE, "decided_by", UserId::parse)?,
        decided_at: row.time_or_none("decided_at")?,
        sequence: sequence.and_then(|sequence| u64::try_from(sequence).ok()),
        problem: row.text_or_none("problem")?,
    })
}

fn change(row: &impl StoreRow) -> Result<Change, StoreError> {
    const TABLE: &str = "staff_request";
    let lot = row.parsed(TABLE, "lot", LotId::parse)?;
    let amount = Credits::from_micro(row.integer("amount")?);
    match row.text("kind")?.as_str() {
        "grant" => Ok(Change::Grant {
            lot,
            source: row.parsed(TABLE, "source", str::parse::<Source>)?,
            amount,
            effective_at: row.time_or_none("effective_at")?,
            expires_at: row.time_or_none("expires_at")?,
            operations: row
                .parsed_or_none(TABLE, "operations", |text| serde_json::from_str(text))?,
        }),
        "adjust" => Ok(Change::Adjust { lot, change: amount }),
        kind => Err(StoreError::corrupt(TABLE, kind, "a kind of request")),
    }
}
