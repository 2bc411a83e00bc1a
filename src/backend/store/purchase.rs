//! Purchases: what was bought on which frozen terms, and what the provider said last.
//!
//! Whether a purchase is paid is the ledger's to say (its grant); [`PurchaseStatus::Credited`] is
//! written after the grant, and only ever forward.

use std::fmt;
use std::str::FromStr;

use super::purchase_tax::TaxMode;
use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{IdError, LotId, OrganisationId, PurchaseId, UserId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::on;

/// How far a purchase has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseStatus {
    /// Written, the provider not yet heard.
    Created,
    /// The payment page is open.
    Open,
    /// The buyer is through, the bank is not.
    Processing,
    /// The bank refused.
    Failed,
    /// The payment page closed unpaid.
    Expired,
    /// What the provider reports differs from the terms: someone must look.
    Review,
    /// Someone has looked and closed it: no credits.
    Closed,
    /// The ledger has the grant.
    Credited,
}

impl PurchaseStatus {
    /// All, in the order in which a purchase may move.
    pub const ALL: [PurchaseStatus; 8] = [
        PurchaseStatus::Created,
        PurchaseStatus::Open,
        PurchaseStatus::Processing,
        PurchaseStatus::Failed,
        PurchaseStatus::Expired,
        PurchaseStatus::Review,
        PurchaseStatus::Closed,
        PurchaseStatus::Credited,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            PurchaseStatus::Created => "created",
            PurchaseStatus::Open => "open",
            PurchaseStatus::Processing => "processing",
            PurchaseStatus::Failed => "failed",
            PurchaseStatus::Expired => "expired",
            PurchaseStatus::Review => "review",
            PurchaseStatus::Closed => "closed",
            PurchaseStatus::Credited => "credited",
        }
    }

    /// Whether more is to be expected from the provider.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, PurchaseStatus::Created | PurchaseStatus::Open | PurchaseStatus::Processing)
    }

    /// Where a purchase must stand to move here. Only the ledger's grant overrules an ending.
    const fn reached_from(self) -> &'static [PurchaseStatus] {
        use PurchaseStatus::{Created, Expired, Failed, Open, Processing, Review};
        match self {
            PurchaseStatus::Created => &[],
            PurchaseStatus::Open => &[Created],
            PurchaseStatus::Processing => &[Created, Open],
            PurchaseStatus::Failed | PurchaseStatus::Expired => &[Created, Open, Processing],
            PurchaseStatus::Review => &[Created, Open, Processing, Failed, Expired],
            PurchaseStatus::Closed => &[Review],
            PurchaseStatus::Credited => &[Created, Open, Processing, Failed, Expired, Review],
        }
    }
}

impl fmt::Display for PurchaseStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for PurchaseStatus {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = PurchaseStatus::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or("no status of a purchase")
    }
}

/// How a purchase came about, which decides who asks the provider for the money and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseKind {
    /// A pack of the catalogue, paid on a payment page.
    Pack,
    /// An amount of the buyer's choice, paid on a payment page.
    OwnAmount,
    /// Bought by itself with the saved card, because the balance was low.
    TopUp,
    /// The period of a plan, paid by an invoice of the subscription.
    Plan,
}

impl PurchaseKind {
    /// All.
    pub const ALL: [PurchaseKind; 4] =
        [PurchaseKind::Pack, PurchaseKind::OwnAmount, PurchaseKind::TopUp, PurchaseKind::Plan];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            PurchaseKind::Pack => "pack",
            PurchaseKind::OwnAmount => "own_amount",
            PurchaseKind::TopUp => "top_up",
            PurchaseKind::Plan => "plan",
        }
    }
}

impl FromStr for PurchaseKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = PurchaseKind::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or("no kind of purchase")
    }
}

