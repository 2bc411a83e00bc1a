//! Invitations: who was asked to join, as what, by whom; and the one transaction that accepts one.
//!
//! The token itself is never here, only its hash. An invitation is open while it is neither accepted
//! nor revoked and its time is not over.

use super::user::User;
use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::permission::Role;
use crate::on;

/// An invitation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The organisation to join.
    pub organisation: OrganisationId,
    /// Its id within the organisation.
    pub id: String,
    /// Who is invited, in lower case.
    pub email: String,
    /// The role they will have.
    pub role: Role,
    /// The department they will be in, if it is still in use then.
    pub department: Option<DepartmentId>,
    /// SHA-256 of the token in the link.
    pub token_hash: Vec<u8>,
    /// Who invited them.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

/// What became of an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// They are a member now.
    Joined(Invitation),
    /// There is no open invitation with this token.
    NotOpen,
    /// They belong to the organisation already; the invitation stays open.
    AlreadyMember,
}

const INSERT: &str = "insert into invitation (organisation, id, email, role, department, \
     token_hash, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const FIND: &str = "select organisation, id, email, role, department, token_hash, created_by, \
     created_at, expires_at from invitation where organisation = $1 and id = $2 \
     and accepted_at is null and revoked_at is null";
const FIND_BY_TOKEN: &str = "select organisation, id, email, role, department, token_hash, \
     created_by, created_at, expires_at from invitation where token_hash = $1 \
     and accepted_at is null and revoked_at is null and expires_at > $2";
const LIST: &str = "select organisation, id, email, role, department, token_hash, created_by, \
     created_at, expires_at from invitation where organisation = $1 \
     and accepted_at is null and revoked_at is null order by created_at desc, id desc";
const RENEW: &str = "update invitation set token_hash = $3, expires_at = $4 \
     where organisation = $1 and id = $2 and accepted_at is null and revoked_at is null";
const REVOKE: &str = "update invitation set revoked_at = $3 \
     where organisation = $1 and id = $2 and accepted_at is null and revoked_at is null";
const REVOKE_OF_EMAIL: &str = "update invitation set revoked_at = $3 \
     where organisation = $1 and email = $2 and accepted_at is null and revoked_at is null";
const ACCEPT: &str = "update invitation set accepted_at = $2 where token_hash = $1 \
     and accepted_at is null and revoked_at is null and expires_at > $2 \
     returning organisation, id, email, role, department, token_hash, created_by, created_at, \
     expires_at";
const JOIN: &str = "insert into membership \
     (organisation, user_id, role, department, created_at, ended_at) \
     values ($1, $2, $3, $4, $5, null) \
     on conflict (organisation, user_id) do update set role = excluded.role, \
     department = excluded.department, ended_at = null where membership.ended_at is not null";

/// Writes a new invitation and revokes the open ones to the same address: one link works at a time.
///
/// # Errors
/// The database failed.
pub async fn insert(db: &Db, invitation: &Invitation) -> Result<(), StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        sqlx::query(REVOKE_OF_EMAIL)
            .bind(invitation.organisation.as_str())
            .bind(&invitation.email)
            .bind(invitation.created_at.micros())
            .execute(&mut *transaction).await?;
        sqlx::query(INSERT)
            .bind(invitation.organisation.as_str())
            .bind(&invitation.id)
            .bind(&invitation.email)
            .bind(invitation.role.as_str())
            .bind(invitation.department.as_ref().map(DepartmentId::as_str))
            .bind(&invitation.token_hash)
            .bind(invitation.created_by.as_str())
            .bind(invitation.created_at.micros())
            .bind(invitation.expires_at.micros())
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
    });
    Ok(())
}

/// The organisation's invitation with this id, expired or not, that was neither accepted nor revoked.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
) -> Result<Option<Invitation>, StoreError> {
    on!(db, read pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id)
        .fetch_optional(pool).await?.map(|row| invitation(&row)).transpose())
}

/// The open invitation with this token.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_token(
    db: &Db,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    on!(db, read pool => sqlx::query(FIND_BY_TOKEN).bind(token_hash).bind(now.micros())
        .fetch_optional(pool).await?.map(|row| invitation(&row)).transpose())
}

/// An organisation's invitations that were neither accepted nor revoked, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(db: &Db, organisation: &OrganisationId) -> Result<Vec<Invitation>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(invitation).collect())
}

/// Gives an invitation another token and more time; `false` when it was accepted or revoked.
///
/// # Errors
/// The database failed.
pub async fn renew(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
    token_hash: &[u8],
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(RENEW)
        .bind(organisation.as_str()).bind(id).bind(token_hash).bind(expires_at.micros())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Revokes an invitation; `false` when it was accepted or revoked before.
///
/// # Errors
/// The database failed.
pub async fn revoke(
    db: &Db,
    organisation: &OrganisationId,
    id: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(REVOKE)
        .bind(organisation.as_str()).bind(id).bind(at.micros())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Uses up the open invitation with this token and makes `user` a member, in no department where that of
/// the invitation is archived by now; with `account`, writes that new account first. All of it or nothing.
///
/// # Errors
/// [`StoreError::Conflict`] when the new account's email has an account.
pub async fn accept(
    db: &Db,
    token_hash: &[u8],
    user: &UserId,
    account: Option<&User>,
    now: Timestamp,
) -> Result<Accepted, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let row = sqlx::query(ACCEPT).bind(token_hash).bind(now.micros())
            .fetch_optional(&mut *transaction).await?;
        let Some(row) = row else { return Ok(Accepted::NotOpen) };
        let invitation = invitation(&row)?;
        if let Some(account) = account {
            let written = sqlx::query(super::user::INSERT)
                .bind(account.id.as_str()).bind(&account.email).bind(&account.name)
                .bind(&account.password_hash).bind(account.created_at.micros())
                .bind(i64::from(account.staff))
                .execute(&mut *transaction).await;
            or_conflict(written, "the email")?;
        }
        let organisation = invitation.organisation.as_str();
        let mut department = invitation.department.as_ref().map(DepartmentId::as_str);
        if let Some(id) = department {
            let taken = sqlx::query(super::department::TAKE).bind(organisation).bind(id)
                .execute(&mut *transaction).await?;
            department = department.filter(|_| taken.rows_affected() > 0);
        }
        let joined = sqlx::query(JOIN)
            .bind(organisation).bind(user.as_str()).bind(invitation.role.as_str())
            .bind(department)
            .bind(now.micros())
            .execute(&mut *transaction).await?;
        if joined.rows_affected() == 0 {
            return Ok(Accepted::AlreadyMember);
        }
        transaction.commit().await?;
        Ok(Accepted::Joined(invitation))
    })
}

fn invitation(row: &impl StoreRow) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        organisation: row.parsed("invitation", "organisation", OrganisationId::parse)?,
        id: row.text("id")?,
        email: row.text("email")?,
        role: row.parsed("invitation", "role", str::parse::<Role>)?,
        department: row.parsed_or_none("invitation", "department", DepartmentId::parse)?,
        token_hash: row.bytes("token_hash")?,
        created_by: row.parsed("invitation", "created_by", UserId::parse)?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}
