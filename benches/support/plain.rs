//! The plain way to make a hold: one database transaction each, under the organisation's row lock.
//!
//! It writes the rows that the engine writes for a hold (transaction, two entries, key, hold) and moves
//! the figures that the engine moves (head, lot, budget), and leaves out what only the engine does: the
//! order of lots, due expiries, the hash, the look-up of a key that was used before.

use super::holds::Pool;
use super::load::Failure;
use scrip::backend::store::Db;
use scrip::ledger::{Command, MakeHold, Order};
use scrip::on;

const LOCK: &str = "select sequence, available from ledger_head where organisation = $1";
const LOCK_ROW: &str =
    "select sequence, available from ledger_head where organisation = $1 for update";
const HEAD: &str = "update ledger_head set sequence = $2, available = available - $3, \
     held = held + $3, recorded_at = $4 where organisation = $1";
const LOT: &str =
    "update ledger_lot set remaining = remaining - $3 where organisation = $1 and id = $2";
const BUDGET: &str = "update ledger_budget set held = held + $3 \
     where organisation = $1 and subject = $2 and used + held + $3 <= amount";
const TRANSACTION: &str = "insert into ledger_transaction (organisation, sequence, kind, direction, \
     key, actor, department, member, operation, report, hold, occurred_at, recorded_at, amount, \
     available_after, detail, hash) values ($1, $2, 'hold', 'other', $3, $4, $5, $6, $7, $8, $9, $10, \
     $11, 0, $12, $13, $14)";
const ENTRIES: &str = "insert into ledger_entry (organisation, sequence, line, account, amount) \
     values ($1, $2, 1, $3, -$5), ($1, $2, 2, $4, $5)";
const KEY: &str = "insert into ledger_key (organisation, key, fingerprint, sequence) \
     values ($1, $2, $3, $4)";
const HOLD: &str = "insert into ledger_hold (organisation, id, state, amount, settled, deadline, \
     made_by, terms) values ($1, $2, 'open', $3, 0, $4, $5, $6)";
const HELD: &str = "select h.held, (select count(*) from ledger_hold where organisation = $1) \
     from ledger_head h where h.organisation = $1";

/// Makes the hold, or says why not.
///
/// # Errors
/// The database failed, there is not enough, or the order is no hold.
pub async fn hold(db: &Db, pool: &Pool, order: &Order) -> Result<(), Failure> {
    let Command::Hold(hold) = &order.command else { return Err("the order is no hold".into()) };
    let (begin, lock) = match db {
        Db::Sqlite { .. } => ("begin immediate", LOCK),
        Db::Postgres(_) => ("begin", LOCK_ROW),
    };
    let texts = Texts::of(pool, order, hold)?;
    let (organisation, amount) = (pool.organisation.as_str(), hold.amount.micro());
    let now = order.occurred_at.micros();
    on!(db, write connections => {
        let mut transaction = connections.begin_with(begin).await?;
        let (sequence, available): (i64, i64) =
            sqlx::query_as(lock).bind(organisation).fetch_one(&mut *transaction).await?;
        let (sequence, left) = (sequence + 1, available - amount);
        if left < 0 {
            return Err("there are not enough credits".into());
        }
        sqlx::query(HEAD).bind(organisation).bind(sequence).bind(amount).bind(now)
            .execute(&mut *transaction).await?;
        sqlx::query(LOT).bind(organisation).bind(pool.lot.as_str()).bind(amount)
            .execute(&mut *transaction).await?;
        let within = sqlx::query(BUDGET).bind(organisation).bind(&texts.budget).bind(amount)
            .execute(&mut *transaction).await?;
        if within.rows_affected() != 1 {
            return Err("the department has used its budget".into());
        }
        let attribution = &hold.attribution;
        sqlx::query(TRANSACTION).bind(organisation).bind(sequence).bind(order.key.as_str())
            .bind(&texts.actor)
            .bind(attribution.department.as_ref().map(|id| id.as_str()))
            .bind(attribution.member.as_ref().map(|id| id.as_str()))
            .bind(attribution.operation.as_ref().map(|name| name.as_str()))
            .bind(attribution.report.as_ref().map(|id| id.as_str()))
            .bind(hold.hold.as_str()).bind(now).bind(now).bind(left)
            .bind(&texts.terms).bind(&texts.fingerprint)
            .execute(&mut *transaction).await?;
        sqlx::query(ENTRIES).bind(organisation).bind(sequence)
            .bind(&texts.lot_account).bind(&texts.held_account).bind(amount)
            .execute(&mut *transaction).await?;
        sqlx::query(KEY).bind(organisation).bind(order.key.as_str()).bind(&texts.fingerprint)
            .bind(sequence)
            .execute(&mut *transaction).await?;
        sqlx::query(HOLD).bind(organisation).bind(hold.hold.as_str()).bind(amount)
            .bind(hold.deadline.micros()).bind(sequence).bind(&texts.terms)
            .execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    })
}

/// What is held in micro-credits, and by how many holds.
///
/// # Errors
/// The database failed.
pub async fn standing(db: &Db, pool: &Pool) -> Result<(i64, i64), Failure> {
    Ok(on!(db, write connections => sqlx::query_as(HELD).bind(pool.organisation.as_str())
        .fetch_one(connections).await)?)
}

/// The texts of the rows, made before the lock is taken.
struct Texts {
    actor: String,
    budget: String,
    lot_account: String,
    held_account: String,
    terms: String,
    fingerprint: Vec<u8>,
}

impl Texts {
    fn of(pool: &Pool, order: &Order, hold: &MakeHold) -> Result<Texts, Failure> {
        Ok(Texts {
            actor: order.actor.to_string(),
            budget: pool.budget.to_string(),
            lot_account: format!("lot:{}", pool.lot),
            held_account: format!("held:{}", hold.hold),
            terms: serde_json::to_string(hold)?,
            fingerprint: order.fingerprint().0.to_vec(),
        })
    }
}
