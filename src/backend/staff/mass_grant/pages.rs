//! What the pages of mass grants show. Reads only.

use super::StaffError;
use crate::backend::balance::source_label;
use crate::backend::state::Backend;
use crate::backend::store::mass_grant::{self, MassGrant, MassGrantLine, MassGrantState};
use crate::backend::store::user;
use crate::backend::zone::Zone;
use crate::ledger::UserId;
use crate::model::mass_grant::{LineEffect, MassGrantBrief, MassGrantRow, MassGrantView};

/// Files that the list has.
const MOST_LISTED: i64 = 50;

/// The files, the newest first.
///
/// # Errors
/// The database failed.
pub async fn list(backend: &Backend, zone: Zone) -> Result<Vec<MassGrantBrief>, StaffError> {
    let files = mass_grant::list(&backend.db, MOST_LISTED).await?;
    Ok(files.iter().map(|file| brief(file, zone)).collect())
}

/// One file with every line.
///
/// # Errors
/// There is none, or the database failed.
pub async fn one(
    backend: &Backend,
    digest: &str,
    reader: &UserId,
    zone: Zone,
) -> Result<MassGrantView, StaffError> {
    let db = &backend.db;
    let file = mass_grant::find(db, digest).await?;
    let file = file.ok_or_else(|| StaffError::missing("mass grant"))?;
    let lines = mass_grant::lines(db, digest).await?;
    let names = lines.iter().filter_map(|line| line.grant.as_ref());
    let names = names.map(|grant| grant.organisation.to_string()).collect();
    let named = mass_grant::candidates(db, names).await?;
    let name_of = |id: &str| named.iter().find(|it| it.id.as_str() == id).map(|it| it.name.clone());
    let rows = lines.iter().map(|line| row(line, zone, &name_of)).collect();
    let confirmed_by = match &file.confirmed_by {
        Some(id) => Some(user::find(db, id).await?.map_or_else(|| id.to_string(), |it| it.name)),
        None => None,
    };
    let state = file.state;
    Ok(MassGrantView {
        brief: brief(&file, zone),
        is_own: file.confirmed_by.as_ref() == Some(reader),
        confirmed_by,
        may_confirm: state == MassGrantState::Checked && file.wrong == 0,
        may_approve: state == MassGrantState::Waiting,
        may_drop: matches!(state, MassGrantState::Checked | MassGrantState::Waiting),
        needs_second: file.total > backend.staff_rules.two_person_above,
        two_person_above: backend.staff_rules.two_person_above,
        booked: lines.iter().filter(|line| line.sequence.is_some()).count() as u64,
        rows,
    })
}

fn brief(file: &MassGrant, zone: Zone) -> MassGrantBrief {
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    let state = match file.state {
        MassGrantState::Checked if file.wrong > 0 => "To be mended",
        MassGrantState::Checked => "Checked, not booked",
        MassGrantState::Waiting => "Waits for a second person",
        MassGrantState::Running => "Being booked",
        MassGrantState::Done => "Done",
        MassGrantState::Dropped => "Dropped",
    };
    MassGrantBrief {
        digest: file.digest.clone(),
        name: file.name.clone(),
        uploaded: zone.moment(file.uploaded_at),
        lines: counted(file.lines),
        wrong: counted(file.wrong),
        total: file.total,
        state: state.to_owned(),
    }
}

fn row(
    line: &MassGrantLine,
    zone: Zone,
    name_of: &impl Fn(&str) -> Option<String>,
) -> MassGrantRow {
    let effect = line.grant.as_ref().map(|grant| LineEffect {
        organisation: grant.organisation.to_string(),
        organisation_name: name_of(grant.organisation.as_str())
            .unwrap_or_else(|| grant.organisation.to_string()),
        credits: grant.amount,
        source: source_label(grant.source).to_owned(),
        expires: grant.expires_at.map(|at| zone.moment(at)),
        reason: grant.reason.clone(),
        available: grant.available,
    });
    MassGrantRow {
        line: u64::try_from(line.line).unwrap_or_default(),
        written: line.written.clone(),
        effect,
        is_booked: line.sequence.is_some(),
        problem: line.problem.clone(),
        cure: line.cure.clone(),
    }
}
