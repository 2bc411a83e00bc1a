//! Which plan an organisation has, as the payment provider said last. The credits are the ledger's.

use std::fmt;
use std::str::FromStr;

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// What stands between an organisation and its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// It has no plan.
    None,
    /// It has the free plan.
    Free,
    /// It has a plan that was agreed on.
    Agreed,
    /// It pays for its plan.
    Active,
    /// It will pay for its plan.
    Trialing,
    /// A payment for its plan did not come.
    PastDue,
    /// The first payment for its plan has not come.
    Incomplete,
}

impl SubscriptionStatus {
    const ALL: [SubscriptionStatus; 7] = [
        SubscriptionStatus::None,
        SubscriptionStatus::Free,
        SubscriptionStatus::Agreed,
        SubscriptionStatus::Active,
        SubscriptionStatus::Trialing,
        SubscriptionStatus::PastDue,
        SubscriptionStatus::Incomplete,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            SubscriptionStatus::None => "none",
            SubscriptionStatus::Free => "free",
            SubscriptionStatus::Agreed => "agreed",
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::Trialing => "trialing",
            SubscriptionStatus::PastDue => "past_due",
            SubscriptionStatus::Incomplete => "incomplete",
        }
    }

    /// Whether a subscription at the provider stands behind it.
    pub const fn is_paid(self) -> bool {
        use SubscriptionStatus::{Active, Incomplete, PastDue, Trialing};
        matches!(self, Active | Trialing | PastDue | Incomplete)
    }
}

impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for SubscriptionStatus {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = SubscriptionStatus::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or("no status of a subscription")
    }
}

/// Whose subscription, at which provider, in which mode.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose.
    pub organisation: &'a OrganisationId,
    /// Which provider.
    pub provider: &'a str,
    /// Real money, or a test.
    pub livemode: bool,
}

/// The payment page that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The provider's name for it.
    pub page: String,
    /// Where the buyer pays.
    pub url: Option<String>,
    /// What is chosen on it.
    pub product: String,
    /// When it closes.
    pub closes_at: Timestamp,
}

/// What the provider says, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// The provider's name for the subscription.
    pub subscription: Option<String>,
    /// The product that was paid for last.
    pub paid: Option<String>,
    /// The product that the next period will be billed as.
    pub next: Option<String>,
    /// The first instant of the period.
    pub period_start: Option<Timestamp>,
    /// The first instant after it.
    pub period_end: Option<Timestamp>,
    /// Whether it ends with its period.
    pub ends_with_period: bool,
    /// Where the invoice that waits for its money is paid.
    pub pay_url: Option<String>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Who subscribed.
    pub user: Option<UserId>,
    /// What the provider said last.
    pub mirror: Mirror,
    /// The payment page that is open.
    pub page: Option<Page>,
    /// When it is to be looked at.
    pub check_at: Timestamp,
}

const ENSURE: &str = "insert into subscription (organisation, provider, livemode, status, \
     ends_with_period, asked_at, check_at) values ($1, $2, $3, 'none', 0, 0, $4) \
     on conflict (organisation, provider, livemode) do nothing";
const SELECT: &str = "select organisation, status, user_id, subscription_ref, paid_ref, next_ref, \
     period_start, period_end, ends_with_period, pay_url, page_ref, page_url, page_product, \
     page_closes_at, check_at from subscription \
     where organisation = $1 and provider = $2 and livemode = $3";
const SET_PAGE: &str = "update subscription set page_ref = $4, page_url = $5, page_product = $6, \
     page_closes_at = $7, check_at = $8, user_id = coalesce($9, user_id) \
     where organisation = $1 and provider = $2 and livemode = $3 and coalesce(page_ref, '') = $10";
const CLEAR_PAGE: &str = "update subscription set page_ref = null, page_url = null, \
     page_product = null, page_closes_at = null \
     where organisation = $1 and provider = $2 and livemode = $3 and page_ref = $4";
const SET_MIRROR: &str = "update subscription set status = $4, subscription_ref = $5, \
     paid_ref = $6, next_ref = $7, period_start = $8, period_end = $9, ends_with_period = $10, \
     pay_url = $11, asked_at = $12, check_at = $13 \
     where organisation = $1 and provider = $2 and livemode = $3 and asked_at <= $12";
const SET_STATUS: &str = "update subscription set status = $4 \
     where organisation = $1 and provider = $2 and livemode = $3";
const OWNER_BY_CUSTOMER: &str = "select organisation from billing_customer \
     where customer_ref = $1 and provider = $2 and livemode = $3";
const DUE: &str = "select organisation, check_at from subscription \
     where check_at <= $1 and provider = $2 and livemode = $3 order by check_at limit 1";
const CLAIM: &str = "update subscription set check_at = $5 \
     where organisation = $1 and provider = $2 and livemode = $3 and check_at = $4";
const WITHOUT_PLAN: &str = "select organisation.id as organisation from organisation \
     left join subscription on subscription.organisation = organisation.id \
     and subscription.provider = $1 and subscription.livemode = $2 \
     where coalesce(subscription.status, 'none') = 'none' order by organisation.id limit 1";

