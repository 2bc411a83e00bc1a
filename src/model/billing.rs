//! Buying credits as the pages show it: the packs for sale, one purchase, the purchases so far.

use serde::{Deserialize, Serialize};

use crate::catalogue::OwnAmount;
use crate::ledger::{Credits, Money};
use crate::model::Moment;

/// A pack for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackOffer {
    /// Its code, which the form sends.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The line under the name.
    pub tagline: Option<String>,
    /// What the buyer gets.
    pub credits: Credits,
    /// What the buyer pays.
    pub price: Money,
    /// The price of one credit: "$0.091".
    pub credit_price: String,
    /// What it saves per credit against the smallest pack: "8.3 %"; `None` for nothing.
    pub saving: Option<String>,
    /// "never expire", "valid for 12 months".
    pub validity: String,
    /// Whether it is the one that suits most.
    pub recommended: bool,
}

/// An own number of credits, where that is for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAmountOffer {
    /// The terms, by which the browser computes the price as the server does.
    pub terms: OwnAmount,
    /// The price of one credit: "$1.200".
    pub credit_price: String,
    /// "never expire", "valid for 12 months".
    pub validity: String,
    /// The number of credits as it was typed; empty where none was.
    pub typed: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// The smallest of `packs` that gives at least so many credits for less money.
pub fn cheaper_pack<'a>(
    packs: &'a [PackOffer],
    credits: Credits,
    price: &Money,
) -> Option<&'a PackOffer> {
    packs.iter().find(|pack| pack.credits >= credits && pack.price.minor < price.minor)
}

/// The page *Buy credits*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuyView {
    /// The packs, the smallest first.
    pub packs: Vec<PackOffer>,
    /// An own number of credits beside them.
    pub own_amount: Option<OwnAmountOffer>,
    /// The code of the pack that is chosen when the page opens.
    pub chosen: Option<String>,
    /// The purchase that the buyer came back from without paying.
    pub cancelled: Option<PurchaseView>,
    /// The form's key: the same form posted twice buys once.
    pub form_key: String,
    /// Whether no real money moves.
    pub test: bool,
}

/// Where a purchase stands, as the return page tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseState {
    /// The provider has not answered yet.
    Confirming,
    /// The credits are in the ledger.
    Credited,
    /// The buyer is through, the bank is not.
    AwaitingBank,
    /// Not paid: failed, cancelled, or the payment page is still open.
    NotPaid,
    /// Nobody can say right now, or someone must look.
    Unknown,
}

impl PurchaseState {
    /// Whether the page may change by itself.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            PurchaseState::Confirming | PurchaseState::AwaitingBank | PurchaseState::Unknown
        )
    }
}

/// One purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseView {
    /// Its id: the reference to quote.
    pub id: String,
    /// The pack's code.
    pub pack: String,
    /// The pack's name when it was bought.
    pub pack_name: String,
    /// What was bought.
    pub credits: Credits,
    /// What it costs.
    pub price: Money,
    /// Where it stands.
    pub state: PurchaseState,
    /// The state in two or three words, for a list.
    pub status: String,
    /// What that means and what happens next, as sentences.
    pub explanation: String,
    /// Where to pay, while the payment page is open.
    pub pay_at: Option<String>,
    /// When it was begun.
    pub begun: Moment,
    /// When the money was there; only with the credits in the ledger.
    pub credited: Option<Moment>,
    /// The provider's reference of the payment, for support.
    pub payment_reference: Option<String>,
    /// Whether no real money moved.
    pub test: bool,
}
