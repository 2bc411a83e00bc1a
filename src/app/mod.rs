//! Pages and islands, rendered on the server. Never imports the backend.
//!
//! A page is a plain function in `pages/`: it asks a server function for its view and prints it inside
//! the [`layout`]. Only what is live or answers while one types is an island; everything else needs no
//! script at all. To add a page: a file in `pages/`, a row in [`App`], and (if it has a place there) a
//! row in `layout::navigation`.

pub mod layout;
pub mod live;
pub mod pages;
pub mod ui;

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::model::PageRequest;

/// The document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<PageRequest>().unwrap_or_default().theme;
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/mark.svg" type="image/svg+xml"/>
                <link rel="preload" href="/fonts/inter-latin.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <link rel="stylesheet" href="/pkg/scrip.css"/>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Every page and its address.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=pages::problem::not_found>
                <Route path=path!("/") view=pages::dashboard::page ssr=SsrMode::Async/>
                <Route path=path!("/reports") view=pages::report_list::page ssr=SsrMode::Async/>
                <Route path=path!("/reports/new") view=pages::report_new::page ssr=SsrMode::Async/>
                <Route path=path!("/reports/:id") view=pages::report::page ssr=SsrMode::Async/>
                <Route path=path!("/credits") view=pages::credits::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/transactions/:sequence") view=pages::transaction::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/catalogue") view=pages::staff_catalogue::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/catalogue/drafts/:digest") view=pages::staff_catalogue_draft::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/catalogue/:number") view=pages::staff_catalogue_version::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/ask") view=pages::ask::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/check") view=pages::balance_check::page ssr=SsrMode::Async/>
                <Route path=path!("/team/asks") view=pages::asks::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/proof") view=pages::proof::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/statements") view=pages::statements::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/statements/:month") view=pages::statement::page ssr=SsrMode::Async/>
                <Route path=path!("/usage") view=pages::analytics::page ssr=SsrMode::Async/>
                <Route path=path!("/inbox") view=pages::inbox::page ssr=SsrMode::Async/>
                <Route path=path!("/settings/alerts") view=pages::alerts::page ssr=SsrMode::Async/>
                <Route path=path!("/settings/billing/order") view=pages::spending_order::page ssr=SsrMode::Async/>
                <Route path=path!("/settings/billing") view=pages::billing_overview::page ssr=SsrMode::Async/>
                <Route path=path!("/prices") view=pages::prices::page ssr=SsrMode::Async/>
                <Route path=path!("/prices/quoted") view=pages::quoted::page ssr=SsrMode::Async/>
                <Route path=path!("/team") view=pages::team::page ssr=SsrMode::Async/>
                <Route path=path!("/team/departments") view=pages::departments::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/buy") view=pages::buy::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/codes") view=pages::codes::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/subscription") view=pages::subscription::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/subscription/change") view=pages::plan_change::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/billing") view=pages::payments::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/documents/:number") view=pages::document::page ssr=SsrMode::Async/>
                <Route path=path!("/credits/return/:id") view=pages::purchase_return::page ssr=SsrMode::Async/>
                <Route path=path!("/admin") view=pages::staff_organisations::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/organisations/:id") view=pages::staff_organisation::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/organisations/:id/grant") view=pages::staff_grant::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/organisations/:id/adjust") view=pages::staff_adjust::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/requests") view=pages::staff_requests::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/mass-grants") view=pages::staff_mass_grants::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/mass-grants/:digest") view=pages::staff_mass_grant::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/promotions") view=pages::staff_promotions::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/health") view=pages::staff_health::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/log") view=pages::staff_log::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/payments") view=pages::staff_payments::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/payments/:id") view=pages::staff_payment::page ssr=SsrMode::Async/>
                <Route path=path!("/admin/payments/:id/refund") view=pages::staff_refund::page ssr=SsrMode::Async/>
                <Route path=path!("/team/members") view=pages::members::page ssr=SsrMode::Async/>
                <Route path=path!("/developers") view=pages::developers::page ssr=SsrMode::Async/>
                <Route path=path!("/developers/guide") view=pages::developer_guide::page ssr=SsrMode::Async/>
                <Route path=path!("/developers/reference") view=pages::developer_reference::page ssr=SsrMode::Async/>
                <Route path=path!("/developers/webhooks") view=pages::webhooks::page ssr=SsrMode::Async/>
                <Route path=path!("/developers/webhooks/:id") view=pages::webhook::page ssr=SsrMode::Async/>
                <Route path=path!("/developers/webhooks/:id/:delivery") view=pages::webhook_delivery::page ssr=SsrMode::Async/>
                <Route path=path!("/developers/errors") view=pages::developer_errors::page ssr=SsrMode::Async/>
                <Route path=path!("/account") view=pages::account::page ssr=SsrMode::Async/>
                <Route path=path!("/login") view=pages::login::page ssr=SsrMode::Async/>
                <Route path=path!("/invitation") view=pages::invitation::page ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=pages::setup::page ssr=SsrMode::Async/>
                <Route path=path!("/problem") view=pages::problem::page ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
