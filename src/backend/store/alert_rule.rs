//! The rules that an organisation or a person has set, and how someone wants to be written to.

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::alerts::{MailChoice, RuleKind};
use crate::on;

/// A rule as it is kept. Levels are percents, micro-credits, days or times, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRule {
    /// Whose rule; none for the organisation's own.
    pub owner: Option<UserId>,
    /// What kind.
    pub kind: RuleKind,
    /// At which levels it tells, the highest first.
    pub levels: Vec<i64>,
    /// Whether it sends letters.
    pub mail: bool,
    /// Whether it stands in inboxes.
    pub in_app: bool,
    /// Since when the levels are these.
    pub levels_at: Timestamp,
    /// How often it was changed.
    pub version: i64,
}

const OF_OWNER: &str = "select owner, kind, levels, mail, in_app, levels_at, version from alert_rule \
     where organisation = $1 and owner = $2";
const ALL: &str = "select owner, kind, levels, mail, in_app, levels_at, version from alert_rule \
     where organisation = $1";
const INSERT_ONCE: &str = "insert into alert_rule (organisation, owner, kind, levels, mail, in_app, \
     levels_at, changed_at, changed_by, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10 + 1) \
     on conflict (organisation, owner, kind) do nothing";
const UPDATE: &str = "update alert_rule set levels = $4, mail = $5, in_app = $6, levels_at = $7, \
     changed_at = $8, changed_by = $9, version = version + 1 \
     where organisation = $1 and owner = $2 and kind = $3 and version = $10";
const CHOICE: &str = "select choice from mail_choice where organisation = $1 and user_id = $2";
const CHOOSE: &str = "insert into mail_choice (organisation, user_id, choice) values ($1, $2, $3) \
     on conflict (organisation, user_id) do update set choice = excluded.choice";

/// What the organisation (`None`) or a person has set.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_owner(
    db: &Db,
    organisation: &OrganisationId,
    owner: Option<&UserId>,
) -> Result<Vec<StoredRule>, StoreError> {
    on!(db, write pool => sqlx::query(OF_OWNER).bind(organisation.as_str())
        .bind(owner.map_or("", UserId::as_str))
        .fetch_all(pool).await?.iter().map(rule).collect())
}

/// What the organisation and its people have set.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn all(db: &Db, organisation: &OrganisationId) -> Result<Vec<StoredRule>, StoreError> {
    on!(db, write pool => sqlx::query(ALL).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(rule).collect())
}

/// Saves a rule as the version after its own; `false` when somebody else has saved one meanwhile.
///
/// # Errors
/// The database failed.
pub async fn save(
    db: &Db,
    organisation: &OrganisationId,
    set: &StoredRule,
    by: &UserId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let statement = if set.version == 0 { INSERT_ONCE } else { UPDATE };
    let levels: Vec<String> = set.levels.iter().map(i64::to_string).collect();
    Ok(on!(db, write pool => sqlx::query(statement).bind(organisation.as_str())
        .bind(set.owner.as_ref().map_or("", UserId::as_str)).bind(set.kind.as_str())
        .bind(levels.join(",")).bind(i64::from(set.mail)).bind(i64::from(set.in_app))
        .bind(set.levels_at.0).bind(now.0).bind(by.as_str()).bind(set.version)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Which of their alerts someone has chosen to get by mail; none where they never chose.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn mail_choice(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<Option<MailChoice>, StoreError> {
    on!(db, write pool => sqlx::query(CHOICE).bind(organisation.as_str()).bind(user.as_str())
        .fetch_optional(pool).await?
        .map(|row| row.parsed("mail_choice", "choice", str::parse::<MailChoice>)).transpose())
}

/// Keeps what someone chose.
///
/// # Errors
/// The database failed.
pub async fn choose_mail(
    db: &Db,
    organisation: &OrganisationId,
    user: &UserId,
    choice: MailChoice,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(CHOOSE).bind(organisation.as_str()).bind(user.as_str())
        .bind(choice.as_str()).execute(pool).await.map(|_| ()))?;
    Ok(())
}

fn rule(row: &impl StoreRow) -> Result<StoredRule, StoreError> {
    let owner = row.text("owner")?;
    let owner = (!owner.is_empty()).then(|| row.parsed("alert_rule", "owner", UserId::parse));
    Ok(StoredRule {
        owner: owner.transpose()?,
        kind: row.parsed("alert_rule", "kind", str::parse::<RuleKind>)?,
        levels: row.parsed("alert_rule", "levels", numbers)?,
        mail: row.integer("mail")? != 0,
        in_app: row.integer("in_app")? != 0,
        levels_at: row.time("levels_at")?,
        version: row.integer("version")?,
    })
}

fn numbers(text: &str) -> Result<Vec<i64>, std::num::ParseIntError> {
    text.split(',').filter(|number| !number.is_empty()).map(str::parse).collect()
}
