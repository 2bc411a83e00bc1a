//! The banner, the inbox and the page of rules, as people with browsers see them.

use super::*;
use crate::on_both_databases;
use crate::support::mail_server::Mood;

on_both_databases!(
    a_banner_stands_on_every_page_until_it_is_dismissed_and_comes_back_with_the_next_crossing,
    the_worst_comes_first,
    who_may_not_buy_is_told_whom_to_ask,
    the_inbox_counts_what_is_unread_and_forgets_nothing,
    an_inbox_is_read_page_by_page,
    a_rule_is_saved_alone_and_a_wrong_one_is_shown_again_with_what_was_typed,
    an_older_form_changes_nothing_and_the_same_form_twice_saves_once,
    a_rule_says_how_often_it_would_have_told,
    a_test_letter_says_what_the_mail_server_said,
    nobody_reads_or_dismisses_what_another_was_told,
);

const PAGES: [&str; 4] = ["/", "/credits", "/settings/billing", "/reports"];

async fn a_banner_stands_on_every_page_until_it_is_dismissed_and_comes_back_with_the_next_crossing(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    let ada = watch.premises.admin().await;
    assert!(ada.get("/").await.texts("[data-testid=banner]").is_empty());
    watch.spend("90").await;
    watch.premises.tell().await;
    for path in PAGES {
        let page = ada.get(path).await;
        assert_eq!(
            page.texts("[data-testid=banner] .strong"),
            ["Credits are running low"],
            "{path}"
        );
    }
    let id = ada.get("/").await.field("dismiss_banner", "id").unwrap();
    let done = ada.post_form("/credits", "dismiss_banner", &[("id", &id)]).await;
    assert_eq!((done.code(), done.location()), (303, "/credits"), "{}", done.says());
    for path in PAGES {
        assert!(ada.get(path).await.texts("[data-testid=banner]").is_empty(), "{path}");
    }
    // It is hers to dismiss, not everybody's.
    let mia = watch.premises.member().await;
    assert_eq!(mia.get("/").await.texts("[data-testid=banner]").len(), 1);
    watch.spend("6").await;
    watch.premises.tell().await;
    let again = ada.get("/").await.texts("[data-testid=banner] .strong");
    assert_eq!(again, ["Credits are nearly gone"]);
}

async fn the_worst_comes_first(database: TestDatabase) {
    use scrip::backend::notices::{Tell, close_topic, tell_admins};
    use scrip::model::alerts::AlertKind;

    let watch = Watch::open(database).await;
    watch.spend("100").await;
    assert_eq!(watch.banner("ada").await.as_deref(), Some("No credits are left"));
    let (here, id) = (&watch.premises.backend, &watch.premises.northwind);
    let tell = Tell {
        key: "failed".into(),
        topic: "payment",
        kind: AlertKind::PaymentFailed,
        title: "A payment failed".into(),
        detail: "The bank said no.".into(),
        cure: None,
    };
    tell_admins(&here.db, &here.live, id, tell.clone(), here.now()).await.unwrap();
    tell_admins(&here.db, &here.live, id, tell, here.now()).await.unwrap();
    assert_eq!(watch.banner("ada").await.as_deref(), Some("A payment failed"));
    assert_eq!(watch.told("ada").await.len(), 2, "told once");
    assert_eq!(watch.banner("mia").await.as_deref(), Some("No credits are left"));
    close_topic(&here.db, &here.live, id, "payment", here.now()).await.unwrap();
    assert_eq!(watch.banner("ada").await.as_deref(), Some("No credits are left"));
}

async fn who_may_not_buy_is_told_whom_to_ask(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.spend("90").await;
    watch.premises.tell().await;
    let admin = watch.premises.admin().await.get("/").await;
    assert!(admin.attributes("[data-testid=banner] a", "href").contains(&"/credits/buy".into()));
    let member = watch.premises.member().await.get("/").await;
    assert!(!member.attributes("[data-testid=banner] a", "href").contains(&"/credits/buy".into()));
    let says = member.texts("[data-testid=banner]").join(" ");
    assert!(says.contains("Ask an admin or a superadmin of Northwind"), "{says}");
}

