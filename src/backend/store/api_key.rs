//! API keys and their secrets, of which only hashes are here.
//!
//! A key has one secret that works for good, the newest; after a rotation the one before works until its
//! `ends_at`. A revoked key stays as history.

use super::{Db, StoreError, StoreRow, or_conflict};
use crate::ledger::id::{ApiKeyId, DepartmentId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::api_keys::Scopes;
use crate::on;

/// A key as it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The organisation it acts in.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// The department that pays for what it does.
    pub department: Option<DepartmentId>,
    /// Who made it; none from the command line.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// A secret as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSecret {
    /// How it begins.
    pub prefix: String,
    /// SHA-256 of all of it.
    pub hash: [u8; 32],
}

/// A key in a list, with what people want to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// The key.
    pub key: ApiKey,
    /// How its newest secret begins.
    pub prefix: String,
    /// How often that was renewed.
    pub rotation: i64,
    /// Until when an older one works, if one does after `now`.
    pub overlap: Option<Timestamp>,
    /// The name of its department.
    pub department_name: Option<String>,
    /// The name of whoever made it.
    pub maker_name: Option<String>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A key as one of its secrets names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// The key.
    pub key: ApiKey,
    /// Whether whoever made it is of those who run the installation now.
    pub made_by_staff: bool,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When this secret of it ends.
    pub ends_at: Option<Timestamp>,
}

const INSERT: &str = "insert into api_key (organisation, id, name, scopes, department, created_by, \
     created_at, rotation) values ($1, $2, $3, $4, $5, $6, $7, 0)";
const INSERT_SECRET: &str = "insert into api_key_secret (organisation, api_key, rotation, prefix, hash, \
     created_at) values ($1, $2, $3, $4, $5, $6)";
const ROTATE: &str = "update api_key set rotation = rotation + 1 \
     where organisation = $1 and id = $2 and rotation = $3 and revoked_at is null";
const END_OLDER: &str = "update api_key_secret set ends_at = $4 where organisation = $1 \
     and api_key = $2 and rotation < $3 and (ends_at is null or ends_at > $4)";
const REVOKE: &str = "update api_key set revoked_at = $3, revoked_by = $4 \
     where organisation = $1 and id = $2 and revoked_at is null";
const TOUCH: &str = "update api_key set last_used_at = $3 where organisation = $1 and id = $2 \
     and (last_used_at is null or last_used_at < $3)";
const LIST: &str = "select k.organisation, k.id, k.name, k.scopes, k.department, k.created_by, \
     k.created_at, k.rotation, k.last_used_at, k.revoked_at, s.prefix, d.name as department_name, \
     u.name as maker_name, (select max(o.ends_at) from api_key_secret o where o.organisation = k.organisation \
     and o.api_key = k.id and o.ends_at > $2) as overlap from api_key k \
     join api_key_secret s on s.organisation = k.organisation and s.api_key = k.id \
     and s.rotation = k.rotation \
     left join department d on d.organisation = k.organisation and d.id = k.department \
     left join user_account u on u.id = k.created_by \
     where k.organisation = $1 order by k.created_at desc, k.id desc";
const FIND: &str = "select organisation, id, name, scopes, department, created_by, created_at, \
     last_used_at, revoked_at, cast(null as bigint) as ends_at, cast(0 as bigint) as staff \
     from api_key where organisation = $1 and id = $2";
const FIND_BY_HASH: &str = "select k.organisation, k.id, k.name, k.scopes, k.department, k.created_by, \
     k.created_at, k.last_used_at, k.revoked_at, s.ends_at, coalesce(u.staff, 0) as staff \
     from api_key_secret s join api_key k on k.organisation = s.organisation and k.id = s.api_key \
     left join user_account u on u.id = k.created_by where s.hash = $1";

/// Writes a new key with its first secret.
///
/// # Errors
/// [`StoreError::Conflict`] when the id is there already.
pub async fn insert(db: &Db, key: &ApiKey, secret: &KeptSecret) -> Result<(), StoreError> {
    let written = on!(db, write pool => async {
        let mut transaction = pool.begin().await?;
        sqlx::query(INSERT)
            .bind(key.organisation.as_str())
            .bind(key.id.as_str())
            .bind(&key.name)
            .bind(key.scopes.to_string())
            .bind(key.department.as_ref().map(DepartmentId::as_str))
            .bind(key.created_by.as_ref().map(UserId::as_str))
            .bind(key.created_at.micros())
            .execute(&mut *transaction).await?;
        sqlx::query(INSERT_SECRET)
            .bind(key.organisation.as_str())
            .bind(key.id.as_str())
            .bind(0_i64)
            .bind(&secret.prefix)
            .bind(secret.hash.as_slice())
            .bind(key.created_at.micros())
            .execute(&mut *transaction).await?;
        transaction.commit().await
    }.await);
    or_conflict(written, "the key's id")
}

