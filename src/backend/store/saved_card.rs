//! The card that an organisation has saved at the payment provider, and the consents under which cards
//! were saved. A consent is never changed but for the card that came of it.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::on;

/// Whose: an organisation's at one provider, for real money or for a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which provider.
    pub provider: String,
    /// Real money, or a test.
    pub livemode: bool,
}

/// Somebody's consent that a card may be charged without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Where.
    pub account: Account,
    /// Its id.
    pub id: String,
    /// Who gave it.
    pub user: UserId,
    /// What they agreed to, word by word.
    pub wording: String,
    /// When.
    pub given_at: Timestamp,
    /// The organisation's customer at the provider.
    pub customer_ref: String,
    /// The provider's page on which the card is typed.
    pub page_ref: Option<String>,
    /// The card that was saved there.
    pub method_ref: Option<String>,
}

/// A saved card as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCard {
    /// Whose.
    pub account: Account,
    /// The provider's name for it.
    pub method_ref: String,
    /// The provider's name for its owner.
    pub customer_ref: String,
    /// "visa".
    pub brand: String,
    /// The last four digits.
    pub last_four: String,
    /// 1 to 12: it is good to the end of that month.
    pub expires_month: i64,
    /// Four digits.
    pub expires_year: i64,
    /// The same for the same number, however often it is saved.
    pub fingerprint: String,
    /// The consent under which it was saved.
    pub consent: String,
    /// When.
    pub saved_at: Timestamp,
}

const INSERT_CONSENT: &str = "insert into card_consent (organisation, id, provider, livemode, user_id, \
     wording, given_at, customer_ref) values ($1, $2, $3, $4, $5, $6, $7, $8)";
const SET_PAGE: &str = "update card_consent set page_ref = $3 where organisation = $1 and id = $2";
const SET_METHOD: &str =
    "update card_consent set method_ref = $3 where organisation = $1 and id = $2";
const SELECT_CONSENT: &str = "select organisation, id, provider, livemode, user_id, wording, given_at, \
     customer_ref, page_ref, method_ref from card_consent where id = $1";
const UPSERT: &str = "insert into saved_card (organisation, provider, livemode, method_ref, \
     customer_ref, brand, last_four, expires_month, expires_year, fingerprint, consent, saved_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
     on conflict (organisation, provider, livemode) do update set method_ref = excluded.method_ref, \
     customer_ref = excluded.customer_ref, brand = excluded.brand, last_four = excluded.last_four, \
     expires_month = excluded.expires_month, expires_year = excluded.expires_year, \
     fingerprint = excluded.fingerprint, consent = excluded.consent, saved_at = excluded.saved_at";
const SELECT: &str = "select organisation, provider, livemode, method_ref, customer_ref, brand, \
     last_four, expires_month, expires_year, fingerprint, consent, saved_at from saved_card \
     where organisation = $1 and provider = $2 and livemode = $3";
const SELECT_BY_METHOD: &str = "select organisation, provider, livemode, method_ref, customer_ref, \
     brand, last_four, expires_month, expires_year, fingerprint, consent, saved_at from saved_card \
     where provider = $1 and livemode = $2 and method_ref = $3";
const DELETE: &str = "delete from saved_card where organisation = $1 and provider = $2 \
     and livemode = $3 and method_ref = $4";

/// Writes a consent.
///
/// # Errors
/// The database failed, or the id is taken.
pub async fn insert_consent(db: &Db, consent: &Consent) -> Result<(), StoreError> {
    let result = on!(db, write pool => sqlx::query(INSERT_CONSENT)
        .bind(consent.account.organisation.as_str())
        .bind(&consent.id)
        .bind(&consent.account.provider)
        .bind(i64::from(consent.account.livemode))
        .bind(consent.user.as_str())
        .bind(&consent.wording)
        .bind(consent.given_at.0)
        .bind(&consent.customer_ref)
        .execute(pool).await.map(|_| ()));
    or_conflict(result, "the consent's id")
}

