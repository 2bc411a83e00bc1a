//! *Billing & Transactions*, the document's page and its file, and the form that says who is billed.

use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::Page;
use scrip::backend::documents::layout::{self, Part};
use scrip::backend::documents::typeface::Typeface;
use scrip::backend::documents::{Refunded, pdf};
use scrip::backend::store::purchase::{self, Details, PurchaseStatus};
use scrip::ledger::{Credits, PurchaseId};
use scrip::model::document::DocumentKind;

crate::on_both_databases!(
    a_payment_is_listed_with_its_receipt_as_soon_as_it_is_credited,
    page_and_file_of_a_document_say_the_same,
    a_document_of_another_organisation_is_not_there_and_a_member_may_not_see_it,
    payments_are_narrowed_by_what_became_of_them,
    a_long_list_goes_on_page_by_page,
    a_recheck_too_soon_is_told_on_the_page_it_was_pressed_on,
    details_are_saved_with_who_and_when_and_stand_on_what_is_written_next,
    wrong_details_come_back_with_what_was_typed_and_what_is_wrong,
    when_two_admins_save_at_once_the_second_sees_both,
    a_name_that_looks_like_markup_is_only_a_name,
    the_years_sums_are_those_of_its_documents,
    a_member_sees_neither_details_nor_payments,
);

const LIST: &str = "/credits/billing";
const BILLING: &str = "/settings/billing";

fn details<'a>(version: &'a str, name: &'a str) -> [(&'a str, &'a str); 9] {
    [
        ("version", version),
        ("name", name),
        ("email", "billing@northwind.test"),
        ("line1", "Quay 1"),
        ("line2", ""),
        ("postcode", "20457"),
        ("city", "Hamburg"),
        ("country", "DE"),
        ("tax_id", "DE 123"),
    ]
}

async fn status_of(premises: &Premises, id: &str) -> PurchaseStatus {
    let id = PurchaseId::parse(id).unwrap();
    premises.backend.payments.purchase(&premises.northwind, &id).await.unwrap().status
}

async fn move_to(premises: &Premises, id: &str, to: PurchaseStatus) {
    let id = PurchaseId::parse(id).unwrap();
    let db = &premises.backend.db;
    let found = purchase::find(db, &premises.northwind, &id).await.unwrap().unwrap();
    let now = premises.backend.now();
    assert!(purchase::advance(db, &found, to, Details::default(), now).await.unwrap());
}

async fn refund(premises: &Premises, id: &PurchaseId, total_minor: i64, credits: i64) {
    let bought = premises.backend.payments.purchase(&premises.northwind, id).await.unwrap();
    let credits = Credits::from_micro(credits * 1_000_000);
    let refunded = Refunded { total_minor, credits, reason: None };
    let documents = &premises.backend.documents;
    documents.credit_note(&bought, refunded, premises.backend.now()).await.unwrap().unwrap();
}

fn rows(page: &Page) -> Vec<String> {
    page.texts("[data-testid=payment-row]")
}

async fn a_payment_is_listed_with_its_receipt_as_soon_as_it_is_credited(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let empty = admin.get(LIST).await;
    assert!(empty.texts(".empty strong").contains(&"Nothing has been paid yet".to_owned()));
    let id = premises.credited_purchase_of(&admin, "form-1").await;
    let open = premises.purchase_of(&admin, "form-2").await;

    let page = admin.get(LIST).await;
    let rows = rows(&page);
    assert_eq!((page.code(), rows.len()), (200, 2), "{}", page.says());
    assert!(rows[0].contains("Pending") && rows[0].contains("Recheck"), "{rows:?}");
    assert!(rows[1].contains("Credited") && rows[1].contains("$60.00"), "{rows:?}");
    assert!(rows[1].contains("TEST-NORT-2026-000001") && !rows[1].contains("Recheck"), "{rows:?}");
    for link in [
        format!("/credits/return/{id}"),
        format!("/credits/return/{open}"),
        "/credits/documents/TEST-NORT-2026-000001".to_owned(),
        "/credits/documents/TEST-NORT-2026-000001.pdf".to_owned(),
        format!("/credits/payments/{id}/provider-document"),
    ] {
        assert!(page.links().contains(&link), "{link} in {:?}", page.links());
    }
    let payment = admin.get(&format!("/credits/return/{id}")).await;
    assert!(payment.texts("h2").contains(&"Receipts and invoices".to_owned()));
    assert_eq!(payment.texts("[data-testid=trail] li").len(), 5, "{}", payment.says());
}

