//! Letters on their way: over real SMTP, to a server with moods.

use super::*;
use crate::on_both_databases;
use crate::support::mail_server::Mood;
use scrip::backend::mail::{ATTEMPTS, Addressed, LEASE, Letter, WAITS};
use scrip::backend::step::Step;
use scrip::backend::store::mail::{self, MailRecord};

on_both_databases!(
    a_letter_has_two_forms_one_subject_and_a_name_of_its_own,
    a_letter_that_was_taken_without_an_answer_comes_again_under_the_same_name,
    a_sender_that_died_is_followed_by_another,
    a_refused_address_is_given_up_at_once,
    a_busy_server_is_asked_again_ever_later_and_at_last_no_more,
    nobody_is_written_to_twice_about_the_same,
    without_a_mail_server_nothing_is_kept_to_be_sent_later,
    an_invitation_goes_out_and_its_link_lets_in,
);

impl Watch {
    async fn write(&self, about: &str) -> String {
        let letter = Letter {
            title: "Für Änne\r\nBcc: everyone@example.com".into(),
            paragraphs: vec!["1 < 2 & so on".into()],
            action: Some(("/inbox".into(), "Open it".into())),
            because: "You get this letter because it is a test.".into(),
        };
        let at = self.premises.backend.now();
        let to = Addressed { about: about.into(), recipient: "ada@northwind.test", letter, at };
        self.premises.backend.mail.write(&self.premises.northwind, to).await.unwrap()
    }

    async fn sends(&self) -> Step {
        self.premises.backend.mail.step(self.premises.backend.now()).await.unwrap()
    }

    async fn record(&self, id: &str) -> MailRecord {
        let (db, organisation) = (&self.premises.backend.db, &self.premises.northwind);
        mail::find(db, organisation, id).await.unwrap().expect("it was written")
    }
}

async fn a_letter_has_two_forms_one_subject_and_a_name_of_its_own(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let id = watch.write("one").await;
    assert_eq!((watch.sends().await, watch.sends().await), (Step::Done, Step::Idle));
    let letter = watch.server.taken().remove(0);
    assert_eq!(letter.header("From"), "Scrip <credits@scrip.test>");
    assert_eq!(letter.header("To"), "ada@northwind.test");
    assert_eq!(letter.header("Message-ID"), format!("<{id}@scrip.test>"));
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    assert!(letter.header("Content-Type").starts_with("multipart/alternative"));
    assert!(!letter.raw.contains("\r\nBcc:"), "a title makes no header");
    let says = letter.says();
    assert!(says.contains("text/plain") && says.contains("1 < 2 & so on"), "{says}");
    assert!(says.contains("text/html") && says.contains("1 &lt; 2 &amp; so on"), "{says}");
    assert_eq!(letter.link(), "http://127.0.0.1:3000/inbox");
    let record = watch.record(&id).await;
    assert!(record.sent_at.is_some() && record.result.unwrap().contains("queued"));
}

async fn a_letter_that_was_taken_without_an_answer_comes_again_under_the_same_name(
    database: TestDatabase,
) {
    let watch = Watch::open(database).await;
    watch.server.will([Mood::TakesAndHangsUp]);
    watch.write("one").await;
    assert_eq!((watch.sends().await, watch.sends().await), (Step::Done, Step::Idle));
    watch.pass(WAITS[0]);
    assert_eq!((watch.sends().await, watch.sends().await), (Step::Done, Step::Idle));
    watch.pass(DAY);
    assert_eq!(watch.sends().await, Step::Idle, "it is over");
    let names: Vec<_> =
        watch.server.taken().iter().map(|letter| letter.header("Message-ID")).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], names[1], "mail programs know that it is the same");
}

async fn a_sender_that_died_is_followed_by_another(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let id = watch.write("one").await;
    let (db, now) = (&watch.premises.backend.db, watch.premises.backend.now());
    let claimed = mail::claim(db, now, now.plus(LEASE)).await.unwrap();
    assert!(claimed.is_some(), "somebody sends it");
    assert_eq!(watch.sends().await, Step::Idle);
    watch.pass(LEASE);
    assert_eq!(watch.sends().await, Step::Done);
    assert!(watch.record(&id).await.sent_at.is_some());
}

