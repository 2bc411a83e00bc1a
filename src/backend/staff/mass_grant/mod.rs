//! Mass grants from a file: looked at line by line first ([`check`]), then booked, each line once.
//!
//! A file is known by its digest, so the same file is one mass grant however often it is sent, and a line's
//! key in the ledger is made from that digest and its number. Nothing is booked while one line is wrong: a
//! file that was mended is another file, and must not grant again what the first one did.

mod check;
mod file;
mod pages;

pub use file::{COLUMNS, MOST_BYTES, MOST_LINES};
pub use pages::{list, one};

use sha2::{Digest, Sha256};

use super::{StaffError, log};
use crate::backend::engine::SubmitError;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::mass_grant::{
    self, LineGrant, MassGrant, MassGrantLine, MassGrantState,
};
use crate::backend::store::staff_log::Deed;
use crate::ledger::{
    Actor, Command, Credits, Grant, IdempotencyKey, Order, Origin, Timestamp, UserId,
};
use crate::model::Problem;
use crate::model::format::{count_phrase, credits_phrase};

/// Lines that one step books.
const LINES_PER_STEP: i64 = 50;
/// The longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 120;

/// Looks at a file and writes down what every line would do; its digest. Books nothing.
///
/// # Errors
/// It is no such file, or the database failed.
pub async fn check_file(
    backend: &Backend,
    staff: &UserId,
    name: &str,
    bytes: &[u8],
) -> Result<String, StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let written = file::read(bytes)?;
    let names = written.iter().filter_map(|line| line.cells.as_ref().ok());
    let names = names.map(|cells| cells[0].clone()).collect();
    let candidates = mass_grant::candidates(db, names).await?;
    let lines = check::lines(written, &candidates, now);
    let amounts = lines.iter().filter_map(|line| line.grant.as_ref()).map(|grant| grant.amount);
    let total = Credits::checked_sum(amounts).ok_or_else(|| {
        Problem::invalid_field("file", "All lines together are too much to count.")
    })?;
    let counted = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let name: String = name.chars().filter(|it| !it.is_control()).take(LONGEST_NAME).collect();
    let file = MassGrant {
        digest: hex::encode(Sha256::digest(bytes)),
        name: if name.is_empty() { "grants.csv".to_owned() } else { name },
        uploaded_by: staff.clone(),
        uploaded_at: now,
        lines: counted(lines.len()),
        wrong: counted(lines.iter().filter(|line| line.grant.is_none()).count()),
        total,
        state: MassGrantState::Checked,
        confirmed_by: None,
        confirmed_at: None,
        decided_by: None,
    };
    // A file that is being booked or was stays as it is: its page says so.
    mass_grant::write(db, &file, &lines).await?;
    Ok(file.digest)
}

/// Says that the file be booked; a large one waits for a second person.
///
/// # Errors
/// A line is wrong, it is no longer to be confirmed, or the database failed.
pub async fn confirm(backend: &Backend, digest: &str, staff: &UserId) -> Result<(), StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let file = find(backend, digest).await?;
    let large = file.total > backend.staff_rules.two_person_above;
    let to = if large { MassGrantState::Waiting } else { MassGrantState::Running };
    if mass_grant::confirm(db, digest, to, staff, now).await? {
        if large {
            log::write(db, &deed(&file, staff, "asked", "Asked for: mass grant", now)).await?;
        } else {
            run_step(backend, now).await?;
        }
        return Ok(());
    }
    let file = find(backend, digest).await?;
    match file.state {
        MassGrantState::Checked => Err(Problem::conflict("lines_wrong", "Some lines are wrong.")
            .with_cure("Mend the file and send it again: nothing of it is booked before.")
            .into()),
        MassGrantState::Dropped => Err(over().into()),
        _ if file.confirmed_by.as_ref() == Some(staff) => Ok(()),
        _ => Err(over().into()),
    }
}

/// A second person says yes, and the file is booked.
///
/// # Errors
/// It does not wait, the caller confirmed it, or the database failed.
pub async fn approve(backend: &Backend, digest: &str, staff: &UserId) -> Result<(), StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let file = find(backend, digest).await?;
    if file.confirmed_by.as_ref() == Some(staff) {
        let own = "You asked for this yourself: somebody else has to approve it.";
        return Err(Problem::conflict("own_request", own).into());
    }
    if mass_grant::approve(db, digest, staff, now).await? {
        log::write(db, &deed(&file, staff, "approved", "Approved: mass grant", now)).await?;
        run_step(backend, now).await?;
        return Ok(());
    }
    let file = find(backend, digest).await?;
    if file.decided_by.as_ref() == Some(staff) { Ok(()) } else { Err(over().into()) }
}