async fn page_and_file_of_a_document_say_the_same(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let name = "Süd- und Nordwind Handelsgesellschaft mit beschränkter Haftung, Zweigstelle Łódź";
    admin.post_form(BILLING, "save_billing_details", &details("0", name)).await;
    let number = premises.document_of(&admin, "form-1").await;
    let address = format!("/credits/documents/{number}");
    let page = admin.get(&address).await;
    let paper = page.texts("[data-testid=paper]").join(" ");
    let documents = &premises.backend.documents;
    let document = documents.find(&premises.northwind, &number).await.unwrap().unwrap();
    let typeface = Typeface::load().unwrap();
    let printed = layout::pages(&document, &typeface);
    let lines = printed.iter().flat_map(|page| &page.texts);
    let mut count = 0;
    for line in lines.filter(|line| line.part != Part::Furniture) {
        assert!(paper.contains(&line.text), "{:?} is not on the page: {paper}", line.text);
        count += 1;
    }
    assert!(count > 20, "{count} lines");
    let sheet = document.sheet();
    for (_, amount) in &sheet.sums {
        let stands = |line: &&layout::Text| line.text == *amount;
        assert!(printed.iter().any(|page| page.texts.iter().any(|line| stands(&line))));
    }
    assert!(paper.contains("TEST") && paper.contains("$60.00"), "{paper}");

    let file = admin.get(&format!("{address}.pdf")).await;
    assert_eq!((file.code(), file.header("content-type")), (200, "application/pdf"));
    let disposition = format!("attachment; filename=\"receipt-{number}.pdf\"");
    assert_eq!(file.header("content-disposition"), disposition);
    assert!(file.text.starts_with("%PDF-1.7"));
    assert!(pdf::write(&document).is_ok());
}

async fn a_document_of_another_organisation_is_not_there_and_a_member_may_not_see_it(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let id = premises.credited_purchase_of(&admin, "form-1").await;
    let number = premises.document_of(&admin, "form-2").await;
    let addresses = [
        format!("/credits/documents/{number}"),
        format!("/credits/documents/{number}.pdf"),
        format!("/credits/payments/{id}/provider-document"),
    ];
    for address in &addresses {
        let stranger = premises.stranger().await.get(address).await;
        assert_eq!(stranger.code(), 404, "{address}");
        assert!(!stranger.text.contains("Northwind"), "{address}");
        assert_eq!(premises.member().await.get(address).await.code(), 403, "{address}");
    }
    let nobody = premises.anonymous().get(&addresses[1]).await;
    assert_eq!(nobody.code(), 401);
    for wrong in ["TEST-NORT-2026-000099.pdf", "..%2f..%2fetc.pdf", "%00.pdf", ".pdf"] {
        let page = admin.get(&format!("/credits/documents/{wrong}")).await;
        assert_eq!(page.code(), 404, "{wrong}");
    }
}

