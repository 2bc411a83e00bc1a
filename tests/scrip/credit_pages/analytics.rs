//! Usage analytics say what the journal says, whether a job has summed its days or not, to each what they
//! may see.

use super::*;
use crate::on_both_databases;
use crate::support::visitor::{Page, Visitor};
use leptos::config::LeptosOptions;
use scrip::backend::analytics::roll_up;
use scrip::backend::jobs::Step;
use scrip::backend::store::{usage_day, usage_day_sums};
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;

on_both_databases!(
    the_page_says_the_same_before_and_after_its_days_are_summed,
    totals_trend_parts_and_files_come_to_the_same,
    a_running_month_is_compared_up_to_the_same_day,
    days_are_those_of_the_organisation_when_clocks_change,
    a_member_sees_their_own_usage_and_nobody_elses,
    what_took_far_more_than_usual_is_named,
    an_address_that_names_what_is_not_there_is_refused,
    without_usage_the_page_keeps_its_frame,
);

async fn visitor(office: &Office, email: &str) -> Visitor {
    let options = LeptosOptions::builder().output_name("scrip").build();
    let policy = SecurityPolicy::new("http://127.0.0.1:3000", Vec::new());
    let site = router(office.backend.clone(), options, policy, TrustedProxies::default());
    let visitor = Visitor::new(site);
    let fields = [("email", email), ("password", PASSWORD)];
    assert_eq!(visitor.post_form("/login", "sign_in", &fields).await.code(), 303);
    visitor
}

async fn admin(office: &Office) -> Visitor {
    visitor(office, "ada@northwind.test").await
}

/// Five weeks of work from the start on, every seventh hour.
async fn busy(test: TestDatabase) -> Office {
    let office = Office::with_package(test).await;
    for number in 0..120 {
        office.advance(7 * HOUR);
        let department = if number % 3 == 0 { &office.sales } else { &office.design };
        office.charge(if number % 5 == 0 { "2.5" } else { "1.25" }, department).await;
    }
    office
}

async fn sum_days(office: &Office) {
    let mut steps = 0;
    while roll_up::step(&office.backend.db, 1).await.unwrap() == Step::Done {
        steps += 1;
    }
    assert!(steps > 0, "there was nothing to sum");
}

/// The amount of a text such as "−162.5", without its sign.
fn amount(text: &str) -> Credits {
    amount_of(&text.trim_start_matches(['−', '+']).replace(',', ""))
}

fn used(page: &Page) -> Credits {
    amount(&page.texts("[data-testid=used]")[0])
}

/// What people read on the page, without what changes from one request to the next.
fn read(page: &Page) -> Vec<String> {
    assert_eq!(page.code(), 200, "{}", page.says());
    page.texts("main h2, main p, main td, main th")
}

async fn the_page_says_the_same_before_and_after_its_days_are_summed(test: TestDatabase) {
    let office = busy(test).await;
    let (admin, member) = (admin(&office).await, visitor(&office, "mia@northwind.test").await);
    let addresses = [
        "/usage",
        "/usage?period=last-month&by=week",
        "/usage?period=28-days&department=dep_sales",
        "/usage?period=days&from=2026-10-24&to=2026-11-02&operation=analysis",
    ];
    let mut before = Vec::new();
    for address in addresses {
        before.push((read(&admin.get(address).await), read(&member.get(address).await)));
    }
    sum_days(&office).await;
    let summed = usage_day::place(&office.backend.db, &office.organisation.id).await.unwrap();
    assert!(summed >= 121, "everything is summed up to {summed}");
    for (address, before) in addresses.iter().zip(&before) {
        let after = (read(&admin.get(address).await), read(&member.get(address).await));
        assert_eq!(after, *before, "{address}");
    }
    // More work beyond the days, and a reversal: both count at once.
    let all = used(&admin.get("/usage?period=year").await);
    let more = office.must(charge(&office, "3")).await;
    assert_eq!(used(&admin.get("/usage?period=year").await), sum([all, amount_of("3")]));
    let reverse = Command::Reverse { transaction: more.transaction.sequence, amount: None };
    office.must(reverse).await;
    assert_eq!(used(&admin.get("/usage?period=year").await), all);
    sum_days(&office).await;
    assert_eq!(used(&admin.get("/usage?period=year").await), all);
    // Thrown away, they are made again.
    usage_day_sums::forget(&office.backend.db, &office.organisation.id).await.unwrap();
    sum_days(&office).await;
    assert_eq!(read(&admin.get(addresses[1]).await), before[1].0);
}

