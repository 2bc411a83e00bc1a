//! The price of a request: the same whole-number arithmetic in the browser and on the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::charge::TooLarge;
use super::reading::{InputValue, Inputs, QuoteRequest};
use super::rounding::Rounding;
use crate::catalogue::{AtZero, Catalogue, Operation, QuoteRefusal};
use crate::ledger::{Credits, OverSettle};

/// What a request costs: exactly, or from `least` to `most`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateQuote {
    /// The operation's code, for the usage row.
    pub operation: String,
    /// The operation's name, for people.
    pub name: String,
    /// What it is made of; together they are the price.
    pub lines: Vec<RateLine>,
    /// The least that it may come to.
    pub least: Credits,
    /// The most that it may come to: what a hold sets aside.
    pub most: Credits,
    /// What happens when the work turns out dearer than that.
    pub over_settle: OverSettle,
    /// What happens when the balance does not cover it.
    pub at_zero: AtZero,
}

impl RateQuote {
    /// Whether the price is known before the work is done.
    pub fn is_exact(&self) -> bool {
        self.least == self.most
    }
}

/// One part of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLine {
    /// What is paid for: "Posts".
    pub label: String,
    /// How it comes about: "2 platforms × 4 weeks × 3 posts a week × 1–3 credits".
    pub how: String,
    /// The least it may come to.
    pub least: Credits,
    /// The most it may come to.
    pub most: Credits,
}

/// The price of a request under this catalogue. A free operation costs 0 and has no lines.
///
/// # Errors
/// The rate card does not have the operation; inputs are wrong or missing (all of them are told); or the
/// price leaves the range of credits.
pub fn quote_operation(
    catalogue: &Catalogue,
    request: &QuoteRequest,
) -> Result<RateQuote, QuoteRefusal> {
    if let Some(operation) = catalogue.operation(&request.operation) {
        return operation.quote(catalogue.rate_card.rounding, &request.inputs);
    }
    let free = &catalogue.rate_card.free;
    match free.iter().find(|free| free.code == request.operation) {
        Some(free) => Ok(RateQuote {
            operation: free.code.clone(),
            name: free.name.clone(),
            lines: Vec::new(),
            least: Credits::ZERO,
            most: Credits::ZERO,
            over_settle: OverSettle::Refuse,
            at_zero: AtZero::Block,
        }),
        None => Err(QuoteRefusal::NotForSale {
            operation: request.operation.chars().take(64).collect(),
        }),
    }
}

impl Operation {
    /// The price of this operation with these inputs, each line rounded by `rounding`.
    ///
    /// # Errors
    /// Inputs are wrong or missing, or the price leaves the range of credits.
    pub fn quote(
        &self,
        rounding: Rounding,
        inputs: &BTreeMap<String, InputValue>,
    ) -> Result<RateQuote, QuoteRefusal> {
        let read = Inputs::read(self, inputs).map_err(|faults| QuoteRefusal::Inputs { faults })?;
        let mut lines = Vec::new();
        for charge in &self.charges {
            lines.extend(
                charge.line(self, &read, rounding).map_err(|TooLarge| QuoteRefusal::TooDear)?,
            );
        }
        let (least, most) = sums(&lines)?;
        lines.extend(self.to_the_minimum(least, most));
        let (least, most) = sums(&lines)?;
        Ok(RateQuote {
            operation: self.code.clone(),
            name: self.name.clone(),
            lines,
            least,
            most,
            over_settle: self.over_settle,
            at_zero: self.at_zero,
        })
    }

    /// What is missing to the operation's minimum, as a line of its own.
    fn to_the_minimum(&self, least: Credits, most: Credits) -> Option<RateLine> {
        let missing = |sum: Credits| {
            let missing = self.minimum.checked_sub(sum).unwrap_or(Credits::ZERO);
            missing.max(Credits::ZERO)
        };
        let line = RateLine {
            label: "Up to the minimum".to_owned(),
            how: format!("at least {}", super::words::credits(self.minimum)),
            least: missing(least),
            most: missing(most),
        };
        line.least.is_positive().then_some(line)
    }
}

fn sums(lines: &[RateLine]) -> Result<(Credits, Credits), QuoteRefusal> {
    let sum = |of: fn(&RateLine) -> Credits| Credits::checked_sum(lines.iter().map(of));
    let least = sum(|line| line.least).ok_or(QuoteRefusal::TooDear)?;
    let most = sum(|line| line.most).ok_or(QuoteRefusal::TooDear)?;
    Ok((least, most))
}
