//! Organisations as staff see them: the list, and one of them. Reads only.

use super::{StaffError, log};
use crate::backend::billing_overview;
use crate::backend::credits::{self, Eyes};
use crate::backend::state::Backend;
use crate::backend::store::organisation::{self, Organisation};
use crate::backend::store::staff_overview::{self, OverviewRow};
use crate::backend::store::staff_request;
use crate::backend::zone::Zone;
use crate::ledger::time::MINUTE;
use crate::ledger::{OrganisationId, Timestamp, UserId};
use crate::model::Problem;
use crate::model::format::{count_phrase, credits_phrase};
use crate::model::staff_console::{
    HealthNote, OrganisationLine, OrganisationList, OrganisationView, PaymentBrief,
};

/// Organisations on one page.
const PER_PAGE: usize = 50;
/// Transactions, payments and deeds that the page of one organisation lists.
const MOST_LISTED: i64 = 10;
/// What fell due longer ago than this and is not booked means that the job for it does not run.
const OVERDUE_AFTER: i64 = 5 * MINUTE;

/// The list: those that `search` finds, from below the cursor `before` on; both may be empty.
///
/// # Errors
/// The cursor is none, or the database failed.
pub async fn list(
    backend: &Backend,
    search: &str,
    before: &str,
    zone: Zone,
) -> Result<OrganisationList, StaffError> {
    let cursor = match before {
        "" => None,
        text => Some(parse_cursor(text).ok_or_else(|| Problem::not_found("page"))?),
    };
    let (db, now) = (&backend.db, backend.now());
    let wanted = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let from = cursor.as_ref().map(|(time, id)| (*time, id));
    let provider = backend.payments.provider();
    let found = staff_overview::list(db, provider, search, from, wanted).await?;
    let next = found.get(PER_PAGE - 1).filter(|_| found.len() > PER_PAGE);
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(OrganisationList {
        search: search.to_owned(),
        next: next.map(|last| format!("{}.{}", last.created_at.0, last.id)),
        rows: found.iter().take(PER_PAGE).map(|row| line(backend, row, zone, now)).collect(),
        total: counted(staff_overview::count(db).await?),
        waiting: counted(staff_request::count_waiting(db, now).await?),
        is_later_page: cursor.is_some(),
    })
}

/// One organisation, with instants in the reader's own zone.
///
/// # Errors
/// There is none, or ledger or database gave no answer.
pub async fn one(
    backend: &Backend,
    id: &OrganisationId,
    reader: &UserId,
    zone: Zone,
) -> Result<OrganisationView, StaffError> {
    let found = named(backend, id).await?;
    let (db, now) = (&backend.db, backend.now());
    let provider = backend.payments.provider();
    let rows = staff_overview::list(db, provider, id.as_str(), None, 1).await?;
    let row = rows.first().ok_or_else(|| StaffError::missing("organisation"))?;
    // Everything on the page is read in one zone: that of its reader.
    let seen = Organisation { time_zone: zone.name().to_owned(), ..found.clone() };
    let eyes = Eyes { user: reader.clone(), sees_everyone: true, sees_money: true };
    let overview = billing_overview::page(backend, &seen, &eyes).await?;
    let people = staff_overview::headcount(db, id).await?;
    let payments = &backend.payments;
    let payments = payments.purchases(id, None, MOST_LISTED, now, |at| zone.moment(at)).await?;
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(OrganisationView {
        line: line(backend, row, zone, now),
        currency: found.currency,
        time_zone: found.time_zone,
        members: counted(people.members),
        departments: counted(people.departments),
        figures: overview.figures,
        sources: overview.sources,
        transactions: credits::latest(backend, &seen, MOST_LISTED).await?,
        payments,
        deeds: log::of_organisation(backend, id, MOST_LISTED, zone).await?,
    })
}

/// The organisation of this id.
///
/// # Errors
/// There is none, or the database failed.
pub async fn named(backend: &Backend, id: &OrganisationId) -> Result<Organisation, StaffError> {
    let found = organisation::find(&backend.db, id).await?;
    found.ok_or_else(|| StaffError::missing("organisation"))
}

fn parse_cursor(text: &str) -> Option<(Timestamp, OrganisationId)> {
    let (micros, id) = text.split_once('.')?;
    Some((Timestamp(micros.parse().ok()?), OrganisationId::parse(id).ok()?))
}

fn line(backend: &Backend, row: &OverviewRow, zone: Zone, now: Timestamp) -> OrganisationLine {
    let brief = |payment: &staff_overview::LastPayment| PaymentBrief {
        id: payment.id.to_string(),
        price: payment.price,
        begun: zone.moment(payment.begun),
    };
    OrganisationLine {
        id: row.id.to_string(),
        name: row.name.clone(),
        since: zone.moment(row.created_at),
        available: row.balance.map(|balance| balance.available),
        plan: plan(backend, row),
        last_payment: row.last_payment.as_ref().map(brief),
        health: health(row, now),
    }
}

/// The plan's name, as it is called today where it is still offered.
fn plan(backend: &Backend, row: &OverviewRow) -> Option<String> {
    let catalogue = &backend.catalogue;
    match row.plan_status.as_deref()? {
        "none" => None,
        "free" => catalogue.free_plan().map(|plan| plan.name.clone()),
        "agreed" => {
            let code = row.agreed_plan.as_deref()?;
            let offered = catalogue.plan(code).map(|plan| plan.name.clone());
            Some(offered.unwrap_or_else(|| code.to_owned()))
        }
        _ => row.paid_plan.as_ref().map(|plan| plan.name.clone()),
    }
}

/// What somebody should know, the worst first.
fn health(row: &OverviewRow, now: Timestamp) -> Vec<HealthNote> {
    let mut notes = Vec::new();
    let mut bad = |text: String| notes.push(HealthNote { text, is_bad: true });
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    if row.reviews > 0 {
        bad(format!("{} to look into", count_phrase(counted(row.reviews), "payment", "payments")));
    }
    if row.disputes > 0 {
        bad(count_phrase(counted(row.disputes), "open dispute", "open disputes"));
    }
    if row.plan_status.as_deref() == Some("past_due") {
        bad("Plan not paid".to_owned());
    }
    let Some(balance) = row.balance else { return notes };
    if balance.next_due.is_some_and(|due| due.plus(OVERDUE_AFTER) < now) {
        bad("Expiries are not booked".to_owned());
    }
    if balance.debt.is_positive() {
        bad(format!("Owes {}", credits_phrase(balance.debt)));
    } else if !balance.available.is_positive() {
        notes.push(HealthNote { text: "No credits left".to_owned(), is_bad: false });
    }
    notes
}
