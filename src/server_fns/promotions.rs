//! Codes and invitations: an organisation's admins redeem and invite, staff makes and ends campaigns.
#![expect(clippy::too_many_arguments, reason = "one argument a field of the form")]

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::promotions::{CodesPage, PromotionsPage};

/// What the caller's organisation redeemed, its invitation and whom it brought.
#[server(endpoint = "load_codes")]
pub async fn load_codes() -> Result<CodesPage, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::promotions::pages::for_admins;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::RedeemCodes)?;
    let zone = super::zone(&backend, &caller).await?;
    for_admins(&backend, &caller, zone).await.map_err(told)
}

/// Redeems a code or an invitation for the caller's organisation, once.
#[server(endpoint = "redeem_code")]
pub async fn redeem_code(code: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::promotions::redeem::redeem;
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::RedeemCodes)?;
    redeem(&backend, &caller, &code).await.map_err(told)?;
    super::answer::redirect("/credits/codes");
    Ok(())
}

/// Campaigns and referrals of all organisations, for staff.
#[server(endpoint = "load_promotions")]
pub async fn load_promotions() -> Result<PromotionsPage, Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::promotions::pages::for_staff;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    for_staff(&backend, zone).await.map_err(told)
}

/// Begins a campaign, once however often the form is sent.
#[server(endpoint = "create_campaign")]
pub async fn create_campaign(
    code: String,
    name: String,
    credits: String,
    valid_days: Option<String>,
    most_uses: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    form_key: String,
) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::promotions::campaigns::create;
    use crate::model::promotions::CampaignAsked;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    let asked = CampaignAsked {
        code,
        name,
        credits,
        valid_days: valid_days.unwrap_or_default(),
        most_uses: most_uses.unwrap_or_default(),
        valid_from: valid_from.unwrap_or_default(),
        valid_until: valid_until.unwrap_or_default(),
    };
    create(&backend, &caller.user, &asked, &form_key, zone).await.map_err(told)?;
    super::answer::redirect("/admin/promotions");
    Ok(())
}

/// Switches a campaign off. What was redeemed stays.
#[server(endpoint = "end_campaign")]
pub async fn end_campaign(code: String) -> Result<(), Problem> {
    use super::staff_organisations::console::told;
    use crate::backend::promotions::campaigns::end;

    let (backend, caller) = super::staff_payments::staff::entrance()?;
    end(&backend, &caller.user, &code).await.map_err(told)?;
    super::answer::redirect("/admin/promotions");
    Ok(())
}
