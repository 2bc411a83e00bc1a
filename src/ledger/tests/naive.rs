//! A second ledger, as plain as can be: every micro-credit is a coin that lies somewhere, and time
//! passes day by day. It knows no accounts, no entries and no index, and shares no rule with the kernel.

use super::script::{Limit, Policy, Step, Stretch, Who};

/// A refusal's code, or what became of the request.
pub type Answer = Result<Outcome, &'static str>;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Outcome {
    Done,
    Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Free,
    Frozen,
    Held(u8),
    /// With the outflow of that number.
    Out(usize),
    Expired,
    /// Back where an unlimited lot had it from.
    Nowhere,
}

#[derive(Clone, Copy)]
struct Coin {
    lot: usize,
    place: Place,
}

pub struct NaiveLot {
    /// Its number in the script; the lots of plan periods have none.
    pub name: Option<u8>,
    pub amount: i64,
    priority: i32,
    from: i64,
    until: Option<i64>,
    carry: Option<(i64, i64)>,
    granted_at: i64,
    only: Option<u8>,
    unlimited: bool,
    wanted: i64,
    pub revoked: i64,
    lapsed: bool,
}

pub struct NaiveHold {
    pub name: u8,
    coins: Vec<usize>,
    made_at: i64,
    deadline: i64,
    policy: Policy,
    who: Who,
    end: Option<End>,
}

#[derive(Clone, Copy)]
enum End {
    Released { by_deadline: bool },
    Settled { amount: i64, absorbed: i64 },
}

/// What a hold has come to.
#[derive(Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Released,
    Settled { amount: i64, absorbed: i64 },
}

pub struct NaiveOutflow {
    pub coins: Vec<usize>,
    pub owed: i64,
    pub reversed: i64,
    amount: i64,
    who: Who,
    counted_at: i64,
    /// The lot whose money went back.
    revoked: Option<usize>,
}

/// Whose budget, in which window, with which limit.
pub struct NaiveBudget {
    pub subject: u8,
    pub limit: i64,
    window: Stretch,
    earmark: bool,
    /// The stretch that is running.
    pub running: (i64, i64),
}

pub struct Naive {
    coins: Vec<Coin>,
    pub lots: Vec<NaiveLot>,
    pub holds: Vec<NaiveHold>,
    pub outflows: Vec<NaiveOutflow>,
    pub budgets: Vec<NaiveBudget>,
    expiring_first: bool,
    debt_limit: i64,
    /// Allowance, first day, and the number of the next period.
    plan: Option<(i64, i64, i64)>,
    /// The last day on which a period began.
    last_period: Option<i64>,
    today: i64,
}

impl Naive {
    pub fn new() -> Naive {
        Naive {
            coins: vec![],
            lots: vec![],
            holds: vec![],
            outflows: vec![],
            budgets: vec![],
            expiring_first: false,
            debt_limit: 0,
            plan: None,
            last_period: None,
            today: 0,
        }
    }

    // Looking.

    fn lying(&self, lot: usize, place: Place) -> i64 {
        self.coins.iter().filter(|coin| coin.lot == lot && coin.place == place).count() as i64
    }

    pub fn free(&self, lot: usize) -> i64 {
        self.lying(lot, Place::Free)
    }

    pub fn frozen(&self, lot: usize) -> i64 {
        self.lying(lot, Place::Frozen)
    }

    pub fn status(&self, hold: &NaiveHold) -> Status {
        match hold.end {
            None => Status::Open,
            Some(End::Released { .. }) => Status::Released,
            Some(End::Settled { amount, absorbed }) => Status::Settled { amount, absorbed },
        }
    }

    pub fn available(&self) -> i64 {
        let begun = (0..self.lots.len()).filter(|lot| self.lots[*lot].from <= self.today);
        begun.map(|lot| self.free(lot)).sum()
    }

    pub fn expired(&self) -> i64 {
        self.coins.iter().filter(|coin| coin.place == Place::Expired).count() as i64
    }

    pub fn out(&self, revoked: bool) -> i64 {
        let counts = self.outflows.iter().filter(|outflow| outflow.revoked.is_some() == revoked);
        counts.map(|outflow| outflow.amount - outflow.reversed).sum()
    }

    pub fn debt(&self) -> i64 {
        self.outflows.iter().map(|outflow| outflow.owed).sum()
    }

