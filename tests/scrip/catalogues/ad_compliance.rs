//! `ad-compliance`: an ad costs a credit an asset; an annual package in money is allotted to a team whose
//! superadmin sees who uses it, and which reports use most.

use super::*;
use scrip::ledger::lot::{Currency, Money};
use scrip::ledger::time::DAY;

crate::on_both_databases!(an_agency_spends_its_annual_package_ad_by_ad);

/// A hundred credits are there before the package: they stay.
async fn an_agency_spends_its_annual_package_ad_by_ad(database: TestDatabase) {
    let premises = Premises::selling(database, catalogue("ad-compliance")).await;
    give_the_package(&premises).await;
    let (member, superadmin) = (premises.member().await, premises.superadmin().await);

    // An ad of one text and two images costs 3, and is said to before it is run.
    let estimate = member.get("/prices?operation=analysis&text=1&image=2&video=0").await;
    assert_eq!(estimate.texts("[data-operation=analysis] [data-testid=price]"), ["3 credits"]);
    says(&estimate, "1 credit for each image");
    assert!(!estimate.links().contains(&"/credits/buy".to_owned()), "members do not buy");

    // Each asset is charged: three texts in three reports, of one department.
    superadmin
        .post_form(
            "/team/departments",
            "set_allotment",
            &[
                ("department", premises.brand.as_str()),
                ("limit", "300"),
                ("form_key", &scrip::backend::id::form_key(premises.backend.now())),
            ],
        )
        .await;
    let first = premises.report_of(&member, "form-1").await;
    let team = superadmin.get("/team").await;
    assert_eq!(team.texts("[data-testid=used]"), ["1"]);
    assert_eq!(team.texts("[data-testid=allowance]"), ["1,100credits"], "the package and the rest");
    says(&team, "Annual credit package1,000");

    let departments = superadmin.get("/team/departments").await;
    let brand = format!("[data-department={}]", premises.brand);
    assert_eq!(departments.texts(&format!("{brand} [data-fact=allocated]")), ["300"]);
    assert_eq!(departments.texts(&format!("{brand} [data-fact=used]")), ["1"]);
    says(&departments, "Members1 member");

    // The reports with what each used, and those that used most first.
    let reports = superadmin.get("/reports?sort=credits").await;
    assert!(reports.links().iter().any(|link| link.contains(&first)), "{:?}", reports.links());
    let credits = superadmin.get("/credits").await;
    says(&credits, "Ad analysis");

    // What was quoted is held against what was charged.
    let quoted = superadmin.get("/prices/quoted").await;
    says(&quoted, "Every run on this page stayed within its quote.");
    assert_eq!(quoted.texts("tbody td[data-label=Charged]"), ["1"]);
    let member = member.get("/team").await;
    assert_eq!(member.code(), 403);
}

async fn give_the_package(premises: &Premises) {
    let package = premises.backend.catalogue.annual_package.clone().expect("it is sold");
    let dollars = Money { minor: 100_000, currency: Currency::parse("USD").unwrap() };
    assert_eq!((package.credits, package.price), (credits("1000"), dollars));
    let now = premises.backend.now();
    let origin = Origin::PlanPeriod { plan: "ad-compliance".into(), period_start: now };
    let lot = LotId::parse("lot_package").unwrap();
    let mut grant = Grant::plain(lot, Source::Subscription, package.credits, origin);
    grant.expires_at = Some(now.plus(365 * DAY));
    grant.cost = Some(package.price);
    let order = Order {
        key: IdempotencyKey::parse("package").unwrap(),
        actor: Actor::System,
        occurred_at: now,
        command: Command::Grant(Box::new(grant)),
    };
    premises.backend.engine.submit(&premises.northwind, order).await.unwrap();
}
