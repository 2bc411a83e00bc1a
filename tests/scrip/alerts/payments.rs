//! What payments have to tell goes out as letters too, with the link that cures it.

use crate::on_both_databases;
use crate::payments::top_up::Desk;
use crate::support::database::TestDatabase;
use crate::support::mail_server::MailServer;
use scrip::backend::mail::Mail;
use scrip::backend::step::Step;
use scrip::backend::store::membership::{self, Membership};
use scrip::backend::store::user::{self, User};
use scrip::model::permission::Role;

on_both_databases!(an_automatic_purchase_that_wants_its_owner_sends_the_admins_the_link);

const ALWAYS_ASKS: &str = "4000002760003184";

async fn an_automatic_purchase_that_wants_its_owner_sends_the_admins_the_link(
    database: TestDatabase,
) {
    let desk = Desk::open(database, "10").await;
    let (db, now) = (desk.till.db().clone(), desk.till.now());
    for (name, role) in [("ada", Role::Admin), ("mia", Role::Member)] {
        let account = User {
            id: scrip::ledger::UserId::parse(&format!("usr_{name}")).unwrap(),
            email: format!("{name}@northwind.test"),
            name: name.into(),
            password_hash: String::new(),
            staff: false,
            created_at: now,
        };
        user::insert(&db, &account).await.unwrap();
        let membership = Membership {
            organisation: desk.till.organisation.clone(),
            user: account.id,
            role,
            department: None,
            created_at: now,
            ended_at: None,
        };
        membership::upsert(&db, &membership).await.unwrap();
    }
    let server = MailServer::open().await;
    let mail = Mail::off(db, "https://scrip.test").through(&server.settings()).unwrap();
    desk.save(ALWAYS_ASKS).await;
    desk.usual().await;
    desk.look().await;
    desk.hear().await;
    while mail.step(desk.till.now()).await.unwrap() == Step::Done {}
    let letters = server.taken();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].to, "ada@northwind.test");
    assert_eq!(letters[0].header("Subject"), "An automatic top-up waits for you");
    assert_eq!(letters[0].link(), "https://scrip.test/settings/billing#auto-top-up");
    // However often it is looked at, once.
    desk.pass_and_look(60).await;
    desk.hear().await;
    while mail.step(desk.till.now()).await.unwrap() == Step::Done {}
    assert_eq!(server.taken().len(), 1);
}
