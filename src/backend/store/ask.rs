//! What members ask their admins for.

use super::{Db, StoreError, StoreRow};
use crate::ledger::Credits;
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::asks::{AskAbout, AskState};
use crate::on;

/// One ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whose admins are asked.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: String,
    /// The key of the form that made it.
    pub form_key: String,
    /// Who asks.
    pub member: UserId,
    /// About what.
    pub about: AskAbout,
    /// How much, where they said so.
    pub amount: Option<Credits>,
    /// What they say.
    pub message: String,
    /// What the ledger said then.
    pub facts: Option<String>,
    /// When.
    pub asked_at: Timestamp,
    /// How far it has come.
    pub state: AskState,
    /// Who answered, when, and what they said.
    pub answer: Option<(UserId, Timestamp, String)>,
}

/// An ask with the names of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAsk {
    /// The ask.
    pub ask: Ask,
    /// Who asked.
    pub member_name: String,
    /// Who answered.
    pub answered_by_name: Option<String>,
}

macro_rules! named {
    ($condition:literal) => {
        concat!(
            "select a.*, m.name as member_name, b.name as answered_by_name from ask a ",
            "left join user_account m on m.id = a.member ",
            "left join user_account b on b.id = a.answered_by where a.organisation = $1 and ",
            $condition
        )
    };
}

const INSERT_ONCE: &str = "insert into ask (organisation, id, form_key, member, about, amount, message, \
     facts, asked_at, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open') \
     on conflict (organisation, member, form_key) do nothing";
const ONE: &str = named!("a.id = $2");
const OF_MEMBER: &str = named!("a.member = $2 order by a.asked_at desc, a.id desc limit $3");
const OPEN: &str = named!("a.state = 'open' order by a.asked_at, a.id limit $2");
const ANSWERED: &str = named!("a.state <> 'open' order by a.answered_at desc, a.id desc limit $2");
const COUNT_OPEN: &str = "select count(*) as count from ask \
     where organisation = $1 and member = $2 and state = 'open'";
const ANSWER: &str = "update ask set state = $3, answered_by = $4, answered_at = $5, answer = $6 \
     where organisation = $1 and id = $2 and state = 'open'";

/// Writes an ask; `false` when its form has made one already.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, ask: &Ask) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(ask.organisation.as_str()).bind(&ask.id).bind(&ask.form_key)
        .bind(ask.member.as_str()).bind(ask.about.as_str())
        .bind(ask.amount.map(Credits::micro)).bind(&ask.message).bind(ask.facts.as_deref())
        .bind(ask.asked_at.0).execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// One ask of the organisation.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
) -> Result<Option<NamedAsk>, StoreError> {
    on!(db, write pool => sqlx::query(ONE).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| named(&row)).transpose())
}

/// The newest of one person.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_member(
    db: &Db,
    organisation: &OrganisationId,
    member: &UserId,
    limit: i64,
) -> Result<Vec<NamedAsk>, StoreError> {
    on!(db, read pool => sqlx::query(OF_MEMBER).bind(organisation.as_str())
        .bind(member.as_str()).bind(limit).fetch_all(pool).await?.iter().map(named).collect())
}

/// Those that wait, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(
    db: &Db,
    organisation: &OrganisationId,
    limit: i64,
) -> Result<Vec<NamedAsk>, StoreError> {
    on!(db, read pool => sqlx::query(OPEN).bind(organisation.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(named).collect())
}

/// Those that were answered, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn answered(
    db: &Db,
    organisation: &OrganisationId,
    limit: i64,
) -> Result<Vec<NamedAsk>, StoreError> {
    on!(db, read pool => sqlx::query(ANSWERED).bind(organisation.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(named).collect())
}

/// How many of one person wait.
///
/// # Errors
/// The database failed.
pub async fn count_open(
    db: &Db,
    organisation: &OrganisationId,
    member: &UserId,
) -> Result<i64, StoreError> {
    on!(db, write pool => sqlx::query(COUNT_OPEN).bind(organisation.as_str())
        .bind(member.as_str()).fetch_one(pool).await?.integer("count"))
}

/// Answers one that waits; `false` where it does not wait any more.
///
/// # Errors
/// The database failed.
pub async fn answer(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
    state: AskState,
    answer: (&UserId, Timestamp, &str),
) -> Result<bool, StoreError> {
    let (by, at, text) = answer;
    Ok(on!(db, write pool => sqlx::query(ANSWER).bind(organisation.as_str()).bind(id)
        .bind(state.as_str()).bind(by.as_str()).bind(at.0).bind(text)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

fn named(row: &impl StoreRow) -> Result<NamedAsk, StoreError> {
    const TABLE: &str = "ask";
    let answered_by = row.parsed_or_none(TABLE, "answered_by", UserId::parse)?;
    let answer = match (answered_by, row.time_or_none("answered_at")?) {
        (Some(by), Some(at)) => Some((by, at, row.text_or_none("answer")?.unwrap_or_default())),
        _ => None,
    };
    let member = row.parsed(TABLE, "member", UserId::parse)?;
    Ok(NamedAsk {
        member_name: row.text_or_none("member_name")?.unwrap_or_else(|| member.to_string()),
        answered_by_name: row.text_or_none("answered_by_name")?,
        ask: Ask {
            organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
            id: row.text("id")?,
            form_key: row.text("form_key")?,
            member,
            about: row.parsed(TABLE, "about", str::parse)?,
            amount: row.integer_or_none("amount")?.map(Credits::from_micro),
            message: row.text("message")?,
            facts: row.text_or_none("facts")?,
            asked_at: row.time("asked_at")?,
            state: row.parsed(TABLE, "state", str::parse)?,
            answer,
        },
    })
}