async fn the_inbox_counts_what_is_unread_and_forgets_nothing(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let mia = watch.premises.member().await;
    let empty = mia.get("/inbox").await;
    assert!(
        empty.says().contains("Nothing here") && empty.texts("[data-testid=unread]").is_empty()
    );
    watch.spend("90").await;
    watch.premises.tell().await;
    watch.spend("6").await;
    watch.premises.tell().await;
    let page = mia.get("/inbox").await;
    assert_eq!(page.texts("[data-testid=unread]")[0], "2 unread");
    assert_eq!(page.texts("[data-testid=alert]").len(), 2);
    let id = page.field("mark_read", "id").unwrap();
    let done = mia.post_form("/inbox", "mark_read", &[("id", &id)]).await;
    assert_eq!((done.code(), done.location()), (303, "/inbox"));
    let shown = mia.get("/inbox").await;
    assert_eq!(shown.texts("[data-testid=unread]")[0], "1 unread");
    let at = shown.field("mark_all_read", "shown_at").unwrap();
    // What is told after the page was shown stays unread.
    watch.pass(HOUR);
    watch.spend("4").await;
    watch.premises.tell().await;
    mia.post_form("/inbox", "mark_all_read", &[("shown_at", &at)]).await;
    let later = mia.get("/inbox").await;
    assert_eq!(later.texts("[data-testid=unread]")[0], "1 unread");
    assert_eq!(later.texts("[data-testid=alert]").len(), 3);
    let sue = watch.premises.superadmin().await.get("/").await;
    assert_eq!(sue.texts("[data-testid=unread]")[0], "3 unread");
}