/// A purchase as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Whose pool the credits go to.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: PurchaseId,
    /// How it came about.
    pub kind: PurchaseKind,
    /// The lot that it paid for, where that is not the purchase's own (see [`Purchase::lot`]).
    pub paid_lot: Option<LotId>,
    /// The provider's name for the invoice that asked for the money, where there was one.
    pub invoice_ref: Option<String>,
    /// Who bought.
    pub user: UserId,
    /// The pack's code; a plan's for a period of a plan.
    pub pack: String,
    /// The pack's name when it was bought.
    pub pack_name: String,
    /// What is bought.
    pub credits: Credits,
    /// What it costs, as agreed: without its tax where that comes on top.
    pub price: Money,
    /// What the price says about taxes.
    pub tax_mode: TaxMode,
    /// The tax that was paid, in minor units, once the provider has reckoned it.
    pub tax_minor: i64,
    /// How many months the credits may be spent; `None` for ever.
    pub valid_months: Option<u16>,
    /// Real money, or a test.
    pub livemode: bool,
    /// Which provider.
    pub provider: String,
    /// How far it has come.
    pub status: PurchaseStatus,
    /// The key of the form that made it, unique in the organisation.
    pub form_key: Option<String>,
    /// The provider's name for the payment page.
    pub session_ref: Option<String>,
    /// The provider's name for the payment.
    pub payment_ref: Option<String>,
    /// Where the buyer pays.
    pub checkout_url: Option<String>,
    /// How often a payment page was asked for under a key of its own.
    pub attempt: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// When the payment page closes.
    pub expires_at: Timestamp,
    /// When we first learned that the money is there.
    pub paid_at: Option<Timestamp>,
    /// Why it is under review, or was closed.
    pub note: Option<String>,
}

impl Purchase {
    /// What is paid in all: the price, and the tax that comes on top of it.
    pub fn total(&self) -> Money {
        let on_top = if self.tax_mode == TaxMode::Exclusive { self.tax_minor } else { 0 };
        Money { minor: self.price.minor.saturating_add(on_top), ..self.price }
    }

    /// The tax within [`Purchase::total`], where there is any.
    pub fn tax(&self) -> Option<Money> {
        (self.tax_minor != 0).then_some(Money { minor: self.tax_minor, ..self.price })
    }

    /// The lot that this purchase pays for: made of its id, or the lot of a plan's period.
    ///
    /// # Errors
    /// The id is not one that this program makes.
    pub fn lot(&self) -> Result<LotId, IdError> {
        match &self.paid_lot {
            Some(lot) => Ok(lot.clone()),
            None => {
                let suffix = self.id.as_str().trim_start_matches(PurchaseId::PREFIX);
                LotId::parse(&format!("{}{suffix}", LotId::PREFIX))
            }
        }
    }
}

pub(super) const INSERT_ONCE: &str = "insert into purchase (organisation, id, user_id, pack, pack_name, credits, \
     amount_minor, currency, valid_months, livemode, provider, status, form_key, attempt, created_at, \
     updated_at, expires_at, check_at, kind, paid_lot, invoice_ref, tax_mode, tax_minor) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
     $20, $21, $22, $23) \
     on conflict (organisation, form_key) do nothing";
const SELECT: &str = "select organisation, id, user_id, pack, pack_name, credits, amount_minor, \
     currency, valid_months, livemode, provider, status, form_key, session_ref, payment_ref, \
     checkout_url, attempt, created_at, updated_at, expires_at, paid_at, note, \
     kind, paid_lot, invoice_ref, tax_mode, tax_minor from purchase where organisation = $1 and id = $2";
const LIST: &str = "select organisation, id, user_id, pack, pack_name, credits, amount_minor, \
     currency, valid_months, livemode, provider, status, form_key, session_ref, payment_ref, \
     checkout_url, attempt, created_at, updated_at, expires_at, paid_at, note, \
     kind, paid_lot, invoice_ref, tax_mode, tax_minor from purchase \
     where organisation = $1 and (created_at < $2 or (created_at = $2 and id < $3)) \
     order by created_at desc, id desc limit $4";
const OWNER: &str = "select organisation, id from purchase where id = $1";
const OWNER_BY_SESSION: &str =
    "select organisation, id from purchase where session_ref = $1 and provider = $2";
