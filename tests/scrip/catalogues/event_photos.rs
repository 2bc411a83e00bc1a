//! `event-photos`: pay as you go from one pool, at least 1,000 credits at a time, which never expire; usage
//! by event, purchases beside it, plans for who has events every month.

use super::*;
use scrip::catalogue::Validity;

crate::on_both_databases!(a_photographer_pays_as_they_go_and_sees_where_it_went);

async fn a_photographer_pays_as_they_go_and_sees_where_it_went(database: TestDatabase) {
    let shop = Shop::open(database, "event-photos").await;
    let photos = shop.premises.backend.catalogue.clone();
    assert_eq!(photos.minimum_purchase, credits("1000"));
    assert!(photos.packs.iter().all(|pack| pack.credits >= credits("1000")));
    assert!(photos.packs.iter().all(|pack| pack.validity == Validity::NeverExpires));
    assert_eq!(photos.free_plan(), None, "whoever has no plan pays as they go");
    let otto = shop.otto().await;

    // Free credits of the trial and bought ones are one number.
    shop.grant(Source::Trial, "200").await;
    shop.grant(Source::Purchased, "1000").await;
    let page = otto.get("/credits").await;
    says(&page, "1,200");
    let links = page.links();
    for tab in ["/credits", "/credits/subscription", "/credits/billing", "/credits/buy"] {
        assert!(links.contains(&tab.to_owned()), "{tab}");
    }
    says(&page, "Show cost per credit");
    let plan = otto.get("/credits/subscription").await;
    assert_eq!(plan.texts("[data-testid=plan]"), ["Pay As You Go"]);
    says(&plan, "Flexible usage-based pricing with no commitment.");
    says(&plan, "No expiry date set. Your plan does not have a fixed expiry.");

    // A run over an event's photos, and one that turns some of them.
    let estimate = otto.get("/prices?operation=photo-run&photos=640").await;
    assert_eq!(estimate.texts("[data-operation=photo-run] [data-testid=price]"), ["640 credits"]);
    shop.run("photo-run", &[("photos", "640")]).await;
    shop.run("rotation", &[("photos", "75")]).await;
    assert_eq!(shop.available().await, "522.5");
    let usage = otto.get("/credits?view=usage").await;
    assert_eq!(usage.texts("tbody td[data-label=Credits]"), ["−37.5", "−640"]);
    says(&usage, "Event run");
    says(&usage, "AI Image Rotation");
    says(&usage, "Current");
    let additions = otto.get("/credits?view=purchases").await;
    says(&additions, "Free Credits");

    // A member of the other organisation sees balance and usage and cannot buy.
    let mia = shop.premises.member().await.get("/credits").await;
    assert!(!mia.links().contains(&"/credits/buy".to_owned()));
    shop.books_are_right().await;
}
