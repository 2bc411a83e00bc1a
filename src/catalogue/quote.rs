//! What an analysis will cost before it is run: the rate card's own arithmetic, asset by asset, because an
//! asset that cannot be analysed is not charged. And every *no* there is to a request for a price.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rate::{InputFault, QuoteRequest, quote_operation};
use super::{ANALYSIS_OPERATION, AssetKind, Catalogue};
use crate::ledger::Credits;

/// Assets that one analysis may contain. More are several analyses.
pub const MAX_ASSETS_PER_ANALYSIS: u32 = 50;

/// How many assets of each kind someone wants analysed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisRequest {
    /// Pieces of text.
    pub text: u32,
    /// Image files.
    pub image: u32,
    /// Video files.
    pub video: u32,
}

impl AnalysisRequest {
    /// How many assets of this kind are wanted.
    pub fn count(&self, kind: AssetKind) -> u32 {
        match kind {
            AssetKind::Text => self.text,
            AssetKind::Image => self.image,
            AssetKind::Video => self.video,
        }
    }

    /// All assets together.
    pub fn total(&self) -> u64 {
        AssetKind::ALL.into_iter().map(|kind| u64::from(self.count(kind))).sum()
    }

    /// The same as a request to the rate card.
    pub fn as_request(&self) -> QuoteRequest {
        let inputs = AssetKind::ALL.map(|kind| (kind.code(), self.count(kind)));
        QuoteRequest::of(ANALYSIS_OPERATION, inputs)
    }
}

/// The price of all assets of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// What is priced.
    pub asset: AssetKind,
    /// How many of them.
    pub count: u32,
    /// Credits for one.
    pub unit: Credits,
    /// Credits for all of them.
    pub credits: Credits,
}

impl fmt::Display for QuoteLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asset = self.asset.noun(self.count);
        let credit = if self.unit.micro() == 1_000_000 { "credit" } else { "credits" };
        write!(formatter, "{} {asset} × {} {credit}", self.count, self.unit)
    }
}

/// An exact price: one line for each kind that is wanted, and their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The operation's code, for the usage row.
    pub operation: String,
    /// One line a kind, kinds that are not wanted left out.
    pub lines: Vec<QuoteLine>,
    /// The sum of the lines: what is held.
    pub total: Credits,
}

impl Quote {
    /// The price of one asset of this kind within the quote, if it has any.
    pub fn unit(&self, kind: AssetKind) -> Option<Credits> {
        self.lines.iter().find(|line| line.asset == kind).map(|line| line.unit)
    }

    /// All assets that the quote covers.
    pub fn assets(&self) -> u32 {
        self.lines.iter().map(|line| line.count).sum()
    }
}

/// Why there is no quote, and what would make one.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum QuoteRefusal {
    /// Nothing was put in.
    #[error("There is nothing to analyse yet. Add a text, an image or a video.")]
    NothingToAnalyse,
    /// More assets than one analysis takes.
    #[error(
        "{asked} assets are too many for one analysis: it takes {limit}. Leave some out or run several analyses."
    )]
    TooManyAssets {
        /// How many were put in.
        asked: u64,
        /// How many are allowed.
        limit: u32,
    },
    /// The catalogue in force does not sell this operation.
    #[error(
        "This catalogue has no price for “{operation}”. Whoever runs the installation can add it to the rate card."
    )]
    NotForSale {
        /// The operation that was asked for.
        operation: String,
    },
    /// Inputs are wrong or missing: all of them.
    #[error("{}", told(faults))]
    Inputs {
        /// Each with its name and its cure.
        faults: Vec<InputFault>,
    },
    /// The price does not fit the range of credits.
    #[error("The price is larger than any balance can be. Ask for less at once.")]
    TooDear,
}

impl QuoteRefusal {
    /// The inputs that are wrong, where that is what is wrong.
    pub fn faults(&self) -> &[InputFault] {
        match self {
            QuoteRefusal::Inputs { faults } => faults,
            _ => &[],
        }
    }
}

