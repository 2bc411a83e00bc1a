//! The same form sent twice does its work once.

use super::Stage;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::visitor::{Fields, multipart};
use scrip::backend::store;

on_both_databases!(
    a_department_form_sent_twice_makes_one_department,
    an_allotment_sent_twice_is_set_once,
    an_analysis_sent_twice_runs_and_costs_once,
    a_purchase_form_sent_twice_opens_one_purchase,
    an_invitation_sent_twice_leaves_one_link_that_works,
    a_form_that_is_refused_again_still_stands_on_its_page,
    a_refused_form_behind_a_link_keeps_the_links_secret_out_of_every_cookie,
);

async fn a_department_form_sent_twice_makes_one_department(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.superadmin().await;
    let form = visitor.get("/team/departments").await;
    let key = form.field("create_department", "form_key").unwrap();
    let fields = [("name", "Print"), ("form_key", key.as_str())];
    for _ in 0..2 {
        let answer = visitor.post_form("/team/departments", "create_department", &fields).await;
        assert_eq!(answer.code(), 303, "{}", answer.says());
    }
    let (db, organisation) = (&stage.premises.backend.db, &stage.premises.northwind);
    let all = store::department::list(db, organisation).await.unwrap();
    assert_eq!(all.iter().filter(|one| one.name == "Print").count(), 1);
}

async fn an_allotment_sent_twice_is_set_once(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.superadmin().await;
    let (page, brand) = ("/team/departments", stage.premises.brand.to_string());
    let key = visitor.get(page).await.field("set_allotment", "form_key").unwrap();
    let fields: Fields<'_> = &[("department", &brand), ("limit", "20"), ("form_key", &key)];
    for _ in 0..2 {
        assert_eq!(visitor.post_form(page, "set_allotment", fields).await.code(), 303);
    }
    let shown = visitor.get(page).await;
    let changes = shown.texts("table tbody tr");
    assert_eq!(changes.iter().filter(|row| row.contains("20")).count(), 1, "{changes:?}");
}

async fn an_analysis_sent_twice_runs_and_costs_once(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.member().await;
    let key = visitor.get("/reports/new").await.field("start_analysis", "form_key").unwrap();
    let available =
        async || visitor.get("/").await.texts("[data-balance=available]")[0].replace(',', "");
    let before: f64 = available().await.parse().unwrap();
    let fields =
        [("form_key", key.as_str()), ("title", "Twice"), ("text", "Tea."), ("quoted", "1")];
    let mut leads_to = Vec::new();
    for _ in 0..2 {
        let answer = visitor.post("start_analysis", "text/html", multipart(&fields), &[]).await;
        assert_eq!(answer.code(), 303, "{}", answer.says());
        leads_to.push(answer.location().to_owned());
    }
    assert_eq!(leads_to[0], leads_to[1]);
    let after: f64 = available().await.parse().unwrap();
    assert!((before - after - 1.0).abs() < 1e-9, "one credit is held: {before} to {after}");
}

async fn a_purchase_form_sent_twice_opens_one_purchase(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.admin().await;
    let key = visitor.get("/credits/buy").await.field("buy_pack", "form_key").unwrap();
    let (db, organisation) = (&stage.premises.backend.db, &stage.premises.northwind);
    let count = async || store::purchase::list(db, organisation, None, 50).await.unwrap().len();
    let before = count().await;
    let pack = stage.premises.backend.catalogue.packs[0].code.clone();
    let fields: Fields<'_> = &[("pack", &pack), ("form_key", &key)];
    let first = visitor.post_form("/credits/buy", "buy_pack", fields).await;
    let second = visitor.post_form("/credits/buy", "buy_pack", fields).await;
    assert_eq!((first.code(), second.code()), (303, 303), "{}", first.says());
    assert_eq!(count().await, before + 1);
}

