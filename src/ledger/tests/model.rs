//! Random command sequences through the kernel and through the naive ledger, compared after every
//! command. The script's days count from 1 January 2028, a leap year, in UTC.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::desk::organisation;
use super::naive::{Answer, Naive, NaiveBudget, Outcome, Status};
use super::script::{Limit, Policy, Script, Step, Stretch, Who, script};
use crate::ledger::command::{Grant, MakeHold, SetBudget, SetTerms};
use crate::ledger::time::DAY;
use crate::ledger::*;

const FIRST_DAY: i64 = 1_830_297_600_000_000;

fn day(number: i64) -> Timestamp {
    match number {
        i64::MIN | i64::MAX => Timestamp(number),
        _ => Timestamp(FIRST_DAY + number * DAY),
    }
}

fn number_of(instant: Timestamp) -> i64 {
    match instant.0 {
        i64::MIN | i64::MAX => instant.0,
        micros => (micros - FIRST_DAY) / DAY,
    }
}

fn lot_id(name: u8) -> LotId {
    LotId::parse(&format!("lot_{name}")).unwrap()
}

fn hold_id(name: u8) -> HoldId {
    HoldId::parse(&format!("hold_{name:02}")).unwrap()
}

fn subject(number: u8) -> Subject {
    match number {
        0 => Subject::Organisation,
        1 | 2 => Subject::Department(DepartmentId::parse(&format!("dep_{number}")).unwrap()),
        _ => Subject::Member(UserId::parse(&format!("usr_{number}")).unwrap()),
    }
}

fn operation(number: u8) -> Operation {
    Operation::parse(&format!("operation-{number}")).unwrap()
}

fn attribution(who: Who) -> Attribution {
    Attribution {
        department: who.department.map(|number| format!("dep_{number}").parse().unwrap()),
        member: who.member.map(|number| format!("usr_{number}").parse().unwrap()),
        operation: who.operation.map(operation),
        ..Attribution::default()
    }
}

fn window(stretch: Stretch) -> Window {
    match stretch {
        Stretch::Forever => Window::Forever,
        Stretch::Between(from, until) => Window::Between { from: day(from), until: day(until) },
        Stretch::Daily => Window::Every(Every::Day),
        Stretch::Weekly => Window::Every(Every::Week),
        Stretch::Monthly => Window::Every(Every::Month),
        Stretch::Billing => Window::Every(Every::BillingPeriod),
    }
}

fn micro(amount: i8) -> Credits {
    Credits::from_micro(amount.into())
}

fn plan(allowance: i8, now: i64) -> Plan {
    Plan {
        code: "p".to_owned(),
        allowance: Allowance::Credits(micro(allowance)),
        anchor: day(now),
        period: Period::Month,
        rollover: Rollover::None,
        priority: None,
        renewal: Renewal::Automatic,
    }
}

/// A figure that no test could take for the true one, given where none is wanted.
const UNWANTED: Credits = Credits::from_micro(999);

/// Everything that the two ledgers and the script know together.
struct Books {
    state: LedgerState,
    naive: Naive,
    /// The transactions of the outflows, in order.
    outflows: Vec<u64>,
}

