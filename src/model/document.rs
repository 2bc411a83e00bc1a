//! A receipt, an invoice or a credit note: what it says, frozen when it was written, and the words in
//! which page and PDF print it. Both print a [`Sheet`], so they cannot differ.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalogue::PricePerCredit;
use crate::ledger::{Credits, Currency, Money};
use crate::model::Moment;
use crate::model::format::{format_credits, format_money, format_price_per_credit};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// For a payment, where the seller's address is not set up.
    Receipt,
    /// For a payment, with the seller's full details.
    Invoice,
    /// For money that went back.
    CreditNote,
    /// Takes a credit note back, because the refund did not arrive.
    Correction,
}

impl DocumentKind {
    /// All.
    pub const ALL: [DocumentKind; 4] = [
        DocumentKind::Receipt,
        DocumentKind::Invoice,
        DocumentKind::CreditNote,
        DocumentKind::Correction,
    ];

    /// The word in the table and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            DocumentKind::Receipt => "receipt",
            DocumentKind::Invoice => "invoice",
            DocumentKind::CreditNote => "credit-note",
            DocumentKind::Correction => "correction",
        }
    }

    /// The word above the document.
    pub const fn title(self) -> &'static str {
        match self {
            DocumentKind::Receipt => "Receipt",
            DocumentKind::Invoice => "Invoice",
            DocumentKind::CreditNote => "Credit note",
            DocumentKind::Correction => "Correction of a credit note",
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for DocumentKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = DocumentKind::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or("no kind of document")
    }
}

/// One of the two who deal with each other, as they were then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub name: String,
    /// The address, line by line.
    pub address: Vec<String>,
    pub tax_id: Option<String>,
    pub email: Option<String>,
}

/// Tax as the payment provider reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    /// "VAT 19 %".
    pub label: String,
    /// In minor units of the document's currency; negative on a credit note.
    pub minor: i64,
}

/// What one document says. Amounts are in minor units; those of a credit note are negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentContent {
    pub kind: DocumentKind,
    /// Whether no real money moved.
    pub test: bool,
    pub seller: Party,
    pub buyer: Party,
    /// What was bought: "50 credits, Small pack".
    pub description: String,
    /// The line under it.
    pub detail: String,
    /// Bought, or taken back.
    pub credits: Credits,
    pub currency: Currency,
    /// What was paid, taxes included.
    pub total_minor: i64,
    /// The taxes within the total.
    pub taxes: Vec<TaxLine>,
    /// What one credit cost, on the document of a payment.
    pub cost_per_credit: Option<String>,
    pub issued: Moment,
    /// When the money came, or went back.
    pub paid: Option<Moment>,
    /// Our purchase.
    pub purchase: String,
    /// The provider's name for the payment.
    pub payment: Option<String>,
    /// The document that this one changes.
    pub changes: Option<String>,
    /// The zone in which the days are counted.
    pub time_zone: String,
    /// What else is to be said: the seller's note, the reason of a refund.
    pub notes: Vec<String>,
}

/// A document as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentView {
    pub number: String,
    pub content: DocumentContent,
}

/// A document in the words in which it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub title: &'static str,
    /// What stands above a document that proves nothing.
    pub test: Option<&'static str>,
    /// Label and value, from the top.
    pub facts: Vec<(&'static str, String)>,
    /// Heading and lines of the seller's block, then of the buyer's.
    pub parties: [(&'static str, Vec<String>); 2],
    /// What is paid for.
    pub line: SheetLine,
    /// Label and amount; the last is the total.
    pub sums: Vec<(String, String)>,
    pub notes: Vec<String>,
}

/// The heads of the columns of [`SheetLine`].
pub const COLUMNS: [&str; 3] = ["Description", "Credits", "Amount"];
/// What stands on every document about test money.
pub const TEST_WORDS: &str = "TEST – no money moved. This document proves nothing.";

/// The one line of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLine {
    pub description: String,
    pub detail: String,
    pub credits: String,
    pub amount: String,
}

impl DocumentContent {
    fn money(&self, minor: i64) -> String {
        format_money(&Money { minor, currency: self.currency })
    }

    /// All taxes within the total.
    pub fn tax_minor(&self) -> i64 {
        self.taxes.iter().fold(0, |sum: i64, tax| sum.saturating_add(tax.minor))
    }
}

/// What one credit costs when so many cost so much.
pub fn cost_per_credit(price: &Money, credits: Credits) -> String {
    format_price_per_credit(PricePerCredit::new(price, credits), price.currency)
}

impl DocumentView {
    /// The words of the document.
    pub fn sheet(&self) -> Sheet {
        let content = &self.content;
        let net = content.total_minor.saturating_sub(content.tax_minor());
        Sheet {
            title: content.kind.title(),
            test: content.test.then_some(TEST_WORDS),
            facts: self.facts(),
            parties: [("From", lines(&content.seller)), ("Billed to", lines(&content.buyer))],
            line: SheetLine {
                description: content.description.clone(),
                detail: content.detail.clone(),
                credits: format_credits(content.credits),
                amount: content.money(net),
            },
            sums: self.sums(net),
            notes: content.notes.clone(),
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let content = &self.content;
        let money_moved = match content.kind {
            DocumentKind::Receipt | DocumentKind::Invoice => "Paid on",
            DocumentKind::CreditNote => "Refunded on",
            DocumentKind::Correction => "Corrected on",
        };
        let changes = match content.kind {
            DocumentKind::Correction => "Corrects",
            _ => "Refund of",
        };
        let facts = [
            ("Number", Some(self.number.clone())),
            ("Date", Some(format!("{} ({})", content.issued.day, content.time_zone))),
            (money_moved, content.paid.as_ref().map(|at| at.day.clone())),
            (changes, content.changes.clone()),
            ("Purchase", Some(content.purchase.clone())),
            ("Payment", content.payment.clone()),
            ("Cost per credit", content.cost_per_credit.clone()),
        ];
        facts.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
    }

    fn sums(&self, net: i64) -> Vec<(String, String)> {
        let content = &self.content;
        let mut sums = Vec::new();
        if !content.taxes.is_empty() {
            sums.push(("Without tax".to_owned(), content.money(net)));
            sums.extend(
                content.taxes.iter().map(|tax| (tax.label.clone(), content.money(tax.minor))),
            );
        }
        let total = match content.kind {
            DocumentKind::Receipt | DocumentKind::Invoice => "Total paid",
            DocumentKind::CreditNote => "Total refunded",
            DocumentKind::Correction => "Total",
        };
        sums.push((total.to_owned(), content.money(content.total_minor)));
        sums
    }

    /// What the PDF is called when it is saved.
    pub fn file_name(&self) -> String {
        format!("{}-{}.pdf", self.content.kind, self.number)
    }
}

fn lines(party: &Party) -> Vec<String> {
    let mut lines = vec![party.name.clone()];
    lines.extend(party.address.iter().cloned());
    lines.extend(party.tax_id.iter().map(|id| format!("Tax id {id}")));
    lines.extend(party.email.iter().cloned());
    lines
}
