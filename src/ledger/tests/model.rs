//! Random command sequences through the kernel and through the naive ledger, compared after every
//! command.

use proptest::prelude::*;

use super::desk::organisation;
use super::naive::{Answer, Naive, NaiveBudget, Outcome, Status};
use super::script::{Policy, Script, Step, Who, script};
use crate::ledger::command::{Grant, MakeHold, SetBudget};
use crate::ledger::*;

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

fn window(bounds: Option<(i64, i64)>) -> Window {
    bounds.map_or(Window::Forever, |(from, until)| Window::Between {
        from: Timestamp(from),
        until: Timestamp(until),
    })
}

fn micro(amount: i8) -> Credits {
    Credits::from_micro(amount.into())
}

/// A figure that no test could take for the true one, given where none is wanted.
const UNWANTED: Credits = Credits::from_micro(999);

fn command(step: &Step, state: &LedgerState, naive: &Naive, now: i64) -> Command {
    let after = |wait: i8| Timestamp(now + i64::from(wait));
    match *step {
        Step::Grant { lot, priority, amount, from, until, only } => {
            let plain = Grant::plain(lot_id(lot), Source::Purchased, micro(amount), Origin::Signup);
            Command::Grant(Box::new(Grant {
                priority: Some(priority.into()),
                effective_at: from.map(after),
                expires_at: until.map(after),
                operations: only.map(|number| vec![operation(number)]),
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
        Step::Settle { hold, amount } => {
            Command::Settle { hold: hold_id(hold), amount: micro(amount) }
        }
        Step::Release { hold } => Command::Release { hold: hold_id(hold) },
        Step::Charge { amount, who } => {
            Command::Charge { amount: micro(amount), attribution: attribution(who) }
        }
        Step::Expire { lot } => Command::Expire { lot: lot_id(lot) },
        Step::SetBudget { subject: number, window: bounds, limit } => {
            let mut terms = SetBudget {
                subject: subject(number),
                kind: BudgetKind::Cap,
                window: window(bounds),
                limit: limit.map(micro),
                used_so_far: UNWANTED,
            };
            if state.usage_wanted(&terms, Timestamp(now)).is_some() {
                terms.used_so_far = Credits::from_micro(naive.used(number, bounds));
            }
            Command::SetBudget(terms)
        }
    }
}

/// The kernel as an engine runs it: it sweeps at every instant, drops what is over after every
/// command and brings back only what a command concerns.
struct Engine {
    state: LedgerState,
    journal: Vec<Transaction>,
}

impl Engine {
    fn sweep(&mut self, now: i64) {
        let booked = book_due(&mut self.state, Timestamp(now));
        self.journal.extend(booked);
    }

    fn ask(&mut self, order: &Order, archive: &LedgerState, now: i64) -> Applied {
        let hold = order.command.hold().and_then(|id| archive.hold(id)).cloned();
        let lot = order.command.lot().and_then(|id| archive.lot(id)).cloned();
        lot.into_iter().for_each(|lot| self.state.with_lot(lot));
        hold.into_iter().for_each(|hold| self.state.with_hold(hold));
        let applied = apply(&mut self.state, order, Timestamp(now));
        self.journal.extend(applied.booked.iter().cloned());
        self.state.forget_closed();
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
    let balance = state.balance(Timestamp(now));
    prop_assert_eq!(balance.available.micro(), naive.available(now), "available");
    prop_assert_eq!(balance.held.micro(), naive.held(0, None, now), "held");
    prop_assert_eq!(state.head().spent.micro(), naive.spent(), "spent");
    prop_assert_eq!(state.head().expired.micro(), naive.expired(now), "expired");
    for lot in &naive.lots {
        let remaining = state.lot(&lot_id(lot.name)).unwrap().remaining;
        prop_assert_eq!(remaining.micro(), naive.remaining(lot, now), "lot {}", lot.name);
    }
    for hold in &naive.holds {
        let status = match &state.hold(&hold_id(hold.name)).unwrap().state {
            HoldState::Open => Status::Open,
            HoldState::Released { .. } => Status::Released,
            HoldState::Settled { amount, absorbed, .. } => {
                Status::Settled { amount: amount.micro(), absorbed: absorbed.micro() }
            }
        };
        prop_assert_eq!(status, naive.status(hold, now), "hold {}", hold.name);
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
    let NaiveBudget { subject: number, window: bounds, limit } = *expected;
    let budget = state.budget(&subject(number)).unwrap();
    prop_assert_eq!(budget.limit.micro(), limit);
    prop_assert_eq!(budget.used.micro(), naive.used(number, bounds), "used of {}", number);
    prop_assert_eq!(budget.held.micro(), naive.held(number, bounds, now), "held of {}", number);
    Ok(())
}

fn run(script: &Script) -> Result<(), TestCaseError> {
    let consumption = match script.expiring_first {
        true => ConsumptionOrder::ExpiringFirst,
        false => ConsumptionOrder::ByPriority,
    };
    let begun = LedgerState::new(organisation(), consumption);
    let mut state = begun.clone();
    let mut naive = Naive::new(script.expiring_first);
    let mut engine = Engine { state: begun.clone(), journal: vec![] };
    let mut journal: Vec<Transaction> = vec![];
    let mut now = 0;
    for (number, (wait, step)) in script.steps.iter().enumerate() {
        (1..=*wait).for_each(|passed| engine.sweep(now + passed));
        now += wait;
        let order = Order {
            key: IdempotencyKey::parse(&format!("step:{number}")).unwrap(),
            actor: Actor::System,
            occurred_at: Timestamp(now),
            command: command(step, &state, &naive, now),
        };
        let archive = state.clone();
        let applied = apply(&mut state, &order, Timestamp(now));
        let expected = naive.ask(step, now);
        prop_assert_eq!(told(&applied.answer, step), expected, "step {}", number);
        if applied.answer.is_err() {
            let mut untouched = archive.clone();
            prop_assert_eq!(&book_due(&mut untouched, Timestamp(now)), &applied.booked);
            prop_assert_eq!(&untouched, &state, "a refusal left something behind");
        }
        let booked_for_it = applied.transaction().filter(|own| own.key == order.key);
        if let Some(own) = booked_for_it {
            prop_assert_eq!(own.available_after.micro(), naive.available(own.recorded_at.0));
        }
        let as_engine = engine.ask(&order, &archive, now);
        prop_assert_eq!(told(&as_engine.answer, step), expected, "engine, step {}", number);
        for transaction in &applied.booked {
            let amounts = transaction.entries.iter().map(|entry| entry.amount);
            prop_assert_eq!(Credits::checked_sum(amounts), Some(Credits::ZERO));
        }
        journal.extend(applied.booked);
        invariants::check(&state).map_err(|found| TestCaseError::fail(found.to_string()))?;
        invariants::check(&engine.state).map_err(|found| TestCaseError::fail(found.to_string()))?;
        compare(&state, &naive, now)?;
        prop_assert_eq!(engine.state.balance(Timestamp(now)), state.balance(Timestamp(now)));
    }
    prop_assert_eq!(&engine.journal, &journal, "an engine that sweeps and forgets");
    prop_assert_eq!(&replay(begun, &journal).unwrap(), &state, "replay");
    let keys: std::collections::BTreeSet<_> = journal.iter().map(|booked| &booked.key).collect();
    prop_assert_eq!(keys.len(), journal.len(), "every key is booked once");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn random_commands_come_to_the_same_in_a_ledger_written_in_another_way(script in script()) {
        run(&script)?;
    }
}
