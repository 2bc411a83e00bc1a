//! `campaigns`: prices in ranges and a list of what is free, an estimate before launch, packs with their
//! price per credit, warnings below 100 and at 10, and an operation that the balance does not cover.

use super::*;
use scrip::catalogue::{AtZero, Validity};

crate::on_both_databases!(a_campaign_is_estimated_launched_and_blocked_when_credits_run_short);

/// An operation, its inputs, and its price.
type PriceRow = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// What each row of the price list says.
const PRICES: [PriceRow; 11] = [
    ("content", &[("posts", "1")], "1–3 credits"),
    ("regeneration", &[("posts", "1")], "1–3 credits"),
    ("strategy", &[], "2–5 credits"),
    ("assistant-question", &[], "0–1 credit"),
    ("assistant-analysis", &[], "1–3 credits"),
    ("assistant-suggestions", &[], "1–2 credits"),
    ("single-post", &[], "1 credit"),
    ("multi-platform", &[("platforms", "1")], "1–2 credits"),
    ("multi-platform", &[("platforms", "3")], "3–6 credits"),
    ("rss", &[("items", "1")], "1 credit"),
    ("optimisation", &[], "1–2 credits"),
];

/// Typical campaigns: platforms, weeks, posts a week, complexity, and their estimate.
const CAMPAIGNS: [(&str, &str, &str, &str, &str); 3] = [
    ("1", "1", "8", "standard", "10–20 credits"),
    ("2", "2", "7", "standard", "30–60 credits"),
    ("4", "4", "3", "complex", "50–150 credits"),
];

async fn a_campaign_is_estimated_launched_and_blocked_when_credits_run_short(
    database: TestDatabase,
) {
    let shop = Shop::open(database, "campaigns").await;
    what_is_sold(&shop).await;
    shop.grant(Source::Purchased, "130").await;
    let otto = shop.otto().await;

    let page = otto.get("/prices").await;
    for (operation, inputs, price) in PRICES {
        let quote = shop.quote(operation, inputs).await.quote;
        let told = scrip::catalogue::rate::words::range(quote.least, quote.most);
        assert_eq!(told, price, "{operation}");
        assert!(!page.texts(&format!("[data-operation={operation}] h2")).is_empty(), "{operation}");
    }
    let free = page.texts("[data-testid=free] li");
    assert_eq!(free.len(), 8);
    for name in ["Scheduling posts", "Publishing content", "Editing existing content"] {
        assert!(free.contains(&name.to_owned()), "{name}");
    }
    assert_eq!(shop.quote("publishing", &[]).await.quote.most, Credits::ZERO);

    for (platforms, weeks, posts, complexity, estimate) in CAMPAIGNS {
        let address = format!(
            "/prices?operation=campaign&platforms={platforms}&weeks={weeks}&posts_a_week={posts}&complexity={complexity}"
        );
        let page = otto.get(&address).await;
        assert_eq!(page.texts("[data-operation=campaign] [data-testid=price]"), [estimate]);
    }

    // The dearest is held; what was used is charged, the rest comes back.
    let settings =
        [("platforms", "2"), ("weeks", "2"), ("posts_a_week", "7"), ("complexity", "standard")];
    let kept = shop.quote("campaign", &settings).await;
    let hold = shop.hold(&kept).await.unwrap();
    assert_eq!(shop.available().await, "70");
    shop.settle(&hold, "41").await;
    assert_eq!(shop.available().await, "89");
    let low = shop.banner(&otto).await.expect("a banner");
    assert!(
        low.contains("Credits are running low") && low.contains("89 credits left: fewer than 100."),
        "{low}"
    );

    // What the balance does not cover is blocked before it starts, with the shortfall and the cure.
    let full = "/prices?operation=campaign&platforms=4&weeks=4&posts_a_week=3&complexity=complex";
    let page = otto.get(full).await;
    let short = page.texts("[data-operation=campaign] [data-testid=shortfall]").join(" ");
    assert!(short.starts_with("61 credits short."), "{short}");
    assert!(short.contains("goes on by itself") && short.contains("Buy credits"), "{short}");
    let settings =
        [("platforms", "4"), ("weeks", "4"), ("posts_a_week", "3"), ("complexity", "complex")];
    let kept = shop.quote("campaign", &settings).await;
    assert_eq!(kept.quote.at_zero, AtZero::Park);
    let refusal = shop.hold(&kept).await.expect_err("not covered");
    assert_eq!(refusal.code(), "insufficient_credits");
    assert_eq!(shop.available().await, "89", "nothing was taken");

    // Critical: fewer than ten.
    for _ in 0..4 {
        shop.run("rss", &[("items", "20")]).await;
    }
    let low = shop.banner(&otto).await.expect("a banner");
    assert!(
        low.contains("Credits are nearly gone") && low.contains("9 credits left: fewer than 10."),
        "{low}"
    );

    // Billing: what was ever used, the last transaction, and usage filtered by operation.
    let credits = otto.get("/credits").await;
    says(&credits, "Lifetime used121");
    says(&credits, "Last transaction");
    let rss = otto.get("/credits?view=usage&operation=rss").await;
    assert_eq!(rss.texts("tbody td[data-label=Credits]"), ["−20"; 4]);
    says(&rss, "RSS content processing");
    shop.books_are_right().await;
}

async fn what_is_sold(shop: &Shop) {
    let campaigns = &shop.premises.backend.catalogue;
    let packs: Vec<_> = campaigns
        .packs
        .iter()
        .map(|pack| {
            assert_eq!(pack.validity, Validity::Months(12));
            (pack.credits.to_string(), pack.price.minor, pack.price_per_credit().tenths_of_minor())
        })
        .collect();
    let expected = [
        ("100", 1_000, 100),
        ("250", 2_500, 100),
        ("550", 5_000, 91),
        ("1100", 10_000, 91),
        ("2350", 20_000, 85),
    ];
    assert_eq!(packs, expected.map(|(credits, price, each)| (credits.to_owned(), price, each)));
    let page = shop.otto().await.get("/credits/buy").await;
    for price in ["$0.100 per credit", "$0.091 per credit", "$0.085 per credit"] {
        says(&page, price);
    }
    says(&page, "Credits valid for 12 months");
}
