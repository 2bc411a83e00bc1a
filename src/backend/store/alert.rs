//! What people are told: the alerts, and everyone's inbox. An alert, the inboxes it stands in and the
//! letters that go out with it are written in one transaction, and (where a look at an organisation led to
//! it) together with the look itself, so that nothing is told twice and nothing is forgotten.

use std::collections::HashMap;
use std::fmt;

use super::alert_turn::WatchState;
use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::alerts::{AlertKind, Severity};
use crate::on;

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everyone in the organisation.
    Everyone,
    /// Its admins and superadmins.
    Admins,
    /// A department, and the admins.
    Department(DepartmentId),
    /// One person.
    Member(UserId),
}

impl fmt::Display for Audience {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Audience::Everyone => formatter.write_str("everyone"),
            Audience::Admins => formatter.write_str("admins"),
            Audience::Department(id) => write!(formatter, "department:{id}"),
            Audience::Member(id) => write!(formatter, "member:{id}"),
        }
    }
}

/// The audience as the statements ask for it.
struct Chosen<'a> {
    everyone: i64,
    admins: i64,
    department: Option<&'a str>,
    member: Option<&'a str>,
}

impl Audience {
    fn chosen(&self) -> Chosen<'_> {
        let mut chosen = Chosen { everyone: 0, admins: 0, department: None, member: None };
        match self {
            Audience::Everyone => chosen.everyone = 1,
            Audience::Admins => chosen.admins = 1,
            Audience::Department(id) => {
                chosen.admins = 1;
                chosen.department = Some(id.as_str());
            }
            Audience::Member(id) => chosen.member = Some(id.as_str()),
        }
        chosen
    }
}

/// The letter that goes out with an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertLetter {
    /// What stands above it.
    pub subject: String,
    /// The letter as JSON.
    pub content: String,
}

/// An alert that is to be told, once for its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlert {
    /// Whose.
    pub organisation: OrganisationId,
    /// Its id.
    pub id: String,
    /// The name under which it is told once.
    pub key: String,
    /// What kind it is.
    pub kind: AlertKind,
    /// What it is about: a cure of the topic closes its alerts, and who dismisses one dismisses all.
    pub topic: String,
    /// The limit that was crossed; empty where it was none.
    pub watch: String,
    /// Who is told.
    pub audience: Audience,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it.
    pub detail: String,
    /// Where it is cured, and what the link there says.
    pub cure: Option<(String, String)>,
    /// When.
    pub created_at: Timestamp,
    /// Until when it concerns anybody; none: until it is closed.
    pub shown_until: Option<Timestamp>,
    /// Whether a louder one tells the same.
    pub quiet: bool,
    /// Whether it stands in inboxes.
    pub in_app: bool,
    /// The letter to those who want letters; none where the rule sends none.
    pub letter: Option<AlertLetter>,
}

/// An alert as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: String,
    /// What kind it is.
    pub kind: AlertKind,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it.
    pub detail: String,
    /// Where it is cured, and what the link there says.
    pub cure: Option<(String, String)>,
    /// When.
    pub created_at: Timestamp,
    /// Until when it concerns anybody.
    pub shown_until: Option<Timestamp>,
    /// When it was cured.
    pub closed_at: Option<Timestamp>,
    /// When the reader read it; only in an inbox.
    pub read_at: Option<Timestamp>,
}

/// What a look at an organisation came to; written only where nobody else has looked meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub organisation: OrganisationId,
    /// The version that was looked at; 0 where nobody ever looked.
    pub version: i64,
    /// How far the journal was read.
    pub sequence: i64,
    /// When time alone may bring something.
    pub look_at: Timestamp,
    /// The limits, and how each stands.
    pub watches: Vec<(String, WatchState)>,
    /// Limits that are none any more.
    pub gone: Vec<String>,
    /// Limits that were crossed and recovered.
    pub recovered: Vec<String>,
    /// The instant of the look.
    pub now: Timestamp,
}

const TURN_FIRST: &str = "insert into alert_turn (organisation, sequence, look_at, version) \
     values ($1, $2, $3, $4 + 1) on conflict (organisation) do nothing";
const TURN_NEXT: &str = "update alert_turn set sequence = $2, look_at = $3, version = version + 1 \
     where organisation = $1 and version = $4";
