//! The page of one report: its assets, and its receipt as the ledger has it.

use super::ReportError;
use crate::backend::access::Caller;
use crate::backend::state::Backend;
use crate::backend::store::report::{self, Asset, Report};
use crate::backend::store::{StoreError, department, hold, lot, user};
use crate::backend::zone::Zone;
use crate::catalogue::ANALYSIS_OPERATION;
use crate::ledger::{
    Credits, Draw, Hold, HoldState, OrganisationId, ReleaseCause, ReportId, Timestamp,
};
use crate::model::format::format_bytes;
use crate::model::permission::{Action, may};
use crate::model::reports::{AssetView, PaidLot, ReceiptState, ReceiptView, ReportView};
use crate::model::{Moment, Problem};

/// The report with this id, if the caller may see it: their own, or anyone's of their organisation
/// where the table says so. Every other one is not there for them.
///
/// # Errors
/// 404 as [`ReportError::Refused`]; the database failed.
pub async fn view(
    backend: &Backend,
    caller: &Caller,
    id: &ReportId,
) -> Result<ReportView, ReportError> {
    let found = report::find(&backend.db, &caller.organisation, id).await?;
    let found = found
        .filter(|found| found.user == caller.user || may(caller.role, Action::ViewAllReports))
        .ok_or_else(|| Problem::not_found("report"))?;
    let zone = zone(backend, &caller.organisation).await?;
    let assets = report::assets(&backend.db, &caller.organisation, id).await?;
    let receipt = receipt(backend, &found, zone).await?;
    Ok(ReportView {
        id: found.id.to_string(),
        status: found.status,
        created_at: zone.moment(found.created_at),
        finished_at: found.finished_at.map(|at| zone.moment(at)),
        user_name: user_name(backend, &found).await?,
        department_name: department_name(backend, &found).await?,
        title: found.title,
        assets: assets.into_iter().map(asset).collect(),
        receipt,
    })
}

/// The zone in which the organisation reads times.
pub(super) async fn zone(
    backend: &Backend,
    organisation: &OrganisationId,
) -> Result<Zone, ReportError> {
    let name = backend.organisation(organisation).await?.time_zone;
    let zone = Zone::of(&name);
    Ok(zone.map_err(|error| StoreError::corrupt("organisation", organisation, error))?)
}

/// An instant as the organisation reads it.
pub(super) async fn moment(
    backend: &Backend,
    organisation: &OrganisationId,
    at: Timestamp,
) -> Result<Moment, ReportError> {
    Ok(zone(backend, organisation).await?.moment(at))
}

fn asset(asset: Asset) -> AssetView {
    AssetView {
        kind: asset.kind,
        name: asset.name,
        size: format_bytes(usize::try_from(asset.size).unwrap_or_default()),
        credits: asset.credits,
        outcome: asset.outcome,
    }
}

async fn user_name(backend: &Backend, report: &Report) -> Result<String, StoreError> {
    let user = user::find(&backend.db, &report.user).await?;
    Ok(user.map_or_else(|| report.user.to_string(), |user| user.name))
}

async fn department_name(backend: &Backend, report: &Report) -> Result<Option<String>, StoreError> {
    let Some(id) = &report.department else { return Ok(None) };
    let found = department::find(&backend.db, &report.organisation, id).await?;
    Ok(found.map(|department| department.name))
}

async fn receipt(
    backend: &Backend,
    report: &Report,
    zone: Zone,
) -> Result<ReceiptView, ReportError> {
    let hold = hold::find(&backend.db, &report.organisation, &report.hold).await?;
    let operation = backend.catalogue.operation(ANALYSIS_OPERATION);
    let draws = match &hold {
        Some(Hold { state: HoldState::Open, draws, .. }) => draws.as_slice(),
        Some(Hold { state: HoldState::Settled { paid, .. }, .. }) => paid.as_slice(),
        _ => &[],
    };
    Ok(ReceiptView {
        operation: operation.map_or(ANALYSIS_OPERATION, |operation| &operation.name).to_owned(),
        quoted: report.quoted,
        lots: paid_lots(backend, report, draws).await?,
        state: state(hold.as_ref(), zone),
    })
}

fn state(hold: Option<&Hold>, zone: Zone) -> ReceiptState {
    let Some(hold) = hold else { return ReceiptState::Pending };
    match &hold.state {
        HoldState::Open => ReceiptState::Held { credits: hold.amount },
        HoldState::Settled { amount, at, .. } => ReceiptState::Charged {
            credits: *amount,
            returned: hold.amount.checked_sub(*amount).unwrap_or(Credits::ZERO),
            at: zone.moment(*at),
        },
        HoldState::Released { cause, at, .. } => ReceiptState::Returned {
            credits: hold.amount,
            at: zone.moment(*at),
            lapsed: *cause == ReleaseCause::Deadline,
        },
    }
}

async fn paid_lots(
    backend: &Backend,
    report: &Report,
    draws: &[Draw],
) -> Result<Vec<PaidLot>, StoreError> {
    let mut lots = Vec::with_capacity(draws.len());
    for draw in draws {
        let lot = lot::find(&backend.db, &report.organisation, &draw.lot).await?;
        let source = lot.map(|lot| lot.source.label()).unwrap_or("Unknown source");
        lots.push(PaidLot {
            source: source.to_owned(),
            id: draw.lot.to_string(),
            credits: draw.amount,
        });
    }
    Ok(lots)
}
