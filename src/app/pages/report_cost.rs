//! The price of an analysis while it is being put together: the one island of `/reports/new`.
//!
//! It reads the form's own fields and quotes with the server's code. Without scripts its server-rendered
//! form stands, and its "Update cost" button asks the server. The form is posted by the browser as it is;
//! the total that is shown travels with it, and the server starts nothing at another price.

use leptos::prelude::*;

use crate::catalogue::{AnalysisRequest, Catalogue, Quote, QuoteRefusal, quote};
use crate::ledger::Credits;
use crate::model::format::{credits_phrase, format_credits};
use crate::model::reports::Payer;

/// Lines, total, payer and what is left; the hidden total; the buttons.
#[island]
pub fn CostTicket(catalogue: Catalogue, payer: Payer, request: AnalysisRequest) -> impl IntoView {
    let wanted = RwSignal::new(request);
    let live = RwSignal::new(false);
    let strange = RwSignal::new(Vec::<String>::new());
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        fields::follow(wanted, strange);
        live.set(true);
    });
    let priced = Memo::new(move |_| quote(&catalogue, &wanted.get()));
    let total = move || priced.with(|priced| priced.as_ref().ok().map(|quote| quote.total));
    let shown_total = move || total().map(|total| total.to_string());
    let button = move || match total() {
        Some(total) => format!("Start for {}", credits_phrase(total)),
        None => "Start the analysis".to_owned(),
    };
    view! {
        <section class="ticket stack tight" aria-label="What it costs" data-testid="cost">
            <h2>"What it costs"</h2>
            <input type="hidden" name="quoted" value=shown_total/>
            <div aria-live="polite">
                {move || priced.with(|priced| match priced {
                    Ok(quote) => lines(quote, &payer).into_any(),
                    Err(refusal) => nothing(refusal, &payer).into_any(),
                })}
            </div>
            {move || strange.with(|names| (!names.is_empty()).then(|| view! {
                <p class="small wrong">{format!("Not analysed: {}.", names.join(", "))}</p>
            }))}
            <button class="button primary wide" name="intent" value="start" data-testid="start">{button}</button>
            {move || (!live.get()).then(|| view! {
                <button class="button wide" name="intent" value="quote">"Update cost"</button>
            })}
            <p class="soft small">
                "The price is held when you start and charged when the work is done. What cannot be analysed is not charged."
            </p>
        </section>
    }
}

fn lines(quote: &Quote, payer: &Payer) -> impl IntoView + use<> {
    let rows = quote.lines.iter().map(|line| {
        view! { <dt>{line.to_string()}</dt><dd>{format_credits(line.credits)}</dd> }
    });
    view! {
        <dl>
            {rows.collect_view()}
            <div class="tear"></div>
            <dt class="sum">"Total"</dt>
            <dd class="sum" data-testid="total">{credits_phrase(quote.total)}</dd>
            {pays(payer)}
            {left("Left after that", payer.available, quote.total, "left-after")}
            {limits(payer, quote.total)}
        </dl>
        {shortfall(payer, quote.total)}
    }
}

fn nothing(refusal: &QuoteRefusal, payer: &Payer) -> impl IntoView + use<> {
    view! {
        <p class="soft">{refusal.to_string()}</p>
        <dl>
            <div class="tear"></div>
            {pays(payer)}
        </dl>
    }
}

fn pays(payer: &Payer) -> impl IntoView + use<> {
    let who = payer.department.as_ref().unwrap_or(&payer.organisation).clone();
    view! {
        <dt>"Paid by"</dt>
        <dd data-testid="payer">{who}</dd>
        <dt>"Available now"</dt>
        <dd>{format_credits(payer.available)}</dd>
    }
}

fn limits(payer: &Payer, total: Credits) -> impl IntoView + use<> {
    let rows = payer.limits.iter().map(|limit| {
        let label = format!("Left of {}'s limit of {}", limit.of, format_credits(limit.limit));
        left(&label, limit.left, total, "limit-after")
    });
    rows.collect_view()
}

fn left(label: &str, before: Credits, total: Credits, name: &'static str) -> impl IntoView + use<> {
    let after = before.checked_sub(total).unwrap_or(Credits::ZERO);
    let class = if after.is_negative() { "minus" } else { "" };
    view! {
        <dt>{label.to_owned()}</dt>
        <dd class=class data-testid=name>{format_credits(after)}</dd>
    }
}

/// What is missing, and who can help.
fn shortfall(payer: &Payer, total: Credits) -> Option<impl IntoView + use<>> {
    let missing = |left: Credits| total.checked_sub(left).filter(|missing| missing.is_positive());
    let (of, missing, may, ask, deed) = match missing(payer.available) {
        Some(missing) => {
            (payer.organisation.clone(), missing, payer.may_buy, &payer.buyers, "buy credits")
        }
        None => payer.limits.iter().find_map(|limit| {
            let of = format!("{}'s limit", limit.of);
            Some((of, missing(limit.left)?, payer.may_allot, &payer.allotters, "raise the limit"))
        })?,
    };
    let cure = match (may, ask.is_empty()) {
        (true, _) => format!("You can {deed}, or leave something out."),
        (false, true) => "Leave something out.".to_owned(),
        (false, false) => format!("Ask {} to {deed}, or leave something out.", ask.join(" or ")),
    };
    Some(view! {
        <p class="banner warn" data-testid="shortfall">
            {format!("{of} is {} short. {cure}", credits_phrase(missing))}
        </p>
    })
}

/// The form's own fields, as the browser has them.
#[cfg(feature = "hydrate")]
mod fields {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;
    use web_sys::{HtmlInputElement, HtmlTextAreaElement};

    use crate::catalogue::{AnalysisRequest, AssetKind};
    use crate::model::reports::{claimed_kind, request_of};

    /// Keeps `wanted` at what the fields hold, and `strange` at the files that are not analysed.
    pub fn follow(wanted: RwSignal<AnalysisRequest>, strange: RwSignal<Vec<String>>) {
        let Some((text, files)) = fields() else { return };
        let changed = move || {
            let names: Vec<(String, Option<AssetKind>)> = chosen(&files);
            let count =
                |kind| names.iter().filter(|(_, found)| *found == Some(kind)).count() as u32;
            wanted.set(request_of(&text.value(), count(AssetKind::Image), count(AssetKind::Video)));
            strange.set(
                names
                    .iter()
                    .filter(|(_, kind)| kind.is_none())
                    .map(|(name, _)| name.clone())
                    .collect(),
            );
            if let Ok(Some(note)) = document().query_selector("[data-lost]")
                && !names.is_empty()
            {
                note.remove();
            }
        };
        changed();
        let listener = Closure::<dyn Fn()>::new(changed);
        for (id, event) in [("text", "input"), ("files", "change")] {
            if let Some(field) = document().get_element_by_id(id) {
                // A failure here leaves the price as the server rendered it, and the server checks it.
                let _ = field
                    .add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
            }
        }
        listener.forget();
    }

    fn fields() -> Option<(HtmlTextAreaElement, HtmlInputElement)> {
        let text = document().get_element_by_id("text")?.dyn_into().ok()?;
        let files = document().get_element_by_id("files")?.dyn_into().ok()?;
        Some((text, files))
    }

    fn chosen(input: &HtmlInputElement) -> Vec<(String, Option<AssetKind>)> {
        let Some(files) = input.files() else { return Vec::new() };
        (0..files.length())
            .filter_map(|index| files.get(index))
            .map(|file| (file.name(), claimed_kind(&file.name(), &file.type_())))
            .collect()
    }
}
