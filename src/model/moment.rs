//! An instant as people read it, made by the server in the organisation's time zone.

use serde::{Deserialize, Serialize};

/// One instant, ready to print: `<time datetime="{machine}">{text}</time>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// RFC 3339 with the zone's offset, for the `datetime` attribute.
    pub machine: String,
    /// "22 Nov 2026, 14:05" in the organisation's time zone.
    pub text: String,
    /// "22 Nov 2026" in the organisation's time zone.
    pub day: String,
}
