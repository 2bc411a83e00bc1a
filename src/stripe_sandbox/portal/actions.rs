//! What a customer may do at the portal. Everything is checked to be theirs.

use serde_json::Value;

use super::super::billing::{subscription_api, subscriptions};
use super::super::checkout::creation;
use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::work::{Work, text};
use super::super::{customers, payment_method_api};

/// Does one thing; the address to go to, when it is another page.
pub(super) async fn act(
    work: &mut Work<'_>,
    session: &Value,
    action: &str,
    target: &str,
) -> Answer<Option<String>> {
    let customer = text(session, "customer");
    match action {
        "add_card" => return add_card(work, session).await.map(Some),
        "default_card" => {
            own(work, "payment_method", target, customer).await?;
            customers::set_default_payment_method(work, customer, target).await?;
        }
        "remove_card" => {
            own(work, "payment_method", target, customer).await?;
            payment_method_api::detach(work, target, Parameters::default()).await?;
        }
        "cancel" | "resume" => {
            let before = own(work, "subscription", target, customer).await?;
            let mut after = before.clone();
            subscription_api::set_cancellation(work, &mut after, action == "cancel");
            subscriptions::write(work, &before, &after).await?;
        }
        _ => return Err(Failure::invalid("action", "This button is unknown.")),
    }
    Ok(None)
}

async fn own(work: &mut Work<'_>, kind: &str, id: &str, customer: &str) -> Answer {
    let object = work.named(kind, id).await?;
    if text(&object, "customer") == customer && text(&object, "status") != "canceled" {
        Ok(object)
    } else {
        Err(Failure::no_such(kind, id))
    }
}

/// A checkout session that keeps a card and comes back here.
async fn add_card(work: &mut Work<'_>, session: &Value) -> Answer<String> {
    let here = text(session, "url");
    let parameters = Parameters::default()
        .and("mode", "setup")
        .and("customer", text(session, "customer"))
        .and("success_url", here)
        .and("cancel_url", here);
    let checkout = creation::create(work, parameters).await?;
    Ok(text(&checkout, "url").to_owned())
}
