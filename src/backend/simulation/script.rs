//! What virtual clients ask for: a pure function of seed, client and step, and of nothing else. So a
//! client can repeat an order of its own or of another one, and a seed always asks for the same.
//!
//! To add a command: its weight in [`KINDS`] and its arm in [`Script::command`].

use crate::backend::chance::Chance;
use crate::ledger::time::{DAY, HOUR, MINUTE};
use crate::ledger::{
    Actor, Allowance, Attribution, BudgetKind, Calendar, CarryOver, Command, ConsumptionOrder,
    Credits, DepartmentId, Every, Grant, HoldId, IdempotencyKey, LotId, MakeHold, Operation, Order,
    OrganisationId, Origin, OverSettle, Period, Plan, Renewal, Rollover, SetBudget, SetTerms,
    Source, Subject, Timestamp, UserId, Window,
};

/// The instant at which every simulation begins: 2026-01-31 23:30 UTC.
pub const BEGINNING: Timestamp = Timestamp(1_769_902_200_000_000);

/// Every command with how often it is asked for, in a hundred.
const KINDS: [(u64, Kind); 16] = [
    (13, Kind::Grant),
    (30, Kind::Hold),
    (17, Kind::Settle),
    (7, Kind::Release),
    (8, Kind::Charge),
    (2, Kind::Expire),
    (4, Kind::SetBudget),
    (2, Kind::MoveBudget),
    (4, Kind::ExtendHold),
    (4, Kind::Reverse),
    (2, Kind::Revoke),
    (2, Kind::Freeze),
    (2, Kind::Unfreeze),
    (1, Kind::Adjust),
    (1, Kind::SetTerms),
    (1, Kind::SetPlan),
];
/// Steps back to what a settle, a release or an expiry may be about.
const RECENT: u64 = 12;
/// Tries to find something that fits, before a client asks for what is not there.
const PICKS: u64 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Grant,
    Hold,
    Settle,
    Release,
    Charge,
    Expire,
    SetBudget,
    MoveBudget,
    ExtendHold,
    Reverse,
    Revoke,
    Freeze,
    Unfreeze,
    Adjust,
    SetTerms,
    SetPlan,
}

/// All that the clients of one seed will ask for.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// What everything follows from.
    pub seed: u64,
    /// How many clients there are.
    pub clients: u64,
    /// How many organisations they share.
    pub organisations: u64,
}

/// One step of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which client.
    pub client: u64,
    /// Which of its steps.
    pub step: u64,
}

impl Script {
    /// The organisations that the clients share.
    pub fn organisations(&self) -> impl Iterator<Item = OrganisationId> {
        (0..self.organisations).map(organisation)
    }

    /// What is asked for at `place`, of which organisation. Only its times come from `now`.
    pub fn order(&self, place: Place, now: Timestamp) -> (OrganisationId, Order) {
        let (mut dice, number, kind) = self.begin(place);
        let order = Order {
            key: parsed(IdempotencyKey::parse, format!("sim:{}:{}", place.client, place.step)),
            actor: Actor::Member(parsed(UserId::parse, format!("usr_client_{}", place.client))),
            occurred_at: now,
            command: self.command(kind, &mut dice, place, number, now),
        };
        (organisation(number), order)
    }

    /// Dice for a client's other decisions at `place`.
    pub fn manner(&self, place: Place) -> Chance {
        Chance::at(&[self.seed, place.client, place.step, 2])
    }

    /// A step that `place` may be about: of any client, not long ago.
    pub fn earlier(&self, dice: &mut Chance, place: Place) -> Place {
        let step = place.step.saturating_sub(dice.below(RECENT));
        Place { client: dice.below(self.clients), step }
    }

    fn begin(&self, place: Place) -> (Chance, u64, Kind) {
        let mut dice = Chance::at(&[self.seed, place.client, place.step, 1]);
        let number = dice.below(self.organisations);
        // Everybody begins with something to spend.
        let kind = if place.step == 0 { Kind::Grant } else { weighted(&mut dice) };
        (dice, number, kind)
    }

