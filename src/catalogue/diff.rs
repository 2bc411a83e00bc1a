//! What changes from one catalogue to another, line by line, as people read it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Catalogue;
use super::price::decimal_places;
use crate::ledger::Currency;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added {
        /// Where: `packs › pack-50 › price`.
        place: String,
        /// What it is now.
        after: String,
    },
    /// It is there no more.
    Removed {
        /// Where.
        place: String,
        /// What it was.
        before: String,
    },
    /// It is something else.
    Changed {
        /// Where.
        place: String,
        /// What it was.
        before: String,
        /// What it is now.
        after: String,
    },
}

impl Change {
    /// Where it is.
    pub fn place(&self) -> &str {
        match self {
            Change::Added { place, .. }
            | Change::Removed { place, .. }
            | Change::Changed { place, .. } => place,
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Added { place, after } => write!(formatter, "+ {place}: {after}"),
            Change::Removed { place, before } => write!(formatter, "- {place}: {before}"),
            Change::Changed { place, before, after } => {
                write!(formatter, "~ {place}: {before} → {after}")
            }
        }
    }
}

/// Everything in which `after` differs from `before`, in the order of their names; empty where nothing does.
pub fn changes(before: &Catalogue, after: &Catalogue) -> Vec<Change> {
    let (before, after) = (leaves(before), leaves(after));
    let mut places: Vec<&String> = before.keys().chain(after.keys()).collect();
    places.sort_unstable();
    places.dedup();
    let change = |place: &String| {
        let place_name = place.clone();
        match (before.get(place), after.get(place)) {
            (Some(one), Some(two)) if one == two => None,
            (Some(before), Some(after)) => Some(Change::Changed {
                place: place_name,
                before: before.clone(),
                after: after.clone(),
            }),
            (Some(before), None) => {
                Some(Change::Removed { place: place_name, before: before.clone() })
            }
            (None, Some(after)) => Some(Change::Added { place: place_name, after: after.clone() }),
            (None, None) => None,
        }
    };
    places.into_iter().filter_map(change).collect()
}

/// Every value that is not a collection, by its place.
fn leaves(catalogue: &Catalogue) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // A catalogue always has a JSON form: it is what the browser gets.
    let value = serde_json::to_value(catalogue).unwrap_or_default();
    visit(&mut found, "", &value);
    found
}

fn visit(found: &mut BTreeMap<String, String>, place: &str, value: &Value) {
    let inside = |name: &str| {
        if place.is_empty() { name.to_owned() } else { format!("{place} › {name}") }
    };
    match value {
        Value::Null => {}
        Value::Object(members) => match money(value) {
            Some(text) => drop(found.insert(place.to_owned(), text)),
            None => {
                members.iter().for_each(|(name, member)| visit(found, &inside(name), member));
            }
        },
        Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
            let texts: Vec<String> = items.iter().map(text).collect();
            found.insert(place.to_owned(), format!("[{}]", texts.join(", ")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = named(item).unwrap_or_else(|| (index + 1).to_string());
                visit(found, &inside(&name), item);
            }
        }
        single => drop(found.insert(place.to_owned(), text(single))),
    }
}

/// What tells an item of a list apart from the others.
fn named(item: &Value) -> Option<String> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    text("code").or_else(|| text("name")).or_else(|| text("label"))
}

/// A price as it is written in the file: "60.00 USD".
fn money(value: &Value) -> Option<String> {
    let minor = value.get("minor")?.as_i64()?;
    let currency = Currency::parse(value.get("currency")?.as_str()?).ok()?;
    let places = decimal_places(currency);
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let point = if places == 0 { "" } else { "." };
    Some(format!("{whole}{point}{fraction} {currency}"))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::catalogue::parse::{BUILT_IN_TEXT, built_in, from_toml};

    fn told(edits: &[(&str, &str)]) -> Vec<String> {
        let text = edits.iter().fold(BUILT_IN_TEXT.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let after = from_toml("after.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        changes(&built_in(), &after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_differs_from_itself() {
        assert_eq!(told(&[]), [] as [String; 0]);
    }

    #[test]
    fn a_change_is_told_by_its_names_with_before_and_after() {
        let told = told(&[
            ("price = \"60.00\"", "price = \"65.00\""),
            ("price = \"1\", times = [\"video\"]", "price = \"2.5\", times = [\"video\"]"),
            ("percent_of_allowance = [20, 5]", "percent_of_allowance = [25, 5]"),
        ]);
        assert_eq!(
            told,
            [
                "~ operations › analysis › charges › Videos › price: 1 → 2.5",
                "~ packs › pack-50 › price: 60.00 USD → 65.00 USD",
                "~ thresholds › percent_of_allowance: [20, 5] → [25, 5]",
            ]
        );
    }

    #[test]
    fn what_comes_and_what_goes_is_told_whole() {
        let told = told(&[("code = \"pack-50\"", "code = \"pack-60\"")]);
        assert!(told.contains(&"- packs › pack-50 › credits: 50".to_owned()), "{told:#?}");
        assert!(told.contains(&"+ packs › pack-60 › credits: 50".to_owned()), "{told:#?}");
    }
}