/// Notes the page on which the card is typed.
///
/// # Errors
/// The database failed.
pub async fn set_page(db: &Db, consent: &Consent, page_ref: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(SET_PAGE)
        .bind(consent.account.organisation.as_str()).bind(&consent.id).bind(page_ref)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Notes the card that came of a consent.
///
/// # Errors
/// The database failed.
pub async fn set_method(db: &Db, consent: &Consent, method_ref: &str) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(SET_METHOD)
        .bind(consent.account.organisation.as_str()).bind(&consent.id).bind(method_ref)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The consent with this id, whosever it is.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_consent(db: &Db, id: &str) -> Result<Option<Consent>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT_CONSENT).bind(id)
        .fetch_optional(pool).await?.map(|row| consent(&row)).transpose())
}

/// Writes the organisation's card, in the place of another.
///
/// # Errors
/// The database failed.
pub async fn put(db: &Db, card: &SavedCard) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(UPSERT)
        .bind(card.account.organisation.as_str())
        .bind(&card.account.provider)
        .bind(i64::from(card.account.livemode))
        .bind(&card.method_ref)
        .bind(&card.customer_ref)
        .bind(&card.brand)
        .bind(&card.last_four)
        .bind(card.expires_month)
        .bind(card.expires_year)
        .bind(&card.fingerprint)
        .bind(&card.consent)
        .bind(card.saved_at.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The organisation's card.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, account: &Account) -> Result<Option<SavedCard>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT).bind(account.organisation.as_str())
        .bind(&account.provider).bind(i64::from(account.livemode))
        .fetch_optional(pool).await?.map(|row| card(&row)).transpose())
}

/// The organisation's card of this name at the provider.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_method(
    db: &Db,
    provider: &str,
    livemode: bool,
    method_ref: &str,
) -> Result<Option<SavedCard>, StoreError> {
    on!(db, write pool => sqlx::query(SELECT_BY_METHOD)
        .bind(provider).bind(i64::from(livemode)).bind(method_ref)
        .fetch_optional(pool).await?.map(|row| card(&row)).transpose())
}

/// Forgets a card; `false` when another one, or none, is saved.
///
/// # Errors
/// The database failed.
pub async fn delete(db: &Db, account: &Account, method_ref: &str) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(DELETE).bind(account.organisation.as_str())
        .bind(&account.provider).bind(i64::from(account.livemode)).bind(method_ref)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// The three columns that say whose a row is.
pub(super) fn account(row: &impl StoreRow, table: &'static str) -> Result<Account, StoreError> {
    Ok(Account {
        organisation: row.parsed(table, "organisation", OrganisationId::parse)?,
        provider: row.text("provider")?,
        livemode: row.integer("livemode")? != 0,
    })
}

fn consent(row: &impl StoreRow) -> Result<Consent, StoreError> {
    Ok(Consent {
        account: account(row, "card_consent")?,
        id: row.text("id")?,
        user: row.parsed("card_consent", "user_id", UserId::parse)?,
        wording: row.text("wording")?,
        given_at: row.time("given_at")?,
        customer_ref: row.text("customer_ref")?,
        page_ref: row.text_or_none("page_ref")?,
        method_ref: row.text_or_none("method_ref")?,
    })
}

fn card(row: &impl StoreRow) -> Result<SavedCard, StoreError> {
    Ok(SavedCard {
        account: account(row, "saved_card")?,
        method_ref: row.text("method_ref")?,
        customer_ref: row.text("customer_ref")?,
        brand: row.text("brand")?,
        last_four: row.text("last_four")?,
        expires_month: row.integer("expires_month")?,
        expires_year: row.integer("expires_year")?,
        fingerprint: row.text("fingerprint")?,
        consent: row.text("consent")?,
        saved_at: row.time("saved_at")?,
    })
}
