//! What stands around every page: header with the balance, navigation, footer.
//!
//! A page calls [`page`] with its title, what it loads and how it shows it; a problem on the way takes
//! the page's place, with its status. [`plain_page`] is for pages before sign-in.

mod balance;
mod banner;
mod header;
mod navigation;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::app::pages::problem::ProblemPart;
use crate::model::frame::Frame;
use crate::model::{PageRequest, Problem};
use crate::server_fns::answer;
use crate::server_fns::frame::load_frame;

/// A page for someone signed in: loads the page's own view and then the frame, and shows both at once.
///
/// In this order, because loading a page may change the balance (coming back from a payment credits
/// it): the header never says less than the page below it.
pub fn page<T, Loading, Shown>(
    title: impl Into<String>,
    load: impl Fn() -> Loading + Send + Sync + 'static,
    show: impl Fn(T, &Frame) -> Shown + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Send + 'static,
    Loading: Future<Output = Result<T, Problem>> + Send + 'static,
    Shown: IntoView + 'static,
{
    let title = title.into();
    let request = use_context::<PageRequest>().unwrap_or_default();
    view! {
        <Suspense>
            {move || {
                let (loading, show) = (load(), show.clone());
                let (title, request) = (title.clone(), request.clone());
                Suspend::new(async move {
                    let loaded = loading.await;
                    let frame = match load_frame().await {
                        Ok(frame) => frame,
                        Err(problem) => return without_frame(problem, &request),
                    };
                    let content = match loaded {
                        Ok(view) => show(view, &frame).into_any(),
                        Err(problem) => refused(problem),
                    };
                    framed(&title, &frame, &request, content)
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// A page before sign-in that asks the server first; a problem takes its place, with its status.
pub fn plain_page_of<T, Loading, Shown>(
    title: &'static str,
    load: impl Fn() -> Loading + Send + Sync + 'static,
    show: impl Fn(T) -> Shown + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Send + 'static,
    Loading: Future<Output = Result<T, Problem>> + Send + 'static,
    Shown: IntoView + 'static,
{
    view! {
        <Suspense>
            {move || {
                let (loading, show) = (load(), show.clone());
                Suspend::new(async move {
                    match loading.await {
                        Ok(view) => plain_page(title, show(view).into_any()),
                        Err(problem) => plain_page(&problem.title.clone(), refused(problem)),
                    }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// A page before sign-in, or one that has nothing to do with an organisation.
pub fn plain_page(title: &str, content: AnyView) -> AnyView {
    view! {
        <Title text=format!("{title} · Scrip")/>
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="plain-page">
            <header class="bar">
                <a class="brand" href="/">
                    <img src="/mark.svg" alt=""/>
                    "Scrip"
                </a>
            </header>
            <main id="main" tabindex="-1">
                <div class="narrow">{content}</div>
            </main>
            <footer class="foot">"Scrip keeps the credits of AI products, to the last micro-credit."</footer>
        </div>
    }
    .into_any()
}

fn framed(title: &str, frame: &Frame, request: &PageRequest, content: AnyView) -> AnyView {
    let path = request.path.split('?').next().unwrap_or_default().to_owned();
    view! {
        <Title text=format!("{title} · Scrip")/>
        <a class="skip" href="#main">"Skip to content"</a>
        {header::header(frame, request, &path)}
        <div class="frame">
            {navigation::side(frame, &path)}
            <div>
                <main id="main" tabindex="-1">
                    {banner::banner(frame.banner.as_ref())}
                    {content}
                </main>
                <footer class="foot">
                    <span>"Times are in " {frame.time_zone.clone()}</span>
                </footer>
            </div>
        </div>
    }
    .into_any()
}

/// The problem in the page's place, with its status.
fn refused(problem: Problem) -> AnyView {
    answer::problem(&problem);
    view! { <ProblemPart problem/> }.into_any()
}

/// Nobody is signed in (then to the sign-in page and back here), or the frame itself is broken.
fn without_frame(problem: Problem, request: &PageRequest) -> AnyView {
    if problem.status == 401 {
        answer::redirect(&format!("/login?next={}", encoded(&request.path)));
        return ().into_any();
    }
    let title = problem.title.clone();
    plain_page(&title, refused(problem))
}

/// A path and query as the value of a query field.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}
