//! The pages about webhooks: endpoints, their deliveries and how each was sent.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::model::webhooks::{EventKind, Kinds};

/// Whether an endpoint is told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointState {
    On,
    /// Somebody switched it off.
    Off,
    /// It was switched off because it took nothing for days.
    OffFailing,
    /// It was switched off because it answered that it is gone for good (410).
    OffGone,
}

impl EndpointState {
    /// Whether it is told of what happens.
    pub fn is_on(self) -> bool {
        self == EndpointState::On
    }
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryState {
    /// It is to be sent, or sent again.
    Waiting,
    /// It was taken.
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    /// Every state, in the order of the filter.
    pub const ALL: [DeliveryState; 3] =
        [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed];

    /// The word as stored and in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "Waiting",
            DeliveryState::Delivered => "Delivered",
            DeliveryState::Failed => "Failed",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = DeliveryState::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or("no state of a delivery")
    }
}

/// The page *Webhooks*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhooksView {
    /// The endpoints, the oldest first.
    pub endpoints: Vec<EndpointLine>,
    /// Whether addresses that only this machine or its network reaches are allowed here.
    pub private_allowed: bool,
    /// The key of the form that makes another; none where there are as many as there may be.
    pub form_key: Option<String>,
}

/// One endpoint in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointLine {
    pub id: String,
    pub name: String,
    pub url: String,
    pub kinds: Kinds,
    pub state: EndpointState,
    /// Since when it has taken nothing, where it fails.
    pub failing_since: Option<Moment>,
    pub waiting: u64,
    /// Given up within the days that deliveries are kept.
    pub failed: u64,
    /// What was told last, and when.
    pub last: Option<(EventKind, Moment)>,
}

/// The page of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointView {
    pub line: EndpointLine,
    pub created: Moment,
    /// Who made it.
    pub created_by: String,
    /// Until when the secret before signs too.
    pub overlap: Option<Moment>,
    /// How often the secret was renewed.
    pub rotation: i64,
    /// Which state of it the form changes.
    pub version: i64,
    /// Transactions that were booked while it was off.
    pub missed: u64,
    /// The log, the newest first, a page at a time.
    pub deliveries: Vec<DeliveryLine>,
    /// The state that the log is narrowed down to.
    pub only: Option<DeliveryState>,
    /// The cursor of the next page of the log.
    pub next: Option<String>,
    /// Whether this is not the newest page.
    pub is_later_page: bool,
    /// An hour ago, as a form's field holds it: where *replay what failed* begins unless changed.
    pub an_hour_ago: String,
    /// Whether addresses that only this machine or its network reaches are allowed here.
    pub private_allowed: bool,
    /// The key of the forms on this page.
    pub form_key: String,
}

/// One delivery in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryLine {
    pub id: String,
    pub kind: EventKind,
    pub state: DeliveryState,
    pub created: Moment,
    pub attempts: i64,
    /// When it is tried next, while it waits.
    pub next_try: Option<Moment>,
    /// What became of it last, in a few words.
    pub result: Option<String>,
}

/// The page of one delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryView {
    pub endpoint: String,
    pub endpoint_name: String,
    /// Whether its endpoint is told anything.
    pub is_on: bool,
    pub url: String,
    pub line: DeliveryLine,
    /// Where what it tells of can be seen.
    pub address: Option<String>,
    /// What is sent, laid out for people.
    pub body: String,
    /// How it was sent, the newest first.
    pub attempts: Vec<AttemptLine>,
}

/// One time that it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLine {
    pub number: i64,
    pub began: Moment,
    /// "212 ms"; none while it is under way or where the program that sent it died.
    pub took: Option<String>,
    pub status: Option<i64>,
    /// How the answer began.
    pub answer: Option<String>,
    /// Why there was none.
    pub problem: Option<String>,
}

impl AttemptLine {
    /// Whether it was taken.
    pub fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}
