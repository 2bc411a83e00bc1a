//! Quotes that were given, with what they were asked and how they came about; and what became of them.

use std::collections::BTreeMap;

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::catalogue::rate::{InputValue, RateLine};
use crate::catalogue::{AtZero, RateQuote};
use crate::ledger::id::{OrganisationId, QuoteId};
use crate::ledger::time::Timestamp;
use crate::ledger::{Actor, Credits, OverSettle};
use crate::on;

/// A quote as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptQuote {
    /// Whose.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: QuoteId,
    /// Who asked.
    pub asked_by: Actor,
    /// What was asked for.
    pub inputs: BTreeMap<String, InputValue>,
    /// What was answered.
    pub quote: RateQuote,
    /// The version of the catalogue that priced it.
    pub catalogue: i64,
    /// When.
    pub created_at: Timestamp,
    /// The first instant at which it no longer binds.
    pub expires_at: Timestamp,
}

impl KeptQuote {
    /// Whether its price still holds at `now`.
    pub fn is_binding(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// Usage that a quote was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedUsage {
    /// What was asked for.
    pub operation: String,
    /// The operation's name when it was quoted.
    pub name: String,
    /// Its inputs.
    pub inputs: BTreeMap<String, InputValue>,
    /// The least and the most that were quoted.
    pub quoted: (Credits, Credits),
    /// What was charged, more than nothing.
    pub charged: Credits,
    /// When it was booked.
    pub at: Timestamp,
}

const INSERT: &str = "insert into quote (organisation, id, asked_by, operation, name, inputs, lines, \
     least, most, over_settle, at_zero, catalogue, created_at, expires_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const FIND: &str = "select * from quote where organisation = $1 and id = $2";
const PURGE: &str = "delete from quote where expires_at < $1 and not exists \
     (select 1 from ledger_transaction t where t.organisation = quote.organisation \
     and t.quote = quote.id and t.direction = 'usage')";
// A page of usage with its quotes, of every organisation, in the order of the quotes' keys.
const QUOTED_USAGE: &str = "select q.organisation, q.id, q.operation, q.name, q.inputs, q.least, q.most, \
     t.sequence, t.amount, t.recorded_at from ledger_transaction t \
     join quote q on q.organisation = t.organisation and q.id = t.quote \
     where t.direction = 'usage' and t.quote is not null \
     and t.recorded_at >= $1 and t.recorded_at < $2 \
     and (t.organisation > $3 or (t.organisation = $3 and t.sequence > $4)) \
     order by t.organisation, t.sequence limit $5";
const OF_ORGANISATION: &str = "select q.organisation, q.id, q.operation, q.name, q.inputs, q.least, \
     q.most, t.sequence, t.amount, t.recorded_at from ledger_transaction t \
     join quote q on q.organisation = t.organisation and q.id = t.quote \
     where t.organisation = $1 and t.direction = 'usage' and t.quote is not null \
     and t.sequence < $2 order by t.sequence desc limit $3";
const ALL_USAGE: &str = "select cast(count(*) as bigint) as count, \
     cast(coalesce(sum(amount), 0) as bigint) as amount from ledger_transaction \
     where direction = 'usage' and recorded_at >= $1 and recorded_at < $2";

/// Writes a quote down.
///
/// # Errors
/// [`StoreError::Conflict`] when the id is taken; the database failed.
pub async fn insert(db: &Db, kept: &KeptQuote) -> Result<(), StoreError> {
    let json = |value: serde_json::Result<String>| {
        value.map_err(|error| StoreError::corrupt("quote", &kept.id, error))
    };
    let inputs = json(serde_json::to_string(&kept.inputs))?;
    let lines = json(serde_json::to_string(&kept.quote.lines))?;
    let at_zero = code(kept.quote.at_zero);
    let done = on!(db, write pool => sqlx::query(INSERT)
        .bind(kept.organisation.as_str())
        .bind(kept.id.as_str())
        .bind(kept.asked_by.to_string())
        .bind(&kept.quote.operation)
        .bind(&kept.quote.name)
        .bind(&inputs)
        .bind(&lines)
        .bind(kept.quote.least.micro())
        .bind(kept.quote.most.micro())
        .bind(kept.quote.over_settle.code())
        .bind(at_zero)
        .bind(kept.catalogue)
        .bind(kept.created_at.0)
        .bind(kept.expires_at.0)
        .execute(pool).await.map(|_| ()));
    or_conflict(done, "the quote's id")
}

/// The organisation's quote with this id.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &QuoteId,
) -> Result<Option<KeptQuote>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| kept(&row)).transpose())
}

