//! A second ledger, as plain as can be: it keeps only what was asked and granted, and works every
//! figure out from there each time. It books no expiry and no deadline; they follow from the time.
//! It shares no rule with the kernel.

use super::script::{Policy, Step, Who};

/// A refusal's code, or what became of the request.
pub type Answer = Result<Outcome, &'static str>;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Outcome {
    Done,
    Again,
}

pub struct NaiveLot {
    pub name: u8,
    pub amount: i64,
    priority: i32,
    from: i64,
    until: Option<i64>,
    granted_at: i64,
    only: Option<u8>,
}

pub struct NaiveHold {
    pub name: u8,
    amount: i64,
    draws: Vec<(u8, i64)>,
    made_at: i64,
    deadline: i64,
    policy: Policy,
    who: Who,
    end: Option<End>,
}

enum End {
    Released,
    Settled { paid: Vec<(u8, i64)>, absorbed: i64, counted_at: i64 },
}

struct NaiveCharge {
    at: i64,
    who: Who,
    paid: Vec<(u8, i64)>,
}

/// What a hold has come to.
#[derive(Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Released,
    Settled { amount: i64, absorbed: i64 },
}

/// Whose budget, in which window, with which limit.
pub struct NaiveBudget {
    pub subject: u8,
    pub window: Option<(i64, i64)>,
    pub limit: i64,
}

pub struct Naive {
    pub lots: Vec<NaiveLot>,
    pub holds: Vec<NaiveHold>,
    charges: Vec<NaiveCharge>,
    pub budgets: Vec<NaiveBudget>,
    pub expiring_first: bool,
}

impl Naive {
    pub fn new(expiring_first: bool) -> Naive {
        let (lots, holds, charges, budgets) = (vec![], vec![], vec![], vec![]);
        Naive { lots, holds, charges, budgets, expiring_first }
    }

    pub fn status(&self, hold: &NaiveHold, now: i64) -> Status {
        match &hold.end {
            None if now < hold.deadline => Status::Open,
            None | Some(End::Released) => Status::Released,
            Some(End::Settled { paid, absorbed, .. }) => {
                Status::Settled { amount: total(paid), absorbed: *absorbed }
            }
        }
    }

    /// What a lot gave for good, and what open holds keep of it.
    fn gone(&self, lot: u8, now: i64) -> i64 {
        let of_lot = |draws: &[(u8, i64)]| {
            draws.iter().filter(|(name, _)| *name == lot).map(|(_, amount)| amount).sum::<i64>()
        };
        let in_holds: i64 = self
            .holds
            .iter()
            .map(|hold| match (&hold.end, self.status(hold, now)) {
                (_, Status::Open) => of_lot(&hold.draws),
                (Some(End::Settled { paid, .. }), _) => of_lot(paid),
                _ => 0,
            })
            .sum();
        in_holds + self.charges.iter().map(|charge| of_lot(&charge.paid)).sum::<i64>()
    }

    fn is_over(lot: &NaiveLot, now: i64) -> bool {
        lot.until.is_some_and(|until| now >= until)
    }

    pub fn remaining(&self, lot: &NaiveLot, now: i64) -> i64 {
        if Self::is_over(lot, now) { 0 } else { lot.amount - self.gone(lot.name, now) }
    }

    pub fn expired_of(&self, lot: &NaiveLot, now: i64) -> i64 {
        if Self::is_over(lot, now) { lot.amount - self.gone(lot.name, now) } else { 0 }
    }

    pub fn expired(&self, now: i64) -> i64 {
        self.lots.iter().map(|lot| self.expired_of(lot, now)).sum()
    }

    pub fn spent(&self) -> i64 {
        self.used(0, None)
    }

    pub fn available(&self, now: i64) -> i64 {
        let begun = self.lots.iter().filter(|lot| lot.from <= now);
        begun.map(|lot| self.remaining(lot, now)).sum()
    }

    pub fn held(&self, subject: u8, window: Option<(i64, i64)>, now: i64) -> i64 {
        let open = self.holds.iter().filter(|hold| self.status(hold, now) == Status::Open);
        let counts =
            open.filter(|hold| inside(window, hold.made_at) && concerns(subject, hold.who));
        counts.map(|hold| hold.amount).sum()
    }

