//! `GET /v1/usage`: what was used in a stretch of time, by one of the things that it was for, in one sum or
//! by day, week or month of the organisation's own time zone.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Answer, Answered};
use super::body::Asked;
use super::caller::{Keyed, Read};
use super::cursor::wrong;
use super::openapi::Errors;
use super::shape::{Amount, Instant};
use crate::backend::store::period;
use crate::backend::store::usage_between::{self, Sum, SumBy};
use crate::ledger::time::DAY;
use crate::ledger::{Every, OrganisationId, Span, Terms, Timestamp};
use crate::model::Problem;

/// Days that are summed unless the request says from when.
const USUAL_DAYS: i64 = 30;
/// Stretches that one answer has at most.
const MOST_STRETCHES: usize = 100;
/// Sums that one stretch has at most, the largest first.
const MOST_SUMS: i64 = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// `operation`, `department`, `member`, `report` or `key`; one sum where it is left out.
    #[param(value_type = Option<String>)]
    group_by: Option<GroupBy>,
    /// `day`, `week` or `month` of the organisation's time zone; one stretch where it is left out.
    #[param(value_type = Option<String>)]
    interval: Option<Interval>,
    /// From this instant on; thirty days before the end where it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// Up to, but not at, this instant; now where it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Instant>,
}

/// By what usage is grouped.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    Operation,
    Department,
    Member,
    Report,
    Key,
}

/// How long a stretch is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Day,
    Week,
    Month,
}

/// What was used.
#[derive(Serialize, ToSchema)]
pub struct UsageBody {
    /// All of it.
    total: Amount,
    /// The stretches in order, empty ones among them.
    items: Vec<StretchBody>,
}

/// What was used in one stretch of time.
#[derive(Serialize, ToSchema)]
pub struct StretchBody {
    /// Its first instant.
    from: Instant,
    /// The first instant after it.
    until: Instant,
    /// All that was used in it and not given back.
    total: Amount,
    /// The same by group, the largest first; at most a thousand.
    groups: Vec<GroupBody>,
}

/// What one group used.
#[derive(Serialize, ToSchema)]
pub struct GroupBody {
    /// The group: an id, or an operation's name; null for usage that names none.
    group: Option<String>,
    /// What was charged and not given back.
    amount: Amount,
    /// In how many transactions.
    transactions: i64,
}

/// Sum up usage
///
/// What was used between two instants, as it was booked: by operation, department, member, report or key,
/// and by day, week or month. What was given back counts in the stretch in which it was.
#[utoipa::path(get, path = "/usage", tag = "History", params(UsageQuery),
    responses((status = 200, body = UsageBody, description = "The sums"), Errors),
    security(("api_key" = ["read"])))]
pub async fn summarise(
    State(api): State<Api>,
    caller: Keyed<Read>,
    Asked(query): Asked<UsageQuery>,
) -> Answered<UsageBody> {
    let organisation = &caller.program.organisation;
    // What is booked at this very instant is used by now.
    let until = query.until.map_or_else(|| api.backend.now().plus(1), |until| until.0);
    let from = query.from.map_or(until.plus(-USUAL_DAYS * DAY), |from| from.0);
    if from >= until {
        return Err(wrong("from", "Give a beginning that is before the end.".into()).into());
    }
    let terms = api.backend.engine.read(organisation, |state| state.terms().clone()).await?;
    let spans = stretches(&terms, query.interval, Span { from, until })?;
    let by = sum_by(query.group_by);
    let mut items = Vec::with_capacity(spans.len());
    for span in spans {
        items.push(api.stretch(organisation, by, span).await?);
    }
    let total = crate::ledger::Credits::checked_sum(items.iter().map(|one| one.total.0));
    Ok(Answer::ok(UsageBody { total: Amount(total.unwrap_or_default()), items }))
}

impl Api {
    async fn stretch(
        &self,
        organisation: &OrganisationId,
        by: SumBy,
        span: Span,
    ) -> Result<StretchBody, super::answer::Refused> {
        let db = &self.backend.db;
        let after = period::position(db, organisation, span.from).await?;
        let through = period::position(db, organisation, span.until).await?;
        let places = (after, through);
        let total = usage_between::sums(db, organisation, SumBy::Nothing, places, 1).await?;
        let total = total.first().map(|sum| sum.credits).unwrap_or_default();
        let groups = match by {
            SumBy::Nothing => Vec::new(),
            by => usage_between::sums(db, organisation, by, places, MOST_SUMS).await?,
        };
        Ok(StretchBody {
            from: Instant(span.from),
            until: Instant(span.until),
            total: Amount(total),
            groups: groups.into_iter().map(group).collect(),
        })
    }
}

fn group(sum: Sum) -> GroupBody {
    GroupBody { group: sum.of, amount: Amount(sum.credits), transactions: sum.transactions }
}

fn sum_by(group_by: Option<GroupBy>) -> SumBy {
    match group_by {
        None => SumBy::Nothing,
        Some(GroupBy::Operation) => SumBy::Operation,
        Some(GroupBy::Department) => SumBy::Department,
        Some(GroupBy::Member) => SumBy::Member,
        Some(GroupBy::Report) => SumBy::Report,
        Some(GroupBy::Key) => SumBy::Key,
    }
}

/// The stretches of an interval that the span touches, cut off at its ends.
fn stretches(terms: &Terms, interval: Option<Interval>, whole: Span) -> Result<Vec<Span>, Problem> {
    let every = match interval {
        None => return Ok(vec![whole]),
        Some(Interval::Day) => Every::Day,
        Some(Interval::Week) => Every::Week,
        Some(Interval::Month) => Every::Month,
    };
    let mut spans = Vec::new();
    let mut from: Timestamp = whole.from;
    while from < whole.until {
        if spans.len() == MOST_STRETCHES {
            let most = format!("That is more than {MOST_STRETCHES}: ask for less time at once.");
            return Err(wrong("interval", most));
        }
        let until = terms.span(every, from).until.min(whole.until).max(from.plus(1));
        spans.push(Span { from, until });
        from = until;
    }
    Ok(spans)
}