/// Forgets quotes that stopped binding before `before` and that no usage names; how many.
///
/// # Errors
/// The database failed.
pub async fn purge(db: &Db, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on!(db, write pool => sqlx::query(PURGE).bind(before.0)
        .execute(pool).await.map(|done| done.rows_affected()))?)
}

/// Where a walk through quoted usage stands: the organisation and sequence of the last one seen.
pub type Place = (String, i64);

/// The next `limit` usages of every organisation that were booked from `from` to before `until` and had
/// a quote, behind `after`; and where the walk stands then.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn quoted_usage(
    db: &Db,
    (from, until): (Timestamp, Timestamp),
    after: &Place,
    limit: i64,
) -> Result<Vec<(Place, QuotedUsage)>, StoreError> {
    on!(db, read pool => sqlx::query(QUOTED_USAGE)
        .bind(from.0).bind(until.0).bind(&after.0).bind(after.1).bind(limit)
        .fetch_all(pool).await?.iter().map(usage).collect())
}

/// The organisation's newest usages that had a quote, the newest first, from below `before` on.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_organisation(
    db: &Db,
    organisation: &OrganisationId,
    before: i64,
    limit: i64,
) -> Result<Vec<(Place, QuotedUsage)>, StoreError> {
    on!(db, read pool => sqlx::query(OF_ORGANISATION)
        .bind(organisation.as_str()).bind(before).bind(limit)
        .fetch_all(pool).await?.iter().map(usage).collect())
}

/// How many usages of every organisation were booked from `from` to before `until`, and what was charged
/// for them together.
///
/// # Errors
/// The database failed.
pub async fn all_usage(
    db: &Db,
    (from, until): (Timestamp, Timestamp),
) -> Result<(i64, Credits), StoreError> {
    on!(db, read pool => {
        let row = sqlx::query(ALL_USAGE).bind(from.0).bind(until.0).fetch_one(pool).await?;
        Ok((row.integer("count")?, Credits::from_micro(-row.integer("amount")?)))
    })
}

fn usage(row: &impl StoreRow) -> Result<(Place, QuotedUsage), StoreError> {
    let place = (row.text("organisation")?, row.integer("sequence")?);
    let credits = |column| row.integer(column).map(Credits::from_micro);
    let usage = QuotedUsage {
        operation: row.text("operation")?,
        name: row.text("name")?,
        inputs: row.json("quote", "inputs")?,
        quoted: (credits("least")?, credits("most")?),
        charged: Credits::from_micro(-row.integer("amount")?),
        at: row.time("recorded_at")?,
    };
    Ok((place, usage))
}

fn kept(row: &impl StoreRow) -> Result<KeptQuote, StoreError> {
    const TABLE: &str = "quote";
    let quote = RateQuote {
        operation: row.text("operation")?,
        name: row.text("name")?,
        lines: row.json::<Vec<RateLine>>(TABLE, "lines")?,
        least: Credits::from_micro(row.integer("least")?),
        most: Credits::from_micro(row.integer("most")?),
        over_settle: row.parsed(TABLE, "over_settle", over_settle)?,
        at_zero: row.parsed(TABLE, "at_zero", at_zero)?,
    };
    Ok(KeptQuote {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        id: row.parsed(TABLE, "id", QuoteId::parse)?,
        asked_by: row.parsed(TABLE, "asked_by", str::parse::<Actor>)?,
        inputs: row.json(TABLE, "inputs")?,
        quote,
        catalogue: row.integer("catalogue")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}

const fn code(at_zero: AtZero) -> &'static str {
    match at_zero {
        AtZero::Block => "block",
        AtZero::Park => "park",
    }
}

fn at_zero(text: &str) -> Result<AtZero, &'static str> {
    [AtZero::Block, AtZero::Park]
        .into_iter()
        .find(|policy| code(*policy) == text)
        .ok_or("no policy for an empty balance")
}

fn over_settle(text: &str) -> Result<OverSettle, &'static str> {
    [OverSettle::Refuse, OverSettle::Absorb, OverSettle::Draw]
        .into_iter()
        .find(|policy| policy.code() == text)
        .ok_or("no policy for usage beyond a quote")
}
