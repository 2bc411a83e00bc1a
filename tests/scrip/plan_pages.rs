//! The page *Subscription* and the preview of a change, as people see them.

use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor};

crate::on_both_databases!(
    without_a_plan_the_page_says_pay_as_you_go_and_that_nothing_expires,
    the_plan_in_force_is_shown_to_everyone_and_changed_by_admins_only,
    an_upgrade_is_shown_before_it_is_made,
    an_end_is_shown_scheduled_and_taken_back,
    a_preview_of_what_cannot_be_is_refused_with_what_to_do,
    a_payment_that_fails_shows_the_way_out_to_those_who_may_pay,
    a_plan_is_agreed_on_and_ended_on_the_command_line,
);

const PAGE: &str = "/credits/subscription";

fn says(page: &Page, text: &str) {
    let main = page.texts("main").join(" ");
    assert!(main.contains(text), "“{text}” in: {main}");
}

/// Follows the button of an offer to its preview, and confirms.
async fn confirm(visitor: &Visitor, to: &str, function: &str) -> Page {
    let address = format!("{PAGE}/change?to={to}");
    let preview = visitor.get(&address).await;
    let field = |name: &str| preview.field(function, name).unwrap_or_default();
    let (plan, shown_at, form_key) = (field("plan"), field("shown_at"), field("form_key"));
    let mut fields = vec![("form_key", form_key.as_str())];
    if function != "cancel_plan" {
        fields.push(("plan", &plan));
    }
    if function == "change_plan" {
        fields.push(("shown_at", &shown_at));
    }
    visitor.post_form(&address, function, &fields).await
}

async fn without_a_plan_the_page_says_pay_as_you_go_and_that_nothing_expires(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    for visitor in [premises.member().await, premises.admin().await] {
        let page = visitor.get(PAGE).await;
        assert_eq!(page.texts("[data-testid=plan]"), ["Pay As You Go"]);
        says(&page, "Flexible usage-based pricing with no commitment.");
        says(&page, "No expiry date set. Your plan does not have a fixed expiry.");
    }
    let admin = premises.admin().await.get(PAGE).await;
    says(&admin, "Custom");
    says(&admin, "contact whoever runs this installation");
    assert!(admin.links().contains(&format!("{PAGE}/change?to=pro")), "{:?}", admin.links());
    let preview = premises.admin().await.get(&format!("{PAGE}/change?to=pro")).await;
    says(&preview, "Charged today$99.00");
    says(&preview, "All 100 credits that are available now");
}

async fn the_plan_in_force_is_shown_to_everyone_and_changed_by_admins_only(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    premises.subscribed_by(&admin, "form-1").await;
    let page = admin.get(PAGE).await;
    for text in [
        "For photographers with events every month.",
        "$99.00 each month",
        "3,000 credits each month",
        "Next reset on",
        "the unused 3,000 credits will lapse",
        "Your plan",
    ] {
        says(&page, text);
    }
    assert!(page.texts("footer").join(" ").contains("Europe/Vienna"), "the zone is named");
    let links = page.links();
    assert!(links.contains(&format!("{PAGE}/change?to=studio")), "{links:?}");
    assert!(page.forms().contains(&"/api/open_portal".to_owned()));
    let portal = admin.post_form(PAGE, "open_portal", &[]).await;
    assert!(portal.location().starts_with(&premises.provider), "{}", portal.says());

    let seen = premises.member().await.get(PAGE).await;
    assert_eq!(seen.texts("[data-testid=plan]"), ["Pro"]);
    says(&seen, "Ask an admin of your organisation.");
    assert!(!seen.links().iter().any(|link| link.contains("/change")), "{:?}", seen.links());
    let forms: Vec<String> = seen.forms();
    assert!(
        !forms.iter().any(|form| form.contains("plan") || form.contains("portal")),
        "{forms:?}"
    );
}

async fn an_upgrade_is_shown_before_it_is_made(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    premises.subscribed_by(&admin, "form-1").await;
    let preview = admin.get(&format!("{PAGE}/change?to=studio")).await;
    says(&preview, "Upgrade to Studio");
    says(&preview, "9,000 credits, for the rest of the period");
    says(&preview, "All 3,100 credits that are available now");
    says(&preview, "Credits lostNone");
    let charge = preview.texts("[data-testid=charge-today]");
    assert!(charge[0].starts_with("$250.00"), "{charge:?}");

    let done = confirm(&admin, "studio", "change_plan").await;
    assert_eq!((done.code(), done.location()), (303, PAGE), "{}", done.says());
    let page = admin.get(PAGE).await;
    assert_eq!(page.texts("[data-testid=plan]"), ["Studio"]);
    says(&page, "of the unused 12,000 credits, 3,000 credits will roll over for 3 months");

    let later = admin.get(&format!("{PAGE}/change?to=pro")).await;
    says(&later, "Charged todayNothing");
    let done = confirm(&admin, "pro", "change_plan").await;
    assert_eq!(done.code(), 303, "{}", done.says());
    let page = admin.get(PAGE).await;
    assert_eq!(page.texts("[data-testid=plan]"), ["Studio"], "until the period ends");
    says(&page, "Pro follows on");
    let key = page.field("keep_plan", "form_key").expect("it can be undone");
    let undone = admin.post_form(PAGE, "keep_plan", &[("form_key", &key)]).await;
    assert_eq!(undone.code(), 303, "{}", undone.says());
    assert!(!admin.get(PAGE).await.texts("main").join(" ").contains("follows on"));
}

