//! The letters that an organisation's document numbers begin with: four of its name where they are free,
//! else as many of them as leave room for a count.

use crate::backend::store::{Db, StoreError, billing_document};
use crate::ledger::OrganisationId;

/// How many letters there are.
const LETTERS: usize = 4;
/// What stands for a letter that the name does not have.
const FILLER: char = 'X';

/// The longest text that can be a number.
const LONGEST_NUMBER: usize = 40;

/// Whether a text can be a document's number at all.
pub fn is_number(text: &str) -> bool {
    let is_of_it = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_NUMBER).contains(&text.len()) && text.bytes().all(is_of_it)
}

/// The organisation's letters, given once: whoever asks at the same time hears the same.
pub async fn prefix(
    db: &Db,
    organisation: &OrganisationId,
    name: &str,
) -> Result<String, StoreError> {
    for count in 1_u32.. {
        if let Some(known) = billing_document::prefix(db, organisation).await? {
            return Ok(known);
        }
        billing_document::claim_prefix(db, organisation, &candidate(name, count)).await?;
    }
    unreachable!("some count is free, because there are fewer organisations than counts")
}

/// The `count`th choice of letters for an organisation of this name: NORT, NOR2, NOR3 … NO10.
fn candidate(name: &str, count: u32) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    let count = if count == 1 { String::new() } else { count.to_string() };
    let room = LETTERS.saturating_sub(count.len()).max(1);
    let mut prefix: String = letters.chain(std::iter::repeat(FILLER)).take(room).collect();
    prefix.push_str(&count);
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_are_of_the_name_and_a_count_makes_them_differ() {
        let choices = [1, 2, 9, 10, 12_345].map(|count| candidate("Northwind", count));
        assert_eq!(choices, ["NORT", "NOR2", "NOR9", "NO10", "N12345"]);
        assert_eq!(candidate("a b", 1), "ABXX");
        assert_eq!(candidate("日本", 1), "XXXX");
        assert_eq!(candidate("", 2), "XXX2");
        assert!(is_number("TEST-NORT-2026-000001") && is_number("N12345-2026-1234567"));
        assert!(
            !is_number("")
                && !is_number("nort-1")
                && !is_number("A\0")
                && !is_number(&"A".repeat(41))
        );
    }
}
