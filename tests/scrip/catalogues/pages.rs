//! `/prices` and `/prices/quoted` as people without scripts read them.

use super::*;

crate::on_both_databases!(
    the_card_is_in_everyones_menu_and_opens_at_the_operation_asked_for,
    wrong_inputs_are_told_at_their_fields_and_nothing_is_priced,
    after_some_runs_the_page_says_what_they_came_to,
    without_runs_the_page_of_quotes_says_so,
);

async fn the_card_is_in_everyones_menu_and_opens_at_the_operation_asked_for(
    database: TestDatabase,
) {
    let shop = Shop::open(database, "ai-suite").await;
    for visitor in [shop.premises.member().await, shop.otto().await] {
        assert!(visitor.get("/").await.links().contains(&"/prices".to_owned()));
        let page = visitor.get("/prices?operation=image&quality=high&images=3").await;
        assert_eq!(page.texts("details[open] > summary h2"), ["Image"]);
        assert_eq!(page.texts("details[open] [data-testid=price]"), ["60 credits"]);
        assert_eq!(page.texts("details[open] button"), ["Update cost"]);
        says(&page, "Each line is rounded up to 0.01 credits.");
    }
    let form = shop.otto().await.get("/prices").await;
    assert!(form.attributes("form[method=get]", "action").contains(&"/prices#chat".to_owned()));
}

async fn wrong_inputs_are_told_at_their_fields_and_nothing_is_priced(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    let address = "/prices?operation=chat&model=huge&tokens_in=1.5&tokens_out=%3Cscript%3E";
    let page = shop.otto().await.get(address).await;
    let wrong = page.texts("[data-operation=chat] .field > .wrong");
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    assert!(wrong[0].contains("Choose one of small, standard, large."), "{wrong:?}");
    assert!(wrong[1].contains("Write a whole number."), "{wrong:?}");
    assert!(page.texts("[data-operation=chat] [data-testid=price]").is_empty());
    assert!(!page.text.contains("<script>\""), "what was typed is text");
}

async fn after_some_runs_the_page_says_what_they_came_to(database: TestDatabase) {
    let shop = Shop::open(database, "campaigns").await;
    shop.grant(Source::Purchased, "100").await;
    let otto = shop.otto().await;
    for charged in ["2", "3", "2", "5"] {
        let hold = shop.hold(&shop.quote("strategy", &[]).await).await.unwrap();
        shop.settle(&hold, charged).await;
    }
    assert!(otto.get("/prices").await.texts("[data-testid=learned]").is_empty(), "too few");
    let hold = shop.hold(&shop.quote("strategy", &[]).await).await.unwrap();
    shop.settle(&hold, "4").await;
    let page = otto.get("/prices").await;
    assert_eq!(
        page.texts("[data-operation=strategy] [data-testid=learned]"),
        [
            "Your last 5 runs came to 2–5 credits; half of them to at most 3, nine of ten to at most 5."
        ]
    );
    let quoted = otto.get("/prices/quoted").await;
    assert_eq!(quoted.texts("tbody td[data-label=Charged]"), ["4", "5", "2", "3", "2"]);
    says(&quoted, "2–5 credits");
    let stranger = shop.premises.member().await.get("/prices/quoted").await;
    says(&stranger, "Nothing has been quoted and charged yet");
}

async fn without_runs_the_page_of_quotes_says_so(database: TestDatabase) {
    let shop = Shop::open(database, "canvas").await;
    let page = shop.otto().await.get("/prices/quoted").await;
    assert_eq!(page.code(), 200);
    says(&page, "Nothing has been quoted and charged yet");
    assert_eq!(shop.otto().await.get("/prices/quoted?before=x").await.code(), 404);
}
