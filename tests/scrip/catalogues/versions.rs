//! Versions of the catalogue: written once, in force from their time on, on every node; and what a card would
//! have made of usage that is settled.

use super::*;
use scrip::backend::catalogue::reprice::reprice;
use scrip::backend::catalogue::{ApplyError, Catalogues};
use scrip::ledger::time::{DAY, MINUTE};

crate::on_both_databases!(
    the_first_start_writes_the_first_version_and_later_ones_do_not,
    a_version_takes_effect_at_its_time_on_every_node_without_a_restart,
    a_version_can_be_taken_back_before_it_takes_effect_and_not_after,
    a_wrong_catalogue_is_refused_and_nothing_changes,
    two_who_apply_at_once_get_two_numbers,
    a_card_is_compared_with_the_usage_that_is_settled,
);

fn renamed(name: &str) -> String {
    shipped("ai-suite").unwrap().replace("name = \"AI suite\"", &format!("name = \"{name}\""))
}

async fn the_first_start_writes_the_first_version_and_later_ones_do_not(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let (catalogues, now) = (&shop.premises.backend.catalogues, shop.now());
    assert_eq!(catalogues.in_force(now).number, 0);
    assert!(catalogues.begin(&renamed("Ours"), now).await.unwrap());
    let first = catalogues.in_force(now);
    assert_eq!((first.number, first.catalogue.name.as_str()), (1, "Ours"));
    // Another start, with another file: the version in force stays.
    let node = Catalogues::new(shop.premises.backend.db.clone(), catalogue("canvas"));
    assert!(!node.begin(&renamed("Theirs"), now).await.unwrap(), "and says that it differs");
    assert_eq!(node.in_force(now).catalogue.name, "Ours");
    assert_eq!(node.history().await.unwrap().len(), 1);
}

async fn a_version_takes_effect_at_its_time_on_every_node_without_a_restart(
    database: TestDatabase,
) {
    let shop = Shop::open(database, "ai-suite").await;
    let (backend, now) = (&shop.premises.backend, shop.now());
    let other = Catalogues::new(backend.db.clone(), catalogue("canvas"));
    backend.catalogues.begin(shipped("ai-suite").unwrap(), now).await.unwrap();
    let at = now.plus(10 * MINUTE);
    let text = renamed("Tomorrow").replace("standard = \"2\"", "standard = \"3\"");
    assert_eq!(backend.catalogues.apply(&text, at, "a test", now).await.unwrap(), 2);
    other.step(now).await.unwrap();
    let chat = "/prices?operation=chat&model=standard&tokens_in=2000&tokens_out=0";
    let otto = shop.otto().await;
    let price = |page: &Page| page.texts("[data-operation=chat] [data-testid=price]").join("");
    shop.premises.clock.advance(10 * MINUTE - 1);
    assert_eq!(price(&otto.get(chat).await), "4 credits");
    assert_eq!(other.in_force(shop.now()).number, 1);
    shop.premises.clock.advance(1);
    assert_eq!(price(&otto.get(chat).await), "6 credits");
    says(&otto.get(chat).await, "What everything costs with “Tomorrow”");
    assert_eq!(other.in_force(shop.now()).catalogue.name, "Tomorrow");
    assert_eq!(backend.current().catalogue.name, "Tomorrow");
}

async fn a_version_can_be_taken_back_before_it_takes_effect_and_not_after(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let (catalogues, now) = (&shop.premises.backend.catalogues, shop.now());
    catalogues.begin(shipped("ai-suite").unwrap(), now).await.unwrap();
    let at = now.plus(10 * MINUTE);
    catalogues.apply(&renamed("Never"), at, "a test", now).await.unwrap();
    catalogues.apply(&renamed("Later"), at.plus(MINUTE), "a test", now).await.unwrap();
    assert!(catalogues.withdraw(2, "a test", now).await.unwrap());
    assert!(!catalogues.withdraw(2, "a test", now).await.unwrap(), "once only");
    shop.premises.clock.advance(11 * MINUTE);
    assert_eq!(catalogues.in_force(shop.now()).catalogue.name, "Later");
    assert!(!catalogues.withdraw(3, "a test", shop.now()).await.unwrap(), "it is in force");
    let history = catalogues.history().await.unwrap();
    let withdrawn: Vec<_> =
        history.iter().map(|version| (version.number, version.withdrawn_at.is_some())).collect();
    assert_eq!(withdrawn, [(3, false), (2, true), (1, false)]);
}

