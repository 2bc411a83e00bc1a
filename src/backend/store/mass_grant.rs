//! Mass grants: a file of grants with every line of it, checked before anything is booked.

use std::fmt;
use std::str::FromStr;

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{LotId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::ledger::{Credits, Source};
use crate::on;

/// How far a mass grant has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MassGrantState {
    /// Its lines were looked at, and nothing is booked.
    Checked,
    /// A second person has to say yes.
    Waiting,
    /// Its lines are being booked.
    Running,
    /// Every line has had its turn.
    Done,
    /// Nothing of it will be booked.
    Dropped,
}

impl MassGrantState {
    const ALL: [MassGrantState; 5] = [
        MassGrantState::Checked,
        MassGrantState::Waiting,
        MassGrantState::Running,
        MassGrantState::Done,
        MassGrantState::Dropped,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            MassGrantState::Checked => "checked",
            MassGrantState::Waiting => "waiting",
            MassGrantState::Running => "running",
            MassGrantState::Done => "done",
            MassGrantState::Dropped => "dropped",
        }
    }
}

impl fmt::Display for MassGrantState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for MassGrantState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = MassGrantState::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or("no state of a mass grant")
    }
}

/// A file of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MassGrant {
    /// The digest of the file, as hexadecimal digits: its name here.
    pub digest: String,
    /// The file's own name.
    pub name: String,
    /// Who brought it.
    pub uploaded_by: UserId,
    /// When.
    pub uploaded_at: Timestamp,
    /// How many lines it has.
    pub lines: i64,
    /// How many of them are wrong.
    pub wrong: i64,
    /// What the others come to.
    pub total: Credits,
    /// How far it has come.
    pub state: MassGrantState,
    /// Who said that it be booked.
    pub confirmed_by: Option<UserId>,
    /// When.
    pub confirmed_at: Option<Timestamp>,
    /// The second person.
    pub decided_by: Option<UserId>,
}

/// A line of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MassGrantLine {
    /// Its number in the file, from 1.
    pub line: i64,
    /// What the file says.
    pub written: String,
    /// What it means; none where it is wrong.
    pub grant: Option<LineGrant>,
    /// The ledger's transaction, once it is booked.
    pub sequence: Option<i64>,
    /// What is wrong with it, or why the ledger said no.
    pub problem: Option<String>,
    /// What would cure that.
    pub cure: Option<String>,
}

/// The grant that a line stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineGrant {
    /// Whose.
    pub organisation: OrganisationId,
    /// The id that the lot will have.
    pub lot: LotId,
    /// Why it exists.
    pub source: Source,
    /// How much.
    pub amount: Credits,
    /// When what is left of it lapses.
    pub expires_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// What could be spent after it and the lines before it, as things stood when it was checked.
    pub available: Credits,
}

/// An organisation that a line may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// Its zone.
    pub time_zone: String,
    /// What it may spend.
    pub available: Credits,
    /// What it owes.
    pub debt: Credits,
}

const UPSERT: &str = "insert into mass_grant (digest, name, uploaded_by, uploaded_at, lines, wrong, \
     total, state) values ($1, $2, $3, $4, $5, $6, $7, 'checked') on conflict (digest) do update set \
     name = excluded.name, uploaded_by = excluded.uploaded_by, uploaded_at = excluded.uploaded_at, \
     lines = excluded.lines, wrong = excluded.wrong, total = excluded.total, state = 'checked' \
     where mass_grant.state in ('checked', 'dropped')";
const FORGET_LINES: &str = "delete from mass_grant_line where digest = $1";
const INSERT_LINE: &str = "insert into mass_grant_line (digest, line, written, organisation, lot, \
     source, amount, expires_at, reason, available, state, problem, cure) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'checked', $11, $12)";
const FIND: &str = "select * from mass_grant where digest = $1";
const LIST: &str = "select * from mass_grant order by uploaded_at desc, digest desc limit $1";
const LINES: &str = "select * from mass_grant_line where digest = $1 order by line";
const MOVE: &str = "update mass_grant set state = $2, confirmed_by = coalesce(confirmed_by, $3), \
     confirmed_at = coalesce(confirmed_at, $4) where digest = $1 and state = 'checked' and wrong = 0";
const APPROVE: &str = "update mass_grant set state = 'running', decided_by = $2, decided_at = $3 \
     where digest = $1 and state = 'waiting' and confirmed_by <> $2";