    pub fn used(&self, subject: u8, window: Option<(i64, i64)>) -> i64 {
        let settled = self.holds.iter().filter_map(|hold| match &hold.end {
            Some(End::Settled { paid, counted_at, .. }) => {
                Some((hold.who, *counted_at, total(paid)))
            }
            _ => None,
        });
        let charged =
            self.charges.iter().map(|charge| (charge.who, charge.at, total(&charge.paid)));
        let counts =
            |(who, at, _): &(Who, i64, i64)| inside(window, *at) && concerns(subject, *who);
        settled.chain(charged).filter(counts).map(|(_, _, amount)| amount).sum()
    }

    /// Picks the best lot again and again.
    fn draw(&self, amount: i64, operation: Option<u8>, now: i64) -> Option<Vec<(u8, i64)>> {
        let mut left: Vec<&NaiveLot> = self
            .lots
            .iter()
            .filter(|lot| lot.from <= now && self.remaining(lot, now) > 0)
            .filter(|lot| lot.only.is_none() || lot.only == operation)
            .collect();
        let mut draws = vec![];
        let mut missing = amount;
        while missing > 0 {
            let best = (0..left.len()).min_by_key(|at| self.rank(left[*at]))?;
            let lot = left.remove(best);
            let taken = missing.min(self.remaining(lot, now));
            draws.push((lot.name, taken));
            missing -= taken;
        }
        Some(draws)
    }

    fn rank(&self, lot: &NaiveLot) -> (i64, i64, i64, u8) {
        let (priority, until) = (i64::from(lot.priority), lot.until.unwrap_or(i64::MAX));
        if self.expiring_first {
            (until, priority, lot.granted_at, lot.name)
        } else {
            (priority, until, lot.granted_at, lot.name)
        }
    }

