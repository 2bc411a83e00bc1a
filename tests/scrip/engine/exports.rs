//! The command line: the journal taken out, and what is verified with a database and without one.

use super::*;
use crate::on_both_databases;
use std::path::Path;
use std::process::{Command as Program, Output};

on_both_databases!(
    an_export_is_verified_without_a_database,
    an_export_that_was_changed_is_refused_with_its_line,
    verify_ends_at_the_first_difference_and_names_it,
);

/// Runs the program in a folder of its own; without `database` it has none to open.
fn scrip(folder: &Path, database: Option<&str>, arguments: &[&str]) -> Output {
    let mut program = Program::new(env!("CARGO_BIN_EXE_scrip"));
    program.args(arguments).current_dir(folder).env("RUST_LOG", "warn");
    match database {
        Some(url) => program.env("SCRIP_DATABASE_URL", url),
        None => program.env("SCRIP_DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing"),
    };
    program.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    texts.join("\n")
}

async fn busy(test: TestDatabase) -> Office {
    let office = Office::with_credits(test, "100").await;
    office.must(budget("limit", "department:dep_1", "50")).await;
    office.must(hold("hold_1", "5")).await;
    office.must(settle("hold_1", "3")).await;
    for number in 0..600 {
        office.must(charge(&format!("charge {number}"), "0.01")).await;
    }
    office
}

async fn an_export_is_verified_without_a_database(test: TestDatabase) {
    let (office, folder) = (busy(test).await, tempfile::tempdir().unwrap());
    let url = Some(office.test.url.as_str());
    let export = ["ledger", "export", "--output", "journal.jsonl"];
    let written = scrip(folder.path(), url, &export);
    assert!(written.status.success(), "{}", said(&written));
    let read = scrip(folder.path(), None, &["verify", "--journal", "journal.jsonl"]);
    assert!(read.status.success(), "{}", said(&read));
    let head = office.engine.state(&office.organisation).await.unwrap().head().clone();
    let expected = format!("604 transactions, the last with the hash {}", head.hash);
    assert!(said(&read).contains(&expected), "{}", said(&read));
    assert!(said(&read).contains("Available when it was written: 91 credits."), "{}", said(&read));
    // To standard output it is the same file, but for when it was written.
    let streamed = scrip(folder.path(), url, &["ledger", "export"]);
    let file = std::fs::read_to_string(folder.path().join("journal.jsonl")).unwrap();
    let streamed = String::from_utf8(streamed.stdout).unwrap();
    assert!(streamed.lines().skip(1).eq(file.lines().skip(1)));
    let nobody = scrip(folder.path(), url, &["ledger", "export", "--organisation", "org_9"]);
    assert!(!nobody.status.success() && said(&nobody).contains("org_1"), "{}", said(&nobody));
}

async fn an_export_that_was_changed_is_refused_with_its_line(test: TestDatabase) {
    let (office, folder) = (busy(test).await, tempfile::tempdir().unwrap());
    let written = scrip(folder.path(), Some(&office.test.url), &["ledger", "export"]);
    let whole = String::from_utf8(written.stdout).unwrap();
    let refused = |text: &str, expected: &str| {
        std::fs::write(folder.path().join("changed.jsonl"), text).unwrap();
        let read = scrip(folder.path(), None, &["verify", "--journal", "changed.jsonl"]);
        assert!(!read.status.success(), "{expected}");
        assert!(said(&read).contains(expected), "{}", said(&read));
    };
    refused(&whole.replacen("\"0.01\"", "\"0.02\"", 1), "line 6: ");
    refused(&whole[..whole.len() - 40], "line 606: ");
    let lines: Vec<&str> = whole.lines().collect();
    refused(&lines[..300].join("\n"), "line 301: the file is cut off here");
    let turned = [&lines[..100], &[lines[101], lines[100]], &lines[102..]].concat().join("\n");
    refused(&turned, "line 101: transaction 100 should follow, and 101 does");
    refused("PNG", "line 1: this is no journal that Scrip exported");
}

async fn verify_ends_at_the_first_difference_and_names_it(test: TestDatabase) {
    let (office, folder) = (busy(test).await, tempfile::tempdir().unwrap());
    let url = Some(office.test.url.as_str());
    let green = scrip(folder.path(), url, &["verify"]);
    assert!(green.status.success(), "{}", said(&green));
    assert!(
        said(&green).contains("604 transactions replayed, every figure agrees"),
        "{}",
        said(&green)
    );
    verifies::run(office.db(), "update ledger_lot set remaining = remaining + 1").await;
    let red = scrip(folder.path(), url, &["verify", "--organisation", "org_1"]);
    assert_eq!(red.status.code(), Some(1), "{}", said(&red));
    assert!(said(&red).contains("ledger_lot \"lot_first\": remaining is"), "{}", said(&red));
}
