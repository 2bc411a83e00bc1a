//! Receipts, invoices and credit notes: numbered without gaps, written once, and kept as they were.

mod pages;
mod taxes;
mod trail;

use crate::payments::Till;
use crate::support::database::TestDatabase;
use scrip::backend::documents::{Documents, Refunded, Seller, pdf};
use scrip::backend::payments::{TaxMode, Why};
use scrip::backend::step::Step;
use scrip::backend::store::billing_document::{self, NewDocument};
use scrip::backend::store::purchase::{Purchase, PurchaseKind, PurchaseStatus};
use scrip::backend::store::{self, billing_details, organisation};
use scrip::ledger::{Credits, Currency, Money, OrganisationId, PurchaseId, Timestamp, UserId};
use scrip::model::billing_details::BillingDetails;
use scrip::model::document::{DocumentKind, DocumentView};

crate::on_both_databases!(
    fifty_documents_written_at_once_have_fifty_numbers_without_a_gap,
    a_purchase_has_one_document_however_many_write_it_at_once,
    what_is_cut_short_takes_its_number_back,
    organisations_of_one_name_have_letters_of_their_own,
    a_paid_purchase_gets_its_document_from_the_job,
    a_document_waits_for_a_provider_that_does_not_answer,
    a_document_stays_as_it_was_when_the_details_change,
    refunds_are_credited_part_by_part_and_never_twice,
    a_refund_that_fails_afterwards_is_corrected,
    a_refund_at_the_provider_gets_its_credit_note_from_the_job,
    a_purchase_that_is_not_credited_has_no_document,
    test_money_and_real_money_have_series_of_their_own,
);

/// The till with the office that writes its documents.
struct Office {
    till: Till,
    documents: Documents,
}

impl Office {
    async fn open(database: TestDatabase) -> Office {
        let till = Till::open(database).await;
        let seller = Seller::from_toml(
            "name = \"Acme\"\naddress = [\"Quay 1\", \"Hamburg\"]\nnote = \"No tax is due.\"",
        );
        let documents = Documents::new(till.db().clone(), till.payments.clone(), seller.unwrap());
        Office { till, documents }
    }

    /// A purchase that was credited without anybody being asked.
    async fn credited(&self, number: usize, livemode: bool) -> Purchase {
        let now = self.till.now();
        let purchase = Purchase {
            organisation: self.till.organisation.clone(),
            id: PurchaseId::parse(&format!("pur_story{number:04}")).unwrap(),
            kind: PurchaseKind::Pack,
            paid_lot: None,
            invoice_ref: None,
            user: self.till.user.clone(),
            pack: "pack-50".into(),
            pack_name: "Starter".into(),
            credits: Credits::from_micro(50_000_000),
            price: Money { minor: 6_000, currency: Currency::parse("USD").unwrap() },
            tax_mode: TaxMode::Off,
            tax_minor: 0,
            valid_months: None,
            livemode,
            provider: "sandbox".into(),
            status: PurchaseStatus::Credited,
            form_key: Some(format!("form-{number}")),
            session_ref: None,
            payment_ref: None,
            checkout_url: None,
            attempt: 1,
            created_at: now,
            updated_at: now,
            expires_at: now,
            paid_at: None,
            note: None,
        };
        assert!(store::purchase::insert_once(self.till.db(), &purchase, now).await.unwrap());
        purchase
    }

    async fn issue(&self, purchase: &Purchase) -> String {
        let number = self.documents.issue(purchase, self.till.now()).await.unwrap();
        number.expect("it is credited")
    }

    /// The job writes all that is due, and then rests.
    async fn job_done(&self) {
        for _ in 0..5 {
            if self.documents.issue_step(self.till.now()).await.unwrap() == Step::Idle {
                return;
            }
        }
        panic!("the job finds no end");
    }

    async fn read(&self, number: &str) -> DocumentView {
        let found = self.documents.find(&self.till.organisation, number).await.unwrap();
        found.unwrap_or_else(|| panic!("no document {number}"))
    }

