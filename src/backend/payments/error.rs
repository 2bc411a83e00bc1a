//! What can keep a purchase from going on, and how it is told.

use super::fulfil::GrantError;
use super::port::ProviderError;
use super::subscriptions::change::PlanRefusal;
use crate::backend::engine::SubmitError;
use crate::backend::store::StoreError;
use crate::model::Problem;

/// Why a purchase does not go on right now.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// The hidden key of the form is missing or not one of ours.
    #[error("the form's key is not one that this program makes")]
    BadFormKey,
    /// Not there, or another organisation's.
    #[error("there is no such purchase")]
    NotFound,
    /// Too many purchases begun, or rechecked too soon.
    #[error("too soon: wait {retry_after} seconds")]
    TooSoon {
        /// What is asked too often, as a sentence.
        sentence: &'static str,
        /// Whole seconds to wait.
        retry_after: u64,
    },
    /// The payment provider gave no answer that can be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The provider and we together took longer than a page may wait.
    #[error("opening the payment page took too long")]
    TooSlow,
    /// The payment has no refund to give, or not this one; a sentence that says why.
    #[error("{0}")]
    NotRefundable(String),
    /// Somebody else kept changing the same purchase.
    #[error("the purchase is being changed by others all the time")]
    Contended,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger did not take the grant.
    #[error("the ledger did not take the grant: {0}")]
    Ledger(#[from] SubmitError),
    /// The plan cannot be had, left or changed as asked.
    #[error("the plan cannot be changed so: {0}")]
    Plan(#[from] PlanRefusal),
    /// The provider answered something that no provider answers.
    #[error("an unusual answer: {0}")]
    Unusual(&'static str),
    /// No grant can be written for this purchase.
    #[error(transparent)]
    Grant(#[from] GrantError),
}

impl PaymentError {
    /// The *no* to show, or `None` when something broke here that belongs in the log (a 500).
    pub fn problem(&self) -> Option<Problem> {
        match self {
            PaymentError::BadFormKey => Some(
                Problem::invalid_field("form_key", "This form has lost its key.")
                    .with_cure("Open the page again and send the form from there."),
            ),
            PaymentError::NotFound => Some(Problem::not_found("purchase")),
            PaymentError::TooSoon { sentence, retry_after } => {
                Some(Problem::too_many(*sentence, *retry_after))
            }
            PaymentError::Provider(error) => provider_problem(error),
            PaymentError::TooSlow => Some(unreachable_provider()),
            PaymentError::NotRefundable(sentence) => {
                Some(Problem::conflict("not_refundable", sentence.clone()))
            }
            PaymentError::Contended => Some(Problem::busy(1)),
            PaymentError::Ledger(_) => Some(
                Problem::unavailable("The ledger is busy, so the credits are not booked yet.")
                    .with_cure(
                        "Nothing is lost: they are booked by themselves as soon as it answers.",
                    ),
            ),
            PaymentError::Plan(refusal) => Some(refusal.problem()),
            PaymentError::Store(_) | PaymentError::Grant(_) | PaymentError::Unusual(_) => None,
        }
    }
}

fn provider_problem(error: &ProviderError) -> Option<Problem> {
    match error {
        ProviderError::RateLimited
        | ProviderError::Unavailable { .. }
        | ProviderError::Garbled { .. } => Some(unreachable_provider()),
        ProviderError::Authentication { .. } | ProviderError::InvalidRequest { .. } => Some(
            Problem::new(
                502,
                "payment_provider_refused",
                "Payment is not possible",
                "The payment provider does not accept this installation's settings.",
            )
            .with_cure("Nothing was charged. Tell whoever runs this installation."),
        ),
        ProviderError::Declined { .. } => Some(
            Problem::insufficient("payment_declined", "The payment was declined.")
                .with_cure("Nothing was charged. Try another card."),
        ),
    }
}

fn unreachable_provider() -> Problem {
    Problem::new(
        503,
        "payment_provider_unavailable",
        "Payment is not available right now",
        "The payment provider does not answer.",
    )
    .with_cure("Nothing was charged. Your choice is kept: try again in a moment.")
}
