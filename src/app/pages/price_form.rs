//! One operation's form with its price: the island of `/prices`.
//!
//! It reads its own fields and quotes with the server's code. Without scripts the server renders the price
//! of what stands in the address, and *Update cost* asks for the page again with the fields in it.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::app::pages::price_ticket::ticket;
use crate::catalogue::rate::{Choice, InputValue, Quantity, Rounding, asked, compare, words};
use crate::catalogue::{Operation, QuoteRefusal};
use crate::ledger::Credits;

/// What the fields hold.
type Typed = BTreeMap<String, InputValue>;

/// The fields, and the price of what they hold.
#[island]
pub fn PriceForm(
    operation: Operation,
    rounding: Rounding,
    inputs: BTreeMap<String, InputValue>,
    available: Option<Credits>,
    may_buy: bool,
) -> impl IntoView {
    let typed = RwSignal::new(inputs.clone());
    let live = RwSignal::new(false);
    let operation = StoredValue::new(operation);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        // Somebody may have typed before the page came to life.
        typed.set(operation.with_value(fields::typed));
        live.set(true);
    });
    let read = move |_| {
        #[cfg(feature = "hydrate")]
        typed.set(operation.with_value(fields::typed));
    };
    let quote = Memo::new(move |_| {
        operation.with_value(|operation| operation.quote(rounding, &typed.get()))
    });
    let form = Form { operation, rounding, typed, live, quote, available };
    let (code, is_asked) = operation.with_value(|operation| {
        let asked = !operation.choices.is_empty() || !operation.quantities.is_empty();
        (operation.code.clone(), asked)
    });
    let action = format!("/prices#{code}");
    view! {
        <form class="wide-narrow after" method="get" action=action on:input=read>
            <input type="hidden" name="operation" value=code/>
            <div>
                {operation.with_value(|operation| {
                    let choices = operation.choices.iter().map(|choice| form.choice(choice, &inputs));
                    let quantities =
                        operation.quantities.iter().map(|quantity| form.quantity(quantity, &inputs));
                    (choices.collect_view(), quantities.collect_view())
                })}
                {(!is_asked).then(|| view! { <p class="soft">"There is nothing to choose: this is what it costs."</p> })}
            </div>
            <div class="ticket stack tight">
                <h3>"What it costs"</h3>
                <div aria-live="polite">{move || quote.with(|quote| ticket(quote, available, may_buy))}</div>
                {move || (is_asked && !live.get()).then(|| view! { <button class="button wide">"Update cost"</button> })}
            </div>
        </form>
    }
}

/// What the fields share.
#[derive(Clone, Copy)]
struct Form {
    operation: StoredValue<Operation>,
    rounding: Rounding,
    typed: RwSignal<Typed>,
    live: RwSignal<bool>,
    quote: Memo<Result<crate::catalogue::RateQuote, QuoteRefusal>>,
    available: Option<Credits>,
}

impl Form {
    /// Whether a field is of no use under the choices made; without scripts every field is shown.
    fn is_idle(self, name: &str) -> bool {
        let applies = |operation: &Operation| {
            self.typed.with(|typed| asked(operation, typed).contains(&name))
        };
        self.live.get() && !self.operation.with_value(applies)
    }

    /// What is wrong with a field.
    fn wrong(self, name: &str) -> Option<String> {
        self.quote.with(|quote| {
            let faults = quote.as_ref().err()?.faults();
            let fault = faults.iter().find(|fault| fault.field == name)?;
            Some(format!("{} {}", fault.problem, fault.cure))
        })
    }

    fn id(self, name: &str) -> String {
        self.operation.with_value(|operation| format!("{}-{name}", operation.code))
    }

    fn choice(self, choice: &Choice, inputs: &Typed) -> AnyView {
        let chosen = inputs.get(&choice.name).map_or(choice.start(), InputValue::as_str);
        if choice.compare {
            return self.selector(choice, chosen).into_any();
        }
        let (name, id) = (choice.name.clone(), self.id(&choice.name));
        let options = choice.values.iter().map(|value| {
            let selected = value.code == chosen;
            view! { <option value=value.code.clone() selected=selected>{value.label.clone()}</option> }
        });
        let idle = name.clone();
        view! {
            <div class="field" hidden=move || self.is_idle(&idle)>
                <label for=id.clone()>{choice.label.clone()}</label>
                <select id=id name=name.clone()>{options.collect_view()}</select>
                {self.scope(&choice.when)}
                {self.problem(name)}
            </div>
        }
        .into_any()
    }

