//! What is not taken: sent again, given up, sent again by hand; and where nothing is ever sent.

use super::receiver::{Got, Mood};
use super::*;
use crate::on_both_databases;
use scrip::backend::webhooks::address::NOT_PUBLIC;
use scrip::backend::webhooks::courier::ANSWER_BYTES;
use scrip::backend::webhooks::deliveries::Deliveries;
use scrip::backend::webhooks::schedule::{TRIES, WAITS};
use scrip::ledger::Timestamp;
use scrip::ledger::time::{DAY, HOUR, MINUTE};
use scrip::model::webhook_pages::EndpointState;

on_both_databases!(
    what_was_not_taken_is_sent_again_and_the_next_waits_for_it,
    one_that_is_never_taken_lets_the_others_by,
    who_does_not_answer_in_time_has_not_taken_it,
    an_answer_may_ask_for_patience,
    after_three_days_it_is_given_up_switched_off_and_the_admins_know,
    what_was_given_up_is_sent_again_by_hand_under_its_id,
    who_is_gone_is_switched_off_at_once,
    who_recovers_is_no_longer_worried_about,
    no_redirect_is_followed,
    of_a_long_answer_the_beginning_is_kept,
    nothing_is_sent_into_a_private_network,
);

async fn what_was_not_taken_is_sent_again_and_the_next_waits_for_it(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.receiver.will([Mood::Answers(500), Mood::Answers(503)]);
    street.charge("1").await;
    street.charge("2").await;
    street.tell().await;
    assert_eq!(street.receiver.got().len(), 1, "the second waits for the first");
    street.pass_wait(WAITS[0]);
    street.send().await;
    street.pass_wait(WAITS[1]);
    street.send().await;
    let got = street.receiver.got();
    let [first, second, third, fourth] = <[Got; 4]>::try_from(got).unwrap();
    assert_eq!((&first.id, &first.text), (&second.id, &second.text), "the same to the letter");
    assert_eq!(second.id, third.id);
    assert!(second.seconds > first.seconds, "each attempt is signed anew");
    assert_eq!(second.signed_by(&issued.secret), 1);
    assert!(fourth.transaction() > third.transaction());
    let tried = street.attempts(&issued.id, &first.id).await;
    let answers: Vec<_> = tried.iter().map(|attempt| attempt.status).collect();
    assert_eq!(answers, [Some(500), Some(503), Some(204)]);
    assert_eq!(tried[0].answer.as_deref(), Some("as told"));
    assert!(tried.iter().all(|attempt| attempt.milliseconds.is_some()));
}

async fn one_that_is_never_taken_lets_the_others_by(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.receiver.will([Mood::Answers(400), Mood::Answers(400), Mood::Answers(400)]);
    street.charge("1").await;
    street.charge("2").await;
    street.tell().await;
    for wait in &WAITS[..2] {
        street.pass_wait(*wait);
        street.send().await;
    }
    let log = street.log(&issued.id).await;
    let states: Vec<_> = log.iter().map(|one| (one.state.as_str(), one.attempts)).collect();
    assert_eq!(states, [("waiting", 3), ("delivered", 1)]);
    assert_eq!(log[0].result.as_deref(), Some("Answered 400."));
}

async fn who_does_not_answer_in_time_has_not_taken_it(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.receiver.will([Mood::Hangs]);
    street.charge("1").await;
    street.tell().await;
    let log = street.log(&issued.id).await;
    assert_eq!(
        (log[0].state.as_str(), log[0].result.as_deref()),
        ("waiting", Some("No answer within 400 ms."))
    );
    street.pass_wait(WAITS[0]);
    street.send().await;
    assert_eq!(street.log(&issued.id).await[0].state.as_str(), "delivered");

    let nobody = street.listen_at("http://127.0.0.1:1/hook", "usage.charged").await;
    street.charge("1").await;
    street.tell().await;
    let log = street.log(&nobody.id).await;
    let result = log[0].result.clone().unwrap();
    assert!(result.starts_with("No connection: "), "{result}");
}

