//! A statement on its page, as CSV, spreadsheet and PDF says the same; and who changes one is found out.

use super::statements::credits_of;
use super::*;
use crate::on_both_databases;
use crate::support::visitor::{Page, Visitor};
use calamine::{Data, Reader, Xlsx};
use leptos::config::LeptosOptions;
use scrip::model::format::format_credits;
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command as Program, Output};

on_both_databases!(
    page_csv_spreadsheet_and_paper_have_the_same_figures,
    a_statement_is_verified_alone_with_a_journal_and_with_a_database,
    a_statement_that_was_changed_is_named,
    a_journal_that_was_changed_is_named,
    whoever_may_see_the_credits_has_the_statements_of_their_own_organisation,
);

async fn visitor(office: &Office, email: Option<&str>) -> Visitor {
    let options = LeptosOptions::builder().output_name("scrip").build();
    let policy = SecurityPolicy::new("http://127.0.0.1:3000", Vec::new());
    let site = router(office.backend.clone(), options, policy, TrustedProxies::default());
    let visitor = Visitor::new(site);
    if let Some(email) = email {
        let fields = [("email", email), ("password", PASSWORD)];
        assert_eq!(visitor.post_form("/login", "sign_in", &fields).await.code(), 303);
    }
    visitor
}

/// October, closed: 60 came in, 14.25 were used by two departments, 6 taken back, 2 corrected.
async fn october(test: TestDatabase) -> Office {
    let office = Office::open(test).await;
    office.grant(Source::Trial, "20").await;
    let bought = office.terms(Source::Purchased, "40", Origin::Signup);
    let lot = bought.lot.clone();
    office.must(Command::Grant(Box::new(bought))).await;
    office.charge("10", &office.design).await;
    office.charge("4.25", &office.sales).await;
    office.must(Command::Revoke { lot: lot.clone(), amount: amount_of("6") }).await;
    let (change, reason) = (amount_of("-2"), "A mistake".to_owned());
    office.must(Command::Adjust { lot, change, reason }).await;
    office.advance(14 * DAY);
    office.charge("1", &office.sales).await;
    office
}

/// The amounts of the page's table, by its line.
fn on_page(page: &Page) -> Vec<(String, String)> {
    let kinds = page.attributes("[data-testid=statement] tr[data-line]", "data-line");
    let figures = page.texts("[data-testid=statement] tr[data-line] td.number");
    assert_eq!(kinds.len(), figures.len());
    kinds.into_iter().zip(figures).collect()
}

