//! Staff change the catalogue: look first, apply at a time, take back before it.

use super::*;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use scrip::catalogue::parse::BUILT_IN_TEXT;

on_both_databases!(
    a_text_is_looked_at_before_it_is_applied_and_takes_effect_at_its_time,
    a_wrong_text_is_shown_again_with_line_field_and_cure,
    a_version_to_come_is_taken_back_and_one_in_force_is_not,
    who_looked_at_an_older_version_looks_again,
);

const PAGE: &str = "/admin/catalogue";

async fn hand_in(staff: &Visitor, text: &str) -> Page {
    staff.post_form(PAGE, "check_catalogue", &[("text", text)]).await
}

async fn apply(staff: &Visitor, draft: &str, at: &str) -> Page {
    let against = staff.get(draft).await.field("apply_catalogue", "against").unwrap();
    let digest = draft.rsplit('/').next().unwrap();
    let fields = [("digest", digest), ("against", against.as_str()), ("at", at)];
    staff.post_form(draft, "apply_catalogue", &fields).await
}

/// The catalogue that ships, under another name.
fn renamed(name: &str) -> String {
    BUILT_IN_TEXT.replacen("Ad compliance", name, 1)
}

async fn a_text_is_looked_at_before_it_is_applied_and_takes_effect_at_its_time(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let name = || premises.backend.current().catalogue.name.clone();
    let before = name();
    let checked = hand_in(&staff, &renamed("Our office").replace('\n', "\r\n")).await;
    assert_eq!(checked.code(), 303, "{}", checked.says());
    let draft = checked.location().to_owned();
    let seen = staff.get(&draft).await.says();
    assert!(seen.contains("Our office") && seen.contains("Nothing has changed yet"), "{seen}");
    let digest = draft.rsplit('/').next().unwrap();
    let again = staff.get(&format!("{PAGE}?draft={digest}")).await;
    assert!(again.text.contains("Our office"), "nobody writes it twice");
    let applied = apply(&staff, &draft, "").await;
    assert_eq!((applied.code(), applied.location()), (303, "/admin/catalogue/1"));
    assert_eq!(name(), before, "not at once");
    premises.clock.advance(scrip::backend::catalogue::APPLY_LEAD);
    assert_eq!(name(), "Our office");
    let listed = staff.get(PAGE).await;
    assert!(listed.says().contains("In force") && listed.says().contains("otto"), "by whom");
    assert!(listed.text.contains("Our office"), "the next one begins with it");
    let log = staff.get("/admin/log").await.says();
    assert!(log.contains("Applied version 1 of the catalogue"), "{log}");
    // The same form again is the same version.
    let again = apply_again(&staff, &draft).await;
    assert_eq!(again.location(), "/admin/catalogue/1");
}

async fn apply_again(staff: &Visitor, draft: &str) -> Page {
    let digest = draft.rsplit('/').next().unwrap();
    let fields = [("digest", digest), ("against", "0"), ("at", "")];
    staff.post_form(draft, "apply_catalogue", &fields).await
}

async fn a_wrong_text_is_shown_again_with_line_field_and_cure(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let refused = hand_in(&staff, "code = 1\n# mine").await;
    assert_eq!(refused.code(), 422);
    assert!(refused.says().contains("line 1, code"), "{}", refused.says());
    assert!(refused.text.contains("# mine"), "what was typed is there still");
}

async fn a_version_to_come_is_taken_back_and_one_in_force_is_not(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let draft = hand_in(&staff, &renamed("Later")).await.location().to_owned();
    assert_eq!(apply(&staff, &draft, "2999-01-01T00:00").await.code(), 303);
    assert!(staff.get(PAGE).await.says().contains("To come"));
    let back = [("number", "1")];
    assert_eq!(staff.post_form(PAGE, "withdraw_catalogue", &back).await.code(), 303);
    assert!(staff.get(PAGE).await.says().contains("Taken back"));

    let draft = hand_in(&staff, &renamed("Now")).await.location().to_owned();
    assert_eq!(apply(&staff, &draft, "").await.code(), 303);
    premises.clock.advance(scrip::backend::catalogue::APPLY_LEAD);
    let refused = staff.post_form(PAGE, "withdraw_catalogue", &[("number", "2")]).await;
    assert_eq!(refused.code(), 409);

    let draft = hand_in(&staff, &renamed("Too late")).await.location().to_owned();
    let past = apply(&staff, &draft, "2001-01-01T00:00").await;
    assert!(past.code() == 422 && past.says().contains("at the earliest"), "{}", past.says());
}

async fn who_looked_at_an_older_version_looks_again(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let mine = hand_in(&staff, &renamed("Mine")).await.location().to_owned();
    let against = staff.get(&mine).await.field("apply_catalogue", "against").unwrap();
    let other = hand_in(&staff, &renamed("Other")).await.location().to_owned();
    assert_eq!(apply(&staff, &other, "").await.code(), 303);
    premises.clock.advance(scrip::backend::catalogue::APPLY_LEAD);
    let digest = mine.rsplit('/').next().unwrap();
    let fields = [("digest", digest), ("against", against.as_str()), ("at", "")];
    let refused = staff.post_form(&mine, "apply_catalogue", &fields).await;
    assert_eq!(refused.code(), 409, "{}", refused.says());
}
