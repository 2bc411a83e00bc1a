//! What an invoice pays for: a period of a plan, the rest of one after an upgrade, or nothing of ours.
//! Pure: the lines of the invoice and the frozen terms of their products decide, nothing else.

use std::collections::HashMap;

use super::super::port::subscriptions::{InvoiceFacts, InvoiceLine};
use crate::catalogue::Plan;
use crate::ledger::credits::MICRO_PER_CREDIT;
use crate::ledger::time::SECOND;
use crate::ledger::{Allowance, Credits, Span, Timestamp};

/// The frozen terms of every product that is known.
pub type Terms = HashMap<String, Plan>;

/// What an invoice pays for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaidFor {
    /// A whole period of a plan.
    Period {
        /// The plan's product.
        product: String,
        /// The period.
        span: Span,
        /// The plan whose period was cut short by this one beginning, where one was.
        instead_of: Option<String>,
    },
    /// The rest of a period on a better plan.
    Rest {
        /// The better plan's product.
        product: String,
        /// The period whose rest it is.
        span: Span,
        /// What it adds.
        adds: Allowance,
    },
}

impl PaidFor {
    /// The product that is paid for.
    pub fn product(&self) -> &str {
        match self {
            PaidFor::Period { product, .. } | PaidFor::Rest { product, .. } => product,
        }
    }

    /// The period that it is about.
    pub fn span(&self) -> Span {
        match self {
            PaidFor::Period { span, .. } | PaidFor::Rest { span, .. } => *span,
        }
    }
}

/// What `invoice` pays for; `None` where none of its lines is about a plan of ours. `all` are the
/// subscription's invoices, of which one says when the period began whose rest is paid for.
pub fn paid_for(invoice: &InvoiceFacts, all: &[InvoiceFacts], terms: &Terms) -> Option<PaidFor> {
    let regular = ours(invoice, terms).filter(|line| !line.0.is_proration);
    if let Some((line, product, _)) = regular.max_by_key(|line| line.0.from_seconds) {
        let instead_of =
            given_back(invoice, terms).filter(|old| old.0.until_seconds > line.from_seconds);
        return Some(PaidFor::Period {
            product: product.to_owned(),
            span: span_of(line),
            instead_of: instead_of.map(|old| old.1.to_owned()),
        });
    }
    let charged = ours(invoice, terms).find(|line| line.0.is_proration && line.0.amount_minor >= 0);
    let (line, product, better) = charged?;
    let rest = span_of(line);
    let begun = all.iter().flat_map(|other| &other.lines);
    let begun =
        begun.filter(|whole| !whole.is_proration && whole.until_seconds == line.until_seconds);
    let span = begun.map(span_of).min_by_key(|span| span.from).unwrap_or(rest);
    let before = given_back(invoice, terms).map(|old| old.2.allowance);
    let adds = difference(better.allowance, before, rest, span);
    Some(PaidFor::Rest { product: product.to_owned(), span, adds })
}

/// What is granted for the rest of `span` from `rest.from` on when `better` takes the place of `before`:
/// the difference pro rata, in whole credits, rounded up, never less than nothing.
pub fn difference(
    better: Allowance,
    before: Option<Allowance>,
    rest: Span,
    span: Span,
) -> Allowance {
    let (more, less) = match (better, before) {
        (_, Some(Allowance::Unlimited)) => return Allowance::Credits(Credits::ZERO),
        (Allowance::Unlimited, _) => return Allowance::Unlimited,
        (Allowance::Credits(more), Some(Allowance::Credits(less))) => (more, less),
        (Allowance::Credits(more), None) => (more, Credits::ZERO),
    };
    let whole = i128::from(span.until.since(span.from).max(1));
    let left = i128::from(rest.until.since(rest.from).max(0)).min(whole);
    let all = i128::from(more.micro()) - i128::from(less.micro());
    let unit = i128::from(MICRO_PER_CREDIT);
    let shares = (all.max(0) * left + whole * unit - 1) / (whole * unit);
    let micro = i64::try_from(shares * unit).unwrap_or(i64::MAX);
    Allowance::Credits(Credits::from_micro(micro.min(i64::try_from(all.max(0)).unwrap_or(0))))
}

type Known<'a> = (&'a InvoiceLine, &'a str, &'a Plan);

fn ours<'a>(invoice: &'a InvoiceFacts, terms: &'a Terms) -> impl Iterator<Item = Known<'a>> {
    invoice.lines.iter().filter_map(|line| {
        let product = line.product.as_deref()?;
        Some((line, product, terms.get(product)?))
    })
}