/// Nothing of the file shall be booked.
///
/// # Errors
/// It is being booked or was, or the database failed.
pub async fn drop_file(backend: &Backend, digest: &str, staff: &UserId) -> Result<(), StaffError> {
    let (db, now) = (&backend.db, backend.now());
    let file = find(backend, digest).await?;
    if mass_grant::drop_file(db, digest).await? {
        if file.state == MassGrantState::Waiting {
            let step = format!("dropped:{}", now.0);
            log::write(db, &deed(&file, staff, &step, "Dropped: mass grant", now)).await?;
        }
        return Ok(());
    }
    if file.state == MassGrantState::Dropped { Ok(()) } else { Err(over().into()) }
}

async fn find(backend: &Backend, digest: &str) -> Result<MassGrant, StaffError> {
    let found = mass_grant::find(&backend.db, digest).await?;
    found.ok_or_else(|| StaffError::missing("mass grant"))
}

fn over() -> Problem {
    Problem::conflict("mass_grant_over", "This file has been answered already.")
        .with_cure("Look at its page again.")
}

/// Books some lines of a file that is to be booked: one step of a job. Killed anywhere, the next one
/// repeats the same orders and gets the same answers.
///
/// # Errors
/// Ledger or database gave no answer; the next step tries again.
pub async fn run_step(backend: &Backend, now: Timestamp) -> Result<Step, StaffError> {
    let db = &backend.db;
    let Some(file) = mass_grant::running(db).await? else { return Ok(Step::Idle) };
    let lines = mass_grant::unbooked(db, &file.digest, LINES_PER_STEP).await?;
    for line in &lines {
        book(backend, &file, line).await?;
    }
    let finished = i64::try_from(lines.len()).unwrap_or(i64::MAX) < LINES_PER_STEP;
    if finished && mass_grant::done(db, &file.digest, now).await? {
        let by = file.confirmed_by.as_ref().unwrap_or(&file.uploaded_by);
        log::write(db, &deed(&file, by, "done", "Mass grant", now)).await?;
    }
    Ok(Step::Done)
}

async fn book(backend: &Backend, file: &MassGrant, line: &MassGrantLine) -> Result<(), StaffError> {
    let Some(grant) = &line.grant else { return Ok(()) };
    let order = order_of(file, line.line, grant)?;
    match backend.engine.submit(&grant.organisation, order).await {
        Ok(receipt) => {
            let sequence = receipt.transaction.sequence;
            mass_grant::booked(&backend.db, &file.digest, line.line, sequence).await?;
        }
        Err(SubmitError::Refused(refusal)) => {
            let (problem, cure) = (refusal.to_string(), refusal.cure());
            let digest = &file.digest;
            mass_grant::refused(&backend.db, digest, line.line, &problem, &cure).await?;
        }
        Err(unknown) => return Err(unknown.into()),
    }
    Ok(())
}

/// The order that books a line: always the same.
fn order_of(file: &MassGrant, line: i64, terms: &LineGrant) -> Result<Order, StaffError> {
    let by = file.confirmed_by.clone().unwrap_or_else(|| file.uploaded_by.clone());
    let origin = Origin::StaffGrant { by: by.clone(), reason: terms.reason.clone() };
    let mut grant = Grant::plain(terms.lot.clone(), terms.source, terms.amount, origin);
    grant.expires_at = terms.expires_at;
    Ok(Order {
        key: IdempotencyKey::parse(&format!("mass:{}:{line}", file.digest))?,
        actor: Actor::Staff(by),
        occurred_at: file.confirmed_at.unwrap_or(file.uploaded_at),
        command: Command::Grant(Box::new(grant)),
    })
}

fn deed(file: &MassGrant, staff: &UserId, step: &str, action: &str, at: Timestamp) -> Deed {
    let lines = count_phrase(u64::try_from(file.lines).unwrap_or_default(), "line", "lines");
    Deed {
        id: format!("mass:{}:{step}", file.digest),
        at,
        staff: staff.clone(),
        organisation: None,
        action: format!("{action} of {lines}, {}", credits_phrase(file.total)),
        address: Some(format!("/admin/mass-grants/{}", file.digest)),
        reason: Some(file.name.clone()),
        was: None,
        became: None,
    }
}
