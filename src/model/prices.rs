//! The rate card's pages, and a *no* of the rate card as a problem.

use serde::{Deserialize, Serialize};

use crate::catalogue::rate::FreeOperation;
use crate::catalogue::rate::Rounding;
use crate::catalogue::{Operation, QuoteRefusal};
use crate::ledger::Credits;
use crate::model::problem::FieldProblem;
use crate::model::{Moment, Problem};

/// The page *Prices*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricesView {
    /// The name of the catalogue in force.
    pub catalogue: String,
    /// Everything that is charged, in the order of the card.
    pub operations: Vec<PricedOperation>,
    /// What costs nothing.
    pub free: Vec<FreeOperation>,
    /// To what each line of a price is rounded.
    pub rounding: Rounding,
}

/// One operation with what is known of its runs here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricedOperation {
    /// As it stands on the card.
    pub operation: Operation,
    /// What the organisation's own runs came to, where there were enough.
    pub learned: Option<Learned>,
}

/// What runs of an operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// How many runs it was learned from.
    pub runs: usize,
    /// The cheapest.
    pub least: Credits,
    /// Half of the runs came to no more.
    pub median: Credits,
    /// Nine of ten runs came to no more.
    pub usual: Credits,
    /// The dearest.
    pub most: Credits,
}

/// The page *Quoted and charged*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotedView {
    /// The newest runs that had a quote, the newest first.
    pub rows: Vec<QuotedRow>,
    /// Where the next page begins, when there is one.
    pub next: Option<i64>,
    /// Whether this is not the first page.
    pub is_later_page: bool,
    /// Of the runs on this page: how many stayed within their quote.
    pub within: usize,
}

/// A run against its quote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotedRow {
    /// Its transaction.
    pub sequence: i64,
    /// The operation's name.
    pub name: String,
    /// The least and the most that were quoted.
    pub quoted: (Credits, Credits),
    /// What was charged.
    pub charged: Credits,
    /// When.
    pub at: Moment,
}

impl From<&QuoteRefusal> for Problem {
    /// A *no* of the rate card: every input that is wrong, by its name.
    fn from(refusal: &QuoteRefusal) -> Self {
        match refusal {
            QuoteRefusal::Inputs { faults } => Problem::invalid(
                faults
                    .iter()
                    .map(|fault| {
                        FieldProblem::new(&fault.field, format!("{} {}", fault.problem, fault.cure))
                    })
                    .collect(),
            ),
            QuoteRefusal::NotForSale { .. } => {
                Problem::invalid_field("operation", refusal.to_string())
            }
            other => Problem::invalid_field("inputs", other.to_string()),
        }
    }
}
