//! Pages of a list: how many rows, and where the next page begins.

use crate::model::{Problem, api_errors};

/// Rows of a page unless the request says how many.
const USUAL: u16 = 50;
/// Most rows of a page.
const MOST: u16 = 200;

/// How many rows a page has.
///
/// # Errors
/// None, or more than [`MOST`].
pub fn rows(limit: Option<u16>) -> Result<usize, Problem> {
    match limit.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(usize::from(limit)),
        _ => Err(wrong("limit", format!("A page has 1 to {MOST} rows."))),
    }
}

/// Where a page of the journal begins: below this place.
///
/// # Errors
/// It is no cursor of this API.
pub fn place(cursor: Option<&str>) -> Result<Option<u64>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let place = cursor.strip_prefix("before-").and_then(|place| place.parse::<u64>().ok());
    let place = place.filter(|place| *place <= i64::MAX.unsigned_abs());
    place.map(Some).ok_or_else(|| wrong("cursor", "Pass next_cursor of the page before.".into()))
}

/// The cursor behind a row of the journal.
pub fn below(place: u64) -> String {
    format!("before-{place}")
}

/// 422 for one parameter.
pub fn wrong(field: &str, message: String) -> Problem {
    let fields = vec![crate::model::FieldProblem::new(field, message.clone())];
    api_errors::INVALID.problem(message).with_fields(fields)
}
