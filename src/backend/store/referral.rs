//! Organisations that were brought by others, and the codes that they came by.

use std::fmt;
use std::str::FromStr;

use super::{Db, StoreError, StoreRow};
use crate::ledger::Credits;
use crate::ledger::id::{LotId, OrganisationId, PurchaseId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// How far a referral has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferralState {
    /// The invited organisation has paid for nothing yet.
    Waiting,
    /// It has, and the payment is being held.
    Held,
    /// Both have their credits.
    Rewarded,
    /// The payment went back before that.
    Lost,
    /// The same people are behind both.
    Refused,
    /// The payment went back after that, and so did the credits.
    TakenBack,
}

impl ReferralState {
    const ALL: [ReferralState; 6] = [
        ReferralState::Waiting,
        ReferralState::Held,
        ReferralState::Rewarded,
        ReferralState::Lost,
        ReferralState::Refused,
        ReferralState::TakenBack,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReferralState::Waiting => "waiting",
            ReferralState::Held => "held",
            ReferralState::Rewarded => "rewarded",
            ReferralState::Lost => "lost",
            ReferralState::Refused => "refused",
            ReferralState::TakenBack => "taken_back",
        }
    }
}

impl fmt::Display for ReferralState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ReferralState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = ReferralState::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or("no state of a referral")
    }
}

/// An organisation that was brought by another, on the terms of that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// Who was brought.
    pub invited: OrganisationId,
    /// By whom.
    pub inviter: OrganisationId,
    /// The code.
    pub code: String,
    /// Who of the inviter's people made the code.
    pub code_by: UserId,
    /// Who redeemed it.
    pub user: UserId,
    /// When.
    pub begun_at: Timestamp,
    /// What the inviter gets.
    pub inviter_credits: Credits,
    /// What the invited one gets.
    pub invited_credits: Credits,
    /// The lots that it makes.
    pub inviter_lot: LotId,
    /// And of the invited one.
    pub invited_lot: LotId,
    /// How many days the first payment is held.
    pub hold_days: i64,
    /// How many months the credits may be spent; none for ever.
    pub valid_months: Option<i64>,
    /// How far it has come.
    pub state: ReferralState,
    /// The first payment.
    pub purchase: Option<PurchaseId>,
    /// Until when that is held, or watched.
    pub due_at: Option<Timestamp>,
}

/// A referral with the names of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedReferral {
    /// The referral.
    pub referral: Referral,
    /// Who was brought.
    pub invited_name: String,
    /// By whom.
    pub inviter_name: String,
}

/// Whose code it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeOwner {
    /// Which organisation's.
    pub organisation: OrganisationId,
    /// Who made it.
    pub user: UserId,
}

/// What of a first payment went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStands {
    /// All of it is there.
    Whole,
    /// The bank has not decided yet.
    Disputed,
    /// Some of it went back, or it is no longer there.
    Gone,
}

const NEW_CODE: &str = "insert into referral_code (organisation, code, user_id, created_at) \
     values ($1, $2, $3, $4) on conflict (organisation) do nothing";
const CODE: &str = "select code from referral_code where organisation = $1";
const OWNER: &str = "select organisation, user_id from referral_code where code = $1";
const SHARED_PERSON: &str = "select count(*) as count from membership a \
     join membership b on b.user_id = a.user_id where a.organisation = $1 and b.organisation = $2";
const PAID_BEFORE: &str = "select count(*) as count from purchase where organisation = $1 \
     and status = 'credited' and amount_minor > 0";
const INSERT_ONCE: &str = "insert into referral (invited, inviter, code, code_by, user_id, begun_at, \
     inviter_credits, invited_credits, inviter_lot, invited_lot, hold_days, valid_months, state) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting') \
     on conflict (invited) do nothing";
const FIND: &str = "select * from referral where invited = $1";
const OF_INVITER: &str = "select r.*, i.name as invited_name, o.name as inviter_name from referral r \
     left join organisation i on i.id = r.invited left join organisation o on o.id = r.inviter \
     where r.inviter = $1 order by r.begun_at desc, r.invited limit $2";
const NEWEST: &str = "select r.*, i.name as invited_name, o.name as inviter_name from referral r \
     left join organisation i on i.id = r.invited left join organisation o on o.id = r.inviter \
     order by r.begun_at desc, r.invited desc limit $1";
const NAMED: &str = "select r.*, i.name as invited_name, o.name as inviter_name from referral r \
     left join organisation i on i.id = r.invited left join organisation o on o.id = r.inviter \
     where r.invited = $1";
