//! Webhooks: the kinds of events that programs can be told of, and the limits of endpoints. The pages about
//! them are in [`webhook_pages`](crate::model::webhook_pages).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Endpoints that an organisation may have.
pub const MOST_ENDPOINTS: usize = 10;
/// Characters that an endpoint's name may have.
pub const LONGEST_NAME: usize = 60;
/// Characters that an endpoint's address may have.
pub const LONGEST_URL: usize = 500;
/// Hours for which the secret before still signs after a rotation.
pub const OVERLAP_HOURS: i64 = 24;
/// Days for which deliveries are kept.
pub const KEPT_DAYS: i64 = 30;
/// The code of the answer that carries a new secret in `numbers["secret"]`: it has status 200 and the
/// shape of a problem, because the secret is shown once, on the form's own page.
pub const SECRET_ISSUED: &str = "webhook_secret_issued";
/// What stands for every kind of event, those to come among them.
const EVERYTHING: &str = "*";

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// Credits were set aside.
    HoldMade,
    /// A hold stands longer, or holds more.
    HoldExtended,
    /// A hold ended with what was used.
    HoldSettled,
    /// A hold was given back.
    HoldReleased,
    /// A hold reached its deadline.
    HoldExpired,
    /// A hold that waited for credits was made.
    ParkedHoldAdmitted,
    /// A hold waited for credits in vain.
    ParkedHoldExpired,
    /// Usage was booked at once.
    UsageCharged,
    /// Usage was given back.
    UsageReversed,
    /// Credits came in.
    CreditsGranted,
    /// Credits lapsed.
    CreditsExpired,
    /// Credits were taken out with their money.
    CreditsRevoked,
    /// Credits that were taken out came back.
    CreditsRestored,
    /// Credits were kept from being spent.
    CreditsFrozen,
    /// Frozen credits may be spent again.
    CreditsUnfrozen,
    /// A grant was corrected.
    CreditsAdjusted,
    /// A limit was set, moved or removed.
    LimitChanged,
    /// The plan was changed, or ended.
    PlanChanged,
    /// A limit was crossed, or something else needs somebody.
    AlertTold,
    /// Somebody pressed a button to see whether events arrive.
    WebhookTest,
}

impl EventKind {
    /// Those that can be chosen, in the order of the form and of the reference.
    pub const ALL: [EventKind; 19] = [
        EventKind::HoldMade,
        EventKind::HoldExtended,
        EventKind::HoldSettled,
        EventKind::HoldReleased,
        EventKind::HoldExpired,
        EventKind::ParkedHoldAdmitted,
        EventKind::ParkedHoldExpired,
        EventKind::UsageCharged,
        EventKind::UsageReversed,
        EventKind::CreditsGranted,
        EventKind::CreditsExpired,
        EventKind::CreditsRevoked,
        EventKind::CreditsRestored,
        EventKind::CreditsFrozen,
        EventKind::CreditsUnfrozen,
        EventKind::CreditsAdjusted,
        EventKind::LimitChanged,
        EventKind::PlanChanged,
        EventKind::AlertTold,
    ];

