//! The payments of all organisations and their refunds, for those who run the installation. For
//! everybody else none of this exists.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::staff::{RefundDialog, StaffPayment, StaffPayments};

/// All payments: those that `search` finds, from below the cursor `before` on; both may be empty.
#[server(endpoint = "load_staff_payments")]
pub async fn load_staff_payments(search: String, before: String) -> Result<StaffPayments, Problem> {
    use crate::backend::payments::oversight::parse_cursor;

    let (backend, caller) = staff::entrance()?;
    let zone = super::zone(&backend, &caller).await?;
    let search: String = search.trim().chars().filter(|it| !it.is_control()).collect();
    let before = match before.as_str() {
        "" => None,
        text => Some(parse_cursor(text).ok_or_else(|| Problem::not_found("page"))?),
    };
    let before = before.as_ref().map(|(time, id)| (*time, id));
    backend
        .payments
        .all_payments(&search, before, |at| zone.moment(at))
        .await
        .map_err(super::refused)
}

/// One payment, whoever's it is.
#[server(endpoint = "load_staff_payment")]
pub async fn load_staff_payment(id: String) -> Result<StaffPayment, Problem> {
    let (backend, caller) = staff::entrance()?;
    let id = staff::purchase_id(&id)?;
    let zone = super::zone(&backend, &caller).await?;
    let seen = backend.payments.overseen_payment(&id, backend.now(), |at| zone.moment(at)).await;
    seen.map_err(super::refused)
}

/// Asks the provider once more about a payment, and about its refunds and disputes.
#[server(endpoint = "recheck_payment")]
pub async fn recheck_payment(id: String) -> Result<(), Problem> {
    let (backend, _) = staff::entrance()?;
    let id = staff::purchase_id(&id)?;
    let payments = &backend.payments;
    let purchase = payments.any_purchase(&id).await.map_err(super::refused)?;
    let checked = payments.recheck(&purchase.organisation, &id, backend.now()).await;
    checked.map_err(super::refused)?;
    super::answer::redirect(&format!("/admin/payments/{id}"));
    Ok(())
}

/// Closes a payment that is under review, with a reason that the organisation's admins see.
#[server(endpoint = "close_payment")]
pub async fn close_payment(id: String, reason: String) -> Result<(), Problem> {
    let (backend, caller) = staff::entrance()?;
    let (id, reason) = (staff::purchase_id(&id)?, staff::reason(&reason)?);
    let payments = &backend.payments;
    let purchase = payments.any_purchase(&id).await.map_err(super::refused)?;
    let (owner, staff) = (&purchase.organisation, &caller.user);
    let closed = payments.close_review(owner, &id, staff, &reason, backend.now()).await;
    closed.map_err(super::refused)?;
    super::answer::redirect(&format!("/admin/payments/{id}"));
    Ok(())
}

/// The refund dialog of a payment; with an amount and a reason also what that refund would do.
#[server(endpoint = "load_refund_dialog")]
pub async fn load_refund_dialog(
    id: String,
    amount: Option<String>,
    reason: Option<String>,
) -> Result<RefundDialog, Problem> {
    let (backend, _) = staff::entrance()?;
    let id = staff::purchase_id(&id)?;
    let (payments, now) = (&backend.payments, backend.now());
    let purchase = payments.any_purchase(&id).await.map_err(super::refused)?;
    // An address that was typed by hand shows the dialog from its beginning.
    let (amount, reason) = (amount.unwrap_or_default(), reason.unwrap_or_default());
    let money = staff::amount(&amount, &purchase).ok();
    let asked = money.zip(staff::reason(&reason).ok());
    if let Some((money, reason)) = asked {
        let asked = Some((money, amount.as_str(), reason.as_str()));
        if let Ok(dialog) = payments.refund_dialog(&id, asked, now).await {
            return Ok(dialog);
        }
    }
    payments.refund_dialog(&id, None, now).await.map_err(super::refused)
}

