//! What happened, as programs are told: which kind of event it is, the id under which receivers know it, and
//! the body. Pure.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::Shapes;
use crate::backend::store::parked_hold::ParkedHold;
use crate::backend::store::webhook_delivery::NewDelivery;
use crate::backend::store::webhook_news::ToldAlert;
use crate::ledger::{
    HoldId, OrganisationId, ReleaseCause, Timestamp, Transaction, TransactionKind,
};
use crate::model::webhooks::EventKind;

/// What the id of every event begins with.
const PREFIX: &str = "msg_";
/// Hexadecimal digits behind it.
const DIGITS: usize = 32;
/// What transactions are named by, before their place in the journal.
const TRANSACTION: &str = "transaction:";
/// What alerts are named by, before their id.
const ALERT: &str = "alert:";

/// The kind of event that a transaction is; none where programs are not told of it.
pub fn kind_of(transaction: &Transaction) -> Option<EventKind> {
    Some(match &transaction.kind {
        TransactionKind::Grant { .. } => EventKind::CreditsGranted,
        TransactionKind::Hold { .. } => EventKind::HoldMade,
        TransactionKind::ExtendHold { .. } => EventKind::HoldExtended,
        TransactionKind::Settle { .. } => EventKind::HoldSettled,
        TransactionKind::Release { cause: ReleaseCause::Deadline, .. } => EventKind::HoldExpired,
        TransactionKind::Release { .. } => EventKind::HoldReleased,
        TransactionKind::Charge => EventKind::UsageCharged,
        TransactionKind::Reverse { .. } if transaction.usage().is_some() => {
            EventKind::UsageReversed
        }
        TransactionKind::Reverse { .. } => EventKind::CreditsRestored,
        TransactionKind::Expire { .. } => EventKind::CreditsExpired,
        TransactionKind::Revoke { .. } => EventKind::CreditsRevoked,
        TransactionKind::Freeze { .. } => EventKind::CreditsFrozen,
        TransactionKind::Unfreeze { .. } => EventKind::CreditsUnfrozen,
        TransactionKind::Adjust { .. } => EventKind::CreditsAdjusted,
        TransactionKind::SetBudget { .. } | TransactionKind::MoveBudget { .. } => {
            EventKind::LimitChanged
        }
        TransactionKind::SetPlan { .. } => EventKind::PlanChanged,
        TransactionKind::SetTerms { .. } => return None,
    })
}

/// What happened in one organisation, in the shapes of its API.
#[derive(Clone, Copy, Debug)]
pub struct Teller<'a> {
    /// Where.
    pub organisation: &'a OrganisationId,
    /// How things look.
    pub shapes: &'a Shapes,
    /// Where this site is reached, without a slash at its end.
    pub site: &'a str,
}

impl Teller<'_> {
    /// A transaction.
    pub fn transaction(&self, kind: EventKind, transaction: &Transaction) -> NewDelivery {
        let about = format!("{TRANSACTION}{}", transaction.sequence);
        self.told(kind, about, transaction.recorded_at, (self.shapes.transaction)(transaction))
    }

    /// A hold that waited for credits and stands now.
    pub fn admitted(&self, parked: &ParkedHold, transaction: &Transaction) -> NewDelivery {
        let data = (self.shapes.admitted)(parked, transaction);
        let about = format!("admitted:{}", parked.id);
        self.told(EventKind::ParkedHoldAdmitted, about, transaction.recorded_at, data)
    }

    /// A hold that waited in vain.
    pub fn expired(&self, parked: &ParkedHold, at: Timestamp) -> NewDelivery {
        let about = about_expired(&parked.id);
        self.told(EventKind::ParkedHoldExpired, about, at, (self.shapes.parked)(parked))
    }

    /// An alert.
    pub fn alert(&self, alert: &ToldAlert) -> NewDelivery {
        let about = format!("{ALERT}{}", alert.id);
        let data = (self.shapes.alert)(alert, self.site);
        self.told(EventKind::AlertTold, about, alert.created_at, data)
    }

    /// An event that only shows that events arrive; `key` is the form's own.
    pub fn test(&self, endpoint: &str, key: &str, now: Timestamp) -> NewDelivery {
        let data = json!({ "message": "Events arrive.", "endpoint": endpoint });
        self.told(EventKind::WebhookTest, format!("test:{endpoint}:{key}"), now, data.to_string())
    }

    fn told(&self, kind: EventKind, about: String, at: Timestamp, data: String) -> NewDelivery {
        let timestamp = (self.shapes.instant)(at);
        let body = format!("{{\"type\":\"{kind}\",\"timestamp\":{timestamp},\"data\":{data}}}");
        NewDelivery { id: message_id(self.organisation, &about), kind, about, body }
    }
}

/// The id of an event: the same whoever makes it and however often.
pub fn message_id(organisation: &OrganisationId, about: &str) -> String {
    let hash = Sha256::digest(format!("{organisation}\n{about}").as_bytes());
    format!("{PREFIX}{}", &hex::encode(hash)[..DIGITS])
}

/// What a hold that waited in vain is named by.
fn about_expired(id: &HoldId) -> String {
    format!("parked_hold:{id}")
}

/// The path of this site where what is told can be seen.
pub fn address(about: &str) -> Option<String> {
    if let Some(sequence) = about.strip_prefix(TRANSACTION) {
        return Some(format!("/credits/transactions/{sequence}"));
    }
    about.starts_with(ALERT).then(|| "/inbox".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_for_the_same_thing_and_another_for_any_other() {
        let (one, two) =
            (OrganisationId::parse("org_1").unwrap(), OrganisationId::parse("org_2").unwrap());
        let id = message_id(&one, "transaction:1");
        assert_eq!(id, message_id(&one, "transaction:1"));
        assert_ne!(id, message_id(&one, "transaction:2"));
        assert_ne!(id, message_id(&two, "transaction:1"));
        assert!(id.starts_with("msg_") && id.len() == 36 && !id.contains('.'), "{id}");
    }

    #[test]
    fn what_can_be_seen_has_an_address() {
        assert_eq!(address("transaction:7").as_deref(), Some("/credits/transactions/7"));
        assert_eq!(address("alert:abc").as_deref(), Some("/inbox"));
        assert_eq!(address("test:x"), None);
    }
}
