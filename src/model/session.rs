//! Signing in, the first run, and a person's own sessions as the pages show them.

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::model::permission::Role;

/// Fewest characters of a password.
pub const PASSWORD_LEAST: usize = 8;
/// Most characters of a password.
pub const PASSWORD_MOST: usize = 128;

/// The sign-in page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInView {
    /// One-click accounts; empty unless this is the demo.
    pub demo: Vec<DemoAccount>,
    /// The demo accounts' password, for those who would rather type it.
    pub demo_password: Option<String>,
    /// Whether the visitor is signed in already.
    pub is_signed_in: bool,
}

/// A demo account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoAccount {
    pub email: String,
    pub role: Role,
}

/// The set-up page, for whoever has the link from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupView {
    /// The name of the catalogue that the organisation will buy from.
    pub catalogue: String,
    /// ISO-4217 code of the currency that its prices are in.
    pub currency: String,
    /// IANA names of the time zones that the organisation can be in.
    pub time_zones: Vec<String>,
}

/// One of the viewer's sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    pub began: Moment,
    pub last_seen: Moment,
    /// Whether it is the one that asks.
    pub is_this: bool,
}
