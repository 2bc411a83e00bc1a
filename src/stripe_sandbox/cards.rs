//! What a test card is: its number, and what its bank does. The cards themselves are `test_cards`.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::test_cards::TEST_CARDS;
use super::work::text;

/// Why a bank says no: Stripe's error code, decline code and sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decline {
    pub code: &'static str,
    pub decline_code: &'static str,
    pub message: &'static str,
}

/// What happens when a test number is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeds,
    Declined(Decline),
}

/// When the bank wants to see the owner first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authentication {
    Never,
    /// While the owner is there, and without the owner unless the card was set up before.
    UnlessSetUp,
    /// While the owner is there; the card counts as set up.
    OnSession,
    Always,
}

/// What follows a successful charge by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aftermath {
    Nothing,
    /// A refund waits for a while before it succeeds.
    RefundWaits,
    /// A refund succeeds and fails later.
    RefundFails,
    /// The owner disputes the charge for this reason.
    Dispute(&'static str),
    /// The bank asks before there is a dispute.
    Inquiry,
}

/// A public test card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestCard {
    pub number: &'static str,
    pub brand: &'static str,
    pub funding: &'static str,
    pub label: &'static str,
    pub outcome: Outcome,
    /// Whether it can be saved: most declined cards cannot.
    pub can_be_saved: bool,
    pub authentication: Authentication,
    pub aftermath: Aftermath,
    /// Stripe's test ids of it, such as `pm_card_visa`.
    pub names: &'static [&'static str],
}

/// The test card of this number, written with or without spaces.
pub(crate) fn find(typed: &str) -> Option<TestCard> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    TEST_CARDS.into_iter().find(|card| card.number == digits)
}

/// The test card that Stripe's test id means: `pm_card_visa`, or `tok_visa` in its older form.
pub(crate) fn named(id: &str) -> Option<TestCard> {
    let name = match id.strip_prefix("tok_") {
        Some(rest) => format!("pm_card_{rest}"),
        None => id.to_owned(),
    };
    TEST_CARDS.into_iter().find(|card| card.names.contains(&name.as_str()))
}

/// The test card behind a saved payment method.
pub(crate) fn of_method(method: &Value) -> Option<TestCard> {
    let mark = text(&method["card"], "fingerprint");
    TEST_CARDS.into_iter().find(|card| fingerprint(card.number) == mark)
}

impl TestCard {
    pub fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }

    /// In groups, as it is printed on a card.
    pub fn spaced(&self) -> String {
        let lengths: &[usize] = if self.brand == "amex" { &[4, 6, 5] } else { &[4, 4, 4, 4] };
        let mut rest = self.number;
        let mut groups = Vec::new();
        for length in lengths {
            let (group, others) = rest.split_at(*length);
            groups.push(group);
            rest = others;
        }
        groups.join(" ")
    }

    pub fn security_code_digits(&self) -> usize {
        if self.brand == "amex" { 4 } else { 3 }
    }
}

/// The mark by which the same number is known again.
pub(crate) fn fingerprint(number: &str) -> String {
    hex::encode(Sha256::digest(number))[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_dashes_do_not_matter() {
        assert_eq!(find("4242-4242 42424242").map(|card| card.last4()), Some("4242"));
        assert_eq!(
            find("378282246310005").map(|card| card.spaced()),
            Some("3782 822463 10005".into())
        );
    }

    #[test]
    fn any_other_number_is_nobodys() {
        for number in ["4111111111111111", "4242", "", "4000 0000 0000 0000"] {
            assert!(find(number).is_none(), "{number}");
        }
    }

    #[test]
    fn test_ids_name_their_card() {
        assert_eq!(named("pm_card_visa").map(|card| card.last4()), Some("4242"));
        assert_eq!(named("tok_chargeCustomerFail").map(|card| card.last4()), Some("0341"));
        assert!(named("pm_card_nobody").is_none());
    }
}
