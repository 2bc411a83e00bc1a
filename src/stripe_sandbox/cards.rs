//! The numbers that may be typed on the hosted page: Stripe's public test cards and nothing else.

use sha2::{Digest, Sha256};

/// What happens when a test number is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeds,
    /// Refused by the bank: Stripe's error code, decline code and sentence.
    Declined {
        code: &'static str,
        decline_code: &'static str,
        message: &'static str,
    },
}

/// A public test card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestCard {
    pub number: &'static str,
    pub brand: &'static str,
    pub funding: &'static str,
    pub label: &'static str,
    pub outcome: Outcome,
}

const fn succeeds(number: &'static str, brand: &'static str, label: &'static str) -> TestCard {
    TestCard { number, brand, funding: "credit", label, outcome: Outcome::Succeeds }
}

const fn declined(
    number: &'static str,
    label: &'static str,
    code: &'static str,
    decline_code: &'static str,
    message: &'static str,
) -> TestCard {
    let outcome = Outcome::Declined { code, decline_code, message };
    TestCard { number, brand: "visa", funding: "credit", label, outcome }
}

const DECLINED: &str = "Your card was declined.";

/// All of them; the page offers the first few.
pub(crate) const TEST_CARDS: [TestCard; 11] = [
    succeeds("4242424242424242", "visa", "Succeeds"),
    declined("4000000000000002", "Declined", "card_declined", "generic_decline", DECLINED),
    declined(
        "4000000000009995",
        "Insufficient funds",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    succeeds("5555555555554444", "mastercard", "Succeeds (Mastercard)"),
    succeeds("378282246310005", "amex", "Succeeds (American Express)"),
    declined(
        "4000000000000341",
        "Attaches, then fails",
        "card_declined",
        "generic_decline",
        DECLINED,
    ),
    declined("4000000000009987", "Lost card", "card_declined", "lost_card", DECLINED),
    declined("4000000000009979", "Stolen card", "card_declined", "stolen_card", DECLINED),
    declined(
        "4000000000000069",
        "Expired card",
        "expired_card",
        "expired_card",
        "Your card has expired.",
    ),
    declined(
        "4000000000000127",
        "Wrong CVC",
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
    ),
    declined(
        "4000000000000119",
        "Processing error",
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
];

/// How many of [`TEST_CARDS`] the page offers to click.
pub(crate) const OFFERED_CARDS: usize = 3;

/// The test card of this number, written with or without spaces.
pub(crate) fn find(typed: &str) -> Option<TestCard> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    TEST_CARDS.into_iter().find(|card| card.number == digits)
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
}
