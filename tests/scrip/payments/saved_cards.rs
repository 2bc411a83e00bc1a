//! Saved cards: kept once with the consent on record, followed while the bank renews them, and gone with
//! everything that hangs on them.

use super::top_up::{Desk, ended, event_about_card};
use super::{HOUR, Till};
use crate::support::database::TestDatabase;
use scrip::backend::payments::PaymentError;
use scrip::backend::store::auto_top_up::Ended;
use scrip::backend::store::saved_card;
use scrip::ledger::OrganisationId;

crate::on_both_databases!(
    a_card_is_saved_once_with_who_agreed_to_what_and_when,
    the_page_that_comes_back_needs_no_event,
    a_page_left_alone_saves_nothing,
    a_late_event_brings_no_removed_card_back,
    another_card_takes_the_place_of_the_first,
    a_renewed_card_is_shown_as_it_is_now,
    a_card_taken_away_at_the_provider_turns_auto_top_up_off_and_tells,
    an_event_that_only_claims_it_takes_nothing_away,
    removing_the_card_here_takes_it_away_there,
    an_expired_card_turns_auto_top_up_off_and_tells,
    consents_of_others_are_not_found,
);

const GOOD: &str = "4242424242424242";
const OTHER: &str = "5555555555554444";

async fn at_the_provider(till: &Till, customer: &str) -> Vec<String> {
    let list = till.get(&format!("/v1/customers/{customer}/payment_methods")).await;
    let cards = list["data"].as_array().cloned().unwrap_or_default();
    cards.iter().map(|card| card["card"]["last4"].as_str().unwrap().to_owned()).collect()
}

async fn a_card_is_saved_once_with_who_agreed_to_what_and_when(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let begun = desk.till.now();
    let card = desk.save(GOOD).await;
    assert_eq!((card.brand.as_str(), card.last_four.as_str()), ("visa", "4242"));
    assert_eq!((card.expires_month, card.expires_year), (12, 2034));
    let consent = saved_card::find_consent(desk.till.db(), &card.consent).await.unwrap().unwrap();
    assert_eq!((&consent.user, consent.given_at), (&desk.till.user, begun));
    assert!(consent.wording.contains("charged for Northwind without asking me each time"));
    assert_eq!(consent.method_ref.as_deref(), Some(card.method_ref.as_str()));
    let page = desk.till.get(&format!("/v1/checkout/sessions/{}", consent.page_ref.unwrap())).await;
    assert_eq!(page["custom_text"]["submit"]["message"], consent.wording, "shown where it counts");
    let shown = desk.view(None).await.card.expect("it is shown");
    assert_eq!((shown.label.as_str(), shown.expires.as_str()), ("Visa •••• 4242", "12/2034"));
    assert_eq!(shown.consent, consent.wording);
}

async fn the_page_that_comes_back_needs_no_event(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let session = desk.card_page().await;
    desk.till.pay(&session, GOOD).await;
    let page = desk.till.get(&format!("/v1/checkout/sessions/{session}")).await;
    let consent = page["client_reference_id"].as_str().unwrap();
    let back = page["success_url"].as_str().unwrap();
    assert!(back.contains(&format!("/settings/billing?card={consent}")), "{back}");
    let (payments, organisation) = (&desk.till.payments, &desk.till.organisation);
    for _ in 0..3 {
        payments.look_at_card_page(organisation, consent, desk.till.now()).await.unwrap();
    }
    assert!(desk.card().await.is_some());
    desk.hear().await;
    assert_eq!(desk.card().await.unwrap().saved_at, desk.till.now(), "the event adds nothing");
}

async fn a_page_left_alone_saves_nothing(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let session = desk.card_page().await;
    assert_eq!(desk.till.pay(&session, "4000000000000002").await, 402);
    let page = desk.till.get(&format!("/v1/checkout/sessions/{session}")).await;
    let consent = page["client_reference_id"].as_str().unwrap();
    let (payments, organisation) = (&desk.till.payments, &desk.till.organisation);
    payments.look_at_card_page(organisation, consent, desk.till.now()).await.unwrap();
    desk.hear().await;
    assert_eq!(desk.card().await, None);
}