fn charge(office: &Office, amount: &str) -> Command {
    let attribution = office.attribution(&office.design);
    Command::Charge { amount: amount_of(amount), attribution }
}

async fn totals_trend_parts_and_files_come_to_the_same(test: TestDatabase) {
    let office = busy(test).await;
    sum_days(&office).await;
    let admin = admin(&office).await;
    for query in ["period=year", "period=year&department=dep_sales", "period=last-month&by=day"] {
        let page = admin.get(&format!("/usage?{query}")).await;
        let total = used(&page);
        assert!(total.is_positive(), "{query}");
        let bars = page.texts("[data-testid=trend] tbody td[data-label=Used]");
        assert_eq!(sum(bars.iter().map(|text| amount(text))), total, "{query}: the trend");
        for split in ["by-operation", "by-department", "by-member"] {
            let parts = page.texts(&format!("section[aria-labelledby={split}] .pair > span"));
            let amounts: Vec<Credits> = parts
                .iter()
                .filter(|text| text.starts_with('−'))
                .map(|text| amount(text))
                .collect();
            assert_eq!(sum(amounts), total, "{query}: {split}");
        }
        let file = admin.get(&format!("/usage/export/csv?{query}")).await;
        let last = file.text.lines().last().unwrap().split(',').map(str::to_owned);
        let last: Vec<String> = last.collect();
        assert_eq!(amount_of(last[2].trim_start_matches('-')), total, "{query}: {last:?}");
        let transactions = &page.texts("[data-testid=trend] tfoot td")[1];
        assert_eq!(&last[3], transactions, "{query}");
        assert!(page.links().contains(&format!("/usage/export/csv?{query}")), "{query}");
        assert_eq!(admin.get(&format!("/usage/export/xlsx?{query}")).await.code(), 200);
    }
    // The list of every transaction comes to the same, and each part leads to its rows.
    let page = admin.get("/usage?period=year").await;
    let rows = admin.get("/credits?view=usage").await;
    assert_eq!(amount(&rows.texts("[data-testid=usage-total]")[0]), used(&page));
    let design = "/credits?view=usage&department=dep_design#history".to_owned();
    assert!(page.links().contains(&design), "{:?}", page.links());
    // Of a month that is over, the rows begin at its end.
    let page = admin.get("/usage?period=last-month").await;
    let link = page.links().into_iter().find(|link| link.contains("dep_design")).unwrap();
    let rows = admin.get(link.split('#').next().unwrap()).await;
    assert!(rows.texts("tbody time")[0].starts_with("31 Oct 2026"), "{link}");
}

async fn a_running_month_is_compared_up_to_the_same_day(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.charge("4", &office.design).await;
    office.advance(5 * DAY);
    office.charge("8", &office.design).await;
    // 24 November: October is compared up to its 24th.
    office.advance(26 * DAY);
    office.charge("5", &office.design).await;
    let page = admin(&office).await.get("/usage").await;
    assert_eq!(
        (used(&page), page.texts("[data-testid=used-before]")),
        (amount_of("5"), vec!["−4".to_owned()])
    );
    assert_eq!(page.texts("[data-testid=change]"), ["25 % more"]);
    assert!(page.text.contains("1–24 Nov 2026"), "{}", page.says());
    assert!(page.text.contains("1–24 Oct 2026"), "{}", page.says());
}

