//! Every *no* in the page's own look: 403 with whom to ask, 404, 429 with the wait, 500 with a reference.

use leptos::prelude::*;

use crate::app::layout::plain_page;
use crate::model::{PageRequest, Problem};
use crate::server_fns::answer;

/// A problem, as the content of a page.
#[component]
pub fn ProblemPart(problem: Problem) -> impl IntoView {
    view! {
        <section class="problem">
            <p class="soft strong">{problem.status}</p>
            <h1>{problem.title}</h1>
            <p>{problem.detail}</p>
            {problem.cure.map(|cure| view! { <p>{cure}</p> })}
            {problem.reference.map(|text| view! { <p class="soft small">"Reference " <code>{text}</code></p> })}
            <p class="row"><a class="button" href="/">"To the dashboard"</a></p>
        </section>
    }
}

/// The page that another part of the server shows a problem with.
pub fn page() -> impl IntoView {
    let problem = use_context::<PageRequest>().and_then(|request| request.problem);
    show(problem.unwrap_or_else(|| Problem::not_found("page")))
}

/// No page has this address.
pub fn not_found() -> impl IntoView {
    show(Problem::not_found("page"))
}

fn show(problem: Problem) -> impl IntoView {
    answer::problem(&problem);
    let title = problem.title.clone();
    plain_page(&title, view! { <ProblemPart problem/> }.into_any())
}
