//! How figures look in JSON: amounts as decimal texts, instants as RFC 3339 in UTC, and the shapes that
//! several routes share.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::purpose::PurposeBody;
use crate::backend::store::journal;
use crate::backend::zone::Zone;
use crate::ledger::{Account, Credits, Timestamp, Transaction, TransactionKind};

/// An amount of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub Credits);

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^-?[0-9]+(\.[0-9]{1,6})?$"))
            .description(Some("Credits, as a decimal text with at most six places."))
            .examples([serde_json::json!("12.5")])
            .into()
    }
}

impl ToSchema for Amount {}

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zone::UTC.exact(self.0))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom("an instant is written 2026-11-27T21:15:03Z");
        // A clock reading without an offset would mean another instant to everyone.
        let has_offset =
            text.ends_with(['Z', 'z']) || text.rfind(['+', '-']).is_some_and(|at| at > 10);
        if !has_offset {
            return Err(wrong());
        }
        Zone::UTC.instant_of(&text).map(Instant).ok_or_else(wrong)
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant: RFC 3339, answered in UTC to the microsecond."))
            .examples([serde_json::json!("2026-11-27T21:15:03.000000Z")])
            .into()
    }
}

impl ToSchema for Instant {}

/// One line of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionBody {
    /// Its place in the organisation's journal: 1, 2, 3, without gaps.
    pub transaction: u64,
    /// What it did: `grant`, `hold`, `settle`, `release`, `extend_hold`, `charge`, `reverse`, `expire` …
    pub kind: &'static str,
    /// `usage`, `addition` or `other`.
    pub direction: &'static str,
    /// Negative for usage, positive for additions, 0 for what moves credits only inside.
    pub amount: Amount,
    /// What it set aside for its hold; negative where it let go of it.
    pub held: Amount,
    /// What was used beyond the hold and charged to nobody, by `over_settle: absorb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absorbed: Option<Amount>,
    /// What was available after it.
    pub available_after: Amount,
    /// Who did it: `member:usr_…`, `key:key_…`, `staff:usr_…` or `system`.
    pub actor: String,
    /// What it was for.
    pub purpose: PurposeBody,
    /// The hold that it made, changed or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// The lot that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The transaction that it corrects or completes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<u64>,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it happened, as the caller said.
    pub occurred_at: Instant,
    /// When it took effect.
    pub recorded_at: Instant,
}

impl TransactionBody {
    /// The line as programs read it.
    pub fn of(transaction: &Transaction) -> Self {
        let held = transaction.hold().map(|hold| transaction.moved(&Account::Held(hold.clone())));
        TransactionBody {
            transaction: transaction.sequence,
            kind: transaction.kind.code(),
            direction: journal::Direction::of(transaction).code(),
            amount: Amount(Credits::from_micro(journal::shown_amount(transaction))),
            held: Amount(held.unwrap_or_default()),
            absorbed: absorbed(&transaction.kind).map(Amount),
            available_after: Amount(transaction.available_after),
            actor: transaction.actor.to_string(),
            purpose: PurposeBody::of(&transaction.attribution),
            hold: transaction.hold().map(ToString::to_string),
            lot: transaction.lot().map(ToString::to_string),
            corrects: transaction.corrects,
            reason: reason(&transaction.kind),
            occurred_at: Instant(transaction.occurred_at),
            recorded_at: Instant(transaction.recorded_at),
        }
    }
}

fn absorbed(kind: &TransactionKind) -> Option<Credits> {
    match kind {
        TransactionKind::Settle { absorbed, .. } if absorbed.is_positive() => Some(*absorbed),
        _ => None,
    }
}

fn reason(kind: &TransactionKind) -> Option<String> {
    use crate::ledger::Origin;
    match kind {
        TransactionKind::Adjust { reason, .. } => Some(reason.clone()),
        TransactionKind::Release { cause, .. } => Some(cause.code().to_owned()),
        TransactionKind::Grant { lot, .. } => match &lot.origin {
            Origin::StaffGrant { reason, .. } => Some(reason.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_its_offset_and_is_answered_in_utc() {
        let read = |text: &str| serde_json::from_str::<Instant>(&format!("\"{text}\""));
        let instant = read("2026-11-27T22:15:03+01:00").unwrap();
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2026-11-27T21:15:03.000000Z\"");
        for text in ["2026-11-27T21:15:03", "2026-11-27", "", "now", "1795000000000000"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
