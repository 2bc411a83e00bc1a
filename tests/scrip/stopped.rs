//! The program is asked to stop while it is at work: what it accepted it finishes, and it is gone soon.
//! It is the real program in a process of its own, spoken to over real connections.

use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::{PASSWORD, Premises};
use crate::support::program::{GONE, Program};
use crate::support::visitor::{encoded, multipart};
use scrip::backend::engine::verify;
use scrip::backend::store::journal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

on_both_databases!(asked_to_stop_it_finishes_what_it_accepted_and_closes_every_stream);

/// Analyses that are handed in when it is asked to stop; each holds a credit.
const IN_FLIGHT: usize = 30;

/// Signs in through the form: the cookies of a superadmin of Northwind.
async fn signed_in(server: &Program) -> String {
    let (kind, body) = encoded(&[("email", "sue@northwind.test"), ("password", PASSWORD)]);
    let head = format!(
        "POST /api/sign_in HTTP/1.1\r\naccept: text/html\r\nconnection: close\r\n\
         content-type: {kind}\r\ncontent-length: {}",
        body.len()
    );
    let mut stream = server.begin(&head, "").await;
    stream.write_all(&body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
    pairs.join("; ")
}

/// Reads until `words` have come.
async fn read_until(stream: &mut TcpStream, words: &str) -> String {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains(words) {
        let read = tokio::time::timeout(GONE, stream.read_buf(&mut text)).await;
        let read = read.map_or(0, |read| read.unwrap());
        assert!(read > 0, "no {words:?} in {}", String::from_utf8_lossy(&text));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// An analysis whose form the server has begun to read, and what is still to come of it.
async fn handed_in(server: &Program, cookies: &str, number: usize) -> (TcpStream, Vec<u8>) {
    let form_key = format!("form-{number}");
    let fields =
        [("form_key", form_key.as_str()), ("title", "Tea"), ("text", "Tea."), ("quoted", "1")];
    let (kind, body) = multipart(&fields);
    let head = format!(
        "POST /api/start_analysis HTTP/1.1\r\naccept: text/html\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\nexpect: 100-continue",
        body.len()
    );
    let mut stream = server.begin(&head, cookies).await;
    // The server asks for the body only when somebody reads it.
    read_until(&mut stream, "100 Continue").await;
    (stream, body)
}

async fn asked_to_stop_it_finishes_what_it_accepted_and_closes_every_stream(test: TestDatabase) {
    let premises = Premises::open(test).await;
    let server = Program::start(premises.url(), &[]).await;
    let cookies = signed_in(&server).await;
    let mut page = server.begin("GET /live HTTP/1.1", &cookies).await;
    read_until(&mut page, "event: balance").await;
    let mut in_flight = Vec::new();
    for number in 0..IN_FLIGHT {
        in_flight.push(handed_in(&server, &cookies, number).await);
    }

    server.ask_to_stop();
    let mut rest = String::new();
    page.read_to_string(&mut rest).await.expect("the stream ends as streams do");
    let mut answers = JoinSet::new();
    for (mut stream, body) in in_flight {
        answers.spawn(async move {
            stream.write_all(&body).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        });
    }
    let answers = answers.join_all().await;
    assert!(server.end().await.success());

    let (db, here) = (&premises.backend.db, &premises.northwind);
    let journal = journal::range(db, here, 1, 10_000).await.unwrap();
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let report = answer.lines().find_map(|line| line.strip_prefix("location: /reports/"));
        let report = report.unwrap_or_else(|| panic!("no report in {answer}"));
        let held = journal.iter().filter(|it| {
            let of = it.attribution.report.as_ref();
            it.kind.code() == "hold" && of.is_some_and(|id| id.as_str() == report)
        });
        assert_eq!(held.count(), 1, "{report}");
    }
    let verified = verify(db, here).await.unwrap();
    assert_eq!(verified.first_difference(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_it_does_not_wait_for_ever_for_who_says_nothing() {
    let test = TestDatabase::sqlite().await;
    let premises = Premises::open(test).await;
    let server = Program::start(premises.url(), &[]).await;
    let cookies = signed_in(&server).await;
    let (_silent, _never_sent) = handed_in(&server, &cookies, 1).await;
    server.ask_to_stop();
    assert!(server.end().await.success());
    let verified = verify(&premises.backend.db, &premises.northwind).await.unwrap();
    assert_eq!(verified.first_difference(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_it_leaves_one_whole_file_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scrip.db");
    let server = Program::start(&format!("sqlite://{}", file.display()), &[]).await;
    server.ask_to_stop();
    assert!(server.end().await.success());
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["scrip.db"], "all of it is in the one file");
}
