//! Grants and corrections: seen before they are done, done once, and in the customer's own history.

use super::{available, confirm, key_of, page_of, preview_of, second_staff, two_persons_above};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::Fields;
use scrip::backend::engine::verify;
use scrip::backend::staff::requests;
use scrip::backend::step::Step;
use scrip::backend::store::{lot, staff_request};
use scrip::ledger::Source;
use scrip::ledger::time::DAY;

on_both_databases!(
    a_grant_is_shown_before_it_is_made_and_made_once_and_its_reason_is_read_by_the_customer,
    a_grant_that_makes_no_sense_is_refused_on_its_own_page,
    a_correction_takes_out_what_is_left_and_never_more,
    a_large_grant_waits_for_a_second_person_who_is_not_the_first,
    many_small_grants_of_one_person_are_a_large_one,
    a_request_can_be_declined_or_taken_back_and_lapses,
    a_grant_that_was_approved_and_cut_short_is_finished_by_a_job,
    the_log_says_who_did_what_and_what_it_changed,
    who_closed_a_payment_is_written_down_and_shown,
);

const GRANT: Fields<'static> = &[
    ("amount", "1,250.5"),
    ("source", "promotional"),
    ("expires", "2027-06-30"),
    ("reason", "For the trade fair"),
];

async fn a_grant_is_shown_before_it_is_made_and_made_once_and_its_reason_is_read_by_the_customer(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let preview = preview_of(&premises, &staff, GRANT).await;
    let shown = preview.texts("[data-testid=change-preview]").join(" ");
    for part in ["Available now100", "+1,250.5", "1 Jul 2027, 00:00", "Available afterwards1,350.5"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(available(&admin).await, "100", "nothing was done yet");
    let done = confirm(&staff, &preview, "give_credits", 2).await;
    assert_eq!((done.code(), done.location()), (303, page_of(&premises.northwind).as_str()));
    assert_eq!(available(&admin).await, "1,350.5");

    let history = admin.get("/credits?view=purchases").await.texts("table.folds tbody tr");
    let row = history.iter().find(|row| row.contains("1,250.5")).expect("the grant's row");
    for part in ["Free Credits", "For the trade fair", "otto"] {
        assert!(row.contains(part), "{part} in {row}");
    }
    let lots = lot::all(&premises.backend.db, &premises.northwind).await.unwrap();
    let granted: Vec<_> = lots.iter().filter(|lot| lot.source == Source::Promotional).collect();
    assert_eq!(granted.len(), 1, "once, though the form came twice");
    let report = verify(&premises.backend.db, &premises.northwind).await.unwrap();
    assert_eq!(report.first_difference(), None);

    // The key of a form stands for what the form asked.
    let key = key_of(&preview, "give_credits");
    let other: Fields<'_> = &[
        ("id", premises.northwind.as_str()),
        ("amount", "1"),
        ("source", "admin"),
        ("reason", "For the trade fair"),
        ("form_key", &key),
    ];
    let refused = staff.post_json("give_credits", other).await;
    assert_eq!(refused.code(), 422, "{}", refused.says());
    assert_eq!(available(&admin).await, "1,350.5");
}

async fn a_grant_that_makes_no_sense_is_refused_on_its_own_page(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let form = format!("{}/grant", page_of(&premises.northwind));
    for (amount, source, expires, reason, says) in [
        ("0", "admin", "", "A gift", "above 0"),
        ("ten", "admin", "", "A gift", "not an amount"),
        ("-5", "admin", "", "A gift", "above 0"),
        ("5", "purchased", "", "A gift", "Choose what kind"),
        ("5", "admin", "2020-01-01", "A gift", "This day is over"),
        ("5", "admin", "soon", "A gift", "Write a day"),
        ("5", "admin", "", "  ", "Say why"),
        ("9223372036854", "admin", "", "A gift", "more than can be counted"),
    ] {
        let fields = [
            ("id", premises.northwind.as_str()),
            ("amount", amount),
            ("source", source),
            ("expires", expires),
            ("reason", reason),
        ];
        let page = staff.post_form(&form, "preview_grant", &fields).await;
        assert_eq!((page.code(), page.texts("h1")[0].as_str()), (422, "Grant credits"), "{says}");
        assert!(page.texts("[role=alert]").join(" ").contains(says), "{says}: {}", page.says());
        assert_eq!(page.field("preview_grant", "amount").as_deref(), Some(amount));
    }
}

