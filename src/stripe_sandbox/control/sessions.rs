//! Paying a checkout session without its page.

use super::super::cards;
use super::super::checkout::payment::{self, Attempt, Payer};
use super::super::failure::{Answer, Failure};
use super::super::means::Means;
use super::super::parameters::Parameters;
use super::super::work::Work;
use super::take_outcome;

/// `POST /control/sessions/{id}/pay`
pub(super) async fn pay(work: &mut Work<'_>, session: &str, mut parameters: Parameters) -> Answer {
    let means = take_means(&mut parameters)?;
    let payer = Payer {
        email: parameters.take_text("email")?.unwrap_or_else(|| "payer@example.com".to_owned()),
        name: parameters.take_text("name")?.unwrap_or_else(|| "Test Payer".to_owned()),
        country: parameters.take_text("country")?.unwrap_or_else(|| "US".to_owned()),
        street: [
            parameters.take_text("line1")?,
            parameters.take_text("postal_code")?,
            parameters.take_text("city")?,
        ],
        tax_id: parameters.take_text("tax_id")?,
    };
    parameters.finish()?;
    match payment::pay(work, session, means, &payer, None).await? {
        Attempt::Completed(session) | Attempt::Closed(session) | Attempt::Changed(session) => {
            Ok(session)
        }
        Attempt::Authenticate(_) => work.named("checkout.session", session).await,
        Attempt::Declined(reason) => Err(Failure::card_error(reason)),
    }
}

fn take_means(parameters: &mut Parameters) -> Answer<Means> {
    if let Some(succeeds) = take_outcome(parameters, "debit")? {
        return Ok(Means::BankDebit { outcome: succeeds.into() });
    }
    let number = parameters.require_text("card")?;
    let card = cards::find(&number)
        .ok_or_else(|| Failure::invalid("card", "Only test card numbers work here."))?;
    Ok(Means::Card { card, exp_month: 12, exp_year: 2034 })
}
