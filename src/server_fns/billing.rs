//! Buying credits: the packs, a purchase, the recheck.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::billing::BuyView;
use crate::model::payments::PaymentView;

/// The page *Buy credits*. `pack` is chosen when it opens, `credits` is an own number of them;
/// `cancelled` is the purchase that the buyer came back from without paying.
#[server(endpoint = "load_buy")]
pub async fn load_buy(
    pack: Option<String>,
    credits: Option<String>,
    cancelled: Option<String>,
) -> Result<BuyView, Problem> {
    use crate::backend::payments::views::{offers, own_amount_offer};
    use crate::catalogue::OWN_AMOUNT_CODE;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let now = backend.now();
    let zone = super::zone(&backend, &caller).await?;
    // A purchase of another organisation, or one that is no longer open, changes nothing here.
    let left = match cancelled.as_deref().and_then(|id| context::purchase_id(id).ok()) {
        Some(id) => {
            backend.payments.recall(&caller.organisation, &id, now, |at| zone.moment(at)).await.ok()
        }
        None => None,
    };
    let cancelled = left.filter(|purchase| purchase.pay_at.is_some());
    let packs = offers(&backend.catalogue);
    let wanted = pack.or_else(|| cancelled.as_ref().map(|purchase| purchase.pack.clone()));
    let left_over = cancelled.as_ref().filter(|purchase| purchase.pack == OWN_AMOUNT_CODE);
    let typed = credits.or_else(|| left_over.map(|purchase| purchase.credits.to_string()));
    let own_amount = own_amount_offer(&backend.catalogue, &typed.unwrap_or_default());
    let known = |code: &String| {
        let is_own = own_amount.is_some() && code == OWN_AMOUNT_CODE;
        is_own || packs.iter().any(|offer| offer.code == *code)
    };
    let suggested = || packs.iter().find(|offer| offer.recommended).or(packs.first());
    let chosen = wanted.filter(known).or_else(|| suggested().map(|offer| offer.code.clone()));
    let form_key = crate::backend::id::form_key(now);
    let test = backend.payments.is_test();
    let tax = backend.payments.price_tax();
    Ok(BuyView { packs, own_amount, chosen, cancelled, form_key, tax, test })
}

/// Begins a purchase, of a pack or of an own number of credits, and sends the browser to the payment
/// page.
#[server(endpoint = "buy_pack")]
pub async fn buy_pack(
    pack: String,
    form_key: String,
    credits: Option<String>,
) -> Result<(), Problem> {
    use super::answer;
    use crate::backend::payments::{StartPurchase, Started};
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let pack = context::chosen(&backend.catalogue, &pack, credits.as_deref().unwrap_or_default())?;
    let request = StartPurchase {
        organisation: &caller.organisation,
        organisation_name: &caller.organisation_name,
        user: &caller.user,
        pack: &pack,
        form_key: &form_key,
        base_url: &backend.installation.public_url,
    };
    let started = backend.payments.start_purchase(request, backend.now()).await;
    match started.map_err(super::refused)? {
        Started::PayAt { url, .. } => answer::redirect(&url),
        Started::AlreadyThere { purchase } => {
            answer::redirect(&format!("/credits/return/{purchase}"));
        }
    }
    Ok(())
}

/// A payment with its trail and documents, for the page on which its buyer comes back; the provider is
/// asked where it stands.
#[server(endpoint = "load_purchase")]
pub async fn load_purchase(id: String) -> Result<PaymentView, Problem> {
    use crate::model::permission::{Action, may};

    let (backend, caller) = (super::backend()?, super::caller()?);
    let id = context::own_purchase(&backend, &caller, &id).await?;
    let zone = super::zone(&backend, &caller).await?;
    let seen = crate::backend::payment_view::view(&backend, &caller.organisation, &id, zone).await;
    let mut seen = seen.map_err(super::refused)?;
    if !may(caller.role, Action::ViewPayments) {
        // The payer whose role has changed since sees what became of it, and no billing documents.
        seen.documents.clear();
        seen.provider_document = false;
    }
    Ok(seen)
}

/// Asks the provider once more, and goes back to the purchase's page.
#[server(endpoint = "recheck_purchase")]
pub async fn recheck_purchase(id: String) -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let id = context::own_purchase(&backend, &caller, &id).await?;
    let checked = backend.payments.recheck(&caller.organisation, &id, backend.now()).await;
    checked.map_err(super::refused)?;
    super::answer::redirect(&format!("/credits/return/{id}"));
    Ok(())
}

#[cfg(feature = "ssr")]
mod context {
    use crate::backend::access::Caller;
    use crate::backend::state::Backend;
    use crate::catalogue::{Catalogue, OWN_AMOUNT_CODE, Pack};
    use crate::ledger::PurchaseId;
    use crate::model::Problem;
    use crate::model::permission::Action;
    use crate::server_fns::refused;

    /// What is bought: a pack by its code, or so many credits.
    pub fn chosen(catalogue: &Catalogue, code: &str, credits: &str) -> Result<Pack, Problem> {
        let not_for_sale = |field, sentence| Err(Problem::invalid_field(field, sentence));
        let own = catalogue.own_amount.filter(|_| code == OWN_AMOUNT_CODE);
        let Some(own) = own else {
            let sentence = "This pack is not for sale. Choose one of the packs shown.";
            return catalogue
                .pack(code)
                .cloned()
                .map_or_else(|| not_for_sale("pack", sentence), Ok);
        };
        match own.read(credits) {
            Ok(credits) => own.pack(credits).map_or_else(
                || not_for_sale("credits", "So many credits are not for sale at once."),
                Ok,
            ),
            Err(refusal) => Err(Problem::invalid_field("credits", refusal.to_string())),
        }
    }

    pub fn purchase_id(text: &str) -> Result<PurchaseId, Problem> {
        PurchaseId::parse(text).map_err(|_| Problem::not_found("purchase"))
    }

    /// The payer sees their purchase; so does whoever may see the organisation's payments.
    pub async fn own_purchase(
        backend: &Backend,
        caller: &Caller,
        id: &str,
    ) -> Result<PurchaseId, Problem> {
        let id = purchase_id(id)?;
        let found = backend.payments.purchase(&caller.organisation, &id).await.map_err(refused)?;
        if found.user != caller.user {
            caller.require(Action::ViewPayments)?;
        }
        Ok(id)
    }
}
