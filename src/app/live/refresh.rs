//! A part of a page that the server renders anew when its subject changes.

use leptos::prelude::*;

/// Fetches this page again whenever `topic` changes and puts the new content into the element with the
/// id `target`. What is rendered stays the server's alone; without scripts a `<meta>` refresh on the
/// page does the same more slowly.
#[island]
pub fn Refresh(topic: String, target: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| follow(topic.clone(), target.clone(), None));
    #[cfg(not(feature = "hydrate"))]
    let _ = (topic, target);
}

/// The same for what stands on every page: it is fetched from the page at the path `from`, which has it
/// too. Also when the stream opens: what was told while the page was on its way was not heard.
#[island]
pub fn RefreshFrom(topic: String, target: String, from: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| follow(topic.clone(), target.clone(), Some(from.clone())));
    #[cfg(not(feature = "hydrate"))]
    let _ = (topic, target, from);
}

#[cfg(feature = "hydrate")]
fn follow(topic: String, target: String, from: Option<String>) {
    super::listen(move |signal| {
        let concerned = match signal {
            super::Signal::Changed(changed) => *changed == topic || changed == "*",
            super::Signal::Opened => true,
            super::Signal::Balance(_) | super::Signal::Cut => false,
        };
        if concerned {
            leptos::task::spawn_local(replace(target.clone(), from.clone()));
        }
    });
}

/// Leaves the page as it is when anything fails: the next change tries again.
#[cfg(feature = "hydrate")]
async fn replace(target: String, from: Option<String>) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    let fetch = async {
        let address = match from {
            Some(from) => from,
            None => window().location().href().ok()?,
        };
        let response = JsFuture::from(window().fetch_with_str(&address)).await.ok()?;
        let response: web_sys::Response = response.dyn_into().ok()?;
        JsFuture::from(response.text().ok()?).await.ok()?.as_string()
    };
    let Some(html) = fetch.await else { return };
    let parser = web_sys::DomParser::new().ok();
    let fresh = parser
        .and_then(|it| it.parse_from_string(&html, web_sys::SupportedType::TextHtml).ok())
        .and_then(|page| page.get_element_by_id(&target));
    if let (Some(fresh), Some(shown)) = (fresh, document().get_element_by_id(&target))
        && shown.inner_html() != fresh.inner_html()
    {
        shown.set_inner_html(&fresh.inner_html());
    }
}
