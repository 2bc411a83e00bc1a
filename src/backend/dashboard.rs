//! The dashboard's reading side. Writes nothing.

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::balance::{days_left, recent_usage};
use crate::backend::credits;
use crate::backend::credits::months;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::report_line::{self, ReportLine};
use crate::backend::zone::Zone;
use crate::model::dashboard::{Dashboard, WorkLine};
use crate::model::permission::{Action, may};

/// Rows in each of the dashboard's lists.
const ROWS: i64 = 5;

/// The page as `caller` may see it.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
) -> Result<Dashboard, ReadError> {
    let (id, zone, now) = (&organisation.id, backend.zone(organisation)?, backend.now());
    let state = backend.ledger(id).await?;
    let figures = credits::figures(backend, organisation, &state).await?;
    let available = figures.view.available;
    let sees_everyone = may(caller.role, Action::ViewAllReports);
    let of = (!sees_everyone).then_some(&caller.user);
    let work = |lines: Vec<ReportLine>| lines.into_iter().map(|one| work_line(zone, one)).collect();
    Ok(Dashboard {
        greeting: greeting(zone.hour(now)).to_owned(),
        days_left: days_left(available, recent_usage(&backend.db, id, now).await?),
        figures,
        months: months::cards(backend, id, zone).await?.0,
        running: work(report_line::unfinished(&backend.db, id, of, ROWS).await?),
        latest: credits::latest(backend, organisation, ROWS).await?,
        recent: work(report_line::latest(&backend.db, id, of, ROWS).await?),
        sees_everyone,
        reports_noun: backend.catalogue.nouns.report.many.clone(),
    })
}

fn work_line(zone: Zone, line: ReportLine) -> WorkLine {
    WorkLine {
        id: line.id.to_string(),
        title: line.title,
        status: line.status,
        quoted: line.quoted,
        person: line.person,
        at: zone.moment(line.created_at),
    }
}

fn greeting(hour: u32) -> &'static str {
    match hour {
        5..12 => "Good morning",
        12..18 => "Good afternoon",
        _ => "Good evening",
    }
}