    fn command(
        &self,
        kind: Kind,
        dice: &mut Chance,
        place: Place,
        organisation: u64,
        now: Timestamp,
    ) -> Command {
        let about = |dice: &mut Chance, kind| self.about(dice, place, organisation, kind);
        match kind {
            Kind::Grant => Command::Grant(Box::new(grant(dice, lot(place), now))),
            Kind::Hold => Command::Hold(MakeHold {
                hold: hold(place),
                amount: amount(dice, 12),
                deadline: now.plus(MINUTE + dice.below(180) as i64 * MINUTE),
                over_settle: *dice.one_of(&[
                    OverSettle::Refuse,
                    OverSettle::Absorb,
                    OverSettle::Draw,
                ]),
                attribution: attribution(dice),
            }),
            Kind::Settle => {
                Command::Settle { hold: hold(about(dice, Kind::Hold)), amount: amount(dice, 14) }
            }
            Kind::Release => Command::Release { hold: hold(about(dice, Kind::Hold)) },
            Kind::Charge => {
                Command::Charge { amount: amount(dice, 8), attribution: attribution(dice) }
            }
            Kind::Expire => Command::Expire { lot: lot(about(dice, Kind::Grant)) },
            Kind::SetBudget => Command::SetBudget(budget(dice)),
            Kind::MoveBudget => Command::MoveBudget {
                from: subject(dice),
                to: subject(dice),
                amount: amount(dice, 20),
            },
            Kind::ExtendHold => Command::ExtendHold {
                hold: hold(about(dice, Kind::Hold)),
                by: if dice.percent(30) { Credits::ZERO } else { amount(dice, 5) },
                deadline: dice.percent(50).then(|| now.plus(4 * HOUR)),
            },
            // Sequences are not the client's to know; some of these were settles or charges.
            Kind::Reverse => Command::Reverse {
                transaction: 1 + dice.below(place.step * self.clients / 2 + 8),
                amount: dice.percent(60).then(|| amount(dice, 4)),
            },
            Kind::Revoke => {
                Command::Revoke { lot: lot(about(dice, Kind::Grant)), amount: amount(dice, 30) }
            }
            Kind::Freeze => {
                Command::Freeze { lot: lot(about(dice, Kind::Grant)), amount: amount(dice, 30) }
            }
            Kind::Unfreeze => Command::Unfreeze {
                lot: lot(about(dice, Kind::Freeze)),
                amount: dice.percent(50).then(|| amount(dice, 10)),
            },
            Kind::Adjust => {
                let by = amount(dice, 10);
                let less = by.checked_neg().filter(|_| dice.percent(50));
                Command::Adjust {
                    lot: lot(about(dice, Kind::Grant)),
                    change: less.unwrap_or(by),
                    reason: "counted again".to_owned(),
                }
            }
            Kind::SetTerms => Command::SetTerms(terms(dice)),
            Kind::SetPlan => {
                Command::SetPlan { plan: dice.percent(80).then(|| Box::new(plan(dice))) }
            }
        }
    }

    /// A recent step of any client that asked the same organisation for `kind`, or any step.
    fn about(&self, dice: &mut Chance, place: Place, organisation: u64, kind: Kind) -> Place {
        let fits = |place: &Place| {
            let (_, number, asked) = self.begin(*place);
            (number, asked) == (organisation, kind)
        };
        let picks: Vec<Place> = (0..PICKS).map(|_| self.earlier(dice, place)).collect();
        picks.iter().copied().find(fits).unwrap_or(picks[0])
    }
}

fn weighted(dice: &mut Chance) -> Kind {
    let mut left = dice.below(KINDS.iter().map(|(weight, _)| weight).sum());
    for (weight, kind) in KINDS {
        match left.checked_sub(weight) {
            Some(rest) => left = rest,
            None => return kind,
        }
    }
    Kind::Hold
}

fn grant(dice: &mut Chance, lot: LotId, now: Timestamp) -> Grant {
    let expires_at = dice.percent(50).then(|| now.plus(HOUR + dice.below(30) as i64 * HOUR));
    let effective_at = dice.percent(15).then(|| now.plus(dice.below(40) as i64 * MINUTE));
    let terms = Grant {
        effective_at,
        expires_at,
        operations: dice.percent(10).then(|| vec![operation("chat")]),
        ..Grant::plain(lot, *dice.one_of(&Source::ALL), amount(dice, 60), Origin::Signup)
    };
    match dice.below(20) {
        // For an hour, and for one thing, as much as is asked.
        0 => Grant {
            amount: Credits::ZERO,
            unlimited: true,
            effective_at: None,
            expires_at: Some(now.plus(HOUR)),
            operations: Some(vec![operation("chat")]),
            ..terms
        },
        1 => {
            let at = now.plus(HOUR);
            let carry_over = Some(CarryOver { at, at_most: amount(dice, 10) });
            Grant { carry_over, effective_at: None, expires_at: Some(at.plus(2 * HOUR)), ..terms }
        }
        _ => terms,
    }
}

fn budget(dice: &mut Chance) -> SetBudget {
    let subject = subject(dice);
    let from = BEGINNING.plus(dice.below(24) as i64 * HOUR);
    let day = Window::Between { from, until: from.plus(DAY) };
    let every = [Every::Day, Every::Week, Every::Month, Every::Year, Every::BillingPeriod];
    let again = Window::Every(*dice.one_of(&every));
    SetBudget {
        subject,
        kind: if dice.percent(20) { BudgetKind::Earmark } else { BudgetKind::Cap },
        window: *dice.one_of(&[Window::Forever, day, again]),
        limit: dice.percent(75).then(|| amount(dice, 400)),
        used_so_far: Credits::ZERO,
    }
}

