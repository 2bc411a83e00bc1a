//! `GET /v1/transactions`: the journal, newest first.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::answer::{Answer, Answered};
use super::body::Asked;
use super::caller::{Keyed, Read};
use super::cursor;
use super::openapi::Errors;
use super::shape::TransactionBody;
use crate::backend::store::journal;
use crate::backend::store::ledger_page::{self, Only};
use crate::ledger::{ApiKeyId, DepartmentId, Operation, ReportId, UserId};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionsQuery {
    /// Only `usage`, or only `addition`s. The filters below find usage only.
    #[param(value_type = Option<String>)]
    direction: Option<DirectionAsked>,
    /// Only what was spent on this operation.
    #[param(value_type = Option<String>)]
    operation: Option<Operation>,
    /// Only what this department paid.
    #[param(value_type = Option<String>)]
    department: Option<DepartmentId>,
    /// Only what was spent for this person.
    #[param(value_type = Option<String>)]
    member: Option<UserId>,
    /// Only what belongs to this piece of work.
    #[param(value_type = Option<String>)]
    report: Option<ReportId>,
    /// Only what this API key spent.
    #[param(value_type = Option<String>)]
    key: Option<ApiKeyId>,
    /// Rows of a page: 1 to 200, 50 by default.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A direction to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectionAsked {
    Usage,
    Addition,
}

/// A page of the journal.
#[derive(Serialize, ToSchema)]
pub struct TransactionPage {
    /// The transactions, newest first.
    items: Vec<TransactionBody>,
    /// What to pass as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// List transactions
///
/// Everything that was ever booked, newest first, a page at a time. No page costs more than another.
#[utoipa::path(get, path = "/transactions", tag = "History", params(TransactionsQuery),
    responses((status = 200, body = TransactionPage, description = "A page"), Errors),
    security(("api_key" = ["read"])))]
pub async fn list(
    State(api): State<Api>,
    caller: Keyed<Read>,
    Asked(query): Asked<TransactionsQuery>,
) -> Answered<TransactionPage> {
    let rows = cursor::rows(query.limit)?;
    let before = cursor::place(query.cursor.as_deref())?;
    let only = Only {
        usage: query.direction == Some(DirectionAsked::Usage),
        additions: query.direction == Some(DirectionAsked::Addition),
        operation: query.operation,
        department: query.department,
        member: query.member,
        report: query.report,
        key: query.key,
    };
    let (db, organisation) = (&api.backend.db, &caller.program.organisation);
    let mut places = ledger_page::places(db, organisation, &only, before, rows + 1).await?;
    let next_cursor = (places.len() > rows).then(|| cursor::below(places[rows - 1]));
    places.truncate(rows);
    let mut found = journal::several(db, organisation, places).await?;
    found.reverse();
    let items = found.iter().map(TransactionBody::of).collect();
    Ok(Answer::ok(TransactionPage { items, next_cursor }))
}