const FIRST_PAID: &str = "select r.invited, p.id as purchase, \
     coalesce(p.credited_at, p.paid_at, p.updated_at) as paid_at from referral r \
     join purchase p on p.organisation = r.invited and p.status = 'credited' and p.amount_minor > 0 \
     where r.state = 'waiting' order by p.created_at limit 1";
const HELD_OVER: &str = "select * from referral where state = 'held' and due_at <= $1 \
     order by due_at limit 1";
const WENT_BACK: &str = "select r.* from referral r \
     join purchase p on p.organisation = r.invited and p.id = r.purchase \
     where r.state = 'rewarded' and r.due_at > $1 and (p.refunded_minor > 0 or p.dispute = 'lost') \
     limit 1";
const PAYMENT: &str =
    "select refunded_minor, dispute from purchase where organisation = $1 and id = $2";
const MOVE: &str = "update referral set state = $3, purchase = coalesce($4, purchase), due_at = $5, \
     decided_at = $6 where invited = $1 and state = $2";

/// The organisation's code, which becomes `code` where it has none.
///
/// # Errors
/// The database failed.
pub async fn code_of(
    db: &Db,
    organisation: &OrganisationId,
    code: &str,
    user: &UserId,
    now: Timestamp,
) -> Result<String, StoreError> {
    on!(db, write pool => sqlx::query(NEW_CODE).bind(organisation.as_str()).bind(code)
        .bind(user.as_str()).bind(now.0).execute(pool).await.map(|_| ()))?;
    on!(db, write pool => sqlx::query(CODE).bind(organisation.as_str())
        .fetch_one(pool).await?.text("code"))
}

/// Whose code this is.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn owner(db: &Db, code: &str) -> Result<Option<CodeOwner>, StoreError> {
    on!(db, read pool => sqlx::query(OWNER).bind(code).fetch_optional(pool).await?
        .map(|row| Ok(CodeOwner {
            organisation: row.parsed("referral_code", "organisation", OrganisationId::parse)?,
            user: row.parsed("referral_code", "user_id", UserId::parse)?,
        })).transpose())
}

/// Whether somebody is or was a member of both.
///
/// # Errors
/// The database failed.
pub async fn share_a_person(
    db: &Db,
    one: &OrganisationId,
    other: &OrganisationId,
) -> Result<bool, StoreError> {
    let count = on!(db, read pool => sqlx::query(SHARED_PERSON).bind(one.as_str())
        .bind(other.as_str()).fetch_one(pool).await?.integer("count"))?;
    Ok(count > 0)
}

/// Whether an organisation has ever paid for anything.
///
/// # Errors
/// The database failed.
pub async fn has_paid(db: &Db, organisation: &OrganisationId) -> Result<bool, StoreError> {
    let count = on!(db, write pool => sqlx::query(PAID_BEFORE).bind(organisation.as_str())
        .fetch_one(pool).await?.integer("count"))?;
    Ok(count > 0)
}

/// Writes a referral; `false` when the invited organisation has one already.
///
/// # Errors
/// The database failed.
pub async fn insert_once(db: &Db, referral: &Referral) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(INSERT_ONCE)
        .bind(referral.invited.as_str()).bind(referral.inviter.as_str()).bind(&referral.code)
        .bind(referral.code_by.as_str()).bind(referral.user.as_str()).bind(referral.begun_at.0)
        .bind(referral.inviter_credits.micro()).bind(referral.invited_credits.micro())
        .bind(referral.inviter_lot.as_str()).bind(referral.invited_lot.as_str())
        .bind(referral.hold_days).bind(referral.valid_months)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// How an organisation was brought, if it was.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, invited: &OrganisationId) -> Result<Option<Referral>, StoreError> {
    on!(db, write pool => sqlx::query(FIND).bind(invited.as_str())
        .fetch_optional(pool).await?.map(|row| referral(&row)).transpose())
}

/// The same with the names of both.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn named(db: &Db, invited: &OrganisationId) -> Result<Option<NamedReferral>, StoreError> {
    on!(db, read pool => sqlx::query(NAMED).bind(invited.as_str())
        .fetch_optional(pool).await?.map(|row| named_referral(&row)).transpose())
}