    pub fn held(&self, subject: u8, (from, until): (i64, i64)) -> i64 {
        let open = self.holds.iter().filter(|hold| hold.end.is_none());
        let counts = open.filter(|hold| from <= hold.made_at && hold.made_at < until);
        counts.filter(|hold| concerns(subject, hold.who)).map(|hold| hold.coins.len() as i64).sum()
    }

    pub fn used(&self, subject: u8, (from, until): (i64, i64)) -> i64 {
        let usage = self.outflows.iter().filter(|outflow| outflow.revoked.is_none());
        let counts = usage.filter(|it| from <= it.counted_at && it.counted_at < until);
        let counts = counts.filter(|it| concerns(subject, it.who));
        counts.map(|it| it.amount - it.reversed).sum()
    }

    fn left(&self, budget: &NaiveBudget, span: (i64, i64)) -> i64 {
        let used = self.used(budget.subject, span) + self.held(budget.subject, span);
        (budget.limit - used).max(0)
    }

    /// The stretch that a budget counts on that day.
    pub fn span(&self, budget: &NaiveBudget, day: i64) -> (i64, i64) {
        let once = matches!(budget.window, Stretch::Forever | Stretch::Between(..));
        if once || day < budget.running.1 {
            return budget.running;
        }
        let (from, until) = self.stretch(budget.window, day);
        (from.max(budget.running.1), until)
    }

    pub fn stretch(&self, window: Stretch, day: i64) -> (i64, i64) {
        match window {
            Stretch::Forever => (i64::MIN, i64::MAX),
            Stretch::Between(from, until) => (from, until),
            Stretch::Daily => (day, day + 1),
            // Day 0 is a Saturday.
            Stretch::Weekly => {
                let monday = day - (day + 5).rem_euclid(7);
                (monday, monday + 7)
            }
            Stretch::Monthly => {
                let month = (0..).find(|month| first_of(month + 1) > day).unwrap();
                (first_of(month), first_of(month + 1))
            }
            Stretch::Billing => match self.plan {
                None => self.stretch(Stretch::Monthly, day),
                Some((_, anchor, _)) => {
                    let number = (0..).find(|number| period(anchor, number + 1) > day).unwrap();
                    (period(anchor, number), period(anchor, number + 1))
                }
            },
        }
    }

    fn rank(&self, lot: usize) -> (i64, i64, i64, String) {
        let it = &self.lots[lot];
        let (priority, until) = (i64::from(it.priority), it.until.unwrap_or(i64::MAX));
        let name = it.name.map_or(format!("p{:03}", it.from), |name| name.to_string());
        match self.expiring_first {
            true => (until, priority, it.granted_at, name),
            false => (priority, until, it.granted_at, name),
        }
    }

    // Time.

    /// Lets the days pass up to and with `now`.
    pub fn pass(&mut self, now: i64) {
        loop {
            self.fall_due();
            if self.today >= now {
                return;
            }
            self.today += 1;
        }
    }

    fn fall_due(&mut self) {
        for hold in 0..self.holds.len() {
            if self.holds[hold].end.is_none() && self.holds[hold].deadline <= self.today {
                self.holds[hold].end = Some(End::Released { by_deadline: true });
                let coins = self.holds[hold].coins.clone();
                self.give_back(&coins);
            }
        }
        self.lapse();
        while let Some((allowance, anchor, next)) = self.plan
            && period(anchor, next) <= self.today
        {
            let (from, until) = (period(anchor, next), period(anchor, next + 1));
            self.plan = Some((allowance, anchor, next + 1));
            self.last_period = Some(from);
            self.add_lot(NaiveLot {
                amount: allowance,
                priority: 10,
                until: Some(until),
                ..lot_of(None, from, self.today)
            });
            self.lapse();
        }
    }

    fn lapse(&mut self) {
        for lot in 0..self.lots.len() {
            let it = &self.lots[lot];
            let keep = match (it.until, it.carry) {
                (Some(until), _) if until <= self.today => 0,
                (_, Some((at, most))) if at <= self.today => most,
                _ => i64::MAX,
            };
            while self.free(lot) > keep {
                self.lots[lot].lapsed = true;
                self.move_coins(lot, Place::Free, Place::Expired, 1);
            }
        }
    }

    // Moving coins.

