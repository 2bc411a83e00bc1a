//! *Buy credits*: the packs as radio cards, who pays, what will be there afterwards, one button.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::own_amount;
use crate::app::ui::{Empty, FormProblem, Kept, PageHead};
use crate::catalogue::OWN_AMOUNT_CODE;
use crate::model::billing::{BuyView, PackOffer, PriceTax, PurchaseView};
use crate::model::format::{credits_phrase, format_credits, format_money};
use crate::model::frame::Frame;
use crate::server_fns::billing::load_buy;

/// `/credits/buy`, with `?pack=` to choose one, `?credits=` for an own number of them, and `?cancelled=`
/// for who came back without paying.
pub fn page() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let own = query.get("update").map(|_| OWN_AMOUNT_CODE.to_owned());
    let (pack, credits) = (own.or_else(|| query.get("pack")), query.get("credits"));
    let cancelled = query.get("cancelled");
    let load = move || load_buy(pack.clone(), credits.clone(), cancelled.clone());
    layout::page("Buy credits", load, show)
}

fn show(view: BuyView, frame: &Frame) -> impl IntoView + use<> {
    let lede = "Bought credits go to the whole organisation's balance.";
    let charged = frame.viewer.organisation_name.clone();
    let buyer = format!("{} ({})", frame.viewer.name, frame.viewer.email);
    let available = frame.balance.as_ref().map(|balance| balance.view.available);
    let kept = Kept::of("buy_pack");
    let chosen = kept.value("pack", view.chosen.as_deref().unwrap_or_default());
    let form_key = kept.value("form_key", &view.form_key);
    let cards =
        view.packs.iter().map(|offer| card(offer, &chosen, available, view.tax)).collect_view();
    let own = view.own_amount.as_ref();
    let own = own.map(|offer| own_amount::card(offer, &view.packs, &chosen, &kept, available));
    view! {
        <PageHead title="Buy credits" lede/>
        {view.test.then(test_banner)}
        {view.cancelled.as_ref().map(came_back)}
        <FormProblem function="buy_pack"/>
        {if view.packs.is_empty() && view.own_amount.is_none() {
            view! {
                <Empty title="No packs are for sale here">
                    <p>"Whoever runs this installation adds packs to its catalogue."</p>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <form method="post" action="/api/buy_pack" class="stack">
                    <input type="hidden" name="form_key" value=form_key/>
                    <fieldset>
                        <legend class="legend strong">"Choose a pack"</legend>
                        <div class="packs">{cards} {own}</div>
                    </fieldset>
                    {summary(charged, buyer, available, view.tax)}
                    <div class="row">
                        <button class="button primary" type="submit">"Continue to payment"</button>
                        <a class="button quiet" href="/credits">"Back to credits"</a>
                    </div>
                    <p class="small soft">
                        "You pay on Stripe's page; Scrip never sees your card. Nothing is charged before you confirm there, and the credits are added once, when the payment has arrived."
                    </p>
                </form>
            }
            .into_any()
        }}
    }
}

fn card(
    offer: &PackOffer,
    chosen: &str,
    available: Option<crate::ledger::Credits>,
    tax: PriceTax,
) -> impl IntoView + use<> {
    let plus_tax = tax.beside_a_price();
    let afterwards = available.and_then(|now| now.checked_add(offer.credits));
    let price = format_money(&offer.price);
    view! {
        <label class="pack">
            <input type="radio" name="pack" value=offer.code.clone() checked=offer.code == chosen required=true/>
            <span class="strong">{offer.name.clone()}</span>
            <span class="figure medium">{format_credits(offer.credits)}<span class="unit">"credits"</span></span>
            <span class="strong">{price} {plus_tax.map(|words| view! { <span class="small soft">" " {words}</span> })}</span>
            <span class="small soft">{offer.credit_price.clone()} " per credit"</span>
            {offer.saving.clone().map(|saving| view! {
                <span class="row"><span class="badge good">"Saves " {saving}</span></span>
            })}
            {offer.recommended.then(|| view! { <span class="row"><span class="badge info">"Suits most teams"</span></span> })}
            {offer.tagline.clone().map(|tagline| view! { <span class="small">{tagline}</span> })}
            <span class="small soft">"Credits " {offer.validity.clone()}</span>
            {afterwards.map(|sum| view! {
                <span class="small soft">"Balance afterwards " <b>{format_credits(sum)}</b></span>
            })}
        </label>
    }
}

fn summary(
    charged: String,
    buyer: String,
    available: Option<crate::ledger::Credits>,
    tax: PriceTax,
) -> impl IntoView {
    let now = available.map_or_else(|| "not known right now".to_owned(), credits_phrase);
    view! {
        <section class="card" aria-label="Before you pay">
            <dl class="facts">
                <dt>"Credits go to"</dt><dd>{charged.clone()}</dd>
                <dt>"Available now"</dt><dd>{now}</dd>
                <dt>"Charged"</dt><dd>"The card you enter on the payment page, for " {charged}</dd>
                <dt>"Ordered by"</dt><dd>{buyer}</dd>
                <dt>"Tax"</dt><dd data-testid="price-tax">{tax.sentence()}</dd>
            </dl>
        </section>
    }
}

fn came_back(purchase: &PurchaseView) -> impl IntoView + use<> {
    let pack = purchase.pack_name.clone();
    let again = purchase.pay_at.clone();
    view! {
        <div class="banner" role="status">
            <div>
                <p class="strong">"You came back without paying"</p>
                <p>"Nothing has been charged for “" {pack} "”. It is still chosen below."</p>
                {again.map(|url| view! { <p><a href=url>"Return to the payment page you left"</a></p> })}
            </div>
        </div>
    }
}

/// Every page about money says so while none moves.
pub fn test_banner() -> impl IntoView {
    view! {
        <div class="banner warn" role="note">
            <div>
                <p class="strong">"Test mode: no money moves"</p>
                <p>"Pay with the test card 4242 4242 4242 4242, any future date and any code."</p>
            </div>
        </div>
    }
}
