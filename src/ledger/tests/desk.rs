//! A ledger with hands of its own for the time, that checks every promise after every command.

use crate::ledger::command::{Grant, MakeHold, SetBudget, SetTerms};
use crate::ledger::*;

/// The instant at which every test begins; tests count seconds from here.
const BEGINNING: Timestamp = Timestamp(1_800_000_000_000_000);

pub fn second(seconds: i64) -> Timestamp {
    BEGINNING.plus(seconds * time::SECOND)
}

pub fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

pub fn lot(name: &str) -> LotId {
    LotId::parse(&format!("lot_{name}")).unwrap()
}

pub fn hold_id(name: &str) -> HoldId {
    HoldId::parse(&format!("hold_{name}")).unwrap()
}

pub fn department(name: &str) -> Subject {
    format!("department:dep_{name}").parse().unwrap()
}

/// What the whole of a department's work is attributed to.
pub fn work_of(name: &str) -> Attribution {
    let department = Some(DepartmentId::parse(&format!("dep_{name}")).unwrap());
    Attribution { department, ..Attribution::default() }
}

pub fn organisation() -> OrganisationId {
    OrganisationId::parse("org_test").unwrap()
}

/// Purchased credits that may be spent at once and never expire; tests change what they are about.
pub fn purchased(name: &str, amount: &str) -> Grant {
    Grant::plain(lot(name), Source::Purchased, credits(amount), Origin::Signup)
}

pub fn expiring(name: &str, amount: &str, expires_at: Timestamp) -> Grant {
    Grant { expires_at: Some(expires_at), ..purchased(name, amount) }
}

/// A hold with a deadline far away that refuses to be over-settled.
pub fn holding(name: &str, amount: &str) -> MakeHold {
    MakeHold {
        hold: hold_id(name),
        amount: credits(amount),
        deadline: second(1_000_000),
        over_settle: OverSettle::Refuse,
        attribution: Attribution::default(),
    }
}

/// A cap for ever with nothing used before.
pub fn capped(subject: Subject, limit: &str) -> SetBudget {
    SetBudget {
        subject,
        kind: BudgetKind::Cap,
        window: Window::Forever,
        limit: Some(credits(limit)),
        used_so_far: Credits::ZERO,
    }
}

pub struct Desk {
    pub state: LedgerState,
    pub journal: Vec<Transaction>,
    pub now: Timestamp,
    /// How many transactions the last command booked, dues included.
    pub last_booked: usize,
    orders: u64,
}

impl Desk {
    pub fn open() -> Desk {
        Desk::ordered(ConsumptionOrder::ByPriority)
    }

    pub fn ordered(order: ConsumptionOrder) -> Desk {
        let state = LedgerState::new(organisation());
        let journal = Vec::new();
        let mut desk = Desk { state, journal, now: second(0), last_booked: 0, orders: 0 };
        if order != ConsumptionOrder::default() {
            let terms = SetTerms { order: Some(order), ..SetTerms::default() };
            desk.ask(Command::SetTerms(terms)).unwrap();
        }
        desk
    }

    pub fn at(&mut self, seconds: i64) -> &mut Desk {
        self.now = second(seconds);
        self
    }

    pub fn ask(&mut self, command: Command) -> Result<Receipt, Refusal> {
        self.orders += 1;
        let order = Order {
            key: IdempotencyKey::parse(&format!("test:{}", self.orders)).unwrap(),
            actor: Actor::System,
            occurred_at: self.now,
            command,
        };
        let mut without = self.state.clone();
        let _ = book_due(&mut without, self.now);
        let applied = apply(&mut self.state, &order, self.now);
        self.last_booked = applied.booked.len();
        self.journal.extend(applied.booked);
        if applied.answer.is_err() {
            assert_eq!(self.state, without, "a refusal left something behind");
        }
        self.check();
        applied.answer
    }

    fn check(&self) {
        for transaction in &self.journal[self.journal.len() - self.last_booked..] {
            let amounts = transaction.entries.iter().map(|entry| entry.amount);
            assert_eq!(Credits::checked_sum(amounts), Some(Credits::ZERO), "{transaction:?}");
        }
        invariants::check(&self.state).unwrap();
        let begun = LedgerState::new(organisation());
        assert_eq!(replay(begun, &self.journal).unwrap(), self.state);
    }

    pub fn grant(&mut self, grant: Grant) -> Receipt {
        self.ask(Command::Grant(Box::new(grant))).unwrap()
    }

    pub fn hold(&mut self, hold: MakeHold) -> Result<Receipt, Refusal> {
        self.ask(Command::Hold(hold))
    }

    pub fn settle(&mut self, name: &str, amount: &str) -> Result<Receipt, Refusal> {
        self.ask(Command::Settle { hold: hold_id(name), amount: credits(amount) })
    }

    pub fn release(&mut self, name: &str) -> Result<Receipt, Refusal> {
        self.ask(Command::Release { hold: hold_id(name) })
    }

    pub fn charge(&mut self, amount: &str, attribution: Attribution) -> Result<Receipt, Refusal> {
        self.ask(Command::Charge { amount: credits(amount), attribution })
    }

    pub fn set_budget(&mut self, terms: SetBudget) -> Result<Receipt, Refusal> {
        self.ask(Command::SetBudget(terms))
    }

    pub fn available(&self) -> String {
        self.state.balance(self.now).available.to_string()
    }

    pub fn remaining(&self, name: &str) -> String {
        self.state.lot(&lot(name)).unwrap().remaining.to_string()
    }

    /// The lots that paid for a settled hold: `a 2, b 1`.
    pub fn paid(&self, name: &str) -> String {
        match &self.state.hold(&hold_id(name)).unwrap().state {
            HoldState::Settled { paid, .. } => listed(paid),
            other => panic!("the hold is not settled: {other:?}"),
        }
    }

    /// The lots that an open or closed hold drew on: `a 2, b 1`.
    pub fn drawn(&self, name: &str) -> String {
        listed(&self.state.hold(&hold_id(name)).unwrap().draws)
    }

    /// The kinds of the journal's last transactions.
    pub fn last_kinds(&self, count: usize) -> Vec<&str> {
        let from = self.journal.len() - count;
        self.journal[from..].iter().map(|transaction| transaction.kind.code()).collect()
    }
}

fn listed(draws: &[Draw]) -> String {
    let line = |draw: &Draw| format!("{} {}", &draw.lot.as_str()["lot_".len()..], draw.amount);
    draws.iter().map(line).collect::<Vec<_>>().join(", ")
}
