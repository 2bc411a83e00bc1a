//! A new organisation with its first superadmin: account, organisation and membership in one
//! transaction, for the first run, the demo and the command line.

use super::organisation::Organisation;
use super::user::User;
use super::{Db, StoreError, or_conflict};
use crate::model::permission::Role;
use crate::on;

/// A setting that must have this value and is used up by the founding, which must be the first: the
/// set-up token.
#[derive(Clone, Copy, Debug)]
pub struct UsedUp<'a> {
    /// The setting's key.
    pub key: &'a str,
    /// The value it must have.
    pub value: &'a str,
}

const USE_UP: &str = "delete from setting where key = $1 and value = $2 \
     and not exists (select 1 from user_account)";

/// Writes all three rows; `false`, and nothing written, when the setting to use up is not there or there
/// is an account already.
///
/// # Errors
/// [`StoreError::Conflict`] when the email has an account.
pub async fn found(
    db: &Db,
    organisation: &Organisation,
    owner: &User,
    used_up: Option<UsedUp<'_>>,
) -> Result<bool, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        if let Some(setting) = used_up {
            let done = sqlx::query(USE_UP).bind(setting.key).bind(setting.value)
                .execute(&mut *transaction).await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
        }
        let written = sqlx::query(super::user::INSERT)
            .bind(owner.id.as_str()).bind(&owner.email).bind(&owner.name)
            .bind(&owner.password_hash).bind(owner.created_at.micros())
            .bind(i64::from(owner.staff))
            .execute(&mut *transaction).await;
        or_conflict(written, "the email")?;
        sqlx::query(super::organisation::INSERT)
            .bind(organisation.id.as_str()).bind(&organisation.name)
            .bind(&organisation.currency).bind(&organisation.time_zone)
            .bind(&organisation.catalogue).bind(organisation.created_at.micros())
            .execute(&mut *transaction).await?;
        sqlx::query(super::membership::UPSERT)
            .bind(organisation.id.as_str()).bind(owner.id.as_str())
            .bind(Role::Superadmin.as_str()).bind(None::<&str>)
            .bind(organisation.created_at.micros())
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(true)
    })
}
