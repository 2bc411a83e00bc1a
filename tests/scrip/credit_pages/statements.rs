//! A month's statement: opening + in − used − lapsed − withdrawn ± corrections = closing, whatever happened,
//! and the same from the roll-ups as from the journal alone.

use super::*;
use crate::on_both_databases;
use scrip::backend::chance::Chance;
use scrip::backend::statements::file::{self, ReadStatement};
use scrip::backend::statements::{self, verify};
use scrip::backend::store;
use scrip::ledger::calendar::Period;
use scrip::ledger::command::SetTerms;
use scrip::ledger::plan::{Allowance, Plan, Renewal, Rollover};
use scrip::ledger::time::MINUTE;
use scrip::ledger::{Money, PurchaseId};
use scrip::model::statements::MonthlyStatement;

on_both_databases!(
    every_month_of_any_history_adds_up_and_follows_from_the_journal,
    a_month_closes_when_nothing_can_be_booked_into_it_any_more,
    a_statement_says_what_came_in_and_what_it_was_used_for,
    what_is_owed_and_held_at_a_months_end_is_told,
    there_is_no_statement_of_a_month_before_the_first_or_to_come,
);

impl Office {
    pub(super) async fn statement(&self, month: &str) -> Option<MonthlyStatement> {
        statements::find(&self.backend, &self.organisation, month).await.unwrap()
    }

    /// The statement after it was written and read, and found to follow from the journal.
    async fn verified(&self, statement: &MonthlyStatement) -> ReadStatement {
        let read = file::read(&file::write(statement)).unwrap();
        let (db, id) = (&self.backend.db, &self.organisation.id);
        let mut recount = verify::recount(&read);
        let state = verify::replay_database(db, id, &mut recount, |_| ()).await.unwrap();
        verify::with_journal(&read, recount, &state)
            .unwrap_or_else(|error| panic!("{}: {error}", statement.month));
        verify::with_itself(&read).unwrap_or_else(|error| panic!("{}: {error}", statement.month));
        read
    }

    async fn all_statements(&self) -> Vec<MonthlyStatement> {
        let page = statements::page(&self.backend, &self.organisation).await.unwrap();
        let mut all = Vec::new();
        for row in page.months.iter().rev() {
            let statement = self.statement(&row.month).await.unwrap();
            let used = credits_of(&statement, "used");
            assert_eq!(
                Some(row.used),
                used.checked_neg(),
                "{}: the list says otherwise",
                row.month
            );
            all.push(statement);
        }
        all
    }
}

/// What the lines of this kind come to.
pub(super) fn credits_of(statement: &MonthlyStatement, kind: &str) -> Credits {
    sum(statement.lines.iter().filter(|line| line.kind == kind).map(|line| line.credits))
}

/// Whoever does things at random. What the ledger refuses did not happen.
struct Hands {
    dice: Chance,
    lots: Vec<LotId>,
    holds: Vec<HoldId>,
    charges: Vec<u64>,
}

impl Hands {
    fn of(seed: u64) -> Hands {
        let dice = Chance::new(seed);
        Hands { dice, lots: Vec::new(), holds: Vec::new(), charges: Vec::new() }
    }

