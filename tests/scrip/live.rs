//! Open pages hear their organisation's news, for as long as their person may.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Stream, Visitor};
use scrip::web::live::REVIEW_EVERY;

on_both_databases!(
    a_page_hears_the_balance_first_and_then_what_is_new,
    a_stream_ends_with_the_membership_and_nobody_elses_does,
    a_stream_ends_with_its_session,
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