impl Books {
    fn command(&self, step: &Step, now: i64) -> Command {
        let after = |wait: i8| day(now + i64::from(wait));
        match *step {
            Step::Grant { lot, priority, amount, from, until, carry, only, unlimited } => {
                let plain =
                    Grant::plain(lot_id(lot), Source::Purchased, micro(amount), Origin::Signup);
                Command::Grant(Box::new(Grant {
                    priority: Some(priority.into()),
                    effective_at: from.map(after),
                    expires_at: until.map(after),
                    operations: only.map(|number| vec![operation(number)]),
                    carry_over: carry
                        .map(|(at, most)| CarryOver { at: after(at), at_most: micro(most) }),
                    unlimited,
                    ..plain
                }))
            }
            Step::Hold { hold, amount, deadline, policy, who } => Command::Hold(MakeHold {
                hold: hold_id(hold),
                amount: micro(amount),
                deadline: after(deadline),
                over_settle: match policy {
                    Policy::Refuse => OverSettle::Refuse,
                    Policy::Absorb => OverSettle::Absorb,
                    Policy::Draw => OverSettle::Draw,
                },
                attribution: attribution(who),
            }),
            Step::Extend { hold, by, deadline } => Command::ExtendHold {
                hold: hold_id(hold),
                by: micro(by),
                deadline: deadline.map(after),
            },
            Step::Settle { hold, amount } => {
                Command::Settle { hold: hold_id(hold), amount: micro(amount) }
            }
            Step::Release { hold } => Command::Release { hold: hold_id(hold) },
            Step::Charge { amount, who } => {
                Command::Charge { amount: micro(amount), attribution: attribution(who) }
            }
            Step::Expire { lot } => Command::Expire { lot: lot_id(lot) },
            Step::EndLot { lot } => Command::EndLot { lot: lot_id(lot) },
            Step::Reverse { outflow, amount } => Command::Reverse {
                transaction: self.outflows.get(usize::from(outflow)).copied().unwrap_or(u64::MAX),
                amount: amount.map(micro),
            },
            Step::Revoke { lot, amount } => {
                Command::Revoke { lot: lot_id(lot), amount: micro(amount) }
            }
            Step::Freeze { lot, amount } => {
                Command::Freeze { lot: lot_id(lot), amount: micro(amount) }
            }
            Step::Unfreeze { lot, amount } => {
                Command::Unfreeze { lot: lot_id(lot), amount: amount.map(micro) }
            }
            Step::Adjust { lot, change } => Command::Adjust {
                lot: lot_id(lot),
                change: micro(change),
                reason: "counted again".to_owned(),
            },
            Step::SetBudget { subject, window, limit } => {
                self.set_budget(subject, window, limit, now)
            }
            Step::MoveBudget { from, to, amount } => {
                Command::MoveBudget { from: subject(from), to: subject(to), amount: micro(amount) }
            }
            Step::Order { expiring_first } => {
                let order = match expiring_first {
                    true => ConsumptionOrder::ExpiringFirst,
                    false => ConsumptionOrder::ByPriority,
                };
                Command::SetTerms(SetTerms { order: Some(order), ..SetTerms::default() })
            }
            Step::DebtLimit { limit } => Command::SetTerms(SetTerms {
                debt_limit: Some(micro(limit)),
                ..SetTerms::default()
            }),
            Step::Plan { allowance } => {
                Command::SetPlan { plan: allowance.map(|allowance| Box::new(plan(allowance, now))) }
            }
        }
    }

    fn set_budget(&self, number: u8, stretch: Stretch, limit: Limit, now: i64) -> Command {
        let (kind, limit) = match limit {
            Limit::None => (BudgetKind::Cap, None),
            Limit::Cap(limit) => (BudgetKind::Cap, Some(micro(limit))),
            Limit::Earmark(limit) => (BudgetKind::Earmark, Some(micro(limit))),
        };
        let mut terms = SetBudget {
            subject: subject(number),
            kind,
            window: window(stretch),
            limit,
            used_so_far: UNWANTED,
        };
        let due = self.state.caught_up(day(now));
        if let Some((_, span)) = due.usage_wanted(&terms, day(now)) {
            let used = self.naive.used(number, (number_of(span.from), number_of(span.until)));
            terms.used_so_far = Credits::from_micro(used);
        }
        Command::SetBudget(terms)
    }
}

/// The kernel as an engine runs it: it sweeps every day, drops what is over after every command and
/// brings back only what a command concerns.
struct Engine {
    state: LedgerState,
    journal: Vec<Transaction>,
}