const WATCH: &str = "insert into alert_watch (organisation, watch, state) values ($1, $2, $3) \
     on conflict (organisation, watch) do update set state = excluded.state";
const FORGET: &str = "delete from alert_watch where organisation = $1 and watch = $2";
const CLOSE_WATCH: &str = "update alert set closed_at = $3 \
     where organisation = $1 and watch = $2 and closed_at is null";
const CLOSE_PAST: &str = "update alert set closed_at = shown_until \
     where organisation = $1 and closed_at is null and shown_until <= $2";
const CLOSE_TOPIC: &str = "update alert set closed_at = $3 \
     where organisation = $1 and topic = $2 and closed_at is null";
const INSERT_ONCE: &str = "insert into alert (organisation, id, key, kind, place, topic, watch, audience, \
     title, detail, address, link, created_at, shown_until) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
     on conflict (organisation, key) do nothing";
const INTO_INBOXES: &str = "insert into inbox (organisation, user_id, alert, created_at, is_quiet) \
     select m.organisation, m.user_id, cast($2 as text), cast($3 as bigint), cast($4 as bigint) \
     from membership m where m.organisation = $1 and m.ended_at is null \
     and (cast($5 as bigint) = 1 or (cast($6 as bigint) = 1 and m.role in ('admin', 'superadmin')) \
     or m.department = cast($7 as text) or m.user_id = cast($8 as text)) on conflict do nothing";
const LETTERS: &str = "insert into mail (organisation, id, about, recipient, subject, content, created_at, \
     next_try_at, attempts) select m.organisation, cast($2 as text) || '.' || m.user_id, \
     'alert:' || cast($2 as text), u.email, cast($9 as text), cast($10 as text), cast($3 as bigint), \
     cast($3 as bigint), 0 from membership m join user_account u on u.id = m.user_id \
     left join mail_choice c on c.organisation = m.organisation and c.user_id = m.user_id \
     where m.organisation = $1 and m.ended_at is null \
     and (cast($5 as bigint) = 1 or (cast($6 as bigint) = 1 and m.role in ('admin', 'superadmin')) \
     or m.department = cast($7 as text) or m.user_id = cast($8 as text)) \
     and coalesce(c.choice, case when m.role in ('admin', 'superadmin') or m.user_id = cast($8 as text) \
     then 'all' else 'none' end) in ('all', cast($4 as text)) on conflict do nothing";
const TOLD_SINCE: &str = "select kind, count(*) as count from alert \
     where organisation = $1 and created_at >= $2 group by kind";
const OPEN: &str = "select id, kind, title, detail, address, link, created_at, shown_until, closed_at, \
     cast(null as bigint) as read_at from alert where organisation = $1 and closed_at is null \
     order by place, created_at desc, id desc limit $2";

/// Writes how the limits stand after a look, within a transaction; `false` where somebody else has looked
/// meanwhile.
macro_rules! write_turn {
    ($transaction:ident, $turn:expr) => {{
        let (turn, organisation) = ($turn, $turn.organisation.as_str());
        let statement = if turn.version == 0 { TURN_FIRST } else { TURN_NEXT };
        let taken = sqlx::query(statement)
            .bind(organisation)
            .bind(turn.sequence)
            .bind(turn.look_at.0)
            .bind(turn.version)
            .execute(&mut *$transaction)
            .await?
            .rows_affected()
            > 0;
        if taken {
            for (watch, state) in &turn.watches {
                let query = sqlx::query(WATCH).bind(organisation).bind(watch).bind(state.as_str());
                query.execute(&mut *$transaction).await?;
            }
            for watch in &turn.gone {
                let query = sqlx::query(FORGET).bind(organisation).bind(watch);
                query.execute(&mut *$transaction).await?;
            }
            for watch in turn.gone.iter().chain(&turn.recovered) {
                let query = sqlx::query(CLOSE_WATCH).bind(organisation).bind(watch);
                query.bind(turn.now.0).execute(&mut *$transaction).await?;
            }
            let query = sqlx::query(CLOSE_PAST).bind(organisation).bind(turn.now.0);
            query.execute(&mut *$transaction).await?;
        }
        taken
    }};
}

