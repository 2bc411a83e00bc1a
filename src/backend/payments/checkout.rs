//! From the press of the button to the provider's payment page.
//!
//! The purchase is written with its terms frozen *before* the provider hears of it. The provider's
//! page is asked for under a key made of the purchase, so that whatever is cut short here (a timeout, a
//! `kill -9` between the provider's answer and our note of it) finds the same page again.

use std::time::Duration;

use super::port::{CheckoutDraft, ProviderError};
use super::{PaymentError, Payments};
use crate::backend::id;
use crate::backend::store::billing_customer;
use crate::backend::store::purchase::{self, Purchase, PurchaseKind, PurchaseStatus};
use crate::catalogue::OWN_AMOUNT_CODE;
use crate::catalogue::pack::{Pack, Validity};
use crate::ledger::time::{HOUR, MINUTE, SECOND};
use crate::ledger::{OrganisationId, PurchaseId, Timestamp, UserId};
use crate::model::format::credits_phrase;

/// How long a payment page stays open. Stripe allows 30 minutes to 24 hours.
pub const CHECKOUT_OPEN_FOR: i64 = 45 * MINUTE;
/// A payment page that would close sooner than this is not asked for: Stripe would refuse.
const SHORTEST_OPENING: i64 = 31 * MINUTE;
/// How long a page of ours waits for the payment page to be opened.
pub const OPENING_LIMIT: Duration = Duration::from_millis(4_800);
/// Purchases that one organisation may begin within [`BEGUN_WINDOW`].
pub const MAXIMUM_BEGUN: i64 = 30;
/// The window of [`MAXIMUM_BEGUN`].
pub const BEGUN_WINDOW: i64 = HOUR;
/// A purchase is looked at by the sweep when it is older than this.
pub const FIRST_CHECK_AFTER: i64 = 2 * MINUTE;
/// Where a top-up that is not paid in the end leads back to.
const TOP_UP_PAGE: &str = "/settings/billing#auto-top-up";

/// Who buys what, from which form.
#[derive(Clone, Copy, Debug)]
pub struct StartPurchase<'a> {
    /// Whose pool the credits go to, and who pays.
    pub organisation: &'a OrganisationId,
    /// The organisation's name, as the provider's dashboard shows it.
    pub organisation_name: &'a str,
    /// Who presses the button.
    pub user: &'a UserId,
    /// What is bought; its terms are frozen now.
    pub pack: &'a Pack,
    /// The hidden key of the form: the same form for the same pack is one purchase.
    pub form_key: &'a str,
    /// Where this site is reached, without a slash at its end.
    pub base_url: &'a str,
}

/// Who pays, and where their page leads back to.
#[derive(Clone, Copy, Debug)]
pub struct Payer<'a> {
    /// Who pays.
    pub organisation: &'a OrganisationId,
    /// The organisation's name, as the provider's dashboard shows it.
    pub organisation_name: &'a str,
    /// Where this site is reached, without a slash at its end.
    pub base_url: &'a str,
}

impl<'a> Payer<'a> {
    fn of(request: &StartPurchase<'a>) -> Self {
        let StartPurchase { organisation, organisation_name, base_url, .. } = *request;
        Payer { organisation, organisation_name, base_url }
    }
}

/// Where the buyer goes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// To the provider's payment page.
    PayAt {
        /// The purchase.
        purchase: PurchaseId,
        /// The payment page.
        url: String,
    },
    /// To the return page: this very form has been paid, or its page has closed.
    AlreadyThere {
        /// The purchase.
        purchase: PurchaseId,
    },
}

impl Payments {
    /// Writes a purchase and opens its payment page, or finds both when the form is posted again.
    ///
    /// # Errors
    /// The provider or the database gave no answer; the purchase stays and the same form may be posted
    /// again.
    pub async fn start_purchase(
        &self,
        request: StartPurchase<'_>,
        now: Timestamp,
    ) -> Result<Started, PaymentError> {
        let opening = async {
            match self.open(request, now).await {
                // The customer is gone at the provider and forgotten here: once more with a new one.
                Err(PaymentError::Provider(error)) if error.is_missing() => {
                    self.open(request, now).await
                }
                other => other,
            }
        };
        tokio::time::timeout(OPENING_LIMIT, opening).await.map_err(|_| PaymentError::TooSlow)?
    }

