//! The form on *Billing* in which admins say who is billed. When somebody else has saved in between, it
//! shows both.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::ui::field::described_by;
use crate::app::ui::{Field, FormProblem, Head, Kept, Table, Time};
use crate::model::billing_details::{
    BillingDetails, BillingDetailsView, LONGEST_EMAIL, LONGEST_LINE, LONGEST_POSTCODE,
    LONGEST_TAX_ID,
};
use crate::model::countries::{COUNTRIES, country_name};

const FUNCTION: &str = "save_billing_details";
/// The problem's code when somebody else has saved in between.
const CHANGED: &str = "billing_details_changed";

/// The section.
pub fn section(view: BillingDetailsView) -> impl IntoView {
    let kept = Kept::of(FUNCTION);
    let changed = kept.problem().is_some_and(|problem| problem.code == CHANGED);
    let both = changed.then(|| both(&kept, &view));
    let was_saved = use_query_map().read_untracked().get("saved").as_deref() == Some("details");
    let saved = (was_saved && kept.problem().is_none()).then(|| {
        view! { <p class="banner good after" role="status">"Saved. The next receipts and invoices carry these details."</p> }
    });
    let last = view.saved.clone().map(|saved| {
        view! { <p class="soft small">"Last changed by " {saved.by} ", " <Time at=saved.at/></p> }
    });
    view! {
        <section class="card after" id="billing-details" aria-labelledby="billing-details-heading">
            <header>
                <h2 id="billing-details-heading">"Billing details"</h2>
                {last}
            </header>
            <p class="soft">"Who receipts and invoices are made out to. A document that is written already stays as it is."</p>
            {saved}
            {view.problem.clone().map(not_taken)}
            <FormProblem function=FUNCTION/>
            {both}
            <form method="post" action=format!("/api/{FUNCTION}") class="after">
                <input type="hidden" name="version" value=view.version.to_string()/>
                {fields(&kept, &view.details)}
                <p class="after"><button class="button primary" type="submit">"Save billing details"</button></p>
            </form>
        </section>
    }
}

fn not_taken(problem: String) -> impl IntoView {
    view! {
        <p class="banner after" data-testid="details-problem">
            {format!("The payment provider did not take all of this: {problem} Documents written here carry it all the same; taxes are reckoned without it.")}
        </p>
    }
}

fn fields(kept: &Kept, details: &BillingDetails) -> impl IntoView + use<> {
    let kept = || kept.clone();
    let (name, email, line1) = (details.name.clone(), details.email.clone(), details.line1.clone());
    let (line2, postcode, city) =
        (details.line2.clone(), details.postcode.clone(), details.city.clone());
    let tax_id = details.tax_id.clone();
    view! {
        <div class="columns">
            <div>
                <Field label="Name" name="name" kept=kept() start=name autocomplete="organization" max_length=most(LONGEST_LINE)/>
                <Field label="E-mail for invoices" name="email" kind="email" kept=kept() start=email required=false autocomplete="email" max_length=most(LONGEST_EMAIL)/>
                <Field label="Tax id" name="tax_id" kept=kept() start=tax_id required=false max_length=most(LONGEST_TAX_ID)
                    hint="VAT number, EIN, GST number or the like"/>
            </div>
            <div>
                <Field label="Address" name="line1" kept=kept() start=line1 autocomplete="address-line1" max_length=most(LONGEST_LINE)/>
                <Field label="Address, second line" name="line2" kept=kept() start=line2 required=false autocomplete="address-line2" max_length=most(LONGEST_LINE)/>
                <Field label="Postcode" name="postcode" kept=kept() start=postcode required=false autocomplete="postal-code" max_length=most(LONGEST_POSTCODE)/>
                <Field label="City" name="city" kept=kept() start=city autocomplete="address-level2" max_length=most(LONGEST_LINE)/>
                {country(&kept(), &details.country)}
            </div>
        </div>
    }
}

fn most(characters: usize) -> u32 {
    u32::try_from(characters).unwrap_or(u32::MAX)
}

fn country(kept: &Kept, start: &str) -> impl IntoView + use<> {
    let chosen = kept.value("country", start);
    let wrong = kept.message("country");
    let described = described_by("country", false, wrong.is_some());
    let options = COUNTRIES
        .map(|(code, name)| view! { <option value=code selected=code == chosen>{name}</option> })
        .collect_view();
    view! {
        <div class="field">
            <label for="country">"Country"</label>
            <select id="country" name="country" required autocomplete="country"
                aria-invalid=wrong.is_some().then_some("true") aria-describedby=described>
                <option value="">"Choose…"</option>
                {options}
            </select>
            {wrong.map(|message| view! { <span class="wrong" id="country-wrong">{message}</span> })}
        </div>
    }
}

/// What was typed and what is saved now, field by field where they differ.
fn both(kept: &Kept, view: &BillingDetailsView) -> impl IntoView + use<> {
    let shown = |name: &str, value: &str| match (name, country_name(value)) {
        ("country", Some(country)) => country.to_owned(),
        _ if value.is_empty() => "–".to_owned(),
        _ => value.to_owned(),
    };
    let rows = view
        .details
        .fields()
        .into_iter()
        .map(|(name, label, saved)| (name, label, kept.value(name, ""), saved))
        .filter(|(_, _, typed, saved)| typed.trim() != *saved)
        .map(|(name, label, typed, saved)| {
            view! {
                <tr>
                    <th scope="row">{label}</th>
                    <td data-label="Yours">{shown(name, &typed)}</td>
                    <td data-label="Saved meanwhile">{shown(name, saved)}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![Head::Text("Field"), Head::Text("Yours"), Head::Text("Saved meanwhile")];
    let who = view.saved.clone().map(|saved| {
        view! { <p class="small">"Saved meanwhile by " {saved.by} ", " <Time at=saved.at/></p> }
    });
    view! {
        <div data-testid="both">
            {who}
            <Table label="Yours and what was saved meanwhile" caption="What differs" columns>{rows}</Table>
        </div>
    }
}
