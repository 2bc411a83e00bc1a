//! Those who run the installation: what they may do, and that it is there for nobody else.

use super::{FUNCTIONS, Needs, PAGES, Stage};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use scrip::backend::store;
use scrip::backend::store::campaign::Campaign;
use scrip::backend::store::staff_request::{self, Change, RequestState, StaffRequest};
use scrip::ledger::{LotId, Source};

on_both_databases!(
    staff_open_their_pages_and_call_their_functions,
    people_become_staff_on_the_command_line_and_no_longer_are,
    staff_refund_a_half_spent_pack_and_the_admin_reads_why,
    the_refund_dialog_refuses_what_does_not_fit_on_its_own_page,
    staff_find_every_payment_by_reference_and_by_organisation,
    a_refund_in_the_history_shows_money_to_those_who_may_see_it,
);

/// The code of a campaign that nobody has redeemed.
pub async fn campaign(premises: &Premises, number: u32) -> String {
    let (db, now) = (&premises.backend.db, premises.backend.now());
    let code = format!("STAGE-{number}-{}", &scrip::backend::id::uuid_simple(now)[20..]);
    let campaign = Campaign {
        code: code.to_uppercase(),
        form_key: code.clone(),
        name: "For the stage".to_owned(),
        credits: "5".parse().unwrap(),
        valid_days: None,
        most_uses: None,
        uses: 0,
        valid_from: now,
        valid_until: None,
        created_by: scrip::ledger::UserId::parse("usr_stage").unwrap(),
        created_at: now,
        ended_at: None,
    };
    store::campaign::insert(db, &campaign).await.unwrap();
    code
}

/// A catalogue that may be handed in.
pub const CATALOGUE: &str = scrip::catalogue::parse::BUILT_IN_TEXT;

/// A catalogue that was handed in and is to be looked at.
pub async fn draft(premises: &Premises) -> String {
    let db = &premises.backend.db;
    let sue = store::user::find_by_email(db, "sue@northwind.test").await.unwrap().unwrap();
    scrip::backend::staff::catalogue::hand_in(&premises.backend, &sue.id, CATALOGUE).await.unwrap()
}

/// A version that takes effect in a thousand years.
pub async fn version_to_come(premises: &Premises) -> String {
    let (catalogues, now) = (&premises.backend.catalogues, premises.backend.now());
    let far = now.plus(1_000 * 365 * scrip::ledger::time::DAY);
    catalogues.apply(CATALOGUE, far, "test", now).await.unwrap().to_string()
}

/// A file of one grant that nobody has brought yet.
pub const FILE: &str =
    "organisation,amount,source,expires,reason\nSouthwind,1,admin,,A gesture of one\n";

/// A file of one grant that is to be confirmed.
pub async fn mass_grant(premises: &Premises, reason: &str) -> String {
    let db = &premises.backend.db;
    let sue = scrip::backend::store::user::find_by_email(db, "sue@northwind.test").await;
    let sue = sue.unwrap().unwrap().id;
    let file = format!("organisation,amount,source,expires,reason\nNorthwind,1,admin,,{reason}\n");
    let bytes = file.as_bytes();
    scrip::backend::staff::mass_grant::check_file(&premises.backend, &sue, "a.csv", bytes)
        .await
        .unwrap()
}

/// A request of Northwind's superadmin that waits for a second person.
pub async fn request(premises: &Premises, form_key: &str) -> String {
    let (db, now) = (&premises.backend.db, premises.backend.now());
    let sue = scrip::backend::store::user::find_by_email(db, "sue@northwind.test").await;
    let request = StaffRequest {
        id: scrip::backend::id::uuid_simple(now),
        form_key: form_key.to_owned(),
        organisation: premises.northwind.clone(),
        change: Change::Grant {
            lot: scrip::backend::id::fresh(now, LotId::from_uuid_simple),
            source: Source::Admin,
            amount: "50000".parse().unwrap(),
            effective_at: None,
            expires_at: None,
            operations: None,
        },
        reason: "A large one".to_owned(),
        asked_by: sue.unwrap().unwrap().id,
        asked_at: now,
        lapses_at: now.plus(scrip::ledger::time::DAY),
        state: RequestState::Waiting,
        decided_by: None,
        decided_at: None,
        sequence: None,
        problem: None,
    };
    staff_request::insert_once(db, &request).await.unwrap();
    request.id
}

async fn staff_open_their_pages_and_call_their_functions(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let staff = stage.premises.staff().await;
    for (path, _, address) in PAGES.iter().filter(|page| page.1 == Needs::Staff) {
        let page = staff.get(&stage.filled(address, "")).await;
        assert_eq!((page.code(), page.texts("h1").len()), (200, 1), "{path}: {}", page.says());
    }
    assert!(staff.get("/").await.links().contains(&"/admin/payments".to_owned()));
    let member = stage.premises.superadmin().await;
    assert!(!member.get("/").await.links().contains(&"/admin/payments".to_owned()));
    for function in FUNCTIONS.iter().filter(|function| function.1 == Needs::Staff) {
        let answer = stage.call(&staff, function, "application/json").await;
        // The stage's purchase is not paid: there is nothing to refund or to close.
        // Nobody approves what they asked for themselves.
        let expected = ["preview_refund", "refund_payment", "close_payment", "approve_mass_grant"];
        let refused = expected.contains(&function.0);
        assert_eq!(answer.code() == 409, refused, "{}: {}", function.0, answer.says());
        assert!(!answer.status.is_server_error(), "{}: {}", function.0, answer.says());
    }
}

