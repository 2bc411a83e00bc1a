//! Invitations: both get their credits once the first payment has stood for some days, and not before; and
//! they go with the payment if that goes back.

use super::available;
use super::promotions::{redeemed, with_catalogue};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::Visitor;
use scrip::backend::engine::verify;
use scrip::backend::promotions;
use scrip::backend::step::Step;
use scrip::catalogue::Validity;
use scrip::catalogue::programme::Referral;
use scrip::ledger::time::DAY;
use scrip::model::permission::Role;

on_both_databases!(
    both_get_their_credits_once_the_first_payment_was_held_long_enough,
    a_payment_that_goes_back_before_the_hold_is_over_brings_nothing,
    a_payment_that_goes_back_later_takes_the_credits_with_it,
    nobody_invites_themselves,
    an_invitation_is_for_new_organisations_and_for_one_of_them_once,
    without_a_programme_there_is_no_invitation,
);

/// Northwind (with its 100 credits) may be invited by Southwind, which has none.
async fn open(database: TestDatabase) -> Premises {
    let mut premises = Premises::open(database).await;
    with_catalogue(&mut premises, |catalogue| {
        catalogue.referral = Some(Referral {
            inviter_credits: "30".parse().unwrap(),
            invited_credits: "20".parse().unwrap(),
            hold_days: 14,
            within_days: 30,
            valid: Validity::Months(12),
        });
    });
    premises
}

async fn invitation_of(inviter: &Visitor) -> String {
    inviter.get("/credits/codes").await.texts("[data-testid=invitation-code]")[0].clone()
}

async fn days_pass(premises: &Premises, days: i64) {
    premises.clock.advance(days * DAY);
    while promotions::step(&premises.backend, premises.backend.now()).await.unwrap() == Step::Done {
    }
}

/// Northwind comes by Southwind's invitation and buys the first pack (50 credits).
async fn invited_and_bought(premises: &Premises) -> String {
    let (inviter, admin) = (premises.stranger().await, premises.admin().await);
    let code = invitation_of(&inviter).await;
    let done = redeemed(&admin, &code.to_lowercase()).await;
    assert_eq!(done.code(), 303, "{}", done.says());
    let id = premises.purchase_of(&admin, "form-1").await;
    premises.pay(&admin, &id).await;
    id
}

async fn refund(premises: &Premises, id: &str) {
    let staff = premises.staff().await;
    let fields = [
        ("id", id),
        ("amount", "60"),
        ("reason", "Closing the account"),
        ("form_key", "form-back"),
    ];
    let done = staff.post_json("refund_payment", &fields).await;
    assert!(!done.status.is_client_error() && !done.status.is_server_error(), "{}", done.says());
}

async fn both_get_their_credits_once_the_first_payment_was_held_long_enough(
    database: TestDatabase,
) {
    let premises = open(database).await;
    invited_and_bought(&premises).await;
    // Sessions end while days pass: everybody comes anew.
    let list = async || {
        let inviter = premises.stranger().await;
        inviter.get("/credits/codes").await.texts("tbody tr").join(" ")
    };
    let both = async || {
        let (admin, inviter) = (premises.admin().await, premises.stranger().await);
        (available(&admin).await, available(&inviter).await)
    };
    assert!(list().await.contains("Has paid for nothing yet"), "the job has not looked");
    days_pass(&premises, 13).await;
    assert!(list().await.contains("Has paid; the credits come on"), "{}", list().await);
    let told =
        premises.admin().await.get("/credits/codes").await.texts("[data-testid=came-by]").join(" ");
    assert!(told.contains("invited by Southwind") && told.contains("20 credits"), "{told}");
    assert_eq!(both().await, ("150".into(), "0".into()));

    days_pass(&premises, 1).await;
    days_pass(&premises, 1).await;
    assert_eq!(both().await, ("170".into(), "30".into()));
    assert!(list().await.contains("Credits granted"));
    let rows =
        premises.admin().await.get("/credits?view=purchases").await.texts("table.folds tbody tr");
    assert!(rows[0].contains("Free Credits") && rows[0].contains("Referral"), "{rows:?}");
    let staff = premises.staff().await.get("/admin/promotions").await.texts("tbody tr").join(" ");
    assert!(staff.contains("Northwind") && staff.contains("Southwind"), "{staff}");
}

