//! What a document says, made of the purchase's frozen terms and what is known when it is written. Pure.

use super::seller::Seller;
use crate::backend::payments::port::documents::ReportedTax;
use crate::backend::store::purchase::{Purchase, PurchaseKind};
use crate::backend::zone::Zone;
use crate::ledger::{Credits, Timestamp};
use crate::model::billing_details::BillingDetails;
use crate::model::document::{DocumentContent, DocumentKind, Party, TaxLine, cost_per_credit};
use crate::model::format::credits_phrase;

/// Who deals with whom, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub seller: &'a Seller,
    /// The organisation's name, for the time in which nobody has said who is billed.
    pub organisation_name: &'a str,
    pub buyer: Option<&'a BillingDetails>,
    pub zone: Zone,
    pub now: Timestamp,
}

/// The receipt or invoice of a credited purchase.
pub fn of_purchase(
    purchase: &Purchase,
    taxes: &[ReportedTax],
    setting: &Setting<'_>,
) -> DocumentContent {
    let taxes: Vec<TaxLine> = taxes.iter().map(tax_line).collect();
    let notes = if taxes.is_empty() { setting.seller.note.clone() } else { None };
    DocumentContent {
        kind: setting.seller.kind_for_payments(),
        test: !purchase.livemode,
        seller: setting.seller.party(),
        buyer: buyer(setting),
        description: description(purchase),
        detail: detail(purchase),
        credits: purchase.credits,
        currency: purchase.price.currency,
        total_minor: purchase.total().minor,
        taxes,
        cost_per_credit: purchase
            .credits
            .is_positive()
            .then(|| cost_per_credit(&purchase.price, purchase.credits)),
        issued: setting.zone.moment(setting.now),
        paid: purchase.paid_at.map(|at| setting.zone.moment(at)),
        purchase: purchase.id.to_string(),
        payment: purchase.payment_ref.clone().or_else(|| purchase.invoice_ref.clone()),
        changes: None,
        time_zone: setting.zone.name().to_owned(),
        notes: notes.into_iter().collect(),
    }
}

/// What went back of a purchase, and what of it has documents already.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What the receipt or invoice says, and its number.
    pub original: &'a DocumentContent,
    pub original_number: &'a str,
    /// The document that a correction takes back.
    pub last_number: &'a str,
    /// Paid back in all before, in minor units.
    pub before_minor: i64,
    /// Paid back in all now.
    pub after_minor: i64,
    /// Credits taken back by this change; negative where they came again.
    pub credits: Credits,
    pub reason: Option<&'a str>,
}

/// The credit note about a change, or its correction where less is paid back than was written.
pub fn of_change(change: &Change<'_>, setting: &Setting<'_>) -> DocumentContent {
    let original = change.original;
    let moved = change.after_minor.saturating_sub(change.before_minor);
    let kind = if moved < 0 { DocumentKind::Correction } else { DocumentKind::CreditNote };
    let (description, changes) = match kind {
        DocumentKind::Correction => ("A refund that did not arrive", change.last_number),
        _ => ("Refund", change.original_number),
    };
    DocumentContent {
        kind,
        buyer: buyer(setting),
        seller: setting.seller.party(),
        description: format!("{description}: {}", original.description),
        detail: format!("Belongs to {}.", change.original_number),
        credits: change.credits.checked_neg().unwrap_or_default(),
        total_minor: moved.saturating_neg(),
        taxes: refunded_taxes(change),
        cost_per_credit: None,
        issued: setting.zone.moment(setting.now),
        paid: Some(setting.zone.moment(setting.now)),
        changes: Some(changes.to_owned()),
        notes: change.reason.map(str::to_owned).into_iter().collect(),
        ..original.clone()
    }
}

/// The share of each tax in what went back, reckoned from the whole so that all parts sum up to it.
fn refunded_taxes(change: &Change<'_>) -> Vec<TaxLine> {
    let total = i128::from(change.original.total_minor).max(1);
    let share = |tax: i64, refunded: i64| i128::from(tax) * i128::from(refunded) / total;
    let part = |tax: &TaxLine| TaxLine {
        label: tax.label.clone(),
        minor: i64::try_from(
            share(tax.minor, change.before_minor) - share(tax.minor, change.after_minor),
        )
        .unwrap_or_default(),
    };
    change.original.taxes.iter().map(part).collect()
}