async fn a_correction_takes_out_what_is_left_and_never_more(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.northwind.as_str();
    let form = format!("{}/adjust?lot=lot_first", page_of(&premises.northwind));
    let page = staff.get(&page_of(&premises.northwind)).await;
    assert!(page.links().contains(&form), "{:?}", page.links());
    let fields = |change: &'static str| {
        [
            ("id", id),
            ("lot", "lot_first"),
            ("change", change),
            ("reason", "Booked one zero too many"),
        ]
    };
    for (change, code) in [("-100.000001", 409), ("0", 422), ("much", 422)] {
        let refused = staff.post_form(&form, "preview_adjustment", &fields(change)).await;
        assert_eq!((refused.code(), refused.texts("h1")[0].as_str()), (code, "Adjust a lot"));
    }
    let asked = staff.post_form(&form, "preview_adjustment", &fields("-90")).await;
    let preview = staff.get(asked.location()).await;
    let shown = preview.texts("[data-testid=change-preview]").join(" ");
    assert!(shown.contains("−90") && shown.contains("Available afterwards10"), "{shown}");
    let done = confirm(&staff, &preview, "adjust_lot", 2).await;
    assert_eq!(done.code(), 303, "{}", done.says());
    assert_eq!(available(&admin).await, "10");
    let rows = admin.get("/credits?view=purchases").await.texts("table.folds tbody tr");
    assert!(rows[0].contains("Correction") && rows[0].contains("one zero too many"), "{rows:?}");
    let elsewhere = [("id", id), ("lot", "lot_none"), ("change", "1"), ("reason", "x")];
    assert_eq!(staff.post_json("preview_adjustment", &elsewhere).await.code(), 404);
}

async fn a_large_grant_waits_for_a_second_person_who_is_not_the_first(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    two_persons_above(&mut premises, "500");
    let (first, admin) = (premises.staff().await, premises.admin().await);
    let preview = preview_of(&premises, &first, GRANT).await;
    assert!(preview.texts("[data-testid=change-preview]")[0].contains("second member of staff"));
    let asked = confirm(&first, &preview, "give_credits", 2).await;
    assert_eq!((asked.code(), asked.location()), (303, "/admin/requests"), "{}", asked.says());
    assert_eq!(available(&admin).await, "100", "nobody has approved it");

    let own = first.get("/admin/requests").await;
    assert_eq!(own.texts("tbody tr").len(), 1, "one request: {}", own.says());
    assert_eq!(own.field("approve_request", "id"), None, "not by who asked");
    let id = own.field("decline_request", "id").expect("who asked may take it back");
    let fields = [("id", id.as_str())];
    let refused = first.post_form("/admin/requests", "approve_request", &fields).await;
    assert_eq!((refused.code(), refused.texts("h1")[0].as_str()), (409, "Requests"));
    assert_eq!(available(&admin).await, "100");

    let second = second_staff(&premises).await;
    for _ in 0..2 {
        let approved = second.post_form("/admin/requests", "approve_request", &fields).await;
        assert_eq!(approved.code(), 303, "{}", approved.says());
    }
    assert_eq!(available(&admin).await, "1,350.5");
    let page = second.get("/admin/requests").await.texts("main").join(" ");
    assert!(
        page.contains("Nothing waits for a second person") && page.contains("Booked"),
        "{page}"
    );
    let again = first.post_json("decline_request", &fields).await;
    assert_eq!(again.code(), 409, "it is over");
}

async fn many_small_grants_of_one_person_are_a_large_one(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    two_persons_above(&mut premises, "500");
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let fields: Fields<'_> = &[("amount", "300"), ("source", "admin"), ("reason", "A part")];
    let first = preview_of(&premises, &staff, fields).await;
    confirm(&staff, &first, "give_credits", 1).await;
    let second = preview_of(&premises, &staff, fields).await;
    let asked = confirm(&staff, &second, "give_credits", 1).await;
    assert_eq!(asked.location(), "/admin/requests");
    assert_eq!(available(&admin).await, "400", "only the first came through");
    premises.clock.advance(2 * DAY);
    let staff = premises.staff().await;
    let next = preview_of(&premises, &staff, fields).await;
    let done = confirm(&staff, &next, "give_credits", 1).await;
    assert_eq!(done.location(), page_of(&premises.northwind), "another day");
}

