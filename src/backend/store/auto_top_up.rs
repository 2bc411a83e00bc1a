//! Auto top-up: what an organisation has set, and when to look at it next. Whether it rests follows from
//! its attempts ([`super::top_up`]).

use std::fmt;
use std::str::FromStr;

use super::saved_card::{Account, account};
use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::on;

/// What is bought when the balance is low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buys {
    /// A pack of the catalogue, by its code.
    Pack(String),
    /// An own number of credits.
    Own(Credits),
    /// As many as are missing up to this balance.
    UpTo(Credits),
}

/// Why it turned itself off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The card is not saved any more.
    CardRemoved,
    /// The card's last month is over.
    CardExpired,
}

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Ended::CardRemoved => "card_removed",
            Ended::CardExpired => "card_expired",
        })
    }
}

impl FromStr for Ended {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "card_removed" => Ok(Ended::CardRemoved),
            "card_expired" => Ok(Ended::CardExpired),
            _ => Err("no end of auto top-up"),
        }
    }
}

/// Auto top-up as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoTopUp {
    /// Whose.
    pub account: Account,
    /// Whether it buys.
    pub is_on: bool,
    /// It buys when less than this is available.
    pub threshold: Credits,
    /// What it buys.
    pub buys: Buys,
    /// The most it may spend in a calendar month of the organisation's time zone.
    pub cap: Money,
    /// Who set it last.
    pub user: UserId,
    /// When.
    pub changed_at: Timestamp,
    /// How often it was changed.
    pub version: i64,
    /// Why it turned itself off, where it did.
    pub ended: Option<Ended>,
    /// What the bank refused before this does not count any more: someone has confirmed the card.
    pub resumed_at: Timestamp,
    /// When to look at it next.
    pub look_at: Timestamp,
}

const SELECT: &str = "select organisation, provider, livemode, is_on, threshold, buys, pack, credits, \
     cap_minor, currency, user_id, changed_at, version, ended_because, resumed_at, look_at from auto_top_up \
     where organisation = $1 and provider = $2 and livemode = $3";
const INSERT_ONCE: &str = "insert into auto_top_up (organisation, provider, livemode, is_on, threshold, \
     buys, pack, credits, cap_minor, currency, user_id, changed_at, version, resumed_at, look_at) \
     values ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, 1, 0, 0) \
     on conflict (organisation, provider, livemode) do nothing";
const UPDATE: &str = "update auto_top_up set is_on = 1, threshold = $4, buys = $5, pack = $6, \
     credits = $7, cap_minor = $8, currency = $9, user_id = $10, changed_at = $11, \
     version = version + 1, ended_because = null, look_at = 0 \
     where organisation = $1 and provider = $2 and livemode = $3 and version = $12";
const SWITCH_OFF: &str = "update auto_top_up set is_on = 0, ended_because = $4, changed_at = $5, \
     version = version + 1 where organisation = $1 and provider = $2 and livemode = $3 and is_on = 1";
const RESUME: &str = "update auto_top_up set resumed_at = $4, look_at = 0 \
     where organisation = $1 and provider = $2 and livemode = $3";
const WAKE: &str = "update auto_top_up set look_at = 0 \
     where organisation = $1 and provider = $2 and livemode = $3";
const POSTPONE: &str = "update auto_top_up set look_at = $5 \
     where organisation = $1 and provider = $2 and livemode = $3 and look_at = $4";
const DUE: &str = "select a.organisation, a.provider, a.livemode, is_on, threshold, buys, pack, credits, \
     cap_minor, currency, user_id, changed_at, version, ended_because, resumed_at, look_at from auto_top_up a \
     left join ledger_head h on h.organisation = a.organisation \
     where a.is_on = 1 and a.provider = $1 and a.livemode = $2 and a.look_at <= $3 \
     and coalesce(h.available, 0) < a.threshold order by a.look_at limit 1";
const WITHOUT_CARD: &str = "select a.organisation, a.provider, a.livemode, is_on, threshold, buys, pack, \
     credits, cap_minor, currency, user_id, changed_at, version, ended_because, resumed_at, look_at from auto_top_up a \
     left join saved_card c on c.organisation = a.organisation and c.provider = a.provider \
     and c.livemode = a.livemode where a.is_on = 1 and a.provider = $1 and a.livemode = $2 \
     and (c.method_ref is null or c.expires_year * 12 + c.expires_month < $3) limit 1";
const WATCHED: &str = "select organisation, threshold from auto_top_up \
     where is_on = 1 and provider = $1 and livemode = $2";

/// What the organisation has set, if it ever did.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, of: &Account) -> Result<Option<AutoTopUp>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode))
        .fetch_optional(pool).await?.map(|row| auto_top_up(&row)).transpose())
}