/// The plan whose unused rest is given back.
fn given_back<'a>(invoice: &'a InvoiceFacts, terms: &'a Terms) -> Option<Known<'a>> {
    ours(invoice, terms).find(|line| line.0.is_proration && line.0.amount_minor < 0)
}

fn span_of(line: &InvoiceLine) -> Span {
    Span { from: instant(line.from_seconds), until: instant(line.until_seconds) }
}

/// The provider counts in seconds.
pub fn instant(seconds: i64) -> Timestamp {
    Timestamp(seconds.saturating_mul(SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::payments::port::subscriptions::InvoiceState;
    use crate::catalogue::Sale;
    use crate::ledger::{Period, Rollover};

    fn credits(whole: i64) -> Allowance {
        Allowance::Credits(Credits::from_whole(whole).unwrap())
    }

    fn terms() -> Terms {
        let plan = |code: &str, allowance| Plan {
            code: code.into(),
            name: code.into(),
            description: String::new(),
            allowance,
            period: Period::Month,
            rollover: Rollover::None,
            limits: Vec::new(),
            sale: Sale::Custom,
            recommended: false,
        };
        let all =
            [("small", credits(100)), ("large", credits(1_000)), ("all", Allowance::Unlimited)];
        all.map(|(code, allowance)| (code.to_owned(), plan(code, allowance))).into()
    }

    fn line(product: &str, amount: i64, proration: bool, period: (i64, i64)) -> InvoiceLine {
        InvoiceLine {
            product: Some(product.into()),
            amount_minor: amount,
            is_proration: proration,
            from_seconds: period.0,
            until_seconds: period.1,
        }
    }

    fn invoice(lines: Vec<InvoiceLine>) -> InvoiceFacts {
        InvoiceFacts {
            invoice: "in_1".into(),
            subscription: Some("sub_1".into()),
            state: InvoiceState::Paid,
            paid_minor: 0,
            tax_minor: 0,
            tax_on_top_minor: 0,
            currency: "usd".into(),
            lines,
            payment: None,
            page: None,
            created_seconds: 0,
            livemode: false,
        }
    }

    fn span(from: i64, until: i64) -> Span {
        Span { from: instant(from), until: instant(until) }
    }

    #[test]
    fn a_renewal_pays_for_the_period_of_its_line_whatever_was_changed_before() {
        let renewal = invoice(vec![
            line("small", -40, true, (50, 100)),
            line("large", 90, true, (50, 100)),
            line("large", 300, false, (100, 200)),
        ]);
        let expected =
            PaidFor::Period { product: "large".into(), span: span(100, 200), instead_of: None };
        assert_eq!(paid_for(&renewal, &[], &terms()), Some(expected));
    }

    #[test]
    fn an_upgrade_pays_for_the_rest_of_the_period_that_another_invoice_began() {
        let first = invoice(vec![line("small", 50, false, (0, 100))]);
        let upgrade =
            invoice(vec![line("small", -25, true, (50, 100)), line("large", 150, true, (50, 100))]);
        let all = [upgrade.clone(), first];
        let expected =
            PaidFor::Rest { product: "large".into(), span: span(0, 100), adds: credits(450) };
        assert_eq!(paid_for(&upgrade, &all, &terms()), Some(expected));
    }

    #[test]
    fn a_new_rhythm_begins_a_period_at_once_and_ends_the_old_one() {
        let change = invoice(vec![
            line("small", -25, true, (50, 100)),
            line("large", 3_000, false, (50, 1_250)),
        ]);
        let paid = paid_for(&change, &[], &terms());
        assert!(
            matches!(paid, Some(PaidFor::Period { instead_of: Some(old), .. }) if old == "small")
        );
    }

    #[test]
    fn what_is_added_is_pro_rata_in_whole_credits_and_never_less_than_nothing() {
        let (rest, all) = (span(70, 100), span(0, 100));
        let adds = |better, before| difference(better, Some(before), rest, all);
        assert_eq!(adds(credits(1_000), credits(100)), credits(270));
        assert_eq!(adds(credits(101), credits(100)), credits(1), "rounded up");
        assert_eq!(adds(credits(100), credits(1_000)), credits(0));
        assert_eq!(adds(Allowance::Unlimited, credits(100)), Allowance::Unlimited);
        assert_eq!(adds(credits(100), Allowance::Unlimited), credits(0));
        assert_eq!(difference(credits(10), Some(credits(1)), all, all), credits(9), "all of it");
    }

    #[test]
    fn lines_that_are_not_ours_pay_for_nothing() {
        let other = invoice(vec![line("elsewhere", 50, false, (0, 100))]);
        assert_eq!(paid_for(&other, &[], &terms()), None);
        assert_eq!(paid_for(&invoice(vec![]), &[], &terms()), None);
    }
}