fn tax_line(tax: &ReportedTax) -> TaxLine {
    let rate = tax.percent.as_ref().map(|percent| format!(" {percent} %")).unwrap_or_default();
    TaxLine { label: format!("{}{rate}", tax.name), minor: tax.minor }
}

fn buyer(setting: &Setting<'_>) -> Party {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    match setting.buyer {
        None => Party { name: setting.organisation_name.to_owned(), ..Party::default() },
        Some(details) => Party {
            name: details.name.clone(),
            address: details.address(),
            tax_id: given(&details.tax_id),
            email: given(&details.email),
        },
    }
}

fn description(purchase: &Purchase) -> String {
    let credits = credits_phrase(purchase.credits);
    match purchase.kind {
        PurchaseKind::OwnAmount => credits,
        PurchaseKind::TopUp => format!("{credits}, topped up automatically"),
        PurchaseKind::Pack | PurchaseKind::Plan => format!("{}, {credits}", purchase.pack_name),
    }
}

fn detail(purchase: &Purchase) -> String {
    match (purchase.kind, purchase.valid_months) {
        (PurchaseKind::Plan, _) => "The credits are for one period of the plan.".to_owned(),
        (_, months) => crate::backend::payments::checkout::validity_sentence(months),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Currency;
    use crate::model::Moment;

    const NOON: Timestamp = Timestamp(1_769_860_800_000_000);

    fn original() -> DocumentContent {
        let moment = Moment { machine: String::new(), text: String::new(), day: String::new() };
        DocumentContent {
            kind: DocumentKind::Invoice,
            test: false,
            seller: Party::default(),
            buyer: Party::default(),
            description: "Starter, 50 credits".into(),
            detail: String::new(),
            credits: Credits::from_micro(50_000_000),
            currency: Currency::parse("EUR").unwrap(),
            total_minor: 10_001,
            taxes: vec![TaxLine { label: "VAT 19 %".into(), minor: 1_597 }],
            cost_per_credit: Some("€2.000".into()),
            issued: moment.clone(),
            paid: Some(moment),
            purchase: "pur_1".into(),
            payment: None,
            changes: None,
            time_zone: "UTC".into(),
            notes: Vec::new(),
        }
    }

    fn note(original: &DocumentContent, before_minor: i64, after_minor: i64) -> DocumentContent {
        let seller = Seller::named("Acme");
        let setting = Setting {
            seller: &seller,
            organisation_name: "Northwind",
            buyer: None,
            zone: Zone::UTC,
            now: NOON,
        };
        let change = Change {
            original,
            original_number: "NORT-2026-000001",
            last_number: "NORT-2026-000002",
            before_minor,
            after_minor,
            credits: Credits::from_micro(1_000_000),
            reason: Some("Asked for."),
        };
        of_change(&change, &setting)
    }

    #[test]
    fn parts_of_a_refund_sum_up_to_the_whole_with_its_taxes() {
        let original = original();
        let totals = [0, 3_333, 6_667, 10_001];
        let notes: Vec<_> =
            totals.windows(2).map(|pair| note(&original, pair[0], pair[1])).collect();
        let sum = |of: fn(&DocumentContent) -> i64| notes.iter().map(of).sum::<i64>();
        assert_eq!(sum(|note| note.total_minor), -10_001);
        assert_eq!(sum(DocumentContent::tax_minor), -1_597);
        assert!(notes.iter().all(|note| note.kind == DocumentKind::CreditNote));
        assert_eq!(notes[0].changes.as_deref(), Some("NORT-2026-000001"));
        assert_eq!(notes[0].notes, ["Asked for."]);
    }

    #[test]
    fn a_refund_that_failed_afterwards_is_corrected_by_as_much() {
        let original = original();
        let correction = note(&original, 10_001, 3_333);
        assert_eq!(correction.kind, DocumentKind::Correction);
        assert_eq!(correction.total_minor, 6_668);
        assert_eq!(correction.tax_minor(), 1_597 - note(&original, 0, 3_333).tax_minor().abs());
        assert_eq!(correction.changes.as_deref(), Some("NORT-2026-000002"));
    }

    #[test]
    fn a_tax_is_named_with_its_rate_where_that_is_known() {
        let tax = |percent: Option<&str>| ReportedTax {
            name: "VAT".into(),
            percent: percent.map(str::to_owned),
            minor: 1,
        };
        assert_eq!(tax_line(&tax(Some("19"))).label, "VAT 19 %");
        assert_eq!(tax_line(&tax(None)).label, "VAT");
    }
}
