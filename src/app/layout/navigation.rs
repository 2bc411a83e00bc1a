//! The menu at the side. What someone may not do is not there.

use leptos::prelude::*;

use crate::app::ui::icon;
use crate::model::alerts::unread_words;
use crate::model::frame::Frame;
use crate::model::permission::Action;

/// One place to go, with what one must be allowed to see it.
struct Place {
    label: &'static str,
    address: &'static str,
    icon: &'static str,
    needs: Action,
}

const fn place(
    label: &'static str,
    address: &'static str,
    icon: &'static str,
    needs: Action,
) -> Place {
    Place { label, address, icon, needs }
}

/// The place that says how much is unread.
const INBOX: &str = "Inbox";

const GROUPS: [(&str, &[Place]); 3] = [
    (
        "Work",
        &[
            place("Dashboard", "/", icon::HOME, Action::ViewBalance),
            place("New analysis", "/reports/new", icon::PLUS, Action::RunAnalysis),
            place("Reports", "/reports", icon::REPORT, Action::ViewOwnReports),
            place(INBOX, "/inbox", icon::INBOX, Action::ReadInbox),
        ],
    ),
    (
        "Credits",
        &[
            place("Credits", "/credits", icon::COIN, Action::ViewCredits),
            place("Usage", "/usage", icon::CHART, Action::ViewCredits),
            place("Prices", "/prices", icon::TAG, Action::ViewBalance),
            place("Buy credits", "/credits/buy", icon::CART, Action::BuyCredits),
            place("Billing", "/settings/billing", icon::LAYERS, Action::ViewBilling),
            place("Alerts", "/settings/alerts", icon::BELL, Action::ReadInbox),
        ],
    ),
    (
        "Team",
        &[
            place("Team overview", "/team", icon::GAUGE, Action::ViewTeam),
            place("Departments", "/team/departments", icon::BUILDING, Action::ViewTeam),
            place("Members", "/team/members", icon::PEOPLE, Action::ViewMembers),
            place("Requests", "/team/asks", icon::CHECK, Action::AnswerAsks),
            place("Developers", "/developers", icon::CODE, Action::ManageApiKeys),
        ],
    ),
];

/// Where those go who run the installation; for everybody else it is not there.
const INSTALLATION: [(&str, &str, &str); 8] = [
    ("Organisations", "/admin", icon::BUILDING),
    ("Payments", "/admin/payments", icon::CART),
    ("Requests", "/admin/requests", icon::CHECK),
    ("Mass grants", "/admin/mass-grants", icon::LAYERS),
    ("Promotions", "/admin/promotions", icon::COIN),
    ("Catalogue", "/admin/catalogue", icon::TAG),
    ("Health", "/admin/health", icon::GAUGE),
    ("Log", "/admin/log", icon::REPORT),
];

/// The menu, with the place that `path` belongs to marked.
pub fn side(frame: &Frame, path: &str) -> impl IntoView + use<> {
    let (viewer, unread) = (&frame.viewer, frame.unread);
    let current = current_place(path);
    let groups = GROUPS
        .iter()
        .filter_map(|(name, places)| {
            let rows: Vec<_> = places
                .iter()
                .filter(|place| viewer.may(place.needs))
                .map(|place| {
                    view! {
                        <li>
                            <a href=place.address aria-current=(current == Some(place.address)).then_some("page")>
                                {icon::icon(place.icon)}
                                {place.label}
                                {(place.label == INBOX && unread > 0).then(|| view! { <span class="badge good" data-testid="unread">{unread_words(unread)}</span> })}
                            </a>
                        </li>
                    }
                })
                .collect();
            (!rows.is_empty()).then(|| view! { <div class="group"><p>{*name}</p><ul>{rows}</ul></div> })
        })
        .collect_view();
    let installation = viewer.staff.then(|| {
        let rows = INSTALLATION.map(|(label, address, path)| {
            view! {
                <li>
                    <a href=address aria-current=(current == Some(address)).then_some("page")>
                        {icon::icon(path)}
                        {label}
                    </a>
                </li>
            }
        });
        view! { <div class="group"><p>"Installation"</p><ul>{rows.collect_view()}</ul></div> }
    });
    view! { <nav class="side" aria-label="Main">{groups} {installation}</nav> }
}

/// The deepest place that contains `path`: a report belongs to Reports, `/` only to itself.
fn current_place(path: &str) -> Option<&'static str> {
    GROUPS
        .iter()
        .flat_map(|(_, places)| places.iter().map(|place| place.address))
        .chain(INSTALLATION.iter().map(|(_, address, _)| *address))
        .filter(|address| {
            path == *address
                || (*address != "/"
                    && path.strip_prefix(address).is_some_and(|rest| rest.starts_with('/')))
        })
        .max_by_key(|address| address.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_inside_a_place_marks_that_place_and_no_other() {
        assert_eq!(current_place("/reports/rep_1"), Some("/reports"));
        assert_eq!(current_place("/reports/new"), Some("/reports/new"));
        assert_eq!(current_place("/credits/return/pur_1"), Some("/credits"));
        assert_eq!(current_place("/"), Some("/"));
        assert_eq!(current_place("/admin/payments/pur_1"), Some("/admin/payments"));
        assert_eq!(current_place("/elsewhere"), None);
    }
}
