//! Which figures tell, whom, and how often.

use super::*;
use crate::on_both_databases;
use scrip::ledger::Timestamp;

on_both_databases!(
    trap_11_the_first_look_neither_fires_nor_misses_for_want_of_an_earlier_value,
    a_balance_tells_once_for_each_crossing_and_again_after_it_recovered,
    of_several_levels_at_once_one_letter_goes_out_and_the_banner_follows_the_balance,
    when_nothing_is_left_it_says_so,
    a_department_and_its_admins_hear_of_its_allotment,
    a_person_hears_of_their_own_limit_and_usage_and_nobody_else_does,
    a_balance_that_lasts_for_days_only_is_told_to_the_admins,
    an_unusual_day_is_told_once,
    credits_that_expire_unused_are_told_of_at_thirty_seven_and_one_days,
    a_level_that_is_chosen_below_the_balance_waits_until_the_balance_was_above_it,
    who_wants_urgent_letters_only_gets_no_others,
);

async fn trap_11_the_first_look_neither_fires_nor_misses_for_want_of_an_earlier_value(
    database: TestDatabase,
) {
    let watch = Watch::unseen(database).await;
    // Northwind fell before anybody looked at it.
    watch.spend("97").await;
    // Southwind never had more than three.
    let (db, stranger) = (&watch.premises.backend.db, "otto@southwind.test");
    let otto = scrip::backend::store::user::find_by_email(db, stranger).await.unwrap().unwrap();
    let southwind = membership::of_user(db, &otto.id).await.unwrap().remove(0).organisation;
    watch.grant_to(&southwind, "3", |_| {}).await;
    assert_eq!(watch.told("mia").await, ["Credits are nearly gone"]);
    let reader = Reader { organisation: &southwind, user: &otto.id };
    assert!(inbox::page(db, reader, None, 10).await.unwrap().is_empty());
    // A look later is no crossing either, and one above the limit and back below it is.
    watch.pass(HOUR);
    assert_eq!(watch.told("mia").await.len(), 1);
    watch.grant_to(&southwind, "10", |_| {}).await;
    watch.premises.tell().await;
    watch
        .book(
            &southwind,
            Command::Charge { amount: "9".parse().unwrap(), attribution: Attribution::default() },
        )
        .await;
    watch.premises.tell().await;
    let told = inbox::page(db, reader, None, 10).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].detail, "4 credits left: fewer than 5.");
}

async fn a_balance_tells_once_for_each_crossing_and_again_after_it_recovered(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    assert!(watch.told("sue").await.is_empty(), "a hundred credits are fine");
    watch.spend("75").await;
    assert!(watch.told("sue").await.is_empty(), "exactly 25 are not yet fewer than 25");
    watch.spend("1").await;
    assert_eq!(watch.told("sue").await, ["Credits are running low"]);
    assert_eq!(watch.told("mia").await, ["Credits are running low"], "members see it too");
    for _ in 0..3 {
        watch.spend("0.5").await;
        watch.pass(HOUR);
        assert_eq!(watch.told("sue").await.len(), 1);
    }
    assert_eq!(watch.letters("sue"), ["Credits are running low"]);
    assert_eq!(watch.letters("ada"), ["Credits are running low"]);
    assert!(watch.letters("mia").is_empty(), "members chose no letters");
    // Just above the limit is no recovery: it flutters.
    watch.grant("3", |_| {}).await;
    watch.spend("2").await;
    assert_eq!(watch.told("sue").await.len(), 1);
    watch.grant("100", |_| {}).await;
    assert_eq!(watch.banner("sue").await, None, "it is over");
    watch.spend("100").await;
    assert_eq!(watch.told("sue").await.len(), 2);
    assert_eq!(watch.letters("sue").len(), 2);
}

