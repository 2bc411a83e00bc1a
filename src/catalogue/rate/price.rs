//! What one unit costs: exactly, from so much to so much, or depending on a choice.
//!
//! In TOML and JSON: `"1"`, `{ min = "1", max = "3" }`, or `{ by = "model", small = "1", large = { min =
//! "5", max = "8" } }`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ledger::Credits;

/// The key that names the choice a price depends on.
pub const BY: &str = "by";

/// From so many credits to so many; both the same where the price is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceRange {
    /// The least it costs.
    pub min: Credits,
    /// The most it costs.
    pub max: Credits,
}

impl PriceRange {
    /// A price that is known.
    pub const fn exact(credits: Credits) -> Self {
        PriceRange { min: credits, max: credits }
    }

    /// Whether it is known.
    pub fn is_exact(self) -> bool {
        self.min == self.max
    }
}

/// The price of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Price {
    /// The same for everybody.
    Flat(PriceRange),
    /// One for each value of a choice.
    By {
        /// The choice's name.
        choice: String,
        /// The price of each of its values, by code.
        prices: BTreeMap<String, PriceRange>,
    },
}

impl Price {
    /// Every price that is written here.
    pub fn all(&self) -> impl Iterator<Item = PriceRange> + '_ {
        let (flat, table) = match self {
            Price::Flat(range) => (Some(*range), None),
            Price::By { prices, .. } => (None, Some(prices.values().copied())),
        };
        flat.into_iter().chain(table.into_iter().flatten())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    min: Credits,
    max: Credits,
}

impl Serialize for PriceRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_exact() {
            return self.min.serialize(serializer);
        }
        Bounds { min: self.min, max: self.max }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PriceRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RangeVisitor)
    }
}

struct RangeVisitor;

impl<'de> Visitor<'de> for RangeVisitor {
    type Value = PriceRange;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("a number of credits in quotes, or { min = \"1\", max = \"3\" } for a range")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PriceRange, E> {
        text.parse().map(PriceRange::exact).map_err(E::custom)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<PriceRange, M::Error> {
        let Bounds { min, max } = Bounds::deserialize(MapAccessDeserializer::new(map))?;
        Ok(PriceRange { min, max })
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Price::Flat(range) => range.serialize(serializer),
            Price::By { choice, prices } => {
                let mut map = serializer.serialize_map(Some(prices.len() + 1))?;
                map.serialize_entry(BY, choice)?;
                for (code, range) in prices {
                    map.serialize_entry(code, range)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PriceVisitor)
    }
}

struct PriceVisitor;

/// What may stand under a key of a price: the choice's name, an amount, or a range.
enum Entry {
    Text(String),
    Range(PriceRange),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                RangeVisitor.expecting(formatter)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Entry, E> {
                Ok(Entry::Text(text.to_owned()))
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Entry, M::Error> {
                RangeVisitor.visit_map(map).map(Entry::Range)
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}

impl Entry {
    fn range<E: Error>(self) -> Result<PriceRange, E> {
        match self {
            Entry::Text(text) => RangeVisitor.visit_str(&text),
            Entry::Range(range) => Ok(range),
        }
    }
}

impl<'de> Visitor<'de> for PriceVisitor {
    type Value = Price;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        RangeVisitor.expecting(formatter)?;
        formatter.write_str(", or { by = \"model\", small = \"1\", … } for one price a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Price, E> {
        RangeVisitor.visit_str(text).map(Price::Flat)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Price, M::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, entry)) = map.next_entry::<String, Entry>()? {
            entries.insert(key, entry);
        }
        match entries.remove(BY) {
            Some(Entry::Text(choice)) => {
                let prices = entries.into_iter().map(|(code, entry)| Ok((code, entry.range()?)));
                Ok(Price::By { choice, prices: prices.collect::<Result<_, M::Error>>()? })
            }
            Some(Entry::Range(_)) => Err(M::Error::custom("`by` is the name of a choice")),
            None => {
                let mut bound = |name: &'static str| {
                    let entry = entries.remove(name).ok_or_else(|| M::Error::missing_field(name));
                    entry?.range::<M::Error>()
                };
                let (min, max) = (bound("min")?, bound("max")?);
                match entries.into_keys().next() {
                    Some(other) => Err(M::Error::unknown_field(&other, &["min", "max", BY])),
                    None => Ok(Price::Flat(PriceRange { min: min.min, max: max.max })),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_price_comes_back_as_it_was_written() {
        for text in [
            r#""1.5""#,
            r#"{"min":"1","max":"3"}"#,
            r#"{"by":"model","large":{"min":"5","max":"8"},"small":"1"}"#,
        ] {
            let price: Price = serde_json::from_str(text).expect("a price");
            assert_eq!(serde_json::to_string(&price).expect("JSON"), text);
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in ["1", "true", r#""-""#, r#"{"min":"1"}"#, r#"{"min":"1","max":"2","mid":"1"}"#]
        {
            assert!(serde_json::from_str::<Price>(text).is_err(), "{text}");
        }
    }
}
