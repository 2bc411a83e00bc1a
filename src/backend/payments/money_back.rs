//! What came back of a purchase, in words that its buyer understands.

use super::{PaymentError, Payments};
use crate::backend::store::correction::{self, Cause, Correction, Standing, StepKind};
use crate::backend::store::dispute::{self, Dispute, DisputeStanding};
use crate::backend::store::purchase::Purchase;
use crate::backend::store::{outflow, user};
use crate::ledger::{Credits, Money, Timestamp};
use crate::model::Moment;
use crate::model::billing::{DisputeLine, MoneyBack, MoneyBackLine};
use crate::model::format::{credits_phrase, format_money};

impl Payments {
    /// What came back of a purchase and what is disputed; `None` where nothing is.
    ///
    /// # Errors
    /// The database failed.
    pub async fn money_back(
        &self,
        purchase: &Purchase,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<Option<MoneyBack>, PaymentError> {
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let steps = correction::of_purchase(&self.db, organisation, id).await?;
        let disputes = dispute::of_purchase(&self.db, organisation, id).await?;
        if steps.is_empty() && disputes.is_empty() {
            return Ok(None);
        }
        let owing = outflow::owing(&self.db, organisation).await?;
        let ours = |sequence: u64| {
            steps.iter().any(|step| step.outcome.is_some_and(|it| it.sequence == Some(sequence)))
        };
        let owed = owing.iter().filter(|one| ours(one.transaction)).map(|one| one.owed);
        let refunded_minor: i64 =
            correction::refunds(&steps).iter().map(|refund| refund.money.minor).sum();
        let mut lines = Vec::new();
        for step in &steps {
            lines.push(self.line(step, &moment).await?);
        }
        Ok(Some(MoneyBack {
            refunded: Money { minor: refunded_minor, currency: purchase.price.currency },
            is_whole: refunded_minor >= purchase.total().minor,
            taken: correction::credits_taken(&steps),
            frozen: frozen(&steps),
            owed: Credits::checked_sum(owed).unwrap_or_default(),
            lines,
            disputes: disputes.iter().map(|one| dispute_line(one, &moment)).collect(),
        }))
    }

    async fn line(
        &self,
        step: &Correction,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<MoneyBackLine, PaymentError> {
        let by = match &step.staff {
            Some(staff) => user::find(&self.db, staff).await?.map(|user| user.name),
            None => None,
        };
        Ok(MoneyBackLine {
            what: what(step),
            credits: shown(step),
            at: moment(step.decided_at),
            by,
            reason: step.reason.clone(),
            transaction: step.outcome.and_then(|outcome| outcome.sequence),
        })
    }
}

/// One step as a sentence without its end.
pub fn what(step: &Correction) -> String {
    let money = format_money(&step.money);
    let owed = step.outcome.map(|outcome| outcome.owed).unwrap_or_default();
    let spent = match owed.is_positive() && step.step == StepKind::Taken {
        true => format!("; {} of them had been spent and are owed", credits_phrase(owed)),
        false => String::new(),
    };
    match (step.cause, step.step) {
        (Cause::Refund, StepKind::Taken) => {
            format!("{money} refunded, and the credits for it taken back{spent}")
        }
        (Cause::Refund, StepKind::GivenBack) if step.money.minor == 0 => {
            "A refund did not go through, so its credits are back".to_owned()
        }
        (Cause::Dispute, StepKind::Taken) => {
            format!("The bank took {money} back, and the credits for it with it{spent}")
        }
        (Cause::Dispute, StepKind::GivenBack) if step.money.minor == 0 => {
            "The bank returned the money, so the credits are back".to_owned()
        }
        (_, StepKind::GivenBack) => "Set off against what was owed".to_owned(),
        (_, StepKind::Frozen) => {
            "Credits of the disputed payment may not be spent until it is decided".to_owned()
        }
        (_, StepKind::Unfrozen) => "Credits may be spent again".to_owned(),
        (Cause::Refund, StepKind::Noted) if step.money.minor == 0 => {
            "A refund did not go through".to_owned()
        }
        (Cause::Refund, StepKind::Noted) => format!("{money} refunded"),
        (Cause::Dispute, StepKind::Noted) if step.money.minor == 0 => {
            "The bank returned the money".to_owned()
        }
        (Cause::Dispute, StepKind::Noted) => format!("The bank took {money} back"),
    }
}

/// The credits of a step, negative where they are gone.
fn shown(step: &Correction) -> Credits {
    match step.step {
        StepKind::Taken | StepKind::Frozen => step.moved().checked_neg().unwrap_or_default(),
        StepKind::GivenBack | StepKind::Unfrozen => step.moved(),
        StepKind::Noted => Credits::ZERO,
    }
}

/// What is still frozen by these steps.
fn frozen(steps: &[Correction]) -> Credits {
    let change = |step: &Correction| match step.step {
        StepKind::Frozen => step.moved(),
        StepKind::Unfrozen => step.moved().checked_neg().unwrap_or_default(),
        StepKind::Taken => {
            let gone = step.outcome.map(|it| it.from_frozen).unwrap_or_default();
            gone.checked_neg().unwrap_or_default()
        }
        StepKind::GivenBack | StepKind::Noted => Credits::ZERO,
    };
    let sum = Credits::checked_sum(steps.iter().map(change)).unwrap_or_default();
    sum.max(Credits::ZERO)
}

fn dispute_line(dispute: &Dispute, moment: impl Fn(Timestamp) -> Moment) -> DisputeLine {
    DisputeLine {
        reference: dispute.reference.clone(),
        amount: dispute.amount,
        state: standing_words(dispute.standing).to_owned(),
        explanation: standing_sentence(dispute.standing, dispute.away_minor > 0).to_owned(),
        is_over: !dispute.standing.is_unfinished(),
        opened: moment(dispute.opened_at),
    }
}

/// A dispute's standing in two or three words.
pub fn standing_words(standing: DisputeStanding) -> &'static str {
    match standing {
        DisputeStanding::Inquiry => "Bank inquiry",
        DisputeStanding::Open => "Disputed",
        DisputeStanding::Won => "Dispute settled for us",
        DisputeStanding::Lost => "Charged back",
        DisputeStanding::Withdrawn => "Dispute withdrawn",
        DisputeStanding::Unknown => "Disputed, state unknown",
    }
}

fn standing_sentence(standing: DisputeStanding, is_away: bool) -> &'static str {
    match (standing, is_away) {
        (DisputeStanding::Inquiry, _) => {
            "The cardholder's bank has asked about this payment. Nothing has moved, and the credits may \
             be spent as before."
        }
        (DisputeStanding::Open, true) => {
            "The cardholder's bank has taken the money back while it looks into the payment. The credits \
             for it are out of the balance until then; they come back if the bank returns the money."
        }
        (DisputeStanding::Open, false) => {
            "The cardholder's bank looks into this payment. Until it has decided, the credits for it may \
             not be spent."
        }
        (DisputeStanding::Won, true) => {
            "The bank has decided that the payment stands. The credits come back as soon as it returns \
             the money."
        }
        (DisputeStanding::Won, false) => {
            "The bank has decided that the payment stands. Nothing of it is held back any more."
        }
        (DisputeStanding::Lost, _) => {
            "The bank has decided that the cardholder gets the money back, so the credits for it are gone."
        }
        (DisputeStanding::Withdrawn, _) => {
            "The dispute was withdrawn. Nothing is held back because of it."
        }
        (DisputeStanding::Unknown, _) => {
            "The bank reports a state that this program does not know. Nothing was done about the \
             credits; whoever runs this installation has been told."
        }
    }
}

/// The state of a credited purchase in two or three words, for a list.
pub fn status_words(standing: &Standing, purchase: &Purchase) -> Option<&'static str> {
    let dispute = standing.dispute.as_deref().and_then(|word| word.parse().ok());
    match dispute {
        Some(
            standing @ (DisputeStanding::Open | DisputeStanding::Unknown | DisputeStanding::Lost),
        ) => Some(standing_words(standing)),
        _ if standing.refunded_minor >= purchase.total().minor && standing.refunded_minor > 0 => {
            Some("Refunded")
        }
        _ if standing.refunded_minor > 0 => Some("Partly refunded"),
        Some(DisputeStanding::Inquiry) => Some(standing_words(DisputeStanding::Inquiry)),
        _ => None,
    }
}