/// Gives a key another secret; those before work until `ends_at`. `false` when it was rotated since
/// `rotation`, or revoked.
///
/// # Errors
/// The database failed.
pub async fn rotate(
    db: &Db,
    (organisation, id): (&OrganisationId, &ApiKeyId),
    rotation: i64,
    secret: &KeptSecret,
    (now, ends_at): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let (organisation, id) = (organisation.as_str(), id.as_str());
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        let rotated = sqlx::query(ROTATE).bind(organisation).bind(id).bind(rotation)
            .execute(&mut *transaction).await?;
        if rotated.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(INSERT_SECRET).bind(organisation).bind(id).bind(rotation + 1)
            .bind(&secret.prefix).bind(secret.hash.as_slice()).bind(now.micros())
            .execute(&mut *transaction).await?;
        sqlx::query(END_OLDER).bind(organisation).bind(id).bind(rotation + 1)
            .bind(ends_at.micros()).execute(&mut *transaction).await?;
        transaction.commit().await?;
    });
    Ok(true)
}

/// Ends a key with all its secrets; `false` when it is over already or not there.
///
/// # Errors
/// The database failed.
pub async fn revoke(
    db: &Db,
    organisation: &OrganisationId,
    id: &ApiKeyId,
    by: Option<&UserId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(REVOKE)
        .bind(organisation.as_str()).bind(id.as_str()).bind(now.micros())
        .bind(by.map(UserId::as_str))
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Notes that a key was used.
///
/// # Errors
/// The database failed.
pub async fn touch(
    db: &Db,
    organisation: &OrganisationId,
    id: &ApiKeyId,
    now: Timestamp,
) -> Result<(), StoreError> {
    Ok(on!(db, write pool => sqlx::query(TOUCH)
        .bind(organisation.as_str()).bind(id.as_str()).bind(now.micros())
        .execute(pool).await.map(drop))?)
}

/// All keys of an organisation, the newest first, revoked ones among them.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn list(
    db: &Db,
    organisation: &OrganisationId,
    now: Timestamp,
) -> Result<Vec<ListedKey>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).bind(organisation.as_str()).bind(now.micros())
        .fetch_all(pool).await?.iter().map(listed).collect())
}

/// The key with this id, revoked or not.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find(
    db: &Db,
    organisation: &OrganisationId,
    id: &ApiKeyId,
) -> Result<Option<FoundKey>, StoreError> {
    on!(db, read pool => sqlx::query(FIND).bind(organisation.as_str()).bind(id.as_str())
        .fetch_optional(pool).await?.map(|row| found(&row)).transpose())
}

/// The key that has or had a secret with this hash.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn find_by_hash(db: &Db, hash: &[u8; 32]) -> Result<Option<FoundKey>, StoreError> {
    on!(db, read pool => sqlx::query(FIND_BY_HASH).bind(hash.as_slice())
        .fetch_optional(pool).await?.map(|row| found(&row)).transpose())
}

fn key(row: &impl StoreRow) -> Result<ApiKey, StoreError> {
    const TABLE: &str = "api_key";
    Ok(ApiKey {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        id: row.parsed(TABLE, "id", ApiKeyId::parse)?,
        name: row.text("name")?,
        scopes: row.parsed(TABLE, "scopes", str::parse::<Scopes>)?,
        department: row.parsed_or_none(TABLE, "department", DepartmentId::parse)?,
        created_by: row.parsed_or_none(TABLE, "created_by", UserId::parse)?,
        created_at: row.time("created_at")?,
    })
}

fn found(row: &impl StoreRow) -> Result<FoundKey, StoreError> {
    Ok(FoundKey {
        key: key(row)?,
        made_by_staff: row.integer("staff")? != 0,
        last_used_at: row.time_or_none("last_used_at")?,
        revoked_at: row.time_or_none("revoked_at")?,
        ends_at: row.time_or_none("ends_at")?,
    })
}

fn listed(row: &impl StoreRow) -> Result<ListedKey, StoreError> {
    Ok(ListedKey {
        key: key(row)?,
        prefix: row.text("prefix")?,
        rotation: row.integer("rotation")?,
        overlap: row.time_or_none("overlap")?,
        department_name: row.text_or_none("department_name")?,
        maker_name: row.text_or_none("maker_name")?,
        last_used_at: row.time_or_none("last_used_at")?,
        revoked_at: row.time_or_none("revoked_at")?,
    })
}
