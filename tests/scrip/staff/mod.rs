//! What those who run the installation do to the credits of organisations, through their pages.

mod catalogue;
mod console;
mod grants;
mod mass_grants;
mod promotions;
mod referrals;

use crate::support::premises::Premises;
use crate::support::visitor::{Fields, Page, Visitor};
use scrip::backend::staff::StaffRules;
use scrip::ledger::OrganisationId;

/// A second person of the staff: Northwind's superadmin.
pub async fn second_staff(premises: &Premises) -> Visitor {
    premises.backend.access.set_staff("sue@northwind.test", true).await.unwrap();
    premises.superadmin().await
}

/// The site, where a second person is needed above this.
pub fn two_persons_above(premises: &mut Premises, credits: &str) {
    let rules = StaffRules { two_person_above: credits.parse().unwrap() };
    let backend = premises.backend.staffed_by(rules);
    premises.serve(backend);
}

/// The page of an organisation.
pub fn page_of(organisation: &OrganisationId) -> String {
    format!("/admin/organisations/{organisation}")
}

/// What an organisation has, as its own people read it in the header.
pub async fn available(visitor: &Visitor) -> String {
    visitor.get("/").await.texts("[data-balance=available]")[0].clone()
}

/// The key of the form that confirms, as the preview has it.
pub fn key_of(preview: &Page, function: &str) -> String {
    preview.field(function, "form_key").unwrap_or_else(|| panic!("no key: {}", preview.says()))
}

/// Asks for a grant of Northwind in the form, and gives back its preview.
pub async fn preview_of(premises: &Premises, staff: &Visitor, fields: Fields<'_>) -> Page {
    let form = format!("{}/grant", page_of(&premises.northwind));
    let mut all = vec![("id", premises.northwind.as_str())];
    all.extend_from_slice(fields);
    let asked = staff.post_form(&form, "preview_grant", &all).await;
    assert_eq!(asked.code(), 303, "{}", asked.says());
    staff.get(asked.location()).await
}

/// Sends the preview's form as often as wanted; the last answer.
pub async fn confirm(staff: &Visitor, preview: &Page, function: &str, times: usize) -> Page {
    let names = preview.attributes(&format!("form[action=\"/api/{function}\"] input"), "name");
    let values = preview.attributes(&format!("form[action=\"/api/{function}\"] input"), "value");
    let fields: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    let mut answer = staff.post_form("/admin", function, &fields).await;
    for _ in 1..times {
        answer = staff.post_form("/admin", function, &fields).await;
    }
    answer
}