async fn an_answer_may_ask_for_patience(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.receiver.will([Mood::Says(429, "retry-after", "600".into())]);
    street.charge("1").await;
    street.tell().await;
    let waits_until = street.log(&issued.id).await[0].next_try_at.unwrap();
    assert_eq!(waits_until.since(street.backend().now()), 10 * MINUTE);
    street.pass_wait(WAITS[0]);
    street.send().await;
    assert_eq!(street.receiver.got().len(), 1);
    street.pass(10 * MINUTE);
    street.send().await;
    assert_eq!(street.log(&issued.id).await[0].state.as_str(), "delivered");
}

impl Street {
    /// The receiver takes nothing for as long as anything is tried: the times at which it was.
    async fn refuses_for_days(&self) -> Vec<Timestamp> {
        self.receiver.will((0..200).map(|_| Mood::Answers(500)));
        let mut tried = Vec::new();
        for wait in WAITS {
            self.send().await;
            tried.push(self.backend().now());
            self.pass_wait(wait);
        }
        self.send().await;
        tried
    }
}

async fn after_three_days_it_is_given_up_switched_off_and_the_admins_know(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.charge("1").await;
    street.gather().await;
    let tried = street.refuses_for_days().await;
    assert!(tried.last().unwrap().since(tried[0]) > 2 * DAY);
    let log = street.log(&issued.id).await;
    assert_eq!((log[0].state.as_str(), log[0].attempts), ("failed", TRIES));
    assert_eq!(street.attempts(&issued.id, &log[0].id).await.len() as i64, TRIES);
    assert_eq!(street.endpoint(&issued.id).await.state, EndpointState::OffFailing);
    let inbox = street.inbox().await;
    let expected = [
        format!("The webhook {} was switched off", issued.name),
        format!("The webhook {} takes nothing", issued.name),
    ];
    assert_eq!(inbox, expected);
    let count = street.receiver.got().len();
    street.charge("1").await;
    street.tell().await;
    assert_eq!(street.receiver.got().len(), count, "nothing is sent any more");
    assert_eq!(street.log(&issued.id).await.len(), 1, "nor written down");
}

async fn what_was_given_up_is_sent_again_by_hand_under_its_id(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    let begun_at = street.backend().now();
    street.receiver.will([Mood::Answers(500)]);
    street.charge("1").await;
    street.charge("2").await;
    street.tell().await;
    street.endpoints().switch_off(&issued.id).await.unwrap();
    let log = street.log(&issued.id).await;
    assert!(log.iter().all(|one| one.state.as_str() == "failed"), "{log:?}");
    let deliveries =
        Deliveries { backend: street.backend(), organisation: street.here(), endpoint: &issued.id };
    assert!(deliveries.replay_failed(begun_at).await.is_err(), "it is off");
    street.endpoints().switch_on(&issued.id, false).await.unwrap();
    assert_eq!(
        deliveries.replay_failed(street.backend().now().plus(1)).await.unwrap(),
        0,
        "since then none"
    );
    assert_eq!(deliveries.replay_failed(begun_at).await.unwrap(), 2);
    assert_eq!(deliveries.replay_failed(begun_at).await.unwrap(), 0, "they wait already");
    street.send().await;
    let got = street.receiver.got();
    let ids: Vec<_> = got.iter().map(|got| got.id.as_str()).collect();
    assert_eq!(ids, [log[0].id.as_str(), &log[0].id, &log[1].id], "in their order");
    // One that was taken can be sent again as well, once for what the reader has seen.
    let seen = street.log(&issued.id).await[1].attempts;
    for _ in 0..2 {
        deliveries.replay(&log[1].id, seen).await.unwrap();
    }
    assert_eq!(street.receiver.got().len(), 4);
    let again = street.log(&issued.id).await;
    assert_eq!((again[1].state.as_str(), again[1].attempts), ("delivered", seen + 1));
}

