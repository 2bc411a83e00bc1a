//! Mass grants: every line is looked at before anything is booked, and each is booked once.

use super::{available, second_staff, two_persons_above};
use crate::on_both_databases;
use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor, multipart};
use scrip::backend::engine::verify;
use scrip::backend::staff::mass_grant::{MOST_LINES, run_step};
use scrip::backend::step::Step;
use scrip::backend::store::lot;

on_both_databases!(
    a_file_says_line_by_line_what_is_wrong_and_books_nothing_before_all_is_right,
    the_lines_of_a_file_are_booked_once_however_often_it_is_sent_and_confirmed,
    a_large_file_waits_for_a_second_person,
    a_file_that_was_cut_short_is_finished_by_the_job,
    a_file_that_is_none_is_refused_on_the_page,
);

const HEAD: &str = "organisation,amount,source,expires,reason\n";

async fn send(staff: &Visitor, file: &str) -> Page {
    let body = multipart(&[("file", file)]);
    let headers = [("referer", "http://127.0.0.1:3000/admin/mass-grants")];
    staff.post("check_mass_grant", "text/html", body, &headers).await
}

async fn checked(staff: &Visitor, lines: &str) -> (String, Page) {
    let sent = send(staff, &format!("{HEAD}{lines}")).await;
    assert_eq!(sent.code(), 303, "{}", sent.says());
    let address = sent.location().to_owned();
    let page = staff.get(&address).await;
    (address, page)
}

async fn a_file_says_line_by_line_what_is_wrong_and_books_nothing_before_all_is_right(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let lines = "Northwind,250,promotional,2027-12-31,Fair\n\
                 Nobody,5,admin,,Gift\n\
                 Northwind,none,admin,,Gift\n\
                 Northwind,5,bought,,Gift\n\
                 Northwind,5,admin,2001-01-01,Gift\n\
                 Northwind,5,admin,,\n\
                 Northwind,5,admin,,Sorry, and thanks\n\
                 Northwind,250,promotional,2027-12-31,Fair\n";
    let (address, page) = checked(&staff, lines).await;
    let rows = page.texts("tbody tr");
    assert_eq!(rows.len(), 8, "{rows:?}");
    assert!(rows[0].contains("Right") && rows[0].contains("350"), "{}", rows[0]);
    for (row, parts) in [
        (1, ["There is no organisation “Nobody”", "whole name"]),
        (2, ["not an amount", "above 0"]),
        (3, ["“bought” is no kind", "admin, promotional or trial"]),
        (4, ["This day is over", "2027-12-31"]),
        (5, ["Say why", "one line"]),
        (6, ["6 columns", "quotation marks"]),
        (7, ["the same as line 2", "another reason"]),
    ] {
        for part in parts {
            assert!(rows[row].contains(part), "{part} in {}", rows[row]);
        }
    }
    assert_eq!(page.field("confirm_mass_grant", "digest"), None, "there is no such button");
    let digest = address.rsplit('/').next().unwrap();
    let refused = staff.post_json("confirm_mass_grant", &[("digest", digest)]).await;
    assert_eq!((refused.code(), refused.problem().code.as_str()), (409, "lines_wrong"));
    assert_eq!(available(&premises.admin().await).await, "100");
}