async fn an_end_is_shown_scheduled_and_taken_back(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    premises.subscribed_by(&admin, "form-1").await;
    let preview = admin.get(&format!("{PAGE}/change?to=none")).await;
    says(&preview, "Cancel Pro");
    says(&preview, "3,000 credits as of now");
    says(&preview, "100 credits that are not the plan's");
    let done = confirm(&admin, "none", "cancel_plan").await;
    assert_eq!((done.code(), done.location()), (303, PAGE), "{}", done.says());
    let page = admin.get(PAGE).await;
    says(&page, "The plan ends on");
    assert!(!page.links().iter().any(|link| link.contains("to=")), "{:?}", page.links());
    let member = premises.member().await.get(PAGE).await;
    says(&member, "The plan ends on");
    assert_eq!(member.field("keep_plan", "form_key"), None);
    let key = page.field("keep_plan", "form_key").expect("it can be undone");
    admin.post_form(PAGE, "keep_plan", &[("form_key", &key)]).await;
    assert!(!admin.get(PAGE).await.texts("main").join(" ").contains("The plan ends"));
}

async fn a_preview_of_what_cannot_be_is_refused_with_what_to_do(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    assert_eq!(admin.get(&format!("{PAGE}/change?to=gold")).await.code(), 404);
    assert_eq!(admin.get(&format!("{PAGE}/change?to=none")).await.code(), 409);
    premises.subscribed_by(&admin, "form-1").await;
    let same = admin.get(&format!("{PAGE}/change?to=pro")).await;
    assert_eq!(same.code(), 409);
    says(&same, "This is the plan you have.");
    let fields = [("plan", "gold"), ("form_key", "form-2")];
    let refused = admin.post_form(PAGE, "subscribe_plan", &fields).await;
    assert_eq!(refused.code(), 422, "{}", refused.says());
    says(&refused, "This plan is not offered.");
}

async fn a_payment_that_fails_shows_the_way_out_to_those_who_may_pay(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    premises.subscribed_by(&admin, "form-1").await;
    let now = premises.backend.now();
    let row = premises.backend.payments.plan_row(&premises.northwind, now).await.unwrap().unwrap();
    let name = row.mirror.subscription.unwrap();
    let path = format!("/v1/subscriptions/{name}");
    let subscription = premises.ask_provider(&path, &[("description", "Northwind")]).await;
    let customer = subscription["customer"].as_str().unwrap();
    let card = "/v1/payment_methods/pm_card_chargeCustomerFail/attach";
    let card = premises.ask_provider(card, &[("customer", customer)]).await;
    let fields = [("default_payment_method", card["id"].as_str().unwrap())];
    premises.ask_provider(&path, &fields).await;
    let end = row.mirror.period_end.unwrap();
    premises.pass(end.since(now) / 1_000_000 + 2 * 3600).await;

    let page = premises.admin().await.get(PAGE).await;
    says(&page, "Payment failed");
    says(&page, "The credits of the last period stay until");
    says(&page, "The last invoice has to be paid first.");
    let invoice = format!("{}/invoices/", premises.provider);
    assert!(page.links().iter().any(|link| link.starts_with(&invoice)), "{:?}", page.links());
    let member = premises.member().await.get(PAGE).await;
    says(&member, "Ask an admin to look at it.");
    assert!(!member.links().iter().any(|link| link.starts_with(&invoice)));

    premises.pass(25 * 3600).await;
    let page = premises.admin().await.get(PAGE).await;
    assert!(!page.texts("main").join(" ").contains("stay until"));
    assert_eq!(page.texts("[data-balance=available]")[0], "100", "no free month");
}

async fn a_plan_is_agreed_on_and_ended_on_the_command_line(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let catalogue = concat!(env!("CARGO_MANIFEST_DIR"), "/catalogues/event-photos.toml");
    let run = |words: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_scrip"));
        program.env("SCRIP_DATABASE_URL", premises.url()).env("SCRIP_CATALOGUE", catalogue);
        program.env_remove("STRIPE_SECRET_KEY").arg("plan").args(words);
        let done = program.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        (done.status.success(), said + &String::from_utf8_lossy(&done.stderr))
    };
    let here = premises.northwind.as_str();
    let (agreed, said) = run(&["agree", "--organisation", here, "--plan", "custom"]);
    assert!(agreed, "{said}");
    let admin = premises.admin().await;
    assert_eq!(admin.get(PAGE).await.texts("[data-testid=plan]"), ["Custom"]);
    let (agreed, said) = run(&["agree", "--organisation", here, "--plan", "none"]);
    assert!(!agreed && said.contains("no plan none"), "{said}");
    let (agreed, said) = run(&["agree", "--organisation", "org_nobody", "--plan", "custom"]);
    assert!(!agreed, "{said}");
    let (ended, said) = run(&["end", "--organisation", here]);
    assert!(ended, "{said}");
    assert_ne!(admin.get(PAGE).await.texts("[data-testid=plan]"), ["Custom"]);
    let (ended, said) = run(&["end", "--organisation", here]);
    assert!(!ended, "there is nothing to end: {said}");
}
