//! Reading an endpoint's parameters one by one; what nobody took is unknown.
//!
//! Every `take_…` names the parameter in Stripe's notation when it refuses. An endpoint ends its
//! reading with [`Parameters::finish`].

use serde_json::{Map, Value};

use super::failure::{Answer, Failure};
use super::form::Node;

/// Stripe's own limits on metadata.
const METADATA_KEYS: usize = 50;
const METADATA_KEY_CHARACTERS: usize = 40;
const METADATA_VALUE_CHARACTERS: usize = 500;
/// The longest text that any other parameter may have.
const TEXT_CHARACTERS: usize = 5_000;

/// A group of parameters with the name it has in the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    name: String,
    entries: Vec<(String, Node)>,
}

impl Parameters {
    pub fn new(entries: Vec<(String, Node)>) -> Self {
        Parameters { name: String::new(), entries }
    }

    /// The same parameters with one more text.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.entries.push((name.to_owned(), Node::Text(value.to_owned())));
        self
    }

    /// Forgets fields that a form left empty.
    pub fn drop_empty(&mut self) {
        self.entries.retain(|(_, node)| *node != Node::Text(String::new()));
    }

    /// The full name of one of this group's parameters.
    pub fn named(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.name) }
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        let position = self.entries.iter().position(|(existing, _)| existing == name)?;
        Some(self.entries.remove(position).1)
    }

    /// The text as it came, where the empty text means *unset*.
    pub fn take_raw(&mut self, name: &str) -> Answer<Option<String>> {
        let full = self.named(name);
        match self.take(name) {
            None => Ok(None),
            Some(Node::Group(_)) => Err(Failure::invalid(&full, format!("Invalid string: {full}"))),
            Some(Node::Text(text)) if text.chars().count() > TEXT_CHARACTERS => {
                let message =
                    format!("Invalid string: {full} must be at most {TEXT_CHARACTERS} characters");
                Err(Failure::invalid(&full, message))
            }
            Some(Node::Text(text)) => Ok(Some(text)),
        }
    }

    /// A text that may be absent but not empty.
    pub fn take_text(&mut self, name: &str) -> Answer<Option<String>> {
        match self.take_raw(name)? {
            Some(text) if text.is_empty() => Err(Failure::empty_parameter(&self.named(name))),
            other => Ok(other),
        }
    }

    pub fn require_text(&mut self, name: &str) -> Answer<String> {
        self.take_text(name)?.ok_or_else(|| Failure::missing_parameter(&self.named(name)))
    }

    pub fn take_integer(&mut self, name: &str) -> Answer<Option<i64>> {
        let full = self.named(name);
        let Some(text) = self.take_text(name)? else { return Ok(None) };
        let invalid = |_| {
            let message = format!("Invalid integer: {text}");
            Failure::invalid_coded("parameter_invalid_integer", &full, message)
        };
        text.parse().map(Some).map_err(invalid)
    }

    /// A whole number between two others, or `otherwise`.
    pub fn take_within(
        &mut self,
        name: &str,
        least: i64,
        most: i64,
        otherwise: i64,
    ) -> Answer<i64> {
        let value = self.take_integer(name)?.unwrap_or(otherwise);
        if (least..=most).contains(&value) {
            return Ok(value);
        }
        let name = self.named(name);
        Err(Failure::invalid(&name, format!("Invalid {name}: must be between {least} and {most}.")))
    }

    pub fn take_boolean(&mut self, name: &str) -> Answer<Option<bool>> {
        match self.take_text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => {
                Err(Failure::invalid(&self.named(name), format!("Invalid boolean: {other}")))
            }
        }
    }

    /// One of the given words.
    pub fn take_choice(&mut self, name: &str, choices: &[&str]) -> Answer<Option<String>> {
        let Some(text) = self.take_text(name)? else { return Ok(None) };
        if choices.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let message =
            format!("Invalid {}: must be one of {}", self.named(name), choices.join(", "));
        Err(Failure::invalid(&self.named(name), message))
    }

    /// A currency code in lower case.
    pub fn take_currency(&mut self, name: &str) -> Answer<Option<String>> {
        let Some(text) = self.take_text(name)? else { return Ok(None) };
        super::money::known_currency(&text).map(Some).ok_or_else(|| {
            let message =
                format!("Invalid currency: {text}. The sandbox knows {}.", super::money::codes());
            Failure::invalid(&self.named(name), message)
        })
    }

    /// An absolute http or https address.
    pub fn take_address(&mut self, name: &str) -> Answer<Option<String>> {
        let Some(text) = self.take_text(name)? else { return Ok(None) };
        let substituted = text.replace("{CHECKOUT_SESSION_ID}", "cs_test");
        match reqwest::Url::parse(&substituted) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(text)),
            _ => Err(Failure::invalid_coded("url_invalid", &self.named(name), "Not a valid URL")),
        }
    }

    /// A nested group such as `payment_intent_data`.
    pub fn take_group(&mut self, name: &str) -> Answer<Option<Parameters>> {
        let full = self.named(name);
        match self.take(name) {
            None => Ok(None),
            Some(Node::Group(entries)) => Ok(Some(Parameters { name: full, entries })),
            Some(Node::Text(_)) => Err(Failure::invalid(&full, format!("Invalid object: {full}"))),
        }
    }

    /// A list of groups such as `line_items`.
    pub fn take_groups(&mut self, name: &str) -> Answer<Option<Vec<Parameters>>> {
        let Some(list) = self.take_group(name)? else { return Ok(None) };
        let mut groups = Vec::with_capacity(list.entries.len());
        for (index, node) in list.entries {
            let full = format!("{}[{index}]", list.name);
            let Node::Group(entries) = node else {
                return Err(Failure::invalid(&full, format!("Invalid object: {full}")));
            };
            require_index(&full, &index)?;
            groups.push(Parameters { name: full, entries });
        }
        Ok(Some(groups))
    }

    /// A list of texts such as `expand[]`.
    pub fn take_texts(&mut self, name: &str) -> Answer<Option<Vec<String>>> {
        let full = self.named(name);
        let entries = match self.take(name) {
            None => return Ok(None),
            Some(Node::Text(_)) => {
                return Err(Failure::invalid(&full, format!("Invalid array: {full}")));
            }
            Some(Node::Group(entries)) => entries,
        };
        let mut texts = Vec::with_capacity(entries.len());
        for (index, node) in entries {
            require_index(&full, &index)?;
            match node {
                Node::Text(text) => texts.push(text),
                Node::Group(_) => {
                    return Err(Failure::invalid(
                        &full,
                        format!("Invalid string: {full}[{index}]"),
                    ));
                }
            }
        }
        Ok(Some(texts))
    }

    /// Lays the request's metadata over `existing`; an empty value removes its key.
    pub fn take_metadata(&mut self, existing: Value) -> Answer<Value> {
        let mut metadata = match existing {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        let full = self.named("metadata");
        match self.take("metadata") {
            None => {}
            Some(Node::Text(text)) if text.is_empty() => metadata.clear(),
            Some(Node::Text(_)) => return Err(Failure::invalid(&full, "Invalid object: metadata")),
            Some(Node::Group(entries)) => {
                for (key, node) in entries {
                    lay_metadata(&mut metadata, &full, key, node)?;
                }
            }
        }
        if metadata.len() > METADATA_KEYS {
            let message = format!("Metadata can have at most {METADATA_KEYS} keys.");
            return Err(Failure::invalid(&full, message));
        }
        Ok(Value::Object(metadata))
    }

    /// Refuses whatever has not been taken.
    pub fn finish(self) -> Answer<()> {
        let names: Vec<String> = self.entries.iter().map(|(name, _)| self.named(name)).collect();
        if names.is_empty() { Ok(()) } else { Err(Failure::unknown_parameters(&names)) }
    }
}

fn require_index(full: &str, index: &str) -> Answer<()> {
    match index.parse::<u32>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::invalid(full, format!("Invalid array: {full}"))),
    }
}

fn lay_metadata(
    metadata: &mut Map<String, Value>,
    full: &str,
    key: String,
    node: Node,
) -> Answer<()> {
    let name = format!("{full}[{key}]");
    let Node::Text(value) = node else {
        return Err(Failure::invalid(&name, "Metadata values must be strings."));
    };
    if key.chars().count() > METADATA_KEY_CHARACTERS {
        let message = format!("Metadata keys can have up to {METADATA_KEY_CHARACTERS} characters.");
        return Err(Failure::invalid(&name, message));
    }
    if value.chars().count() > METADATA_VALUE_CHARACTERS {
        let message =
            format!("Metadata values can have up to {METADATA_VALUE_CHARACTERS} characters.");
        return Err(Failure::invalid(&name, message));
    }
    if value.is_empty() {
        metadata.remove(&key);
    } else {
        metadata.insert(key, Value::String(value));
    }
    Ok(())
}
