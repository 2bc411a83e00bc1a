//! Nonsense of every kind at every function and page: a clear *no* in the right shape, never a fault.

use super::{FUNCTIONS, PAGES, Stage, UPLOADS, body_of};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::visitor::{FORM, Page, encoded};

on_both_databases!(
    no_function_breaks_on_nonsense,
    no_page_breaks_on_nonsense,
    a_form_that_is_too_large_is_refused_with_its_limit,
);

/// Values that fit hardly any field.
fn nonsense() -> [String; 9] {
    [
        String::new(),
        "x".into(),
        "-1".into(),
        "99999999999999999999999999".into(),
        "usr_ffffffffffffffffffffffffffffffff".into(),
        "a\0b".into(),
        "\u{202e}💥'; drop table lot; --".into(),
        "<script>alert(1)</script>".into(),
        "a".repeat(20_000),
    ]
}

fn assert_calm(page: &Page, what: &str) {
    assert!(!page.status.is_server_error(), "{what}: {}", page.says());
    if page.status.is_client_error() {
        assert!(page.is_problem_json(), "{what}: {}", page.says());
    }
}

async fn no_function_breaks_on_nonsense(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.superadmin().await;
    let json = "application/json";
    for function in FUNCTIONS.iter().filter(|function| function.0 != "sign_out") {
        let (name, _, fields) = *function;
        let bodies = [
            (FORM.to_owned(), Vec::new()),
            (FORM.to_owned(), vec![0xff, 0xfe, 0x00, b'=', 0x80, b'&', b'%', b'z']),
            (json.to_owned(), br#"{"id":["x"],"email":{"a":1}}"#.to_vec()),
            ("multipart/form-data".to_owned(), b"no boundary".to_vec()),
            ("multipart/form-data; boundary=x".to_owned(), b"--x\r\ncut off".to_vec()),
            encoded(&fields.iter().map(|(field, _)| (*field, "{")).collect::<Vec<_>>()),
        ];
        for (index, body) in bodies.into_iter().enumerate() {
            let from = [("referer", "http://127.0.0.1:3000/account")];
            let page = visitor.post(name, "text/html", body.clone(), &from).await;
            assert!(!page.status.is_server_error(), "{name} with body {index}: {}", page.says());
            let answer = visitor.post(name, json, body, &[]).await;
            assert_calm(&answer, &format!("{name} with body {index}"));
            if index == 0 && fields.iter().any(|(_, value)| value.contains('{')) {
                assert!(answer.status.is_client_error(), "{name} without fields");
            }
        }
        let invitation = stage.invitation().await;
        for (index, (field, _)) in fields.iter().enumerate() {
            for value in nonsense() {
                let mut sent: Vec<(&str, String)> = fields
                    .iter()
                    .map(|(field, value)| (*field, stage.filled(value, &invitation)))
                    .collect();
                sent[index].1 = value.clone();
                let answer = visitor.post(name, json, body_of(name, &sent), &[]).await;
                let shown: String = value.chars().take(40).collect();
                assert_calm(&answer, &format!("{name} with {field}={shown:?}"));
            }
        }
    }
    assert_eq!(visitor.get("/account").await.code(), 200, "still signed in");
}

async fn no_page_breaks_on_nonsense(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.superadmin().await;
    let parameters = [
        "sort",
        "status",
        "after",
        "before",
        "view",
        "operation",
        "user",
        "department",
        "pack",
        "cancelled",
        "token",
        "next",
        "from",
        "to",
        "as_of",
        "period",
        "only",
    ];
    let values: Vec<String> = nonsense()
        .iter()
        .filter(|value| value.len() < 1_000)
        .map(|value| scrip::app::layout::encoded(value))
        .collect();
    for (nth, (path, _, address)) in PAGES.into_iter().enumerate() {
        let address = stage.filled(address, "");
        let joint = if address.contains('?') { '&' } else { '?' };
        // Each parameter alone with one of the values, in turn; and every value in all of them at once.
        let alone = parameters.iter().enumerate().map(|(index, name)| {
            format!("{address}{joint}{name}={}", values[(index + nth) % values.len()])
        });
        let together = values.iter().map(|value| {
            let query: Vec<String> =
                parameters.iter().map(|name| format!("{name}={value}")).collect();
            format!("{address}{joint}{}", query.join("&"))
        });
        let stem = path.split_once('{').map(|(stem, _)| stem);
        let places = values.iter().filter_map(|value| stem.map(|stem| format!("{stem}{value}")));
        for asked in alone.chain(together).chain(places) {
            let page = visitor.get(&asked).await;
            assert!(!page.status.is_server_error(), "{asked}: {}", page.says());
            assert!(!page.text.contains("<script>alert"), "{asked}");
        }
    }
}

async fn a_form_that_is_too_large_is_refused_with_its_limit(database: TestDatabase) {
    let stage = Stage::set(database).await;
    let visitor = stage.premises.superadmin().await;
    let large = "a".repeat(300 * 1024);
    for (name, ..) in FUNCTIONS.iter().filter(|function| !UPLOADS.contains(&function.0)) {
        let body = encoded(&[("email", &large)]);
        let answer = visitor.post(name, "application/json", body, &[]).await;
        assert_eq!((answer.code(), answer.is_problem_json()), (413, true), "{name}");
        assert!(answer.problem().detail.contains("256 kB"), "{name}: {}", answer.says());
    }
}
