//! Codes: redeemed once by an organisation, never more often than they may be, and found by nobody who
//! only tries.

use std::sync::Arc;

use super::available;
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Fields, Page, Visitor};
use scrip::backend::access::Caller;
use scrip::backend::catalogue::Catalogues;
use scrip::backend::engine::verify;
use scrip::backend::promotions::{self, redeem};
use scrip::backend::step::Step;
use scrip::backend::store::organisation::{self, Organisation};
use scrip::backend::store::{campaign, lot};
use scrip::catalogue::programme::Trial;
use scrip::catalogue::{Catalogue, Validity};
use scrip::ledger::time::{DAY, MINUTE};
use scrip::ledger::{OrganisationId, Source, UserId};
use scrip::model::permission::Role;

on_both_databases!(
    a_code_brings_its_credits_once_and_the_history_names_it,
    however_many_redeem_at_once_a_code_is_used_no_more_often_than_its_limit,
    a_wrong_code_tells_nothing_and_too_many_have_to_wait,
    a_campaign_that_makes_no_sense_is_refused_with_every_field_that_is_wrong,
    a_code_that_was_cut_short_brings_its_credits_by_the_job,
    a_new_organisation_gets_its_free_credits_once,
);

const SPRING: Fields<'static> = &[
    ("code", "spring-27"),
    ("name", "Trade fair"),
    ("credits", "40"),
    ("valid_days", "30"),
    ("most_uses", ""),
    ("valid_from", ""),
    ("valid_until", ""),
];

pub async fn begin(staff: &Visitor, fields: Fields<'_>) -> Page {
    let key = staff.get("/admin/promotions").await.field("create_campaign", "form_key").unwrap();
    let mut all = fields.to_vec();
    all.push(("form_key", &key));
    staff.post_form("/admin/promotions", "create_campaign", &all).await;
    staff.post_form("/admin/promotions", "create_campaign", &all).await
}

pub async fn redeemed(visitor: &Visitor, code: &str) -> Page {
    visitor.post_form("/credits/codes", "redeem_code", &[("code", code)]).await
}

/// With these parts in its catalogue.
pub fn with_catalogue(premises: &mut Premises, change: impl FnOnce(&mut Catalogue)) {
    let mut catalogue = (*premises.backend.catalogue).clone();
    change(&mut catalogue);
    let mut backend = premises.backend.clone();
    backend.catalogue = Arc::new(catalogue);
    backend.catalogues = Catalogues::new(backend.db.clone(), (*backend.catalogue).clone());
    premises.serve(backend);
}

async fn a_code_brings_its_credits_once_and_the_history_names_it(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let begun = begin(&staff, SPRING).await;
    assert_eq!((begun.code(), begun.location()), (303, "/admin/promotions"), "{}", begun.says());
    assert_eq!(staff.get("/admin/promotions").await.texts("tbody tr").len(), 1, "once");

    let done = redeemed(&admin, " spring-27 ").await;
    assert_eq!((done.code(), done.location()), (303, "/credits/codes"), "{}", done.says());
    assert_eq!(available(&admin).await, "140");
    let again = redeemed(&premises.superadmin().await, "SPRING-27").await;
    assert_eq!((again.code(), again.texts("h1")[0].as_str()), (409, "Codes and invitations"));
    assert!(again.texts("[role=alert]")[0].contains("already"), "{}", again.says());
    assert_eq!(available(&admin).await, "140");

    let rows = admin.get("/credits?view=purchases").await.texts("table.folds tbody tr");
    for part in ["Free Credits", "+40", "Code SPRING-27", "ada"] {
        assert!(rows[0].contains(part), "{part} in {}", rows[0]);
    }
    let list = admin.get("/credits/codes").await.texts("tbody tr");
    assert!(list[0].contains("SPRING-27") && list[0].contains("40"), "{list:?}");
    let lots = lot::all(&premises.backend.db, &premises.northwind).await.unwrap();
    let promotional = lots.iter().find(|lot| lot.source == Source::Promotional).unwrap();
    assert_eq!(promotional.expires_at, Some(premises.backend.now().plus(30 * DAY)));

    let member = premises.member().await;
    assert_eq!(member.post_json("redeem_code", &[("code", "SPRING-27")]).await.code(), 403);
    let off = staff.post_form("/admin/promotions", "end_campaign", &[("code", "SPRING-27")]).await;
    assert_eq!(off.code(), 303);
    let over = redeemed(&staff, "SPRING-27").await;
    assert!(over.texts("[role=alert]")[0].contains("no longer"), "{}", over.says());
    let log = staff.get("/admin/log").await.texts("tbody tr");
    assert!(log[0].contains("Ended the campaign SPRING-27") && log[0].contains("Redeemed 1"));
    let report = verify(&premises.backend.db, &premises.northwind).await.unwrap();
    assert_eq!(report.first_difference(), None);
}

async fn however_many_redeem_at_once_a_code_is_used_no_more_often_than_its_limit(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let limited: Vec<_> = SPRING
        .iter()
        .map(|(name, it)| (*name, if *name == "most_uses" { "5" } else { it }))
        .collect();
    assert_eq!(begin(&staff, &limited).await.code(), 303);
    let mut tries = Vec::new();
    for number in 0..12 {
        let id = OrganisationId::parse(&format!("org_{number}")).unwrap();
        let made = Organisation {
            id: id.clone(),
            name: format!("Number {number}"),
            currency: "USD".into(),
            time_zone: "UTC".into(),
            catalogue: "ad-compliance".into(),
            created_at: premises.backend.now(),
        };
        organisation::insert(&premises.backend.db, &made).await.unwrap();
        // Each of them twice.
        for _ in 0..2 {
            let (backend, caller) = (premises.backend.clone(), caller_of(&id));
            tries.push(tokio::spawn(async move {
                redeem::redeem(&backend, &caller, "SPRING-27").await.is_ok()
            }));
        }
    }
    for one in tries {
        one.await.unwrap();
    }
    let found = campaign::find(&premises.backend.db, "SPRING-27").await.unwrap().unwrap();
    assert_eq!(found.uses, 5);
    let mut lots = 0;
    for number in 0..12 {
        let id = OrganisationId::parse(&format!("org_{number}")).unwrap();
        let own = lot::all(&premises.backend.db, &id).await.unwrap().len();
        assert!(own <= 1, "no organisation twice");
        lots += own;
    }
    assert_eq!(lots, 5);
}

