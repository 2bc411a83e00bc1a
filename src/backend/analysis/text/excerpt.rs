//! Places in a text with the words around them, cut at letters and never inside one.

use std::ops::Range;

use crate::backend::analysis::limits::{EXCERPT_CONTEXT, MAX_EXCERPT_CHARACTERS};
use crate::model::findings::Excerpt;

/// The excerpt around a range of bytes that begins and ends between letters.
pub fn excerpt(text: &str, range: Range<usize>) -> Excerpt {
    Excerpt {
        before: tail(&text[..range.start]),
        found: shortened(&text[range.clone()]),
        after: head(&text[range.end..]),
        offset: text[..range.start].chars().count(),
    }
}

fn shortened(found: &str) -> String {
    match found.char_indices().nth(MAX_EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.to_owned(),
    }
}

fn tail(before: &str) -> String {
    match before.char_indices().rev().nth(EXCERPT_CONTEXT) {
        Some((start, letter)) => {
            let kept = &before[start + letter.len_utf8()..];
            format!("…{}", one_line(from_word(kept)))
        }
        None => one_line(before),
    }
}

fn head(after: &str) -> String {
    match after.char_indices().nth(EXCERPT_CONTEXT) {
        Some((end, _)) => format!("{}…", one_line(to_word(&after[..end]))),
        None => one_line(after),
    }
}

/// Without the part of a word that the cut left at the beginning.
fn from_word(text: &str) -> &str {
    text.find(char::is_whitespace).map_or(text, |space| text[space..].trim_start())
}

/// Without the part of a word that the cut left at the end.
fn to_word(text: &str) -> &str {
    text.rfind(char::is_whitespace).map_or(text, |space| &text[..space])
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_whole_words_around_the_place() {
        let text = "A long introduction that goes on for quite a while before the word cure and then goes on for a good while after it, too.";
        let start = text.find("cure").expect("it is there");
        let excerpt = excerpt(text, start..start + 4);
        assert_eq!(excerpt.before, "…on for quite a while before the word ");
        assert_eq!(excerpt.found, "cure");
        assert_eq!(excerpt.after, " and then goes on for a good while…");
        assert_eq!(excerpt.offset, start);
    }

    #[test]
    fn letters_of_many_bytes_are_never_cut() {
        let text = "ÄÖÜ".repeat(40) + "cure" + &"漢字".repeat(40);
        let start = text.find("cure").expect("it is there");
        assert_eq!(excerpt(&text, start..start + 4).offset, 120);
    }
}
