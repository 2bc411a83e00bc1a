//! The list of reports: everyone's for those who may see them, else one's own.

use super::{ReportError, view};
use crate::backend::access::Caller;
use crate::backend::state::Backend;
use crate::backend::store::report_list::{self, ListedReport, Order, Place, Selection};
use crate::backend::zone::Zone;
use crate::ledger::{Credits, ReportId};
use crate::model::Problem;
use crate::model::permission::{Action, may};
use crate::model::reports::{
    HIGH_USAGE_SAMPLE, ReportFilter, ReportListView, ReportRow, ReportSort, assets_phrase, is_high,
    usual_charge,
};

/// Which page of which list.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Which reports.
    pub filter: ReportFilter,
    /// In which order.
    pub sort: ReportSort,
    /// Where the page begins, as the page before said it; the first page where none is given.
    pub after: Option<String>,
}

/// One page of reports, of `most` rows, with the totals of the whole list.
///
/// # Errors
/// 422 as [`ReportError::Refused`] for a place that no page gave; the database failed.
pub async fn list(
    backend: &Backend,
    caller: &Caller,
    request: ListRequest,
    most: usize,
) -> Result<ReportListView, ReportError> {
    let everyone = may(caller.role, Action::ViewAllReports);
    let selection = Selection {
        organisation: &caller.organisation,
        user: (!everyone).then_some(&caller.user),
        filter: request.filter,
    };
    let after = request.after.as_deref().map(place).transpose()?;
    let order = order(request.sort);
    let and_one = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
    let mut rows =
        report_list::list(&backend.db, &selection, order, after.as_ref(), and_one).await?;
    let next = next_place(&mut rows, most);
    let totals = report_list::totals(&backend.db, &selection).await?;
    let charges =
        report_list::newest_charges(&backend.db, &caller.organisation, HIGH_USAGE_SAMPLE).await?;
    let usual = usual_charge(charges);
    let zone = view::zone(backend, &caller.organisation).await?;
    Ok(ReportListView {
        rows: rows.into_iter().map(|listed| row(listed, usual, zone)).collect(),
        filter: request.filter,
        sort: request.sort,
        is_first: after.is_none(),
        next,
        reports: totals.reports,
        charged: totals.charged,
        held: totals.held,
        median: usual,
        everyone,
    })
}

fn order(sort: ReportSort) -> Order {
    match sort {
        ReportSort::Newest => Order::Newest,
        ReportSort::Oldest => Order::Oldest,
        ReportSort::Dearest => Order::Dearest,
        ReportSort::Cheapest => Order::Cheapest,
    }
}

/// Takes the row beyond the page away; if there was one, the last row is where the next page begins.
fn next_place(rows: &mut Vec<ListedReport>, most: usize) -> Option<String> {
    let more = rows.len() > most;
    rows.truncate(most);
    let last = rows.last().filter(|_| more)?;
    Some(format!("{}.{}", last.place.figure, last.place.id))
}

/// Reads what [`next_place`] wrote.
fn place(text: &str) -> Result<Place, Problem> {
    let parsed = text.split_once('.').and_then(|(figure, id)| {
        let id = ReportId::parse(id).ok()?;
        Some(Place { figure: figure.parse().ok()?, id: id.to_string() })
    });
    parsed.ok_or_else(|| {
        Problem::invalid_field(
            "after",
            "This page's address was cut. Start from the list's first page.",
        )
    })
}

fn row(listed: ListedReport, usual: Option<Credits>, zone: Zone) -> ReportRow {
    ReportRow {
        id: listed.id.to_string(),
        title: listed.title,
        status: listed.status,
        assets: assets_phrase(listed.assets),
        // A hold is either open or settled: one of the two is nothing.
        credits: listed.held.max(listed.charged),
        user_name: listed.user_name,
        department_name: listed.department_name,
        created_at: zone.moment(listed.created_at),
        high_usage: is_high(listed.charged, usual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_and_anything_else_is_refused() {
        let read = place("1795000000000000.rep_1").unwrap();
        assert_eq!((read.figure, read.id.as_str()), (1_795_000_000_000_000, "rep_1"));
        for text in ["", "1", "x.rep_1", "1.org_1", "1.rep_'--"] {
            assert_eq!(place(text).unwrap_err().status, 422, "{text}");
        }
    }
}