/// Writes an alert with the inboxes it stands in and its letters, within a transaction; `false` when it
/// was told before.
macro_rules! write_alert {
    ($transaction:ident, $alert:expr) => {{
        let (alert, to) = ($alert, $alert.audience.chosen());
        let query = sqlx::query(INSERT_ONCE)
            .bind(alert.organisation.as_str())
            .bind(&alert.id)
            .bind(&alert.key)
            .bind(alert.kind.as_str())
            .bind(alert.kind.place())
            .bind(&alert.topic)
            .bind(&alert.watch)
            .bind(alert.audience.to_string())
            .bind(&alert.title)
            .bind(&alert.detail)
            .bind(alert.cure.as_ref().map(|(address, _)| address))
            .bind(alert.cure.as_ref().map(|(_, link)| link))
            .bind(alert.created_at.0)
            .bind(alert.shown_until.map(|until| until.0));
        let is_new = query.execute(&mut *$transaction).await?.rows_affected() > 0;
        if is_new && alert.in_app {
            let query = sqlx::query(INTO_INBOXES)
                .bind(alert.organisation.as_str())
                .bind(&alert.id)
                .bind(alert.created_at.0)
                .bind(i64::from(alert.quiet))
                .bind(to.everyone)
                .bind(to.admins)
                .bind(to.department)
                .bind(to.member);
            query.execute(&mut *$transaction).await?;
        }
        if let Some(letter) = alert.letter.as_ref().filter(|_| is_new) {
            let query = sqlx::query(LETTERS)
                .bind(alert.organisation.as_str())
                .bind(&alert.id)
                .bind(alert.created_at.0)
                .bind(if alert.kind.severity() == Severity::Bad { "urgent" } else { "all" })
                .bind(to.everyone)
                .bind(to.admins)
                .bind(to.department)
                .bind(to.member)
                .bind(&letter.subject)
                .bind(&letter.content);
            query.execute(&mut *$transaction).await?;
        }
        is_new
    }};
}

/// Writes a look, if there is one, and what it tells; how much of it was told now, or `None` where
/// somebody else has looked meanwhile and nothing was written.
///
/// # Errors
/// The database failed; nothing was written.
pub async fn write(
    db: &Db,
    turn: Option<&Turn>,
    alerts: &[NewAlert],
) -> Result<Option<usize>, StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        if let Some(turn) = turn
            && !write_turn!(transaction, turn)
        {
            return Ok(None);
        }
        let mut told = 0;
        for alert in alerts {
            told += usize::from(write_alert!(transaction, alert));
        }
        transaction.commit().await?;
        Ok(Some(told))
    })
}

/// Closes what was told about a topic that is cured; whether anything was open.
///
/// # Errors
/// The database failed.
pub async fn close_topic(
    db: &Db,
    organisation: &OrganisationId,
    topic: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLOSE_TOPIC)
        .bind(organisation.as_str()).bind(topic).bind(now.0)
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// What stands now, in the order of banners.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn open(
    db: &Db,
    organisation: &OrganisationId,
    limit: i64,
) -> Result<Vec<Alert>, StoreError> {
    on!(db, read pool => sqlx::query(OPEN).bind(organisation.as_str()).bind(limit)
        .fetch_all(pool).await?.iter().map(alert).collect())
}

/// How many alerts of each kind were told since an instant.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn told_since(
    db: &Db,
    organisation: &OrganisationId,
    since: Timestamp,
) -> Result<HashMap<AlertKind, u32>, StoreError> {
    on!(db, read pool => sqlx::query(TOLD_SINCE).bind(organisation.as_str()).bind(since.0)
        .fetch_all(pool).await?.iter()
        .map(|row| {
            let kind = row.parsed("alert", "kind", str::parse::<AlertKind>)?;
            Ok((kind, u32::try_from(row.integer("count")?).unwrap_or(u32::MAX)))
        })
        .collect())
}

/// An alert from its row.
pub(super) fn alert(row: &impl StoreRow) -> Result<Alert, StoreError> {
    Ok(Alert {
        id: row.text("id")?,
        kind: row.parsed("alert", "kind", str::parse::<AlertKind>)?,
        title: row.text("title")?,
        detail: row.text("detail")?,
        cure: row.text_or_none("address")?.zip(row.text_or_none("link")?),
        created_at: row.time("created_at")?,
        shown_until: row.time_or_none("shown_until")?,
        closed_at: row.time_or_none("closed_at")?,
        read_at: row.time_or_none("read_at")?,
    })
}
