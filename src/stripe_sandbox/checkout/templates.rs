//! What a session asks of the intent or the subscription it will make: `payment_intent_data`,
//! `setup_intent_data`, `subscription_data`. Kept as a row of its own; the session never shows it.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::work::Work;
use super::draft::Mode;

/// Where a session's template is kept.
fn template_id(session: &str) -> String {
    format!("{session}/template")
}

/// What the session asked.
pub(crate) async fn find(work: &mut Work<'_>, session: &str) -> Answer {
    let kept = work.find("checkout_template", &template_id(session)).await?;
    Ok(kept.unwrap_or_else(|| json!({ "metadata": {} })))
}

pub(super) async fn keep(work: &mut Work<'_>, session: &str, template: &Value) -> Answer<()> {
    let mut kept = template.clone();
    kept["id"] = template_id(session).into();
    kept["object"] = "checkout_template".into();
    work.insert(&kept).await
}

/// Reads the group that belongs to the mode; the others are refused.
pub(super) fn take(parameters: &mut Parameters, mode: Mode) -> Answer {
    let mut template = json!({ "metadata": {} });
    for (name, its_mode) in [
        ("payment_intent_data", Mode::Payment),
        ("setup_intent_data", Mode::Setup),
        ("subscription_data", Mode::Subscription),
    ] {
        let Some(group) = parameters.take_group(name)? else { continue };
        if its_mode != mode {
            let message = format!("You can not pass `{name}` in `{}` mode.", mode.word());
            return Err(Failure::invalid(name, message));
        }
        template = match mode {
            Mode::Payment => payment_intent_data(group)?,
            Mode::Setup => setup_intent_data(group)?,
            Mode::Subscription => subscription_data(group)?,
        };
    }
    Ok(template)
}

fn payment_intent_data(mut parameters: Parameters) -> Answer {
    let mut template = json!({});
    for field in [
        "description",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ] {
        template[field] = parameters.take_text(field)?.into();
    }
    let usage = parameters.take_choice("setup_future_usage", &["off_session", "on_session"])?;
    template["setup_future_usage"] = usage.into();
    parameters.take_choice("capture_method", &["automatic", "automatic_async"])?;
    template["metadata"] = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    Ok(template)
}

fn setup_intent_data(mut parameters: Parameters) -> Answer {
    let description = parameters.take_text("description")?;
    let metadata = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    Ok(json!({ "description": description, "metadata": metadata }))
}

fn subscription_data(mut parameters: Parameters) -> Answer {
    let behaviours = ["create_prorations", "none"];
    let mut template = json!({
        "billing_cycle_anchor": parameters.take_integer("billing_cycle_anchor")?,
        "description": parameters.take_text("description")?,
        "proration_behavior": parameters.take_choice("proration_behavior", &behaviours)?,
        "trial_end": parameters.take_integer("trial_end")?,
        "trial_period_days": parameters.take_integer("trial_period_days")?,
    });
    template["metadata"] = parameters.take_metadata(json!({}))?;
    parameters.finish()?;
    Ok(template)
}