async fn an_inbox_is_read_page_by_page(database: TestDatabase) {
    let watch = Watch::open(database).await;
    for _ in 0..30 {
        watch.spend("90").await;
        watch.premises.tell().await;
        watch.grant("90", |_| {}).await;
        watch.pass(1);
        watch.premises.tell().await;
    }
    let ada = watch.premises.admin().await;
    let (mut path, mut seen) = ("/inbox".to_owned(), 0);
    loop {
        let page = ada.get(&path).await;
        seen += page.texts("[data-testid=alert]").len();
        match page.attributes(".pager a", "href").pop() {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(seen, 30);
}

async fn a_rule_is_saved_alone_and_a_wrong_one_is_shown_again_with_what_was_typed(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    let ada = watch.premises.admin().await;
    let wrong = [("kind", "balance_percent"), ("version", "0"), ("levels", "120"), ("mail", "yes")];
    let page = ada.post_form("/settings/alerts", "save_alert_rule", &wrong).await;
    assert_eq!((page.code(), page.texts("h1")), (422, vec!["Alerts".to_owned()]));
    let levels = page.attributes("#levels_balance_percent", "value");
    assert_eq!(levels, ["120"], "what was typed comes back");
    assert!(page.says().contains("120 is not between 1 and 90."), "{}", page.says());
    assert_eq!(page.texts("[role=alert]").len(), 1, "at the rule that it concerns");
    let right =
        [("kind", "balance_percent"), ("version", "0"), ("levels", "50"), ("in_app", "yes")];
    let saved = ada.post_form("/settings/alerts", "save_alert_rule", &right).await;
    assert_eq!(saved.location(), "/settings/alerts#rule-balance_percent", "{}", saved.says());
    let shown = ada.get("/settings/alerts").await;
    assert_eq!(shown.attributes("#levels_balance_percent", "value"), ["50"]);
    assert_eq!(shown.attributes("#levels_balance_credits", "value"), ["25, 5"], "the other stays");
    watch.spend("51").await;
    assert_eq!(watch.told("ada").await, ["Credits are running low"]);
    assert!(watch.letters("ada").is_empty(), "this rule sends no letters any more");
    let member = watch.premises.member().await.get("/settings/alerts").await;
    assert!(member.attributes("#levels_balance_percent", "value").is_empty());
    assert_eq!(member.attributes("#levels_own_usage", "value"), [""]);
}

async fn an_older_form_changes_nothing_and_the_same_form_twice_saves_once(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let (ada, sue) = (watch.premises.admin().await, watch.premises.superadmin().await);
    let wants = |levels: &'static str| {
        [
            ("kind", "forecast"),
            ("version", "0"),
            ("levels", levels),
            ("mail", "yes"),
            ("in_app", "yes"),
        ]
    };
    for _ in 0..2 {
        let saved = ada.post_form("/settings/alerts", "save_alert_rule", &wants("14")).await;
        assert_eq!(saved.code(), 303, "{}", saved.says());
    }
    let late = sue.post_form("/settings/alerts", "save_alert_rule", &wants("3")).await;
    assert_eq!(late.code(), 409, "{}", late.says());
    let shown = sue.get("/settings/alerts").await;
    assert_eq!(shown.attributes("#levels_forecast", "value"), ["14"]);
}

async fn a_rule_says_how_often_it_would_have_told(database: TestDatabase) {
    let watch = Watch::open(database).await;
    for _ in 0..2 {
        watch.pass(DAY);
        watch.spend("78").await;
        watch.grant("78", |_| {}).await;
    }
    let past = async || {
        let page = watch.premises.admin().await.get("/settings/alerts").await;
        page.texts("#rule-balance_credits [data-testid=past]").join(" ")
    };
    let said = "twice at 25 credits, never at 5 credits, never that none are left.";
    assert_eq!(past().await, format!("In the last 30 days it would have told {said}"));
    watch.pass(40 * DAY);
    assert!(past().await.contains("never at 25 credits"), "{}", past().await);
}

async fn a_test_letter_says_what_the_mail_server_said(database: TestDatabase) {
    let mut watch = Watch::open(database).await;
    let ada = watch.premises.admin().await;
    let page = "/settings/alerts";
    let press = async |watch: &Watch| {
        let ada = watch.premises.admin().await;
        let key = ada.get(page).await.field("send_test_mail", "form_key").unwrap();
        let sent = ada.post_form(page, "send_test_mail", &[("form_key", &key)]).await;
        let again = ada.post_form(page, "send_test_mail", &[("form_key", &key)]).await;
        assert_eq!((sent.code(), sent.location()), (303, again.location()), "{}", sent.says());
        let path = sent.location().split('#').next().unwrap().to_owned();
        ada.get(&path).await.texts("[data-testid=test-result]").join(" ")
    };
    let shown = ada.get(page).await.texts("#test").join(" ");
    assert!(shown.contains("A mail server is set up."), "{shown}");
    let sent = press(&watch).await;
    assert!(sent.contains("Sent: the test letter to ada@northwind.test"), "{sent}");
    assert_eq!(watch.letters("ada"), ["A test letter from Scrip"], "pressed twice, sent once");
    watch.server.will([Mood::Refuses("550 5.7.1 not from you")]);
    let refused = press(&watch).await;
    assert!(refused.contains("Not sent") && refused.contains("not from you"), "{refused}");
    let off = scrip::backend::mail::Mail::off(watch.premises.backend.db.clone(), "http://x.test");
    watch.premises.send_no_mail(off);
    let nobody = press(&watch).await;
    assert!(nobody.contains("Not sent") && nobody.contains("No mail server is set up"), "{nobody}");
}

async fn nobody_reads_or_dismisses_what_another_was_told(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.spend("90").await;
    watch.premises.tell().await;
    let ada = watch.premises.admin().await;
    let id = ada.get("/").await.field("dismiss_banner", "id").unwrap();
    let otto = watch.premises.stranger().await;
    for function in ["mark_read", "dismiss_banner"] {
        assert_eq!(otto.post_json(function, &[("id", &id)]).await.code(), 404, "{function}");
    }
    assert!(otto.get("/inbox").await.texts("[data-testid=alert]").is_empty());
    assert_eq!(ada.get("/").await.texts("[data-testid=banner]").len(), 1);
}
