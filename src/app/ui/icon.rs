//! The icons: single strokes on a 24-unit grid, drawn for Scrip. Decoration only, so hidden from
//! screen readers; the words beside them say it.

use leptos::prelude::*;

pub const HOME: &str = "M4 11.5 12 4l8 7.5V20h-5.5v-5h-5v5H4z";
pub const PLUS: &str = "M12 5v14M5 12h14";
pub const REPORT: &str = "M6 3.5h8L19 8v12.5H6zM13.5 3.5V8H19M9.5 12.5h6M9.5 16h6";
pub const COIN: &str = "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9 10h5M10 14h5";
pub const CART: &str = "M3.5 5h2.2l2 10h9.6l2-7.2H6.6M9 19.5h.01M16.5 19.5h.01";
pub const TAG: &str = "M4 4h7.5l8.5 8.5-7.5 7.5L4 11.5zM8 8h.01";
pub const LAYERS: &str =
    "m12 4 8.5 4.3L12 12.6 3.5 8.3zM3.5 12.4 12 16.7l8.5-4.3M3.5 16.2l8.5 4.3 8.5-4.3";
pub const GAUGE: &str = "M4.5 18a9 9 0 1 1 15 0M12 14l4-4.5";
pub const BUILDING: &str = "M5 20.5v-17h9v17M14 9h5.5v11.5M3 20.5h18M8 7.5h3M8 11.5h3M8 15.5h3";
pub const CHART: &str = "M4 20.5h16M6.5 17v-5M12 17V6.5M17.5 17v-8";
pub const PEOPLE: &str = "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.8 19.5c.5-3.4 2.8-5.2 6.2-5.2s5.7 1.8 6.2 5.2M15.5 4.8a3.3 3.3 0 0 1 0 6.4M17.3 14.6c2.3.6 3.6 2.2 4 4.9";
pub const CODE: &str = "m8.5 7.5-5 4.5 5 4.5M15.5 7.5l5 4.5-5 4.5M13.5 5l-3 14";
pub const MENU: &str = "M4 7h16M4 12h16M4 17h16";
pub const DOWN: &str = "m7 10 5 5 5-5";
pub const INBOX: &str = "M4 13.5 6.5 5h11l2.5 8.5V19H4zM4 13.5h4.5l1.5 2.5h4l1.5-2.5H20";
pub const BELL: &str = "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5zM10 20.5h4";
pub const CHECK: &str = "m5 12.5 4.5 4.5L19 7.5";
pub const ALERT: &str = "M12 4 2.8 19.5h18.4zM12 10v4.2M12 17h.01";
pub const CLOCK: &str = "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 8v4.3l2.8 1.8";
pub const BACK: &str = "M9 6 4.5 10.5 9 15M5 10.5h9a4.5 4.5 0 0 1 0 9h-2";
pub const CROSS: &str = "m6.5 6.5 11 11M17.5 6.5l-11 11";
pub const TEXT: &str = "M5 6.5h14M12 6.5V18M8.5 18h7";
pub const IMAGE: &str = "M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5L20 17M15.5 9.2h.01";
pub const VIDEO: &str = "M3.5 6.5h12v11h-12zM15.5 10.5l5-3v9l-5-3";

/// One icon by its path.
pub fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d=path/>
        </svg>
    }
}
