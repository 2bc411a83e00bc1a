//! Tables of rows. A cell repeats its column's name in `data-label`, because a narrow page folds each row
//! into a card.

use leptos::prelude::*;

/// The head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Of words.
    Text(&'static str),
    /// Of figures, which stand one below the other.
    Number(&'static str),
}

/// A table that scrolls by itself where it does not fit. The rows are its children.
#[component]
pub fn Table(
    /// What it is called among the page's regions.
    #[prop(into)]
    label: String,
    /// The same with its order, for those who do not see it.
    #[prop(into)]
    caption: String,
    columns: Vec<Head>,
    children: Children,
) -> impl IntoView {
    let heads = columns.into_iter().map(|head| match head {
        Head::Text(name) => view! { <th scope="col">{name}</th> }.into_any(),
        Head::Number(name) => view! { <th scope="col" class="number">{name}</th> }.into_any(),
    });
    view! {
        <div class="table-region" tabindex="0" role="region" aria-label=label>
            <table class="folds">
                <caption class="unseen">{caption}</caption>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// A table on a card of its own with a heading, or one sentence where there are no rows.
#[component]
pub fn TableCard<Row: IntoView + 'static>(
    #[prop(into)] heading: String,
    /// How the rows are ordered: "newest first".
    order: &'static str,
    columns: Vec<Head>,
    rows: Vec<Row>,
    /// What to say when there are none.
    none: &'static str,
) -> impl IntoView {
    if rows.is_empty() {
        return view! {
            <section class="card">
                <h2>{heading}</h2>
                <p class="soft">{none}</p>
            </section>
        }
        .into_any();
    }
    let caption = format!("{heading}, {order}");
    view! {
        <section class="card flush">
            <header><h2>{heading.clone()}</h2></header>
            <Table label=heading caption columns>{rows}</Table>
        </section>
    }
    .into_any()
}