const ID_BY_FORM: &str =
    "select organisation, id from purchase where organisation = $1 and form_key = $2";
const SET_SESSION: &str = "update purchase set session_ref = $3, checkout_url = $4, updated_at = $5, \
     sent_at = coalesce(sent_at, $5), status = case when status = 'created' then 'open' else status end \
     where organisation = $1 and id = $2 \
     and (session_ref is null or session_ref = $3)";
const NEXT_ATTEMPT: &str = "update purchase set attempt = attempt + 1, updated_at = $4, expires_at = $5 \
     where organisation = $1 and id = $2 and attempt = $3 and session_ref is null";
const ADVANCE: &str = "update purchase set status = $3, payment_ref = coalesce($4, payment_ref), \
     note = $5, updated_at = $6, \
     credited_at = case when $3 = 'credited' then coalesce(credited_at, $6) else credited_at end, \
     document_at = case when $3 = 'credited' then $6 else document_at end where organisation = $1 and id = $2 \
     and status in ($7, $8, $9, $10, $11, $12)";
const FIX_PAID_AT: &str = "update purchase set paid_at = coalesce(paid_at, $3) \
     where organisation = $1 and id = $2 returning paid_at";
const CLAIM_RECHECK: &str = "update purchase set rechecked_at = $3 where organisation = $1 and id = $2 \
     and (rechecked_at is null or rechecked_at <= $4)";
const DUE_FOR_CHECK: &str = "select organisation, id, created_at, check_at from (\
     select organisation, id, created_at, check_at from purchase \
     where status in ('created', 'open', 'processing') and check_at <= $1 \
     and provider = $2 and livemode = $3 \
     union all select organisation, id, created_at, check_at from purchase \
     where status = 'credited' and corrections_open = 1 and check_at <= $1 \
     and provider = $2 and livemode = $3) due order by check_at limit 1";
const CLAIM_CHECK: &str = "update purchase set check_at = $4 \
     where organisation = $1 and id = $2 and check_at = $3";
const COUNT_OPENED_SINCE: &str =
    "select count(*) as count from purchase where organisation = $1 and created_at > $2";

/// The statement that writes a purchase, on either database, for whoever writes it with something else.
macro_rules! insertion {
    ($purchase:expr, $check_at:expr) => {
        sqlx::query($crate::backend::store::purchase::INSERT_ONCE)
            .bind($purchase.organisation.as_str())
            .bind($purchase.id.as_str())
            .bind($purchase.user.as_str())
            .bind(&$purchase.pack)
            .bind(&$purchase.pack_name)
            .bind($purchase.credits.micro())
            .bind($purchase.price.minor)
            .bind($purchase.price.currency.as_str())
            .bind($purchase.valid_months.map(i64::from))
            .bind(i64::from($purchase.livemode))
            .bind(&$purchase.provider)
            .bind($purchase.status.as_str())
            .bind($purchase.form_key.as_deref())
            .bind($purchase.attempt)
            .bind($purchase.created_at.0)
            .bind($purchase.updated_at.0)
            .bind($purchase.expires_at.0)
            .bind($check_at.0)
            .bind($purchase.kind.as_str())
            .bind($purchase.paid_lot.as_ref().map($crate::ledger::id::LotId::as_str))
            .bind($purchase.invoice_ref.as_deref())
            .bind($purchase.tax_mode.as_str())
            .bind($purchase.tax_minor)
    };
}
pub(super) use insertion;

/// Writes a new purchase; `false` when its form has made one already.
///
/// # Errors
/// The database failed.
pub async fn insert_once(
    db: &Db,
    purchase: &Purchase,
    check_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => insertion!(purchase, check_at)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The purchase with this id, if it is this organisation's.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
) -> Result<Option<Purchase>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| purchase(&row)).transpose())
}