async fn payments_are_narrowed_by_what_became_of_them(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let credited = premises.credited_purchase_of(&admin, "form-1").await;
    let refunded = premises.credited_purchase_of(&admin, "form-2").await;
    refund(&premises, &refunded, 6_000, 50).await;
    let partly = premises.credited_purchase_of(&admin, "form-3").await;
    refund(&premises, &partly, 100, 1).await;
    let failed = premises.purchase_of(&admin, "form-4").await;
    move_to(&premises, &failed, PurchaseStatus::Failed).await;
    let review = premises.purchase_of(&admin, "form-5").await;
    move_to(&premises, &review, PurchaseStatus::Review).await;
    let open = premises.purchase_of(&admin, "form-6").await;
    assert_eq!(status_of(&premises, &open).await, PurchaseStatus::Open);

    for (status, words, ids) in [
        ("credited", vec!["Credited"], vec![credited.to_string()]),
        ("pending", vec!["Pending"], vec![open]),
        ("unpaid", vec!["Failed"], vec![failed]),
        ("review", vec!["In review"], vec![review]),
        ("disputed", vec![], vec![]),
    ] {
        let page = admin.get(&format!("{LIST}?status={status}")).await;
        let rows = rows(&page);
        assert_eq!(rows.len(), ids.len(), "{status}: {rows:?}");
        for ((row, word), id) in rows.iter().zip(words).zip(ids) {
            assert!(row.contains(word), "{status}: {row}");
            assert!(page.links().contains(&format!("/credits/return/{id}")), "{status}");
        }
    }
    let back = rows(&admin.get(&format!("{LIST}?status=refunded")).await);
    assert_eq!(back.len(), 2, "{back:?}");
    assert!(
        back.iter().any(|row| row.contains("Partly refunded") && row.contains("49")),
        "{back:?}"
    );
    assert!(back.iter().any(|row| row.contains("Refunded") && row.contains("Credit note")));
    let trail = admin.get(&format!("/credits/return/{partly}")).await;
    assert!(trail.texts("[data-testid=trail]")[0].contains("$1.00 went back"), "{}", trail.says());
    assert_eq!(admin.get(&format!("{LIST}?status=nonsense")).await.code(), 404);
}

async fn a_long_list_goes_on_page_by_page(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    for number in 0..52 {
        premises.clock.advance(3 * 60 * 1_000_000);
        premises.purchase_of(&admin, &format!("form-{number}")).await;
    }
    // Two hours and a half have passed: whoever signed in then is still here.
    let first = admin.get(LIST).await;
    assert_eq!(rows(&first).len(), 50);
    let next = first.attributes("a[rel=next]", "href");
    let second = admin.get(&next[0]).await;
    assert_eq!(rows(&second).len(), 2, "{next:?}");
    assert!(second.attributes("a[rel=next]", "href").is_empty());
    assert!(second.links().contains(&LIST.to_owned()), "back to the newest");
    assert_eq!(admin.get(&format!("{LIST}?before=nonsense")).await.code(), 404);
}

async fn a_recheck_too_soon_is_told_on_the_page_it_was_pressed_on(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let id = premises.purchase_of(&admin, "form-1").await;
    let fields = [("id", id.as_str())];
    let first = admin.post_form(LIST, "recheck_purchase", &fields).await;
    assert_eq!((first.code(), first.location()), (303, format!("/credits/return/{id}").as_str()));
    let second = admin.post_form(LIST, "recheck_purchase", &fields).await;
    assert_eq!(
        (second.code(), second.texts("h1")),
        (429, vec!["Billing & Transactions".to_owned()])
    );
    assert!(
        second.texts("[role=alert]")[0].contains("rechecked a moment ago"),
        "{}",
        second.says()
    );
    assert!(!second.header("retry-after").is_empty());
}

async fn details_are_saved_with_who_and_when_and_stand_on_what_is_written_next(
    database: TestDatabase,
) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let form = admin.get(BILLING).await;
    assert_eq!(form.field("save_billing_details", "name").as_deref(), Some("Northwind"));
    let answer =
        admin.post_form(BILLING, "save_billing_details", &details("0", "Northwind Ltd")).await;
    assert_eq!(answer.code(), 303, "{}", answer.says());
    let page = admin.get(answer.location().split('#').next().unwrap()).await;
    let section = page.texts("#billing-details").join(" ");
    assert!(section.contains("Last changed by ada") && section.contains("Saved."), "{section}");
    assert_eq!(page.field("save_billing_details", "version").as_deref(), Some("1"));
    let number = premises.document_of(&admin, "form-1").await;
    let paper = admin.get(&format!("/credits/documents/{number}")).await;
    let paper = paper.texts("[data-testid=paper]").join(" ");
    for words in ["Northwind Ltd", "Quay 1", "20457 Hamburg", "Germany", "Tax id DE 123"] {
        assert!(paper.contains(words), "{words} in {paper}");
    }
}