    /// Every value with its cost for the settings made, and whether the balance covers it.
    fn selector(self, choice: &Choice, chosen: &str) -> impl IntoView + use<> {
        let cards = choice.values.iter().map(|value| {
            let id = self.id(&format!("{}-{}", choice.name, value.code));
            let cost = self.cost(choice.clone(), value.code.clone());
            view! {
                <label class="pack">
                    <input type="radio" id=id name=choice.name.clone() value=value.code.clone() checked=value.code == chosen/>
                    <span class="strong">{value.label.clone()}</span>
                    {move || cost.get().0.map(|price| view! { <span class="strong" data-cost="">{price}</span> })}
                    {value.hint.clone().map(|hint| view! { <span class="small soft">{hint}</span> })}
                    {move || cost.get().1.then(|| view! {
                        <span class="row"><span class="badge warn">"More than is available"</span></span>
                    })}
                </label>
            }
        });
        let idle = choice.name.clone();
        view! {
            <fieldset class="field" hidden=move || self.is_idle(&idle)>
                <legend class="label">{choice.label.clone()}</legend>
                <div class="packs">{cards.collect_view()}</div>
                {self.scope(&choice.when)}
                {self.problem(choice.name.clone())}
            </fieldset>
        }
    }

    /// What one value would cost, and whether that is more than there is.
    fn cost(self, choice: Choice, code: String) -> Memo<(Option<String>, bool)> {
        Memo::new(move |_| {
            let priced = |operation: &Operation| {
                let typed = self.typed.get();
                let offers = compare(operation, &choice, self.rounding, &typed);
                let offer = offers.into_iter().find(|offer| offer.value.code == code);
                let beyond = |offer: &crate::catalogue::rate::Offer<'_>| {
                    self.available.and_then(|now| offer.is_affordable(now)) == Some(false)
                };
                let is_beyond = offer.as_ref().is_some_and(beyond);
                let price = offer.and_then(|offer| offer.quote.ok());
                (price.map(|quote| words::range(quote.least, quote.most)), is_beyond)
            };
            self.operation.with_value(priced)
        })
    }

    fn quantity(self, quantity: &Quantity, inputs: &Typed) -> impl IntoView + use<> {
        let (name, id) = (quantity.name.clone(), self.id(&quantity.name));
        let value = inputs.get(&name).map_or("", InputValue::as_str).to_owned();
        let bounds = format!(
            "{} to {}.",
            words::grouped(&quantity.from.to_string()),
            quantity.counted(quantity.to)
        );
        let hint = quantity.hint.as_ref().map_or(bounds.clone(), |hint| format!("{bounds} {hint}"));
        let described = format!("{id}-hint");
        let (idle, wrong) = (name.clone(), name.clone());
        view! {
            <div class="field" hidden=move || self.is_idle(&idle)>
                <label for=id.clone()>{quantity.label.clone()}</label>
                <input id=id name=name.clone() type="number" inputmode="decimal" autocomplete="off"
                    min=quantity.from.to_string() max=quantity.to.to_string() step=quantity.step.to_string() value=value
                    aria-invalid=move || self.wrong(&wrong).map(|_| "true") aria-describedby=described.clone()/>
                <span class="hint" id=described>{hint} {self.scope(&quantity.when)}</span>
                {self.problem(name)}
            </div>
        }
    }

    fn problem(self, name: String) -> impl IntoView {
        move || self.wrong(&name).map(|message| view! { <span class="wrong">{message}</span> })
    }

    /// Under which choices a field counts; the browser hides it under the others.
    fn scope(self, when: &crate::catalogue::rate::When) -> Option<impl IntoView + use<>> {
        let scope = self.operation.with_value(|operation| operation.scope(when));
        (!scope.is_empty())
            .then(|| view! { <span class="hint">{format!("Only with {scope}.")}</span> })
    }
}

/// The form's own fields, as the browser has them.
#[cfg(feature = "hydrate")]
mod fields {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::HtmlInputElement;

    use super::Typed;
    use crate::catalogue::Operation;
    use crate::catalogue::rate::InputValue;

    /// What every field of this operation holds. A list of options has a value just as an input has.
    pub fn typed(operation: &Operation) -> Typed {
        let mut typed = Typed::new();
        let field = |name: &str| -> Option<HtmlInputElement> {
            let found = document().get_element_by_id(&format!("{}-{name}", operation.code))?;
            Some(found.unchecked_into())
        };
        for choice in &operation.choices {
            let chosen = if choice.compare {
                let is_checked = |code: &str| {
                    field(&format!("{}-{code}", choice.name)).is_some_and(|radio| radio.checked())
                };
                let value = choice.values.iter().find(|value| is_checked(&value.code));
                value.map(|value| value.code.clone())
            } else {
                field(&choice.name).map(|list| list.value())
            };
            typed.extend(chosen.map(|code| (choice.name.clone(), InputValue::from(code))));
        }
        for quantity in &operation.quantities {
            let number = field(&quantity.name).map(|input| input.value());
            typed.extend(number.map(|number| (quantity.name.clone(), InputValue::from(number))));
        }
        typed
    }
}
