//! The texts of the statements that write a group.

use super::commit::{GroupWrite, TABLES};
use super::dialect;
use super::head::HEAD;
use std::fmt::Write as _;

/// The one statement of a group on PostgreSQL, with those tables only that the group adds to.
pub fn postgres(group: &GroupWrite) -> String {
    let mut statement = format!("with head as ({} returning 1)", head(group));
    let mut first = HEAD.columns.len() + 1 + usize::from(group.expected > 0);
    for (index, (table, rows)) in TABLES.iter().zip(&group.rows).enumerate() {
        if !rows.is_empty() {
            let insert = dialect::postgres_insert(table, first, "exists (select 1 from head)");
            _ = write!(statement, ", rows_{index} as ({insert})");
            first += table.columns.len() - 1;
        }
    }
    statement + " select count(*) as written from head"
}

/// What [`postgres`] is made from.
pub fn postgres_name(group: &GroupWrite) -> String {
    let mut name = head_name(group).to_owned();
    for (index, rows) in group.rows.iter().enumerate() {
        if !rows.is_empty() {
            _ = write!(name, " {index}");
        }
    }
    name
}
/// What [`head`] is made from.
pub fn head_name(group: &GroupWrite) -> &'static str {
    if group.expected > 0 { "update head" } else { "insert head" }
}

/// Compares and sets the head. The parameters are its columns and, for an update, what is expected.
pub fn head(group: &GroupWrite) -> String {
    let columns = HEAD.columns.iter().zip(1..);
    if group.expected > 0 {
        let sets: Vec<String> =
            columns.skip(1).map(|((name, _), number)| format!("{name} = ${number}")).collect();
        let expected = HEAD.columns.len() + 1;
        format!(
            "update ledger_head set {} where organisation = $1 and sequence = ${expected}",
            sets.join(", ")
        )
    } else {
        let values: Vec<String> = columns.map(|(_, number)| format!("${number}")).collect();
        format!(
            "insert into ledger_head ({}) values ({}) on conflict (organisation) do nothing",
            HEAD.column_list(),
            values.join(", ")
        )
    }
}
