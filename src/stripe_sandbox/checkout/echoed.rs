//! The fields of a session that are laid down as they came, or change nothing here.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::draft::Mode;

/// The longest `client_reference_id`.
const REFERENCE_CHARACTERS: usize = 200;
/// The longest sentence a merchant may add to the page.
const CUSTOM_TEXT_CHARACTERS: usize = 1_200;

/// Reads them, as field names with their values.
pub(super) fn take(parameters: &mut Parameters, mode: Mode) -> Answer<Vec<(&'static str, Value)>> {
    let mut echoed = Vec::new();
    let reference = parameters.take_text("client_reference_id")?;
    if reference.as_ref().is_some_and(|text| text.chars().count() > REFERENCE_CHARACTERS) {
        let message = format!("At most {REFERENCE_CHARACTERS} characters.");
        return Err(Failure::invalid("client_reference_id", message));
    }
    echoed.push(("client_reference_id", reference.into()));
    echoed.push(("locale", parameters.take_text("locale")?.into()));
    echoed.push(("integration_identifier", parameters.take_text("integration_identifier")?.into()));
    let submit =
        parameters.take_choice("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?;
    echoed.push(("submit_type", submit.into()));
    let billing = parameters.take_choice("billing_address_collection", &["auto", "required"])?;
    echoed.push(("billing_address_collection", billing.into()));
    let collection =
        parameters.take_choice("payment_method_collection", &["always", "if_required"])?;
    let usual = if mode == Mode::Payment { "if_required" } else { "always" };
    let collection = collection.unwrap_or_else(|| usual.to_owned());
    echoed.push(("payment_method_collection", collection.into()));
    for name in ["adaptive_pricing", "phone_number_collection"] {
        let enabled = take_enabled(parameters, name)?.unwrap_or(false);
        echoed.push((name, json!({ "enabled": enabled })));
    }
    echoed.push(("invoice_creation", take_invoice_creation(parameters, mode)?));
    echoed
        .push(("allow_promotion_codes", parameters.take_boolean("allow_promotion_codes")?.into()));
    echoed.push(("custom_text", take_custom_text(parameters)?));
    take_ignored(parameters)?;
    Ok(echoed)
}

/// Whether a payment gets an invoice. Subscriptions have theirs anyway.
fn take_invoice_creation(parameters: &mut Parameters, mode: Mode) -> Answer {
    let mut enabled = false;
    let mut data = json!({
        "account_tax_ids": null,
        "custom_fields": null,
        "description": null,
        "footer": null,
        "issuer": null,
        "metadata": {},
        "rendering_options": null,
    });
    if let Some(mut group) = parameters.take_group("invoice_creation")? {
        let name = group.named("enabled");
        enabled =
            group.take_boolean("enabled")?.ok_or_else(|| Failure::missing_parameter(&name))?;
        if let Some(mut given) = group.take_group("invoice_data")? {
            data["description"] = given.take_text("description")?.into();
            data["footer"] = given.take_text("footer")?.into();
            data["metadata"] = given.take_metadata(json!({}))?;
            given.finish()?;
        }
        group.finish()?;
    }
    if mode != Mode::Payment {
        if enabled {
            let message = "`invoice_creation` can only be used in `payment` mode.";
            return Err(Failure::invalid("invoice_creation", message));
        }
        return Ok(Value::Null);
    }
    Ok(json!({ "enabled": enabled, "invoice_data": data }))
}

/// Sentences that the merchant adds to the page, such as the consent to later charges.
fn take_custom_text(parameters: &mut Parameters) -> Answer {
    let names = ["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"];
    let mut shown = json!({});
    let mut group = parameters.take_group("custom_text")?;
    for name in names {
        shown[name] = Value::Null;
        let Some(group) = &mut group else { continue };
        if let Some(mut one) = group.take_group(name)? {
            let full = one.named("message");
            let message = one.require_text("message")?;
            one.finish()?;
            if message.chars().count() > CUSTOM_TEXT_CHARACTERS {
                let sentence = format!("At most {CUSTOM_TEXT_CHARACTERS} characters.");
                return Err(Failure::invalid(&full, sentence));
            }
            shown[name] = json!({ "message": message });
        }
    }
    if let Some(group) = group {
        group.finish()?;
    }
    Ok(shown)
}

/// What Stripe knows and what changes nothing here.
fn take_ignored(parameters: &mut Parameters) -> Answer<()> {
    if let Some(mut group) = parameters.take_group("saved_payment_method_options")? {
        group.take_texts("allow_redisplay_filters")?;
        group.take_choice("payment_method_save", &["enabled", "disabled"])?;
        group.take_choice("payment_method_remove", &["enabled", "disabled"])?;
        group.finish()?;
    }
    Ok(())
}

pub(crate) fn take_enabled(parameters: &mut Parameters, name: &str) -> Answer<Option<bool>> {
    let Some(mut group) = parameters.take_group(name)? else { return Ok(None) };
    let enabled_name = group.named("enabled");
    let enabled =
        group.take_boolean("enabled")?.ok_or_else(|| Failure::missing_parameter(&enabled_name))?;
    group.finish()?;
    Ok(Some(enabled))
}
