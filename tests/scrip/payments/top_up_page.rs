//! Settings › Billing as a browser without scripts meets it: consent first, a look before the switch, and
//! nothing of it for members.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;

on_both_databases!(
    a_card_is_saved_on_the_providers_page_after_consent_only,
    nothing_is_switched_on_before_it_was_looked_at,
    a_member_finds_nothing_of_it,
);

const PAGE: &str = "/settings/billing";

async fn a_card_is_saved_on_the_providers_page_after_consent_only(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let refused = admin.post_form(PAGE, "save_card", &[]).await;
    assert_eq!(refused.code(), 422);
    let said = refused.texts("[role=alert]").join(" ");
    assert!(said.contains("Tick the box if you agree"), "{said}");
    let asked = admin.post_form(PAGE, "save_card", &[("consent", "yes")]).await;
    assert_eq!(asked.code(), 303, "{}", asked.says());
    assert!(asked.location().starts_with(&format!("{}/c/pay/", premises.provider)));
}

async fn nothing_is_switched_on_before_it_was_looked_at(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let page = admin.get(PAGE).await;
    assert_eq!(page.texts("[data-testid=top-up-status]"), ["Off"]);
    assert!(!page.forms().contains(&"/api/switch_on_top_up".to_owned()), "not without a look");
    let address = format!("{PAGE}?threshold=120&buys=pack-200&credits=&cap=500");
    let looked = admin.get(&address).await;
    assert!(looked.texts("[data-testid=charges-now]")[0].starts_with("No: there is no saved card"));
    assert!(!looked.forms().contains(&"/api/switch_on_top_up".to_owned()), "nor without a card");

    let session = admin.post_form(PAGE, "save_card", &[("consent", "yes")]).await;
    let session = session.location().rsplit('/').next().unwrap().to_owned();
    let card = [("card", "4242424242424242")];
    let path = format!("/control/sessions/{session}/pay");
    let paid = premises.provider_post(&path, &card).await;
    let consent = paid["client_reference_id"].as_str().expect("the page names it");
    let back = admin.get(&format!("{PAGE}?card={consent}")).await;
    assert!(back.texts("[data-testid=saved-card]")[0].contains("Visa •••• 4242"));

    let looked = admin.get(&address).await;
    assert!(looked.texts("[data-testid=charges-now]")[0].starts_with("Yes: with 100 credits"));
    let field = |name: &str| looked.field("switch_on_top_up", name).expect("it is in the form");
    let typed = ["threshold", "buys", "credits", "cap", "version"].map(|name| (name, field(name)));
    let fields: Vec<(&str, &str)> = typed.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let on = admin.post_form(&address, "switch_on_top_up", &fields).await;
    assert_eq!((on.code(), on.location()), (303, "/settings/billing#auto-top-up"));
    let again = admin.post_form(&address, "switch_on_top_up", &fields).await;
    assert_eq!(again.code(), 409, "the form is older than what is set");
    assert_eq!(again.field("switch_on_top_up", "cap").as_deref(), Some("500"), "nothing is lost");
    let page = admin.get(PAGE).await;
    assert!(page.texts("[data-testid=top-up-sentence]")[0].contains("It is about to buy"));
}

async fn a_member_finds_nothing_of_it(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let member = premises.member().await;
    let page = member.get(PAGE).await;
    assert_eq!(page.code(), 200);
    for word in ["auto-top-up", "Auto top-up", "save_card", "Saved card"] {
        assert!(!page.text.contains(word), "{word}");
    }
}