async fn a_refused_address_is_given_up_at_once(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.server.will([Mood::Refuses("550 5.1.1 no such user here")]);
    let id = watch.write("one").await;
    assert_eq!(watch.sends().await, Step::Done);
    watch.pass(DAY);
    assert_eq!(watch.sends().await, Step::Idle);
    let record = watch.record(&id).await;
    assert!(record.given_up_at.is_some() && record.result.unwrap().contains("no such user here"));
    assert!(watch.server.taken().is_empty());
}

async fn a_busy_server_is_asked_again_ever_later_and_at_last_no_more(database: TestDatabase) {
    let watch = Watch::open(database).await;
    watch.server.will(std::iter::repeat_n(Mood::Refuses("451 4.3.2 later"), ATTEMPTS));
    let id = watch.write("one").await;
    for wait in WAITS {
        assert_eq!((watch.sends().await, watch.sends().await), (Step::Done, Step::Idle));
        watch.pass(wait - 1);
        assert_eq!(watch.sends().await, Step::Idle);
        watch.pass(1);
    }
    assert!(watch.record(&id).await.given_up_at.is_none());
    assert_eq!(watch.sends().await, Step::Done);
    watch.pass(30 * DAY);
    assert_eq!(watch.sends().await, Step::Idle);
    let record = watch.record(&id).await;
    assert_eq!((record.attempts, record.given_up_at.is_some()), (ATTEMPTS as i64, true));
}

async fn nobody_is_written_to_twice_about_the_same(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let first = watch.write("one").await;
    assert_eq!(watch.write("one").await, first);
    assert_eq!(watch.sends().await, Step::Done);
    assert_eq!(watch.write("one").await, first);
    assert_eq!(watch.sends().await, Step::Idle);
    assert_ne!(watch.write("other").await, first);
    assert_eq!(watch.sends().await, Step::Done);
    assert_eq!(watch.server.taken().len(), 2);
}

async fn without_a_mail_server_nothing_is_kept_to_be_sent_later(database: TestDatabase) {
    let mut watch = Watch::open(database).await;
    let through = watch.premises.backend.mail.clone();
    let here = &watch.premises.backend;
    watch.premises.backend.mail =
        scrip::backend::mail::Mail::off(here.db.clone(), "http://127.0.0.1:3000");
    watch.spend("90").await;
    assert_eq!(watch.told("ada").await, ["Credits are running low"], "the inbox is there");
    watch.premises.backend.mail = through;
    watch.premises.tell().await;
    assert!(watch.server.taken().is_empty(), "old news are not sent");
}

async fn an_invitation_goes_out_and_its_link_lets_in(database: TestDatabase) {
    let watch = Watch::open(database).await;
    let fields = [("email", "pia@x.test"), ("role", "member"), ("department", "")];
    let admin = watch.premises.admin().await;
    let page = admin.post_form("/team/members", "invite_member", &fields).await;
    assert!(page.says().contains("A letter with this link goes to pia@x.test"), "{}", page.says());
    while watch.sends().await == Step::Done {}
    let letter = watch.server.taken().remove(0);
    assert_eq!(letter.to, "pia@x.test");
    assert_eq!(letter.header("Subject"), "ada invites you to Northwind on Scrip");
    let link = letter.link().replace("http://127.0.0.1:3000", "");
    let guest = watch.premises.anonymous();
    let token = guest.get(&link).await.field("accept_as_new", "token").expect("the link works");
    let fields =
        [("token", token.as_str()), ("name", "Pia"), ("password", "a long and quiet afternoon")];
    let joined = guest.post_form(&link, "accept_as_new", &fields).await;
    assert_eq!((joined.code(), joined.location()), (303, "/"), "{}", joined.says());
    // The secret of the link is nowhere any more.
    let statement = "select count(*) as count from mail where content is not null";
    let kept = scrip::on!(&watch.premises.backend.db, read pool => {
        use scrip::backend::store::StoreRow;
        sqlx::query(statement).fetch_one(pool).await.unwrap().integer("count").unwrap()
    });
    assert_eq!(kept, 0);
}
