//! `ai-suite`: a monthly allowance without rollover, chat and chatbots by total tokens and model, packs that
//! never expire, warnings below 20 % and 5 % of the allowance.

use super::*;
use scrip::catalogue::Validity;
use scrip::ledger::Allowance;
use scrip::ledger::time::DAY;

crate::on_both_databases!(a_free_account_chats_through_its_month_and_is_warned_twice);

async fn a_free_account_chats_through_its_month_and_is_warned_twice(database: TestDatabase) {
    let shop = Shop::open(database, "ai-suite").await;
    what_is_sold(&shop).await;
    let otto = shop.otto().await;
    shop.give_free_plans().await;
    assert_eq!(shop.available().await, "100");

    // The cost is on the page, for every model, next to the balance.
    let chat = "/prices?operation=chat&model=standard&tokens_in=1500&tokens_out=500";
    let page = otto.get(chat).await;
    assert_eq!(page.texts("[data-operation=chat] [data-testid=price]"), ["4 credits"]);
    let costs = page.texts("[data-operation=chat] [data-cost]");
    assert_eq!(costs, ["1 credit", "4 credits", "20 credits"]);
    assert_eq!(page.texts("[data-testid=available]"), ["100"]);
    let long = "/prices?operation=conversation&model=small&turns=10&question=150&answer=350";
    let page = otto.get(long).await;
    assert_eq!(page.texts("[data-operation=conversation] [data-testid=price]"), ["13.75 credits"]);

    // Chat and chatbots cost the same for the same tokens, in and out together.
    let tokens = [("model", "large"), ("tokens_in", "1500"), ("tokens_out", "500")];
    assert_eq!(shop.quote("chat", &tokens).await.quote.most, credits("20"));
    assert_eq!(shop.quote("chatbot", &tokens).await.quote.most, credits("20"));

    // 100 → 20 is not below 20 % yet; one credit more is; then below 5 %.
    for _ in 0..4 {
        shop.run("chat", &tokens).await;
    }
    assert_eq!(shop.banner(&otto).await, None);
    shop.run("chat", &[("model", "small"), ("tokens_in", "2000"), ("tokens_out", "0")]).await;
    let low = shop.banner(&otto).await.expect("a banner");
    assert!(low.contains("19 credits left: below 20 % of 100."), "{low}");
    shop.run("chatbot", &[("model", "large"), ("tokens_in", "1000"), ("tokens_out", "450")]).await;
    let low = shop.banner(&otto).await.expect("a banner");
    assert!(
        low.contains("Credits are nearly gone")
            && low.contains("4.5 credits left: below 5 % of 100."),
        "{low}"
    );

    // Out of credits, chat is refused with what is missing; a pack would cure it.
    let kept = shop.quote("chat", &tokens).await;
    let refusal = shop.hold(&kept).await.expect_err("not covered");
    assert_eq!(refusal.code(), "insufficient_credits");

    // The month resets: what is left lapses, 100 new ones are there; bought ones stay.
    shop.grant(Source::Purchased, "1000").await;
    shop.premises.clock.advance(31 * DAY);
    shop.give_free_plans().await;
    assert_eq!(
        shop.sources().await,
        [("Subscription".into(), "100".into()), ("Purchased".into(), "1000".into())]
    );
    // A month is longer than any session.
    let otto = shop.otto().await;
    let billing = otto.get("/settings/billing").await;
    says(&billing, "1. Subscription");
    says(&billing, "2. Purchased");
    let header = otto.get("/").await.texts(".balance").join(" ");
    assert!(header.contains("1,100"), "{header}");
    shop.books_are_right().await;
}

/// The plans and packs of the pricing page.
async fn what_is_sold(shop: &Shop) {
    let suite = &shop.premises.backend.catalogue;
    let plan = |code: &str| suite.plan(code).cloned().expect("it is offered");
    assert_eq!(plan("free").allowance, Allowance::Credits(credits("100")));
    assert!(plan("free").is_free() && plan("free").limits.contains(&"1 chatbot".to_owned()));
    let pro = plan("pro");
    assert_eq!(pro.allowance, Allowance::Credits(credits("5000")));
    assert_eq!(pro.price().map(|price| price.minor), Some(2_900));
    for limit in ["5 chatbots", "API access"] {
        assert!(pro.limits.contains(&limit.to_owned()), "{limit}");
    }
    assert_eq!(plan("custom").allowance, Allowance::Unlimited);
    let packs: Vec<_> = suite.packs.iter().map(|pack| (pack.credits, pack.price.minor)).collect();
    assert_eq!(packs, [(credits("1000"), 1_000), (credits("5000"), 4_500)]);
    assert!(suite.packs.iter().all(|pack| pack.validity == Validity::NeverExpires));
    let page = shop.otto().await.get("/credits/buy").await;
    says(&page, "$10.00");
    says(&page, "$45.00");
    says(&page, "Credits never expire");
}
