//! A quote binds for half an hour, whatever the catalogue becomes.

use super::*;
use scrip::backend::quotes::{QUOTE_BINDS, QUOTE_KEPT, QuoteError};
use scrip::ledger::QuoteId;
use scrip::ledger::time::SECOND;

crate::on_both_databases!(
    a_quote_keeps_its_price_and_its_version_until_it_expires,
    a_quote_of_another_organisation_is_not_there,
    a_request_that_the_card_refuses_makes_no_quote,
    quotes_that_were_never_used_are_forgotten_and_used_ones_stay,
    a_price_shown_before_a_change_is_what_an_analysis_costs,
);

const CHAT: [(&str, &str); 3] =
    [("model", "standard"), ("tokens_in", "1500"), ("tokens_out", "500")];

async fn dearer_chat(shop: &Shop) {
    let text = shipped("ai-suite").unwrap().replace("standard = \"2\"", "standard = \"3\"");
    let (catalogues, now) = (&shop.premises.backend.catalogues, shop.now());
    catalogues.begin(shipped("ai-suite").unwrap(), now).await.unwrap();
    catalogues.apply(&text, now.plus(60 * SECOND), "a test", now).await.unwrap();
    shop.premises.clock.advance(60 * SECOND);
}

async fn a_quote_keeps_its_price_and_its_version_until_it_expires(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let kept = shop.quote("chat", &CHAT).await;
    assert_eq!(kept.quote.most, credits("4"));
    assert_eq!(kept.expires_at, shop.now().plus(QUOTE_BINDS));
    dearer_chat(&shop).await;
    assert_eq!(shop.quote("chat", &CHAT).await.quote.most, credits("6"));
    let backend = &shop.premises.backend;
    let found = backend.find_quote(&shop.organisation, &kept.id).await.unwrap().unwrap();
    assert_eq!(found, kept, "as it was given");
    assert!(found.is_binding(shop.now()));
    shop.premises.clock.advance(QUOTE_BINDS - 60 * SECOND - 1);
    assert!(found.is_binding(shop.now()));
    shop.premises.clock.advance(1);
    assert!(!found.is_binding(shop.now()));
}

async fn a_quote_of_another_organisation_is_not_there(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let kept = shop.quote("chat", &CHAT).await;
    let backend = &shop.premises.backend;
    assert_eq!(backend.find_quote(&shop.premises.northwind, &kept.id).await.unwrap(), None);
    let none = QuoteId::parse("quo_none").unwrap();
    assert_eq!(backend.find_quote(&shop.organisation, &none).await.unwrap(), None);
}

async fn a_request_that_the_card_refuses_makes_no_quote(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let request = QuoteRequest::of("chat", [("model", "huge")]);
    let by = Actor::Member(shop.otto.clone());
    let error = shop.premises.backend.make_quote(&shop.organisation, by, &request).await;
    let error = error.expect_err("refused");
    assert!(matches!(error, QuoteError::Refused(_)));
    let problem = error.problem().expect("it is told");
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid"));
    assert_eq!(
        problem.message_for("model"),
        Some("“huge” is not among the values of Model. Choose one of small, standard, large.")
    );
}

async fn quotes_that_were_never_used_are_forgotten_and_used_ones_stay(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    shop.grant(Source::Purchased, "10").await;
    let (used, unused) = (shop.quote("chat", &CHAT).await, shop.quote("chat", &CHAT).await);
    let hold = shop.hold(&used).await.unwrap();
    shop.settle(&hold, "3.5").await;
    shop.premises.clock.advance(QUOTE_BINDS + QUOTE_KEPT + SECOND);
    let backend = &shop.premises.backend;
    backend.purge_quotes().await.unwrap();
    assert!(backend.find_quote(&shop.organisation, &used.id).await.unwrap().is_some());
    assert_eq!(backend.find_quote(&shop.organisation, &unused.id).await.unwrap(), None);
}

async fn a_price_shown_before_a_change_is_what_an_analysis_costs(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let before = shipped("ai-suite").unwrap();
    let after =
        before.replace("price = \"1\", times = [\"text\"]", "price = \"3\", times = [\"text\"]");
    let (catalogues, now) = (&shop.premises.backend.catalogues, shop.now());
    catalogues.begin(before, now).await.unwrap();
    catalogues.apply(&after, now.plus(60 * SECOND), "a test", now).await.unwrap();
    shop.premises.clock.advance(60 * SECOND);
    // The page that was open before showed 1.
    let mia = shop.premises.member().await;
    shop.premises.report_of(&mia, "form-1").await;
    let available = |shop: &Shop| {
        let backend = shop.premises.backend.clone();
        let northwind = shop.premises.northwind.clone();
        async move { backend.balance_view(&northwind).await.unwrap().available.to_string() }
    };
    assert_eq!(available(&shop).await, "99");
    // Half an hour later it is no longer agreed.
    shop.premises.clock.advance(QUOTE_BINDS);
    let fields =
        [("form_key", "form-2"), ("title", ""), ("text", "Tea for everyone."), ("quoted", "1")];
    let body = crate::support::visitor::multipart(&fields);
    let answer = mia.post("start_analysis", "application/json", body, &[]).await;
    assert_eq!(answer.problem().code, "price_not_as_shown");
    assert!(answer.problem().detail.contains("costs 3 credits"), "{}", answer.says());
    assert_eq!(available(&shop).await, "99");
}
