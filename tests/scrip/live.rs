//! Open pages hear their organisation's news, for as long as their person may.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Stream, Visitor};
use scrip::backend::engine::Engine;
use scrip::web::live::REVIEW_EVERY;

on_both_databases!(
    a_page_hears_the_balance_first_and_then_what_is_new,
    a_stream_ends_with_the_membership_and_nobody_elses_does,
    a_stream_ends_with_its_session,
    the_header_says_no_less_than_the_page_that_brought_the_credits,
    a_writer_that_is_gone_is_told_to_whoever_watches,
);

const NEWS: &str = "report:rep_1";

impl Premises {
    /// A while passes, and something happens.
    fn later(&self) {
        self.clock.advance(REVIEW_EVERY);
        self.backend.live.notify(&self.northwind, NEWS);
    }
}

/// Opens the stream and hears the balance, which comes first.
async fn listening(visitor: &Visitor) -> Stream {
    let mut stream = visitor.listen("/live").await;
    let first = stream.next().await.expect("the balance comes first");
    assert!(first.contains("event: balance"), "{first}");
    stream
}

async fn a_page_hears_the_balance_first_and_then_what_is_new(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let mut page = listening(&premises.member().await).await;
    for _ in 0..3 {
        premises.later();
        let heard = page.next().await.expect("the member still is one");
        assert!(heard.contains(NEWS), "{heard}");
    }
}

async fn a_stream_ends_with_the_membership_and_nobody_elses_does(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let mut theirs = listening(&premises.member().await).await;
    let superadmin = premises.superadmin().await;
    let mut ours = listening(&superadmin).await;
    let members =
        scrip::backend::store::membership::members(&premises.backend.db, &premises.northwind);
    let members = members.await.unwrap();
    let mia = members.iter().find(|member| member.name == "mia").unwrap();
    let user = mia.membership.user.to_string();
    let removed = superadmin.post_json("remove_member", &[("user", &user)]).await;
    assert!(removed.status.is_success(), "{}", removed.says());

    premises.later();
    assert_eq!(theirs.next().await, None, "who left hears nothing more");
    assert!(ours.next().await.is_some_and(|heard| heard.contains(NEWS)));
}

async fn a_stream_ends_with_its_session(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (here, there) = (premises.member().await, premises.member().await);
    let (mut ended, mut going_on) = (listening(&here).await, listening(&there).await);
    here.post_json("sign_out", &[]).await;
    premises.later();
    assert_eq!(ended.next().await, None);
    assert!(going_on.next().await.is_some_and(|heard| heard.contains(NEWS)));
}

async fn the_header_says_no_less_than_the_page_that_brought_the_credits(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    assert_eq!(admin.get("/").await.texts("[data-balance=available]")[0], "100");
    let purchase = premises.purchase_of(&admin, "form-1").await;
    let back = premises.pay(&admin, &purchase).await;
    assert_eq!(back.texts("[data-balance=available]")[0], "150", "{}", back.says());
}

async fn a_writer_that_is_gone_is_told_to_whoever_watches(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    let visitor = premises.anonymous();
    assert_eq!(visitor.get("/healthz").await.code(), 200);
    let elsewhere = tokio::runtime::Runtime::new().unwrap();
    let engine = {
        let _there = elsewhere.enter();
        let backend = &premises.backend;
        Engine::start(backend.db.clone(), premises.clock.clone(), backend.live.clone())
    };
    premises.work_with(engine);
    assert_eq!(premises.anonymous().get("/healthz").await.code(), 200);
    tokio::task::spawn_blocking(move || drop(elsewhere)).await.unwrap();
    let health = premises.anonymous().get("/healthz").await;
    assert_eq!(health.code(), 503, "{}", health.says());
    assert!(health.says().contains("writer is gone"), "{}", health.says());
}
