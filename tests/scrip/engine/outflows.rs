//! What is owed, given back, frozen and revoked, and plans and windows, outlives the engine: everything is
//! read back from the database and proved by `verify`.

use super::*;
use crate::on_both_databases;
use scrip::backend::engine::Engine;
use scrip::ledger::command::SetTerms;
use scrip::ledger::{Allowance, Every, Period, Plan, Renewal, Rollover, TransactionKind};

fn lot(id: &str) -> LotId {
    LotId::parse(id).unwrap()
}

fn drawing(id: &str, amount: &str) -> Order {
    let mut order = hold(id, amount);
    if let Command::Hold(make) = &mut order.command {
        make.over_settle = OverSettle::Draw;
    }
    order
}

fn reverse(key: &str, transaction: u64, amount: Option<&str>) -> Order {
    order(key, Command::Reverse { transaction, amount: amount.map(credits) })
}

fn plan(allowance: &str) -> Plan {
    Plan {
        code: "free".into(),
        allowance: Allowance::Credits(credits(allowance)),
        anchor: BEGINNING,
        period: Period::Month,
        rollover: Rollover::None,
        priority: None,
        renewal: Renewal::Automatic,
    }
}

on_both_databases!(
    a_debt_outlives_the_engine_and_the_next_grant_pays_it,
    a_closed_charge_of_long_ago_is_given_back_to_its_empty_lot,
    a_revocation_that_nothing_paid_is_undone_in_its_lots_row_too,
    a_dispute_freezes_takes_and_gives_back_across_restarts,
    a_revocation_that_nobody_could_pay_leaves_its_lot_when_it_is_given_back,
    a_plan_gives_its_periods_to_a_sleeping_organisation_in_its_own_zone,
    a_limit_of_every_month_counts_what_was_used_this_month_and_begins_anew,
    organisations_do_not_touch_each_other_in_whatever_order_their_commands_come,
);

async fn a_debt_outlives_the_engine_and_the_next_grant_pays_it(test: TestDatabase) {
    let mut office = Office::with_credits(test, "5").await;
    let debt_limit = Some(credits("10"));
    office
        .must(order("terms", Command::SetTerms(SetTerms { debt_limit, ..SetTerms::default() })))
        .await;
    office.must(drawing("hold_1", "4")).await;
    let used = office.must(settle("hold_1", "9")).await.transaction.sequence;
    office.restart().await;
    let state = office.engine.state(&office.organisation).await.unwrap();
    assert_eq!((state.head().debt, state.terms().debt_limit), (credits("4"), credits("10")));
    office.must(grant("lot_second", "6")).await;
    office.restart().await;
    assert_eq!(office.available().await, credits("2"));
    office.must(reverse("back", used, Some("7"))).await;
    assert_eq!(office.available().await, credits("9"));
    office.must_verify().await;
}

async fn a_closed_charge_of_long_ago_is_given_back_to_its_empty_lot(test: TestDatabase) {
    let mut office = Office::with_credits(test, "5").await;
    let used = office.must(charge("charge", "5")).await.transaction.sequence;
    office.must(grant("lot_second", "1")).await;
    office.restart().await;
    office.must(reverse("back", used, Some("2"))).await;
    office.restart().await;
    let error = office.submit(reverse("again", used, Some("3.5"))).await.unwrap_err();
    let SubmitError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code(), "reversal_too_large");
    office.must(reverse("rest", used, None)).await;
    assert_eq!(office.available().await, credits("6"));
    office.must_verify().await;
}

async fn a_revocation_that_nothing_paid_is_undone_in_its_lots_row_too(test: TestDatabase) {
    let mut office = Office::with_credits(test, "5").await;
    office.must(charge("charge", "5")).await;
    let revoke = Command::Revoke { lot: lot("lot_first"), amount: credits("3") };
    let revoked = office.must(order("revoke", revoke)).await.transaction.sequence;
    office.must(reverse("failed", revoked, None)).await;
    office.must_verify().await;
    office.restart().await;
    // The whole lot can be revoked again.
    let all = Command::Revoke { lot: lot("lot_first"), amount: credits("5") };
    office.must(order("revoke again", all)).await;
    office.must_verify().await;
}