const DROP: &str = "update mass_grant set state = 'dropped', confirmed_by = null, \
     confirmed_at = null where digest = $1 and state in ('checked', 'waiting')";
const RUNNING: &str =
    "select * from mass_grant where state = 'running' order by uploaded_at limit 1";
const UNBOOKED: &str = "select * from mass_grant_line where digest = $1 and state = 'checked' \
     order by line limit $2";
const BOOKED: &str = "update mass_grant_line set state = 'booked', sequence = $3 \
     where digest = $1 and line = $2 and state = 'checked'";
const REFUSED: &str = "update mass_grant_line set state = 'refused', problem = $3, cure = $4 \
     where digest = $1 and line = $2 and state = 'checked'";
const DONE: &str =
    "update mass_grant set state = 'done', done_at = $2 where digest = $1 and state = 'running'";
const NAMED_ON_SQLITE: &str = "select o.id, o.name, o.time_zone, coalesce(h.available, 0) as available, \
     coalesce(h.debt, 0) as debt from organisation o \
     left join ledger_head h on h.organisation = o.id \
     where o.id in (select value from json_each($1)) or o.name in (select value from json_each($1))";
const NAMED_ON_POSTGRES: &str = "select o.id, o.name, o.time_zone, \
     coalesce(h.available, 0) as available, coalesce(h.debt, 0) as debt from organisation o \
     left join ledger_head h on h.organisation = o.id \
     where o.id = any($1::text[]) or o.name = any($1::text[])";

/// Writes a file down with its lines, in the place of what was checked of the same file before; `false`
/// where that is being booked or was.
///
/// # Errors
/// The database failed.
pub async fn write(db: &Db, file: &MassGrant, lines: &[MassGrantLine]) -> Result<bool, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let written = sqlx::query(UPSERT).bind(&file.digest).bind(&file.name)
            .bind(file.uploaded_by.as_str()).bind(file.uploaded_at.0).bind(file.lines)
            .bind(file.wrong).bind(file.total.micro()).execute(&mut *transaction).await?;
        if written.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(FORGET_LINES).bind(&file.digest).execute(&mut *transaction).await?;
        for line in lines {
            let grant = line.grant.as_ref();
            sqlx::query(INSERT_LINE).bind(&file.digest).bind(line.line).bind(&line.written)
                .bind(grant.map(|grant| grant.organisation.as_str()))
                .bind(grant.map(|grant| grant.lot.as_str()))
                .bind(grant.map(|grant| grant.source.code()))
                .bind(grant.map(|grant| grant.amount.micro()))
                .bind(grant.and_then(|grant| grant.expires_at).map(Timestamp::micros))
                .bind(grant.map(|grant| grant.reason.as_str()))
                .bind(grant.map(|grant| grant.available.micro()))
                .bind(line.problem.as_deref()).bind(line.cure.as_deref())
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    })
}

/// The file of this digest.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, digest: &str) -> Result<Option<MassGrant>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(digest)
        .fetch_optional(pool).await?.map(|row| mass_grant(&row)).transpose())
}

/// The files, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(db: &Db, limit: i64) -> Result<Vec<MassGrant>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).bind(limit)
        .fetch_all(pool).await?.iter().map(mass_grant).collect())
}

/// Every line of a file.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn lines(db: &Db, digest: &str) -> Result<Vec<MassGrantLine>, StoreError> {
    on!(db, write pool => sqlx::query(LINES).bind(digest)
        .fetch_all(pool).await?.iter().map(line).collect())
}