    /// The lots that pay, or the code of the refusal.
    fn gate(
        &self,
        amount: i64,
        who: Who,
        now: i64,
        counted_at: i64,
    ) -> Result<Vec<(u8, i64)>, &'static str> {
        if amount == 0 {
            return Ok(vec![]);
        }
        let draws = self.draw(amount, who.operation, now).ok_or("insufficient_credits")?;
        let fits = |budget: &NaiveBudget| {
            !inside(budget.window, counted_at)
                || !concerns(budget.subject, who)
                || self.used(budget.subject, budget.window)
                    + self.held(budget.subject, budget.window, now)
                    + amount
                    <= budget.limit
        };
        if self.budgets.iter().all(fits) { Ok(draws) } else { Err("budget_exceeded") }
    }

    pub fn ask(&mut self, step: &Step, now: i64) -> Answer {
        match *step {
            Step::Grant { lot, priority, amount, from, until, only } => {
                let from = from.map_or(now, |from| now + i64::from(from));
                let until = until.map(|until| now + i64::from(until));
                self.grant(NaiveLot {
                    name: lot,
                    amount: amount.into(),
                    priority: priority.into(),
                    from,
                    until,
                    granted_at: now,
                    only,
                })
            }
            Step::Hold { hold, amount, deadline, policy, who } => {
                self.hold(hold, amount.into(), now + i64::from(deadline), policy, who, now)
            }
            Step::Settle { hold, amount } => self.settle(hold, amount.into(), now),
            Step::Release { hold } => self.release(hold, now),
            Step::Charge { amount, who } => {
                if amount <= 0 {
                    return Err("amount_not_positive");
                }
                let paid = self.gate(amount.into(), who, now, now)?;
                self.charges.push(NaiveCharge { at: now, who, paid });
                Ok(Outcome::Done)
            }
            Step::Expire { lot } => self.expire(lot, now),
            Step::SetBudget { subject, window, limit } => self.set_budget(subject, window, limit),
        }
    }

    fn grant(&mut self, lot: NaiveLot) -> Answer {
        if lot.amount <= 0 {
            return Err("amount_not_positive");
        }
        if self.lots.iter().any(|other| other.name == lot.name) {
            return Err("lot_exists");
        }
        if lot.until.is_some_and(|until| until <= lot.from) {
            return Err("expires_before_effective");
        }
        self.lots.push(lot);
        Ok(Outcome::Done)
    }

    fn hold(
        &mut self,
        name: u8,
        amount: i64,
        deadline: i64,
        policy: Policy,
        who: Who,
        now: i64,
    ) -> Answer {
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        if self.holds.iter().any(|hold| hold.name == name) {
            return Err("hold_exists");
        }
        if deadline <= now {
            return Err("hold_deadline_in_past");
        }
        let draws = self.gate(amount, who, now, now)?;
        let end = None;
        self.holds.push(NaiveHold {
            name,
            amount,
            draws,
            made_at: now,
            deadline,
            policy,
            who,
            end,
        });
        Ok(Outcome::Done)
    }

    fn settle(&mut self, name: u8, reported: i64, now: i64) -> Answer {
        if reported < 0 {
            return Err("amount_negative");
        }
        let at = self.holds.iter().position(|hold| hold.name == name).ok_or("hold_not_found")?;
        let hold = &self.holds[at];
        match &hold.end {
            Some(End::Settled { .. }) => return Ok(Outcome::Again),
            Some(End::Released) => return Err("hold_already_released"),
            None => {}
        }
        let (charged, absorbed) = match hold.policy {
            _ if reported <= hold.amount => (reported, 0),
            Policy::Refuse => return Err("over_settle_refused"),
            Policy::Absorb => (hold.amount, reported - hold.amount),
            Policy::Draw => (reported, 0),
        };
        let (paid, counted_at) = if self.status(hold, now) == Status::Open {
            let beyond = self.gate((charged - hold.amount).max(0), hold.who, now, hold.made_at)?;
            (first(&hold.draws, charged).into_iter().chain(beyond).collect(), hold.made_at)
        } else {
            (self.gate(charged, hold.who, now, now)?, now)
        };
        self.holds[at].end = Some(End::Settled { paid, absorbed, counted_at });
        Ok(Outcome::Done)
    }

    fn release(&mut self, name: u8, now: i64) -> Answer {
        let at = self.holds.iter().position(|hold| hold.name == name).ok_or("hold_not_found")?;
        match self.status(&self.holds[at], now) {
            Status::Settled { .. } => Err("hold_already_settled"),
            Status::Released => Ok(Outcome::Again),
            Status::Open => {
                self.holds[at].end = Some(End::Released);
                Ok(Outcome::Done)
            }
        }
    }

    fn expire(&self, name: u8, now: i64) -> Answer {
        let lot = self.lots.iter().find(|lot| lot.name == name).ok_or("lot_not_found")?;
        match Self::is_over(lot, now) {
            false => Err("lot_not_expired"),
            true if self.expired_of(lot, now) == 0 => Err("nothing_to_expire"),
            true => Ok(Outcome::Done),
        }
    }

    fn set_budget(&mut self, subject: u8, window: Option<(i64, i64)>, limit: Option<i8>) -> Answer {
        if window.is_some_and(|(from, until)| until <= from) {
            return Err("window_empty");
        }
        if limit.is_some_and(|limit| limit < 0) {
            return Err("amount_negative");
        }
        self.budgets.retain(|budget| budget.subject != subject);
        if let Some(limit) = limit {
            self.budgets.push(NaiveBudget { subject, window, limit: limit.into() });
        }
        Ok(Outcome::Done)
    }
}

/// Subject 0 is the organisation, 1 and 2 departments, 3 and 4 people.
fn concerns(subject: u8, who: Who) -> bool {
    subject == 0 || who.department == Some(subject) || who.member == Some(subject)
}

fn inside(window: Option<(i64, i64)>, at: i64) -> bool {
    window.is_none_or(|(from, until)| from <= at && at < until)
}

fn total(draws: &[(u8, i64)]) -> i64 {
    draws.iter().map(|(_, amount)| amount).sum()
}

fn first(draws: &[(u8, i64)], amount: i64) -> Vec<(u8, i64)> {
    let mut missing = amount;
    let take = |(lot, drawn): &(u8, i64)| {
        let taken = missing.min(*drawn);
        missing -= taken;
        (*lot, taken)
    };
    draws.iter().map(take).collect()
}
