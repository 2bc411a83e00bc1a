//! Departments and their allotments: the page, and what a superadmin may change.
//!
//! An allotment is a cap ("may spend up to") for the running allowance year, set through the engine, so
//! it is in the journal with who set it, and it stops a hold that would pass it. All allotments
//! together never exceed the year's allowance: the engine asks that of the very state on which it
//! decides, so two that fit alone but not together never both pass, on one node or several.

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::engine::SubmitError;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::department::{Archived, Department};
use crate::backend::store::history::HistoryRow;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{self, StoreError};
use crate::backend::team::{self, YearUsage};
use crate::backend::zone::Zone;
use crate::ledger::command::SetBudget;
use crate::ledger::{
    Actor, BudgetKind, Command, Credits, DepartmentId, IdempotencyKey, LedgerState, Order,
    OrganisationId, Subject, TransactionKind, Window,
};
use crate::model::format::{credits_phrase, format_credits};
use crate::model::team::{AllotmentChange, DepartmentCard, DepartmentsPage};
use crate::model::{FieldProblem, Problem};

/// Characters that a department's name may have.
pub const LONGEST_NAME: usize = 60;
/// Changes of allotments that the page lists.
const CHANGES: usize = 20;
/// Changes that are read, so that most of those listed find the one before them.
const CHANGES_READ: i64 = 200;

/// What can come of a change besides success.
#[derive(Debug, thiserror::Error)]
pub enum DepartmentError {
    /// A *no* with its reason.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The engine refused or failed.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The figures could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The page.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
) -> Result<DepartmentsPage, ReadError> {
    let (id, zone) = (&organisation.id, backend.zone(organisation)?);
    let usage = YearUsage::running(backend, organisation).await?;
    let departments = team::departments(backend, id).await?;
    let allotted = usage.allotted(&departments.archived);
    let members = members_by_department(backend, id).await?;
    let noun = &backend.catalogue.nouns.department;
    Ok(DepartmentsPage {
        allowance: usage.view(zone),
        allotted,
        unallocated: usage.year.total().checked_sub(allotted).unwrap_or_default(),
        cards: departments.in_use.iter().map(|one| card(&usage, one, &members)).collect(),
        without_department: usage.without_department(),
        changes: changes(backend, id, zone).await?,
        form_key: id::uuid_simple(backend.now()),
        department_noun: noun.one.clone(),
        departments_noun: noun.many.clone(),
    })
}

fn card(usage: &YearUsage, department: &Department, members: &[DepartmentId]) -> DepartmentCard {
    let held = usage.state.holds().filter(|hold| {
        hold.is_open() && hold.attribution.department.as_ref() == Some(&department.id)
    });
    let held = Credits::checked_sum(held.map(|hold| hold.amount)).unwrap_or(Credits::MAX);
    let budget = usage.budget(&department.id);
    let members = members.iter().filter(|one| **one == department.id).count();
    DepartmentCard {
        id: department.id.to_string(),
        name: department.name.clone(),
        limit: budget.map(|budget| budget.limit),
        used: usage.used_by(&department.id),
        held: budget.map_or(held, |budget| budget.held),
        members: u64::try_from(members).unwrap_or(u64::MAX),
    }
}

/// The department of everyone who is a member now and has one.
async fn members_by_department(
    backend: &Backend,
    organisation: &OrganisationId,
) -> Result<Vec<DepartmentId>, ReadError> {
    let members = store::membership::members(&backend.db, organisation).await?;
    let current = members.into_iter().filter(|member| member.membership.ended_at.is_none());
    Ok(current.filter_map(|member| member.membership.department).collect())
}

/// The newest changes of allotments, with what was there before.
async fn changes(
    backend: &Backend,
    organisation: &OrganisationId,
    zone: Zone,
) -> Result<Vec<AllotmentChange>, ReadError> {
    let rows = store::history::budgets(&backend.db, organisation, CHANGES_READ).await?;
    let names = store::department::list(&backend.db, organisation).await?;
    let mut changes = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Some((Subject::Department(id), limit)) = limit_of(row) else { continue };
        let before = rows[index + 1..].iter().filter_map(limit_of);
        let before = before.filter(|(subject, _)| *subject == &Subject::Department(id.clone()));
        let name = names.iter().find(|one| one.id == *id).map(|one| one.name.clone());
        changes.push(AllotmentChange {
            sequence: row.sequence,
            at: zone.moment(row.recorded_at),
            user: super::credits::words::person(row),
            department: name.unwrap_or_else(|| id.to_string()),
            from: before.map(|(_, limit)| limit).next().flatten(),
            to: limit,
        });
    }
    changes.truncate(CHANGES);
    Ok(changes)
}

