//! The links that give a list as a file.

use leptos::prelude::*;

/// "Export this view: CSV · XLSX" of the list at this address, with the filters that stand in it.
pub fn export_links(address: &str) -> impl IntoView + use<> {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let file = |format: &str| match query {
        "" => format!("{path}/export/{format}"),
        query => format!("{path}/export/{format}?{query}"),
    };
    view! {
        <p class="soft small inset" data-testid="export">
            "Export this view: "
            <a href=file("csv") download="">"CSV"</a>
            " · "
            <a href=file("xlsx") download="">"XLSX"</a>
        </p>
    }
}
