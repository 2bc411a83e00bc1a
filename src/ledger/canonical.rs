//! The one encoding of ledger content to bytes, for hashes. It never changes; a new one gets a new
//! version byte.
//!
//! Version 1: the version byte, then the fields in the order written below, each as
//! - text: its length in bytes as 4 bytes big-endian, then its UTF-8 bytes;
//! - number, amount (micro-credits), instant (microseconds): 8 bytes big-endian, two's complement;
//! - optional: the byte 0 where absent, else the byte 1 and the value;
//! - list: its length as 4 bytes big-endian, then its items;
//! - variant: its code as text, then its fields.
//!
//! Ids, accounts, actors, sources and subjects are their texts.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use super::attribution::{Attribution, Operation};
use super::budget::{BudgetKind, Window};
use super::calendar::Calendar;
use super::command::{Command, Grant, MakeHold, SetBudget, SetTerms};
use super::credits::Credits;
use super::entry::Entry;
use super::hash::Hash;
use super::hold::Draw;
use super::lot::{CarryOver, Lot, Money, Origin};
use super::plan::{Allowance, Plan, Renewal, Rollover};
use super::time::Timestamp;
use super::transaction::{Transaction, TransactionKind};

/// The version of the encoding.
pub const VERSION: u8 = 1;

/// The bytes of a transaction without its hash.
pub fn transaction(transaction: &Transaction) -> Vec<u8> {
    let mut bytes = Bytes::begin();
    bytes.number(transaction.sequence.cast_signed());
    bytes.kind(&transaction.kind);
    bytes.text(transaction.key.as_str());
    bytes.shown(&transaction.actor);
    bytes.attribution(&transaction.attribution);
    bytes.instant(transaction.occurred_at);
    bytes.instant(transaction.recorded_at);
    bytes.optional(transaction.corrects, |bytes, sequence| bytes.number(sequence.cast_signed()));
    bytes.list(&transaction.entries, Bytes::entry);
    bytes.amount(transaction.available_after);
    bytes.0
}

/// The hash of what makes a command the same command; see
/// [`Order::fingerprint`](super::command::Order::fingerprint) for what is left out.
pub fn fingerprint(command: &Command) -> Hash {
    let mut bytes = Bytes::begin();
    bytes.command(command);
    Hash(Sha256::digest(&bytes.0).into())
}

/// Bytes under construction.
struct Bytes(Vec<u8>);

/// Room for the usual transaction without growing.
const USUAL_LENGTH: usize = 512;

impl Bytes {
    fn begin() -> Self {
        let mut bytes = Vec::with_capacity(USUAL_LENGTH);
        bytes.push(VERSION);
        Bytes(bytes)
    }

