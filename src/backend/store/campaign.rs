//! Campaigns: codes that bring credits, and who redeemed them. However many redeem at once, a code is used
//! no more often than its limit and by no organisation twice.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::Credits;
use crate::ledger::id::{LotId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// A code that brings credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The code, in capitals.
    pub code: String,
    /// The key of the form that made it.
    pub form_key: String,
    /// What staff call it.
    pub name: String,
    /// What it brings.
    pub credits: Credits,
    /// How many days the credits may be spent; none for ever.
    pub valid_days: Option<i64>,
    /// How often it may be redeemed in all; none for without limit.
    pub most_uses: Option<i64>,
    /// How often it was.
    pub uses: i64,
    /// The first instant at which it may be redeemed.
    pub valid_from: Timestamp,
    /// The first instant at which it may no longer be; none for ever.
    pub valid_until: Option<Timestamp>,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it was switched off.
    pub ended_at: Option<Timestamp>,
}

/// One organisation's use of a code, on terms that never change again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignUse {
    /// Who redeemed.
    pub organisation: OrganisationId,
    /// The code.
    pub code: String,
    /// Which person.
    pub user: UserId,
    /// When.
    pub used_at: Timestamp,
    /// The lot that it makes.
    pub lot: LotId,
    /// What it brings.
    pub credits: Credits,
    /// When what is left of that lapses.
    pub expires_at: Option<Timestamp>,
    /// The ledger's transaction.
    pub sequence: Option<i64>,
}

/// What became of redeeming a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Used {
    /// It is redeemed now.
    Now,
    /// This organisation redeemed it before.
    Before(CampaignUse),
    /// It is over, used up, or has not begun.
    NotNow,
}

const INSERT: &str = "insert into campaign (code, form_key, name, credits, valid_days, most_uses, uses, \
     valid_from, valid_until, created_by, created_at) \
     values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10)";
const FIND: &str = "select * from campaign where code = $1";
const BY_FORM: &str = "select * from campaign where form_key = $1";
const LIST: &str = "select * from campaign order by created_at desc, code desc limit $1";
const END: &str =
    "update campaign set ended_at = $2, ended_by = $3 where code = $1 and ended_at is null";
const TAKE: &str = "insert into campaign_use (organisation, code, user_id, used_at, lot, credits, \
     expires_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (organisation, code) do nothing";
const COUNT: &str = "update campaign set uses = uses + 1 where code = $1 and ended_at is null \
     and valid_from <= $2 and (valid_until is null or valid_until > $2) \
     and (most_uses is null or uses < most_uses)";
const USE: &str = "select * from campaign_use where organisation = $1 and code = $2";
const USES: &str = "select * from campaign_use where organisation = $1 \
     order by used_at desc, code limit $2";
const UNBOOKED: &str = "select * from campaign_use where sequence is null and used_at <= $1 \
     order by used_at limit 1";
const BOOKED: &str = "update campaign_use set sequence = $3 where organisation = $1 and code = $2";

/// Writes a new campaign.
///
/// # Errors
/// [`StoreError::Conflict`] when the code is taken, or the form has made one already.
pub async fn insert(db: &Db, campaign: &Campaign) -> Result<(), StoreError> {
    let written = on!(db, write pool => sqlx::query(INSERT)
        .bind(&campaign.code).bind(&campaign.form_key).bind(&campaign.name)
        .bind(campaign.credits.micro()).bind(campaign.valid_days).bind(campaign.most_uses)
        .bind(campaign.valid_from.0).bind(campaign.valid_until.map(Timestamp::micros))
        .bind(campaign.created_by.as_str()).bind(campaign.created_at.0)
        .execute(pool).await.map(|_| ()));
    or_conflict(written, "the code")
}

/// The campaign of this code.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, code: &str) -> Result<Option<Campaign>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(code)
        .fetch_optional(pool).await?.map(|row| campaign(&row)).transpose())
}

