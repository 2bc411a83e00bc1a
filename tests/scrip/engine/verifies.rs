//! `verify` is green on what the engine wrote, and finds an edit in any table.

use super::*;
use crate::on_both_databases;
use scrip::backend::engine::verify;

on_both_databases!(
    an_edit_in_any_table_is_found_and_named,
    a_row_that_is_gone_or_made_up_is_found,
    what_a_limit_says_was_used_before_is_proved_from_the_rows_before,
    an_organisation_without_a_ledger_is_green,
);

/// One of everything.
async fn lively(test: TestDatabase) -> Office {
    let office = Office::with_credits(test, "100").await;
    office.must(budget("limit", "department:dep_1", "50")).await;
    office.must(hold("hold_1", "5")).await;
    office.must(hold("hold_2", "6")).await;
    office.must(hold("hold_3", "7")).await;
    office.must(settle("hold_1", "3")).await;
    office.must(release("hold_2")).await;
    office.must(charge("charge", "2")).await;
    office
}

pub(super) async fn run(db: &Db, statement: &'static str) {
    let done = scrip::on!(db, write pool => sqlx::query(statement).execute(pool).await
        .map(|done| done.rows_affected()));
    assert!(done.unwrap() > 0, "{statement} changed nothing");
}

/// Plants an edit, sees it found in the table, and takes it back.
async fn finds(office: &Office, table: &str, edit: &'static str, undo: &'static str) {
    run(office.db(), edit).await;
    let report = verify(office.db(), &office.organisation).await.unwrap();
    let found = report.first_difference().unwrap_or_else(|| panic!("not found: {edit}"));
    assert_eq!(found.table, table, "{edit}: {found}");
    run(office.db(), undo).await;
}

async fn an_edit_in_any_table_is_found_and_named(test: TestDatabase) {
    let office = lively(test).await;
    office.must_verify().await;
    for (table, edit, undo) in [
        (
            "ledger_transaction",
            "update ledger_transaction set amount = amount + 1 where sequence = 6",
            "update ledger_transaction set amount = amount - 1 where sequence = 6",
        ),
        (
            "ledger_transaction",
            "update ledger_transaction set actor = 'staff:usr_9' where sequence = 3",
            "update ledger_transaction set actor = 'system' where sequence = 3",
        ),
        (
            "ledger_transaction",
            "update ledger_transaction set member = 'usr_9' where sequence = 8",
            "update ledger_transaction set member = 'usr_1' where sequence = 8",
        ),
        (
            "ledger_transaction",
            "update ledger_entry set amount = amount + 1 where sequence = 8",
            "update ledger_entry set amount = amount - 1 where sequence = 8",
        ),
        (
            "ledger_key",
            "update ledger_key set sequence = 4 where key = 'hold:hold_1'",
            "update ledger_key set sequence = 3 where key = 'hold:hold_1'",
        ),
        (
            "ledger_head",
            "update ledger_head set available = available + 1",
            "update ledger_head set available = available - 1",
        ),
        (
            "ledger_lot",
            "update ledger_lot set remaining = remaining + 1",
            "update ledger_lot set remaining = remaining - 1",
        ),
        (
            "ledger_hold",
            "update ledger_hold set state = 'released' where id = 'hold_3'",
            "update ledger_hold set state = 'open' where id = 'hold_3'",
        ),
        (
            "ledger_budget",
            "update ledger_budget set used = used - 1",
            "update ledger_budget set used = used + 1",
        ),
        (
            "usage_rollup",
            "update usage_rollup set credits = credits + 1",
            "update usage_rollup set credits = credits - 1",
        ),
    ] {
        finds(&office, table, edit, undo).await;
    }
    office.must_verify().await;
}

async fn a_row_that_is_gone_or_made_up_is_found(test: TestDatabase) {
    let office = lively(test).await;
    finds(
        &office,
        "ledger_entry",
        "insert into ledger_entry (organisation, sequence, line, account, amount) \
         values ('org_1', 99999, 1, 'spent', 5)",
        "delete from ledger_entry where sequence = 99999",
    )
    .await;
    finds(
        &office,
        "usage_rollup",
        "insert into usage_rollup (organisation, month, operation, department, member, report, \
         credits, transactions) values ('org_1', '2020-01', '', '', '', '', 1, 1)",
        "delete from usage_rollup where month = '2020-01'",
    )
    .await;
    finds(
        &office,
        "ledger_hold",
        "insert into ledger_hold (organisation, id, state, amount, settled, deadline, made_by, \
         closed_by, terms) values ('org_1', 'hold_9', 'open', 1, 0, 1, 3, null, '{}')",
        "delete from ledger_hold where id = 'hold_9'",
    )
    .await;
    // What is found last is deleted first.
    for (table, edit) in [
        ("usage_rollup", "delete from usage_rollup"),
        ("ledger_budget", "delete from ledger_budget"),
        ("ledger_lot", "delete from ledger_lot"),
        ("ledger_hold", "delete from ledger_hold where id = 'hold_3'"),
        ("ledger_key", "delete from ledger_key where key = 'charge'"),
        ("ledger_hold", "delete from ledger_hold where id = 'hold_1'"),
        ("ledger_transaction", "delete from ledger_transaction where sequence = 5"),
    ] {
        run(office.db(), edit).await;
        let report = verify(office.db(), &office.organisation).await.unwrap();
        let found = report.first_difference().unwrap_or_else(|| panic!("not found: {edit}"));
        let entries_are_left = table == "ledger_transaction" && found.table == "ledger_entry";
        assert!(found.table == table || entries_are_left, "{edit}: {found}");
    }
}

async fn what_a_limit_says_was_used_before_is_proved_from_the_rows_before(test: TestDatabase) {
    let office = Office::with_credits(test, "100").await;
    office.must(charge("one", "6")).await;
    // The roll-up lies while the limit is set, so that the limit starts from a lie under a good hash.
    run(office.db(), "update usage_rollup set credits = credits - 1000000").await;
    office.must(budget("limit", "department:dep_1", "50")).await;
    run(office.db(), "update usage_rollup set credits = credits + 1000000").await;
    let report = verify(office.db(), &office.organisation).await.unwrap();
    let found = report.first_difference().expect("the lie is found");
    assert_eq!((found.table, found.row.as_str()), ("ledger_transaction", "3"));
    assert!(found.problem.contains("starts from 5 used before"), "{found}");
}

async fn an_organisation_without_a_ledger_is_green(test: TestDatabase) {
    let office = Office::open(test).await;
    office.must_verify().await;
}