async fn a_dispute_freezes_takes_and_gives_back_across_restarts(test: TestDatabase) {
    let mut office = Office::with_credits(test, "10").await;
    office.must(hold("hold_1", "4")).await;
    let id = lot("lot_first");
    office.must(order("freeze", Command::Freeze { lot: id.clone(), amount: credits("8") })).await;
    office.restart().await;
    office.must(release("hold_1")).await;
    assert_eq!(office.available().await, credits("2"));
    office.restart().await;
    let taken =
        office.must(order("revoke", Command::Revoke { lot: id, amount: credits("8") })).await;
    office.restart().await;
    office.must(reverse("won", taken.transaction.sequence, None)).await;
    assert_eq!(office.available().await, credits("10"));
    office.must_verify().await;
}

async fn a_revocation_that_nobody_could_pay_leaves_its_lot_when_it_is_given_back(
    test: TestDatabase,
) {
    let mut office = Office::with_credits(test, "10").await;
    let id = lot("lot_first");
    office.must(charge("used", "10")).await;
    let revoke = |key: &str| {
        let lot = id.clone();
        order(key, Command::Revoke { lot, amount: credits("10") })
    };
    let taken = office.must(revoke("refunded")).await.transaction.sequence;
    office.must(reverse("the refund failed", taken, Some("4"))).await;
    office.must_verify().await;
    office.restart().await;
    office.must(reverse("the rest of it", taken, None)).await;
    office.must(revoke("refunded again")).await;
    office.must_verify().await;
}

async fn a_plan_gives_its_periods_to_a_sleeping_organisation_in_its_own_zone(test: TestDatabase) {
    let mut office = Office::open(test).await;
    office.must(order("plan", Command::SetPlan { plan: Some(Box::new(plan("100"))) })).await;
    assert_eq!(office.available().await, credits("100"));
    office.restart().await;
    office.clock.set(BEGINNING.plus(370 * 24 * 60 * MINUTE).micros());
    office.engine.step_due(Timestamp(office.clock.now_microseconds())).await.unwrap();
    let begun: Vec<Timestamp> = office
        .journal()
        .await
        .iter()
        .filter_map(|it| match &it.kind {
            TransactionKind::Grant { lot, .. } => Some(lot.effective_at),
            _ => None,
        })
        .collect();
    assert_eq!(begun.len(), 13);
    // 1 February 00:30 in Berlin is the anchor; in July that reading is an hour earlier in UTC.
    assert_eq!(begun[5].since(begun[0]), (150 * 24 - 1) * 60 * MINUTE);
    office.must_verify().await;
}

async fn a_limit_of_every_month_counts_what_was_used_this_month_and_begins_anew(
    test: TestDatabase,
) {
    let mut office = Office::with_credits(test, "100").await;
    office.must(charge("before", "6")).await;
    let set = SetBudget {
        subject: "department:dep_1".parse().unwrap(),
        kind: BudgetKind::Cap,
        window: Window::Every(Every::Month),
        limit: Some(credits("10")),
        used_so_far: Credits::ZERO,
    };
    office.must(order("limit", Command::SetBudget(set))).await;
    office.restart().await;
    assert!(office.submit(charge("too much", "5")).await.is_err());
    office.must(charge("fits", "4")).await;
    office.clock.set(BEGINNING.plus(29 * 24 * 60 * MINUTE).micros());
    office.must(charge("next month", "10")).await;
    office.must_verify().await;
}

async fn organisations_do_not_touch_each_other_in_whatever_order_their_commands_come(
    test: TestDatabase,
) {
    let db = test.db.clone();
    let engine = Engine::start(db.clone(), Clock::manual(BEGINNING.micros()), Live::new());
    let script = |name: &str| {
        vec![
            grant(&format!("lot_{name}"), "9"),
            hold(&format!("hold_{name}"), "4"),
            charge("c", "3"),
            settle(&format!("hold_{name}"), "2"),
        ]
    };
    let mut journals = Vec::new();
    for (round, order_of) in [[0, 0, 0, 0, 1, 1, 1, 1], [1, 0, 1, 0, 0, 1, 0, 1]].iter().enumerate()
    {
        let ids = [format!("org_a{round}"), format!("org_b{round}")];
        let mut teams = Vec::new();
        for id in &ids {
            teams.push((an_organisation(&db, id).await, script("x").into_iter()));
        }
        for of in order_of {
            let (organisation, orders) = &mut teams[*of];
            engine.submit(organisation.clone(), orders.next().unwrap()).await.unwrap();
        }
        for (organisation, _) in &teams {
            let journal = journal::range(&db, organisation, 1, 100).await.unwrap();
            journals.push(
                journal
                    .into_iter()
                    .map(|it| (it.kind, it.entries, it.available_after))
                    .collect::<Vec<_>>(),
            );
        }
    }
    assert!(journals.windows(2).all(|two| two[0] == two[1]));
}
