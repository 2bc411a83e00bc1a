//! "How is this number made?": every page shows the same digits, at any instant, and the journal that
//! is downloaded comes to them.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor};
use scrip::ledger::journal_file::{JournalReader, ReadJournal};
use scrip::ledger::time::{DAY, HOUR};
use scrip::model::format::format_credits;
use scrip::model::permission::Role;

on_both_databases!(
    every_page_shows_the_same_digits_for_the_same_figure,
    the_past_is_shown_as_it_was_and_says_so,
    a_date_that_is_none_or_still_to_come_is_refused,
    the_journal_comes_to_what_the_page_claims,
    the_journal_is_for_whoever_may_read_all_of_it_and_for_nobody_else,
);

/// Some work, some of it still running, over a change of months.
async fn busy(database: TestDatabase) -> Premises {
    let premises = Premises::open(database).await;
    for number in 0..3 {
        let member = premises.member().await;
        premises.report_of(&member, &format!("form-{number}")).await;
        premises.clock.advance(20 * DAY);
    }
    let member = premises.member().await;
    let fields = [
        ("form_key", "form-running"),
        ("title", "Autumn"),
        ("text", "Coffee for everyone."),
        ("quoted", "1"),
    ];
    let body = crate::support::visitor::multipart(&fields);
    // Nobody works on it: its credits stay held.
    assert_eq!(member.post("start_analysis", "text/html", body, &[]).await.code(), 303);
    premises
}

/// What follows a term in a page's lists of facts.
fn fact(page: &Page, term: &str) -> Vec<String> {
    let terms = page.texts("dl > dt, dl > dd");
    let pairs = terms.windows(2).filter(|two| two[0] == term);
    pairs.map(|two| two[1].trim_start_matches(['−', '+', ' ']).to_owned()).collect()
}

async fn every_page_shows_the_same_digits_for_the_same_figure(database: TestDatabase) {
    let premises = busy(database).await;
    for role in Role::ALL {
        let visitor = premises.in_role(role).await;
        let addresses =
            ["/", "/credits", "/settings/billing", "/credits/proof", "/credits/proof?period=month"];
        for address in addresses {
            let page = visitor.get(address).await;
            assert_eq!(page.code(), 200, "{address}: {}", page.says());
            let all = |found: Vec<String>, expected: &str, what: &str| {
                assert!(!found.is_empty(), "{address} shows no {what}");
                assert!(
                    found.iter().all(|text| text == expected),
                    "{address}: {what} is {found:?}"
                );
            };
            all(page.texts("[data-balance=available]"), "96", "balance in the header");
            all(fact(&page, "Available"), "96", "available");
            all(fact(&page, "Balance"), "97", "balance");
            all(fact(&page, "Held by running work"), "1", "held");
            if address != "/" {
                let used = [fact(&page, "Lifetime used"), fact(&page, "Used")].concat();
                let used: Vec<String> =
                    used.into_iter().filter(|_| !address.contains("month")).collect();
                assert!(used.iter().all(|text| text == "3"), "{address}: used is {used:?}");
            }
            let big = page.texts("[data-testid=available]");
            assert!(big.iter().all(|text| text == "96credits available"), "{address}: {big:?}");
            let links = page.links();
            assert!(links.iter().any(|link| link == "/credits/proof"), "{address} has no proof");
        }
        let proof = visitor.get("/credits/proof").await;
        assert_eq!(proof.texts("[data-testid=proof] .badge"), ["Adds up"]);
        let sums = proof.texts("tfoot td.number");
        assert_eq!(sums, ["100", "3", "0", "1", "96", "1"], "lots, then holds");
    }
}

