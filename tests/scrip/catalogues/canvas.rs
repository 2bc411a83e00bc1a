//! `canvas`: the price by model, output, length and resolution stands in the model selector next to the
//! balance; it is held before, settled on success, and all of it comes back on failure.

use super::*;
use scrip::ledger::time::DAY;

crate::on_both_databases!(
    a_designer_compares_models_generates_and_loses_nothing_to_a_failure,
    four_sources_are_spent_in_their_order_and_the_reset_leaves_what_was_bought,
);

const VIDEO: &str =
    "/prices?operation=generation&output=video&model=standard&resolution=720p&seconds=5";

async fn a_designer_compares_models_generates_and_loses_nothing_to_a_failure(
    database: TestDatabase,
) {
    let shop = Shop::open(database, "canvas").await;
    shop.grant(Source::Purchased, "100").await;
    let otto = shop.otto().await;

    // Each model with its cost for these settings, and what the balance does not cover.
    let page = otto.get(VIDEO).await;
    let costs = page.texts("[data-operation=generation] [data-cost]");
    assert_eq!(costs, ["20 credits", "50 credits", "125 credits"], "a better model costs more");
    let beyond = page.texts("[data-operation=generation] .pack .badge.warn");
    assert_eq!(beyond, ["More than is available"], "only the last one");
    assert_eq!(page.texts("[data-testid=available]"), ["100"]);
    assert_eq!(page.texts("[data-operation=generation] [data-testid=left-after]"), ["50"]);
    let price = |more: &'static str| {
        let otto = &otto;
        async move {
            let page = otto.get(&format!("/prices?operation=generation&model=draft&{more}")).await;
            page.texts("[data-operation=generation] [data-testid=price]").join("")
        }
    };
    let video = price("output=video&resolution=720p&seconds=5").await;
    assert_eq!(video, "20 credits");
    assert_eq!(price("output=video&resolution=720p&seconds=10").await, "40 credits", "longer");
    assert_eq!(price("output=video&resolution=1080p&seconds=5").await, "30 credits", "larger");
    assert_eq!(price("output=image&resolution=720p&images=1").await, "2 credits", "an image");

    // Held before it begins, charged when it succeeds.
    let settings =
        [("output", "video"), ("model", "standard"), ("resolution", "720p"), ("seconds", "5")];
    let kept = shop.quote("generation", &settings).await;
    let hold = shop.hold(&kept).await.unwrap();
    assert_eq!(shop.available().await, "50", "before the model begins");
    shop.settle(&hold, "50").await;

    // A failure gives everything back.
    let again = shop.hold(&kept).await.unwrap();
    assert_eq!(shop.available().await, "0");
    shop.release(&again).await;
    assert_eq!(shop.available().await, "50");
    let usage = otto.get("/credits").await;
    assert_eq!(usage.texts("tbody td[data-label=Credits]"), ["−50"], "one line of usage");
    says(&usage, "Generation");
    shop.books_are_right().await;
}

async fn four_sources_are_spent_in_their_order_and_the_reset_leaves_what_was_bought(
    database: TestDatabase,
) {
    let shop = Shop::open(database, "canvas").await;
    for source in [Source::Referral, Source::Promotional, Source::Purchased] {
        shop.grant(source, "10").await;
    }
    shop.give_free_plans().await;
    let sources = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(label, left)| ((*label).into(), (*left).into())).collect()
    };
    assert_eq!(
        shop.sources().await,
        sources(&[
            ("Subscription", "50"),
            ("Purchased", "10"),
            ("Promotional", "10"),
            ("Referral", "10"),
        ])
    );

    // 65 credits: all of the plan's, all that was bought, half of what was promoted.
    let text = [("output", "text"), ("model", "premium"), ("words", "13000")];
    shop.run("generation", &text).await;
    let left = sources(&[("Promotional", "5"), ("Referral", "10")]);
    assert_eq!(shop.sources().await, left);

    // After the reset: what is left of the others and the new allowance.
    shop.grant(Source::Purchased, "40").await;
    shop.premises.clock.advance(31 * DAY);
    assert_eq!(shop.available().await, "105", "50 + 40 + 5 + 10");
    let otto = shop.otto().await;
    let billing = otto.get("/settings/billing").await;
    for card in ["1. Subscription", "2. Purchased", "3. Promotional", "4. Referral"] {
        says(&billing, card);
    }
    shop.books_are_right().await;
}
