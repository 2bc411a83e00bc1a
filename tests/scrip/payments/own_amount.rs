//! An own number of credits: priced exactly, frozen like a pack, refused with a sentence.

use super::Till;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use scrip::backend::payments::{StartPurchase, Started};
use scrip::backend::store::purchase::{self, PurchaseKind, PurchaseStatus};
use scrip::ledger::Credits;

on_both_databases!(
    an_own_number_of_credits_is_bought_at_its_exact_price,
    another_number_on_the_same_form_is_another_purchase,
    the_page_prices_a_number_without_scripts,
    bad_input_gives_a_sentence_and_loses_nothing,
);

async fn start(till: &Till, credits: i64) -> Started {
    let own = till.catalogue.own_amount.expect("it is for sale");
    let pack = own.pack(Credits::from_whole(credits).unwrap()).expect("within what is sold");
    let request = StartPurchase {
        organisation: &till.organisation,
        organisation_name: "Northwind",
        user: &till.user,
        pack: &pack,
        form_key: "form-1",
        base_url: super::SITE,
    };
    till.payments.start_purchase(request, till.now()).await.expect("the payment page opens")
}

async fn an_own_number_of_credits_is_bought_at_its_exact_price(database: TestDatabase) {
    let till = Till::open(database).await;
    let Started::PayAt { purchase: id, .. } = start(&till, 137).await else { panic!("no page") };
    let bought = till.purchase(&id).await;
    assert_eq!((bought.kind, bought.price.minor), (PurchaseKind::OwnAmount, 16_440));
    till.pay(&bought.session_ref.unwrap(), "4242424242424242").await;
    till.provider_works().await;
    till.inbox_works().await;
    assert_eq!(till.status(&id).await, PurchaseStatus::Credited);
    let lots = till.lots().await;
    assert_eq!(lots[0].amount, Credits::from_whole(137).unwrap());
    assert_eq!(lots[0].cost.map(|cost| cost.minor), Some(16_440));
}

async fn another_number_on_the_same_form_is_another_purchase(database: TestDatabase) {
    let till = Till::open(database).await;
    let first = start(&till, 100).await;
    assert_eq!(start(&till, 100).await, first, "the same form twice");
    assert_ne!(start(&till, 101).await, first);
    assert_eq!(till.pages_opened().await, 2);
}

async fn the_page_prices_a_number_without_scripts(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let page = admin.get("/credits/buy?pack=pack-200&credits=1%2C000&update=own").await;
    assert_eq!(page.code(), 200);
    assert_eq!(page.texts("[data-testid=own-price]"), ["$1,200.00"]);
    assert!(
        page.texts("[data-testid=own-amount]")[0].contains("For less: “Agency”, 1,000 credits")
    );
    let chosen = page.attributes("input[name=pack][checked]", "value");
    assert_eq!(chosen, ["own-amount"], "who asks for its price has chosen it");
    let wrong = admin.get("/credits/buy?credits=12&update=own").await;
    assert_eq!(wrong.texts("[data-testid=own-price]"), ["—"], "an unknown price is not 0");
    assert!(wrong.texts("#credits-wrong")[0].contains("the fewest that can be bought are 50"));
    assert_eq!(wrong.field_of("credits"), "12");
}

async fn bad_input_gives_a_sentence_and_loses_nothing(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let form = admin.get("/credits/buy").await;
    let key = form.field("buy_pack", "form_key").unwrap();
    for (typed, says) in [
        ("", "Write how many credits you want"),
        ("many", "not a whole number"),
        ("12.5", "not a whole number"),
        ("49", "too few"),
        ("5001", "too many"),
        ("-50", "not a whole number"),
        ("9999999999999999999999999999", "too many"),
    ] {
        let fields = [("pack", "own-amount"), ("credits", typed), ("form_key", key.as_str())];
        let page = admin.post_form("/credits/buy", "buy_pack", &fields).await;
        assert_eq!(page.code(), 422, "{typed}");
        assert!(page.texts("#credits-wrong")[0].contains(says), "{typed}: {}", page.says());
        assert_eq!(page.field_of("credits"), typed);
        assert_eq!(page.attributes("input[name=pack][checked]", "value"), ["own-amount"]);
        assert_eq!(page.field("buy_pack", "form_key").as_deref(), Some(key.as_str()));
    }
    let list = purchase::list(&premises.backend.db, &premises.northwind, None, 10).await.unwrap();
    assert!(list.is_empty(), "nothing was begun");
    let fields = [("pack", "own-amount"), ("credits", "75"), ("form_key", key.as_str())];
    let page = admin.post_form("/credits/buy", "buy_pack", &fields).await;
    assert_eq!(page.code(), 303, "{}", page.says());
    let list = purchase::list(&premises.backend.db, &premises.northwind, None, 10).await.unwrap();
    assert_eq!((list[0].kind, list[0].price.minor), (PurchaseKind::OwnAmount, 9_000));
}