/// Switches it on with these terms; `false` when somebody changed them since `set.version`, which is 0
/// where nothing was ever set.
///
/// # Errors
/// The database failed.
pub async fn switch_on(db: &Db, set: &AutoTopUp) -> Result<bool, StoreError> {
    let statement = if set.version == 0 { INSERT_ONCE } else { UPDATE };
    let (word, pack, credits) = match &set.buys {
        Buys::Pack(code) => ("pack", Some(code.as_str()), None),
        Buys::Own(credits) => ("own", None, Some(credits.micro())),
        Buys::UpTo(credits) => ("up_to", None, Some(credits.micro())),
    };
    Ok(on!(db, write pool => {
        let query = sqlx::query(statement)
            .bind(set.account.organisation.as_str())
            .bind(&set.account.provider)
            .bind(i64::from(set.account.livemode))
            .bind(set.threshold.micro())
            .bind(word)
            .bind(pack)
            .bind(credits)
            .bind(set.cap.minor)
            .bind(set.cap.currency.as_str())
            .bind(set.user.as_str())
            .bind(set.changed_at.0);
        let query = if set.version == 0 { query } else { query.bind(set.version) };
        query.execute(pool).await.map(|done| done.rows_affected() > 0)
    })?)
}

/// Switches it off; `false` when it is off already.
///
/// # Errors
/// The database failed.
pub async fn switch_off(
    db: &Db,
    of: &Account,
    ended: Option<Ended>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SWITCH_OFF).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode))
        .bind(ended.map(|ended| ended.to_string())).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Lets it go on after a rest: what was refused before does not count any more.
///
/// # Errors
/// The database failed.
pub async fn resume(db: &Db, of: &Account, now: Timestamp) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(RESUME).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode)).bind(now.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Has it looked at again as soon as the balance is low.
///
/// # Errors
/// The database failed.
pub async fn wake(db: &Db, of: &Account) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(WAKE).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode))
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Moves the next look from `seen` to `next`; `false` when somebody moved it since.
///
/// # Errors
/// The database failed.
pub async fn postpone(
    db: &Db,
    of: &Account,
    seen: Timestamp,
    next: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(POSTPONE).bind(of.organisation.as_str())
        .bind(&of.provider).bind(i64::from(of.livemode)).bind(seen.0).bind(next.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The one that is on, whose balance is below its threshold and whose turn has come first.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn due(
    db: &Db,
    provider: &str,
    livemode: bool,
    now: Timestamp,
) -> Result<Option<AutoTopUp>, StoreError> {
    on!(db, read pool => sqlx::query(DUE).bind(provider).bind(i64::from(livemode)).bind(now.0)
        .fetch_optional(pool).await?.map(|row| auto_top_up(&row)).transpose())
}

/// One that is on without a card that is still good in this month (years times twelve and months).
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn without_card(
    db: &Db,
    provider: &str,
    livemode: bool,
    month: i64,
) -> Result<Option<AutoTopUp>, StoreError> {
    on!(db, read pool => sqlx::query(WITHOUT_CARD)
        .bind(provider).bind(i64::from(livemode)).bind(month)
        .fetch_optional(pool).await?.map(|row| auto_top_up(&row)).transpose())
}

/// Every organisation where it is on, with its threshold.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn watched(
    db: &Db,
    provider: &str,
    livemode: bool,
) -> Result<Vec<(OrganisationId, Credits)>, StoreError> {
    on!(db, read pool => sqlx::query(WATCHED).bind(provider).bind(i64::from(livemode))
        .fetch_all(pool).await?.iter()
        .map(|row| Ok((
            row.parsed("auto_top_up", "organisation", OrganisationId::parse)?,
            Credits::from_micro(row.integer("threshold")?),
        ))).collect())
}

fn auto_top_up(row: &impl StoreRow) -> Result<AutoTopUp, StoreError> {
    const TABLE: &str = "auto_top_up";
    let account = account(row, TABLE)?;
    Ok(AutoTopUp {
        buys: buys(row, &account)?,
        account,
        is_on: row.integer("is_on")? != 0,
        threshold: Credits::from_micro(row.integer("threshold")?),
        cap: Money {
            minor: row.integer("cap_minor")?,
            currency: row.parsed(TABLE, "currency", Currency::parse)?,
        },
        user: row.parsed(TABLE, "user_id", UserId::parse)?,
        changed_at: row.time("changed_at")?,
        version: row.integer("version")?,
        ended: row.parsed_or_none(TABLE, "ended_because", str::parse)?,
        resumed_at: row.time("resumed_at")?,
        look_at: row.time("look_at")?,
    })
}

fn buys(row: &impl StoreRow, account: &Account) -> Result<Buys, StoreError> {
    let (word, pack) = (row.text("buys")?, row.text_or_none("pack")?);
    let credits = row.integer_or_none("credits")?.map(Credits::from_micro);
    match (word.as_str(), pack, credits) {
        ("pack", Some(code), None) => Ok(Buys::Pack(code)),
        ("own", None, Some(credits)) => Ok(Buys::Own(credits)),
        ("up_to", None, Some(credits)) => Ok(Buys::UpTo(credits)),
        _ => Err(StoreError::corrupt(
            "auto_top_up",
            &account.organisation,
            format!("buys {word} does not fit its pack and credits"),
        )),
    }
}
