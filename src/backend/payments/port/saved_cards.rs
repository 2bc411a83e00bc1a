//! Saved cards in Scrip's own words: keeping one with its owner's consent, reading it, taking it away,
//! and charging it while its owner is not there.

use async_trait::async_trait;

use super::{CheckoutOpened, ProviderError};

/// A page on which a card is kept and nothing is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPageDraft {
    /// Our record of the consent; the provider hands it back with everything it reports.
    pub consent: String,
    /// The organisation's customer at the provider.
    pub customer: String,
    /// ISO-4217 code, in any case: which cards the page may take depends on it.
    pub currency: String,
    /// What the owner agrees to, as the page shows it beside its button.
    pub wording: String,
    /// Where the browser comes back after the card was kept.
    pub success_url: String,
    /// Where it comes back without.
    pub cancel_url: String,
}

/// A card as people and rules know it. Never its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFacts {
    /// The provider's name for it.
    pub method_ref: String,
    /// Whose it is at the provider; `None` once it was taken away.
    pub customer: Option<String>,
    /// "visa".
    pub brand: String,
    /// The last four digits.
    pub last_four: String,
    /// 1 to 12: it is good to the end of that month.
    pub expires_month: i64,
    /// Four digits.
    pub expires_year: i64,
    /// The same for the same number, however often it is saved.
    pub fingerprint: String,
}

/// What became of a page on which a card was to be kept, read afresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardPageFacts {
    /// Our record of the consent, as we named it when the page was opened.
    pub consent: Option<String>,
    /// Real money, or a test.
    pub livemode: bool,
    /// The card, once it is kept.
    pub card: Option<CardFacts>,
}

/// What is charged without the card's owner. The same draft gives the same request, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCharge {
    /// Our purchase.
    pub purchase: String,
    /// Whose card it is.
    pub customer: String,
    /// Which card.
    pub method_ref: String,
    /// What is to be paid, in minor units.
    pub amount_minor: i64,
    /// ISO-4217 code, in any case.
    pub currency: String,
    /// What the provider's dashboard calls it.
    pub description: String,
}

/// Where a payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeState {
    /// The money is there.
    Succeeded,
    /// The bank will say later.
    Processing,
    /// The bank wants to see the card's owner first.
    NeedsOwner,
    /// The bank refused, for the reason of this code.
    Declined {
        /// The provider's code; the most telling one it gives.
        code: String,
    },
    /// It was called off and will never be paid.
    Canceled,
    /// A word we don't know: nothing follows from it.
    Unknown,
}

/// Everything that the provider says about one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeFacts {
    /// The provider's name for it; absent where it refused before there was one.
    pub payment_ref: Option<String>,
    /// Where it stands.
    pub state: ChargeState,
    /// In minor units of `currency`.
    pub amount_minor: Option<i64>,
    /// ISO-4217 code in lower case.
    pub currency: Option<String>,
    /// Real money, or a test; absent where there is no payment.
    pub livemode: Option<bool>,
    /// The purchase that its metadata names.
    pub purchase: Option<String>,
}

/// What a provider can do with saved cards.
#[async_trait]
pub trait SavedCards: Send + Sync {
    /// Opens a page that keeps a card; the same key gives the same page.
    async fn create_card_page(
        &self,
        draft: &CardPageDraft,
        key: &str,
    ) -> Result<CheckoutOpened, ProviderError>;

    /// Reads such a page afresh.
    async fn fetch_card_page(&self, session_ref: &str) -> Result<CardPageFacts, ProviderError>;

    /// Reads a card afresh; `None` where the provider has none of this name.
    async fn fetch_card(&self, method_ref: &str) -> Result<Option<CardFacts>, ProviderError>;

    /// Takes a card away from its customer.
    async fn detach_card(&self, method_ref: &str, key: &str) -> Result<(), ProviderError>;

    /// Charges a card without its owner; the same key charges once. A refusal is an answer, no error.
    async fn charge_saved(
        &self,
        charge: &SavedCharge,
        key: &str,
    ) -> Result<ChargeFacts, ProviderError>;

    /// Reads a payment afresh.
    async fn fetch_payment(&self, payment_ref: &str) -> Result<ChargeFacts, ProviderError>;

    /// The payment of a customer that names this purchase, among those made since `since_seconds`
    /// (Unix): for a charge whose key the provider may have forgotten.
    async fn find_payment(
        &self,
        customer: &str,
        purchase: &str,
        since_seconds: i64,
    ) -> Result<Option<ChargeFacts>, ProviderError>;

    /// Calls off a payment that has not been made.
    async fn cancel_payment(
        &self,
        payment_ref: &str,
        key: &str,
    ) -> Result<ChargeFacts, ProviderError>;
}