async fn a_request_can_be_declined_or_taken_back_and_lapses(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    two_persons_above(&mut premises, "500");
    let (first, second) = (premises.staff().await, second_staff(&premises).await);
    let ask = async || {
        let preview = preview_of(&premises, &first, GRANT).await;
        confirm(&first, &preview, "give_credits", 1).await;
        first.get("/admin/requests").await.field("decline_request", "id").unwrap()
    };
    let id = ask().await;
    let declined = second.post_json("decline_request", &[("id", &id)]).await;
    assert!(!declined.status.is_client_error(), "{}", declined.says());
    assert_eq!(second.post_json("approve_request", &[("id", &id)]).await.code(), 409);

    let id = ask().await;
    let back = first.post_json("decline_request", &[("id", &id)]).await;
    assert!(!back.status.is_client_error(), "{}", back.says());

    let id = ask().await;
    premises.clock.advance(8 * DAY);
    let second = second_staff(&premises).await;
    assert_eq!(second.post_json("approve_request", &[("id", &id)]).await.code(), 409);
    let page = second.get("/admin/requests").await.texts("main").join(" ");
    for words in ["Declined", "Taken back", "Nobody answered"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert_eq!(available(&premises.admin().await).await, "100");
}

async fn a_grant_that_was_approved_and_cut_short_is_finished_by_a_job(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    two_persons_above(&mut premises, "500");
    let first = premises.staff().await;
    let preview = preview_of(&premises, &first, GRANT).await;
    confirm(&first, &preview, "give_credits", 1).await;
    let id = first.get("/admin/requests").await.field("decline_request", "id").unwrap();
    // The program ended between the second person's yes and the ledger.
    let db = &premises.backend.db;
    let sue = scrip::backend::store::user::find_by_email(db, "sue@northwind.test").await;
    let sue = sue.unwrap().unwrap().id;
    assert!(staff_request::approve(db, &id, &sue, premises.backend.now()).await.unwrap());
    let step = async || requests::unbooked_step(&premises.backend, premises.backend.now()).await;
    assert_eq!(step().await.unwrap(), Step::Idle, "it may be on its way");
    premises.clock.advance(2 * scrip::ledger::time::MINUTE);
    assert_eq!(step().await.unwrap(), Step::Done);
    assert_eq!(step().await.unwrap(), Step::Idle);
    assert_eq!(available(&premises.admin().await).await, "1,350.5");
}

async fn the_log_says_who_did_what_and_what_it_changed(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let preview = preview_of(&premises, &staff, GRANT).await;
    confirm(&staff, &preview, "give_credits", 2).await;
    let rows = staff.get("/admin/log").await.texts("tbody tr");
    assert_eq!(rows.len(), 1, "one deed: {rows:?}");
    for part in [
        "Grant (promotional), +1,250.5 credits",
        "Northwind",
        "For the trade fair",
        "100 credits available",
        "1,350.5 credits available",
        "otto",
    ] {
        assert!(rows[0].contains(part), "{part} in {}", rows[0]);
    }
    let own = staff.get(&page_of(&premises.northwind)).await.texts("main").join(" ");
    assert!(own.contains("What staff did") && own.contains("For the trade fair"), "{own}");
    assert_eq!(staff.get("/admin/log?before=nonsense").await.code(), 404);
}

async fn who_closed_a_payment_is_written_down_and_shown(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.purchase_of(&admin, "form-1").await;
    let purchase = scrip::ledger::PurchaseId::parse(&id).unwrap();
    let payments = &premises.backend.payments;
    let found = payments.purchase(&premises.northwind, &purchase).await.unwrap();
    let details = scrip::backend::store::purchase::Details { payment_ref: None, note: Some("?") };
    let to = scrip::backend::store::purchase::PurchaseStatus::Review;
    let (db, now) = (&premises.backend.db, premises.backend.now());
    let moved = scrip::backend::store::purchase::advance(db, &found, to, details, now).await;
    assert!(moved.unwrap());
    let fields = [("id", id.as_str()), ("reason", "Paid by another way")];
    let address = format!("/admin/payments/{id}");
    let closed = staff.post_form(&address, "close_payment", &fields).await;
    assert_eq!(closed.code(), 303, "{}", closed.says());
    let page = staff.get(&address).await.texts("main").join(" ");
    assert!(page.contains("Paid by another way") && page.contains("Closed by otto."), "{page}");
    let told = admin.get(&format!("/credits/return/{id}")).await.texts("main").join(" ");
    assert!(told.contains("Paid by another way (otto)"), "{told}");
    let log = staff.get("/admin/log").await.texts("tbody tr");
    assert!(log[0].contains("Closed a payment") && log[0].contains("Under review"), "{log:?}");
}