async fn of_several_levels_at_once_one_letter_goes_out_and_the_banner_follows_the_balance(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    watch.spend("98").await;
    assert_eq!(watch.told("sue").await, ["Credits are nearly gone"], "one line for one fall");
    assert_eq!(watch.letters("sue"), ["Credits are nearly gone"]);
    assert_eq!(watch.banner("mia").await.as_deref(), Some("Credits are nearly gone"));
    watch.grant("10", |_| {}).await;
    assert_eq!(watch.banner("mia").await.as_deref(), Some("Credits are running low"));
    assert_eq!(watch.told("sue").await.len(), 1, "a recovery is no news");
    watch.grant("100", |_| {}).await;
    assert_eq!(watch.banner("mia").await, None);
}

async fn when_nothing_is_left_it_says_so(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.spend("100").await;
    assert_eq!(watch.told("ned").await, ["No credits are left"]);
    assert_eq!(watch.banner("ned").await.as_deref(), Some("No credits are left"));
}

async fn a_department_and_its_admins_hear_of_its_allotment(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let brand = watch.premises.brand.clone();
    // Set and nearly used before anybody looked.
    watch.limit(Subject::Department(brand.clone()), "40").await;
    watch.spend_as("33", Some(&brand), None).await;
    let title = "Little is left of Brand's allotment";
    for name in ["sue", "ada", "mia"] {
        assert_eq!(watch.told(name).await, [title], "{name}");
    }
    assert!(watch.told("ned").await.is_empty(), "ned is not of Brand");
    assert_eq!(watch.letters("sue"), [title]);
    assert!(watch.letters("mia").is_empty());
    // More is allotted, and that is nearly used as well.
    watch.limit(Subject::Department(brand.clone()), "60").await;
    assert_eq!(watch.banner("mia").await, None);
    watch.spend_as("16", Some(&brand), None).await;
    assert_eq!(watch.told("mia").await.len(), 2);
    watch.spend_as("11", Some(&brand), None).await;
    assert_eq!(watch.told("mia").await[0], "Nothing is left of Brand's allotment");
}

async fn a_person_hears_of_their_own_limit_and_usage_and_nobody_else_does(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let mia = watch.user("mia").await;
    watch.limit(Subject::Member(mia.clone()), "20").await;
    let page = watch.premises.member().await;
    let rule = [("kind", "own_usage"), ("version", "0"), ("levels", "10"), ("in_app", "yes")];
    let saved = page.post_form("/settings/alerts", "save_own_alert_rule", &rule).await;
    assert_eq!(saved.code(), 303, "{}", saved.says());
    watch.spend_as("9", None, Some(&mia)).await;
    assert!(watch.told("mia").await.is_empty());
    watch.spend_as("1", None, Some(&mia)).await;
    assert_eq!(watch.told("mia").await, ["You have used 10 credits in September 2026"]);
    watch.spend_as("7", None, Some(&mia)).await;
    assert_eq!(watch.told("mia").await[0], "Little is left of your limit");
    assert!(watch.told("sue").await.is_empty() && watch.told("ned").await.is_empty());
    assert_eq!(watch.letters("mia"), ["Little is left of your limit"], "her own usage by app only");
    // A new month begins anew.
    watch.pass(31 * DAY);
    assert_eq!(watch.told("mia").await.len(), 2);
    watch.spend_as("2", None, Some(&mia)).await;
    assert_eq!(watch.told("mia").await.len(), 2);
}

async fn a_balance_that_lasts_for_days_only_is_told_to_the_admins(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.grant("900", |_| {}).await;
    assert!(watch.told("ada").await.is_empty());
    for _ in 0..8 {
        watch.pass(DAY);
        watch.spend("100").await;
    }
    // 200 are left, 800 went in the 28 days: seven days.
    assert!(watch.told("ada").await.is_empty(), "seven days are not yet fewer than seven");
    watch.spend("10").await;
    watch.pass(HOUR);
    assert_eq!(watch.told("ada").await, ["Credits last 6 days"]);
    assert!(watch.told("mia").await.is_empty(), "members cannot do anything about it");
    assert_eq!(watch.letters("ada"), ["Credits last 6 days"]);
}

