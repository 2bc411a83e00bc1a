//! What stands around every page.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::frame::{BalanceDetails, Frame};

/// Who looks, and the balance in the header (unknown where the ledger cannot be read).
#[server(endpoint = "load_frame")]
pub async fn load_frame() -> Result<Frame, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let balance = backend.balance_details(&organisation).await;
    if let Err(error) = &balance {
        tracing::error!(%error, organisation = %caller.organisation, "the balance is not known");
    }
    let zone = backend.zone(&organisation).map_err(super::broken)?;
    let alerts = crate::backend::alerts::views::on_every_page(&backend, &caller, zone).await;
    if let Err(error) = &alerts {
        tracing::error!(%error, organisation = %caller.organisation, "the inbox cannot be read");
    }
    let (banner, unread) = alerts.unwrap_or_default();
    Ok(Frame {
        viewer: caller.viewer(backend.installation.demo),
        balance: balance.ok(),
        time_zone: organisation.time_zone,
        banner,
        unread,
    })
}

/// The balance with what is behind it, for the header's popover.
#[server(endpoint = "load_balance")]
pub async fn load_balance() -> Result<BalanceDetails, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    backend.balance_details(&organisation).await.map_err(super::broken)
}

/// Keeps the look chosen in the account menu, in a cookie, so that the first paint is right.
#[server(endpoint = "choose_theme")]
pub async fn choose_theme(theme: String) -> Result<(), Problem> {
    use crate::model::page_request::Theme;
    use crate::web::pages::THEME_COOKIE;
    use axum::http::{HeaderValue, header};

    let cookie = match Theme::parse(&theme).attribute() {
        Some(look) => format!("{THEME_COOKIE}={look}; Path=/; Max-Age=31536000; SameSite=Lax"),
        None => format!("{THEME_COOKIE}=; Path=/; Max-Age=0; SameSite=Lax"),
    };
    if let (Some(response), Ok(value)) =
        (use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(&cookie))
    {
        response.append_header(header::SET_COOKIE, value);
    }
    Ok(())
}
