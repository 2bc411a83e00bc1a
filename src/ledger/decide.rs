//! Decisions: what a command would book, or why it is refused. Nothing here changes a state.

use super::attribution::Attribution;
use super::budget::{Budget, Window};
use super::command::{Command, Grant, MakeHold, SetBudget};
use super::credits::Credits;
use super::entry::{Account, Entry, TransactionKind};
use super::hold::{Draw, Hold, HoldState, OverSettle, ReleaseCause};
use super::id::{HoldId, LotId};
use super::index::{difference, sum};
use super::lot::Lot;
use super::refusal::Refusal;
use super::state::LedgerState;
use super::time::Timestamp;

/// What a command comes to.
pub(super) enum Decision {
    /// A transaction to book.
    Book(Draft),
    /// Nothing to book: the transaction of that sequence is the answer already.
    Answered(u64),
}

/// A transaction without its place in the journal.
pub(super) struct Draft {
    pub(super) kind: TransactionKind,
    pub(super) attribution: Attribution,
    pub(super) corrects: Option<u64>,
    pub(super) entries: Vec<Entry>,
}

impl Draft {
    fn plain(kind: TransactionKind, entries: Vec<Entry>) -> Draft {
        Draft { kind, attribution: Attribution::default(), corrects: None, entries }
    }
}

/// Decides `command` at `now`, with everything due by then already booked.
pub(super) fn decide(
    state: &LedgerState,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    match command {
        Command::Grant(terms) => grant(state, terms, now).map(Decision::Book),
        Command::Hold(terms) => hold(state, terms, now).map(Decision::Book),
        Command::Settle { hold, amount } => settle(state, hold, *amount, now),
        Command::Release { hold } => release(state, hold),
        Command::Charge { amount, attribution } => {
            charge(state, *amount, attribution, now).map(Decision::Book)
        }
        Command::Expire { lot } => expire(state, lot, now),
        Command::SetBudget(terms) => set_budget(state, terms, now).map(Decision::Book),
    }
}

fn grant(state: &LedgerState, terms: &Grant, now: Timestamp) -> Result<Draft, Refusal> {
    let amount = positive(terms.amount)?;
    if state.lots.contains_key(&terms.lot) {
        return Err(Refusal::LotExists { lot: terms.lot.clone() });
    }
    let effective_at = terms.effective_at.unwrap_or(now);
    if let Some(expires_at) = terms.expires_at.filter(|expires_at| *expires_at <= effective_at) {
        return Err(Refusal::ExpiresBeforeEffective { effective_at, expires_at });
    }
    state.head.granted.checked_add(amount).ok_or(Refusal::AmountOverflow { amount })?;
    let lot = Lot {
        id: terms.lot.clone(),
        source: terms.source,
        amount,
        remaining: amount,
        priority: terms.priority.unwrap_or(terms.source.default_priority()),
        effective_at,
        expires_at: terms.expires_at,
        created_at: now,
        cost: terms.cost,
        origin: terms.origin.clone(),
        operations: terms.operations.clone(),
        expired_by: None,
    };
    let entries = vec![take(Account::Funding(lot.source), amount), give_to_lot(&lot.id, amount)];
    Ok(Draft::plain(TransactionKind::Grant { lot: Box::new(lot) }, entries))
}

fn hold(state: &LedgerState, terms: &MakeHold, now: Timestamp) -> Result<Draft, Refusal> {
    let amount = positive(terms.amount)?;
    if state.holds.contains_key(&terms.hold) {
        return Err(Refusal::HoldExists { hold: terms.hold.clone() });
    }
    if terms.deadline <= now {
        return Err(Refusal::HoldDeadlineInPast { deadline: terms.deadline, now });
    }
    let draws = gate(state, amount, &terms.attribution, Counted { now, counted_at: now })?;
    let mut entries = take_from_lots(&draws);
    entries.push(give(Account::Held(terms.hold.clone()), amount));
    Ok(Draft {
        kind: TransactionKind::Hold {
            hold: terms.hold.clone(),
            deadline: terms.deadline,
            over_settle: terms.over_settle,
        },
        attribution: terms.attribution.clone(),
        corrects: None,
        entries,
    })
}

fn settle(
    state: &LedgerState,
    id: &HoldId,
    amount: Credits,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    if amount.is_negative() {
        return Err(Refusal::AmountNegative { amount });
    }
    let hold = find_hold(state, id)?;
    match &hold.state {
        HoldState::Open => settle_open(state, hold, amount, now).map(Decision::Book),
        HoldState::Settled { transaction, .. } => Ok(Decision::Answered(*transaction)),
        HoldState::Released { cause: ReleaseCause::Deadline, transaction, .. } => {
            settle_late(state, hold, amount, *transaction, now).map(Decision::Book)
        }
        HoldState::Released { cause: ReleaseCause::Requested, at, .. } => {
            Err(Refusal::HoldAlreadyReleased { hold: id.clone(), at: *at })
        }
    }
}