fn subject(dice: &mut Chance) -> Subject {
    match dice.below(3) {
        0 => Subject::Organisation,
        1 => Subject::Department(department(dice)),
        _ => Subject::Member(member(dice)),
    }
}

fn terms(dice: &mut Chance) -> SetTerms {
    let orders = [ConsumptionOrder::ByPriority, ConsumptionOrder::ExpiringFirst];
    let east = |hours: u64| Calendar { offset: 3600 * hours as i32, changes: Vec::new() };
    SetTerms {
        order: dice.percent(50).then(|| *dice.one_of(&orders)),
        debt_limit: dice.percent(70).then(|| amount(dice, 20)),
        calendar: dice.percent(30).then(|| east(dice.below(3))),
    }
}

/// A plan of which a period ends within the first day.
fn plan(dice: &mut Chance) -> Plan {
    let ends = BEGINNING.plus(dice.below(24) as i64 * HOUR);
    let kept = Rollover::UpTo { amount: amount(dice, 10), months: 1 };
    Plan {
        code: format!("plan_{}", dice.below(3)),
        allowance: Allowance::Credits(amount(dice, 100)),
        anchor: ends.plus(-31 * DAY),
        period: Period::Month,
        rollover: *dice.one_of(&[Rollover::None, Rollover::All { months: 1 }, kept]),
        priority: None,
        renewal: *dice.one_of(&[Renewal::Automatic, Renewal::Automatic, Renewal::WhenPaid]),
    }
}

fn attribution(dice: &mut Chance) -> Attribution {
    Attribution {
        department: dice.percent(70).then(|| department(dice)),
        member: dice.percent(70).then(|| member(dice)),
        operation: dice
            .percent(80)
            .then(|| operation(["chat", "analysis"][dice.below(2) as usize])),
        ..Attribution::default()
    }
}

/// From one micro-credit up to `whole` credits.
fn amount(dice: &mut Chance, whole: u64) -> Credits {
    const MICRO: u64 = 1_000_000;
    let micro = match dice.below(4) {
        0 => 1 + dice.below(whole * MICRO),
        _ => (1 + dice.below(whole)) * MICRO,
    };
    Credits::from_micro(micro as i64)
}

fn organisation(number: u64) -> OrganisationId {
    parsed(OrganisationId::parse, format!("org_sim_{number}"))
}

fn lot(place: Place) -> LotId {
    parsed(LotId::parse, format!("lot_{}_{}", place.client, place.step))
}

fn hold(place: Place) -> HoldId {
    parsed(HoldId::parse, format!("hold_{}_{}", place.client, place.step))
}

fn department(dice: &mut Chance) -> DepartmentId {
    parsed(DepartmentId::parse, format!("dep_{}", dice.below(3)))
}

fn member(dice: &mut Chance) -> UserId {
    parsed(UserId::parse, format!("usr_{}", dice.below(5)))
}

fn operation(name: &str) -> Operation {
    parsed(Operation::parse, name.to_owned())
}

fn parsed<T, E: std::fmt::Debug>(parse: fn(&str) -> Result<T, E>, text: String) -> T {
    parse(&text).expect("letters, digits and a prefix are a name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SCRIPT: Script = Script { seed: 7, clients: 10, organisations: 3 };

    #[test]
    fn a_seed_always_asks_for_the_same_whenever_it_is_asked() {
        for step in 0..100 {
            let place = Place { client: 3, step };
            let (first, now) = SCRIPT.order(place, BEGINNING);
            let (again, later) = SCRIPT.order(place, BEGINNING.plus(5 * HOUR));
            assert_eq!((first, &now.key), (again, &later.key));
            assert_eq!(now.fingerprint(), later.fingerprint());
        }
    }

    #[test]
    fn every_kind_of_command_is_asked_for() {
        let orders = (0..800).map(|step| SCRIPT.order(Place { client: 1, step }, BEGINNING).1);
        let codes: BTreeSet<&str> = orders.map(|order| order.command.code()).collect();
        assert_eq!(codes.len(), KINDS.len());
    }

    #[test]
    fn what_is_settled_was_mostly_asked_for_before() {
        let orders = (20..400).map(|step| SCRIPT.order(Place { client: 1, step }, BEGINNING));
        let settles: Vec<_> =
            orders.filter(|(_, order)| order.command.code() == "settle").collect();
        let known = |(_, order): &&(OrganisationId, Order)| {
            let id = order.command.hold().unwrap().as_str();
            let mut numbers = id.split('_').skip(1).map(|number| number.parse().unwrap());
            let place = Place { client: numbers.next().unwrap(), step: numbers.next().unwrap() };
            SCRIPT.order(place, BEGINNING).1.command.code() == "hold"
        };
        assert!(settles.iter().filter(known).count() * 10 > settles.len() * 8);
    }
}