    async fn refund(&self, purchase: &Purchase, total_minor: i64, credits: i64) -> Option<String> {
        let credits = Credits::from_micro(credits * 1_000_000);
        let refunded = Refunded { total_minor, credits, reason: Some("Bought twice.") };
        self.documents.credit_note(purchase, refunded, self.till.now()).await.unwrap()
    }
}

/// The place in its series that a number ends with.
fn place(number: &str) -> u32 {
    number.rsplit('-').next().unwrap().parse().unwrap()
}

async fn fifty_documents_written_at_once_have_fifty_numbers_without_a_gap(database: TestDatabase) {
    let office = Office::open(database).await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let purchase = office.credited(number, false).await;
        let (documents, now) = (office.documents.clone(), office.till.now());
        writers.spawn(async move { documents.issue(&purchase, now).await.unwrap().unwrap() });
    }
    let mut places: Vec<u32> =
        writers.join_all().await.iter().map(|number| place(number)).collect();
    places.sort_unstable();
    assert_eq!(places, (1..=50).collect::<Vec<_>>());
}

async fn a_purchase_has_one_document_however_many_write_it_at_once(database: TestDatabase) {
    let office = Office::open(database).await;
    let purchase = office.credited(1, false).await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (documents, purchase) = (office.documents.clone(), purchase.clone());
        let now = office.till.now();
        writers.spawn(async move { documents.issue(&purchase, now).await.unwrap().unwrap() });
    }
    let numbers = writers.join_all().await;
    assert!(numbers.iter().all(|number| number == "TEST-NORT-2026-000001"), "{numbers:?}");
    let next = office.credited(2, false).await;
    assert_eq!(office.issue(&next).await, "TEST-NORT-2026-000002", "none of them took a number");
}

/// As if the program had been killed between taking the number and writing the document, and after
/// writing it but before it was noted on the purchase.
async fn what_is_cut_short_takes_its_number_back(database: TestDatabase) {
    let office = Office::open(database).await;
    let first = office.credited(1, false).await;
    let number = office.issue(&first).await;
    let again = NewDocument {
        organisation: first.organisation.clone(),
        livemode: false,
        number_begins: "TEST-NORT-2026-".into(),
        purchase: first.id.clone(),
        place: 0,
        refunded_minor: 0,
        issued_at: office.till.now(),
        content: office.read(&number).await.content,
    };
    for place in [0, 2, 7] {
        let unwanted = NewDocument { place, ..again.clone() };
        let written = billing_document::append(office.till.db(), &unwanted).await.unwrap();
        assert_eq!(written, None, "there is one document, so only place 1 is next");
    }
    assert_eq!(office.issue(&first).await, number);
    let second = office.credited(2, false).await;
    assert_eq!(place(&office.issue(&second).await), place(&number) + 1);
}

async fn organisations_of_one_name_have_letters_of_their_own(database: TestDatabase) {
    let office = Office::open(database).await;
    let mut numbers = vec![office.issue(&office.credited(0, false).await).await];
    let template =
        organisation::find(office.till.db(), &office.till.organisation).await.unwrap().unwrap();
    for number in 1..4 {
        let id = OrganisationId::parse(&format!("org_twin{number}")).unwrap();
        let twin = organisation::Organisation { id: id.clone(), ..template.clone() };
        organisation::insert(office.till.db(), &twin).await.unwrap();
        let purchase = Purchase {
            organisation: id,
            id: PurchaseId::parse(&format!("pur_twin{number}")).unwrap(),
            ..office.credited(number, false).await
        };
        numbers.push(office.issue(&purchase).await);
    }
    let expected =
        ["NORT", "NOR2", "NOR3", "NOR4"].map(|letters| format!("TEST-{letters}-2026-000001"));
    assert_eq!(numbers, expected);
}