/// The campaign that this form made.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn by_form(db: &Db, form_key: &str) -> Result<Option<Campaign>, StoreError> {
    on!(db, write pool => sqlx::query(BY_FORM).bind(form_key)
        .fetch_optional(pool).await?.map(|row| campaign(&row)).transpose())
}

/// The campaigns, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(db: &Db, limit: i64) -> Result<Vec<Campaign>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).bind(limit)
        .fetch_all(pool).await?.iter().map(campaign).collect())
}

/// Switches a campaign off; `false` when it was off or is not there.
///
/// # Errors
/// The database failed.
pub async fn end(db: &Db, code: &str, by: &UserId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(END).bind(code).bind(now.0).bind(by.as_str())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Redeems a code: the organisation's place and the count of uses are taken together, or neither.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn redeem(db: &Db, wanted: &CampaignUse) -> Result<Used, StoreError> {
    let (organisation, code) = (wanted.organisation.as_str(), wanted.code.as_str());
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let taken = sqlx::query(TAKE).bind(organisation).bind(code)
            .bind(wanted.user.as_str()).bind(wanted.used_at.0).bind(wanted.lot.as_str())
            .bind(wanted.credits.micro()).bind(wanted.expires_at.map(Timestamp::micros))
            .execute(&mut *transaction).await?;
        if taken.rows_affected() == 0 {
            let row = sqlx::query(USE).bind(organisation).bind(code)
                .fetch_one(&mut *transaction).await?;
            return Ok(Used::Before(campaign_use(&row)?));
        }
        let counted = sqlx::query(COUNT).bind(code).bind(wanted.used_at.0)
            .execute(&mut *transaction).await?;
        if counted.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(Used::NotNow);
        }
        transaction.commit().await?;
        Ok(Used::Now)
    })
}

/// What an organisation redeemed, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn uses(
    db: &Db,
    organisation: &OrganisationId,
    limit: i64,
) -> Result<Vec<CampaignUse>, StoreError> {
    on!(db, read pool => sqlx::query(USES).bind(organisation.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(campaign_use).collect())
}

/// A use from `before` or earlier that the ledger does not have.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn unbooked(db: &Db, before: Timestamp) -> Result<Option<CampaignUse>, StoreError> {
    on!(db, write pool => sqlx::query(UNBOOKED).bind(before.0)
        .fetch_optional(pool).await?.map(|row| campaign_use(&row)).transpose())
}

/// Writes down the ledger's transaction of a use.
///
/// # Errors
/// The database failed.
pub async fn booked(db: &Db, used: &CampaignUse, sequence: u64) -> Result<(), StoreError> {
    let sequence = super::journal::stored(sequence);
    on!(db, write pool => sqlx::query(BOOKED).bind(used.organisation.as_str()).bind(&used.code)
        .bind(sequence).execute(pool).await.map(|_| ()))?;
    Ok(())
}

fn campaign(row: &impl StoreRow) -> Result<Campaign, StoreError> {
    Ok(Campaign {
        code: row.text("code")?,
        form_key: row.text("form_key")?,
        name: row.text("name")?,
        credits: Credits::from_micro(row.integer("credits")?),
        valid_days: row.integer_or_none("valid_days")?,
        most_uses: row.integer_or_none("most_uses")?,
        uses: row.integer("uses")?,
        valid_from: row.time("valid_from")?,
        valid_until: row.time_or_none("valid_until")?,
        created_by: row.parsed("campaign", "created_by", UserId::parse)?,
        created_at: row.time("created_at")?,
        ended_at: row.time_or_none("ended_at")?,
    })
}

fn campaign_use(row: &impl StoreRow) -> Result<CampaignUse, StoreError> {
    const TABLE: &str = "campaign_use";
    Ok(CampaignUse {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        code: row.text("code")?,
        user: row.parsed(TABLE, "user_id", UserId::parse)?,
        used_at: row.time("used_at")?,
        lot: row.parsed(TABLE, "lot", LotId::parse)?,
        credits: Credits::from_micro(row.integer("credits")?),
        expires_at: row.time_or_none("expires_at")?,
        sequence: row.integer_or_none("sequence")?,
    })
}
