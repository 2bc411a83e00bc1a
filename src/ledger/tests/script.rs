//! Random commands with running time, small enough that limits are met exactly and ids are reused.

use std::fmt;

use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Refuse,
    Absorb,
    Draw,
}

/// Departments are 1 and 2, people 3 and 4, operations 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub department: Option<u8>,
    pub member: Option<u8>,
    pub operation: Option<u8>,
}

/// A command in small numbers: amounts in micro-credits, times in microseconds from now, except
/// the windows of budgets, which are instants.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Grant {
        lot: u8,
        priority: i8,
        amount: i8,
        from: Option<i8>,
        until: Option<i8>,
        only: Option<u8>,
    },
    Hold {
        hold: u8,
        amount: i8,
        deadline: i8,
        policy: Policy,
        who: Who,
    },
    Settle {
        hold: u8,
        amount: i8,
    },
    Release {
        hold: u8,
    },
    Charge {
        amount: i8,
        who: Who,
    },
    Expire {
        lot: u8,
    },
    SetBudget {
        subject: u8,
        window: Option<(i64, i64)>,
        limit: Option<i8>,
    },
}

/// Commands, each with how long it comes after the one before.
#[derive(Clone)]
pub struct Script {
    pub expiring_first: bool,
    pub steps: Vec<(i64, Step)>,
}

/// The table that a failing case is printed as.
impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.expiring_first { "expiring first" } else { "by priority" };
        writeln!(formatter, "{order}\n{:>5}  command", "time")?;
        let mut now = 0;
        for (wait, step) in &self.steps {
            now += wait;
            writeln!(formatter, "{now:>5}  {step:?}")?;
        }
        Ok(())
    }
}

fn who() -> impl Strategy<Value = Who> {
    let department = prop::option::of(1..3_u8);
    let member = prop::option::of(3..5_u8);
    let operation = prop::option::of(0..2_u8);
    (department, member, operation).prop_map(|(department, member, operation)| Who {
        department,
        member,
        operation,
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![1 => Just(Policy::Refuse), 1 => Just(Policy::Absorb), 3 => Just(Policy::Draw)]
}

fn grant() -> impl Strategy<Value = Step> {
    let soon = prop::option::weighted(0.3, 0..8_i8);
    let until = prop::option::weighted(0.6, -2..25_i8);
    let only = prop::option::weighted(0.2, 0..2_u8);
    (0..10_u8, 1..4_i8, -1..20_i8, soon, until, only).prop_map(
        |(lot, priority, amount, from, until, only)| Step::Grant {
            lot,
            priority,
            amount,
            from,
            until,
            only,
        },
    )
}

fn hold() -> impl Strategy<Value = Step> {
    (0..12_u8, 0..10_i8, 0..16_i8, policy(), who()).prop_map(
        |(hold, amount, deadline, policy, who)| Step::Hold { hold, amount, deadline, policy, who },
    )
}

fn budget() -> impl Strategy<Value = Step> {
    let window = prop::option::weighted(0.7, (0..60_i64, -1..20_i64))
        .prop_map(|window| window.map(|(from, length)| (from, from + length)));
    let subject = prop_oneof![2 => Just(0), 3 => 1..5_u8];
    (subject, window, prop::option::weighted(0.9, -1..30_i8))
        .prop_map(|(subject, window, limit)| Step::SetBudget { subject, window, limit })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => grant(),
        6 => hold(),
        5 => (0..12_u8, -1..14_i8).prop_map(|(hold, amount)| Step::Settle { hold, amount }),
        3 => (0..12_u8).prop_map(|hold| Step::Release { hold }),
        2 => (0..8_i8, who()).prop_map(|(amount, who)| Step::Charge { amount, who }),
        1 => (0..10_u8).prop_map(|lot| Step::Expire { lot }),
        2 => budget(),
    ]
}

pub fn script() -> impl Strategy<Value = Script> {
    let steps = prop::collection::vec((0..5_i64, step()), 1..50);
    (any::<bool>(), steps).prop_map(|(expiring_first, steps)| Script { expiring_first, steps })
}
