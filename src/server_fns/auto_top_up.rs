//! The saved card and auto top-up.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::auto_top_up::{AutoTopUpView, TopUpChoice};

/// The section of Settings › Billing. `card` is the consent under which a card was just saved; `choice`
/// is what is to be tried out before it is switched on.
#[server(endpoint = "load_auto_top_up")]
pub async fn load_auto_top_up(
    card: Option<String>,
    choice: Option<TopUpChoice>,
) -> Result<AutoTopUpView, Problem> {
    let (backend, caller) = context::manager()?;
    let (id, now) = (&caller.organisation, backend.now());
    if let Some(consent) = card.as_deref().filter(|consent| !consent.is_empty()) {
        let looked = backend.payments.look_at_card_page(id, consent, now).await;
        // The provider's event brings the card as well: a page that cannot ask right now still opens.
        if let Err(error) = looked {
            tracing::warn!(consent, %error, "whether a card was saved is not known yet");
        }
    }
    let organisation = backend.organisation(id).await.map_err(super::broken)?;
    let (catalogue, user) = (&backend.catalogue, &caller.user);
    let view = backend.payments.auto_top_up_view(catalogue, &organisation, user, choice, now).await;
    view.map_err(super::refused)
}

/// Records the consent and sends the browser to the provider's page on which the card is typed.
#[server(endpoint = "save_card")]
pub async fn save_card(consent: Option<String>) -> Result<(), Problem> {
    use crate::backend::payments::saved_cards::SaveCard;

    let (backend, caller) = context::manager()?;
    if consent.as_deref() != Some("yes") {
        let sentence = "Tick the box if you agree: without that no card is saved.";
        return Err(Problem::invalid_field("consent", sentence));
    }
    let request = SaveCard {
        organisation: &caller.organisation,
        organisation_name: &caller.organisation_name,
        user: &caller.user,
        currency: backend.catalogue.currency,
        base_url: &backend.installation.public_url,
    };
    let page = backend.payments.save_card(request, backend.now()).await;
    super::answer::redirect(&page.map_err(super::refused)?);
    Ok(())
}

/// Takes the saved card away; auto top-up ends with it.
#[server(endpoint = "remove_card")]
pub async fn remove_card() -> Result<(), Problem> {
    let (backend, caller) = context::manager()?;
    let removed = backend.payments.remove_card(&caller.organisation, backend.now()).await;
    removed.map_err(super::refused)?;
    super::answer::redirect(context::PAGE);
    Ok(())
}

/// Switches auto top-up on, or changes its terms.
#[server(endpoint = "switch_on_top_up")]
pub async fn switch_on_top_up(
    threshold: String,
    buys: String,
    credits: Option<String>,
    cap: String,
    version: i64,
) -> Result<(), Problem> {
    use crate::backend::payments::top_up::settings::read;

    let (backend, caller) = context::manager()?;
    let credits = credits.unwrap_or_default();
    let choice = TopUpChoice { threshold, buys, credits, cap };
    let terms = read(&backend.catalogue, &choice).map_err(Problem::invalid)?;
    let (organisation, user, now) = (&caller.organisation, &caller.user, backend.now());
    let changed = backend.payments.switch_on_top_up(organisation, user, terms, version, now).await;
    changed.map_err(context::not_changed)?;
    super::answer::redirect(context::PAGE);
    Ok(())
}

/// Switches auto top-up off.
#[server(endpoint = "switch_off_top_up")]
pub async fn switch_off_top_up() -> Result<(), Problem> {
    let (backend, caller) = context::manager()?;
    let off = backend.payments.switch_off_top_up(&caller.organisation, backend.now()).await;
    off.map_err(super::refused)?;
    super::answer::redirect(context::PAGE);
    Ok(())
}

/// Confirms the saved card after auto top-up has stopped charging it.
#[server(endpoint = "resume_top_up")]
pub async fn resume_top_up() -> Result<(), Problem> {
    let (backend, caller) = context::manager()?;
    let resumed = backend.payments.resume_top_up(&caller.organisation, backend.now()).await;
    resumed.map_err(super::refused)?;
    super::answer::redirect(context::PAGE);
    Ok(())
}

/// Sends the browser to the payment page of an automatic purchase that waits for the card's owner.
#[server(endpoint = "confirm_top_up")]
pub async fn confirm_top_up(id: String) -> Result<(), Problem> {
    use crate::backend::payments::{Payer, Started};
    use crate::ledger::PurchaseId;

    let (backend, caller) = context::manager()?;
    let id = PurchaseId::parse(&id).map_err(|_| Problem::not_found("purchase"))?;
    let payer = Payer {
        organisation: &caller.organisation,
        organisation_name: &caller.organisation_name,
        base_url: &backend.installation.public_url,
    };
    let started = backend.payments.confirm_top_up(&id, payer, backend.now()).await;
    match started.map_err(super::refused)? {
        Started::PayAt { url, .. } => super::answer::redirect(&url),
        Started::AlreadyThere { purchase } => {
            super::answer::redirect(&format!("/credits/return/{purchase}"));
        }
    }
    Ok(())
}

#[cfg(feature = "ssr")]
mod context {
    use crate::backend::access::Caller;
    use crate::backend::payments::top_up::settings::SettingError;
    use crate::backend::state::Backend;
    use crate::model::Problem;
    use crate::model::permission::Action;
    use crate::server_fns::{backend, caller, refused};

    /// Where every change leads back to.
    pub const PAGE: &str = "/settings/billing#auto-top-up";

    /// The backend, and a caller who may do all of this.
    pub fn manager() -> Result<(Backend, Caller), Problem> {
        let (backend, caller) = (backend()?, caller()?);
        caller.require(Action::ManageAutoTopUp)?;
        Ok((backend, caller))
    }

    pub fn not_changed(error: SettingError) -> Problem {
        match error {
            SettingError::Refused(problem) => *problem,
            SettingError::Payment(error) => refused(error),
        }
    }
}
