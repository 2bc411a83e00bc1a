//! The three tabs of *Credits*, as links: no script is needed to go from one to the other.

use leptos::prelude::*;

use crate::model::Viewer;
use crate::model::permission::Action;

/// One of the tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditTab {
    /// `/credits`.
    Credits,
    /// `/credits/subscription`.
    Subscription,
    /// `/credits/billing`, for whoever may see payments.
    Billing,
}

impl CreditTab {
    const ALL: [CreditTab; 3] = [CreditTab::Credits, CreditTab::Subscription, CreditTab::Billing];

    const fn label(self) -> &'static str {
        match self {
            CreditTab::Credits => "Credits",
            CreditTab::Subscription => "Subscription",
            CreditTab::Billing => "Billing & Transactions",
        }
    }

    const fn address(self) -> &'static str {
        match self {
            CreditTab::Credits => "/credits",
            CreditTab::Subscription => "/credits/subscription",
            CreditTab::Billing => "/credits/billing",
        }
    }

    const fn needs(self) -> Action {
        match self {
            CreditTab::Credits | CreditTab::Subscription => Action::ViewCredits,
            CreditTab::Billing => Action::ViewPayments,
        }
    }
}

/// The tabs that `viewer` may open, `current` marked.
pub fn credit_tabs(current: CreditTab, viewer: &Viewer) -> impl IntoView + use<> {
    let tabs: Vec<_> = CreditTab::ALL
        .into_iter()
        .filter(|tab| viewer.may(tab.needs()))
        .map(|tab| {
            let here = (tab == current).then_some("page");
            view! { <a href=tab.address() aria-current=here>{tab.label()}</a> }
        })
        .collect();
    view! { <nav class="tabs" aria-label="Credits">{tabs}</nav> }
}
