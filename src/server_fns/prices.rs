//! The rate card, and quotes against what was charged.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::prices::{PricesView, QuotedView};

/// The rate card in force. Prices themselves are worked out by the page, with the same code in the browser.
#[server(endpoint = "load_prices")]
pub async fn load_prices() -> Result<PricesView, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewBalance)?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    backend.prices_view(&organisation).await.map_err(super::broken)
}

/// Runs that had a quote, the newest first; `before` is the cursor of a later page, or empty.
#[server(endpoint = "load_quoted")]
pub async fn load_quoted(before: String) -> Result<QuotedView, Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ViewCredits)?;
    let before = match before.as_str() {
        "" => None,
        text => Some(text.parse::<i64>().map_err(|_| Problem::not_found("page"))?),
    };
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    backend.quoted_view(&organisation, before).await.map_err(super::broken)
}