    fn between(&mut self, least: u64, end: u64) -> i64 {
        i64::try_from(least + self.dice.below(end - least)).unwrap()
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| self.dice.one_of(of).clone())
    }

    /// Quarters of a credit, up to `most` whole ones.
    fn amount(&mut self, most: u64) -> Credits {
        Credits::from_micro(self.between(1, most * 4 + 1) * 250_000)
    }

    async fn step(&mut self, office: &Office) {
        let Some(command) = self.command(office) else { return };
        let Ok(receipt) = office.submit(command.clone()).await else { return };
        match command {
            Command::Grant(grant) => self.lots.push(grant.lot),
            Command::Hold(hold) => self.holds.push(hold.hold),
            Command::Charge { .. } | Command::Settle { .. } => {
                self.charges.push(receipt.transaction.sequence)
            }
            _ => {}
        }
    }

    fn command(&mut self, office: &Office) -> Option<Command> {
        let (lots, holds) = (self.lots.clone(), self.holds.clone());
        let charges = self.charges.clone();
        let attribution = self.attribution(office);
        Some(match self.dice.below(100) {
            0..14 => Command::Grant(Box::new(self.grant(office))),
            14..50 => Command::Charge { amount: self.amount(8), attribution },
            50..64 => Command::Hold(MakeHold {
                hold: HoldId::parse(&format!("hold_{}", office.number())).unwrap(),
                amount: self.amount(9),
                deadline: office.backend.now().plus(self.between(1, 6) * DAY),
                over_settle: OverSettle::Draw,
                attribution,
            }),
            64..74 => Command::Settle { hold: self.one(&holds)?, amount: self.amount(9) },
            74..78 => Command::Release { hold: self.one(&holds)? },
            78..85 => Command::Reverse { transaction: self.one(&charges)?, amount: None },
            85..90 => Command::Revoke { lot: self.one(&lots)?, amount: self.amount(6) },
            90..93 => Command::Freeze { lot: self.one(&lots)?, amount: self.amount(4) },
            93..95 => Command::Unfreeze { lot: self.one(&lots)?, amount: None },
            95..98 => {
                let change = self.amount(3);
                let change = if self.dice.percent(50) { change.checked_neg()? } else { change };
                Command::Adjust { lot: self.one(&lots)?, change, reason: "A mistake".into() }
            }
            _ => Command::EndLot { lot: self.one(&lots)? },
        })
    }

    fn attribution(&mut self, office: &Office) -> Attribution {
        let department = if self.dice.percent(50) { &office.design } else { &office.sales };
        let attribution = office.attribution(department);
        if self.dice.percent(80) {
            return attribution;
        }
        let operation = Some(Operation::parse("video").unwrap());
        Attribution { department: None, operation, ..attribution }
    }

    fn grant(&mut self, office: &Office) -> Grant {
        let source = self.one(&Source::ALL).unwrap();
        let purchase = PurchaseId::parse(&format!("pur_{}", office.number())).unwrap();
        let mut grant = office.terms(source, "20", Origin::Payment { purchase });
        let now = office.backend.now();
        if self.dice.percent(60) {
            grant.expires_at = Some(now.plus(self.between(1, 50) * DAY + 1));
        }
        if self.dice.percent(20) {
            grant.effective_at = Some(now.plus(self.between(1, 20) * HOUR));
        }
        grant.cost = (source == Source::Purchased).then(|| usd(1_000));
        grant
    }
}

fn usd(minor: i64) -> Money {
    Money { minor, currency: scrip::ledger::Currency::parse("USD").unwrap() }
}

/// Forty credits on the last day of every month that has no 31st, and on the 31st else.
fn plan() -> Plan {
    Plan {
        code: "monthly".into(),
        allowance: Allowance::Credits(amount_of("40")),
        anchor: START.plus(7 * DAY),
        period: Period::Month,
        rollover: Rollover::None,
        priority: None,
        renewal: Renewal::Automatic,
    }
}

async fn every_month_of_any_history_adds_up_and_follows_from_the_journal(test: TestDatabase) {
    let office = Office::open(test).await;
    let limit = SetTerms { debt_limit: Some(amount_of("30")), ..SetTerms::default() };
    office.must(Command::SetTerms(limit)).await;
    office.must(Command::SetPlan { plan: Some(Box::new(plan())) }).await;
    let mut hands = Hands::of(0x5eed);
    // From before the clocks go back until after they go forward again.
    while office.backend.now() < START.plus(165 * DAY) {
        hands.step(&office).await;
        office.advance(hands.between(1, 40) * HOUR + hands.between(0, 3_600_000_000));
    }
    let all = office.all_statements().await;
    assert_eq!(
        all.iter().map(|one| one.month.as_str()).collect::<Vec<_>>()[..2],
        ["2026-10", "2026-11"]
    );
    assert!(all.len() >= 6, "{} months", all.len());
    for statement in &all {
        assert!(statement.adds_up, "{}: {:#?}", statement.month, statement.lines);
        office.verified(statement).await;
    }
    for two in all.windows(2) {
        assert!(two[0].as_of.is_none(), "{} is over and closed", two[0].month);
        let (closing, opening) = (credits_of(&two[0], "closing"), credits_of(&two[1], "opening"));
        assert_eq!((closing, &two[0].closing), (opening, &two[1].opening), "{}", two[1].month);
        assert_eq!(two[0].until, two[1].from);
    }
    for kind in ["lapsed", "withdrawn", "corrected"] {
        let some = all.iter().any(|one| !credits_of(one, kind).is_zero());
        assert!(some, "the history was too tame: nothing was {kind}");
    }
    assert_eq!(all[0].from.exact, "2026-10-01T00:00:00.000000+02:00");
    assert_eq!(all[0].until.exact, "2026-11-01T00:00:00.000000+01:00");
    // What follows in the journal changes nothing that is closed.
    office.grant(Source::Promotional, "5").await;
    assert_eq!(office.statement("2026-11").await.unwrap(), all[1]);
}