async fn wrong_details_come_back_with_what_was_typed_and_what_is_wrong(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let mut fields = details("0", "");
    fields[7].1 = "XX";
    let page = admin.post_form(BILLING, "save_billing_details", &fields).await;
    assert_eq!((page.code(), page.texts("h1")), (422, vec!["Billing".to_owned()]));
    let wrong = page.texts(".field .wrong");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert_eq!(page.field("save_billing_details", "city").as_deref(), Some("Hamburg"));
    let latest =
        scrip::backend::store::billing_details::latest(&premises.backend.db, &premises.northwind);
    assert_eq!(latest.await.unwrap(), None);
}

async fn when_two_admins_save_at_once_the_second_sees_both(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let (admin, superadmin) = (premises.admin().await, premises.superadmin().await);
    let save = "save_billing_details";
    assert_eq!(admin.post_form(BILLING, save, &details("0", "Ada Ltd")).await.code(), 303);
    let refused = superadmin.post_form(BILLING, save, &details("0", "Sue Ltd")).await;
    assert_eq!(refused.code(), 409, "{}", refused.says());
    let both = refused.texts("[data-testid=both]").join(" ");
    assert!(both.contains("Sue Ltd") && both.contains("Ada Ltd") && both.contains("ada"), "{both}");
    assert!(!both.contains("Hamburg"), "only what differs: {both}");
    assert_eq!(refused.field(save, "name").as_deref(), Some("Sue Ltd"), "what was typed stays");
    let version = refused.field(save, "version").unwrap();
    assert_eq!(version, "1");
    let again = superadmin.post_form(BILLING, save, &details(&version, "Sue Ltd")).await;
    assert_eq!(again.code(), 303, "whoever has seen both may save theirs");
    let same = admin.post_form(BILLING, save, &details("1", "Sue Ltd")).await;
    assert_eq!(same.code(), 303, "the very same details are no conflict");
}

async fn a_name_that_looks_like_markup_is_only_a_name(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let name = "<script>alert(1)</script> \"&' <img src=x onerror=alert(1)>";
    let saved = admin.post_form(BILLING, "save_billing_details", &details("0", name)).await;
    assert_eq!(saved.code(), 303, "{}", saved.says());
    let number = premises.document_of(&admin, "form-1").await;
    let address = format!("/credits/documents/{number}");
    for page in [admin.get(BILLING).await, admin.get(&address).await] {
        assert!(!page.text.contains("<script>alert"), "{}", page.says());
        assert!(!page.text.contains("<img src=x"), "{}", page.says());
    }
    let paper = admin.get(&address).await.texts("[data-testid=paper]").join(" ");
    assert!(paper.contains(name), "{paper}");
    assert_eq!(admin.get(&format!("{address}.pdf")).await.code(), 200);
}

async fn the_years_sums_are_those_of_its_documents(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let admin = premises.admin().await;
    let first = premises.credited_purchase_of(&admin, "form-1").await;
    premises.credited_purchase_of(&admin, "form-2").await;
    let page = admin.get(LIST).await;
    let year = page.texts("[data-testid=year]").join(" ");
    assert!(
        year.contains("2026 so far") && year.contains("$120.00") && year.contains("100"),
        "{year}"
    );
    refund(&premises, &first, 1_000, 8).await;
    let year = admin.get(LIST).await.texts("[data-testid=year]").join(" ");
    assert!(year.contains("$120.00") && year.contains("$10.00") && year.contains("92"), "{year}");
    // The next year begins with nothing.
    premises.clock.advance(200 * 24 * 3_600 * 1_000_000);
    let later = premises.admin().await.get(LIST).await;
    assert!(later.texts("[data-testid=year]").is_empty(), "{}", later.says());
    let kinds = [DocumentKind::Receipt, DocumentKind::CreditNote].map(DocumentKind::title);
    assert!(kinds.iter().all(|kind| rows(&later).join(" ").contains(kind)));
}

async fn a_member_sees_neither_details_nor_payments(database: TestDatabase) {
    let premises = Premises::open(database).await;
    let member = premises.member().await;
    let billing = member.get(BILLING).await;
    assert!(billing.texts("#billing-details").is_empty());
    assert!(!billing.links().iter().any(|link| link.starts_with(LIST)));
    let page = member.get(LIST).await;
    assert_eq!((page.code(), page.texts("h1")), (403, vec!["Not allowed".to_owned()]));
    assert!(page.texts("main p").iter().any(|text| text.starts_with("Ask an admin")));
}