    fn move_coins(&mut self, lot: usize, from: Place, to: Place, count: i64) -> Vec<usize> {
        let lie = |at: &usize| self.coins[*at].lot == lot && self.coins[*at].place == from;
        let moved: Vec<usize> = (0..self.coins.len()).filter(lie).take(count as usize).collect();
        moved.iter().for_each(|at| self.coins[*at].place = to);
        moved
    }

    fn give_back(&mut self, coins: &[usize]) {
        for at in coins {
            let lot = &mut self.lots[self.coins[*at].lot];
            self.coins[*at].place = if lot.unlimited {
                Place::Nowhere
            } else if lot.wanted > 0 {
                lot.wanted -= 1;
                Place::Frozen
            } else {
                Place::Free
            };
        }
    }

    fn mint(&mut self, lot: usize, place: Place) -> usize {
        self.coins.push(Coin { lot, place });
        self.coins.len() - 1
    }

    fn add_lot(&mut self, lot: NaiveLot) {
        let (amount, number) = (lot.amount, self.lots.len());
        self.lots.push(lot);
        for _ in 0..amount {
            let coin = self.mint(number, Place::Free);
            if let Some(owing) = self.outflows.iter().position(|outflow| outflow.owed > 0) {
                self.coins[coin].place = Place::Out(owing);
                self.outflows[owing].owed -= 1;
                self.outflows[owing].coins.push(coin);
            }
        }
    }

    /// Picks the best lot again and again; the lots that pay, as many times as they pay a coin, and
    /// how many are missing.
    fn draw(&self, amount: i64, operation: Option<u8>) -> (Vec<usize>, i64) {
        let allowed = |lot: &usize| {
            let it = &self.lots[*lot];
            it.from <= self.today
                && it.until.is_none_or(|until| self.today < until)
                && (it.only.is_none() || it.only == operation)
        };
        let mut left: Vec<usize> = (0..self.lots.len()).filter(allowed).collect();
        left.sort_by_key(|lot| self.rank(*lot));
        let mut drawn = vec![];
        for lot in left {
            let most = if self.lots[lot].unlimited { amount } else { self.free(lot) };
            let missing = amount - drawn.len() as i64;
            drawn.extend(std::iter::repeat_n(lot, most.min(missing) as usize));
        }
        let missing = amount - drawn.len() as i64;
        (drawn, missing)
    }

    fn take(&mut self, drawn: &[usize], to: Place) -> Vec<usize> {
        let mut taken = vec![];
        for lot in drawn {
            match self.lots[*lot].unlimited {
                true => taken.push(self.mint(*lot, to)),
                false => taken.extend(self.move_coins(*lot, Place::Free, to, 1)),
            }
        }
        taken
    }

    /// Coins of one lot together, the lots in the order in which they first gave.
    fn arranged(&self, coins: &[usize]) -> Vec<usize> {
        let mut lots: Vec<usize> = vec![];
        for at in coins {
            if !lots.contains(&self.coins[*at].lot) {
                lots.push(self.coins[*at].lot);
            }
        }
        let of =
            |lot: &usize| coins.iter().copied().filter(|at| self.coins[*at].lot == *lot).collect();
        lots.iter().flat_map(|lot| -> Vec<usize> { of(lot) }).collect()
    }

    // Asking.

