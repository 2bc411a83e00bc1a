//! What an installation sells and what its work costs: nouns, annual package, packs, plans, operations,
//! spending order, thresholds, and the quote that follows from them.
//!
//! Pure: no IO, no clock, no floats. The browser quotes with the server's own code, because both
//! compile this module; a catalogue reaches the browser as JSON. Only [`parse`] (server) knows TOML.
//! It never decides whether a quote may be afforded: that is the ledger's.
//!
//! To add a term: a field in the type it belongs to, its line in [`parse`]'s file types, its rule in
//! [`check`], and a line in `catalogues/*.toml`.

pub mod check;
pub mod diff;
pub mod nouns;
pub mod operation;
pub mod own_amount;
pub mod pack;
#[cfg(feature = "ssr")]
pub mod parse;
#[cfg(feature = "ssr")]
mod place;
pub mod plan;
pub mod price;
pub mod programme;
pub mod quote;
pub mod rate;
pub mod spending;
pub mod thresholds;

use serde::{Deserialize, Serialize};

pub use nouns::{Noun, Nouns};
pub use operation::{AssetKind, AtZero, Operation};
pub use own_amount::{OWN_AMOUNT_CODE, OwnAmount, OwnAmountRefusal};
pub use pack::{AnnualPackage, Pack, PricePerCredit, Validity};
pub use plan::{Plan, Sale};
pub use quote::{AnalysisRequest, Quote, QuoteLine, QuoteRefusal, quote};
pub use rate::{QuoteRequest, RateCard, RateQuote, quote_operation};
pub use spending::{Priorities, Spending};
pub use thresholds::Thresholds;

use crate::ledger::{Credits, Currency};

/// Everything that makes one binary behave like one product. Checked when it is made by [`parse`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Stable short name, as in the file's name: `ad-compliance`.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// The currency of every price in this catalogue.
    pub currency: Currency,
    /// The words shown for credits, reports and the rest.
    pub nouns: Nouns,
    /// The yearly package, where this catalogue sells one.
    pub annual_package: Option<AnnualPackage>,
    /// Packs for sale, smallest first.
    pub packs: Vec<Pack>,
    /// Plans, in the order of the file.
    #[serde(default)]
    pub plans: Vec<Plan>,
    /// What may be run and what it costs.
    pub operations: Vec<Operation>,
    /// What holds for all of them, and what is free.
    #[serde(default)]
    pub rate_card: RateCard,
    /// Which credits are spent first.
    pub spending: Spending,
    /// When people are warned.
    pub thresholds: Thresholds,
    /// The smallest number of credits that one purchase may contain.
    pub minimum_purchase: Credits,
    /// An own number of credits, where that is sold beside the packs.
    pub own_amount: Option<OwnAmount>,
    /// Free credits for every new organisation.
    #[serde(default)]
    pub trial: Option<programme::Trial>,
    /// What two organisations get when one brings the other.
    #[serde(default)]
    pub referral: Option<programme::Referral>,
}

/// The code of the operation that the built-in analysis spends credits on.
pub const ANALYSIS_OPERATION: &str = "analysis";

impl Catalogue {
    /// The operation with this code, if the rate card has it.
    pub fn operation(&self, code: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.code == code)
    }

    /// The name of an operation or of something free, if the rate card has it.
    pub fn operation_name(&self, code: &str) -> Option<&str> {
        let free = || self.rate_card.free.iter().find(|free| free.code == code);
        let name = self.operation(code).map(|operation| operation.name.as_str());
        name.or_else(|| free().map(|free| free.name.as_str()))
    }

    /// The pack with this code, if it is for sale.
    pub fn pack(&self, code: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.code == code)
    }

    /// The plan with this code, if it is offered.
    pub fn plan(&self, code: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.code == code)
    }

    /// The plan that everyone has who has no other.
    pub fn free_plan(&self) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.is_free())
    }

    /// The pack with the fewest credits: what savings are measured against.
    pub fn smallest_pack(&self) -> Option<&Pack> {
        self.packs.iter().min_by_key(|pack| pack.credits)
    }

    /// What `pack` saves per credit against the smallest pack, in hundredths of a percent, rounded
    /// down so that it never claims more than is true. `None` for the smallest pack itself and for
    /// one that saves nothing.
    pub fn saving_basis_points(&self, pack: &Pack) -> Option<u32> {
        let smallest = self.smallest_pack()?;
        pack.price_per_credit().saving_basis_points(smallest.price_per_credit())
    }
}
