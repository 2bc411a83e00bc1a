//! Portal sessions: made by the merchant, opened by the customer.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::identifier;
use super::super::parameters::Parameters;
use super::super::work::Work;

/// How long the page may be opened, in seconds.
pub(super) const LIFE: i64 = 3600;
/// The one configuration there is.
const CONFIGURATION: &str = "bpc_sandbox";

/// `POST /v1/billing_portal/sessions`
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let customer = parameters.require_text("customer")?;
    work.referred("customer", &customer, "customer").await?;
    let return_url = parameters.take_address("return_url")?;
    let locale = parameters.take_text("locale")?;
    let configuration = parameters.take_text("configuration")?;
    if configuration.is_some_and(|id| id != CONFIGURATION) {
        let message = format!("The sandbox has one portal configuration: {CONFIGURATION}.");
        return Err(Failure::invalid("configuration", message));
    }
    let flow = take_flow(&mut parameters)?;
    parameters.finish()?;
    let id = identifier::new("bps");
    let base = work.config.public_base.trim_end_matches('/');
    let session = json!({
        "url": format!("{base}/p/session/{id}"),
        "id": id,
        "object": "billing_portal.session",
        "configuration": CONFIGURATION,
        "created": work.now_seconds(),
        "customer": customer,
        "customer_account": null,
        "flow": flow,
        "livemode": false,
        "locale": locale,
        "on_behalf_of": null,
        "return_url": return_url,
    });
    work.insert(&session).await?;
    Ok(session)
}

fn take_flow(parameters: &mut Parameters) -> Answer {
    let Some(mut group) = parameters.take_group("flow_data")? else { return Ok(Value::Null) };
    let kind = group.take_choice("type", &["payment_method_update"])?;
    group.finish()?;
    Ok(json!({
        "after_completion": { "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" },
        "subscription_cancel": null,
        "subscription_update": null,
        "subscription_update_confirm": null,
        "type": kind.ok_or_else(|| Failure::missing_parameter("flow_data[type]"))?,
    }))
}