async fn a_wrong_catalogue_is_refused_and_nothing_changes(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let (catalogues, now) = (&shop.premises.backend.catalogues, shop.now());
    catalogues.begin(shipped("ai-suite").unwrap(), now).await.unwrap();
    let wrong = renamed("Wrong").replace("per = 1000", "per = 0");
    let error = catalogues.apply(&wrong, now.plus(MINUTE), "a test", now).await.expect_err("wrong");
    let told = error.to_string();
    assert!(told.contains("operations[0].charges[0].per"), "{told}");
    assert!(told.contains("Write 1 to"), "{told}");
    let soon = catalogues.apply(&renamed("Soon"), now, "a test", now).await;
    assert!(matches!(soon, Err(ApplyError::TooSoon)), "not every node would know it in time");
    assert_eq!(catalogues.history().await.unwrap().len(), 1);
}

async fn two_who_apply_at_once_get_two_numbers(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let (backend, now) = (&shop.premises.backend, shop.now());
    let other = Catalogues::new(backend.db.clone(), catalogue("canvas"));
    backend.catalogues.begin(shipped("ai-suite").unwrap(), now).await.unwrap();
    let at = now.plus(MINUTE);
    let (one, two) = (renamed("One"), renamed("Two"));
    let (first, second) = tokio::join!(
        backend.catalogues.apply(&one, at, "one", now),
        other.apply(&two, at, "two", now)
    );
    let mut numbers = [first.unwrap(), second.unwrap()];
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3]);
    // Both take effect at one instant: the higher number is in force, on both nodes.
    backend.catalogues.step(now).await.unwrap();
    other.step(now).await.unwrap();
    assert_eq!((backend.catalogues.in_force(at).number, other.in_force(at).number), (3, 3));
}

async fn a_card_is_compared_with_the_usage_that_is_settled(database: TestDatabase) {
    let shop = Shop::open(database, "campaigns").await;
    shop.grant(Source::Purchased, "200").await;
    let from = shop.now();
    shop.run("rss", &[("items", "20")]).await;
    let hold = shop.hold(&shop.quote("strategy", &[]).await).await.unwrap();
    shop.settle(&hold, "2.5").await;
    let charge = Command::Charge { amount: credits("7"), attribution: Attribution::default() };
    shop.order(charge).await.unwrap();
    let text = shipped("campaigns").unwrap();
    let dearer = text
        .replace("times = [\"items\"], price = \"1\"", "times = [\"items\"], price = \"1.5\"")
        .replace(
            "price = { min = \"2\", max = \"5\" } }]",
            "price = { min = \"2\", max = \"10\" } }]",
        );
    let card = from_toml("dearer", &dearer).unwrap();
    let db = &shop.premises.backend.db;
    let compared = reprice(db, &card, (from, from.plus(DAY))).await.unwrap();
    let rows: Vec<_> = compared
        .rows
        .iter()
        .map(|row| {
            let figures = [row.charged, row.would_be, row.difference()].map(|it| it.to_string());
            (row.name.as_str(), row.runs, figures)
        })
        .collect();
    let figures = |texts: [&str; 3]| texts.map(str::to_owned);
    assert_eq!(
        rows,
        [
            ("RSS content processing", 1, figures(["20", "30", "10"])),
            ("Strategy analysis", 1, figures(["2.5", "5", "2.5"])),
        ]
    );
    assert_eq!(compared.unknown, (1, credits("7")), "without a quote its inputs are not known");
    assert_eq!(compared.difference(), credits("12.5"));
    let later = reprice(db, &card, (from.plus(DAY), from.plus(2 * DAY))).await.unwrap();
    assert!(later.rows.is_empty() && later.unknown == (0, Credits::ZERO));
}
