//! Grants and corrections: what was typed, what it would do, and doing it. For staff only.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::staff_console::{AdjustForm, GrantForm};

/// The form of a grant; with an amount and a reason also what that grant would do.
#[server(endpoint = "load_grant_form")]
pub async fn load_grant_form(
    id: String,
    amount: String,
    source: String,
    expires: String,
    reason: String,
) -> Result<GrantForm, Problem> {
    use crate::backend::staff::forms::grant_form;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let id = read::organisation_id(&id)?;
    let asked = read::asked(&amount, &source, &expires, &reason);
    let typed = !asked.amount.is_empty() && !asked.reason.is_empty();
    // An address that was typed by hand shows the form from its beginning.
    if typed && let Ok(form) = grant_form(&backend, &id, &caller.user, asked.clone(), true).await {
        return Ok(form);
    }
    grant_form(&backend, &id, &caller.user, asked, false).await.map_err(read::told)
}

/// Checks what was typed into the form of a grant, and leads to what it would do.
#[server(endpoint = "preview_grant")]
pub async fn preview_grant(
    id: String,
    amount: String,
    source: String,
    expires: Option<String>,
    reason: String,
) -> Result<(), Problem> {
    use crate::app::layout::encoded;
    use crate::backend::staff::forms::grant_form;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let id = read::organisation_id(&id)?;
    let asked = read::asked(&amount, &source, &expires.unwrap_or_default(), &reason);
    let form = grant_form(&backend, &id, &caller.user, asked, true).await.map_err(read::told)?;
    let asked = form.asked;
    let (amount, source) = (encoded(&asked.amount), encoded(&asked.source));
    let (expires, reason) = (encoded(&asked.expires), encoded(&asked.reason));
    super::answer::redirect(&format!(
        "/admin/organisations/{id}/grant?amount={amount}&source={source}&expires={expires}&reason={reason}"
    ));
    Ok(())
}

/// Grants the credits, once however often the form is sent; a large amount waits for a second person.
#[server(endpoint = "give_credits")]
pub async fn give_credits(
    id: String,
    amount: String,
    source: String,
    expires: Option<String>,
    reason: String,
    form_key: String,
) -> Result<(), Problem> {
    use crate::backend::staff::forms;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let id = read::organisation_id(&id)?;
    let asked = read::asked(&amount, &source, &expires.unwrap_or_default(), &reason);
    let zone = read::zone_of(&backend, &id).await?;
    let change = forms::grant_of(&asked, zone, backend.now())?;
    let reason = forms::reason(&asked.reason)?;
    read::act(&backend, &caller, &id, change, &reason, &form_key).await
}

/// The form of a correction of one lot; with a change and a reason also what that would do.
#[server(endpoint = "load_adjust_form")]
pub async fn load_adjust_form(
    id: String,
    lot: String,
    change: String,
    reason: String,
) -> Result<AdjustForm, Problem> {
    use crate::backend::staff::forms::adjust_form;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let (id, lot) = (read::organisation_id(&id)?, read::lot_id(&lot)?);
    let (change, reason) = (change.trim(), reason.trim());
    let (typed, user) = ((change, reason), &caller.user);
    let whole = !change.is_empty() && !reason.is_empty();
    if whole && let Ok(form) = adjust_form(&backend, &id, user, &lot, typed, true).await {
        return Ok(form);
    }
    adjust_form(&backend, &id, user, &lot, typed, false).await.map_err(read::told)
}

/// Checks what was typed into the form of a correction, and leads to what it would do.
#[server(endpoint = "preview_adjustment")]
pub async fn preview_adjustment(
    id: String,
    lot: String,
    change: String,
    reason: String,
) -> Result<(), Problem> {
    use crate::app::layout::encoded;
    use crate::backend::staff::forms::adjust_form;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let (id, lot) = (read::organisation_id(&id)?, read::lot_id(&lot)?);
    let typed = (change.trim(), reason.trim());
    let form = adjust_form(&backend, &id, &caller.user, &lot, typed, true).await;
    form.map_err(read::told)?;
    let (change, reason) = (encoded(typed.0), encoded(typed.1));
    super::answer::redirect(&format!(
        "/admin/organisations/{id}/adjust?lot={lot}&change={change}&reason={reason}"
    ));
    Ok(())
}

/// Corrects a lot, once however often the form is sent; a large change waits for a second person.
#[server(endpoint = "adjust_lot")]
pub async fn adjust_lot(
    id: String,
    lot: String,
    change: String,
    reason: String,
    form_key: String,
) -> Result<(), Problem> {
    use crate::backend::staff::forms;
    use crate::backend::staff::requests::Change;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let (id, lot) = (read::organisation_id(&id)?, read::lot_id(&lot)?);
    let change = Change::Adjust { lot, change: forms::amount("change", &change)? };
    let reason = forms::reason(&reason)?;
    read::act(&backend, &caller, &id, change, &reason, &form_key).await
}

#[cfg(feature = "ssr")]
mod read {
    pub use super::super::staff_organisations::console::{organisation_id, told};

    use crate::backend::access::Caller;
    use crate::backend::staff::overview::named;
    use crate::backend::staff::requests::{Ask, Asked, Change, ask};
    use crate::backend::state::Backend;
    use crate::backend::zone::Zone;
    use crate::ledger::{LotId, OrganisationId};
    use crate::model::Problem;
    use crate::model::staff_console::GrantAsked;
    use crate::server_fns::{answer, broken};

    /// What was typed into the form of a grant, without blanks around it.
    pub fn asked(amount: &str, source: &str, expires: &str, reason: &str) -> GrantAsked {
        GrantAsked {
            amount: amount.trim().to_owned(),
            source: source.trim().to_owned(),
            expires: expires.trim().to_owned(),
            reason: reason.trim().to_owned(),
        }
    }

    pub fn lot_id(text: &str) -> Result<LotId, Problem> {
        LotId::parse(text).map_err(|_| Problem::not_found("lot"))
    }

    /// The zone in which an organisation's days end.
    pub async fn zone_of(backend: &Backend, id: &OrganisationId) -> Result<Zone, Problem> {
        let found = named(backend, id).await.map_err(told)?;
        backend.zone(&found).map_err(broken)
    }

    /// Books a change or has it wait, and goes where it can be seen.
    pub async fn act(
        backend: &Backend,
        caller: &Caller,
        organisation: &OrganisationId,
        change: Change,
        reason: &str,
        form_key: &str,
    ) -> Result<(), Problem> {
        let asked = Ask { organisation, staff: &caller.user, change, reason, form_key };
        match ask(backend, asked).await.map_err(told)? {
            Asked::Booked => answer::redirect(&format!("/admin/organisations/{organisation}")),
            Asked::Waits => answer::redirect("/admin/requests"),
        }
        Ok(())
    }
}