async fn an_unusual_day_is_told_once(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.grant("5000", |_| {}).await;
    for _ in 0..10 {
        watch.pass(DAY);
        watch.spend("10").await;
        assert!(watch.told("ada").await.is_empty());
    }
    watch.pass(DAY);
    watch.spend("29").await;
    assert!(watch.told("ada").await.is_empty());
    watch.pass(HOUR);
    watch.spend("5").await;
    assert_eq!(watch.told("ada").await, ["Today uses far more than usual"]);
    watch.pass(HOUR);
    watch.spend("50").await;
    assert_eq!(watch.told("ada").await.len(), 1, "once a day");
    watch.pass(DAY);
    assert_eq!(watch.banner("ada").await, None, "the day is over");
}

async fn credits_that_expire_unused_are_told_of_at_thirty_seven_and_one_days(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    let ends = watch.premises.backend.now().plus(90 * DAY);
    watch.grant("50", |grant| grant.expires_at = Some(ends)).await;
    // A month of a plan has not "only 30 days left" on its first day.
    let month = watch.premises.backend.now().plus(30 * DAY);
    watch.grant("5", |grant| grant.expires_at = Some(month)).await;
    assert!(watch.told("ada").await.is_empty());
    let at = |days: i64| ends.plus(-days * DAY);
    let mut told = Vec::new();
    for (instant, count) in [
        (month.plus(-7 * DAY), 1),
        (month.plus(-DAY), 2),
        (at(31), 2),
        (at(30), 3),
        (at(8), 3),
        (at(7), 4),
        (at(1), 5),
        (Timestamp(ends.0 - HOUR), 5),
    ] {
        watch.premises.clock.set(instant.0);
        told = watch.told("ada").await;
        assert_eq!(told.len(), count, "{told:?}");
    }
    assert!(told[0].starts_with("50 credits expire on "), "{told:?}");
    assert_eq!(watch.letters("ada").len(), 5);
    watch.premises.clock.set(ends.0 + HOUR);
    assert_eq!(watch.banner("ada").await, None, "they are gone");
}

async fn a_level_that_is_chosen_below_the_balance_waits_until_the_balance_was_above_it(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    watch.spend("60").await;
    assert!(watch.told("ada").await.is_empty());
    let ada = watch.premises.admin().await;
    watch.pass(HOUR);
    let rule = [
        ("kind", "balance_credits"),
        ("version", "0"),
        ("levels", "50, 30"),
        ("mail", "yes"),
        ("in_app", "yes"),
    ];
    let saved = ada.post_form("/settings/alerts", "save_alert_rule", &rule).await;
    assert_eq!(saved.code(), 303, "{}", saved.says());
    watch.pass(HOUR);
    assert!(watch.told("ada").await.is_empty(), "40 are left, but nothing fell below 50 since");
    watch.spend("15").await;
    assert_eq!(watch.told("ada").await, ["Credits are nearly gone"], "30 was crossed");
    watch.grant("100", |_| {}).await;
    watch.premises.tell().await;
    watch.spend("80").await;
    assert_eq!(watch.told("ada").await[0], "Credits are running low", "and now 50 was");
}

async fn who_wants_urgent_letters_only_gets_no_others(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let (ada, mia) = (watch.premises.admin().await, watch.premises.member().await);
    for (visitor, choice) in [(&ada, "urgent"), (&mia, "all")] {
        let fields = [("choice", choice)];
        let saved = visitor.post_form("/settings/alerts", "choose_alert_mail", &fields).await;
        assert_eq!(saved.code(), 303, "{}", saved.says());
    }
    watch.spend("80").await;
    watch.premises.tell().await;
    assert!(watch.letters("ada").is_empty());
    assert_eq!(watch.letters("mia"), ["Credits are running low"]);
    watch.spend("16").await;
    watch.premises.tell().await;
    assert_eq!(watch.letters("ada"), ["Credits are nearly gone"]);
}
