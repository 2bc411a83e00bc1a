//! Who did it: the person, the program or the system behind a command.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::{ApiKeyId, UserId};

/// Who a command came from. As text: `member:usr_…`, `key:key_…`, `staff:usr_…`, `system`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// A person of the organisation.
    Member(UserId),
    /// A program with an API key of the organisation.
    Key(ApiKeyId),
    /// One of the people who run the installation.
    Staff(UserId),
    /// Scrip itself: expiries, deadlines, fulfilment, plan periods.
    System,
}

/// A text that names no actor.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an actor is written member:usr_…, key:key_…, staff:usr_… or system")]
pub struct ActorError;

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Member(user) => write!(formatter, "member:{user}"),
            Actor::Key(key) => write!(formatter, "key:{key}"),
            Actor::Staff(user) => write!(formatter, "staff:{user}"),
            Actor::System => formatter.write_str("system"),
        }
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, ActorError> {
        if text == "system" {
            return Ok(Actor::System);
        }
        match text.split_once(':').ok_or(ActorError)? {
            ("member", id) => UserId::parse(id).map(Actor::Member).map_err(|_| ActorError),
            ("staff", id) => UserId::parse(id).map(Actor::Staff).map_err(|_| ActorError),
            ("key", id) => ApiKeyId::parse(id).map(Actor::Key).map_err(|_| ActorError),
            _ => Err(ActorError),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = ActorError;

    fn try_from(text: String) -> Result<Self, ActorError> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_is_read_back_from_its_text() {
        for text in ["member:usr_1", "key:key_1", "staff:usr_2", "system"] {
            assert_eq!(text.parse::<Actor>().unwrap().to_string(), text);
        }
        for text in ["", "member", "member:key_1", "robot:usr_1", "system:usr_1"] {
            assert_eq!(text.parse::<Actor>(), Err(ActorError), "{text}");
        }
    }
}