async fn a_payment_that_goes_back_before_the_hold_is_over_brings_nothing(database: TestDatabase) {
    let premises = open(database).await;
    let id = invited_and_bought(&premises).await;
    days_pass(&premises, 3).await;
    refund(&premises, &id).await;
    days_pass(&premises, 20).await;
    let inviter = premises.stranger().await;
    assert_eq!(available(&inviter).await, "0");
    assert_eq!(available(&premises.admin().await).await, "100");
    let list = inviter.get("/credits/codes").await.texts("tbody tr").join(" ");
    assert!(list.contains("the payment went back"), "{list}");
}

async fn a_payment_that_goes_back_later_takes_the_credits_with_it(database: TestDatabase) {
    let premises = open(database).await;
    let id = invited_and_bought(&premises).await;
    days_pass(&premises, 1).await;
    days_pass(&premises, 14).await;
    assert_eq!(available(&premises.stranger().await).await, "30");
    refund(&premises, &id).await;
    days_pass(&premises, 1).await;
    days_pass(&premises, 1).await;
    let (inviter, admin) = (premises.stranger().await, premises.admin().await);
    assert_eq!((available(&admin).await, available(&inviter).await), ("100".into(), "0".into()));
    let rows = inviter.get("/credits?view=purchases").await.texts("table.folds tbody tr");
    assert!(rows[0].contains("Taken back") && rows[0].contains("−30"), "{rows:?}");
    assert!(rows[0].contains("payment behind it went back"), "{rows:?}");
    let report = verify(&premises.backend.db, &premises.northwind).await.unwrap();
    assert_eq!(report.first_difference(), None);
}

async fn nobody_invites_themselves(database: TestDatabase) {
    let premises = open(database).await;
    let admin = premises.admin().await;
    let own = invitation_of(&admin).await;
    assert_eq!(redeemed(&admin, &own).await.code(), 409, "the same organisation");
    // Otto of Southwind belongs to Northwind as well.
    let (db, access) = (&premises.backend.db, &premises.backend.access);
    let otto = scrip::backend::store::user::find_by_email(db, "otto@southwind.test").await;
    let (otto, now) = (otto.unwrap().unwrap().id, premises.backend.now());
    let code = invitation_of(&premises.stranger().await).await;
    access.add_member(&premises.northwind, &otto, Role::Member, None, now).await.unwrap();
    let refused = redeemed(&admin, &code).await;
    assert_eq!(refused.code(), 409, "the same person");
    assert!(refused.texts("[role=alert]")[0].contains("belongs to both"), "{}", refused.says());
}

async fn an_invitation_is_for_new_organisations_and_for_one_of_them_once(database: TestDatabase) {
    let premises = open(database).await;
    let (inviter, admin) = (premises.stranger().await, premises.admin().await);
    let code = invitation_of(&inviter).await;
    assert_eq!(invitation_of(&inviter).await, code, "it stays the same");
    for _ in 0..2 {
        assert_eq!(redeemed(&admin, &code).await.code(), 303, "twice is once");
    }
    let list = inviter.get("/credits/codes").await.texts("tbody tr");
    assert_eq!(list.len(), 1, "{list:?}");
    // Southwind has bought nothing, but is no longer new.
    let other = invitation_of(&admin).await;
    let back = redeemed(&inviter, &other).await;
    assert_eq!(back.code(), 409, "two do not bring each other: {}", back.says());
    premises.clock.advance(31 * DAY);
    let late = redeemed(&premises.stranger().await, &other).await;
    assert_eq!(late.code(), 409, "{}", late.says());
    assert!(late.texts("[role=alert]")[0].contains("30 days"), "{}", late.says());
}

async fn without_a_programme_there_is_no_invitation(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let page = admin.get("/credits/codes").await;
    assert_eq!(page.code(), 200);
    assert!(page.texts("[data-testid=invitation-code]").is_empty());
    assert_eq!(redeemed(&admin, "INVITE-23456789").await.code(), 422);
}