/// Checks what was typed into the refund dialog, and leads to what it would do.
#[server(endpoint = "preview_refund")]
pub async fn preview_refund(id: String, amount: String, reason: String) -> Result<(), Problem> {
    use crate::app::layout::encoded;

    let (backend, _) = staff::entrance()?;
    let id = staff::purchase_id(&id)?;
    let purchase = backend.payments.any_purchase(&id).await.map_err(super::refused)?;
    let money = staff::refundable(&backend, &purchase, &amount).await?;
    let reason = staff::reason(&reason)?;
    let preview = backend.payments.preview_refund(&purchase, money.minor, backend.now()).await;
    preview.map_err(super::refused)?;
    let (amount, reason) = (encoded(amount.trim()), encoded(&reason));
    super::answer::redirect(&format!(
        "/admin/payments/{id}/refund?amount={amount}&reason={reason}"
    ));
    Ok(())
}

/// Gives the money back, once however often the form is sent, and takes the credits out.
#[server(endpoint = "refund_payment")]
pub async fn refund_payment(
    id: String,
    amount: String,
    reason: String,
    form_key: String,
) -> Result<(), Problem> {
    use crate::backend::payments::refund::AskRefund;

    let (backend, caller) = staff::entrance()?;
    let id = staff::purchase_id(&id)?;
    let purchase = backend.payments.any_purchase(&id).await.map_err(super::refused)?;
    let (amount, reason) = (staff::amount(&amount, &purchase)?, staff::reason(&reason)?);
    let ask = AskRefund {
        purchase: &purchase,
        staff: &caller.user,
        amount_minor: amount.minor,
        reason: &reason,
        form_key: &form_key,
    };
    backend.payments.refund(ask, backend.now()).await.map_err(super::refused)?;
    super::answer::redirect(&format!("/admin/payments/{id}"));
    Ok(())
}

#[cfg(feature = "ssr")]
pub(super) mod staff {
    use crate::backend::access::Caller;
    use crate::backend::payments::Purchase;
    use crate::backend::payments::refund::LONGEST_REASON;
    use crate::backend::state::Backend;
    use crate::catalogue::price::parse_money;
    use crate::ledger::{Money, PurchaseId};
    use crate::model::Problem;
    use crate::model::format::format_money;
    use crate::server_fns::{backend, caller, refused};

    /// Lets in who runs the installation; for everybody else there is nothing here.
    pub fn entrance() -> Result<(Backend, Caller), Problem> {
        let (backend, caller) = (backend()?, caller()?);
        caller.require_staff()?;
        Ok((backend, caller))
    }

    pub fn purchase_id(text: &str) -> Result<PurchaseId, Problem> {
        PurchaseId::parse(text).map_err(|_| Problem::not_found("payment"))
    }

    /// One line that says why.
    pub fn reason(text: &str) -> Result<String, Problem> {
        let text = text.trim();
        if text.is_empty() {
            let ask = "Say why: the organisation's admins will read it.";
            return Err(Problem::invalid_field("reason", ask));
        }
        if text.chars().count() > LONGEST_REASON || text.chars().any(char::is_control) {
            let limit = format!("Use one line of at most {LONGEST_REASON} characters.");
            return Err(Problem::invalid_field("reason", limit));
        }
        Ok(text.to_owned())
    }

    /// An amount of money in the purchase's currency, more than nothing.
    pub fn amount(text: &str, purchase: &Purchase) -> Result<Money, Problem> {
        let wrong = |message: String| Problem::invalid_field("amount", message);
        let money = parse_money(text.trim(), purchase.price.currency);
        let money = money.map_err(|error| wrong(error.to_string()))?;
        if money.minor < 1 {
            return Err(wrong("Enter how much to refund.".to_owned()));
        }
        Ok(money)
    }

    /// An amount that is within what is left to refund.
    pub async fn refundable(
        backend: &Backend,
        purchase: &Purchase,
        text: &str,
    ) -> Result<Money, Problem> {
        let money = amount(text, purchase)?;
        let refundable = backend.payments.refundable(purchase, backend.now()).await;
        let refundable = refundable.map_err(refused)?;
        if let Some(why) = refundable.blocked {
            return Err(Problem::conflict("not_refundable", why));
        }
        if money.minor > refundable.left.minor {
            let most = format!("At most {} is left to refund.", format_money(&refundable.left));
            return Err(Problem::invalid_field("amount", most));
        }
        Ok(money)
    }
}