    async fn open(
        &self,
        request: StartPurchase<'_>,
        now: Timestamp,
    ) -> Result<Started, PaymentError> {
        let purchase = self.find_or_write(request, now).await?;
        match (purchase.status, &purchase.checkout_url) {
            (PurchaseStatus::Created, _) => {
                let purchase = self.with_time_to_pay(purchase, now).await?;
                let payer = Payer::of(&request);
                self.open_page(&purchase, payer, now).await
            }
            (PurchaseStatus::Open, Some(url)) if now < purchase.expires_at => {
                Ok(Started::PayAt { purchase: purchase.id.clone(), url: url.clone() })
            }
            _ => Ok(Started::AlreadyThere { purchase: purchase.id }),
        }
    }

    /// The provider opens no page for less than half an hour: a form that is posted again later than
    /// that gets a page that closes later, under a key of its own.
    pub(super) async fn with_time_to_pay(
        &self,
        purchase: Purchase,
        now: Timestamp,
    ) -> Result<Purchase, PaymentError> {
        if purchase.expires_at.since(now) >= SHORTEST_OPENING {
            return Ok(purchase);
        }
        self.next_attempt(&purchase, now).await?;
        self.purchase(&purchase.organisation, &purchase.id).await
    }

    async fn next_attempt(&self, purchase: &Purchase, now: Timestamp) -> Result<(), PaymentError> {
        let (organisation, id, attempt) = (&purchase.organisation, &purchase.id, purchase.attempt);
        purchase::next_attempt(&self.db, organisation, id, attempt, now, closing_time(now)).await?;
        Ok(())
    }

    async fn find_or_write(
        &self,
        request: StartPurchase<'_>,
        now: Timestamp,
    ) -> Result<Purchase, PaymentError> {
        let form_key = form_key(request)?;
        let known = purchase::find_by_form(&self.db, request.organisation, &form_key).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let since = now.plus(-BEGUN_WINDOW);
        if purchase::count_since(&self.db, request.organisation, since).await? >= MAXIMUM_BEGUN {
            let sentence = "Your organisation has begun many purchases within the hour.";
            return Err(PaymentError::TooSoon { sentence, retry_after: 15 * 60 });
        }
        let fresh = self.freeze(request, form_key.clone(), now);
        if purchase::insert_once(&self.db, &fresh, now.plus(FIRST_CHECK_AFTER)).await? {
            return Ok(fresh);
        }
        // The same form came twice at the same time: the other one has written it.
        let known = purchase::find_by_form(&self.db, request.organisation, &form_key).await?;
        known.ok_or(PaymentError::NotFound)
    }

    fn freeze(&self, request: StartPurchase<'_>, form_key: String, now: Timestamp) -> Purchase {
        let pack = request.pack;
        Purchase {
            organisation: request.organisation.clone(),
            id: id::fresh(now, PurchaseId::from_uuid_simple),
            kind: kind_of(pack),
            paid_lot: None,
            invoice_ref: None,
            user: request.user.clone(),
            pack: pack.code.clone(),
            pack_name: pack.name.clone(),
            credits: pack.credits,
            price: pack.price,
            tax_mode: self.tax,
            tax_minor: 0,
            valid_months: match pack.validity {
                Validity::NeverExpires => None,
                Validity::Months(months) => Some(months),
            },
            livemode: self.livemode,
            provider: self.provider_name.to_owned(),
            status: PurchaseStatus::Created,
            form_key: Some(form_key),
            session_ref: None,
            payment_ref: None,
            checkout_url: None,
            attempt: 1,
            created_at: now,
            updated_at: now,
            expires_at: closing_time(now),
            paid_at: None,
            note: None,
        }
    }

