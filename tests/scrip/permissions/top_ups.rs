//! A saved card, an automatic purchase that waits for its owner, and a notice, for the tables' fields.

use crate::support::premises::Premises;
use scrip::backend::payments::TaxMode;
use scrip::backend::store::alert::{Audience, NewAlert};
use scrip::backend::store::purchase::{Purchase, PurchaseKind, PurchaseStatus};
use scrip::backend::store::saved_card::{Account, Consent, SavedCard};
use scrip::backend::store::top_up::{self, NewTopUp};
use scrip::backend::store::{alert, auto_top_up, saved_card, user};
use scrip::ledger::{PurchaseId, UserId};
use scrip::model::alerts::AlertKind;

const FINGERPRINT: &str = "a-mark";

fn account(premises: &Premises) -> Account {
    Account {
        organisation: premises.northwind.clone(),
        provider: "sandbox".into(),
        livemode: false,
    }
}

async fn ada(premises: &Premises) -> UserId {
    let found = user::find_by_email(&premises.backend.db, "ada@northwind.test").await;
    found.unwrap().expect("ada is there").id
}

/// Makes sure that a card is saved; how often auto top-up was changed.
pub async fn card_and_version(premises: &Premises) -> String {
    let (db, account) = (&premises.backend.db, account(premises));
    if saved_card::find_consent(db, "consent_stage").await.unwrap().is_none() {
        let consent = Consent {
            account: account.clone(),
            id: "consent_stage".into(),
            user: ada(premises).await,
            wording: "I agree.".into(),
            given_at: premises.backend.now(),
            customer_ref: "cus_stage".into(),
            page_ref: None,
            method_ref: None,
        };
        saved_card::insert_consent(db, &consent).await.unwrap();
    }
    let card = SavedCard {
        account: account.clone(),
        method_ref: "pm_stage".into(),
        customer_ref: "cus_stage".into(),
        brand: "visa".into(),
        last_four: "4242".into(),
        expires_month: 12,
        expires_year: 2034,
        fingerprint: FINGERPRINT.into(),
        consent: "consent_stage".into(),
        saved_at: premises.backend.now(),
    };
    saved_card::put(db, &card).await.unwrap();
    let set = auto_top_up::find(db, &account).await.unwrap();
    set.map_or(0, |set| set.version).to_string()
}

/// An automatic purchase that the bank wants its owner to confirm.
pub async fn waiting_for_its_owner(premises: &Premises) -> String {
    let (db, now) = (&premises.backend.db, premises.backend.now());
    let pack = &premises.backend.catalogue.packs[0];
    let purchase = Purchase {
        organisation: premises.northwind.clone(),
        id: PurchaseId::parse("pur_stage").unwrap(),
        kind: PurchaseKind::TopUp,
        paid_lot: None,
        invoice_ref: None,
        user: ada(premises).await,
        pack: pack.code.clone(),
        pack_name: pack.name.clone(),
        credits: pack.credits,
        price: pack.price,
        tax_mode: TaxMode::Off,
        tax_minor: 0,
        valid_months: None,
        livemode: false,
        provider: "sandbox".into(),
        status: PurchaseStatus::Created,
        form_key: Some("top-up:stage".into()),
        session_ref: None,
        payment_ref: None,
        checkout_url: None,
        attempt: 1,
        created_at: now,
        updated_at: now,
        expires_at: now.plus(scrip::backend::payments::top_up::OWNER_HAS),
        paid_at: None,
        note: None,
    };
    let attempt = NewTopUp {
        account: account(premises),
        number: 1,
        customer_ref: "cus_stage".into(),
        method_ref: "pm_stage".into(),
        fingerprint: "another-mark".into(),
    };
    assert!(top_up::begin(db, &attempt, &purchase, now).await.unwrap());
    let attempt = top_up::find(db, &premises.northwind, &purchase.id).await.unwrap().unwrap();
    top_up::note_owner(db, &attempt, now).await.unwrap();
    // The provider calls this payment off when its owner comes.
    let customer = premises.provider_post("/v1/customers", &[("name", "Northwind")]).await;
    let customer = customer["id"].as_str().unwrap();
    let path = "/v1/payment_methods/pm_card_authenticationRequired/attach";
    let card = premises.provider_post(path, &[("customer", customer)]).await;
    let fields = [
        ("amount", "6000"),
        ("currency", "usd"),
        ("customer", customer),
        ("payment_method", card["id"].as_str().unwrap()),
        ("confirm", "true"),
        ("off_session", "true"),
        ("metadata[purchase_id]", purchase.id.as_str()),
    ];
    let refused = premises.provider_post("/v1/payment_intents", &fields).await;
    let payment = refused["error"]["payment_intent"]["id"].as_str().expect("it asks for its owner");
    top_up::note_payment(db, &attempt, payment).await.unwrap();
    purchase.id.to_string()
}

/// Something that everyone in Northwind is told.
pub async fn notice(premises: &Premises) -> String {
    let (db, now) = (&premises.backend.db, premises.backend.now());
    let told = NewAlert {
        organisation: premises.northwind.clone(),
        id: "alert_stage".into(),
        key: "stage".into(),
        kind: AlertKind::CreditsLow,
        topic: "stage".into(),
        watch: String::new(),
        audience: Audience::Everyone,
        title: "A word".into(),
        detail: "Northwind should know.".into(),
        cure: None,
        created_at: now,
        shown_until: None,
        quiet: false,
        in_app: true,
        letter: None,
    };
    assert_eq!(alert::write(db, None, &[told]).await.unwrap(), Some(1));
    "alert_stage".into()
}
