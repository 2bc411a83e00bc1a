//! Invoices and their payments: retrieve, list, update, finalize, pay, void.

use serde_json::Value;

use super::super::cards::Decline;
use super::super::collection::{Collected, Presence};
use super::super::failure::{Answer, Failure};
use super::super::listing::{Filter, Page, list};
use super::super::parameters::Parameters;
use super::super::payment_methods;
use super::super::work::{Work, text};
use super::{invoice_collection, invoices};

const ASKS_FIRST: Decline = Decline {
    code: "invoice_payment_intent_requires_action",
    decline_code: "",
    message: "Payment for this invoice requires additional user action before it can be completed \
              successfully. Payment can be completed using the PaymentIntent associated with the \
              invoice.",
};

/// `GET /v1/invoices/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("invoice", id).await
}

/// `GET /v1/invoices/{id}/lines`
pub(crate) async fn list_lines(
    work: &mut Work<'_>,
    id: &str,
    mut parameters: Parameters,
) -> Answer {
    Page::take(&mut parameters)?;
    parameters.finish()?;
    Ok(work.named("invoice", id).await?["lines"].clone())
}

/// `GET /v1/invoices`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["customer", "status", "collection_method"] {
        filter.take_text(&mut parameters, field)?;
    }
    let subscription = parameters.take_text("subscription")?;
    filter.equals("$.parent.subscription_details.subscription", subscription);
    parameters.finish()?;
    list(work, "invoice", "/v1/invoices", page, filter).await
}

/// `POST /v1/invoices/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let mut invoice = work.named("invoice", id).await?;
    for field in ["description", "footer"] {
        if let Some(value) = parameters.take_raw(field)? {
            invoices::require(&invoice, &["draft"], "change")?;
            invoice[field] = if value.is_empty() { Value::Null } else { value.into() };
        }
    }
    invoice["metadata"] = parameters.take_metadata(invoice["metadata"].take())?;
    parameters.finish()?;
    work.update(&invoice).await?;
    Ok(invoice)
}

/// `POST /v1/invoices/{id}/finalize`
pub(crate) async fn finalize(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    parameters.take_boolean("auto_advance")?;
    parameters.finish()?;
    let invoice = work.named("invoice", id).await?;
    let (invoice, _) = invoice_collection::bill(work, invoice, Presence::Away).await?;
    Ok(invoice)
}

/// `POST /v1/invoices/{id}/pay`
pub(crate) async fn pay(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let invoice = work.named("invoice", id).await?;
    let method = match parameters.take_text("payment_method")? {
        Some(method) => Some(payment_methods::referred(work, &method, "payment_method").await?),
        None => None,
    };
    parameters.take_boolean("off_session")?;
    parameters.finish()?;
    if text(&invoice, "status") == "paid" {
        return Err(Failure::invalid("", "Invoice is already paid"));
    }
    let invoice = match text(&invoice, "status") {
        "draft" => {
            let invoice = invoices::finalize(work, invoice).await?;
            invoice_collection::request_payment(work, &invoice).await?;
            work.named("invoice", id).await?
        }
        _ => invoice,
    };
    invoices::require(&invoice, &["open", "uncollectible"], "be paid")?;
    let (invoice, collected) =
        invoice_collection::collect(work, invoice, method, Presence::Away).await?;
    match collected {
        Some(Collected::Declined(reason)) => Err(Failure::card_error(reason)),
        Some(Collected::NeedsAction) => Err(Failure::card_error(ASKS_FIRST)),
        Some(_) => Ok(invoice),
        None => {
            let message = "There is no default payment method set on this Customer or on the \
                           Subscription. Please set one, or pass `payment_method`.";
            Err(Failure::invalid_coded("resource_missing", "payment_method", message))
        }
    }
}

/// `POST /v1/invoices/{id}/void` and `…/mark_uncollectible`
pub(crate) async fn give_up(
    work: &mut Work<'_>,
    id: &str,
    status: &str,
    parameters: Parameters,
) -> Answer {
    parameters.finish()?;
    let invoice = work.named("invoice", id).await?;
    invoices::give_up(work, invoice, status).await
}

/// `GET /v1/invoice_payments`
pub(crate) async fn list_payments(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    for field in ["invoice", "status"] {
        filter.take_text(&mut parameters, field)?;
    }
    if let Some(mut payment) = parameters.take_group("payment")? {
        payment.take_choice("type", &["payment_intent"])?;
        filter.equals("$.payment.payment_intent", payment.take_text("payment_intent")?);
        payment.finish()?;
    }
    parameters.finish()?;
    list(work, "invoice_payment", "/v1/invoice_payments", page, filter).await
}

/// `GET /v1/invoice_payments/{id}`
pub(crate) async fn retrieve_payment(
    work: &mut Work<'_>,
    id: &str,
    parameters: Parameters,
) -> Answer {
    parameters.finish()?;
    work.named("invoice_payment", id).await
}