    /// Opens the payment page of a purchase that has none yet.
    pub(super) async fn open_page(
        &self,
        purchase: &Purchase,
        payer: Payer<'_>,
        now: Timestamp,
    ) -> Result<Started, PaymentError> {
        let customer = self.customer(payer.organisation, payer.organisation_name, now).await?;
        let draft = draft(purchase, &customer, payer.base_url);
        let key = format!("purchase:{}:checkout:{}", purchase.id, purchase.attempt);
        let opened = match self.provider.create_checkout(&draft, &key).await {
            Ok(opened) => opened,
            Err(error) => {
                self.note_refusal(purchase, &customer, &error, now).await?;
                return Err(error.into());
            }
        };
        let (organisation, id) = (&purchase.organisation, &purchase.id);
        let url = opened.url.as_deref();
        let reference = &opened.session_ref;
        let is_ours =
            purchase::set_session(&self.db, organisation, id, reference, url, now).await?;
        self.tell(organisation, id);
        let purchase = id.clone();
        Ok(match opened.url {
            // Somebody else's try of the same purchase was first: only its page is watched, so nobody
            // is sent to this one. The purchase's own page leads on to the page that counts.
            Some(url) if is_ours => Started::PayAt { purchase, url },
            _ => Started::AlreadyThere { purchase },
        })
    }

    /// After a definite *no*, the next try needs a key of its own: the provider would repeat the *no*.
    /// A page it may have opened all the same can be paid by nobody, because nobody has its address.
    async fn note_refusal(
        &self,
        purchase: &Purchase,
        customer: &str,
        error: &ProviderError,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let organisation = &purchase.organisation;
        if error.is_missing() {
            let (provider, live) = (self.provider_name, self.livemode);
            billing_customer::delete(&self.db, organisation, provider, live, customer).await?;
        }
        let definite = matches!(
            error,
            ProviderError::InvalidRequest { .. }
                | ProviderError::Unavailable { answered: true, .. }
        );
        if definite {
            self.next_attempt(purchase, now).await?;
        }
        Ok(())
    }
}

/// In whole seconds, as the provider counts: it must hear the same instant at every try.
pub(super) fn closing_time(now: Timestamp) -> Timestamp {
    Timestamp(now.plus(CHECKOUT_OPEN_FOR).0 / SECOND * SECOND)
}

fn form_key(request: StartPurchase<'_>) -> Result<String, PaymentError> {
    let (given, pack) = (sound_form_key(request.form_key)?, request.pack);
    // Someone who comes back and chooses another pack on the same page buys something else.
    Ok(match kind_of(pack) {
        PurchaseKind::OwnAmount => format!("{given}:{}:{}", pack.code, pack.credits),
        _ => format!("{given}:{}", pack.code),
    })
}

fn kind_of(pack: &Pack) -> PurchaseKind {
    match pack.code.as_str() {
        OWN_AMOUNT_CODE => PurchaseKind::OwnAmount,
        _ => PurchaseKind::Pack,
    }
}

/// The hidden key of a form, if it may be one.
pub(super) fn sound_form_key(given: &str) -> Result<&str, PaymentError> {
    id::sound_form_key(given).ok_or(PaymentError::BadFormKey)
}

fn draft(purchase: &Purchase, customer: &str, base_url: &str) -> CheckoutDraft {
    let id = &purchase.id;
    CheckoutDraft {
        purchase: id.to_string(),
        customer: customer.to_owned(),
        product: format!("{}: {}", purchase.pack_name, credits_phrase(purchase.credits)),
        description: validity_sentence(purchase.valid_months),
        amount_minor: purchase.price.minor,
        currency: purchase.price.currency.to_string(),
        tax: purchase.tax_mode,
        success_url: format!("{base_url}/credits/return/{id}"),
        cancel_url: match purchase.kind {
            PurchaseKind::TopUp => format!("{base_url}{TOP_UP_PAGE}"),
            _ => format!("{base_url}/credits/buy?pack={}&cancelled={id}", purchase.pack),
        },
        expires_at_seconds: purchase.expires_at.0 / SECOND,
    }
}

/// How long the credits may be spent, as a sentence.
pub(in crate::backend) fn validity_sentence(months: Option<u16>) -> String {
    match months {
        None => "The credits never expire.".to_owned(),
        Some(1) => "The credits are valid for 1 month.".to_owned(),
        Some(months) => format!("The credits are valid for {months} months."),
    }
}
