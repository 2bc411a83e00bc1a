//! Taxes on paper, on the page and in the files: the same lines, the same totals.

use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::Visitor;
use scrip::backend::documents::layout::{self, Part};
use scrip::backend::documents::pdf;
use scrip::backend::documents::typeface::Typeface;
use scrip::backend::payments::{TaxMode, Why};
use scrip::backend::step::Step;
use scrip::ledger::PurchaseId;
use scrip::model::document::DocumentView;

crate::on_both_databases!(
    a_receipt_its_file_the_list_and_its_export_say_the_same_tax,
    a_receipt_of_a_price_that_contains_its_tax_adds_up,
    the_list_says_the_tax_before_there_is_a_document,
    what_goes_back_takes_its_tax_along_and_all_of_it_in_the_end,
    pages_say_before_paying_what_prices_say_about_taxes,
    details_are_saved_while_the_provider_is_down_and_its_no_is_told_on_their_form,
);

/// Buys the first pack and pays from Germany; the purchase's id.
async fn bought(premises: &Premises, admin: &Visitor) -> PurchaseId {
    let id = PurchaseId::parse(&premises.purchase_of(admin, "form-1").await).unwrap();
    let payments = &premises.backend.payments;
    let session = payments.purchase(&premises.northwind, &id).await.unwrap().session_ref.unwrap();
    let fields =
        [("card", "4242424242424242"), ("country", "DE"), ("line1", "Kai 1"), ("city", "Hamburg")];
    premises.provider_does(&format!("/control/sessions/{session}/pay"), &fields).await;
    payments.settle(&premises.northwind, &id, Why::Webhook, premises.backend.now()).await.unwrap();
    id
}

async fn documents(premises: &Premises, id: &PurchaseId) -> Vec<DocumentView> {
    let bought = premises.backend.payments.purchase(&premises.northwind, id).await.unwrap();
    premises.backend.documents.issue_all(&bought, premises.backend.now()).await.unwrap();
    let db = &premises.backend.db;
    let all = scrip::backend::store::billing_document::of_purchase(db, &premises.northwind, id);
    all.await
        .unwrap()
        .into_iter()
        .map(|one| DocumentView { number: one.number, content: one.content })
        .collect()
}

fn printed(document: &DocumentView) -> String {
    let pages = layout::pages(document, &Typeface::load().unwrap());
    let texts = pages.iter().flat_map(|page| &page.texts);
    let texts = texts.filter(|line| line.part != Part::Furniture);
    texts.map(|line| line.text.as_str()).collect::<Vec<_>>().join(" | ")
}

async fn a_receipt_its_file_the_list_and_its_export_say_the_same_tax(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    premises.tax(TaxMode::Exclusive);
    let admin = premises.admin().await;
    let id = bought(&premises, &admin).await;
    let list = admin.get("/credits/billing").await;
    let row = list.texts("[data-testid=payment-row]").join(" ");
    assert!(row.contains("$71.40") && row.contains("$11.40"), "{row}");

    let receipt = documents(&premises, &id).await.remove(0);
    let sums: Vec<_> = receipt.sheet().sums;
    let sum = |label: &str, amount: &str| (label.to_owned(), amount.to_owned());
    assert_eq!(
        sums,
        [sum("Without tax", "$60.00"), sum("VAT 19 %", "$11.40"), sum("Total paid", "$71.40")]
    );
    let page = admin.get(&format!("/credits/documents/{}", receipt.number)).await;
    let paper = page.texts("[data-testid=paper]").join(" ");
    let file = printed(&receipt);
    for words in ["$60.00", "VAT 19 %", "$11.40", "$71.40"] {
        assert!(paper.contains(words) && file.contains(words), "{words}: {paper} / {file}");
    }
    assert!(pdf::write(&receipt).is_ok());
    let csv = admin.get("/credits/billing/export/csv").await;
    let line = csv.text.lines().find(|line| line.contains(id.as_str())).expect("its line");
    assert!(line.contains("71.40") && line.contains("11.40"), "{line}");
    let payment = admin.get(&format!("/credits/return/{id}")).await;
    assert_eq!(payment.texts("[data-testid=tax-within]"), ["$11.40"]);
}

async fn a_receipt_of_a_price_that_contains_its_tax_adds_up(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    premises.tax(TaxMode::Inclusive);
    let admin = premises.admin().await;
    let id = bought(&premises, &admin).await;
    let receipt = documents(&premises, &id).await.remove(0);
    let amounts: Vec<String> = receipt.sheet().sums.into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(amounts, ["$50.42", "$9.58", "$60.00"]);
}

