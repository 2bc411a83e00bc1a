//! The days that a job sums behind the journal: which journal has grown beyond them, and the way forward.

use std::collections::BTreeMap;

use super::journal::{self, stored};
use super::usage_day::{DayKey, Sum};
use super::{Db, StoreError, StoreRow};
use crate::ledger::OrganisationId;
use crate::on;

const WANTED: &str = "select h.organisation, h.time_zone, h.sequence, \
     coalesce(p.sequence, 0) as place from ledger_head h \
     left join usage_day_place p on p.organisation = h.organisation \
     where h.sequence >= coalesce(p.sequence, 0) + $1 order by h.organisation limit 1";
const ADD: &str = "insert into usage_day (organisation, day, operation, department, member, api_key, \
     report, credits, transactions) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     on conflict (organisation, day, operation, department, member, api_key, report) do update set \
     credits = usage_day.credits + excluded.credits, \
     transactions = usage_day.transactions + excluded.transactions";
const FIRST_PLACE: &str = "insert into usage_day_place (organisation, sequence) values ($1, $2) \
     on conflict (organisation) do nothing";
const NEXT_PLACE: &str =
    "update usage_day_place set sequence = $2 where organisation = $1 and sequence = $3";
const FORGET_PLACE: &str = "delete from usage_day_place where organisation = $1";
const FORGET_DAYS: &str = "delete from usage_day where organisation = $1";

/// A journal that has grown beyond its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub organisation: OrganisationId,
    /// The zone that its days are counted in.
    pub time_zone: String,
    /// Up to where its days are summed.
    pub place: u64,
    /// Its last transaction.
    pub last: u64,
}

/// A journal with `least` transactions or more beyond its days.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn wanted(db: &Db, least: u64) -> Result<Option<Wanted>, StoreError> {
    on!(db, read pool => sqlx::query(WANTED).bind(stored(least)).fetch_optional(pool).await?
        .map(|row| Ok(Wanted {
            organisation: row.parsed("ledger_head", "organisation", OrganisationId::parse)?,
            time_zone: row.text("time_zone")?,
            place: journal::sequence(&row, "place")?,
            last: journal::sequence(&row, "sequence")?,
        })).transpose())
}

/// Adds to the days what the journal has behind `place` up to `through`. Of two nodes that do it at once,
/// one finds it done and changes nothing.
///
/// # Errors
/// The database failed.
pub async fn add(
    db: &Db,
    organisation: &OrganisationId,
    (place, through): (u64, u64),
    sums: &BTreeMap<DayKey, Sum>,
) -> Result<(), StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        if place == 0 {
            sqlx::query(FIRST_PLACE).bind(organisation.as_str()).bind(0_i64)
                .execute(&mut *transaction).await?;
        }
        let moved = sqlx::query(NEXT_PLACE).bind(organisation.as_str()).bind(stored(through))
            .bind(stored(place)).execute(&mut *transaction).await?.rows_affected();
        if moved == 1 {
            for (key, sum) in sums {
                sqlx::query(ADD).bind(organisation.as_str()).bind(&key.day).bind(&key.operation)
                    .bind(&key.department).bind(&key.member).bind(&key.key).bind(&key.report)
                    .bind(sum.credits.micro()).bind(sum.transactions)
                    .execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        }
    });
    Ok(())
}

/// Throws an organisation's days away: they are made again.
///
/// # Errors
/// The database failed.
pub async fn forget(db: &Db, organisation: &OrganisationId) -> Result<(), StoreError> {
    on!(db, write pool => {
        let mut transaction = pool.begin().await?;
        for statement in [FORGET_PLACE, FORGET_DAYS] {
            sqlx::query(statement).bind(organisation.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    });
    Ok(())
}