async fn the_lines_of_a_file_are_booked_once_however_often_it_is_sent_and_confirmed(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let (staff, admin) = (premises.staff().await, premises.admin().await);
    let lines = format!(
        "Northwind,250,promotional,2027-12-31,Fair\n{},2.5,trial,,\"Sorry, and thanks\"\nSouthwind,7,admin,,Fair\n",
        premises.northwind
    );
    let (address, page) = checked(&staff, &lines).await;
    assert_eq!(available(&admin).await, "100", "nothing is booked yet");
    let digest = page.field("confirm_mass_grant", "digest").unwrap();
    for _ in 0..2 {
        let done = staff.post_form(&address, "confirm_mass_grant", &[("digest", &digest)]).await;
        assert_eq!((done.code(), done.location()), (303, address.as_str()), "{}", done.says());
        checked(&staff, &lines).await;
        while run_step(&premises.backend, premises.backend.now()).await.unwrap() == Step::Done {}
    }
    assert_eq!(available(&admin).await, "352.5");
    assert_eq!(available(&staff).await, "7", "Southwind's");
    let rows = staff.get(&address).await.texts("tbody tr");
    assert!(rows.iter().all(|row| row.contains("Booked")), "{rows:?}");
    let history =
        admin.get("/credits?view=purchases").await.texts("table.folds tbody tr").join(" ");
    assert!(history.contains("Sorry, and thanks") && history.contains("otto"), "{history}");
    let report = verify(&premises.backend.db, &premises.northwind).await.unwrap();
    assert_eq!(report.first_difference(), None);
    let log = staff.get("/admin/log").await.texts("tbody tr");
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("Mass grant of 3 lines, 259.5 credits"), "{log:?}");
}

async fn a_large_file_waits_for_a_second_person(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    two_persons_above(&mut premises, "500");
    let (first, second) = (premises.staff().await, second_staff(&premises).await);
    let (address, page) = checked(&first, "Northwind,300,admin,,A\nSouthwind,300,admin,,B\n").await;
    let digest = page.field("confirm_mass_grant", "digest").unwrap();
    let fields = [("digest", digest.as_str())];
    first.post_form(&address, "confirm_mass_grant", &fields).await;
    assert_eq!(run_step(&premises.backend, premises.backend.now()).await.unwrap(), Step::Idle);
    assert_eq!(first.get(&address).await.field("approve_mass_grant", "digest"), None);
    assert_eq!(first.post_json("approve_mass_grant", &fields).await.code(), 409, "not their own");
    let approved = second.post_form(&address, "approve_mass_grant", &fields).await;
    assert_eq!(approved.code(), 303, "{}", approved.says());
    assert_eq!(available(&second).await, "400");
    assert_eq!(second.post_json("drop_mass_grant", &fields).await.code(), 409, "it is booked");
}

async fn a_file_that_was_cut_short_is_finished_by_the_job(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let lines: String = (0..120).map(|n| format!("Northwind,1,admin,,Number {n}\n")).collect();
    let (address, page) = checked(&staff, &lines).await;
    let digest = page.field("confirm_mass_grant", "digest").unwrap();
    staff.post_form(&address, "confirm_mass_grant", &[("digest", &digest)]).await;
    let said = staff.get(&address).await.texts("[data-testid=mass-grant-answer]")[0].clone();
    assert!(said.contains("50 of 120"), "{said}");
    // Two nodes go on at the same time.
    let step = || run_step(&premises.backend, premises.backend.now());
    let (one, other) = tokio::join!(step(), step());
    assert!(one.is_ok() && other.is_ok());
    while step().await.unwrap() == Step::Done {}
    let lots = lot::all(&premises.backend.db, &premises.northwind).await.unwrap();
    assert_eq!(lots.len(), 121, "each line once, and the first lot");
    assert_eq!(available(&premises.admin().await).await, "220");
}

async fn a_file_that_is_none_is_refused_on_the_page(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let staff = premises.staff().await;
    let many = format!("{HEAD}{}", "Northwind,1,admin,,x\n".repeat(MOST_LINES + 1));
    for (file, says) in [
        ("", "Choose a file"),
        ("organisation;amount\n1;2\n", "no column"),
        (HEAD, "no line but its first"),
        (many.as_str(), "more than 1000 lines"),
    ] {
        let page = send(&staff, file).await;
        assert_eq!((page.code(), page.texts("h1")[0].as_str()), (422, "Mass grants"), "{says}");
        assert!(page.texts("[role=alert]").join(" ").contains(says), "{says}: {}", page.says());
    }
    assert_eq!(staff.get("/admin/mass-grants/none").await.code(), 404);
}