fn caller_of(organisation: &OrganisationId) -> Caller {
    Caller {
        user: UserId::parse("usr_somebody").unwrap(),
        name: "Somebody".into(),
        email: "somebody@x.test".into(),
        staff: false,
        organisation: organisation.clone(),
        organisation_name: "Somewhere".into(),
        role: Role::Admin,
        department: None,
        department_name: None,
    }
}

async fn a_wrong_code_tells_nothing_and_too_many_have_to_wait(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let later: Vec<_> = SPRING
        .iter()
        .map(|(name, it)| (*name, if *name == "valid_from" { "2099-01-01" } else { it }))
        .collect();
    assert_eq!(begin(&staff, &later).await.code(), 303);
    let told = async |code: &str| {
        let page = redeemed(&admin, code).await;
        (page.code(), page.texts("[role=alert]").join(" "))
    };
    let nowhere = told("NOWHERE").await;
    assert_eq!(nowhere.0, 422);
    assert_eq!(told("SPRING-27").await, nowhere, "one that has not begun is as unknown");
    assert_eq!(told("INVITE-22222222").await, nowhere);
    for _ in 3..10 {
        assert_eq!(told("?").await.0, 422);
    }
    let slowed = redeemed(&admin, "NOWHERE").await;
    assert_eq!(slowed.code(), 429, "{}", slowed.says());
    assert!(!slowed.header("retry-after").is_empty());
    assert_eq!(redeemed(&premises.superadmin().await, "NOWHERE").await.code(), 429);
    premises.clock.advance(15 * MINUTE);
    assert_eq!(told("NOWHERE").await, nowhere);
}

async fn a_campaign_that_makes_no_sense_is_refused_with_every_field_that_is_wrong(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let wrong: Fields<'_> = &[
        ("code", "a!"),
        ("name", ""),
        ("credits", "0"),
        ("valid_days", "many"),
        ("most_uses", "0"),
        ("valid_from", "soon"),
        ("valid_until", "2001-01-01"),
    ];
    let page = begin(&staff, wrong).await;
    assert_eq!((page.code(), page.texts("h1")[0].as_str()), (422, "Promotions"), "{}", page.says());
    assert_eq!(page.texts("form .wrong").len(), 7, "{:?}", page.texts("form .wrong"));
    assert_eq!(begin(&staff, SPRING).await.code(), 303);
    let taken = begin(&staff, SPRING).await;
    assert!(taken.texts("[role=alert]")[0].contains("SPRING-27 already"), "{}", taken.says());
}

async fn a_code_that_was_cut_short_brings_its_credits_by_the_job(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    assert_eq!(begin(&staff, SPRING).await.code(), 303);
    // The program ended between the count and the ledger.
    let (db, now) = (&premises.backend.db, premises.backend.now());
    let cut_short = campaign::CampaignUse {
        organisation: premises.northwind.clone(),
        code: "SPRING-27".into(),
        user: UserId::parse("usr_ada").unwrap(),
        used_at: now,
        lot: scrip::ledger::LotId::parse("lot_spring").unwrap(),
        credits: "40".parse().unwrap(),
        expires_at: None,
        sequence: None,
    };
    assert_eq!(campaign::redeem(db, &cut_short).await.unwrap(), campaign::Used::Now);
    premises.clock.advance(2 * MINUTE);
    let step = || promotions::step(&premises.backend, premises.backend.now());
    assert_eq!(step().await.unwrap(), Step::Done);
    assert_eq!(step().await.unwrap(), Step::Idle);
    assert_eq!(available(&admin).await, "140");
}

async fn a_new_organisation_gets_its_free_credits_once(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    let trial = Trial { credits: "25".parse().unwrap(), valid: Validity::Months(1) };
    let step = async |premises: &Premises| {
        while promotions::step(&premises.backend, premises.backend.now()).await.unwrap()
            == Step::Done
        {}
    };
    step(&premises).await;
    assert_eq!(available(&premises.stranger().await).await, "0", "this catalogue gives none");
    with_catalogue(&mut premises, |catalogue| catalogue.trial = Some(trial));
    step(&premises).await;
    step(&premises).await;
    assert_eq!(available(&premises.stranger().await).await, "25");
    assert_eq!(available(&premises.admin().await).await, "125");
    let rows =
        premises.admin().await.get("/credits?view=purchases").await.texts("table.folds tbody tr");
    assert!(rows[0].contains("Free Credits") && rows[0].contains("System"), "{rows:?}");

    // Who was there long before is not new.
    premises.clock.advance(30 * DAY);
    let late = OrganisationId::parse("org_old").unwrap();
    let made = Organisation {
        id: late.clone(),
        name: "Old".into(),
        currency: "USD".into(),
        time_zone: "UTC".into(),
        catalogue: "ad-compliance".into(),
        created_at: premises.backend.now().plus(-8 * DAY),
    };
    organisation::insert(&premises.backend.db, &made).await.unwrap();
    step(&premises).await;
    assert!(lot::all(&premises.backend.db, &late).await.unwrap().is_empty());
}
