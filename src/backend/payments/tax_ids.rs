//! Which kind of tax id somebody has, and how a provider writes it. Pure.

use super::port::customers::TaxId;

/// The member states of the European Union, whose VAT numbers are of one kind.
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];
/// The kind that businesses of other countries have.
const ELSEWHERE: [(&str, &str); 21] = [
    ("GB", "gb_vat"),
    ("CH", "ch_vat"),
    ("NO", "no_vat"),
    ("IS", "is_vat"),
    ("LI", "li_vat"),
    ("UA", "ua_vat"),
    ("TR", "tr_tin"),
    ("US", "us_ein"),
    ("CA", "ca_bn"),
    ("MX", "mx_rfc"),
    ("BR", "br_cnpj"),
    ("AU", "au_abn"),
    ("NZ", "nz_gst"),
    ("IN", "in_gst"),
    ("JP", "jp_cn"),
    ("KR", "kr_brn"),
    ("SG", "sg_gst"),
    ("ZA", "za_vat"),
    ("IL", "il_vat"),
    ("AE", "ae_trn"),
    ("SA", "sa_vat"),
];

/// The tax id that someone in `country` typed; `None` where there is none, or none of a kind that is known.
pub fn tax_id(country: &str, typed: &str) -> Option<TaxId> {
    let value = plain(typed);
    if value.is_empty() {
        return None;
    }
    if UNION.contains(&country) {
        return Some(TaxId { kind: "eu_vat", value: with_country(country, value) });
    }
    let kind = ELSEWHERE.iter().find(|(known, _)| *known == country)?.1;
    Some(TaxId { kind, value })
}

/// Letters and digits only, in capitals.
pub fn plain(typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

/// VAT numbers of the union begin with their country, which people often leave out.
fn with_country(country: &str, value: String) -> String {
    let letters = if country == "GR" { "EL" } else { country };
    if value.starts_with(letters) { value } else { format!("{letters}{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(country: &str, typed: &str) -> Option<(&'static str, String)> {
        tax_id(country, typed).map(|id| (id.kind, id.value))
    }

    #[test]
    fn a_number_is_written_as_providers_take_it() {
        assert_eq!(read("DE", "de 123 456.789"), Some(("eu_vat", "DE123456789".into())));
        assert_eq!(read("DE", "123456789"), Some(("eu_vat", "DE123456789".into())));
        assert_eq!(read("GR", "123456789"), Some(("eu_vat", "EL123456789".into())));
        assert_eq!(read("US", "12-3456789"), Some(("us_ein", "123456789".into())));
    }

    #[test]
    fn what_is_not_there_or_of_no_known_kind_is_none() {
        assert_eq!(read("DE", " - "), None);
        assert_eq!(read("AQ", "123"), None);
        assert_eq!(read("", "123"), None);
    }
}