fn told(faults: &[InputFault]) -> String {
    let told: Vec<String> =
        faults.iter().map(|fault| format!("{} {}", fault.problem, fault.cure)).collect();
    told.join(" ")
}

/// The price of an analysis under this catalogue.
///
/// # Errors
/// There is nothing to analyse or too much, or the catalogue has no price for it.
pub fn quote(catalogue: &Catalogue, request: &AnalysisRequest) -> Result<Quote, QuoteRefusal> {
    check_count(request)?;
    let total = quote_operation(catalogue, &request.as_request())?.most;
    let not_for_sale = || QuoteRefusal::NotForSale { operation: ANALYSIS_OPERATION.to_owned() };
    let operation = catalogue.operation(ANALYSIS_OPERATION).ok_or_else(not_for_sale)?;
    let wanted = AssetKind::ALL.into_iter().filter(|kind| request.count(*kind) > 0);
    let lines = wanted.map(|asset| -> Result<QuoteLine, QuoteRefusal> {
        let unit = operation.asset_price(asset).ok_or_else(not_for_sale)?;
        let count = request.count(asset);
        let credits = unit.checked_mul(i64::from(count)).ok_or(QuoteRefusal::TooDear)?;
        Ok(QuoteLine { asset, count, unit, credits })
    });
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    Ok(Quote { operation: operation.code.clone(), lines, total })
}

fn check_count(request: &AnalysisRequest) -> Result<(), QuoteRefusal> {
    match request.total() {
        0 => Err(QuoteRefusal::NothingToAnalyse),
        asked if asked > u64::from(MAX_ASSETS_PER_ANALYSIS) => {
            Err(QuoteRefusal::TooManyAssets { asked, limit: MAX_ASSETS_PER_ANALYSIS })
        }
        _ => Ok(()),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::catalogue::pack::whole_credits;
    use crate::catalogue::parse::built_in;
    use crate::catalogue::rate::{Price, PriceRange};
    use proptest::prelude::*;

    fn priced(text: u32, image: u32, video: u32) -> Result<Quote, QuoteRefusal> {
        quote(&built_in(), &AnalysisRequest { text, image, video })
    }

    #[test]
    fn an_ad_of_one_text_and_two_images_costs_three_credits() {
        let quote = priced(1, 2, 0).expect("a quote");
        assert_eq!(quote.total, whole_credits(3));
        let lines: Vec<String> = quote.lines.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["1 text × 1 credit", "2 images × 1 credit"]);
    }

    #[test]
    fn nothing_and_too_much_are_refused_with_the_cure() {
        assert_eq!(priced(0, 0, 0), Err(QuoteRefusal::NothingToAnalyse));
        let refusal = priced(0, 10_000, 0).expect_err("too many");
        assert!(refusal.to_string().starts_with("10000 assets are too many"), "{refusal}");
        assert!(priced(MAX_ASSETS_PER_ANALYSIS, 0, 0).is_ok());
    }

    #[test]
    fn a_price_beyond_the_range_is_refused_and_never_wraps() {
        let mut catalogue = built_in();
        let vast = PriceRange::exact(Credits::from_micro(i64::MAX / 2));
        catalogue.operations[0].charges[2].price = Price::Flat(vast);
        let refusal = quote(&catalogue, &AnalysisRequest { text: 0, image: 0, video: 3 });
        assert_eq!(refusal, Err(QuoteRefusal::TooDear));
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_its_lines(text in 0u32..17, image in 0u32..17, video in 0u32..16) {
            prop_assume!(text + image + video > 0);
            let quote = priced(text, image, video).expect("within the limit");
            let sum: i64 = quote.lines.iter().map(|line| line.credits.micro()).sum();
            prop_assert_eq!(quote.total.micro(), sum);
            prop_assert_eq!(quote.assets(), text + image + video);
            let request = AnalysisRequest { text, image, video }.as_request();
            let priced = quote_operation(&built_in(), &request).expect("on the card");
            prop_assert_eq!((priced.least, priced.most), (quote.total, quote.total));
        }
    }
}
