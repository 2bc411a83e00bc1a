//! A list as a file says what its page says: the same rows, all of them, the same totals, for the same eyes.

use super::*;
use crate::on_both_databases;
use crate::support::visitor::Visitor;
use calamine::{Data, Reader, Xlsx};
use leptos::config::LeptosOptions;
use scrip::backend::exports::{Export, List, xlsx};
use scrip::model::credits::History;
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use std::io::Cursor;

on_both_databases!(
    a_file_has_every_row_of_the_list_and_the_totals_of_the_page,
    a_spreadsheet_says_what_the_csv_says_with_numbers_as_numbers,
    nobodys_file_holds_more_than_their_page,
);

/// More than a page, and more than is read at a time.
const ROWS: usize = 520;

async fn signed_in(office: &Office, email: &str) -> Visitor {
    let options = LeptosOptions::builder().output_name("scrip").build();
    let policy = SecurityPolicy::new("http://127.0.0.1:3000", Vec::new());
    let site = router(office.backend.clone(), options, policy, TrustedProxies::default());
    let visitor = Visitor::new(site);
    let fields = [("email", email), ("password", PASSWORD)];
    assert_eq!(visitor.post_form("/login", "sign_in", &fields).await.code(), 303);
    visitor
}

/// With charges of two departments, one a minute.
async fn busy(test: TestDatabase) -> Office {
    let office = Office::with_package(test).await;
    for number in 0..ROWS {
        office.advance(60_000_000);
        let department = if number % 4 == 0 { &office.sales } else { &office.design };
        office.charge("1.25", department).await;
    }
    office
}

/// The lines of a file, the first with its headings.
fn lines(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let line = |record: Result<csv::StringRecord, csv::Error>| -> Vec<String> {
        record.unwrap().iter().map(str::to_owned).collect()
    };
    reader.records().map(line).collect()
}

async fn a_file_has_every_row_of_the_list_and_the_totals_of_the_page(test: TestDatabase) {
    let office = busy(test).await;
    let admin = signed_in(&office, "ada@northwind.test").await;
    let file = admin.get("/credits/export/csv?view=usage").await;
    assert_eq!((file.code(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
    let name = file.header("content-disposition");
    assert_eq!(name, "attachment; filename=\"usage-northwind-2026-10-24.csv\"");
    let lines = lines(&file.text);
    let headings = &lines[0];
    assert_eq!(headings[2], "Credits");
    assert_eq!(headings[7..9], ["Date (Europe/Vienna)", "Date (UTC)"]);

    let rows = office.all_usage().await;
    assert_eq!((rows.len(), lines.len()), (ROWS, ROWS + 2));
    for (line, row) in lines[1..].iter().zip(&rows) {
        assert_eq!(line[2], row.credits.to_string());
        assert_eq!((&line[5], &line[6]), (&row.user, row.department.as_ref().unwrap()));
        assert_eq!(line[9], row.sequence.to_string());
    }
    assert_eq!(lines[1][7..9], ["2026-10-24 20:40:00", "2026-10-24 18:40:00"]);
    let page = office.usage(UsageFilter::default(), None).await;
    let History::Usage { total, .. } = page.history else { panic!("usage was asked for") };
    assert_eq!(lines[ROWS + 1][..3], ["Total of 520 rows", "", total.to_string().as_str()]);

    let address = format!("/credits/export/csv?department={}", office.sales);
    let sales = self::lines(&admin.get(&address).await.text);
    assert_eq!(sales.len(), ROWS / 4 + 2);
    assert_eq!(sales[ROWS / 4 + 1][2], "-162.5");
    let shown = admin.get(&format!("/credits?view=usage&department={}", office.sales)).await;
    assert_eq!(shown.texts("[data-testid=usage-total]"), ["−162.5"]);
    assert!(
        shown
            .links()
            .contains(&format!("/credits/export/xlsx?view=usage&department={}", office.sales))
    );
}

async fn a_spreadsheet_says_what_the_csv_says_with_numbers_as_numbers(test: TestDatabase) {
    let office = Office::with_package(test).await;
    office.charge("1.25", &office.design).await;
    let admin = signed_in(&office, "ada@northwind.test").await;
    let plain = lines(&admin.get("/credits/export/csv?view=usage").await.text);
    let list = List::Credits(HistoryQuery::Usage(UsageFilter::default()));
    let (backend, caller) = (office.backend.clone(), office.superadmin.clone());
    let export = Export::of(backend, caller, office.organisation.clone(), list);
    let bytes = xlsx::write(export).await.unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.height(), plain.len());
    assert_eq!(sheet.get_value((1, 2)), Some(&Data::Float(-1.25)));
    assert!(matches!(sheet.get_value((1, 7)), Some(Data::DateTime(_))));
    for (row, line) in (0..).zip(&plain) {
        for (column, text) in (0..).zip(line) {
            let value = sheet.get_value((row, column)).unwrap_or(&Data::Empty);
            match value {
                Data::Empty => assert_eq!(text, ""),
                Data::DateTime(at) => {
                    let at = at.as_datetime().unwrap().format("%Y-%m-%d %H:%M:%S").to_string();
                    assert_eq!(&at, text);
                }
                value => assert_eq!(&value.to_string(), text),
            }
        }
    }
}

async fn nobodys_file_holds_more_than_their_page(test: TestDatabase) {
    let office = Office::with_package(test).await;
    let member = signed_in(&office, "mia@northwind.test").await;
    let bought = member.get("/credits/export/csv?view=purchases").await;
    assert!(!lines(&bought.text)[0].contains(&"Paid".to_owned()), "{}", bought.text);
    let admin = signed_in(&office, "ada@northwind.test").await;
    let bought = admin.get("/credits/export/csv?view=purchases").await;
    assert!(lines(&bought.text)[0].contains(&"Paid".to_owned()), "{}", bought.text);

    let address = "/credits/billing/export/csv";
    assert_eq!((member.get(address).await.code(), admin.get(address).await.code()), (403, 200));
    assert_eq!(member.get("/reports/export/xlsx").await.code(), 200);
    for address in [
        "/credits/export/pdf",
        "/credits/export/csv?view=nothing",
        "/credits/export/csv?user=usr_nobody",
        "/credits/billing/export/csv?status=lost",
    ] {
        assert_eq!(admin.get(address).await.code(), 404, "{address}");
    }
    let nobody = Visitor::new(router(
        office.backend.clone(),
        LeptosOptions::builder().output_name("scrip").build(),
        SecurityPolicy::new("http://127.0.0.1:3000", Vec::new()),
        TrustedProxies::default(),
    ));
    assert_eq!(nobody.get("/credits/export/csv").await.code(), 401);
}
