//! The way from one of the pages for developers to the others.

use leptos::prelude::*;

use crate::model::Viewer;
use crate::model::permission::Action;

/// One of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Keys,
    Webhooks,
    Guide,
    Reference,
    Errors,
}

/// The tabs, with the page that one is on marked; keys and webhooks are there for those who may see them.
pub fn tabs(here: Place, viewer: &Viewer) -> impl IntoView + use<> {
    let all = [
        (Place::Keys, "/developers", "API keys"),
        (Place::Webhooks, "/developers/webhooks", "Webhooks"),
        (Place::Guide, "/developers/guide", "Quick start"),
        (Place::Reference, "/developers/reference", "Reference"),
        (Place::Errors, "/developers/errors", "Errors"),
    ];
    let shows = |place: Place| match place {
        Place::Keys => viewer.may(Action::ManageApiKeys),
        Place::Webhooks => viewer.may(Action::ManageWebhooks),
        Place::Guide | Place::Reference | Place::Errors => true,
    };
    let links = all
        .into_iter()
        .filter(|(place, ..)| shows(*place))
        .map(|(place, address, label)| {
            view! { <a href=address aria-current=(place == here).then_some("page")>{label}</a> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="For developers">{links}</nav> }
}