async fn days_are_those_of_the_organisation_when_clocks_change(test: TestDatabase) {
    let office = Office::with_package(test).await;
    // 25 October has 25 hours in Vienna: from 22:00 UTC of the 24th to 23:00 of the 25th.
    let midnight = 12 * HOUR;
    for (at, amount) in [(-1, "1"), (0, "2"), (25 * HOUR - 1, "4"), (25 * HOUR, "8")] {
        office.advance(START.plus(midnight + at).since(office.backend.now()));
        office.charge(amount, &office.design).await;
    }
    let admin = admin(&office).await;
    let days = async || {
        let page = admin.get("/usage?period=days&from=2026-10-24&to=2026-10-26").await;
        page.texts("[data-testid=trend] tbody td[data-label=Used]")
    };
    assert_eq!(days().await, ["−1", "−6", "−8"]);
    sum_days(&office).await;
    assert_eq!(days().await, ["−1", "−6", "−8"]);
}

async fn a_member_sees_their_own_usage_and_nobody_elses(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.charge("2", &office.design).await;
    let ned = office.person("ned@northwind.test", Role::Member).await;
    let attribution =
        Attribution { member: Some(ned.clone()), ..office.attribution(&office.sales) };
    office.must(Command::Charge { amount: amount_of("5"), attribution }).await;
    let (mia, ada) = (visitor(&office, "mia@northwind.test").await, admin(&office).await);
    for summed in [false, true] {
        if summed {
            sum_days(&office).await;
        }
        assert_eq!(used(&ada.get("/usage").await), amount_of("7"));
        assert_eq!(used(&ada.get(&format!("/usage?user={ned}")).await), amount_of("5"));
        let own = mia.get("/usage").await;
        assert_eq!(used(&own), amount_of("2"));
        let shows_others = own.text.contains("By member") || own.text.contains(ned.as_str());
        assert!(!shows_others, "{}", own.says());
        // Whoever asks for somebody else gets their own.
        assert_eq!(used(&mia.get(&format!("/usage?user={ned}")).await), amount_of("2"));
        let file = mia.get(&format!("/usage/export/csv?user={ned}")).await;
        assert!(file.text.contains(",-2,") && !file.text.contains(",-5,"), "{}", file.text);
    }
}

async fn what_took_far_more_than_usual_is_named(test: TestDatabase) {
    let office = Office::with_package(test).await;
    for _ in 0..9 {
        office.charge("2", &office.design).await;
    }
    office.charge("6", &office.design).await;
    let page = admin(&office).await.get("/usage").await;
    assert!(page.text.contains("Nothing took more than three times"), "{}", page.says());
    let far = office.must(charge(&office, "6.25")).await;
    let page = admin(&office).await.get("/usage").await;
    let address = format!("/credits/transactions/{}", far.transaction.sequence);
    assert!(page.links().contains(&address), "{:?}", page.links());
    assert_eq!(page.texts("td[data-label=Usual]"), ["2"]);
}

async fn an_address_that_names_what_is_not_there_is_refused(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let admin = admin(&office).await;
    for (asked, code) in [
        ("period=decade", 404),
        ("by=hour", 404),
        ("user=usr_nobody", 404),
        ("department=dep_none", 404),
        ("key=key_none", 404),
        ("period=days", 422),
        ("period=days&from=2026-11-02&to=2026-11-01", 422),
        ("period=days&from=2026-10-01&to=2026-10-24", 200),
        ("period=&by=&user=", 200),
    ] {
        let page = admin.get(&format!("/usage?{asked}")).await;
        assert_eq!(page.code(), code, "{asked}: {}", page.says());
        let file = admin.get(&format!("/usage/export/csv?{asked}")).await;
        assert_eq!(file.code(), code, "{asked}");
    }
}

async fn without_usage_the_page_keeps_its_frame(test: TestDatabase) {
    let office = Office::open(test).await;
    let page = admin(&office).await.get("/usage").await;
    assert_eq!(page.code(), 200, "{}", page.says());
    assert_eq!(used(&page), Credits::ZERO);
    assert_eq!(page.texts(".empty strong"), ["Nothing was used in these days"]);
    assert!(page.links().contains(&"/usage?period=year".to_owned()), "it offers to widen");
}