/// Says that a file without a wrong line be booked, or wait for a second person; `false` where it stood
/// elsewhere.
///
/// # Errors
/// The database failed.
pub async fn confirm(
    db: &Db,
    digest: &str,
    to: MassGrantState,
    by: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(MOVE).bind(digest).bind(to.as_str())
        .bind(by.as_str()).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// A second person says yes; `false` where it does not wait, or they confirmed it themselves.
///
/// # Errors
/// The database failed.
pub async fn approve(
    db: &Db,
    digest: &str,
    by: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(APPROVE).bind(digest).bind(by.as_str()).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Nothing of it shall be booked; `false` where it is being booked or was.
///
/// # Errors
/// The database failed.
pub async fn drop_file(db: &Db, digest: &str) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(DROP).bind(digest)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The file that is to be booked first.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn running(db: &Db) -> Result<Option<MassGrant>, StoreError> {
    on!(db, write pool => sqlx::query(RUNNING)
        .fetch_optional(pool).await?.map(|row| mass_grant(&row)).transpose())
}

/// Lines of a file that have not had their turn.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn unbooked(db: &Db, digest: &str, limit: i64) -> Result<Vec<MassGrantLine>, StoreError> {
    on!(db, write pool => sqlx::query(UNBOOKED).bind(digest).bind(limit)
        .fetch_all(pool).await?.iter().map(line).collect())
}

/// Writes down the ledger's transaction of a line.
///
/// # Errors
/// The database failed.
pub async fn booked(db: &Db, digest: &str, line: i64, sequence: u64) -> Result<(), StoreError> {
    let sequence = super::journal::stored(sequence);
    on!(db, write pool => sqlx::query(BOOKED).bind(digest).bind(line).bind(sequence)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes down why the ledger said no to a line.
///
/// # Errors
/// The database failed.
pub async fn refused(
    db: &Db,
    digest: &str,
    line: i64,
    problem: &str,
    cure: &str,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(REFUSED).bind(digest).bind(line).bind(problem).bind(cure)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Every line has had its turn; `false` where that is known already.
///
/// # Errors
/// The database failed.
pub async fn done(db: &Db, digest: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(DONE).bind(digest).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The organisations whose id or whose whole name is among these texts.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn candidates(db: &Db, texts: Vec<String>) -> Result<Vec<Candidate>, StoreError> {
    match db {
        Db::Sqlite { reader, .. } => {
            let query = sqlx::query(NAMED_ON_SQLITE).bind(super::journal::json(&texts));
            query.fetch_all(reader).await?.iter().map(candidate).collect()
        }
        Db::Postgres(pool) => {
            let query = sqlx::query(NAMED_ON_POSTGRES).bind(texts);
            query.fetch_all(pool).await?.iter().map(candidate).collect()
        }
    }
}

fn candidate(row: &impl StoreRow) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        id: row.parsed("organisation", "id", OrganisationId::parse)?,
        name: row.text("name")?,
        time_zone: row.text("time_zone")?,
        available: Credits::from_micro(row.integer("available")?),
        debt: Credits::from_micro(row.integer("debt")?),
    })
}

fn mass_grant(row: &impl StoreRow) -> Result<MassGrant, StoreError> {
    const TABLE: &str = "mass_grant";
    Ok(MassGrant {
        digest: row.text("digest")?,
        name: row.text("name")?,
        uploaded_by: row.parsed(TABLE, "uploaded_by", UserId::parse)?,
        uploaded_at: row.time("uploaded_at")?,
        lines: row.integer("lines")?,
        wrong: row.integer("wrong")?,
        total: Credits::from_micro(row.integer("total")?),
        state: row.parsed(TABLE, "state", str::parse)?,
        confirmed_by: row.parsed_or_none(TABLE, "confirmed_by", UserId::parse)?,
        confirmed_at: row.time_or_none("confirmed_at")?,
        decided_by: row.parsed_or_none(TABLE, "decided_by", UserId::parse)?,
    })
}

fn line(row: &impl StoreRow) -> Result<MassGrantLine, StoreError> {
    Ok(MassGrantLine {
        line: row.integer("line")?,
        written: row.text("written")?,
        grant: line_grant(row)?,
        sequence: row.integer_or_none("sequence")?,
        problem: row.text_or_none("problem")?,
        cure: row.text_or_none("cure")?,
    })
}

fn line_grant(row: &impl StoreRow) -> Result<Option<LineGrant>, StoreError> {
    const TABLE: &str = "mass_grant_line";
    let Some(organisation) = row.parsed_or_none(TABLE, "organisation", OrganisationId::parse)?
    else {
        return Ok(None);
    };
    Ok(Some(LineGrant {
        organisation,
        lot: row.parsed(TABLE, "lot", LotId::parse)?,
        source: row.parsed(TABLE, "source", str::parse)?,
        amount: Credits::from_micro(row.integer("amount")?),
        expires_at: row.time_or_none("expires_at")?,
        reason: row.text("reason")?,
        available: Credits::from_micro(row.integer("available")?),
    }))
}
