//! Where a value stands in a TOML text: from its path to its line, and from a place to its path.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A value's path (`packs[1].price`) and its place in bytes.
type Place = (String, Range<usize>);

/// The line of this place, counted from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Every key and value of the text, outer ones first; none where it is not TOML.
fn places(text: &str) -> Vec<Place> {
    let mut found = Vec::new();
    if let Ok(root) = DeTable::parse(text) {
        visit_table(&mut found, "", root.get_ref());
    }
    found
}

fn visit_table(found: &mut Vec<Place>, path: &str, table: &DeTable<'_>) {
    for (key, value) in table.iter() {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", key.get_ref());
        found.push((path.clone(), key.span()));
        visit_value(found, &path, value.get_ref(), value.span());
    }
}

fn visit_value(found: &mut Vec<Place>, path: &str, value: &DeValue<'_>, span: Range<usize>) {
    found.push((path.to_owned(), span));
    if let Some(table) = value.as_table() {
        visit_table(found, path, table);
    }
    for (index, item) in value.as_array().into_iter().flat_map(|items| items.iter()).enumerate() {
        visit_value(found, &format!("{path}[{index}]"), item.get_ref(), item.span());
    }
}

/// The path of the innermost value around this place.
pub fn field_at(text: &str, offset: usize) -> Option<String> {
    let around = places(text).into_iter().filter(|(_, span)| span.contains(&offset));
    around.max_by_key(|(path, _)| path.len()).map(|(path, _)| path)
}

/// Where the value with this path stands; for one that is not there, where its section stands.
pub fn place_of(text: &str, field: &str) -> Option<usize> {
    let places = places(text);
    let mut wanted = field;
    loop {
        if let Some((_, span)) = places.iter().find(|(path, _)| path == wanted) {
            return Some(span.start);
        }
        wanted = &wanted[..wanted.rfind(['.', '['])?];
    }
}
