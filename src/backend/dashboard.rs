//! The dashboard's reading side. Writes nothing.

use crate::backend::access::Caller;
use crate::backend::allowance::AllowanceYear;
use crate::backend::balance::ReadError;
use crate::backend::balance::{days_left, recent_usage};
use crate::backend::credits;
use crate::backend::credits::months;
use crate::backend::notices;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::report_line::{self, ReportLine};
use crate::backend::zone::Zone;
use crate::catalogue::{BalanceLevel, Thresholds};
use crate::ledger::Credits;
use crate::model::dashboard::{Dashboard, WorkLine};
use crate::model::format::{credits_phrase, format_credits};
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
    let base = AllowanceYear::running(backend, organisation).await?.threshold_base();
    let (available, thresholds) = (figures.view.available, &backend.catalogue.thresholds);
    let sees_everyone = may(caller.role, Action::ViewAllReports);
    let of = (!sees_everyone).then_some(&caller.user);
    let work = |lines: Vec<ReportLine>| lines.into_iter().map(|one| work_line(zone, one)).collect();
    let notices = if may(caller.role, Action::ManageAutoTopUp) {
        notices::open(&backend.db, id, zone).await?
    } else {
        Vec::new()
    };
    Ok(Dashboard {
        notices,
        greeting: greeting(zone.hour(now)).to_owned(),
        level: thresholds.level(available, base),
        level_reason: level_reason(thresholds, available, base),
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

/// Why a balance is low: the lowest limit that it has fallen below, in words.
fn level_reason(thresholds: &Thresholds, available: Credits, base: Option<Credits>) -> String {
    if thresholds.level(available, base) == BalanceLevel::Fine {
        return String::new();
    }
    if !available.is_positive() {
        return "Nothing is left to spend.".to_owned();
    }
    let left = credits_phrase(available);
    let below = |percent: &&u8| {
        base.is_some_and(|base| {
            i128::from(available.micro()) * 100 < i128::from(base.micro()) * i128::from(**percent)
        })
    };
    let percent = thresholds.percent_of_allowance.iter().filter(below).min();
    let number = thresholds.credits_left.iter().filter(|limit| available < **limit).min();
    match (percent, base, number) {
        (_, _, Some(limit)) => format!("{left} left: fewer than {}.", format_credits(*limit)),
        (Some(percent), Some(base), None) => {
            format!("{left} left: below {percent} % of {}.", format_credits(base))
        }
        _ => format!("{left} left."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(count: i64) -> Credits {
        Credits::from_whole(count).unwrap()
    }

    #[test]
    fn a_low_balance_names_the_limit_that_it_fell_below() {
        let thresholds = Thresholds {
            percent_of_allowance: vec![20, 5],
            credits_left: vec![whole(25), whole(5)],
        };
        let reason = |left| level_reason(&thresholds, whole(left), Some(whole(1000)));
        assert_eq!(reason(200), "");
        assert_eq!(reason(199), "199 credits left: below 20 % of 1,000.");
        assert_eq!(reason(49), "49 credits left: below 5 % of 1,000.");
        assert_eq!(reason(24), "24 credits left: fewer than 25.");
        assert_eq!(reason(1), "1 credit left: fewer than 5.");
        assert_eq!(reason(0), "Nothing is left to spend.");
    }
}