fn limit_of(row: &HistoryRow) -> Option<(&Subject, Option<Credits>)> {
    match &row.kind {
        TransactionKind::SetBudget { subject, limit, .. } => Some((subject, *limit)),
        _ => None,
    }
}

/// Makes a department. The same form sent twice makes one.
///
/// # Errors
/// The name is empty, too long or taken.
pub async fn create(
    backend: &Backend,
    organisation: &OrganisationId,
    name: &str,
    form_key: &str,
) -> Result<(), DepartmentError> {
    let name = checked_name(name)?;
    let id = DepartmentId::from_uuid_simple(form_key).map_err(|_| stale_form())?;
    if store::department::find(&backend.db, organisation, &id).await?.is_some() {
        return Ok(());
    }
    let department = Department {
        organisation: organisation.clone(),
        id,
        name: name.clone(),
        created_at: backend.now(),
        archived_at: None,
    };
    store::department::insert(&backend.db, &department).await.map_err(|error| taken(error, &name))
}

/// Gives a department another name.
///
/// # Errors
/// There is no such department, or the name is empty, too long or taken.
pub async fn rename(
    backend: &Backend,
    organisation: &OrganisationId,
    id: &DepartmentId,
    name: &str,
) -> Result<(), DepartmentError> {
    let name = checked_name(name)?;
    in_use(backend, organisation, id).await?;
    let renamed = store::department::rename(&backend.db, organisation, id, &name).await;
    renamed.map(drop).map_err(|error| taken(error, &name))
}

/// Takes a department out of use; its history stays and its allotment is free again.
///
/// # Errors
/// There is no such department, or it still has members.
pub async fn archive(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
    department: &DepartmentId,
    form_key: &str,
) -> Result<(), DepartmentError> {
    let found = in_use(backend, &organisation.id, department).await?;
    let archived =
        store::department::archive(&backend.db, &organisation.id, department, backend.now());
    match archived.await? {
        Archived::Done => {
            remove_allotment_of(backend, organisation, caller, department, form_key).await
        }
        Archived::NotInUse => Err(Problem::not_found("department").into()),
        Archived::HasMembers(count) => {
            let who = if count == 1 { "1 member".to_owned() } else { format!("{count} members") };
            let detail = format!("{} still has {who}.", found.name);
            Err(Problem::conflict("department_has_members", detail)
                .with_cure("Move them to another department first, on the Members page.")
                .into())
        }
    }
}

/// Sets the most that a department may use in the running allowance year.
///
/// # Errors
/// There is no such department, or all allotments together would exceed the allowance.
pub async fn set_allotment(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
    department: &DepartmentId,
    limit: Credits,
    form_key: &str,
) -> Result<(), DepartmentError> {
    loop {
        in_use(backend, &organisation.id, department).await?;
        let usage = YearUsage::running(backend, organisation).await?;
        let mut uncounted = team::departments(backend, &organisation.id).await?.archived;
        uncounted.push(department.clone());
        let (total, window) = (usage.year.total(), usage.year.window());
        check_allowance(total, usage.allotted(&uncounted), limit)?;
        let order = order(backend, caller, department, window, Some(limit), form_key)?;
        let fits = move |state: &LedgerState| {
            check_allowance(total, team::allotted(state, window, &uncounted), limit).is_ok()
        };
        match backend.engine.submit_if(&organisation.id, order, fits).await {
            // Somebody has allotted since we looked, on this node or another: look again.
            Err(SubmitError::Unmet) => {}
            answer => return answer.map(drop).map_err(DepartmentError::from),
        }
    }
}

/// Removes a department's allotment: it may use as much as there is.
///
/// # Errors
/// There is no such department.
pub async fn remove_allotment(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
    department: &DepartmentId,
    form_key: &str,
) -> Result<(), DepartmentError> {
    in_use(backend, &organisation.id, department).await?;
    remove_allotment_of(backend, organisation, caller, department, form_key).await
}

