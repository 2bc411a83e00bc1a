//! When each job ran last, on whichever node, and how much waits to be done.

use super::{Db, StoreError, StoreRow};
use crate::ledger::time::Timestamp;
use crate::on;

/// How a job fared last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// Its name.
    pub job: String,
    /// When a step of it last came to its end.
    pub ran_at: Option<Timestamp>,
    /// When one last found something to do.
    pub worked_at: Option<Timestamp>,
    /// When one last failed.
    pub failed_at: Option<Timestamp>,
    /// Why.
    pub problem: Option<String>,
}

/// How much waits to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Organisations where something fell due and is not booked.
    pub due: i64,
    /// Payments that are to be asked about.
    pub payments: i64,
    /// Receipts and invoices that are to be written.
    pub documents: i64,
    /// Lines of mass grants that are to be booked.
    pub mass_grants: i64,
    /// Letters that are to be sent.
    pub letters: i64,
    /// Webhooks that are to be sent.
    pub webhooks: i64,
}

const NOTE: &str = "insert into job_run (job, ran_at, worked_at, failed_at, problem) \
     values ($1, $2, $3, $4, $5) on conflict (job) do update set \
     ran_at = coalesce(excluded.ran_at, job_run.ran_at), \
     worked_at = coalesce(excluded.worked_at, job_run.worked_at), \
     failed_at = coalesce(excluded.failed_at, job_run.failed_at), \
     problem = coalesce(excluded.problem, job_run.problem)";
const LIST: &str = "select * from job_run order by job";
const BACKLOG: &str = "select (select count(*) from ledger_head \
     where next_due is not null and next_due <= $1) as due, \
     (select count(*) from purchase where status in ('created', 'open', 'processing') \
     and check_at <= $1) as payments, \
     (select count(*) from purchase where document_at is not null and document_at <= $1) as documents, \
     (select count(*) from mass_grant m join mass_grant_line l on l.digest = m.digest \
     and l.state = 'checked' where m.state = 'running') as mass_grants, \
     (select count(*) from mail where next_try_at is not null and next_try_at <= $1) as letters, \
     (select count(*) from webhook_delivery d join webhook_endpoint e \
     on e.organisation = d.organisation and e.id = d.endpoint and e.state = 'on' \
     where d.state = 'waiting' and d.next_try_at <= $1) as webhooks";

/// Notes how jobs fared, all in one transaction; what is `None` stays as it was.
///
/// # Errors
/// The database failed.
pub async fn note(db: &Db, runs: &[JobRun]) -> Result<(), StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        for run in runs {
            sqlx::query(NOTE).bind(&run.job)
                .bind(run.ran_at.map(Timestamp::micros)).bind(run.worked_at.map(Timestamp::micros))
                .bind(run.failed_at.map(Timestamp::micros)).bind(run.problem.as_deref())
                .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}

/// How every job fared, by its name.
///
/// # Errors
/// The database failed.
pub async fn list(db: &Db) -> Result<Vec<JobRun>, StoreError> {
    on!(db, read pool => sqlx::query(LIST).fetch_all(pool).await?.iter().map(job_run).collect())
}

/// What waits since `before` or longer.
///
/// # Errors
/// The database failed.
pub async fn backlog(db: &Db, before: Timestamp) -> Result<Backlog, StoreError> {
    on!(db, read pool => {
        let row = sqlx::query(BACKLOG).bind(before.0).fetch_one(pool).await?;
        Ok(Backlog {
            due: row.integer("due")?,
            payments: row.integer("payments")?,
            documents: row.integer("documents")?,
            mass_grants: row.integer("mass_grants")?,
            letters: row.integer("letters")?,
            webhooks: row.integer("webhooks")?,
        })
    })
}

fn job_run(row: &impl StoreRow) -> Result<JobRun, StoreError> {
    Ok(JobRun {
        job: row.text("job")?,
        ran_at: row.time_or_none("ran_at")?,
        worked_at: row.time_or_none("worked_at")?,
        failed_at: row.time_or_none("failed_at")?,
        problem: row.text_or_none("problem")?,
    })
}