async fn the_past_is_shown_as_it_was_and_says_so(database: TestDatabase) {
    let premises = busy(database).await;
    let visitor = premises.member().await;
    // Behind the first report and before the second; Vienna's clocks are two hours ahead of UTC.
    let page = visitor.get("/credits/proof?as_of=2026-09-22T00:00").await;
    assert_eq!(page.code(), 200, "{}", page.says());
    assert_eq!(page.texts("[data-testid=proof-available]"), ["99"]);
    assert!(page.texts("[data-testid=proof] time")[0].starts_with("22 Sep 2026, 00:00:00.000000"));
    assert_eq!(page.field_of("as_of"), "2026-09-22T00:00:00.000");
    assert_eq!(page.texts("[data-balance=available]"), ["96"], "the header is of now");
    let before = visitor.get("/credits/proof?as_of=2020-01-01T00:00").await;
    assert_eq!(before.texts("[data-testid=proof-available]"), ["0"]);
    // The instant of one transaction, to the microsecond, from its own page.
    let transaction = visitor.get("/credits/transactions/3").await;
    let link =
        transaction.links().into_iter().find(|link| link.starts_with("/credits/proof?as_of="));
    let then = visitor.get(&link.expect("a link to that instant")).await;
    let after = fact(&transaction, "Available after it");
    assert_eq!(then.texts("[data-testid=proof-available]"), after);
}

async fn a_date_that_is_none_or_still_to_come_is_refused(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let visitor = premises.member().await;
    for (asked, code) in [
        ("as_of=yesterday", 422),
        ("as_of=2999-01-01T00:00", 422),
        ("as_of=2020-13-01T00:00", 422),
        ("period=week", 404),
        ("as_of=&period=", 200),
    ] {
        let page = visitor.get(&format!("/credits/proof?{asked}")).await;
        assert_eq!(page.code(), code, "{asked}: {}", page.says());
    }
}

/// Replays what was downloaded.
fn read(file: &Page) -> ReadJournal {
    let mut reader = JournalReader::new();
    for line in file.text.lines() {
        reader.read(line).unwrap();
    }
    reader.finish().unwrap()
}

async fn the_journal_comes_to_what_the_page_claims(database: TestDatabase) {
    let premises = busy(database).await;
    let visitor = premises.admin().await;
    let page = visitor.get("/credits/proof").await;
    let address = page.links().into_iter().find(|link| link.starts_with("/credits/journal"));
    let file = visitor.get(&address.expect("a download")).await;
    assert!(file.header("content-type").starts_with("application/jsonl"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"journal-org_"));
    let journal = read(&file);
    assert!(page.text.contains(&journal.state.head().hash.to_string()), "the hash is on the page");
    let available = journal.state.totals(premises.backend.now()).available;
    assert_eq!(page.texts("[data-testid=proof-available]"), [format_credits(available)]);
    // Cut at one transaction it is the journal of that moment.
    premises.clock.advance(HOUR);
    premises.report_of(&visitor, "form-later").await;
    let cut = read(&visitor.get("/credits/journal?through=2").await);
    assert_eq!(cut.state.head().sequence, 2);
    assert!(read(&visitor.get("/credits/journal").await).state.head().sequence > 10);
}

async fn the_journal_is_for_whoever_may_read_all_of_it_and_for_nobody_else(database: TestDatabase) {
    let premises = busy(database).await;
    for role in Role::ALL {
        let allowed =
            scrip::model::permission::may(role, scrip::model::permission::Action::ReadJournal);
        let answer = premises.in_role(role).await.get("/credits/journal").await;
        assert_eq!(answer.code(), if allowed { 200 } else { 403 }, "{role}");
        let page = premises.in_role(role).await.get("/credits/proof").await;
        let offered = page.links().iter().any(|link| link.starts_with("/credits/journal"));
        assert_eq!((offered, page.text.contains("Recompute")), (allowed, allowed), "{role}");
    }
    let nobody = premises.anonymous().get("/credits/journal").await;
    assert_eq!((nobody.code(), nobody.is_problem_json()), (401, true));
    let member: Visitor = premises.admin().await;
    for through in ["99999", "-1", "x", "18446744073709551616"] {
        let answer = member.get(&format!("/credits/journal?through={through}")).await;
        assert_eq!((answer.code(), answer.is_problem_json()), (404, true), "{through}");
    }
    let stranger = premises.stranger().await.get("/credits/journal").await;
    assert_eq!((stranger.code(), stranger.text.lines().count()), (200, 2), "{}", stranger.text);
    assert!(!stranger.text.contains(premises.northwind.as_str()));
}