async fn remove_allotment_of(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
    department: &DepartmentId,
    form_key: &str,
) -> Result<(), DepartmentError> {
    let usage = YearUsage::running(backend, organisation).await?;
    if usage.budget(department).is_none() {
        return Ok(());
    }
    let order = order(backend, caller, department, usage.year.window(), None, form_key)?;
    backend.engine.submit(&organisation.id, order).await?;
    Ok(())
}

/// Refuses what all allotments together would make more than the allowance, with the arithmetic.
fn check_allowance(total: Credits, others: Credits, limit: Credits) -> Result<(), Problem> {
    let free = total.checked_sub(others).unwrap_or_default();
    if limit <= free {
        return Ok(());
    }
    let excess = limit.checked_sub(free).unwrap_or(limit);
    let left = free.max(Credits::ZERO);
    let detail = format!(
        "The year's allowance is {}; other departments have {} of it, so {} can be allotted here. \
         {} is {} too much.",
        format_credits(total),
        format_credits(others),
        format_credits(left),
        format_credits(limit),
        format_credits(excess),
    );
    let fields = vec![FieldProblem::new("limit", detail)];
    Err(Problem::invalid(fields)
        .with_cure(format!(
            "Allot at most {}, lower another department's limit, or add credits to the allowance.",
            credits_phrase(left)
        ))
        .with_number("allowance", total)
        .with_number("others", others)
        .with_number("free", left)
        .with_number("asked", limit))
}

fn order(
    backend: &Backend,
    caller: &Caller,
    department: &DepartmentId,
    window: Window,
    limit: Option<Credits>,
    form_key: &str,
) -> Result<Order, Problem> {
    let own = format!("allot:{department}:{form_key}");
    Ok(Order {
        key: IdempotencyKey::scoped("form", &own).map_err(|_| stale_form())?,
        actor: Actor::Member(caller.user.clone()),
        occurred_at: backend.now(),
        command: Command::SetBudget(SetBudget {
            subject: Subject::Department(department.clone()),
            kind: BudgetKind::Cap,
            window,
            limit,
            // The engine reads what was used before, together with the journal.
            used_so_far: Credits::ZERO,
        }),
    })
}

/// The department, if it is in use in this organisation.
async fn in_use(
    backend: &Backend,
    organisation: &OrganisationId,
    id: &DepartmentId,
) -> Result<Department, DepartmentError> {
    let found = store::department::find(&backend.db, organisation, id).await?;
    let found = found.filter(|department| department.archived_at.is_none());
    found.ok_or_else(|| Problem::not_found("department").into())
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(Problem::invalid_field("name", "Write a name for the department.")),
        1..=LONGEST_NAME => Ok(name),
        long => Err(Problem::invalid_field(
            "name",
            format!("The name has {long} characters; at most {LONGEST_NAME} fit."),
        )),
    }
}

fn taken(error: StoreError, name: &str) -> DepartmentError {
    match error {
        StoreError::Conflict { .. } => {
            Problem::invalid_field("name", format!("There is a department {name} already.")).into()
        }
        other => other.into(),
    }
}

/// A form whose key this page did not make.
fn stale_form() -> Problem {
    Problem::conflict("stale_form", "The form is too old or was changed on the way.")
        .with_cure("Open the page again and repeat it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(count: i64) -> Credits {
        Credits::from_whole(count).unwrap()
    }

    #[test]
    fn allotments_may_take_exactly_the_whole_allowance_and_not_one_credit_more() {
        assert!(check_allowance(whole(1000), whole(400), whole(600)).is_ok());
        let problem = check_allowance(whole(1000), whole(400), whole(601)).unwrap_err();
        assert_eq!(problem.status, 422);
        assert_eq!(
            problem.detail,
            "The year's allowance is 1,000; other departments have 400 of it, so 600 can be \
             allotted here. 601 is 1 too much."
        );
    }

    #[test]
    fn an_allowance_below_what_is_allotted_already_leaves_nothing() {
        let problem = check_allowance(whole(100), whole(400), whole(1)).unwrap_err();
        assert_eq!(problem.numbers["free"], "0");
    }

    #[test]
    fn a_name_is_trimmed_and_has_its_length() {
        assert_eq!(checked_name("  Brand   team "), Ok("Brand team".to_owned()));
        assert!(checked_name("   ").is_err());
        assert!(checked_name(&"x".repeat(LONGEST_NAME + 1)).is_err());
    }
}