/// The first lots of the hold pay; what they need not pay goes back to the later ones.
fn settle_open(
    state: &LedgerState,
    hold: &Hold,
    amount: Credits,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let (charged, absorbed) = charged_and_absorbed(hold, amount)?;
    let (mut paid, returned) = split(&hold.draws, charged);
    let beyond = draw_beyond(state, hold, charged, now)?;
    let mut entries = vec![take(Account::Held(hold.id.clone()), hold.amount)];
    entries.extend(take_from_lots(&beyond));
    entries.extend(give_to_spent(charged));
    entries.extend(returned.iter().map(|draw| give_to_lot(&draw.lot, draw.amount)));
    beyond.into_iter().for_each(|draw| add_draw(&mut paid, draw));
    Ok(settled(hold, paid, absorbed, hold.made_at, hold.made_by, entries))
}

/// What the deadline gave back is drawn again, under the rules of now.
fn settle_late(
    state: &LedgerState,
    hold: &Hold,
    amount: Credits,
    release: u64,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let (charged, absorbed) = charged_and_absorbed(hold, amount)?;
    let paid = gate(state, charged, &hold.attribution, Counted { now, counted_at: now })?;
    let mut entries = take_from_lots(&paid);
    entries.extend(give_to_spent(charged));
    Ok(settled(hold, paid, absorbed, now, release, entries))
}

fn settled(
    hold: &Hold,
    paid: Vec<Draw>,
    absorbed: Credits,
    counted_at: Timestamp,
    corrects: u64,
    entries: Vec<Entry>,
) -> Draft {
    Draft {
        kind: TransactionKind::Settle { hold: hold.id.clone(), paid, absorbed, counted_at },
        attribution: hold.attribution.clone(),
        corrects: Some(corrects),
        entries,
    }
}

/// What is charged of the reported `amount`, and what is absorbed, by the hold's policy.
fn charged_and_absorbed(hold: &Hold, amount: Credits) -> Result<(Credits, Credits), Refusal> {
    if amount <= hold.amount {
        return Ok((amount, Credits::ZERO));
    }
    let excess = difference(amount, hold.amount);
    match hold.over_settle {
        OverSettle::Absorb => Ok((hold.amount, excess)),
        OverSettle::Draw => Ok((amount, Credits::ZERO)),
        OverSettle::Refuse => Err(Refusal::OverSettleRefused {
            hold: hold.id.clone(),
            asked: amount,
            held: hold.amount,
            excess,
        }),
    }
}

/// The lots that pay what is charged beyond the hold; it counts where the hold counts.
fn draw_beyond(
    state: &LedgerState,
    hold: &Hold,
    charged: Credits,
    now: Timestamp,
) -> Result<Vec<Draw>, Refusal> {
    let beyond = difference(charged, hold.amount).max(Credits::ZERO);
    gate(state, beyond, &hold.attribution, Counted { now, counted_at: hold.made_at })
}

fn release(state: &LedgerState, id: &HoldId) -> Result<Decision, Refusal> {
    let hold = find_hold(state, id)?;
    match &hold.state {
        HoldState::Open => Ok(Decision::Book(released(hold, ReleaseCause::Requested))),
        HoldState::Released { transaction, .. } => Ok(Decision::Answered(*transaction)),
        HoldState::Settled { amount, .. } => {
            Err(Refusal::HoldAlreadySettled { hold: id.clone(), amount: *amount })
        }
    }
}

fn released(hold: &Hold, cause: ReleaseCause) -> Draft {
    let mut entries = vec![take(Account::Held(hold.id.clone()), hold.amount)];
    entries.extend(hold.draws.iter().map(|draw| give_to_lot(&draw.lot, draw.amount)));
    Draft {
        kind: TransactionKind::Release { hold: hold.id.clone(), cause },
        attribution: hold.attribution.clone(),
        corrects: Some(hold.made_by),
        entries,
    }
}

fn charge(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let amount = positive(amount)?;
    let draws = gate(state, amount, attribution, Counted { now, counted_at: now })?;
    let mut entries = take_from_lots(&draws);
    entries.extend(give_to_spent(amount));
    let attribution = attribution.clone();
    Ok(Draft { kind: TransactionKind::Charge, attribution, corrects: None, entries })
}

/// A lot that was due has been booked before the command, so there is only an answer to give.
fn expire(state: &LedgerState, id: &LotId, now: Timestamp) -> Result<Decision, Refusal> {
    let lot = state.lots.get(id).ok_or_else(|| Refusal::LotNotFound { lot: id.clone() })?;
    match lot.expired_by {
        Some(sequence) => Ok(Decision::Answered(sequence)),
        None if lot.is_expired(now) => Err(Refusal::NothingToExpire { lot: id.clone() }),
        None => Err(Refusal::LotNotExpired { lot: id.clone(), expires_at: lot.expires_at }),
    }
}

fn set_budget(state: &LedgerState, terms: &SetBudget, now: Timestamp) -> Result<Draft, Refusal> {
    if let Window::Between { from, until } = terms.window
        && until <= from
    {
        return Err(Refusal::WindowEmpty { from, until });
    }
    if let Some(amount) = terms.limit.filter(|limit| limit.is_negative()) {
        return Err(Refusal::AmountNegative { amount });
    }
    let kind = TransactionKind::SetBudget {
        subject: terms.subject.clone(),
        budget: terms.kind,
        window: terms.window,
        limit: terms.limit,
        used: used_before(state, terms, now),
    };
    Ok(Draft::plain(kind, Vec::new()))
}