impl Engine {
    fn sweep(&mut self, now: i64) {
        let booked = book_due(&mut self.state, day(now));
        self.journal.extend(booked);
    }

    fn ask(&mut self, order: &Order, archive: &LedgerState, now: i64) -> Applied {
        let outflow = order.command.outflow().and_then(|it| archive.outflow(it)).cloned();
        let bearing = outflow.iter().flat_map(Outflow::lots);
        let lots = order.command.lot().into_iter().chain(bearing);
        for lot in lots.filter_map(|id| archive.lot(id)).cloned().collect::<Vec<_>>() {
            self.state.with_lot(lot);
        }
        let hold = order.command.hold().and_then(|id| archive.hold(id)).cloned();
        hold.into_iter().for_each(|hold| self.state.with_hold(hold));
        outflow.into_iter().for_each(|outflow| self.state.with_outflow(outflow));
        let applied = apply(&mut self.state, order, day(now));
        self.journal.extend(applied.booked.iter().cloned());
        self.state.forget_closed();
        self.state = LedgerState::restore(self.state.parts());
        applied
    }
}

fn told(answer: &Result<Receipt, Refusal>, step: &Step) -> Answer {
    match answer {
        Ok(receipt) if receipt.already_booked && !matches!(step, Step::Expire { .. }) => {
            Ok(Outcome::Again)
        }
        Ok(_) => Ok(Outcome::Done),
        Err(refusal) => Err(refusal.code()),
    }
}

fn compare(state: &LedgerState, naive: &Naive, now: i64) -> Result<(), TestCaseError> {
    let balance = state.balance(day(now));
    prop_assert_eq!(balance.available.micro(), naive.available(), "available");
    prop_assert_eq!(balance.held.micro(), naive.held(0, (i64::MIN, i64::MAX)), "held");
    prop_assert_eq!(balance.debt.micro(), naive.debt(), "debt");
    prop_assert_eq!(state.head().spent.micro(), naive.out(false), "spent");
    prop_assert_eq!(state.head().revoked.micro(), naive.out(true), "revoked");
    prop_assert_eq!(state.head().expired.micro(), naive.expired(), "expired");
    for (number, lot) in naive.lots.iter().enumerate() {
        let Some(name) = lot.name else { continue };
        let found = state.lot(&lot_id(name)).unwrap();
        prop_assert_eq!(found.remaining.micro(), naive.free(number), "lot {}", name);
        prop_assert_eq!(found.frozen.micro(), naive.frozen(number), "frozen in lot {}", name);
        prop_assert_eq!(found.amount.micro(), lot.amount, "granted in lot {}", name);
        prop_assert_eq!(found.revoked.micro(), lot.revoked, "revoked of lot {}", name);
    }
    for hold in &naive.holds {
        let found = state.hold(&hold_id(hold.name)).unwrap();
        let status = match &found.state {
            HoldState::Open => Status::Open,
            HoldState::Released { .. } => Status::Released,
            HoldState::Settled { amount, absorbed, .. } => {
                Status::Settled { amount: amount.micro(), absorbed: absorbed.micro() }
            }
        };
        prop_assert_eq!(status, naive.status(hold), "hold {}", hold.name);
    }
    prop_assert_eq!(state.budgets().count(), naive.budgets.len(), "budgets");
    naive.budgets.iter().try_for_each(|budget| compare_budget(state, naive, budget, now))
}

fn compare_budget(
    state: &LedgerState,
    naive: &Naive,
    expected: &NaiveBudget,
    now: i64,
) -> Result<(), TestCaseError> {
    let number = expected.subject;
    let budget = state.budget(&subject(number)).unwrap();
    let running = (number_of(budget.span.from), number_of(budget.span.until));
    prop_assert_eq!(running, expected.running, "the running stretch of {}", number);
    for (found, span) in [
        (budget.clone(), expected.running),
        (
            state.budget_at(&subject(number), day(now)).unwrap().into_owned(),
            naive.span(expected, now),
        ),
    ] {
        prop_assert_eq!(found.limit.micro(), expected.limit);
        prop_assert_eq!(found.used.micro(), naive.used(number, span), "used of {}", number);
        prop_assert_eq!(found.held.micro(), naive.held(number, span), "held of {}", number);
    }
    Ok(())
}