async fn a_paid_purchase_gets_its_document_from_the_job(database: TestDatabase) {
    let office = Office::open(database).await;
    let till = &office.till;
    let (id, session) = till.open_purchase().await;
    assert_eq!(office.documents.issue_step(till.now()).await.unwrap(), Step::Idle);
    till.pay(&session, "4242424242424242").await;
    assert_eq!(till.settle(&id, Why::Webhook).await, PurchaseStatus::Credited);
    assert_eq!(office.documents.issue_step(till.now()).await.unwrap(), Step::Done);
    assert_eq!(office.documents.issue_step(till.now()).await.unwrap(), Step::Idle, "once");

    let document = office.read("TEST-NORT-2026-000001").await;
    let content = &document.content;
    assert_eq!((content.kind, content.test), (DocumentKind::Invoice, true));
    assert_eq!((content.total_minor, content.credits), (6_000, till.pack(0).credits));
    assert_eq!((content.seller.name.as_str(), content.buyer.name.as_str()), ("Acme", "Northwind"));
    assert_eq!(content.notes, ["No tax is due."]);
    assert_eq!(content.purchase, id.to_string());
    assert!(content.payment.as_deref().is_some_and(|payment| payment.starts_with("pi_")));
    assert_eq!(content.cost_per_credit.as_deref(), Some("$1.200"));
    let bytes = pdf::write(&document).unwrap();
    assert_eq!(bytes, pdf::write(&office.read(&document.number).await).unwrap());
}

async fn a_document_waits_for_a_provider_that_does_not_answer(database: TestDatabase) {
    let office = Office::open(database).await;
    let till = &office.till;
    let (id, session) = till.open_purchase().await;
    till.pay(&session, "4242424242424242").await;
    till.settle(&id, Why::Webhook).await;
    let cut_off = office.documents.through(till.payments_through("http://127.0.0.1:9"));
    assert_eq!(cut_off.issue_step(till.now()).await.unwrap(), Step::Done);
    assert_eq!(cut_off.issue_step(till.now()).await.unwrap(), Step::Idle, "not at once again");
    till.pass(60);
    assert_eq!(office.documents.issue_step(till.now()).await.unwrap(), Step::Done);
    assert_eq!(place(&office.issue(&till.purchase(&id).await).await), 1);
}

async fn a_document_stays_as_it_was_when_the_details_change(database: TestDatabase) {
    let office = Office::open(database).await;
    let (db, organisation) = (office.till.db(), &office.till.organisation);
    let save = async |version, name: &str| {
        let details = BillingDetails {
            name: name.into(),
            line1: "Quay 1".into(),
            city: "Hamburg".into(),
            country: "DE".into(),
            ..BillingDetails::default()
        };
        let (by, now) = (UserId::parse("usr_ada").unwrap(), office.till.now());
        billing_details::insert_after(db, organisation, version, &details, &by, now).await.unwrap()
    };
    assert!(save(0, "Northwind Ltd").await);
    let first = office.issue(&office.credited(1, false).await).await;
    let before = office.read(&first).await;
    assert!(!save(0, "Overtaken Ltd").await, "version 1 is written already");
    assert!(save(1, "Northwind Inc").await);
    let second = office.issue(&office.credited(2, false).await).await;
    assert_eq!(office.read(&first).await, before);
    assert_eq!(before.content.buyer.name, "Northwind Ltd");
    assert_eq!(office.read(&second).await.content.buyer.name, "Northwind Inc");
    assert_eq!(before.content.buyer.address, ["Quay 1", "Hamburg", "Germany"]);
}

async fn refunds_are_credited_part_by_part_and_never_twice(database: TestDatabase) {
    let office = Office::open(database).await;
    let purchase = office.credited(1, false).await;
    assert_eq!(office.refund(&purchase, 0, 0).await, None, "nothing went back");
    let first = office.refund(&purchase, 2_000, 16).await.expect("a credit note");
    assert_eq!(office.refund(&purchase, 2_000, 16).await, None, "the same total again");
    let second = office.refund(&purchase, 6_000, 50).await.expect("the rest");
    let notes = [office.read(&first).await, office.read(&second).await];
    let totals: Vec<i64> = notes.iter().map(|note| note.content.total_minor).collect();
    let credits: Vec<String> = notes.iter().map(|note| note.content.credits.to_string()).collect();
    assert_eq!((totals, credits), (vec![-2_000, -4_000], vec!["-16".to_owned(), "-34".to_owned()]));
    assert_eq!(notes[0].content.kind, DocumentKind::CreditNote);
    assert_eq!(notes[0].content.changes.as_deref(), Some("TEST-NORT-2026-000001"));
    assert_eq!([place(&first), place(&second)], [2, 3], "the invoice was written before them");

    let mut writers = tokio::task::JoinSet::new();
    let other = office.credited(2, false).await;
    for _ in 0..10 {
        let (documents, purchase, now) =
            (office.documents.clone(), other.clone(), office.till.now());
        writers.spawn(async move {
            let refunded = Refunded { total_minor: 10, credits: Credits::ZERO, reason: None };
            documents.credit_note(&purchase, refunded, now).await.unwrap()
        });
    }
    let written: Vec<String> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(written, ["TEST-NORT-2026-000005"], "one of ten writes it");
}

