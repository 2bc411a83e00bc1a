//! Buying credits as the pages show it: the packs for sale, one purchase, the purchases so far.

use serde::{Deserialize, Serialize};

use crate::catalogue::OwnAmount;
use crate::ledger::{Credits, Money};
use crate::model::Moment;

/// What the prices shown say about taxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceTax {
    /// Nobody reckons any.
    #[default]
    None,
    /// It comes on top of them.
    OnTop,
    /// They contain it.
    Within,
}

impl PriceTax {
    /// What somebody about to pay is to know.
    pub const fn sentence(self) -> &'static str {
        match self {
            PriceTax::None => "Prices are what you pay; nothing is added.",
            PriceTax::OnTop => {
                "Prices are without tax. The payment page adds it by your country and tax id, before you pay."
            }
            PriceTax::Within => {
                "Prices contain the tax of your country: they are what you pay, and the receipt shows it."
            }
        }
    }

    /// What stands beside a price; nothing where it is what one pays.
    pub const fn beside_a_price(self) -> Option<&'static str> {
        match self {
            PriceTax::OnTop => Some("plus tax"),
            PriceTax::None | PriceTax::Within => None,
        }
    }
}

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
    /// What the prices say about taxes.
    pub tax: PriceTax,
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
    /// Looked into and closed by whoever runs the installation.
    Closed,
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
    /// What it costs, with every tax that has been reckoned.
    pub price: Money,
    /// The tax within that, where there is any.
    pub tax: Option<Money>,
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
    /// What came back of it; only where one purchase is shown.
    pub back: Option<MoneyBack>,
    /// Whether no real money moved.
    pub test: bool,
}

/// What came back of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyBack {
    /// All refunds that went through.
    pub refunded: Money,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// The credits that were taken out for refunds and disputes, and not given back.
    pub taken: Credits,
    /// The credits that may not be spent until a dispute ends.
    pub frozen: Credits,
    /// What of the credits taken had been spent and no later credits have paid yet.
    pub owed: Credits,
    /// What happened, the first thing first.
    pub lines: Vec<MoneyBackLine>,
    /// The disputes, the oldest first.
    pub disputes: Vec<DisputeLine>,
}

/// One thing that happened to a purchase's money and credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyBackLine {
    /// What happened, as a sentence without its end.
    pub what: String,
    /// Negative where credits went.
    pub credits: Credits,
    /// When we learned of it.
    pub at: Moment,
    /// Who of the staff did it; none where it happened at the provider.
    pub by: Option<String>,
    /// Why they did it.
    pub reason: Option<String>,
    /// The ledger's transaction.
    pub transaction: Option<u64>,
}

/// One dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeLine {
    /// The provider's name for it.
    pub reference: String,
    /// What is disputed.
    pub amount: Money,
    /// How it stands, in two or three words.
    pub state: String,
    /// What that means for the credits, as sentences.
    pub explanation: String,
    /// Whether it is decided.
    pub is_over: bool,
    /// When it began.
    pub opened: Moment,
}
