//! Invoices: drafted from lines, numbered, paid, voided. Taking the money is `invoice_collection`.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::work::{Work, integer, text};
use super::super::{events, identifier, taxes};
use super::lines;

/// What an invoice is drafted from.
pub(crate) struct Draft<'a> {
    pub customer: &'a Value,
    /// None: a purchase.
    pub subscription: Option<&'a Value>,
    pub lines: Vec<Value>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update` or `manual`.
    pub reason: &'a str,
    pub currency: &'a str,
    /// Whether taxes are reckoned, where no subscription says so.
    pub automatic_tax: bool,
}

/// A draft with its event. `finalizes_at` (seconds of the test clock): it goes on by itself then.
pub(crate) async fn draft(
    work: &mut Work<'_>,
    draft: Draft<'_>,
    finalizes_at: Option<i64>,
) -> Answer {
    let mut invoice = build(work, identifier::new("in"), draft).await?;
    invoice["automatically_finalizes_at"] = finalizes_at.into();
    let subscription = &invoice["parent"]["subscription_details"]["subscription"];
    let owner = subscription.as_str().map(str::to_owned);
    let due_at = finalizes_at.map(|at| at * 1000);
    work.insert_with(&invoice, owner.as_deref(), due_at).await?;
    events::emit(work, "invoice.created", &invoice).await?;
    Ok(invoice)
}

/// An invoice that is not written anywhere.
pub(super) async fn build(work: &mut Work<'_>, id: String, draft: Draft<'_>) -> Answer {
    let Draft { customer, subscription, mut lines, reason, currency, automatic_tax } = draft;
    let automatic =
        subscription.map_or(automatic_tax, |one| one["automatic_tax"]["enabled"] == json!(true));
    let taxed = taxes::invoices::reckon(work, automatic, customer, &mut lines).await?;
    let subtotal = lines::total(&lines);
    let total = subtotal + taxed.on_top;
    let now = work.today();
    let period =
        |field: &str| subscription.map_or(now, |one| integer(&one["items"]["data"][0], field));
    let parent = subscription.map(|subscription| {
        json!({
            "quote_details": null,
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        })
    });
    let mut invoice = json!({
        "id": id,
        "object": "invoice",
        "account_country": "US",
        "account_name": work.config.merchant_name,
        "account_tax_ids": null,
        "amount_due": total.max(0),
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": total.max(0),
        "amount_shipping": 0,
        "application": null,
        "attempt_count": 0,
        "attempted": false,
        "auto_advance": true,
        "automatic_tax": taxed.automatic_tax,
        "automatically_finalizes_at": null,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "custom_fields": null,
        "customer": customer["id"],
        "customer_account": null,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": null,
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": taxed.numbers,
        "default_payment_method": null,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "due_date": null,
        "effective_at": null,
        "ending_balance": null,
        "footer": null,
        "from_invoice": null,
        "hosted_invoice_url": null,
        "invoice_pdf": null,
        "issuer": { "type": "self" },
        "last_finalization_error": null,
        "latest_revision": null,
        "lines": null,
        "livemode": false,
        "metadata": {},
        "next_payment_attempt": null,
        "number": null,
        "on_behalf_of": null,
        "parent": parent,
        "payment_settings": {
            "default_mandate": null, "payment_method_options": null, "payment_method_types": null,
        },
        "period_end": period("current_period_end"),
        "period_start": period("current_period_start"),
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": null,
        "rendering": null,
        "shipping_cost": null,
        "shipping_details": null,
        "starting_balance": customer["balance"],
        "statement_descriptor": null,
        "status": "draft",
        "status_transitions": {
            "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null,
        },
        "subtotal": subtotal,
        "subtotal_excluding_tax": total - taxed.tax,
        "test_clock": null,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total - taxed.tax,
        "total_pretax_credit_amounts": [],
        "total_taxes": taxed.total_taxes,
        "webhooks_delivered_at": null,
    });
    put_lines(&mut invoice, lines);
    Ok(invoice)
}

fn put_lines(invoice: &mut Value, mut lines: Vec<Value>) {
    let id = text(invoice, "id").to_owned();
    for line in &mut lines {
        line["invoice"] = id.clone().into();
    }
    invoice["lines"] = json!({
        "object": "list",
        "data": lines,
        "has_more": false,
        "url": format!("/v1/invoices/{id}/lines"),
    });
}

/// A draft gets its number and its documents; the customer's credit pays first.
pub(crate) async fn finalize(work: &mut Work<'_>, mut invoice: Value) -> Answer {
    require(&invoice, &["draft"], "finalize")?;
    let mut customer = work.named("customer", text(&invoice, "customer")).await?;
    let sequence = integer(&customer, "next_invoice_sequence");
    invoice["number"] = format!("{}-{sequence:04}", text(&customer, "invoice_prefix")).into();
    customer["next_invoice_sequence"] = (sequence + 1).into();
    let before = integer(&customer, "balance");
    let after_all = before + integer(&invoice, "total");
    invoice["starting_balance"] = before.into();
    invoice["ending_balance"] = after_all.min(0).into();
    invoice["amount_due"] = after_all.max(0).into();
    invoice["amount_remaining"] = after_all.max(0).into();
    customer["balance"] = after_all.min(0).into();
    work.update(&customer).await?;
    let base = work.config.public_base.trim_end_matches('/');
    let page = format!("{base}/invoices/{}", text(&invoice, "id"));
    invoice["invoice_pdf"] = format!("{page}/pdf").into();
    invoice["hosted_invoice_url"] = page.into();
    invoice["status"] = "open".into();
    invoice["automatically_finalizes_at"] = Value::Null;
    invoice["effective_at"] = work.today().into();
    invoice["status_transitions"]["finalized_at"] = work.today().into();
    work.replace(&invoice, None).await?;
    events::emit(work, "invoice.finalized", &invoice).await?;
    Ok(invoice)
}

/// The invoice is paid, by this amount of money.
pub(super) async fn mark_paid(work: &mut Work<'_>, mut invoice: Value, amount: i64) -> Answer {
    invoice["status"] = "paid".into();
    invoice["amount_paid"] = amount.into();
    invoice["amount_remaining"] = 0.into();
    invoice["attempted"] = true.into();
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"]["paid_at"] = work.today().into();
    work.replace(&invoice, None).await?;
    events::emit(work, "invoice.paid", &invoice).await?;
    events::emit(work, "invoice.payment_succeeded", &invoice).await?;
    Ok(invoice)
}

/// The invoice is taken back: `void` or `uncollectible`.
pub(crate) async fn give_up(work: &mut Work<'_>, mut invoice: Value, status: &str) -> Answer {
    require(&invoice, &["open", "uncollectible"], status)?;
    let (moment, event) = match status {
        "void" => ("voided_at", "invoice.voided"),
        _ => ("marked_uncollectible_at", "invoice.marked_uncollectible"),
    };
    invoice["status"] = status.into();
    invoice["auto_advance"] = false.into();
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"][moment] = work.today().into();
    work.replace(&invoice, None).await?;
    events::emit(work, event, &invoice).await?;
    Ok(invoice)
}

/// Refuses an invoice in another state.
pub(super) fn require(invoice: &Value, states: &[&str], what: &str) -> Answer<()> {
    let status = text(invoice, "status");
    if states.contains(&status) {
        return Ok(());
    }
    let message = format!("This invoice is {status}, so it cannot {what}.");
    Err(Failure::invalid_coded("invoice_not_editable", "", message))
}
