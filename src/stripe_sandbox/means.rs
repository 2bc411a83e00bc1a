//! Ways to pay: a test card, or a test bank account whose bank answers later.

use serde_json::{Value, json};

use super::cards::TestCard;
use super::work::text;

/// A way to pay that was chosen on a hosted page or through the API.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Means {
    Card {
        card: TestCard,
        exp_month: u32,
        exp_year: u32,
    },
    /// A debit that the bank answers days later; here, after the sandbox's settlement delay.
    BankDebit {
        outcome: DebitOutcome,
    },
}

/// What the bank will say in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DebitOutcome {
    Succeeds,
    Fails,
}

impl From<bool> for DebitOutcome {
    fn from(succeeds: bool) -> Self {
        if succeeds { DebitOutcome::Succeeds } else { DebitOutcome::Fails }
    }
}

impl DebitOutcome {
    /// The last digits of Stripe's public test account with this outcome.
    pub fn last4(self, kind: &str) -> &'static str {
        match (self, kind) {
            (DebitOutcome::Succeeds, "us_bank_account") => "6789",
            (DebitOutcome::Fails, "us_bank_account") => "1116",
            (DebitOutcome::Succeeds, _) => "3000",
            (DebitOutcome::Fails, _) => "3001",
        }
    }

    /// What the bank of a saved debit will say.
    pub fn of_method(method: &Value) -> Self {
        let last4 = text(&method[text(method, "type")], "last4");
        if matches!(last4, "1116" | "3001") { DebitOutcome::Fails } else { DebitOutcome::Succeeds }
    }
}

/// Stripe's name for a bank debit in this currency, where there is one.
pub(crate) fn debit_kind(currency: &str) -> Option<&'static str> {
    match currency {
        "usd" => Some("us_bank_account"),
        "eur" => Some("sepa_debit"),
        _ => None,
    }
}

/// Whether a session takes this kind.
pub(crate) fn offered(session: &Value, kind: &str) -> bool {
    session["payment_method_types"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// The bank debit that a session takes, if it takes one.
pub(crate) fn debit_offered(session: &Value) -> Option<&'static str> {
    debit_kind(text(session, "currency")).filter(|kind| offered(session, kind))
}