async fn the_list_says_the_tax_before_there_is_a_document(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    premises.tax(TaxMode::Exclusive);
    let admin = premises.admin().await;
    let id = bought(&premises, &admin).await;
    // Nobody can ask the provider for the document's tax lines.
    premises.cut_off();
    let admin = premises.admin().await;
    let list = admin.get("/credits/billing").await;
    let row = list.texts("[data-testid=payment-row]").join(" ");
    assert!(!row.contains("TEST-NORT"), "{row}");
    assert!(row.contains("$71.40") && row.contains("$11.40"), "{row}");
    let csv = admin.get("/credits/billing/export/csv").await;
    let line = csv.text.lines().find(|line| line.contains(id.as_str())).expect("its line");
    assert!(line.contains("71.40") && line.contains("11.40"), "{line}");
}

async fn what_goes_back_takes_its_tax_along_and_all_of_it_in_the_end(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    premises.tax(TaxMode::Exclusive);
    let admin = premises.admin().await;
    let id = bought(&premises, &admin).await;
    let payments = premises.backend.payments.clone();
    let payment = payments.purchase(&premises.northwind, &id).await.unwrap().payment_ref.unwrap();
    for amount in ["2380", "1", "4759"] {
        let fields = [("payment_intent", payment.as_str()), ("amount", amount)];
        premises.provider_does("/v1/refunds", &fields).await;
        let now = premises.backend.now();
        payments.settle(&premises.northwind, &id, Why::MoneyBack, now).await.unwrap();
        documents(&premises, &id).await;
    }
    let all = documents(&premises, &id).await;
    assert_eq!(all.len(), 4, "the receipt and three credit notes");
    let total = |of: fn(&DocumentView) -> i64| all.iter().map(of).sum::<i64>();
    assert_eq!(total(|one| one.content.total_minor), 0);
    assert_eq!(total(|one| one.content.tax_minor()), 0);
    assert_eq!(all[1].content.taxes[0].minor, -380, "19 % of what went back first");
    assert_eq!(total(|one| one.content.credits.micro()), 0);
    let row = admin.get("/credits/billing").await.texts("[data-testid=payment-row]").join(" ");
    assert!(row.contains("Refunded") && !row.contains("Partly"), "{row}");
}

async fn pages_say_before_paying_what_prices_say_about_taxes(database: TestDatabase) {
    let mut premises = Premises::open(database).await;
    for (mode, words, plus) in [
        (TaxMode::Off, "nothing is added", false),
        (TaxMode::Exclusive, "without tax", true),
        (TaxMode::Inclusive, "contain the tax", false),
    ] {
        premises.tax(mode);
        let admin = premises.admin().await;
        let buy = admin.get("/credits/buy").await;
        let said = buy.texts("[data-testid=price-tax]").join(" ");
        assert!(said.contains(words), "{mode}: {said}");
        assert_eq!(buy.says().contains("plus tax"), plus, "{mode}");
        let plans = admin.get("/credits/subscription").await;
        assert_eq!(plans.says().contains("plus tax"), plus, "{mode}");
        let top_up = admin.get("/settings/billing").await;
        let refused = !top_up.texts("[data-testid=top-up-not-offered]").is_empty();
        assert_eq!(refused, plus, "{mode}");
        assert_eq!(top_up.texts("form[action*=auto-top-up]").is_empty(), plus, "{mode}");
    }
}

async fn details_are_saved_while_the_provider_is_down_and_its_no_is_told_on_their_form(
    database: TestDatabase,
) {
    let mut premises = Premises::open(database).await;
    let admin = premises.admin().await;
    premises.purchase_of(&admin, "form-1").await;
    let answering = premises.backend.payments.clone();
    premises.cut_off();
    let admin = premises.admin().await;
    let fields = [
        ("version", "0"),
        ("name", "Nordwind GmbH"),
        ("email", ""),
        ("line1", "Kai 1"),
        ("line2", ""),
        ("postcode", ""),
        ("city", "Hamburg"),
        ("country", "DE"),
        ("tax_id", "DE-"),
    ];
    let saved = admin.post_form("/settings/billing", "save_billing_details", &fields).await;
    assert_eq!(saved.code(), 303, "{}", saved.says());
    let page = admin.get("/settings/billing").await;
    assert!(page.texts("[data-testid=details-problem]").is_empty());
    while answering.mirror_step(premises.backend.now()).await.unwrap() == Step::Done {}
    let page = admin.get("/settings/billing").await;
    let told = page.texts("[data-testid=details-problem]").join(" ");
    assert!(told.contains("eu_vat") && told.contains("did not take"), "{told}");
}