    fn gate(&self, amount: i64, who: Who, counted_at: i64) -> Result<Vec<usize>, &'static str> {
        let (drawn, missing) = self.draw(amount, who.operation);
        if missing > 0 {
            return Err("insufficient_credits");
        }
        self.limits(amount, amount, who, counted_at)?;
        Ok(drawn)
    }

    fn limits(&self, drawn: i64, counted: i64, who: Who, at: i64) -> Result<(), &'static str> {
        let kept = self.set_aside(|budget| !concerns(budget.subject, who));
        let (have, missing) = self.draw(10_000, who.operation);
        if kept > 0 && drawn > 0 && missing > 0 && drawn + kept > have.len() as i64 {
            return Err("earmarked");
        }
        let fits = |budget: &NaiveBudget| {
            let span = self.span(budget, at);
            at < span.0
                || at >= span.1
                || !concerns(budget.subject, who)
                || counted <= self.left(budget, span)
        };
        if self.budgets.iter().all(fits) { Ok(()) } else { Err("budget_exceeded") }
    }

    fn set_aside(&self, counts: impl Fn(&NaiveBudget) -> bool) -> i64 {
        let earmarks = self.budgets.iter().filter(|budget| budget.earmark && counts(budget));
        let left = |budget| {
            let span = self.span(budget, self.today);
            let runs = span.0 <= self.today && self.today < span.1;
            if runs { self.left(budget, span) } else { 0 }
        };
        earmarks.map(left).sum()
    }

    /// Lots that pay, and what is owed.
    fn pay(
        &self,
        hold: &NaiveHold,
        amount: i64,
        at: i64,
    ) -> Result<(Vec<usize>, i64), &'static str> {
        if hold.policy != Policy::Draw || self.debt_limit == 0 {
            return Ok((self.gate(amount, hold.who, at)?, 0));
        }
        let (drawn, owed) = self.draw(amount, hold.who.operation);
        if owed > (self.debt_limit - self.debt()).max(0) {
            return Err("debt_limit_reached");
        }
        self.limits(amount - owed, amount, hold.who, at)?;
        Ok((drawn, owed))
    }

    fn count(&mut self, who: Who, at: i64) {
        for number in 0..self.budgets.len() {
            if concerns(self.budgets[number].subject, who) {
                self.budgets[number].running = self.span(&self.budgets[number], at);
            }
        }
    }

    pub fn ask(&mut self, step: &Step, now: i64) -> Answer {
        self.pass(now);
        let answer = self.do_it(step);
        self.fall_due();
        answer
    }

    fn do_it(&mut self, step: &Step) -> Answer {
        let now = self.today;
        match *step {
            Step::Grant { lot, priority, amount, from, until, carry, only, unlimited } => {
                let begins = from.map_or(now, |from| now + i64::from(from));
                self.grant(NaiveLot {
                    amount: amount.into(),
                    priority: priority.into(),
                    until: until.map(|until| now + i64::from(until)),
                    carry: carry.map(|(at, most)| (now + i64::from(at), i64::from(most))),
                    only,
                    unlimited,
                    ..lot_of(Some(lot), begins, now)
                })
            }
            Step::Hold { hold, amount, deadline, policy, who } => {
                let deadline = now + i64::from(deadline);
                self.hold(hold, amount.into(), deadline, policy, who)
            }
            Step::Extend { hold, by, deadline } => {
                self.extend(hold, by.into(), deadline.map(|deadline| now + i64::from(deadline)))
            }
            Step::Settle { hold, amount } => self.settle(hold, amount.into()),
            Step::Release { hold } => self.release(hold),
            Step::Charge { amount, who } => {
                if amount <= 0 {
                    return Err("amount_not_positive");
                }
                let drawn = self.gate(amount.into(), who, now)?;
                self.flow_out(&drawn, vec![], 0, who, now, None);
                self.count(who, now);
                Ok(Outcome::Done)
            }
            Step::Expire { lot } => match self.lot(lot)? {
                at if self.lots[at].until.is_none_or(|until| now < until) => Err("lot_not_expired"),
                at if self.lots[at].lapsed => Ok(Outcome::Done),
                _ => Err("nothing_to_expire"),
            },
            Step::EndLot { lot } => match self.lot(lot)? {
                at if self.lots[at].until.is_some_and(|until| until <= now) => {
                    Err("nothing_to_expire")
                }
                at if self.lots[at].from > now => Err("expires_before_effective"),
                at => {
                    self.lots[at].until = Some(now);
                    self.lots[at].lapsed = true;
                    self.lapse();
                    Ok(Outcome::Done)
                }
            },
            Step::Reverse { outflow, amount } => self.reverse(outflow, amount.map(i64::from)),
            Step::Revoke { lot, amount } => self.revoke(lot, amount.into()),
            Step::Freeze { lot, amount } => self.freeze(lot, amount.into()),
            Step::Unfreeze { lot, amount } => self.unfreeze(lot, amount.map(i64::from)),
            Step::Adjust { lot, change } => self.adjust(lot, change.into()),
            Step::SetBudget { subject, window, limit } => self.set_budget(subject, window, limit),
            Step::MoveBudget { from, to, amount } => self.move_budget(from, to, amount.into()),
            Step::Order { expiring_first } => {
                self.expiring_first = expiring_first;
                Ok(Outcome::Done)
            }
            Step::DebtLimit { limit } if limit < 0 => Err("amount_negative"),
            Step::DebtLimit { limit } => {
                self.debt_limit = limit.into();
                Ok(Outcome::Done)
            }
            Step::Plan { allowance: None } => {
                self.plan = None;
                Ok(Outcome::Done)
            }
            Step::Plan { allowance: Some(allowance) } if allowance <= 0 => {
                Err("amount_not_positive")
            }
            Step::Plan { allowance: Some(allowance) } => {
                let again = self.last_period == Some(now);
                self.plan = Some((allowance.into(), now, i64::from(again)));
                Ok(Outcome::Done)
            }
        }
    }

    fn lot(&self, name: u8) -> Result<usize, &'static str> {
        self.lots.iter().position(|lot| lot.name == Some(name)).ok_or("lot_not_found")
    }

    fn find_hold(&self, name: u8) -> Result<usize, &'static str> {
        self.holds.iter().position(|hold| hold.name == name).ok_or("hold_not_found")
    }

    fn grant(&mut self, lot: NaiveLot) -> Answer {
        if lot.unlimited && lot.amount != 0 {
            return Err("unlimited_with_amount");
        }
        if !lot.unlimited && lot.amount <= 0 {
            return Err("amount_not_positive");
        }
        if self.lots.iter().any(|other| other.name == lot.name) {
            return Err("lot_exists");
        }
        if lot.carry.is_some_and(|(_, most)| most < 0) {
            return Err("amount_negative");
        }
        if lot.until.is_some_and(|until| until <= lot.from) {
            return Err("expires_before_effective");
        }
        self.add_lot(lot);
        Ok(Outcome::Done)
    }

    fn hold(&mut self, name: u8, amount: i64, deadline: i64, policy: Policy, who: Who) -> Answer {
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        if self.holds.iter().any(|hold| hold.name == name) {
            return Err("hold_exists");
        }
        if deadline <= self.today {
            return Err("hold_deadline_in_past");
        }
        let drawn = self.gate(amount, who, self.today)?;
        let coins = self.take(&drawn, Place::Held(name));
        let (made_at, end) = (self.today, None);
        self.holds.push(NaiveHold { name, coins, made_at, deadline, policy, who, end });
        self.count(who, made_at);
        Ok(Outcome::Done)
    }

    fn extend(&mut self, name: u8, by: i64, deadline: Option<i64>) -> Answer {
        if by < 0 {
            return Err("amount_negative");
        }
        let at = self.find_hold(name)?;
        match self.holds[at].end {
            None => {}
            Some(End::Settled { .. }) => return Err("hold_already_settled"),
            Some(End::Released { .. }) => return Err("hold_already_released"),
        }
        if deadline.is_some_and(|deadline| deadline <= self.holds[at].deadline) {
            return Err("deadline_not_later");
        }
        if by == 0 && deadline.is_none() {
            return Err("nothing_to_change");
        }
        let (who, made_at) = (self.holds[at].who, self.holds[at].made_at);
        let drawn = if by > 0 { self.gate(by, who, made_at)? } else { vec![] };
        let more = self.take(&drawn, Place::Held(name));
        let all: Vec<usize> = self.holds[at].coins.iter().copied().chain(more).collect();
        self.holds[at].coins = self.arranged(&all);
        self.holds[at].deadline = deadline.unwrap_or(self.holds[at].deadline);
        self.count(who, made_at);
        Ok(Outcome::Done)
    }

    fn settle(&mut self, name: u8, reported: i64) -> Answer {
        if reported < 0 {
            return Err("amount_negative");
        }
        let at = self.find_hold(name)?;
        let hold = &self.holds[at];
        let (who, held) = (hold.who, hold.coins.len() as i64);
        let late = match hold.end {
            Some(End::Settled { .. }) => return Ok(Outcome::Again),
            Some(End::Released { by_deadline: false }) => return Err("hold_already_released"),
            Some(End::Released { by_deadline: true }) => true,
            None => false,
        };
        let (charged, absorbed) = match hold.policy {
            _ if reported <= held => (reported, 0),
            Policy::Refuse => return Err("over_settle_refused"),
            Policy::Absorb => (held, reported - held),
            Policy::Draw => (reported, 0),
        };
        let counted_at = if late { self.today } else { hold.made_at };
        let kept = if late { vec![] } else { hold.coins.clone() };
        let beyond = charged - kept.len() as i64;
        let (drawn, owed) = match beyond > 0 || late {
            true => self.pay(hold, beyond, counted_at)?,
            false => (vec![], 0),
        };
        let split = kept.len().min(charged as usize);
        self.flow_out(&drawn, kept[..split].to_vec(), owed, who, counted_at, None);
        self.give_back(&kept[split..]);
        self.holds[at].end = Some(End::Settled { amount: charged, absorbed });
        self.count(who, self.holds[at].made_at);
        self.count(who, counted_at);
        Ok(Outcome::Done)
    }

    fn release(&mut self, name: u8) -> Answer {
        let at = self.find_hold(name)?;
        match self.holds[at].end {
            Some(End::Settled { .. }) => Err("hold_already_settled"),
            Some(End::Released { .. }) => Ok(Outcome::Again),
            None => {
                self.holds[at].end = Some(End::Released { by_deadline: false });
                let coins = self.holds[at].coins.clone();
                self.give_back(&coins);
                let (who, made_at) = (self.holds[at].who, self.holds[at].made_at);
                self.count(who, made_at);
                Ok(Outcome::Done)
            }
        }
    }

    fn flow_out(
        &mut self,
        drawn: &[usize],
        mut coins: Vec<usize>,
        owed: i64,
        who: Who,
        counted_at: i64,
        revoked: Option<usize>,
    ) {
        let number = self.outflows.len();
        coins.iter().for_each(|at| self.coins[*at].place = Place::Out(number));
        coins.extend(self.take(drawn, Place::Out(number)));
        let amount = coins.len() as i64 + owed;
        let coins = self.arranged(&coins);
        self.outflows.push(NaiveOutflow {
            coins,
            owed,
            reversed: 0,
            amount,
            who,
            counted_at,
            revoked,
        });
    }

    fn reverse(&mut self, number: u8, amount: Option<i64>) -> Answer {
        let number = usize::from(number);
        let outflow = self.outflows.get(number).ok_or("nothing_to_reverse")?;
        let left = outflow.amount - outflow.reversed;
        let amount = amount.unwrap_or(left);
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        if amount > left {
            return Err("reversal_too_large");
        }
        for _ in 0..amount {
            let outflow = &mut self.outflows[number];
            outflow.reversed += 1;
            if outflow.owed > 0 {
                outflow.owed -= 1;
            } else {
                let last = outflow.coins.pop().unwrap();
                self.give_back(&[last]);
            }
        }
        match self.outflows[number].revoked {
            Some(lot) => self.lots[lot].revoked -= amount,
            None => self.count(self.outflows[number].who, self.outflows[number].counted_at),
        }
        Ok(Outcome::Done)
    }

    fn revoke(&mut self, name: u8, amount: i64) -> Answer {
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        let lot = self.lot(name)?;
        if amount > self.lots[lot].amount - self.lots[lot].revoked {
            return Err("revocation_too_large");
        }
        let number = self.outflows.len();
        let mut coins = self.move_coins(lot, Place::Frozen, Place::Out(number), amount);
        let free = amount - coins.len() as i64;
        coins.extend(self.move_coins(lot, Place::Free, Place::Out(number), free));
        let owed = amount - coins.len() as i64;
        let it = &mut self.lots[lot];
        it.revoked += amount;
        it.wanted -= it.wanted.min(owed);
        self.flow_out(&[], coins, owed, Who::NOBODY, self.today, Some(lot));
        Ok(Outcome::Done)
    }

    fn freeze(&mut self, name: u8, amount: i64) -> Answer {
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        let lot = self.lot(name)?;
        let it = &self.lots[lot];
        if amount > it.amount - it.revoked - self.frozen(lot) - it.wanted {
            return Err("freeze_too_large");
        }
        let frozen = self.move_coins(lot, Place::Free, Place::Frozen, amount).len() as i64;
        self.lots[lot].wanted += amount - frozen;
        Ok(Outcome::Done)
    }

    fn unfreeze(&mut self, name: u8, amount: Option<i64>) -> Answer {
        let lot = self.lot(name)?;
        let all = self.frozen(lot) + self.lots[lot].wanted;
        let amount = amount.unwrap_or(all);
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        if amount > all {
            return Err("not_frozen");
        }
        let unwanted = self.lots[lot].wanted.min(amount);
        self.lots[lot].wanted -= unwanted;
        self.move_coins(lot, Place::Frozen, Place::Free, amount - unwanted);
        Ok(Outcome::Done)
    }

    fn adjust(&mut self, name: u8, change: i64) -> Answer {
        let lot = self.lot(name)?;
        if change == 0 {
            return Err("nothing_to_change");
        }
        if self.lots[lot].unlimited {
            return Err("unlimited_with_amount");
        }
        let left = self.free(lot).min(self.lots[lot].amount - self.lots[lot].revoked);
        if -change > left {
            return Err("adjustment_too_large");
        }
        self.lots[lot].amount += change;
        self.move_coins(lot, Place::Free, Place::Nowhere, (-change).max(0));
        (0..change).for_each(|_| _ = self.mint(lot, Place::Free));
        Ok(Outcome::Done)
    }

    fn set_budget(&mut self, subject: u8, window: Stretch, limit: Limit) -> Answer {
        if let Stretch::Between(from, until) = window
            && until <= from
        {
            return Err("window_empty");
        }
        let (amount, earmark) = match limit {
            Limit::None => {
                self.budgets.retain(|budget| budget.subject != subject);
                return Ok(Outcome::Done);
            }
            Limit::Cap(amount) => (i64::from(amount), false),
            Limit::Earmark(amount) => (i64::from(amount), true),
        };
        if amount < 0 {
            return Err("amount_negative");
        }
        let running = self.stretch(window, self.today);
        let budget = NaiveBudget { subject, limit: amount, window, earmark, running };
        let asked = self.left(&budget, running);
        let runs = running.0 <= self.today && self.today < running.1;
        let unlimited = self.lots.iter().any(|lot| {
            lot.unlimited
                && lot.from <= self.today
                && lot.until.is_none_or(|until| self.today < until)
        });
        let others = self.set_aside(|other| other.subject != subject);
        if earmark && runs && !unlimited && asked > 0 && asked > self.available() - others {
            return Err("earmark_too_large");
        }
        self.budgets.retain(|budget| budget.subject != subject);
        self.budgets.push(budget);
        Ok(Outcome::Done)
    }

    fn move_budget(&mut self, from: u8, to: u8, amount: i64) -> Answer {
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        let find = |subject| {
            self.budgets.iter().position(|it| it.subject == subject).ok_or("budget_not_found")
        };
        let (one, other) = (find(from)?, find(to)?);
        let terms = |at: usize| (self.budgets[at].earmark, self.budgets[at].window);
        if one == other || terms(one) != terms(other) {
            return Err("budgets_not_alike");
        }
        let span = self.span(&self.budgets[one], self.today);
        if amount > self.left(&self.budgets[one], span) {
            return Err("budget_left_too_small");
        }
        for (at, more) in [(one, -amount), (other, amount)] {
            self.budgets[at].running = self.span(&self.budgets[at], self.today);
            self.budgets[at].limit += more;
        }
        Ok(Outcome::Done)
    }
}

fn lot_of(name: Option<u8>, from: i64, granted_at: i64) -> NaiveLot {
    NaiveLot {
        name,
        amount: 0,
        priority: 0,
        from,
        until: None,
        carry: None,
        granted_at,
        only: None,
        unlimited: false,
        wanted: 0,
        revoked: 0,
        lapsed: false,
    }
}

/// Subject 0 is the organisation, 1 and 2 departments, 3 and 4 people.
fn concerns(subject: u8, who: Who) -> bool {
    subject == 0 || who.department == Some(subject) || who.member == Some(subject)
}

/// The lengths of the months from January 2028 on.
const MONTHS: [i64; 24] = [
    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
];

/// The first day of a month; month 0 is January 2028 and begins on day 0.
fn first_of(month: i64) -> i64 {
    MONTHS[..month as usize].iter().sum()
}

/// The first day of a plan's period.
fn period(anchor: i64, number: i64) -> i64 {
    let month = (0..).find(|month| first_of(month + 1) > anchor).unwrap();
    let day = anchor - first_of(month);
    first_of(month + number) + day.min(MONTHS[(month + number) as usize] - 1)
}