async fn people_become_staff_on_the_command_line_and_no_longer_are(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let superadmin = premises.superadmin().await;
    assert_eq!(superadmin.get("/admin/payments").await.code(), 404);
    let program = || {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_scrip"));
        program.env("SCRIP_DATABASE_URL", premises.url()).args(["user", "staff", "--email"]);
        program
    };
    let done = program().arg("sue@northwind.test").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(superadmin.get("/admin/payments").await.code(), 200, "with the next request");
    let done = program().args(["sue@northwind.test", "--revoke"]).output().unwrap();
    assert!(done.status.success());
    assert_eq!(superadmin.get("/admin/payments").await.code(), 404);
    let nobody = program().arg("nobody@northwind.test").output().unwrap();
    assert!(!nobody.status.success());
}

async fn staff_refund_a_half_spent_pack_and_the_admin_reads_why(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.purchase_of(&admin, "form-1").await;
    premises.pay(&admin, &id).await;
    let address = format!("/admin/payments/{id}");
    let page = staff.get(&address).await;
    assert!(page.links().contains(&format!("{address}/refund")), "{}", page.says());

    let form = format!("{address}/refund");
    let page = staff.get(&form).await;
    assert_eq!(page.field("preview_refund", "amount").as_deref(), Some("60.00"));
    let fields = [("id", id.as_str()), ("amount", "30"), ("reason", "Bought one pack too many")];
    let asked = staff.post_form(&form, "preview_refund", &fields).await;
    assert_eq!(asked.code(), 303, "{}", asked.says());
    let preview = staff.get(asked.location()).await;
    let shown = preview.texts("[data-testid=refund-preview]").join(" ");
    for part in ["Credits taken back25", "Available now150", "Available afterwards125", "$30.00"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let field = |name: &str| preview.field("refund_payment", name).unwrap();
    let (amount, reason, key) = (field("amount"), field("reason"), field("form_key"));
    let fields = [
        ("id", id.as_str()),
        ("amount", amount.as_str()),
        ("reason", reason.as_str()),
        ("form_key", key.as_str()),
    ];
    for _ in 0..2 {
        let done = staff.post_form(asked.location(), "refund_payment", &fields).await;
        assert_eq!((done.code(), done.location()), (303, address.as_str()), "{}", done.says());
    }
    let page = admin.get(&format!("/credits/return/{id}")).await;
    let told = page.texts("[data-testid=money-back]").join(" ");
    for part in ["Refunded$30.00", "Credits taken back25", "Bought one pack too many (otto)"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert_eq!(page.texts("[data-balance=available]")[0], "125");
}

async fn the_refund_dialog_refuses_what_does_not_fit_on_its_own_page(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.purchase_of(&admin, "form-1").await;
    premises.pay(&admin, &id).await;
    let form = format!("/admin/payments/{id}/refund");
    for (amount, reason, says) in [
        ("60.01", "Too much", "At most $60.00 is left to refund."),
        ("ten", "No number", "“ten” is not an amount of money."),
        ("1.234", "Too fine", "1.234"),
        ("0", "Nothing", "Enter how much to refund."),
        ("10", "  ", "Say why"),
    ] {
        let fields = [("id", id.as_str()), ("amount", amount), ("reason", reason)];
        let page = staff.post_form(&form, "preview_refund", &fields).await;
        assert_eq!((page.code(), page.texts("h1")), (422, vec!["Refund".to_owned()]), "{amount}");
        assert!(page.texts("[role=alert]").join(" ").contains(says), "{}", page.says());
        assert_eq!(page.field("preview_refund", "amount").as_deref(), Some(amount));
    }
    let purchase = scrip::ledger::PurchaseId::parse(&id).unwrap();
    let found = premises.backend.payments.any_purchase(&purchase).await.unwrap();
    let totals = premises.backend.payments.totals_of(&found).await.unwrap().unwrap();
    assert!(totals.refunds.is_empty(), "nothing was refunded on the way");
}

async fn staff_find_every_payment_by_reference_and_by_organisation(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.purchase_of(&admin, "form-1").await;
    premises.pay(&admin, &id).await;
    let finds = async |search: &str| {
        let page = staff.get(&format!("/admin/payments?search={search}")).await;
        assert_eq!(page.code(), 200, "{}", page.says());
        page.links().contains(&format!("/admin/payments/{id}"))
    };
    for search in ["", &id, "Northwind", "northw", premises.northwind.as_str()] {
        assert!(finds(search).await, "{search}");
    }
    for search in ["Southwind", "pur_0", "%25", "a%00b", "'%3B--"] {
        assert!(!finds(search).await, "{search}");
    }
    assert_eq!(staff.get("/admin/payments?before=nonsense").await.code(), 404);
    assert_eq!(staff.get("/admin/payments/pur_nobody").await.code(), 404);
}

async fn a_refund_in_the_history_shows_money_to_those_who_may_see_it(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let id = premises.purchase_of(&admin, "form-1").await;
    premises.pay(&admin, &id).await;
    let key = scrip::backend::id::form_key(premises.backend.now());
    let fields = [
        ("id", id.as_str()),
        ("amount", "60"),
        ("reason", "Closing the account"),
        ("form_key", key.as_str()),
    ];
    let done = staff.post_json("refund_payment", &fields).await;
    assert!(done.status.is_success() || done.status.is_redirection(), "{}", done.says());
    let row = async |visitor: &crate::support::visitor::Visitor| {
        let page = visitor.get("/credits?view=purchases").await;
        let rows = page.texts("table tbody tr");
        rows.into_iter().find(|row| row.starts_with("Refund")).expect("a row for the refund")
    };
    let seen = row(&admin).await;
    assert!(seen.contains("−50") && seen.contains("−$60.00"), "{seen}");
    assert!(seen.contains("Closing the account"), "{seen}");
    let seen = row(&premises.member().await).await;
    assert!(seen.contains("−50") && !seen.contains('$') && !seen.contains("Closing"), "{seen}");
}
