//! Members who may not buy ask those who may, and are answered; a balance that seems wrong is explained.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor};
use scrip::model::asks::MOST_OPEN;

on_both_databases!(
    what_a_member_asks_for_reaches_the_admins_and_the_answer_reaches_the_member,
    an_answer_is_given_once,
    a_form_sent_twice_asks_once_and_nobody_asks_without_end,
    nobody_answers_for_another_organisation,
    a_wrong_amount_is_shown_again_with_what_was_typed,
    a_balance_that_seems_wrong_is_explained_and_the_question_carries_the_figures,
);

const PAGE: &str = "/credits/ask";

async fn ask(visitor: &Visitor, amount: &str, message: &str) -> Page {
    let key = visitor.get(PAGE).await.field("ask_admins", "form_key").unwrap();
    let fields = [
        ("about", "credits"),
        ("amount", amount),
        ("message", message),
        ("form_key", key.as_str()),
    ];
    visitor.post_form(PAGE, "ask_admins", &fields).await
}

async fn open_id(admin: &Visitor) -> String {
    admin.get("/team/asks").await.field("answer_ask", "id").expect("something waits")
}

async fn answer(admin: &Visitor, id: &str, state: &str, said: &str) -> Page {
    let fields = [("id", id), ("state", state), ("answer", said)];
    admin.post_form("/team/asks", "answer_ask", &fields).await
}

async fn what_a_member_asks_for_reaches_the_admins_and_the_answer_reaches_the_member(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let (mia, ada) = (premises.member().await, premises.admin().await);
    let asked = ask(&mia, "250", "For the spring campaign").await;
    assert_eq!((asked.code(), asked.location()), (303, "/credits/ask?asked=yes#asks"));
    let told = ada.get("/inbox").await.says();
    assert!(
        told.contains("mia asks for 250 credits") && told.contains("spring campaign"),
        "{told}"
    );
    let seen = ada.get("/team/asks").await.texts("[data-testid=ask]").join(" ");
    assert!(
        seen.contains("mia: 250 credits") && seen.contains("For the spring campaign"),
        "{seen}"
    );

    let id = open_id(&ada).await;
    let done = answer(&ada, &id, "done", "Bought a pack").await;
    assert_eq!((done.code(), done.location()), (303, "/team/asks"), "{}", done.says());
    let told = mia.get("/inbox").await.says();
    assert!(
        told.contains("ada did what you asked for") && told.contains("Bought a pack"),
        "{told}"
    );
    let own = mia.get(PAGE).await.texts("[data-testid=ask]").join(" ");
    assert!(own.contains("Done") && own.contains("Bought a pack"), "{own}");
    assert!(ada.get("/team/asks").await.field("answer_ask", "id").is_none(), "nothing waits");
}

async fn an_answer_is_given_once(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (mia, ada, sue) =
        (premises.member().await, premises.admin().await, premises.superadmin().await);
    ask(&mia, "", "More, please").await;
    let id = open_id(&ada).await;
    let silent = answer(&ada, &id, "declined", " ").await;
    assert!(silent.code() == 422 && silent.says().contains("Say why"), "a no has its reason");
    for _ in 0..2 {
        assert_eq!(answer(&ada, &id, "declined", "Not this month").await.code(), 303);
    }
    assert_eq!(answer(&sue, &id, "done", "Here you are").await.code(), 409);
    let told = mia.get("/inbox").await.says();
    assert!(told.contains("Not this month") && !told.contains("Here you are"), "{told}");
}

async fn a_form_sent_twice_asks_once_and_nobody_asks_without_end(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (mia, ada) = (premises.member().await, premises.admin().await);
    let key = mia.get(PAGE).await.field("ask_admins", "form_key").unwrap();
    let fields = [("about", "credits"), ("message", "Please"), ("form_key", key.as_str())];
    for _ in 0..2 {
        assert_eq!(mia.post_form(PAGE, "ask_admins", &fields).await.code(), 303);
    }
    assert_eq!(ada.get("/team/asks").await.texts("[data-testid=ask]").len(), 1);
    for _ in 1..MOST_OPEN {
        assert_eq!(ask(&mia, "1", "And this").await.code(), 303);
    }
    let refused = ask(&mia, "1", "And that").await;
    assert!(refused.code() == 409 && refused.says().contains("wait for an answer already"));
    assert_eq!(mia.post_form(PAGE, "ask_admins", &fields).await.code(), 303, "a repeat is none");
}

async fn nobody_answers_for_another_organisation(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (mia, ada, otto) =
        (premises.member().await, premises.admin().await, premises.stranger().await);
    ask(&mia, "5", "Please").await;
    let id = open_id(&ada).await;
    assert_eq!(answer(&otto, &id, "done", "Mine now").await.code(), 404);
    assert!(otto.get("/team/asks").await.texts("[data-testid=ask]").is_empty());
    assert_eq!(mia.get("/team/asks").await.code(), 403, "members answer nobody");
}

async fn a_wrong_amount_is_shown_again_with_what_was_typed(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let mia = premises.member().await;
    let refused = ask(&mia, "-5", "A little <more>").await;
    assert_eq!(refused.code(), 422);
    assert!(refused.says().contains("A little <more>"), "{}", refused.says());
    assert_eq!(refused.attributes("#amount", "value"), ["-5"]);
}

async fn a_balance_that_seems_wrong_is_explained_and_the_question_carries_the_figures(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let (mia, ada) = (premises.member().await, premises.admin().await);
    let report = premises.report_of(&mia, "form-wrong").await;
    let page = mia.get("/credits/check").await;
    assert!(page.says().contains("Adds up") && page.says().contains("Open holds"));
    assert!(!page.says().contains("Payments on their way"), "members see no payments");
    assert!(ada.get("/credits/check").await.says().contains("Payments on their way"), "{report}");

    let key = page.field("ask_admins", "form_key").unwrap();
    let fields =
        [("about", "balance"), ("message", "It was 100 before"), ("form_key", key.as_str())];
    assert_eq!(mia.post_form("/credits/check", "ask_admins", &fields).await.code(), 303);
    let seen = ada.get("/team/asks").await.texts("[data-testid=ask]").join(" ");
    assert!(seen.contains("A balance that seems wrong") && seen.contains("available"), "{seen}");
    assert!(seen.contains("After transaction"), "{seen}");
}