async fn a_late_event_brings_no_removed_card_back(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    desk.save(GOOD).await;
    let event = desk.till.event("setup_intent.succeeded").await;
    let (payments, now) = (&desk.till.payments, desk.till.now());
    payments.remove_card(&desk.till.organisation, now).await.unwrap();
    let mut late = event.clone();
    late["id"] = "evt_late".into();
    assert_eq!(desk.till.send_event(&late).await, 200);
    desk.hear().await;
    assert_eq!(desk.card().await, None);
}

async fn another_card_takes_the_place_of_the_first(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let first = desk.save(GOOD).await;
    desk.usual().await;
    let second = desk.save(OTHER).await;
    assert_eq!(second.last_four, "4444");
    assert_eq!(at_the_provider(&desk.till, &first.customer_ref).await, ["4444"]);
    desk.hear().await;
    assert_eq!(ended(&desk).await, (true, None), "the first one's end is nobody's concern");
}

async fn a_renewed_card_is_shown_as_it_is_now(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let card = desk.save(GOOD).await;
    let path = format!("/control/payment_methods/{}/replace", card.method_ref);
    desk.till.post(&path, &[("exp_month", "3"), ("exp_year", "2040")]).await;
    desk.hear().await;
    let shown = desk.view(None).await.card.unwrap();
    assert_eq!(shown.expires, "03/2040");
}

async fn a_card_taken_away_at_the_provider_turns_auto_top_up_off_and_tells(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let card = desk.save(GOOD).await;
    desk.usual().await;
    desk.till.post(&format!("/v1/payment_methods/{}/detach", card.method_ref), &[]).await;
    desk.hear().await;
    assert_eq!(desk.card().await, None);
    assert_eq!(ended(&desk).await, (false, Some(Ended::CardRemoved)));
    assert_eq!(desk.told().await, ["Auto top-up is off"]);
    desk.spend("work", "99").await;
    desk.look().await;
    assert!(desk.attempts().await.is_empty());
    desk.save(GOOD).await;
    desk.usual().await;
    assert!(desk.told().await.is_empty(), "switched on again, it is cured");
}

async fn an_event_that_only_claims_it_takes_nothing_away(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let card = desk.save(GOOD).await;
    let event = event_about_card("evt_claim", "payment_method.detached", &card.method_ref);
    assert_eq!(desk.till.send_event(&event).await, 200);
    desk.hear().await;
    assert!(desk.card().await.is_some(), "the provider still has it");
}

async fn removing_the_card_here_takes_it_away_there(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let card = desk.save(GOOD).await;
    desk.usual().await;
    let (payments, organisation) = (&desk.till.payments, &desk.till.organisation);
    for _ in 0..2 {
        payments.remove_card(organisation, desk.till.now()).await.unwrap();
    }
    assert_eq!(at_the_provider(&desk.till, &card.customer_ref).await, Vec::<String>::new());
    assert_eq!(desk.card().await, None);
    assert_eq!(ended(&desk).await, (false, Some(Ended::CardRemoved)));
    desk.hear().await;
    assert_eq!(desk.told().await.len(), 1, "told once");
    let consent = saved_card::find_consent(desk.till.db(), &card.consent).await.unwrap();
    assert!(consent.is_some(), "what was agreed to stays on record");
}

async fn an_expired_card_turns_auto_top_up_off_and_tells(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let card = desk.save(GOOD).await;
    desk.usual().await;
    let path = format!("/control/payment_methods/{}/replace", card.method_ref);
    desk.till.post(&path, &[("exp_month", "9"), ("exp_year", "2026")]).await;
    desk.hear().await;
    desk.look().await;
    assert_eq!(ended(&desk).await, (true, None), "good to the end of September");
    desk.till.pass(10 * 24 * HOUR);
    desk.look().await;
    assert_eq!(ended(&desk).await, (false, Some(Ended::CardExpired)), "whatever the balance is");
    assert_eq!(desk.told().await, ["Auto top-up is off"]);
    assert!(desk.view(None).await.card.unwrap().is_expired);
    let refused = desk.switch_on(Desk::choice("25", "pack-200", "", "500")).await;
    assert!(refused.is_err(), "not with this card");
}

async fn consents_of_others_are_not_found(database: TestDatabase) {
    let desk = Desk::open(database, "100").await;
    let card = desk.save(GOOD).await;
    let stranger = OrganisationId::parse("org_southwind").unwrap();
    let (payments, now) = (&desk.till.payments, desk.till.now());
    let looked = payments.look_at_card_page(&stranger, &card.consent, now).await;
    assert!(matches!(looked, Err(PaymentError::NotFound)));
}
