//! The rate card: what each operation costs, as data, and the one function that prices a request.
//!
//! An [`Operation`](super::Operation) asks for *inputs* (a [`Choice`] such as a model or a resolution, a
//! [`Quantity`] such as seconds, tokens or posts) and is made of [`Charge`]s: a price, exact or a range,
//! looked up by a choice where it differs, times quantities, times factors of choices. The price of a
//! request is the sum of its lines, and at least the operation's minimum.
//!
//! ```
//! use scrip::catalogue::rate::{QuoteRequest, quote_operation};
//!
//! let catalogue = scrip::catalogue::parse::built_in();
//! let request = QuoteRequest::of("analysis", [("text", "1"), ("image", "2")]);
//! let quote = quote_operation(&catalogue, &request).expect("it is on the card");
//! assert_eq!((quote.least.to_string(), quote.most.to_string()), ("3".into(), "3".into()));
//! ```
//!
//! **Arithmetic.** Decimals are held as whole numbers and multiplied exactly; nothing is a float. There is
//! one rounding: each line's exact amount goes to the card's [`Rounding`], by itself, so that a quote is
//! always the sum of the lines that people see. What leaves the range of numbers is refused, never wrapped.
//!
//! **Inputs** are JSON numbers without a point (`3`), decimal texts (`"1.5"`) or the code of a choice
//! (`"pro"`). A quantity that may be 0 may be left out and counts as 0; inputs that do not apply under the
//! other choices (the seconds of an image) are accepted and ignored; names that the operation does not know
//! are refused. Every input that is wrong or missing is told in one refusal, with its cure.
//!
//! To add a dimension: a field of [`Charge`], its place in `charge.rs`, its rule in `check.rs`, its words in
//! `words.rs`.

pub mod charge;
pub mod check;
mod check_inputs;
pub mod compare;
pub mod decimal;
pub mod input;
pub mod price;
pub mod quote;
pub mod reading;
pub mod rounding;
#[cfg(all(test, feature = "ssr"))]
mod tests;
pub mod words;

use serde::{Deserialize, Serialize};

pub use charge::Charge;
pub use compare::{Offer, compare};
pub use decimal::Decimal;
pub use input::{Choice, ChoiceValue, Quantity, When};
pub use price::{Price, PriceRange};
pub use quote::{RateLine, RateQuote, quote_operation};
pub use reading::{InputFault, InputValue, Inputs, QuoteRequest, asked};
pub use rounding::{Rounding, RoundingRule};

/// What holds for every operation, and what is never charged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateCard {
    /// To what each line of a quote is rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// What costs nothing, in the order in which people read it.
    #[serde(default)]
    pub free: Vec<FreeOperation>,
}

/// Something that people do and that is never charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreeOperation {
    /// Stable code: a quote for it is 0.
    pub code: String,
    /// The name people read.
    pub name: String,
}