/// Purchases of an organisation, the newest first, from before `before`.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    organisation: &OrganisationId,
    before: Option<(Timestamp, &PurchaseId)>,
    limit: i64,
) -> Result<Vec<Purchase>, StoreError> {
    let (time, id) = before.map_or((i64::MAX, ""), |(time, id)| (time.0, id.as_str()));
    on!(db, read pool => sqlx::query(LIST).bind(organisation.as_str()).bind(time).bind(id).bind(limit)
        .fetch_all(pool).await?.iter().map(purchase).collect())
}

/// Whose purchase this is.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn owner(
    db: &Db,
    id: &PurchaseId,
) -> Result<Option<(OrganisationId, PurchaseId)>, StoreError> {
    on!(db, read pool => sqlx::query(OWNER).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| name(&row)).transpose())
}

/// The purchase that is paid for on this payment page.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_session(
    db: &Db,
    provider: &str,
    session_ref: &str,
) -> Result<Option<(OrganisationId, PurchaseId)>, StoreError> {
    on!(db, read pool => sqlx::query(OWNER_BY_SESSION).bind(session_ref).bind(provider)
        .fetch_optional(pool).await?.map(|row| name(&row)).transpose())
}

/// The purchase that this form has made.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn find_by_form(
    db: &Db,
    organisation: &OrganisationId,
    form_key: &str,
) -> Result<Option<Purchase>, StoreError> {
    let found = on!(db, write pool => sqlx::query(ID_BY_FORM)
        .bind(organisation.as_str()).bind(form_key)
        .fetch_optional(pool).await?.map(|row| name(&row)).transpose())?;
    match found {
        Some((organisation, id)) => find(db, &organisation, &id).await,
        None => Ok(None),
    }
}

/// Writes down the payment page, or the address it lacked; `false` when there is one already.
///
/// # Errors
/// The database failed, or the page belongs to another purchase.
pub async fn set_session(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    session_ref: &str,
    url: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let result = on!(db, write pool => sqlx::query(SET_SESSION)
        .bind(organisation.as_str()).bind(id.as_str()).bind(session_ref).bind(url).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0));
    super::or_conflict(result, "the payment page")
}