/// The state's own figure for the same window; else the journal's, which can be no more than all
/// that was ever spent.
fn used_before(state: &LedgerState, terms: &SetBudget, now: Timestamp) -> Credits {
    let present = state.budget(&terms.subject).filter(|budget| budget.window == terms.window);
    match present {
        Some(budget) => budget.used,
        None if state.usage_wanted(terms, now).is_none() => Credits::ZERO,
        None => terms.used_so_far.max(Credits::ZERO).min(state.head.spent),
    }
}

/// The release of a hold whose deadline has passed.
pub(super) fn deadline_passed(state: &LedgerState, id: &HoldId) -> Draft {
    let hold = state.holds.get(id).expect("what falls due is an open hold of this state");
    released(hold, ReleaseCause::Deadline)
}

/// The expiry of what a lot has left, and its key. The first of a lot is named after the lot alone;
/// what comes back later expires under the sequence after which it did.
pub(super) fn lot_expired(state: &LedgerState, id: &LotId) -> (Draft, String) {
    let lot = state.lots.get(id).expect("what falls due is a lot of this state");
    let entries =
        vec![take(Account::Lot(id.clone()), lot.remaining), give(Account::Expired, lot.remaining)];
    let key = match lot.expired_by {
        None => format!("expire:{id}"),
        Some(_) => format!("expire:{id}:{}", state.head.sequence),
    };
    (Draft::plain(TransactionKind::Expire { lot: id.clone() }, entries), key)
}

/// When lots are looked at, and the instant whose budget windows the credits count in.
struct Counted {
    now: Timestamp,
    counted_at: Timestamp,
}

/// The one gate: the lots that pay `amount`, or the first limit that it passes.
fn gate(
    state: &LedgerState,
    amount: Credits,
    attribution: &Attribution,
    at: Counted,
) -> Result<Vec<Draw>, Refusal> {
    let draws = state.draw(amount, attribution.operation.as_ref(), at.now).map_err(|short| {
        Refusal::InsufficientCredits {
            asked: amount,
            available: short.available,
            shortfall: difference(amount, short.available),
        }
    })?;
    let mut budgets = state.budgets_for(attribution, at.counted_at);
    match budgets.find(|budget| amount > budget.left()) {
        Some(budget) => Err(exceeded(budget, amount)),
        None => Ok(draws),
    }
}

fn exceeded(budget: &Budget, asked: Credits) -> Refusal {
    Refusal::BudgetExceeded {
        subject: budget.subject.clone(),
        window: budget.window,
        limit: budget.limit,
        used: budget.used,
        held: budget.held,
        asked,
        left: budget.left(),
    }
}

fn find_hold<'a>(state: &'a LedgerState, id: &HoldId) -> Result<&'a Hold, Refusal> {
    state.holds.get(id).ok_or_else(|| Refusal::HoldNotFound { hold: id.clone() })
}

fn positive(amount: Credits) -> Result<Credits, Refusal> {
    if amount.is_positive() { Ok(amount) } else { Err(Refusal::AmountNotPositive { amount }) }
}

/// The first `amount` of the draws, and the rest.
fn split(draws: &[Draw], amount: Credits) -> (Vec<Draw>, Vec<Draw>) {
    let (mut first, mut rest, mut missing) = (Vec::new(), Vec::new(), amount);
    for draw in draws {
        let taken = draw.amount.min(missing);
        missing = difference(missing, taken);
        push_draw(&mut first, &draw.lot, taken);
        push_draw(&mut rest, &draw.lot, difference(draw.amount, taken));
    }
    (first, rest)
}

fn push_draw(draws: &mut Vec<Draw>, lot: &LotId, amount: Credits) {
    if amount.is_positive() {
        draws.push(Draw { lot: lot.clone(), amount });
    }
}

/// Adds to the lot's draw where it has one already.
fn add_draw(draws: &mut Vec<Draw>, added: Draw) {
    match draws.iter_mut().find(|draw| draw.lot == added.lot) {
        Some(draw) => draw.amount = sum(draw.amount, added.amount),
        None => draws.push(added),
    }
}

fn give(account: Account, amount: Credits) -> Entry {
    Entry { account, amount }
}

fn take(account: Account, amount: Credits) -> Entry {
    Entry { account, amount: difference(Credits::ZERO, amount) }
}

fn give_to_lot(lot: &LotId, amount: Credits) -> Entry {
    give(Account::Lot(lot.clone()), amount)
}

fn give_to_spent(amount: Credits) -> Option<Entry> {
    amount.is_positive().then(|| give(Account::Spent, amount))
}

fn take_from_lots(draws: &[Draw]) -> Vec<Entry> {
    draws.iter().map(|draw| take(Account::Lot(draw.lot.clone()), draw.amount)).collect()
}