    /// The name as stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::HoldMade => "hold.made",
            EventKind::HoldExtended => "hold.extended",
            EventKind::HoldSettled => "hold.settled",
            EventKind::HoldReleased => "hold.released",
            EventKind::HoldExpired => "hold.expired",
            EventKind::ParkedHoldAdmitted => "parked_hold.admitted",
            EventKind::ParkedHoldExpired => "parked_hold.expired",
            EventKind::UsageCharged => "usage.charged",
            EventKind::UsageReversed => "usage.reversed",
            EventKind::CreditsGranted => "credits.granted",
            EventKind::CreditsExpired => "credits.expired",
            EventKind::CreditsRevoked => "credits.revoked",
            EventKind::CreditsRestored => "credits.restored",
            EventKind::CreditsFrozen => "credits.frozen",
            EventKind::CreditsUnfrozen => "credits.unfrozen",
            EventKind::CreditsAdjusted => "credits.adjusted",
            EventKind::LimitChanged => "limit.changed",
            EventKind::PlanChanged => "plan.changed",
            EventKind::AlertTold => "alert.told",
            EventKind::WebhookTest => "webhook.test",
        }
    }

    /// When it happens, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            EventKind::HoldMade => "Credits were set aside for a piece of work.",
            EventKind::HoldExtended => "A hold stands longer, or holds more.",
            EventKind::HoldSettled => "The work is done and what it used is booked.",
            EventKind::HoldReleased => "A hold was given back on request.",
            EventKind::HoldExpired => "A hold reached its deadline and went back by itself.",
            EventKind::ParkedHoldAdmitted => {
                "A hold that waited for credits stands now: the work can start."
            }
            EventKind::ParkedHoldExpired => "A hold waited for credits in vain.",
            EventKind::UsageCharged => "Usage was booked at once, without a hold.",
            EventKind::UsageReversed => "Usage was given back.",
            EventKind::CreditsGranted => {
                "Credits came in: bought, of a plan, promotional or granted by staff."
            }
            EventKind::CreditsExpired => "What was left of a lot lapsed.",
            EventKind::CreditsRevoked => "Credits were taken out because their money went back.",
            EventKind::CreditsRestored => "Credits that were taken out came back.",
            EventKind::CreditsFrozen => "Credits cannot be spent until a dispute ends.",
            EventKind::CreditsUnfrozen => "Frozen credits may be spent again.",
            EventKind::CreditsAdjusted => "What a lot was granted was corrected.",
            EventKind::LimitChanged => {
                "A department's, person's or key's limit was set, moved or removed."
            }
            EventKind::PlanChanged => "The plan began, was changed or ended.",
            EventKind::AlertTold => {
                "Somebody should know: a low balance, a limit nearly used, a payment that failed."
            }
            EventKind::WebhookTest => "Somebody pressed “Send a test event”.",
        }
    }

    /// What its `data` is: one of the API's own bodies, or these fields.
    pub const fn data(self) -> &'static str {
        match self {
            EventKind::ParkedHoldAdmitted | EventKind::ParkedHoldExpired => "a hold",
            EventKind::AlertTold => "id, kind, severity, title, detail, link, created_at",
            EventKind::WebhookTest => "message, endpoint",
            _ => "a transaction",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A text that names no kind of event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of event")]
pub struct UnknownKind;

impl FromStr for EventKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let mut all = EventKind::ALL.into_iter().chain([EventKind::WebhookTest]);
        all.find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// What an endpoint is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kinds {
    /// Everything, kinds to come among it.
    Everything,
    /// These, each once, in the order of [`EventKind::ALL`].
    Chosen(Vec<EventKind>),
}

impl Kinds {
    /// These, each once.
    pub fn of(kinds: impl IntoIterator<Item = EventKind>) -> Self {
        let mut kinds: Vec<EventKind> = kinds.into_iter().collect();
        kinds.sort_unstable();
        kinds.dedup();
        Kinds::Chosen(kinds)
    }

    /// Whether it is among them.
    pub fn contains(&self, kind: EventKind) -> bool {
        match self {
            Kinds::Everything => true,
            Kinds::Chosen(kinds) => kinds.contains(&kind),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Kinds::Chosen(kinds) if kinds.is_empty())
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kinds::Everything => formatter.pad(EVERYTHING),
            Kinds::Chosen(kinds) => {
                let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
                formatter.pad(&names.join(" "))
            }
        }
    }
}

impl FromStr for Kinds {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        if text == EVERYTHING {
            return Ok(Kinds::Everything);
        }
        text.split_whitespace()
            .map(EventKind::from_str)
            .collect::<Result<Vec<_>, _>>()
            .map(Kinds::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_from_its_name() {
        for kind in EventKind::ALL.into_iter().chain([EventKind::WebhookTest]) {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("hold".parse::<EventKind>(), Err(UnknownKind));
    }

    #[test]
    fn what_was_chosen_is_kept_in_one_order_and_once() {
        let kinds: Kinds = "usage.charged hold.made usage.charged".parse().unwrap();
        assert_eq!(kinds.to_string(), "hold.made usage.charged");
        assert!(kinds.contains(EventKind::HoldMade) && !kinds.contains(EventKind::AlertTold));
        let all: Kinds = "*".parse().unwrap();
        assert!(all.contains(EventKind::AlertTold) && all.to_string() == "*");
        assert!("".parse::<Kinds>().unwrap().is_empty());
    }
}
