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

impl Who {
    pub const NOBODY: Who = Who { department: None, member: None, operation: None };
}

/// The window of a budget; the days of `Between` count from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    Forever,
    Between(i64, i64),
    Daily,
    Weekly,
    Monthly,
    Billing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    None,
    Cap(i8),
    Earmark(i8),
}

/// A command in small numbers: amounts in micro-credits, times in days from now.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Grant {
        lot: u8,
        priority: i8,
        amount: i8,
        from: Option<i8>,
        until: Option<i8>,
        carry: Option<(i8, i8)>,
        only: Option<u8>,
        unlimited: bool,
    },
    Hold {
        hold: u8,
        amount: i8,
        deadline: i8,
        policy: Policy,
        who: Who,
    },
    Extend {
        hold: u8,
        by: i8,
        deadline: Option<i8>,
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
    EndLot {
        lot: u8,
    },
    /// Of the outflow with that number, counted from the first.
    Reverse {
        outflow: u8,
        amount: Option<i8>,
    },
    Revoke {
        lot: u8,
        amount: i8,
    },
    Freeze {
        lot: u8,
        amount: i8,
    },
    Unfreeze {
        lot: u8,
        amount: Option<i8>,
    },
    Adjust {
        lot: u8,
        change: i8,
    },
    SetBudget {
        subject: u8,
        window: Stretch,
        limit: Limit,
    },
    MoveBudget {
        from: u8,
        to: u8,
        amount: i8,
    },
    Order {
        expiring_first: bool,
    },
    DebtLimit {
        limit: i8,
    },
    /// A monthly plan from today on.
    Plan {
        allowance: Option<i8>,
    },
}

/// Commands, each with how many days it comes after the one before.
#[derive(Clone)]
pub struct Script {
    pub steps: Vec<(i64, Step)>,
}

/// A failing case is printed as the table of its steps, a call that can be pasted into a test.
impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "run(&Script {{ steps: vec![")?;
        for (wait, step) in &self.steps {
            writeln!(formatter, "    ({wait}, {step:?}),")?;
        }
        write!(formatter, "] }}).unwrap();")
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
    let carry = prop::option::weighted(0.2, (0..15_i8, -1..6_i8));
    let only = prop::option::weighted(0.2, 0..2_u8);
    let unlimited = prop::bool::weighted(0.1);
    (0..10_u8, 1..4_i8, -1..20_i8, soon, until, carry, only, unlimited).prop_map(
        |(lot, priority, amount, from, until, carry, only, unlimited)| Step::Grant {
            lot,
            priority,
            amount: if unlimited { amount.min(0).abs() } else { amount },
            from,
            until,
            carry,
            only,
            unlimited,
        },
    )
}

fn hold() -> impl Strategy<Value = Step> {
    (0..12_u8, 0..10_i8, 0..16_i8, policy(), who()).prop_map(
        |(hold, amount, deadline, policy, who)| Step::Hold { hold, amount, deadline, policy, who },
    )
}

fn budget() -> impl Strategy<Value = Step> {
    let window = prop_oneof![
        6 => Just(Stretch::Forever),
        3 => (0..60_i64, -1..20_i64).prop_map(|(from, length)| Stretch::Between(from, from + length)),
        1 => Just(Stretch::Daily),
        1 => Just(Stretch::Weekly),
        1 => Just(Stretch::Monthly),
        1 => Just(Stretch::Billing),
    ];
    let limit = prop_oneof![
        1 => Just(Limit::None),
        6 => (-1..30_i8).prop_map(Limit::Cap),
        4 => (-1..15_i8).prop_map(Limit::Earmark),
    ];
    let subject = prop_oneof![2 => Just(0), 3 => 1..5_u8];
    (subject, window, limit).prop_map(|(subject, window, limit)| Step::SetBudget {
        subject,
        window,
        limit,
    })
}

fn rare() -> impl Strategy<Value = Step> {
    let amount = || prop::option::weighted(0.7, 0..12_i8);
    prop_oneof![
        4 => (0..8_u8, amount()).prop_map(|(outflow, amount)| Step::Reverse { outflow, amount }),
        3 => (0..10_u8, 0..16_i8).prop_map(|(lot, amount)| Step::Revoke { lot, amount }),
        3 => (0..10_u8, 0..16_i8).prop_map(|(lot, amount)| Step::Freeze { lot, amount }),
        2 => (0..10_u8, amount()).prop_map(|(lot, amount)| Step::Unfreeze { lot, amount }),
        2 => (0..10_u8, -8..8_i8).prop_map(|(lot, change)| Step::Adjust { lot, change }),
        6 => (0..5_u8, 0..5_u8, 0..25_i8)
            .prop_map(|(from, to, amount)| Step::MoveBudget { from, to, amount }),
        1 => any::<bool>().prop_map(|expiring_first| Step::Order { expiring_first }),
        4 => (-1..9_i8).prop_map(|limit| Step::DebtLimit { limit }),
        1 => prop::option::weighted(0.8, 0..15_i8).prop_map(|allowance| Step::Plan { allowance }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let deadline = prop::option::weighted(0.5, 0..20_i8);
    prop_oneof![
        8 => grant(),
        12 => hold(),
        3 => (0..12_u8, -1..6_i8, deadline)
            .prop_map(|(hold, by, deadline)| Step::Extend { hold, by, deadline }),
        10 => (0..12_u8, -1..14_i8).prop_map(|(hold, amount)| Step::Settle { hold, amount }),
        6 => (0..12_u8).prop_map(|hold| Step::Release { hold }),
        4 => (0..8_i8, who()).prop_map(|(amount, who)| Step::Charge { amount, who }),
        2 => (0..10_u8).prop_map(|lot| Step::Expire { lot }),
        2 => (0..10_u8).prop_map(|lot| Step::EndLot { lot }),
        6 => budget(),
        14 => rare(),
    ]
}

pub fn script() -> impl Strategy<Value = Script> {
    prop::collection::vec((0..5_i64, step()), 1..60).prop_map(|steps| Script { steps })
}