async fn who_is_gone_is_switched_off_at_once(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.receiver.will([Mood::Answers(410)]);
    street.charge("1").await;
    street.charge("1").await;
    street.tell().await;
    assert_eq!(street.receiver.got().len(), 1);
    assert_eq!(street.endpoint(&issued.id).await.state, EndpointState::OffGone);
    assert_eq!(street.inbox().await, [format!("The webhook {} was switched off", issued.name)]);
    let page = street
        .desk
        .premises
        .admin()
        .await
        .get(&format!("/developers/webhooks/{}", issued.id))
        .await;
    assert_eq!(page.texts("[data-testid=state]"), ["Gone"]);
}

async fn who_recovers_is_no_longer_worried_about(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    street.receiver.will((0..7).map(|_| Mood::Answers(500)));
    street.charge("1").await;
    street.gather().await;
    for wait in &WAITS[..7] {
        street.send().await;
        street.pass_wait(*wait);
    }
    assert!(street.endpoint(&issued.id).await.failing_since.is_some());
    street.pass(DAY);
    street.receiver.will([Mood::Answers(500)]);
    street.send().await;
    assert_eq!(street.inbox().await, [format!("The webhook {} takes nothing", issued.name)]);
    let admin = street.desk.premises.admin().await;
    assert_eq!(admin.get("/").await.texts("[data-testid=banner]").len(), 1);
    street.pass(DAY);
    street.send().await;
    assert_eq!(street.endpoint(&issued.id).await.failing_since, None);
    assert!(admin.get("/").await.texts("[data-testid=banner]").is_empty(), "it is cured");
}

async fn no_redirect_is_followed(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    let elsewhere = street.receiver.url.replace("/hook", "/elsewhere");
    street.receiver.will([Mood::Says(307, "location", elsewhere)]);
    street.charge("1").await;
    street.tell().await;
    let [got] = <[Got; 1]>::try_from(street.receiver.got()).unwrap();
    assert_eq!(got.path, "/hook");
    let log = street.log(&issued.id).await;
    assert_eq!(log[0].result.as_deref(), Some("Answered 307: redirects are not followed."));
}

async fn of_a_long_answer_the_beginning_is_kept(database: TestDatabase) {
    let street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    let long = format!("a\0{}", "é".repeat(1024 * 1024));
    street.receiver.will([Mood::Says(500, "body", long)]);
    street.charge("1").await;
    street.tell().await;
    let log = street.log(&issued.id).await;
    let tried = street.attempts(&issued.id, &log[0].id).await;
    let kept = tried[0].answer.clone().unwrap();
    assert!(kept.starts_with("a\u{fffd}éé") && kept.len() <= ANSWER_BYTES + 8, "{}", kept.len());
}

async fn nothing_is_sent_into_a_private_network(database: TestDatabase) {
    let mut street = Street::open(database).await;
    let issued = street.listen("usage.charged").await;
    let port = street.receiver.url.rsplit_once(':').unwrap().1.to_owned();
    street.listen_at(&format!("https://localhost:{port}"), "usage.charged").await;
    // The installation is no longer one for development.
    let public = Courier::new(Reach::Public, PATIENCE).unwrap();
    let backend = street.backend().telling_through(public);
    street.desk.premises.serve(backend);
    street.charge("1").await;
    street.tell().await;
    assert!(street.receiver.got().is_empty());
    let log = street.log(&issued.id).await;
    assert!(log[0].result.as_deref().unwrap().contains("https only"), "{log:?}");
    street.pass(HOUR);

    let typed =
        |url: &str| Typed { name: "Inside".into(), url: url.into(), kinds: "*".parse().unwrap() };
    let key = id::uuid_simple(street.backend().now());
    for inside in
        ["https://127.0.0.1/", "https://10.0.0.7/", "https://[::1]/", "https://localhost/"]
    {
        let refused = street.endpoints().create(&typed(inside), &key, None).await.unwrap_err();
        assert!(refused.to_string().contains(NOT_PUBLIC), "{inside}: {refused}");
    }
}