/// Whom an organisation brought, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_inviter(
    db: &Db,
    inviter: &OrganisationId,
    limit: i64,
) -> Result<Vec<NamedReferral>, StoreError> {
    on!(db, read pool => sqlx::query(OF_INVITER).bind(inviter.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(named_referral).collect())
}

/// Who was brought last.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn newest(db: &Db, limit: i64) -> Result<Vec<NamedReferral>, StoreError> {
    on!(db, read pool => sqlx::query(NEWEST).bind(limit)
        .fetch_all(pool).await?.iter().map(named_referral).collect())
}

/// An invited organisation that waits and has paid, with its first payment and when that was.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn first_paid(
    db: &Db,
) -> Result<Option<(OrganisationId, PurchaseId, Timestamp)>, StoreError> {
    on!(db, write pool => sqlx::query(FIRST_PAID).fetch_optional(pool).await?.map(|row| Ok((
        row.parsed("referral", "invited", OrganisationId::parse)?,
        row.parsed("purchase", "purchase", PurchaseId::parse)?,
        row.time("paid_at")?,
    ))).transpose())
}

/// A referral whose payment was held long enough by `now`.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn held_over(db: &Db, now: Timestamp) -> Result<Option<Referral>, StoreError> {
    on!(db, write pool => sqlx::query(HELD_OVER).bind(now.0)
        .fetch_optional(pool).await?.map(|row| referral(&row)).transpose())
}

/// A referral that was rewarded, is still watched at `now`, and whose payment went back.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn went_back(db: &Db, now: Timestamp) -> Result<Option<Referral>, StoreError> {
    on!(db, write pool => sqlx::query(WENT_BACK).bind(now.0)
        .fetch_optional(pool).await?.map(|row| referral(&row)).transpose())
}

/// How a first payment stands.
///
/// # Errors
/// The database failed.
pub async fn payment_stands(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<PaymentStands, StoreError> {
    let row = on!(db, write pool => sqlx::query(PAYMENT).bind(organisation.as_str())
        .bind(purchase.as_str()).fetch_optional(pool).await?
        .map(|row| Ok::<_, StoreError>(
            (row.integer("refunded_minor")?, row.text_or_none("dispute")?)
        )).transpose())?;
    Ok(match row {
        None => PaymentStands::Gone,
        Some((refunded, _)) if refunded > 0 => PaymentStands::Gone,
        Some((_, dispute)) => match dispute.as_deref() {
            None | Some("won" | "withdrawn") => PaymentStands::Whole,
            Some("lost") => PaymentStands::Gone,
            Some(_) => PaymentStands::Disputed,
        },
    })
}

/// Moves a referral on; `false` where it stood elsewhere.
///
/// # Errors
/// The database failed.
pub async fn advance(
    db: &Db,
    invited: &OrganisationId,
    (from, to): (ReferralState, ReferralState),
    purchase: Option<&PurchaseId>,
    due_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(MOVE).bind(invited.as_str()).bind(from.as_str())
        .bind(to.as_str()).bind(purchase.map(PurchaseId::as_str))
        .bind(due_at.map(Timestamp::micros)).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

fn named_referral(row: &impl StoreRow) -> Result<NamedReferral, StoreError> {
    let referral = referral(row)?;
    Ok(NamedReferral {
        invited_name: row
            .text_or_none("invited_name")?
            .unwrap_or_else(|| referral.invited.to_string()),
        inviter_name: row
            .text_or_none("inviter_name")?
            .unwrap_or_else(|| referral.inviter.to_string()),
        referral,
    })
}

fn referral(row: &impl StoreRow) -> Result<Referral, StoreError> {
    const TABLE: &str = "referral";
    Ok(Referral {
        invited: row.parsed(TABLE, "invited", OrganisationId::parse)?,
        inviter: row.parsed(TABLE, "inviter", OrganisationId::parse)?,
        code: row.text("code")?,
        code_by: row.parsed(TABLE, "code_by", UserId::parse)?,
        user: row.parsed(TABLE, "user_id", UserId::parse)?,
        begun_at: row.time("begun_at")?,
        inviter_credits: Credits::from_micro(row.integer("inviter_credits")?),
        invited_credits: Credits::from_micro(row.integer("invited_credits")?),
        inviter_lot: row.parsed(TABLE, "inviter_lot", LotId::parse)?,
        invited_lot: row.parsed(TABLE, "invited_lot", LotId::parse)?,
        hold_days: row.integer("hold_days")?,
        valid_months: row.integer_or_none("valid_months")?,
        state: row.parsed(TABLE, "state", str::parse)?,
        purchase: row.parsed_or_none(TABLE, "purchase", PurchaseId::parse)?,
        due_at: row.time_or_none("due_at")?,
    })
}