async fn a_refund_that_fails_afterwards_is_corrected(database: TestDatabase) {
    let office = Office::open(database).await;
    let purchase = office.credited(1, false).await;
    let note = office.refund(&purchase, 6_000, 50).await.unwrap();
    let correction = office.refund(&purchase, 0, 0).await.unwrap();
    let content = office.read(&correction).await.content;
    assert_eq!((content.kind, content.total_minor), (DocumentKind::Correction, 6_000));
    assert_eq!((content.credits.to_string(), content.changes), ("50".to_owned(), Some(note)));
    let year = (Timestamp(0), Timestamp(i64::MAX));
    let organisation = &office.till.organisation;
    let sums = billing_document::sums(office.till.db(), organisation, false, year).await.unwrap();
    assert_eq!((sums[0].paid_minor, sums[0].refunded_minor), (6_000, 0));
    assert_eq!(sums[0].credits, purchase.credits);
}

async fn a_refund_at_the_provider_gets_its_credit_note_from_the_job(database: TestDatabase) {
    let office = Office::open(database).await;
    let (id, charge) = office.till.bought("form-1").await;
    let price = office.till.pack(0).price.minor;
    office.job_done().await;
    let refund = office.till.refund_there(&charge, price / 4).await;
    office.till.hear().await;
    office.job_done().await;
    let refund = refund["id"].as_str().unwrap();
    office.till.sandbox_says(refund, "status", "failed").await;
    office
        .till
        .payments
        .settle(&office.till.organisation, &id, Why::MoneyBack, office.till.now())
        .await
        .unwrap();
    office.job_done().await;
    let (db, organisation) = (office.till.db(), &office.till.organisation);
    let written = billing_document::of_purchase(db, organisation, &id).await.unwrap();
    let said: Vec<(DocumentKind, i64, Credits)> = written
        .iter()
        .map(|one| (one.content.kind, one.content.total_minor, one.content.credits))
        .collect();
    let quarter: Credits = "12.5".parse().unwrap();
    assert_eq!(
        said,
        [
            (DocumentKind::Invoice, price, office.till.pack(0).credits),
            (DocumentKind::CreditNote, -price / 4, quarter.checked_neg().unwrap()),
            (DocumentKind::Correction, price / 4, quarter),
        ]
    );
    office.till.must_verify().await;
}

async fn a_purchase_that_is_not_credited_has_no_document(database: TestDatabase) {
    let office = Office::open(database).await;
    let credited = office.credited(1, false).await;
    for status in PurchaseStatus::ALL.into_iter().filter(|one| *one != PurchaseStatus::Credited) {
        let purchase = Purchase { status, ..credited.clone() };
        assert_eq!(office.documents.issue(&purchase, office.till.now()).await.unwrap(), None);
        assert_eq!(office.refund(&purchase, 10, 1).await, None, "{status}");
    }
}

async fn test_money_and_real_money_have_series_of_their_own(database: TestDatabase) {
    let office = Office::open(database).await;
    let mut numbers = Vec::new();
    for (number, livemode) in [false, true, false, true].into_iter().enumerate() {
        numbers.push(office.issue(&office.credited(number, livemode).await).await);
    }
    let expected =
        ["TEST-NORT-2026-000001", "NORT-2026-000001", "TEST-NORT-2026-000002", "NORT-2026-000002"];
    assert_eq!(numbers, expected);
    assert!(!office.read("NORT-2026-000001").await.content.test);
    let stranger = OrganisationId::parse("org_southwind").unwrap();
    assert_eq!(office.documents.find(&stranger, "NORT-2026-000001").await.unwrap(), None);
}
