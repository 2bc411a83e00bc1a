//! `/admin/promotions`: campaigns with their codes, referrals, and what the catalogue gives by itself.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::ui::{Field, FormProblem, Head, Kept, PageHead, TableCard, Time};
use crate::model::format::{count_phrase, format_credits, grouped};
use crate::model::frame::Frame;
use crate::model::promotions::{CampaignLine, Programme, PromotionsPage, ReferralLine};
use crate::server_fns::promotions::load_promotions;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Promotions", load_promotions, show)
}

fn show(page: PromotionsPage, _frame: &Frame) -> impl IntoView + use<> {
    let (programme, trial) = (page.programme.clone(), page.trial.clone());
    view! {
        <PageHead title="Promotions" lede="Codes that bring credits, and organisations that bring others."/>
        <FormProblem function="create_campaign"/>
        <FormProblem function="end_campaign"/>
        <div class="stack">
            {campaigns(page.campaigns)}
            {new_campaign(&page.form_key)}
            {referrals(page.referrals)}
            {standing(programme, trial)}
        </div>
    }
}

fn campaigns(lines: Vec<CampaignLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Code"),
        Head::Text("For"),
        Head::Number("Credits"),
        Head::Text("May be spent"),
        Head::Number("Redeemed"),
        Head::Text("From"),
        Head::Text("Until"),
        Head::Text("State"),
        Head::Text("Switch"),
    ];
    let rows: Vec<_> = lines.into_iter().map(campaign).collect();
    let none = "There is no campaign yet.";
    view! { <TableCard heading="Campaigns" order="newest first" columns rows none/> }
}

fn campaign(line: CampaignLine) -> impl IntoView {
    let uses = match line.most_uses {
        Some(most) => format!("{} of {}", grouped(line.uses), grouped(most)),
        None => grouped(line.uses),
    };
    let class = if line.is_on { "badge good" } else { "badge" };
    let code = line.code.clone();
    let switch = line.is_on.then(|| {
        view! {
            <form method="post" action="/api/end_campaign">
                <input type="hidden" name="code" value=code/>
                <button class="button small danger nowrap">"Switch off"</button>
            </form>
        }
    });
    let until = match line.until {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        None => view! { <span class="soft nowrap">"No end"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><code class="nowrap">{line.code}</code></th>
            <td data-label="For">{line.name}</td>
            <td class="number" data-label="Credits">{format_credits(line.credits)}</td>
            <td data-label="May be spent">{line.validity}</td>
            <td class="number" data-label="Redeemed">{uses}</td>
            <td data-label="From"><Time at=line.from day_only=true/></td>
            <td data-label="Until">{until}</td>
            <td data-label="State"><span class=class>{line.state}</span></td>
            <td data-label="Switch">{switch}</td>
        </tr>
    }
}

fn new_campaign(form_key: &str) -> impl IntoView + use<> {
    let kept = Kept::of("create_campaign");
    let form_key = kept.value("form_key", form_key);
    view! {
        <section class="card" aria-labelledby="campaign-heading">
            <header><h2 id="campaign-heading">"Begin a campaign"</h2></header>
            <form method="post" action="/api/create_campaign">
                <input type="hidden" name="form_key" value=form_key/>
                <div class="columns">
                <Field label="Code" name="code" kept=kept.clone() max_length=40 hint="Such as SPRING-27. Every organisation may redeem it once."/>
                <Field label="What it is for" name="name" kept=kept.clone() max_length=80/>
                <Field label="Credits" name="credits" kept=kept.clone() max_length=24/>
                <Field label="Days they may be spent" name="valid_days" kept=kept.clone() required=false max_length=6 hint="Empty for credits that never expire."/>
                <Field label="Most uses" name="most_uses" kept=kept.clone() required=false max_length=9 hint="Empty for no limit."/>
                <Field label="First day" name="valid_from" kind="date" kept=kept.clone() required=false hint="Empty for at once."/>
                <Field label="Last day" name="valid_until" kind="date" kept=kept required=false hint="Empty for no end."/>
                </div>
                <p class="after"><button class="button primary">"Begin"</button></p>
            </form>
        </section>
    }
}

fn standing(programme: Option<Programme>, trial: Option<String>) -> impl IntoView {
    let referral = match programme {
        None => view! { <dd class="soft">"Nothing"</dd> }.into_any(),
        Some(terms) => {
            let words = format!(
                "{} for who invites and {} for who is invited ({}), {} after the first payment",
                format_credits(terms.inviter_credits),
                format_credits(terms.invited_credits),
                terms.validity,
                count_phrase(terms.hold_days, "day", "days")
            );
            view! { <dd>{words}</dd> }.into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby="standing-heading">
            <header><h2 id="standing-heading">"What the catalogue gives"</h2></header>
            <dl class="facts">
                <dt>"To begin with"</dt><dd>{trial.unwrap_or_else(|| "Nothing".to_owned())}</dd>
                <dt>"For bringing another"</dt>{referral}
            </dl>
        </section>
    }
}

fn referrals(lines: Vec<ReferralLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Invited"),
        Head::Text("By"),
        Head::Number("Invited gets"),
        Head::Number("Inviter gets"),
        Head::Text("How it stands"),
        Head::Text("Came"),
    ];
    let row = |line: ReferralLine| {
        let invited = format!("/admin/organisations/{}", line.invited);
        let inviter = format!("/admin/organisations/{}", line.inviter);
        view! {
            <tr>
                <th scope="row"><a href=invited>{line.invited_name}</a></th>
                <td data-label="By"><a href=inviter>{line.inviter_name}</a></td>
                <td class="number" data-label="Invited gets">{format_credits(line.invited_credits)}</td>
                <td class="number" data-label="Inviter gets">{format_credits(line.inviter_credits)}</td>
                <td data-label="How it stands">{line.state}</td>
                <td data-label="Came"><Time at=line.begun day_only=true/></td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "Nobody was brought by another organisation yet.";
    view! { <TableCard heading="Referrals" order="newest first" columns rows none/> }
}
