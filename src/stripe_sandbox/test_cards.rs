//! The numbers that may be typed: Stripe's public test cards and nothing else.

use super::cards::{Aftermath, Authentication, Decline, Outcome, TestCard};

const fn card(
    number: &'static str,
    label: &'static str,
    names: &'static [&'static str],
) -> TestCard {
    TestCard {
        number,
        brand: "visa",
        funding: "credit",
        label,
        outcome: Outcome::Succeeds,
        can_be_saved: true,
        authentication: Authentication::Never,
        aftermath: Aftermath::Nothing,
        names,
    }
}

const fn branded(brand: &'static str, funding: &'static str, card: TestCard) -> TestCard {
    TestCard { brand, funding, ..card }
}

const fn asks(authentication: Authentication, card: TestCard) -> TestCard {
    TestCard { authentication, ..card }
}

const fn followed(aftermath: Aftermath, card: TestCard) -> TestCard {
    TestCard { aftermath, ..card }
}

const fn refused(decline: Decline, card: TestCard) -> TestCard {
    TestCard { outcome: Outcome::Declined(decline), can_be_saved: false, ..card }
}

const fn saved_then_refused(decline: Decline, card: TestCard) -> TestCard {
    TestCard { outcome: Outcome::Declined(decline), ..card }
}

const fn because(code: &'static str, decline_code: &'static str, message: &'static str) -> Decline {
    Decline { code, decline_code, message }
}

const DECLINED: &str = "Your card was declined.";
const GENERIC: Decline = because("card_declined", "generic_decline", DECLINED);
const NO_FUNDS: Decline =
    because("card_declined", "insufficient_funds", "Your card has insufficient funds.");

/// How many of [`TEST_CARDS`] the page offers to click.
pub(crate) const OFFERED_CARDS: usize = 4;

/// All of them.
pub(crate) const TEST_CARDS: [TestCard; 24] = [
    card("4242424242424242", "Succeeds", &["pm_card_visa", "pm_card_us"]),
    refused(
        GENERIC,
        card(
            "4000000000000002",
            "Declined",
            &["pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"],
        ),
    ),
    refused(
        NO_FUNDS,
        card(
            "4000000000009995",
            "Insufficient funds",
            &[
                "pm_card_chargeDeclinedInsufficientFunds",
                "pm_card_visa_chargeDeclinedInsufficientFunds",
            ],
        ),
    ),
    asks(
        Authentication::UnlessSetUp,
        card("4000002500003155", "Asks its owner", &["pm_card_authenticationRequiredOnSetup"]),
    ),
    asks(
        Authentication::Always,
        card("4000002760003184", "Always asks", &["pm_card_authenticationRequired"]),
    ),
    asks(
        Authentication::OnSession,
        card(
            "4000003800000446",
            "Asks, is set up",
            &["pm_card_authenticationRequiredSetupForOffSession"],
        ),
    ),
    saved_then_refused(
        NO_FUNDS,
        asks(
            Authentication::Always,
            card(
                "4000008260003178",
                "Asks, then no funds",
                &["pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"],
            ),
        ),
    ),
    asks(
        Authentication::Always,
        card("4000000000003220", "3-D Secure", &["pm_card_threeDSecure2Required"]),
    ),
    branded(
        "mastercard",
        "credit",
        card("5555555555554444", "Succeeds (Mastercard)", &["pm_card_mastercard"]),
    ),
    branded(
        "amex",
        "credit",
        card("378282246310005", "Succeeds (American Express)", &["pm_card_amex"]),
    ),
    branded("visa", "debit", card("4000056655665556", "Debit card", &["pm_card_visa_debit"])),
    saved_then_refused(
        GENERIC,
        card("4000000000000341", "Attaches, then fails", &["pm_card_chargeCustomerFail"]),
    ),
    refused(
        because("card_declined", "lost_card", DECLINED),
        card("4000000000009987", "Lost card", &["pm_card_visa_chargeDeclinedLostCard"]),
    ),
    refused(
        because("card_declined", "stolen_card", DECLINED),
        card("4000000000009979", "Stolen card", &["pm_card_visa_chargeDeclinedStolenCard"]),
    ),
    refused(
        because("card_declined", "fraudulent", DECLINED),
        card("4100000000000019", "Looks fraudulent", &["pm_card_chargeDeclinedFraudulent"]),
    ),
    refused(
        because("expired_card", "expired_card", "Your card has expired."),
        card("4000000000000069", "Expired card", &["pm_card_chargeDeclinedExpiredCard"]),
    ),
    refused(
        because("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
        card("4000000000000127", "Wrong CVC", &["pm_card_chargeDeclinedIncorrectCvc"]),
    ),
    refused(
        because(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        card("4000000000000119", "Processing error", &["pm_card_chargeDeclinedProcessingError"]),
    ),
    refused(
        because(
            "card_declined",
            "card_velocity_exceeded",
            "Your card was declined for making repeated attempts too frequently or exceeding its \
             amount limit.",
        ),
        card(
            "4000000000006975",
            "Too often",
            &["pm_card_visa_chargeDeclinedVelocityLimitExceeded"],
        ),
    ),
    followed(
        Aftermath::RefundWaits,
        card("4000000000007726", "Refunds wait", &["pm_card_pendingRefund"]),
    ),
    followed(
        Aftermath::RefundFails,
        card("4000000000005126", "Refunds fail", &["pm_card_refundFail"]),
    ),
    followed(
        Aftermath::Dispute("fraudulent"),
        card("4000000000000259", "Disputed", &["pm_card_createDispute"]),
    ),
    followed(
        Aftermath::Dispute("product_not_received"),
        card(
            "4000000000002685",
            "Disputed: not received",
            &["pm_card_createDisputeProductNotReceived"],
        ),
    ),
    followed(
        Aftermath::Inquiry,
        card("4000000000001976", "Inquiry", &["pm_card_createDisputeInquiry"]),
    ),
];
