//! The rate card: operations and the price of each kind of asset they work on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ledger::{Credits, OverSettle};

/// What an asset is, which decides how it is analysed and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A piece of text.
    Text,
    /// A still or animated image file.
    Image,
    /// A video file.
    Video,
}

impl AssetKind {
    /// Every kind, in the order pages show them.
    pub const ALL: [AssetKind; 3] = [AssetKind::Text, AssetKind::Image, AssetKind::Video];

    /// The stable code, as stored and as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            AssetKind::Text => "text",
            AssetKind::Image => "image",
            AssetKind::Video => "video",
        }
    }

    /// The kind with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word that goes with `count`: "image", "images".
    pub fn noun(self, count: u32) -> &'static str {
        match (self, count) {
            (AssetKind::Text, 1) => "text",
            (AssetKind::Text, _) => "texts",
            (AssetKind::Image, 1) => "image",
            (AssetKind::Image, _) => "images",
            (AssetKind::Video, 1) => "video",
            (AssetKind::Video, _) => "videos",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// What one asset of each kind costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetPrices {
    /// Credits for one text.
    pub text: Credits,
    /// Credits for one image.
    pub image: Credits,
    /// Credits for one video.
    pub video: Credits,
}

impl AssetPrices {
    /// Credits for one asset of this kind.
    pub fn of(&self, kind: AssetKind) -> Credits {
        match kind {
            AssetKind::Text => self.text,
            AssetKind::Image => self.image,
            AssetKind::Video => self.video,
        }
    }
}

/// What happens to a request that the balance does not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtZero {
    /// It is refused, with the shortfall and the cure.
    Block,
    /// It waits and goes on by itself when the balance is there.
    Park,
}

/// One thing that credits may be spent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Stable code, carried by usage rows.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// One sentence on what is paid for.
    pub description: String,
    /// Price of one asset of each kind.
    pub prices: AssetPrices,
    /// What happens when the work turns out dearer than quoted.
    pub over_settle: OverSettle,
    /// What happens when the balance does not cover it.
    pub at_zero: AtZero,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_again_by_its_code_and_by_nothing_else() {
        for kind in AssetKind::ALL {
            assert_eq!(AssetKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(AssetKind::from_code("Image"), None);
    }
}