/// Runs a script through the kernel, the kernel as an engine runs it, and the naive ledger; gives the
/// codes of the refusals that were met.
pub fn run(script: &Script) -> Result<BTreeSet<&'static str>, TestCaseError> {
    let begun = LedgerState::new(organisation());
    let mut books = Books { state: begun.clone(), naive: Naive::new(), outflows: vec![] };
    let mut engine = Engine { state: begun.clone(), journal: vec![] };
    let mut journal: Vec<Transaction> = vec![];
    let mut refused = BTreeSet::new();
    let mut now = 0;
    for (number, (wait, step)) in script.steps.iter().enumerate() {
        (1..=*wait).for_each(|passed| engine.sweep(now + passed));
        now += wait;
        books.naive.pass(now);
        let order = Order {
            key: IdempotencyKey::parse(&format!("step:{number}")).unwrap(),
            actor: Actor::System,
            occurred_at: day(now),
            command: books.command(step, now),
        };
        let mut archive = books.state.clone();
        let applied = apply(&mut books.state, &order, day(now));
        let expected = books.naive.ask(step, now);
        prop_assert_eq!(told(&applied.answer, step), expected, "step {}: {:?}", number, step);
        if let Err(refusal) = &applied.answer {
            refused.insert(refusal.code());
        }
        let due = book_due(&mut archive, day(now));
        if applied.answer.is_err() {
            prop_assert_eq!(&due, &applied.booked);
            prop_assert_eq!(&archive, &books.state, "a refusal left something behind");
        }
        let as_engine = engine.ask(&order, &archive, now);
        prop_assert_eq!(told(&as_engine.answer, step), expected, "engine, step {}", number);
        for transaction in &applied.booked {
            let amounts = transaction.entries.iter().map(|entry| entry.amount);
            prop_assert_eq!(Credits::checked_sum(amounts), Some(Credits::ZERO));
            books.outflows.extend(Outflow::of(transaction).map(|outflow| outflow.transaction));
        }
        journal.extend(applied.booked);
        for state in [&books.state, &engine.state] {
            invariants::check(state).map_err(|found| TestCaseError::fail(found.to_string()))?;
        }
        compare(&books.state, &books.naive, now)?;
        prop_assert_eq!(engine.state.balance(day(now)), books.state.balance(day(now)));
    }
    prop_assert_eq!(&engine.journal, &journal, "an engine that sweeps and forgets");
    prop_assert_eq!(&replay(begun, &journal).unwrap(), &books.state, "replay");
    let keys: BTreeSet<_> = journal.iter().map(|booked| &booked.key).collect();
    prop_assert_eq!(keys.len(), journal.len(), "every key is booked once");
    Ok(refused)
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn random_commands_come_to_the_same_in_a_ledger_written_in_another_way(script in script()) {
        run(&script)?;
    }
}

/// Refusals that no random script can meet: amounts beyond what fits, and terms that scripts do not
/// make. Each has a test of its own.
const NOT_AT_RANDOM: [&str; 3] = ["amount_overflow", "calendar_unsound", "plan_unsound"];

#[test]
fn every_refusal_is_met_by_random_scripts() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for _ in 0..1_000 {
        let script = script().new_tree(&mut runner).unwrap().current();
        met.extend(run(&script).unwrap());
    }
    let never: Vec<&str> = Refusal::CODES
        .into_iter()
        .filter(|code| !met.contains(code) && !NOT_AT_RANDOM.contains(code))
        .collect();
    assert_eq!(never, Vec::<&str>::new(), "refusals that were never met");
}