/// The lines of a CSV.
fn lines(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

async fn page_csv_spreadsheet_and_paper_have_the_same_figures(test: TestDatabase) {
    let office = october(test).await;
    let member = visitor(&office, Some("mia@northwind.test")).await;
    let statement = office.statement("2026-10").await.unwrap();
    for (kind, expected) in [
        ("came in", "60"),
        ("used", "-14.25"),
        ("withdrawn", "-6"),
        ("corrected", "-2"),
        ("closing", "37.75"),
    ] {
        assert_eq!(credits_of(&statement, kind), amount_of(expected), "{kind}");
    }

    let page = member.get("/credits/statements/2026-10").await;
    assert_eq!(page.code(), 200, "{}", page.says());
    let shown = on_page(&page);
    let said: Vec<_> = statement
        .lines
        .iter()
        .filter(|line| line.says_something())
        .map(|line| (line.kind.clone(), line.figure()))
        .collect();
    assert_eq!(shown, said);
    assert!(page.text.contains(&statement.closing.hash), "the chain's head is on the page");

    let file = member.get("/credits/statements/2026-10.csv").await;
    assert_eq!((file.code(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
    let name = "attachment; filename=\"statement-northwind-2026-10.csv\"";
    assert_eq!(file.header("content-disposition"), name);
    let rows = lines(&file.text);
    for line in &statement.lines {
        let found = rows
            .iter()
            .filter(|row| row[0] == line.kind && row[1] == line.part && row[2] == line.department);
        let amounts: Vec<_> = found.map(|row| row[4].as_str()).collect();
        assert_eq!(amounts, [line.credits.to_string()], "{}", line.name);
    }

    let bytes = scrip::backend::statements::spreadsheet::write(&statement).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.height() + 1, rows.len(), "all of the CSV but its digest");
    for (place, row) in (0..).zip(&rows[..rows.len() - 1]) {
        for (column, text) in (0..).zip(row) {
            match sheet.get_value((place, column)).unwrap_or(&Data::Empty) {
                Data::Empty => assert_eq!(text, ""),
                Data::Float(number) => assert_eq!(text.parse::<f64>().unwrap(), *number),
                value => assert_eq!(&value.to_string(), text),
            }
        }
    }
    let spreadsheet = member.get("/credits/statements/2026-10.xlsx").await;
    assert_eq!(spreadsheet.code(), 200);

    let paper = member.get("/credits/statements/2026-10.pdf").await;
    assert_eq!((paper.code(), paper.header("content-type")), (200, "application/pdf"));
    assert!(paper.text.starts_with("%PDF-1.7"));
    let words = scrip::backend::documents::statement::words(&statement).unwrap();
    for line in statement.lines.iter().filter(|line| line.says_something()) {
        assert!(words.contains(&line.figure()), "{} is not on paper", line.name);
        let first = line.name.split(' ').next().unwrap();
        assert!(words.join(" ").contains(first), "{} is not on paper", line.name);
    }

    let list = member.get("/credits/statements").await;
    assert_eq!(list.texts("tbody th a"), ["November 2026", "October 2026"]);
    assert_eq!(
        list.texts("tbody td.number")[2],
        format!("−{}", format_credits(amount_of("14.25")))
    );
}

/// Runs the program; without `database` it has none.
fn scrip(folder: &Path, database: Option<&str>, arguments: &[&str]) -> Output {
    let mut program = Program::new(env!("CARGO_BIN_EXE_scrip"));
    program.args(arguments).current_dir(folder).env("RUST_LOG", "warn");
    program.env_remove("SCRIP_DATABASE_URL");
    if let Some(url) = database {
        program.env("SCRIP_DATABASE_URL", url);
    }
    program.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    texts.join("\n")
}

/// A folder with October's statement and the journal.
async fn folder(office: &Office) -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let admin = visitor(office, Some("ada@northwind.test")).await;
    let statement = admin.get("/credits/statements/2026-10.csv").await.text;
    let journal = admin.get("/credits/journal").await.text;
    std::fs::write(folder.path().join("october.csv"), &statement).unwrap();
    std::fs::write(folder.path().join("journal.jsonl"), &journal).unwrap();
    (folder, statement, journal)
}

const WITH_JOURNAL: [&str; 4] = ["verify-statement", "october.csv", "--journal", "journal.jsonl"];

async fn a_statement_is_verified_alone_with_a_journal_and_with_a_database(test: TestDatabase) {
    let office = october(test).await;
    let (folder, ..) = folder(&office).await;
    let alone = scrip(folder.path(), None, &["verify-statement", "october.csv"]);
    assert!(alone.status.success(), "{}", said(&alone));
    assert!(said(&alone).contains("closing balance 37.75 credits"), "{}", said(&alone));
    assert!(said(&alone).contains("To hold it against the journal"), "{}", said(&alone));
    let journal = scrip(folder.path(), None, &WITH_JOURNAL);
    assert!(journal.status.success(), "{}", said(&journal));
    assert!(said(&journal).contains("Every figure follows from the journal"), "{}", said(&journal));
    let url = office.test.url.as_str();
    let database = scrip(folder.path(), Some(url), &["verify-statement", "october.csv"]);
    assert!(database.status.success(), "{}", said(&database));
    assert!(said(&database).contains("7 transactions replayed"), "{}", said(&database));
    // A month that goes on is verified up to where it speaks.
    let member = visitor(&office, Some("mia@northwind.test")).await;
    let running = member.get("/credits/statements/2026-11.csv").await.text;
    assert!(running.contains("as of,"), "{running}");
    std::fs::write(folder.path().join("november.csv"), running).unwrap();
    office.charge("2", &office.sales).await;
    let later = scrip(folder.path(), Some(url), &["verify-statement", "november.csv"]);
    assert!(later.status.success(), "{}", said(&later));
}

async fn a_statement_that_was_changed_is_named(test: TestDatabase) {
    let office = october(test).await;
    let (folder, whole, _) = folder(&office).await;
    let refused = |text: &str, arguments: &[&str], expected: &str| {
        assert_ne!(text, whole, "{expected}: nothing was changed");
        std::fs::write(folder.path().join("october.csv"), text).unwrap();
        let read = scrip(folder.path(), None, arguments);
        assert_eq!(read.status.code(), Some(1), "{expected}: {}", said(&read));
        assert!(said(&read).contains(expected), "{expected}: {}", said(&read));
    };
    let alone = &["verify-statement", "october.csv"][..];
    let line = "used for,analysis,dep_design,\"Ad analysis, Design\",-10,1";
    let cheaper = whole.replace(line, &line.replace("-10", "-9"));
    refused(&cheaper, alone, "used is stated as -14.25, and the lines come to -13.25");
    let named = "used for analysis dep_design: the statement says -9 in 1 transactions, and the \
                 journal comes to -10 in 1 transactions";
    refused(&cheaper, &WITH_JOURNAL, named);
    // Whoever makes the lines agree again is found out by the digest, and by the journal.
    let agreeing = cheaper
        .replace("used,,,Used,-14.25,2", "used,,,Used,-13.25,2")
        .replace("closing,,,Closing balance,37.75", "closing,,,Closing balance,38.75")
        .replace("available,,,Available,37.75", "available,,,Available,38.75");
    refused(&agreeing, alone, "the file was changed after it was written");
    refused(&agreeing, &WITH_JOURNAL, "used: the statement says -13.25 in 2 transactions");
    let statement = office.statement("2026-10").await.unwrap();
    let (hash, other) = (&statement.closing.hash, "0".repeat(64));
    refused(&whole.replace(hash, &other), &WITH_JOURNAL, "where it ends: the statement says");
    refused(&whole.replacen(line, "", 1), alone, "used is stated as -14.25");
    refused(&whole.replacen(line, &format!("{line}\r\n{line}"), 1), alone, "is there twice");
    refused(&whole.replace("2026-11-01T00", "2026-11-02T00"), alone, "does not begin and end");
    let half = &whole[..whole.len() / 2];
    refused(&half[..=half.rfind('\n').unwrap()], alone, "the line \"chain after\" is missing");
    refused("PNG", alone, "this is no statement that Scrip wrote");
    refused(&whole.replacen("Ad analysis", "Ad analyses", 1), alone, "was changed after");
}

async fn a_journal_that_was_changed_is_named(test: TestDatabase) {
    let office = october(test).await;
    let (folder, _, whole) = folder(&office).await;
    let refused = |text: &str, expected: &str| {
        std::fs::write(folder.path().join("journal.jsonl"), text).unwrap();
        let read = scrip(folder.path(), None, &WITH_JOURNAL);
        assert_eq!(read.status.code(), Some(1), "{expected}: {}", said(&read));
        assert!(
            said(&read).contains("the journal") && said(&read).contains(expected),
            "{}",
            said(&read)
        );
    };
    refused(&whole.replacen("\"4.25\"", "\"4.5\"", 1), "line 5: ");
    refused(&whole[..whole.len() - 10], "line 9: ");
    let admin = visitor(&office, Some("ada@northwind.test")).await;
    let short = admin.get("/credits/journal?through=3").await.text;
    refused(&short, "ends with transaction 3, and the statement with transaction 6");
    let other = visitor(&office, Some("otto@southwind.test")).await;
    let others = other.get("/credits/journal").await.text;
    refused(&others, office.other_organisation.as_str());
}

async fn whoever_may_see_the_credits_has_the_statements_of_their_own_organisation(
    test: TestDatabase,
) {
    let office = october(test).await;
    let address = "/credits/statements/2026-10";
    for email in ["sue@northwind.test", "ada@northwind.test", "mia@northwind.test"] {
        let somebody = visitor(&office, Some(email)).await;
        for ending in ["", ".csv", ".xlsx", ".pdf"] {
            let answer = somebody.get(&format!("{address}{ending}")).await;
            assert_eq!(answer.code(), 200, "{email} {ending}: {}", answer.says());
        }
        for unknown in
            ["2026-10.txt", "2026-09", "2026-09.csv", "2027-01.pdf", "x", "2026-10.csv.csv"]
        {
            let answer = somebody.get(&format!("/credits/statements/{unknown}")).await;
            assert_eq!(answer.code(), 404, "{email} {unknown}: {}", answer.says());
        }
    }
    // Southwind has no journal yet; Northwind's months are none of theirs.
    let otto = visitor(&office, Some("otto@southwind.test")).await;
    for ending in ["", ".csv", ".xlsx", ".pdf"] {
        let answer = otto.get(&format!("{address}{ending}")).await;
        assert_eq!(answer.code(), 404, "{ending}");
        assert!(!answer.text.contains("Northwind"));
    }
    let list = otto.get("/credits/statements").await;
    assert_eq!(list.texts(".empty strong"), ["No statements yet"]);
    let nobody = visitor(&office, None).await;
    assert_eq!(nobody.get(&format!("{address}.csv")).await.code(), 401);
    assert_eq!(nobody.get(address).await.code(), 302);
}
