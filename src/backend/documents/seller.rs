//! Who sells: a small TOML file that `SCRIP_SELLER` names. Its lines stand on every document written
//! after the program has read it.
//!
//! ```toml
//! name = "Acme Software GmbH"
//! address = ["Hafenstraße 1", "20457 Hamburg", "Germany"]
//! tax_id = "DE123456789"
//! email = "billing@acme.example"
//! note = "VAT is reverse-charged."   # shown where the payment provider reported no tax
//! ```

use std::path::Path;

use serde::Deserialize;

use crate::model::document::{DocumentKind, Party};

/// Who sells, and what is said about tax.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seller {
    /// The company's name.
    pub name: String,
    /// Its address, line by line. Without one a document is a receipt, not an invoice.
    #[serde(default)]
    pub address: Vec<String>,
    /// VAT number, EIN and the like.
    pub tax_id: Option<String>,
    /// Where questions about a document go.
    pub email: Option<String>,
    /// What is said about tax where the payment provider reported none.
    pub note: Option<String>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SellerError {
    /// It cannot be read.
    #[error("{file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It is not what it should be.
    #[error("{file} does not describe the seller: {cause}")]
    Wrong {
        /// The file.
        file: String,
        /// What is wrong, with its line.
        cause: String,
    },
}

impl Seller {
    /// A seller of whom only the name is known.
    pub fn named(name: &str) -> Self {
        Seller { name: name.to_owned(), ..Seller::default() }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It is not there, no TOML, lacks the name, or has a field that is none.
    pub fn from_file(path: &Path) -> Result<Self, SellerError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_toml(&text).map_err(|cause| SellerError::Wrong { file, cause }),
            Err(cause) => Err(SellerError::Unreadable { file, cause }),
        }
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// As [`Seller::from_file`].
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let seller: Seller = toml::from_str(text).map_err(|error| error.to_string())?;
        if seller.name.trim().is_empty() {
            return Err("name is empty".to_owned());
        }
        Ok(seller)
    }

    /// What a document about a payment is: an invoice needs the seller's address.
    pub(super) fn kind_for_payments(&self) -> DocumentKind {
        if self.address.is_empty() { DocumentKind::Receipt } else { DocumentKind::Invoice }
    }

    pub(super) fn party(&self) -> Party {
        Party {
            name: self.name.clone(),
            address: self.address.clone(),
            tax_id: self.tax_id.clone(),
            email: self.email.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seller_with_an_address_writes_invoices_and_one_without_receipts() {
        let text = "name = \"Acme\"\naddress = [\"Hafenstraße 1\", \"Hamburg\"]\ntax_id = \"DE1\"";
        let seller = Seller::from_toml(text).unwrap();
        assert_eq!(seller.kind_for_payments(), DocumentKind::Invoice);
        assert_eq!(seller.party().address.len(), 2);
        assert_eq!(Seller::named("Acme").kind_for_payments(), DocumentKind::Receipt);
    }

    #[test]
    fn a_file_with_a_slip_is_refused_and_not_half_read() {
        for text in ["", "name = \" \"", "name = \"Acme\"\nadress = [\"x\"]", "name ="] {
            assert!(Seller::from_toml(text).is_err(), "{text}");
        }
        let missing = Seller::from_file(Path::new("/nowhere/seller.toml")).unwrap_err();
        assert!(missing.to_string().starts_with("/nowhere/seller.toml: "), "{missing}");
    }
}