async fn an_invitation_sent_twice_leaves_one_link_that_works(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.admin().await;
    let fields = [("email", "new@x.test"), ("role", "member"), ("department", "")];
    let mut links = Vec::new();
    for _ in 0..2 {
        let page = visitor.post_form("/team/members", "invite_member", &fields).await;
        assert_eq!(page.code(), 200, "{}", page.says());
        let link = page.texts("[data-testid=invitation-link]")[0].clone();
        links.push(link.strip_prefix("http://127.0.0.1:3000").unwrap().to_owned());
    }
    let guest = stage.premises.anonymous();
    assert_eq!(guest.get(&links[0]).await.code(), 404);
    let offer = guest.get(&links[1]).await;
    assert_eq!(offer.code(), 200);
    let token = offer.field("accept_as_new", "token").unwrap();
    let fields: Fields<'_> =
        &[("token", &token), ("name", "Noor"), ("password", "a long and quiet afternoon")];
    let joined = guest.post_form(&links[1], "accept_as_new", fields).await;
    assert_eq!((joined.code(), joined.location()), (303, "/"), "{}", joined.says());
    assert_eq!(guest.get("/").await.code(), 200);
    assert_eq!(stage.premises.anonymous().get(&links[1]).await.code(), 404, "it works once");
}

async fn a_form_that_is_refused_again_still_stands_on_its_page(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.anonymous();
    let wrong = [("email", "mia@northwind.test"), ("password", "not that"), ("next", "/reports")];
    // The second time the form stands on the answer to the first, which has the post's address.
    for from in ["/login?next=/reports", "/api/sign_in"] {
        let page = visitor.post_form(from, "sign_in", &wrong).await;
        assert_eq!((page.code(), page.texts("h1")), (422, vec!["Sign in".to_owned()]), "{from}");
        assert_eq!(page.field("sign_in", "next").as_deref(), Some("/reports"), "{from}");
        assert_eq!(page.field("sign_in", "email").as_deref(), Some("mia@northwind.test"), "{from}");
        assert!(!page.text.contains("not that"), "a password never comes back");
    }
    // So do the other forms of that page.
    let admin = stage.premises.admin().await;
    let member = [("email", "mia@northwind.test"), ("role", "member"), ("department", "")];
    let refused = admin.post_form("/team/members", "invite_member", &member).await;
    assert_eq!(refused.code(), 409, "{}", refused.says());
    let id = stage.invitation().await;
    let revoked = admin.post_form("/api/invite_member", "revoke_invitation", &[("id", &id)]).await;
    assert_eq!((revoked.code(), revoked.location()), (303, "/team/members"));
}

async fn a_refused_form_behind_a_link_keeps_the_links_secret_out_of_every_cookie(
    database: TestDatabase,
) {
    let stage = Stage::set(database).await;
    let fields = [("email", "new@x.test"), ("role", "member"), ("department", "")];
    let invited = stage.premises.admin().await.post_json("invite_member", &fields).await;
    let link = invited.problem().numbers["link"].clone();
    let link = link.strip_prefix("http://127.0.0.1:3000").unwrap();
    let guest = stage.premises.anonymous();
    let token = guest.get(link).await.field("accept_as_new", "token").unwrap();
    let weak = [("token", token.as_str()), ("name", "Noor"), ("password", "short")];
    for from in [link, "/api/accept_as_new"] {
        let page = guest.post_form(from, "accept_as_new", &weak).await;
        assert_eq!(page.code(), 422, "{}", page.says());
        assert_eq!(page.field("accept_as_new", "token").as_deref(), Some(token.as_str()), "{from}");
        assert_eq!(page.field("accept_as_new", "name").as_deref(), Some("Noor"), "{from}");
        let cookies: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
        assert!(!cookies.is_empty(), "the page is remembered");
        let secret = |cookie: &&&axum::http::HeaderValue| cookie.to_str().unwrap().contains(&token);
        assert_eq!(cookies.iter().find(secret), None, "{from}");
    }
}
