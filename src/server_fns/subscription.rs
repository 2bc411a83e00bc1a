//! The plan: the page *Subscription*, the preview of a change, and the changes.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::subscription::{PlanPreview, SubscriptionPage};

/// Where the plan's page is.
#[cfg(feature = "ssr")]
const PAGE: &str = "/credits/subscription";

/// The page *Subscription*. `cancelled` is the code of a plan whose payment page somebody left.
#[server(endpoint = "load_subscription")]
pub async fn load_subscription(cancelled: Option<String>) -> Result<SubscriptionPage, Problem> {
    use crate::backend::plan_page;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let pays = caller.require(Action::BuyCredits).is_ok();
    let page = plan_page::page(&backend, &organisation, pays, cancelled.as_deref()).await;
    page.map_err(super::refused)
}

/// What choosing the plan `to` would do; `none` for the end of the plan.
#[server(endpoint = "load_plan_preview")]
pub async fn load_plan_preview(to: String) -> Result<PlanPreview, Problem> {
    use crate::backend::plan_preview::{NO_PLAN, preview};
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    if to != NO_PLAN && backend.catalogue.plan(&to).is_none() {
        return Err(Problem::not_found("plan"));
    }
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    preview(&backend, &organisation, &to).await.map_err(super::refused)
}

/// Opens the payment page on which a plan begins, and sends the browser there.
#[server(endpoint = "subscribe_plan")]
pub async fn subscribe_plan(plan: String, form_key: String) -> Result<(), Problem> {
    use crate::backend::payments::subscriptions::begin::Begun;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let plan = context::plan(&backend, &plan)?;
    let acting = context::acting(&backend, &caller, &form_key);
    let begun = backend.payments.subscribe(acting, plan, backend.now()).await;
    match begun.map_err(super::refused)? {
        Begun::PayAt(url) => super::answer::redirect(&url),
        Begun::AlreadyThere => super::answer::redirect(PAGE),
    }
    Ok(())
}

/// Changes to another plan, on the figures that were shown.
#[server(endpoint = "change_plan")]
pub async fn change_plan(plan: String, shown_at: i64, form_key: String) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let plan = context::plan(&backend, &plan)?;
    let acting = context::acting(&backend, &caller, &form_key);
    let changed = backend.payments.change_to(acting, plan, shown_at, backend.now()).await;
    changed.map_err(super::refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Ends the plan with its period.
#[server(endpoint = "cancel_plan")]
pub async fn cancel_plan(form_key: String) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let acting = context::acting(&backend, &caller, &form_key);
    backend.payments.cancel_plan(acting, backend.now()).await.map_err(super::refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Takes back a scheduled end or change.
#[server(endpoint = "keep_plan")]
pub async fn keep_plan(form_key: String) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let acting = context::acting(&backend, &caller, &form_key);
    backend.payments.keep_plan(acting, backend.now()).await.map_err(super::refused)?;
    super::answer::redirect(PAGE);
    Ok(())
}

/// Sends the browser to the organisation's own page at the provider, for cards and invoices.
#[server(endpoint = "open_portal")]
pub async fn open_portal() -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::BuyCredits)?;
    let acting = context::acting(&backend, &caller, "");
    let portal = backend.payments.customer_portal(acting, backend.now()).await;
    super::answer::redirect(&portal.map_err(super::refused)?);
    Ok(())
}

#[cfg(feature = "ssr")]
mod context {
    use crate::backend::access::Caller;
    use crate::backend::payments::subscriptions::Acting;
    use crate::backend::state::Backend;
    use crate::catalogue::Plan;
    use crate::model::Problem;

    pub fn plan<'a>(backend: &'a Backend, code: &str) -> Result<&'a Plan, Problem> {
        backend.catalogue.plan(code).ok_or_else(|| {
            Problem::invalid_field("plan", "This plan is not offered. Choose one that is shown.")
        })
    }

    pub fn acting<'a>(backend: &'a Backend, caller: &'a Caller, form_key: &'a str) -> Acting<'a> {
        Acting {
            organisation: &caller.organisation,
            organisation_name: &caller.organisation_name,
            user: &caller.user,
            base_url: &backend.installation.public_url,
            form_key,
        }
    }
}
