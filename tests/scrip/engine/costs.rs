//! What a hold costs, in figures that do not depend on the machine: statements and rows through the
//! engine, allocations in the kernel.

use super::*;
use crate::on_both_databases;
use scrip::backend::store::Db;
use scrip::ledger::{LedgerState, apply};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use tokio::task::JoinSet;

on_both_databases!(a_group_takes_few_statements_and_few_rows_a_hold);

/// Rows that each hold adds: transaction, two entries, key and hold.
const ROWS_A_HOLD: u64 = 5;
/// Rows that each group changes, whatever its size: head, lot and budget.
const ROWS_A_GROUP: u64 = 3;
/// Statements of a group on SQLite for each table and each 64 rows of it.
const SQLITE_STATEMENTS: u64 = 110;
/// Allocations that applying a hold may make; it makes about a third fewer.
const ALLOCATIONS_A_HOLD: usize = 60;

async fn a_group_takes_few_statements_and_few_rows_a_hold(test: TestDatabase) {
    let office = Office::with_credits(test, "10000").await;
    office.must(budget("limit", "department:dep_1", "9000")).await;
    let before = office.engine.figures();
    let mut running = JoinSet::new();
    for number in 0..500 {
        let (engine, organisation) = (office.engine.clone(), office.organisation.clone());
        let order = hold(&format!("hold_{number}"), "1");
        running.spawn(async move { engine.submit(&organisation, order).await.unwrap() });
    }
    running.join_all().await;
    let after = office.engine.figures();
    let commits = after.commits - before.commits;
    assert_eq!(after.rows - before.rows, 500 * ROWS_A_HOLD + commits * ROWS_A_GROUP);
    let statements = after.statements - before.statements;
    match office.db() {
        Db::Postgres(_) => assert_eq!(statements, commits),
        Db::Sqlite { .. } => assert!(
            statements <= commits * SQLITE_STATEMENTS,
            "{statements} statements in {commits} commits"
        ),
    }
}

#[test]
fn applying_a_hold_allocates_little() {
    let organisation = OrganisationId::parse("org_1").unwrap();
    let mut state = LedgerState::new(organisation);
    let mut booked = Vec::with_capacity(2000);
    booked.extend(apply(&mut state, &grant("lot_first", "10000"), BEGINNING).booked);
    let orders: Vec<Order> = (0..1000).map(|number| hold(&format!("hold_{number}"), "1")).collect();
    let before = ALLOCATIONS.get();
    for order in &orders {
        booked.extend(apply(&mut state, order, BEGINNING).booked);
    }
    let allocations = (ALLOCATIONS.get() - before) / orders.len();
    assert_eq!(booked.len(), 1001);
    assert!(allocations <= ALLOCATIONS_A_HOLD, "{allocations} allocations a hold");
    assert!(allocations > 0, "nothing was counted");
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending counts no more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