    fn length(&mut self, length: usize) {
        let length =
            u32::try_from(length).expect("no field of a ledger has four thousand million parts");
        self.0.extend_from_slice(&length.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// What prints itself as its text, without a string in between.
    fn shown(&mut self, value: &impl fmt::Display) {
        let length_at = self.0.len();
        self.length(0);
        write!(self, "{value}").expect("writing to memory cannot fail");
        let length = u32::try_from(self.0.len() - length_at - 4).expect("ids and codes are short");
        self.0[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    }

    fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn amount(&mut self, amount: Credits) {
        self.number(amount.micro());
    }

    fn instant(&mut self, instant: Timestamp) {
        self.number(instant.micros());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn optional_id(&mut self, id: Option<&impl fmt::Display>) {
        self.optional(id, |bytes, id| bytes.shown(id));
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.length(items.len());
        items.iter().for_each(|item| write(self, item));
    }

    fn attribution(&mut self, attribution: &Attribution) {
        self.optional_id(attribution.department.as_ref());
        self.optional_id(attribution.member.as_ref());
        self.optional_id(attribution.key.as_ref());
        self.optional_id(attribution.operation.as_ref());
        self.optional_id(attribution.report.as_ref());
        self.optional_id(attribution.quote.as_ref());
    }

    fn entry(&mut self, entry: &Entry) {
        self.shown(&entry.account);
        self.amount(entry.amount);
    }

    fn draw(&mut self, draw: &Draw) {
        self.text(draw.lot.as_str());
        self.amount(draw.amount);
    }

    fn money(&mut self, money: &Money) {
        self.number(money.minor);
        self.text(money.currency.as_str());
    }

    fn operations(&mut self, operations: Option<&Vec<Operation>>) {
        self.optional(operations, |bytes, operations| {
            bytes.list(operations, |bytes, operation| bytes.text(operation.as_str()));
        });
    }

    fn budget_kind(&mut self, kind: BudgetKind) {
        self.text(kind.code());
    }

    fn window(&mut self, window: &Window) {
        match window {
            Window::Forever => self.text("forever"),
            Window::Between { from, until } => {
                self.text("between");
                self.instant(*from);
                self.instant(*until);
            }
            Window::Every(every) => self.texts(&["every", every.code()]),
        }
    }

    fn calendar(&mut self, calendar: &Calendar) {
        self.number(i64::from(calendar.offset));
        self.list(&calendar.changes, |bytes, change| {
            bytes.instant(change.at);
            bytes.number(i64::from(change.offset));
        });
    }

    fn set_terms(&mut self, terms: &SetTerms) {
        self.optional(terms.order, |bytes, order| bytes.text(order.code()));
        self.optional(terms.debt_limit, Bytes::amount);
        self.optional(terms.calendar.as_ref(), Bytes::calendar);
    }

    fn plan(&mut self, plan: &Plan) {
        self.text(&plan.code);
        match plan.allowance {
            Allowance::Unlimited => self.text("unlimited"),
            Allowance::Credits(amount) => {
                self.text("credits");
                self.amount(amount);
            }
        }
        self.instant(plan.anchor);
        self.text(plan.period.code());
        match plan.rollover {
            Rollover::None => self.text("none"),
            Rollover::All { months } => {
                self.text("all");
                self.number(i64::from(months));
            }
            Rollover::UpTo { amount, months } => {
                self.text("up_to");
                self.amount(amount);
                self.number(i64::from(months));
            }
        }
        self.optional(plan.priority, |bytes, priority| bytes.number(i64::from(priority)));
        self.text(match plan.renewal {
            Renewal::Automatic => "automatic",
            Renewal::WhenPaid => "when_paid",
        });
    }

    fn carry_over(&mut self, carry: Option<CarryOver>) {
        self.optional(carry, |bytes, carry| {
            bytes.instant(carry.at);
            bytes.amount(carry.at_most);
        });
    }

    fn origin(&mut self, origin: &Origin) {
        match origin {
            Origin::Payment { purchase } => self.texts(&["payment", purchase.as_str()]),
            Origin::PlanPeriod { plan, period_start } => {
                self.texts(&["plan_period", plan]);
                self.instant(*period_start);
            }
            Origin::Code { code } => self.texts(&["code", code]),
            Origin::Referral { by } => self.texts(&["referral", by.as_str()]),
            Origin::StaffGrant { by, reason } => self.texts(&["staff_grant", by.as_str(), reason]),
            Origin::Signup => self.text("signup"),
        }
    }

    fn texts(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.text(text));
    }

    /// A lot as it was granted: nothing of what happened to it later.
    fn lot_terms(&mut self, lot: &Lot) {
        self.text(lot.id.as_str());
        self.text(lot.source.code());
        self.amount(lot.amount);
        self.number(i64::from(lot.priority));
        self.instant(lot.effective_at);
        self.optional(lot.expires_at, Bytes::instant);
        self.instant(lot.created_at);
        self.optional(lot.cost.as_ref(), Bytes::money);
        self.origin(&lot.origin);
        self.operations(lot.operations.as_ref());
        self.0.push(u8::from(lot.unlimited));
        self.carry_over(lot.carry_over);
    }

    fn kind(&mut self, kind: &TransactionKind) {
        self.text(kind.code());
        match kind {
            TransactionKind::Grant { lot, repaid } => {
                self.lot_terms(lot);
                self.list(repaid, |bytes, repayment| {
                    bytes.number(repayment.of.cast_signed());
                    bytes.amount(repayment.amount);
                });
            }
            TransactionKind::Hold { hold, deadline, over_settle } => {
                self.text(hold.as_str());
                self.instant(*deadline);
                self.text(over_settle.code());
            }
            TransactionKind::Settle { hold, paid, absorbed, counted_at } => {
                self.text(hold.as_str());
                self.list(paid, Bytes::draw);
                self.amount(*absorbed);
                self.instant(*counted_at);
            }
            TransactionKind::Release { hold, cause } => self.texts(&[hold.as_str(), cause.code()]),
            TransactionKind::Charge => {}
            TransactionKind::Expire { lot, early } => {
                self.text(lot.as_str());
                if *early {
                    self.text("early");
                }
            }
            TransactionKind::SetBudget { subject, budget, window, limit, used } => {
                self.shown(subject);
                self.budget_kind(*budget);
                self.window(window);
                self.optional(*limit, Bytes::amount);
                self.amount(*used);
            }
            TransactionKind::MoveBudget { from, to, amount } => {
                self.shown(from);
                self.shown(to);
                self.amount(*amount);
            }
            TransactionKind::ExtendHold { hold, deadline } => {
                self.text(hold.as_str());
                self.instant(*deadline);
            }
            TransactionKind::Reverse { of, counted_at } => {
                self.number(of.cast_signed());
                self.instant(*counted_at);
            }
            TransactionKind::Revoke { lot } => self.text(lot.as_str()),
            TransactionKind::Freeze { lot, wanted: amount }
            | TransactionKind::Unfreeze { lot, unwanted: amount } => {
                self.text(lot.as_str());
                self.amount(*amount);
            }
            TransactionKind::Adjust { lot, reason } => self.texts(&[lot.as_str(), reason]),
            TransactionKind::SetTerms { terms } => self.set_terms(terms),
            TransactionKind::SetPlan { plan } => {
                self.optional(plan.as_deref(), |bytes, standing| {
                    bytes.plan(&standing.plan);
                    bytes.number(i64::from(standing.next));
                })
            }
        }
    }

    fn command(&mut self, command: &Command) {
        self.text(command.code());
        match command {
            Command::Grant(grant) => self.grant(grant),
            Command::Hold(make) => self.make_hold(make),
            Command::Settle { hold, amount } => {
                self.text(hold.as_str());
                self.amount(*amount);
            }
            Command::Release { hold } => self.text(hold.as_str()),
            Command::Charge { amount, attribution } => {
                self.amount(*amount);
                self.attribution(attribution);
            }
            Command::Expire { lot } | Command::EndLot { lot } => self.text(lot.as_str()),
            Command::SetBudget(set) => self.set_budget(set),
            Command::MoveBudget { from, to, amount } => {
                self.shown(from);
                self.shown(to);
                self.amount(*amount);
            }
            Command::ExtendHold { hold, by, deadline: _ } => {
                self.text(hold.as_str());
                self.amount(*by);
            }
            Command::Reverse { transaction, amount } => {
                self.number(transaction.cast_signed());
                self.optional(*amount, Bytes::amount);
            }
            Command::Revoke { lot, amount } | Command::Freeze { lot, amount } => {
                self.text(lot.as_str());
                self.amount(*amount);
            }
            Command::Unfreeze { lot, amount } => {
                self.text(lot.as_str());
                self.optional(*amount, Bytes::amount);
            }
            Command::Adjust { lot, change, reason } => {
                self.text(lot.as_str());
                self.amount(*change);
                self.text(reason);
            }
            Command::SetTerms(terms) => self.set_terms(terms),
            Command::SetPlan { plan } => self.optional(plan.as_deref(), Bytes::plan),
        }
    }

    fn grant(&mut self, grant: &Grant) {
        self.text(grant.source.code());
        self.amount(grant.amount);
        self.optional(grant.priority, |bytes, priority| bytes.number(i64::from(priority)));
        self.optional(grant.cost.as_ref(), Bytes::money);
        self.origin(&grant.origin);
        self.operations(grant.operations.as_ref());
        self.0.push(u8::from(grant.unlimited));
    }

    fn make_hold(&mut self, make: &MakeHold) {
        self.amount(make.amount);
        self.text(make.over_settle.code());
        self.attribution(&make.attribution);
    }

    fn set_budget(&mut self, set: &SetBudget) {
        self.shown(&set.subject);
        self.budget_kind(set.kind);
        self.window(&set.window);
        self.optional(set.limit, Bytes::amount);
    }
}

impl fmt::Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
