//! An own number of credits on *Buy credits*: the card beside the packs, and its price while one types.
//!
//! The price is an island that reads the form's own field and computes with the server's code. Without
//! scripts "Update" asks for the same page with the number in its address.

use leptos::prelude::*;

use crate::app::ui::Kept;
use crate::catalogue::{OWN_AMOUNT_CODE, OwnAmount};
use crate::ledger::Credits;
use crate::model::billing::{OwnAmountOffer, PackOffer, cheaper_pack};
use crate::model::format::{credits_phrase, format_credits, format_money};

/// The id and name of the field, which the island finds.
const FIELD: &str = "credits";

/// The card. `chosen` is the code that is chosen on the form.
pub fn card(
    offer: &OwnAmountOffer,
    packs: &[PackOffer],
    chosen: &str,
    kept: &Kept,
    available: Option<Credits>,
) -> impl IntoView + use<> {
    let typed = kept.value(FIELD, &offer.typed);
    let wrong = kept.message(FIELD).or_else(|| offer.problem.clone());
    let described = crate::app::ui::field::described_by(FIELD, true, wrong.is_some());
    let (minimum, maximum) =
        (format_credits(offer.terms.minimum), format_credits(offer.terms.maximum));
    view! {
        <div class="pack" data-testid="own-amount">
            <label class="row">
                <input type="radio" id="own-amount" name="pack" value=OWN_AMOUNT_CODE checked=chosen == OWN_AMOUNT_CODE required=true/>
                <span class="strong">"Own amount"</span>
            </label>
            <div class="field">
                <label for=FIELD>"Credits"</label>
                <input id=FIELD name=FIELD type="text" inputmode="numeric" autocomplete="off" maxlength="12" value=typed.clone()
                    aria-invalid=wrong.is_some().then_some("true") aria-describedby=described/>
                <span class="hint" id="credits-hint">{format!("{minimum} to {maximum}, {} each", offer.credit_price)}</span>
            </div>
            <OwnPrice terms=offer.terms packs=packs.to_vec() typed wrong available/>
            <span class="small soft">"Credits " {offer.validity.clone()}</span>
        </div>
    }
}

/// What the number that is typed costs, what would be cheaper, and what will be there afterwards.
#[island]
pub fn OwnPrice(
    terms: OwnAmount,
    packs: Vec<PackOffer>,
    typed: String,
    wrong: Option<String>,
    available: Option<Credits>,
) -> impl IntoView {
    let typed = RwSignal::new(typed);
    let wrong = RwSignal::new(wrong);
    let live = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        field::follow(typed, wrong, terms);
        live.set(true);
    });
    let sum = Memo::new(move |_| {
        let credits = terms.read(&typed.get()).ok()?;
        Some((credits, terms.price(credits)?))
    });
    let cheaper = move || {
        let (credits, price) = sum.get()?;
        let pack = cheaper_pack(&packs, credits, &price)?;
        let offer = (pack.name.clone(), credits_phrase(pack.credits), format_money(&pack.price));
        Some(format!("For less: “{}”, {} for {}.", offer.0, offer.1, offer.2))
    };
    let afterwards = move || {
        let balance = available?.checked_add(sum.get()?.0)?;
        Some(
            view! { <span class="small soft">"Balance afterwards " <b>{format_credits(balance)}</b></span> },
        )
    };
    let price = move || sum.get().map_or_else(|| "—".to_owned(), |(_, price)| format_money(&price));
    view! {
        <div class="field">
            <span class="wrong" id="credits-wrong" role="status">{move || wrong.get()}</span>
            <span class="strong" aria-live="polite">"Price "<span data-testid="own-price">{price}</span></span>
            <span class="small">{cheaper}</span>
            {afterwards}
            {move || (!live.get()).then(|| view! {
                <span class="row">
                    <button class="button small" type="submit" formmethod="get" formaction="/credits/buy" formnovalidate=true name="update" value="own">"Update price"</button>
                </span>
            })}
        </div>
    }
}

/// The form's own field, as the browser has it.
#[cfg(feature = "hydrate")]
mod field {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;
    use web_sys::HtmlInputElement;

    use crate::catalogue::OwnAmount;

    /// Keeps `typed` at what the field holds, says what is wrong with it, and chooses the own amount
    /// as soon as somebody types one.
    pub fn follow(typed: RwSignal<String>, wrong: RwSignal<Option<String>>, terms: OwnAmount) {
        let Some(field) = input(super::FIELD) else { return };
        let source = field.clone();
        let take = move || {
            let value = source.value();
            let refusal = terms.read(&value).err().filter(|_| !value.is_empty());
            wrong.set(refusal.map(|refusal| refusal.to_string()));
            if let Some(radio) = input("own-amount") {
                radio.set_checked(true);
            }
            typed.set(value);
        };
        // Somebody may have typed before the page came to life.
        if field.value() != typed.get_untracked() {
            take();
        }
        let changed = Closure::<dyn Fn()>::new(take);
        // A failure here leaves the price as the server rendered it, and the server checks it.
        let _ = field.add_event_listener_with_callback("input", changed.as_ref().unchecked_ref());
        changed.forget();
    }

    fn input(id: &str) -> Option<HtmlInputElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }
}