impl Place<'_> {
    fn mode(&self) -> i64 {
        i64::from(self.livemode)
    }
}

/// Makes the row of an organisation that has none yet.
///
/// # Errors
/// The database failed.
pub async fn ensure(db: &Db, place: Place<'_>) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(ENSURE)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode()).bind(i64::MAX)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The organisation's row.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, place: Place<'_>) -> Result<Option<Subscription>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode())
        .fetch_optional(pool).await?.map(|row| subscription(&row)).transpose())
}

/// Writes down the payment page that was opened by `user`, in the place of `instead_of`; `false` when
/// another page stands there.
///
/// # Errors
/// The database failed.
pub async fn set_page(
    db: &Db,
    place: Place<'_>,
    page: &Page,
    user: &UserId,
    instead_of: Option<&str>,
    check_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SET_PAGE)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode())
        .bind(&page.page).bind(page.url.as_deref()).bind(&page.product).bind(page.closes_at.0)
        .bind(check_at.0).bind(user.as_str()).bind(instead_of.unwrap_or_default())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Forgets a payment page: it was paid at, or has closed.
///
/// # Errors
/// The database failed.
pub async fn clear_page(db: &Db, place: Place<'_>, page: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(CLEAR_PAGE)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode()).bind(page)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes down what the provider said when it was asked at `asked_at`; `false` when it was heard later
/// than that.
///
/// # Errors
/// The database failed.
pub async fn set_mirror(
    db: &Db,
    place: Place<'_>,
    status: SubscriptionStatus,
    mirror: &Mirror,
    asked_at: Timestamp,
    check_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SET_MIRROR)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode())
        .bind(status.as_str())
        .bind(mirror.subscription.as_deref())
        .bind(mirror.paid.as_deref())
        .bind(mirror.next.as_deref())
        .bind(mirror.period_start.map(|at| at.0))
        .bind(mirror.period_end.map(|at| at.0))
        .bind(i64::from(mirror.ends_with_period))
        .bind(mirror.pay_url.as_deref())
        .bind(asked_at.0)
        .bind(check_at.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Changes where an organisation stands that has no subscription at the provider.
///
/// # Errors
/// The database failed.
pub async fn set_status(
    db: &Db,
    place: Place<'_>,
    status: SubscriptionStatus,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(SET_STATUS)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode())
        .bind(status.as_str())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The organisation that is this customer at the provider.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn owner_by_customer(
    db: &Db,
    provider: &str,
    livemode: bool,
    customer: &str,
) -> Result<Option<OrganisationId>, StoreError> {
    on!(db, write pool => sqlx::query(OWNER_BY_CUSTOMER)
        .bind(customer).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?.map(|row| organisation(&row)).transpose())
}

/// An organisation whose turn has come, and when that was.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn due(
    db: &Db,
    provider: &str,
    livemode: bool,
    now: Timestamp,
) -> Result<Option<(OrganisationId, Timestamp)>, StoreError> {
    on!(db, read pool => sqlx::query(DUE).bind(now.0).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?
        .map(|row| Ok((organisation(&row)?, row.time("check_at")?))).transpose())
}

/// Takes the turn; `false` when another node has taken it.
///
/// # Errors
/// The database failed.
pub async fn claim(
    db: &Db,
    place: Place<'_>,
    due_at: Timestamp,
    next: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLAIM)
        .bind(place.organisation.as_str()).bind(place.provider).bind(place.mode())
        .bind(due_at.0).bind(next.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// An organisation that has no plan at all.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn without_plan(
    db: &Db,
    provider: &str,
    livemode: bool,
) -> Result<Option<OrganisationId>, StoreError> {
    on!(db, read pool => sqlx::query(WITHOUT_PLAN).bind(provider).bind(i64::from(livemode))
        .fetch_optional(pool).await?.map(|row| organisation(&row)).transpose())
}

fn organisation(row: &impl StoreRow) -> Result<OrganisationId, StoreError> {
    row.parsed("subscription", "organisation", OrganisationId::parse)
}

fn subscription(row: &impl StoreRow) -> Result<Subscription, StoreError> {
    let page = match (row.text_or_none("page_ref")?, row.text_or_none("page_product")?) {
        (Some(page), Some(product)) => Some(Page {
            page,
            product,
            url: row.text_or_none("page_url")?,
            closes_at: row.time_or_none("page_closes_at")?.unwrap_or(Timestamp(i64::MIN)),
        }),
        _ => None,
    };
    Ok(Subscription {
        organisation: organisation(row)?,
        status: row.parsed("subscription", "status", str::parse)?,
        user: row.parsed_or_none("subscription", "user_id", UserId::parse)?,
        mirror: Mirror {
            subscription: row.text_or_none("subscription_ref")?,
            paid: row.text_or_none("paid_ref")?,
            next: row.text_or_none("next_ref")?,
            period_start: row.time_or_none("period_start")?,
            period_end: row.time_or_none("period_end")?,
            ends_with_period: row.integer("ends_with_period")? != 0,
            pay_url: row.text_or_none("pay_url")?,
        },
        page,
        check_at: row.time("check_at")?,
    })
}