async fn a_month_closes_when_nothing_can_be_booked_into_it_any_more(test: TestDatabase) {
    let office = Office::open(test).await;
    let mut lot = office.terms(Source::Promotional, "10", Origin::Signup);
    // An hour before October ends in Vienna.
    let end = Timestamp(1_793_487_600_000_000);
    lot.expires_at = Some(end.plus(-HOUR));
    office.must(Command::Grant(Box::new(lot))).await;
    office.charge("4", &office.design).await;
    let running = office.statement("2026-10").await.unwrap();
    assert_eq!((running.state(), running.is_over), ("Not yet closed", false));
    assert_eq!(credits_of(&running, "closing"), amount_of("6"));
    office.verified(&running).await;

    // The lot lapsed, but nobody has booked it: the figures say so already.
    office.advance(end.since(office.backend.now()) + statements::GRACE);
    let over = office.statement("2026-10").await.unwrap();
    assert_eq!((over.state(), over.is_over), ("Not yet closed", true));
    assert_eq!(credits_of(&over, "lapsed"), amount_of("-6"));
    assert_eq!(over.as_of.as_ref().unwrap().exact, "2026-10-31T23:59:59.999999+01:00");
    assert_eq!(credits_of(&office.statement("2026-11").await.unwrap(), "opening"), Credits::ZERO);
    office.verified(&over).await;

    office.advance(MINUTE);
    office.grant(Source::Promotional, "5").await;
    let closed = office.statement("2026-10").await.unwrap();
    assert_eq!(closed.state(), "Closed");
    assert_eq!(closed.lines, over.lines);
    let read = office.verified(&closed).await;
    assert!(read.closing.sequence > over.closing.sequence, "the expiry is in the chain");
    assert_eq!(file::write(&closed), file::write(&office.statement("2026-10").await.unwrap()));
}

async fn a_statement_says_what_came_in_and_what_it_was_used_for(test: TestDatabase) {
    let office = Office::open(test).await;
    office.grant(Source::Trial, "10").await;
    office.grant(Source::Admin, "30").await;
    office.charge("3", &office.sales).await;
    office.charge("5.5", &office.design).await;
    office.charge("1", &office.design).await;
    let last = store::period::last(&office.backend.db, &office.organisation.id).await.unwrap();
    office.must(Command::Reverse { transaction: last, amount: None }).await;
    let statement = office.statement("2026-10").await.unwrap();
    let told: Vec<(String, String)> = statement
        .lines
        .iter()
        .filter(|line| line.says_something())
        .map(|line| (line.name.clone(), line.figure()))
        .collect();
    let expected = [
        ("Opening balance", "0"),
        ("Came in", "+40"),
        ("Free credits", "+10"),
        ("Granted by staff", "+30"),
        ("Used", "−8.5"),
        ("Ad analysis, Design", "−5.5"),
        ("Ad analysis, Sales", "−3"),
        ("Lapsed", "0"),
        ("Closing balance", "31.5"),
        ("Of it held by running work", "0"),
        ("Available", "31.5"),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(name, figure)| ((*name).into(), (*figure).into())).collect();
    assert_eq!(told, expected);
    let design = statement.lines.iter().find(|line| line.department == "dep_design").unwrap();
    assert_eq!(design.transactions, Some(2), "what was given back is no usage of its own");
}

async fn what_is_owed_and_held_at_a_months_end_is_told(test: TestDatabase) {
    let office = Office::open(test).await;
    let bought = office.terms(Source::Purchased, "10", Origin::Signup);
    let lot = bought.lot.clone();
    office.must(Command::Grant(Box::new(bought))).await;
    office.charge("8", &office.design).await;
    office.must(Command::Revoke { lot, amount: amount_of("10") }).await;
    let october = office.statement("2026-10").await.unwrap();
    for (kind, expected) in
        [("came in", "10"), ("used", "-8"), ("withdrawn", "-10"), ("owed", "8"), ("closing", "0")]
    {
        assert_eq!(credits_of(&october, kind), amount_of(expected), "{kind}");
    }
    office.verified(&october).await;
    // What comes in next pays it first.
    office.advance(10 * DAY);
    office.grant(Source::Promotional, "20").await;
    office.hold("3", &office.design).await.unwrap();
    let november = office.statement("2026-11").await.unwrap();
    for (kind, expected) in [
        ("opening", "0"),
        ("came in", "20"),
        ("owed", "-8"),
        ("closing", "12"),
        ("held", "3"),
        ("available", "9"),
    ] {
        assert_eq!(credits_of(&november, kind), amount_of(expected), "{kind}");
    }
    office.verified(&november).await;
}

async fn there_is_no_statement_of_a_month_before_the_first_or_to_come(test: TestDatabase) {
    let office = Office::open(test).await;
    assert_eq!(office.statement("2026-10").await, None, "nothing has happened yet");
    office.grant(Source::Trial, "10").await;
    assert!(office.statement("2026-10").await.is_some());
    for month in ["2026-09", "2026-11", "2026-1", "october", "", "2026-10-01"] {
        assert_eq!(office.statement(month).await, None, "{month}");
    }
}