/// Moves on to a new key for the payment page, which is to close at `expires_at`.
///
/// # Errors
/// The database failed.
pub async fn next_attempt(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    attempt: i64,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(NEXT_ATTEMPT)
        .bind(organisation.as_str()).bind(id.as_str()).bind(attempt).bind(now.0).bind(expires_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// What a move writes beside the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct Details<'a> {
    /// The provider's name for the payment, when it is known.
    pub payment_ref: Option<&'a str>,
    /// Why it is under review, or was closed.
    pub note: Option<&'a str>,
}

/// Moves a purchase forward; `false` when it stands there or further on already.
///
/// # Errors
/// The database failed.
pub async fn advance(
    db: &Db,
    purchase: &Purchase,
    to: PurchaseStatus,
    details: Details<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let from = to.reached_from();
    let Some(first) = from.first() else { return Ok(false) };
    let slot = |index: usize| from.get(index).unwrap_or(first).as_str();
    Ok(on!(db, write pool => sqlx::query(ADVANCE)
        .bind(purchase.organisation.as_str())
        .bind(purchase.id.as_str())
        .bind(to.as_str())
        .bind(details.payment_ref)
        .bind(details.note)
        .bind(now.0)
        .bind(slot(0)).bind(slot(1)).bind(slot(2)).bind(slot(3)).bind(slot(4)).bind(slot(5))
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Fixes the instant at which we learned of the money: the first one stays, whoever asks.
///
/// # Errors
/// The database failed, or there is no such purchase.
pub async fn fix_paid_at(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    on!(db, write pool => sqlx::query(FIX_PAID_AT)
        .bind(organisation.as_str()).bind(id.as_str()).bind(now.0)
        .fetch_one(pool).await?.integer("paid_at").map(Timestamp))
}

/// Takes the turn for a recheck by a person; `false` when one was taken after `not_since`.
///
/// # Errors
/// The database failed.
pub async fn claim_recheck(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    now: Timestamp,
    not_since: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLAIM_RECHECK)
        .bind(organisation.as_str()).bind(id.as_str()).bind(now.0).bind(not_since.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// A purchase whose turn has come: unfinished, or with corrections to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCheck {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: PurchaseId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was to be looked at.
    pub check_at: Timestamp,
}

/// The purchase that has waited longest to be looked at.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn due_for_check(
    db: &Db,
    provider: &str,
    livemode: bool,
    now: Timestamp,
) -> Result<Option<DueCheck>, StoreError> {
    on!(db, read pool => sqlx::query(DUE_FOR_CHECK)
        .bind(now.0).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?.map(|row| due(&row)).transpose())
}

/// Takes the turn to look at a purchase; `false` when another node has taken it.
///
/// # Errors
/// The database failed.
pub async fn claim_check(db: &Db, due: &DueCheck, next: Timestamp) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLAIM_CHECK)
        .bind(due.organisation.as_str()).bind(due.id.as_str()).bind(due.check_at.0).bind(next.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// How many purchases the organisation has begun after `since`.
///
/// # Errors
/// The database failed.
pub async fn count_since(
    db: &Db,
    organisation: &OrganisationId,
    since: Timestamp,
) -> Result<i64, StoreError> {
    on!(db, read pool => sqlx::query(COUNT_OPENED_SINCE).bind(organisation.as_str()).bind(since.0)
        .fetch_one(pool).await?.integer("count"))
}

pub(super) fn name(row: &impl StoreRow) -> Result<(OrganisationId, PurchaseId), StoreError> {
    Ok((
        row.parsed("purchase", "organisation", OrganisationId::parse)?,
        row.parsed("purchase", "id", PurchaseId::parse)?,
    ))
}

fn due(row: &impl StoreRow) -> Result<DueCheck, StoreError> {
    let (organisation, id) = name(row)?;
    let created_at = Timestamp(row.integer("created_at")?);
    Ok(DueCheck { organisation, id, created_at, check_at: Timestamp(row.integer("check_at")?) })
}

pub(super) fn purchase(row: &impl StoreRow) -> Result<Purchase, StoreError> {
    let (organisation, id) = name(row)?;
    let months = row.integer_or_none("valid_months")?.map(u16::try_from).transpose();
    let valid_months = months.map_err(|problem| {
        StoreError::corrupt("purchase", format!("{id}: valid_months"), problem)
    })?;
    let paid_lot = row.text_or_none("paid_lot")?.map(|text| LotId::parse(&text)).transpose();
    let paid_lot = paid_lot
        .map_err(|problem| StoreError::corrupt("purchase", format!("{id}: paid_lot"), problem))?;
    Ok(Purchase {
        organisation,
        id,
        kind: row.parsed("purchase", "kind", str::parse)?,
        paid_lot,
        invoice_ref: row.text_or_none("invoice_ref")?,
        user: row.parsed("purchase", "user_id", UserId::parse)?,
        pack: row.text("pack")?,
        pack_name: row.text("pack_name")?,
        credits: Credits::from_micro(row.integer("credits")?),
        price: Money {
            minor: row.integer("amount_minor")?,
            currency: row.parsed("purchase", "currency", Currency::parse)?,
        },
        tax_mode: row.parsed("purchase", "tax_mode", str::parse)?,
        tax_minor: row.integer("tax_minor")?,
        valid_months,
        livemode: row.integer("livemode")? != 0,
        provider: row.text("provider")?,
        status: row.parsed("purchase", "status", str::parse)?,
        form_key: row.text_or_none("form_key")?,
        session_ref: row.text_or_none("session_ref")?,
        payment_ref: row.text_or_none("payment_ref")?,
        checkout_url: row.text_or_none("checkout_url")?,
        attempt: row.integer("attempt")?,
        created_at: Timestamp(row.integer("created_at")?),
        updated_at: Timestamp(row.integer("updated_at")?),
        expires_at: Timestamp(row.integer("expires_at")?),
        paid_at: row.integer_or_none("paid_at")?.map(Timestamp),
        note: row.text_or_none("note")?,
    })
}
