//! Who is billed: what an organisation's admins write into the form on *Billing*, and what its documents
//! carry. Checked here, so that page and server say the same.

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::model::countries::country_name;
use crate::model::problem::FieldProblem;

/// Most characters of a name or a line of an address.
pub const LONGEST_LINE: usize = 120;
/// Most characters of a postcode.
pub const LONGEST_POSTCODE: usize = 16;
/// Most characters of a tax id.
pub const LONGEST_TAX_ID: usize = 32;
/// Most characters of an e-mail address.
pub const LONGEST_EMAIL: usize = 254;

/// Who is billed. An empty text is one that was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingDetails {
    /// The company or person that pays.
    pub name: String,
    /// Where invoices are to reach them.
    pub email: String,
    /// Street and number.
    pub line1: String,
    /// What else stands above the city.
    pub line2: String,
    pub postcode: String,
    pub city: String,
    /// ISO 3166-1 code, two capital letters.
    pub country: String,
    /// VAT number, EIN, GST number and the like, as the buyer writes it.
    pub tax_id: String,
}

/// The form, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingDetailsView {
    /// What is saved.
    pub details: BillingDetails,
    /// The version that the form changes; 0 where nothing was ever saved.
    pub version: i64,
    /// Who saved it, and when.
    pub saved: Option<Saved>,
    /// What the payment provider did not take of it, in the provider's words.
    pub problem: Option<String>,
}

/// Who changed something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub by: String,
    pub at: Moment,
}

impl BillingDetails {
    /// The fields by their names in the form, with what people call them.
    pub fn fields(&self) -> [(&'static str, &'static str, &str); 8] {
        [
            ("name", "Name", &self.name),
            ("email", "E-mail for invoices", &self.email),
            ("line1", "Address", &self.line1),
            ("line2", "Address, second line", &self.line2),
            ("postcode", "Postcode", &self.postcode),
            ("city", "City", &self.city),
            ("country", "Country", &self.country),
            ("tax_id", "Tax id", &self.tax_id),
        ]
    }

    /// The details without spaces around them, or what is wrong with which field.
    ///
    /// # Errors
    /// A field is missing, too long, or not what it should be.
    pub fn checked(self) -> Result<BillingDetails, Vec<FieldProblem>> {
        let details = self.tidied();
        let wrong: Vec<FieldProblem> = details
            .complaints()
            .into_iter()
            .map(|(field, says)| FieldProblem::new(field, says))
            .collect();
        if wrong.is_empty() { Ok(details) } else { Err(wrong) }
    }

    fn tidied(self) -> BillingDetails {
        BillingDetails {
            name: tidy(&self.name),
            email: tidy(&self.email),
            line1: tidy(&self.line1),
            line2: tidy(&self.line2),
            postcode: tidy(&self.postcode),
            city: tidy(&self.city),
            country: tidy(&self.country).to_uppercase(),
            tax_id: tidy(&self.tax_id),
        }
    }

    fn complaints(&self) -> Vec<(&'static str, String)> {
        let mut complaints = Vec::new();
        let lengths = [
            ("name", &self.name, LONGEST_LINE),
            ("email", &self.email, LONGEST_EMAIL),
            ("line1", &self.line1, LONGEST_LINE),
            ("line2", &self.line2, LONGEST_LINE),
            ("postcode", &self.postcode, LONGEST_POSTCODE),
            ("city", &self.city, LONGEST_LINE),
            ("tax_id", &self.tax_id, LONGEST_TAX_ID),
        ];
        for (field, text, most) in lengths {
            if text.chars().count() > most {
                complaints.push((field, format!("At most {most} characters, please.")));
            }
        }
        let missing = [
            ("name", &self.name, "Write who is billed: the company's name, or a person's."),
            ("line1", &self.line1, "Write the street and number, or the post box."),
            ("city", &self.city, "Write the city."),
            ("country", &self.country, "Choose the country."),
        ];
        for (field, _, says) in missing.into_iter().filter(|(_, text, _)| text.is_empty()) {
            complaints.push((field, says.to_owned()));
        }
        if !self.country.is_empty() && country_name(&self.country).is_none() {
            complaints.push(("country", "Choose a country of the list.".to_owned()));
        }
        if !self.email.is_empty() && !is_email(&self.email) {
            complaints.push((
                "email",
                "Write an address such as billing@example.com, or leave it empty.".to_owned(),
            ));
        }
        if !self.tax_id.chars().all(is_of_a_tax_id) {
            complaints.push((
                "tax_id",
                "A tax id has letters, digits, spaces and . - / only.".to_owned(),
            ));
        }
        complaints
    }

    /// The address as a letter has it, line by line, without the name.
    pub fn address(&self) -> Vec<String> {
        let place = format!("{} {}", self.postcode, self.city);
        let country = country_name(&self.country).unwrap_or(&self.country);
        [self.line1.as_str(), &self.line2, place.trim(), country]
            .into_iter()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// One line: what separates lines or moves the cursor becomes a space, and spaces do not pile up.
fn tidy(text: &str) -> String {
    let spaced: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_email(text: &str) -> bool {
    let Some((person, host)) = text.split_once('@') else { return false };
    let dotted = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    !person.is_empty() && dotted && !host.contains('@') && !text.contains(char::is_whitespace)
}

fn is_of_a_tax_id(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '.' | '-' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn details() -> BillingDetails {
        BillingDetails {
            name: "Nordwind GmbH".into(),
            email: "billing@nordwind.test".into(),
            line1: "Hafenstraße 1".into(),
            line2: String::new(),
            postcode: "20457".into(),
            city: "Hamburg".into(),
            country: "DE".into(),
            tax_id: "DE 123 456 789".into(),
        }
    }

    fn wrong(change: impl FnOnce(&mut BillingDetails)) -> Vec<String> {
        let mut details = details();
        change(&mut details);
        let wrong = details.checked().err().unwrap_or_default();
        wrong.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn what_is_right_is_kept_without_the_spaces_around_it() {
        let typed =
            BillingDetails { city: "  Ham\nburg ".into(), country: "de".into(), ..details() };
        let kept = typed.checked().unwrap();
        assert_eq!((kept.city.as_str(), kept.country.as_str()), ("Ham burg", "DE"));
        assert_eq!(kept.address(), ["Hafenstraße 1", "20457 Ham burg", "Germany"]);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_with_its_field() {
        assert!(wrong(|_| {}).is_empty());
        assert_eq!(wrong(|it| it.name = "  ".into()), ["name"]);
        assert_eq!(wrong(|it| it.country = "XX".into()), ["country"]);
        assert_eq!(wrong(|it| it.email = "billing at nordwind".into()), ["email"]);
        assert_eq!(wrong(|it| it.tax_id = "DE<b>".into()), ["tax_id"]);
        assert_eq!(wrong(|it| it.city = "x".repeat(LONGEST_LINE + 1)), ["city"]);
        let nothing = BillingDetails::default().checked().unwrap_err();
        let fields: Vec<_> = nothing.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["name", "line1", "city", "country"]);
    }

    #[test]
    fn what_need_not_be_there_may_be_empty() {
        let spare = |it: &mut BillingDetails| {
            for text in [&mut it.email, &mut it.line2, &mut it.postcode, &mut it.tax_id] {
                text.clear();
            }
        };
        assert!(wrong(spare).is_empty());
    }
}
