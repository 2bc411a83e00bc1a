//! What long lists share: the search above them and the way to their other pages below.

use leptos::prelude::*;

use crate::app::layout::encoded;

/// The way back to the newest lines and on to older ones, each where there is one; the addresses are whole.
pub fn pager(newest: Option<String>, older: Option<String>) -> impl IntoView {
    (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of the list">
                <span>{newest.map(|to| view! { <a class="button small" href=to>"Newest"</a> })}</span>
                <span>{older.map(|to| view! { <a class="button small" href=to rel="next">"Older"</a> })}</span>
            </nav>
        }
    })
}

/// A field that narrows the list of the page at `address`, and the press that shows all again.
#[component]
pub fn SearchForm(
    address: &'static str,
    label: &'static str,
    #[prop(into)] search: String,
) -> impl IntoView {
    let clear = (!search.is_empty())
        .then(|| view! { <a class="button small quiet" href=format!("{address}#all")>"Clear"</a> });
    view! {
        <form class="inline-form filter" method="get" action=address role="search">
            <div class="field">
                <label for="search">{label}</label>
                <input id="search" name="search" type="search" maxlength="200" value=search/>
            </div>
            <button class="button small">"Search"</button>
            {clear}
        </form>
    }
}

/// The addresses of [`pager`] for a list that was searched: newest and older.
pub fn searched_pages(
    address: &str,
    search: &str,
    next: Option<String>,
    is_later_page: bool,
) -> (Option<String>, Option<String>) {
    let base = format!("{address}?search={}", encoded(search));
    let newest = is_later_page.then(|| format!("{base}#all"));
    let older = next.map(|next| format!("{base}&before={}#all", encoded(&next)));
    (newest, older)
}
