//! How what happens looks to programs that are told of it: the bodies of this API, for webhooks.

use serde::Serialize;

use super::holds::HoldBody;
use super::shape::{Instant, TransactionBody};
use crate::backend::store::parked_hold::ParkedHold;
use crate::backend::store::webhook_news::ToldAlert;
use crate::backend::webhooks::Shapes;
use crate::ledger::Transaction;
use crate::model::alerts::Severity;

/// What webhooks tell in.
pub static SHAPES: Shapes = Shapes {
    instant: |at| text(&Instant(at)),
    transaction: |transaction| text(&TransactionBody::of(transaction)),
    admitted: |parked, transaction| text(&admitted(parked, transaction)),
    parked: |parked| text(&HoldBody::parked(parked)),
    alert: |alert, site| text(&AlertBody::of(alert, site)),
};

fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// The hold as the transaction made it, with how it had waited.
fn admitted(parked: &ParkedHold, transaction: &Transaction) -> HoldBody {
    let waited = HoldBody::first_answer(parked);
    match HoldBody::made_by(transaction) {
        Some(made) => HoldBody { waiting: waited.waiting, ..made },
        None => waited,
    }
}

/// An alert.
#[derive(Serialize)]
struct AlertBody<'a> {
    id: &'a str,
    /// Such as `credits_low`, `out_of_credits`, `budget_low`, `runs_out`, `expiry`, `payment_failed`.
    kind: &'static str,
    /// `info`, `warn` or `bad`.
    severity: Severity,
    title: &'a str,
    detail: &'a str,
    /// Where it is cured.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    created_at: Instant,
}

impl<'a> AlertBody<'a> {
    fn of(alert: &'a ToldAlert, site: &str) -> Self {
        AlertBody {
            id: &alert.id,
            kind: alert.kind.as_str(),
            severity: alert.kind.severity(),
            title: &alert.title,
            detail: &alert.detail,
            link: alert.address.as_ref().map(|address| whole(address, site)),
            created_at: Instant(alert.created_at),
        }
    }
}

/// The address with the site's own before a path.
fn whole(address: &str, site: &str) -> String {
    if address.starts_with('/') { format!("{site}{address}") } else { address.to_owned() }
}
