//! People who can sign in. Emails are kept in lower case, so an address is one account.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::UserId;
use crate::ledger::time::Timestamp;
use crate::on;

/// A person's account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Where mail reaches them, in lower case.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// The password's hash as a PHC string, never the password.
    pub password_hash: String,
    /// Whether they are of those who run the installation.
    pub staff: bool,
    /// When the account was made.
    pub created_at: Timestamp,
}

pub(super) const INSERT: &str = "insert into user_account (id, email, name, password_hash, created_at, \
     staff) values ($1, $2, $3, $4, $5, $6)";
const SELECT: &str =
    "select id, email, name, password_hash, created_at, staff from user_account where id = $1";
const SELECT_BY_EMAIL: &str =
    "select id, email, name, password_hash, created_at, staff from user_account where email = $1";
const SET_PASSWORD: &str = "update user_account set password_hash = $2 where id = $1";
const SET_STAFF: &str = "update user_account set staff = $2 where id = $1";
const SET_NAME: &str = "update user_account set name = $2 where id = $1";
const COUNT: &str = "select count(*) as count from user_account";

/// Writes a new account; the email is put in lower case.
///
/// # Errors
/// [`StoreError::Conflict`] when the email has an account.
pub async fn insert(db: &Db, user: &User) -> Result<(), StoreError> {
    let result = on!(db, write pool => sqlx::query(INSERT)
        .bind(user.id.as_str())
        .bind(folded(&user.email))
        .bind(&user.name)
        .bind(&user.password_hash)
        .bind(user.created_at.micros())
        .bind(i64::from(user.staff))
        .execute(pool).await.map(|_| ()));
    or_conflict(result, "the email")
}

/// The account with this id.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(db: &Db, id: &UserId) -> Result<Option<User>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| user(&row)).transpose())
}

/// The account of this email, however it is capitalised.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_email(db: &Db, email: &str) -> Result<Option<User>, StoreError> {
    on!(db, read pool => sqlx::query(SELECT_BY_EMAIL).bind(folded(email))
        .fetch_optional(pool).await?.map(|row| user(&row)).transpose())
}

/// Replaces the password's hash; `false` when there is no such account.
///
/// # Errors
/// The database failed.
pub async fn set_password(db: &Db, id: &UserId, hash: &str) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SET_PASSWORD).bind(id.as_str()).bind(hash)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Replaces the name; `false` when there is no such account.
///
/// # Errors
/// The database failed.
pub async fn set_name(db: &Db, id: &UserId, name: &str) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SET_NAME).bind(id.as_str()).bind(name)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Makes someone one of those who run the installation, or no longer; `false` when there is no such
/// account.
///
/// # Errors
/// The database failed.
pub async fn set_staff(db: &Db, id: &UserId, staff: bool) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(SET_STAFF).bind(id.as_str()).bind(i64::from(staff))
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// How many accounts there are; 0 means a first run.
///
/// # Errors
/// The database failed.
pub async fn count(db: &Db) -> Result<i64, StoreError> {
    on!(db, read pool => sqlx::query(COUNT).fetch_one(pool).await?.integer("count"))
}

fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}

fn user(row: &impl StoreRow) -> Result<User, StoreError> {
    Ok(User {
        id: row.parsed("user_account", "id", UserId::parse)?,
        email: row.text("email")?,
        name: row.text("name")?,
        password_hash: row.text("password_hash")?,
        staff: row.integer("staff")? != 0,
        created_at: row.time("created_at")?,
    })
}
