//! `/credits/codes`: redeeming a code, and inviting other organisations where that is rewarded.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::ui::{Field, FormProblem, Head, Kept, PageHead, TableCard, Time};
use crate::model::format::{count_phrase, credits_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::promotions::{CodesPage, Invitation, Programme, RedeemedCode, ReferralLine};
use crate::server_fns::promotions::load_codes;

/// The page, with `?code=` filled in.
pub fn page() -> impl IntoView {
    layout::page("Codes and invitations", load_codes, show)
}

fn show(page: CodesPage, _frame: &Frame) -> impl IntoView + use<> {
    view! {
        <PageHead title="Codes and invitations" lede="Credits that cost nothing: redeem a code, or bring another organisation.">
            <a class="button" href="/settings/billing">"Billing"</a>
        </PageHead>
        <FormProblem function="redeem_code"/>
        <div class="stack">
            <div class="columns">
                {redeem(page.brought)}
                {page.invitation.clone().map(invite)}
            </div>
            {redeemed(page.redeemed)}
            {page.invitation.map(|invitation| brought(invitation.brought))}
        </div>
    }
}

fn redeem(came_by: Option<ReferralLine>) -> impl IntoView {
    let asked = use_query_map().read_untracked().get("code").unwrap_or_default();
    let came_by = came_by.map(|line| {
        view! {
            <p class="banner after" data-testid="came-by"><span>
                {format!("You were invited by {}. ", line.inviter_name)} {line.state}
                {(!line.is_rewarded && line.invited_credits.is_positive())
                    .then(|| format!(": {} for you.", credits_phrase(line.invited_credits)))}
            </span></p>
        }
    });
    view! {
        <section class="card" aria-labelledby="redeem-heading">
            <header><h2 id="redeem-heading">"Redeem a code"</h2></header>
            <form method="post" action="/api/redeem_code">
                <Field label="Code" name="code" kept=Kept::of("redeem_code") start=asked max_length=60
                    hint="Of a campaign, or of an organisation that invited you. Each is redeemed once."/>
                <p class="after"><button class="button primary">"Redeem"</button></p>
            </form>
            {came_by}
        </section>
    }
}

fn invite(invitation: Invitation) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="invite-heading">
            <header><h2 id="invite-heading">"Invite another organisation"</h2></header>
            <p>{promise(&invitation.programme)}</p>
            <dl class="facts after">
                <dt>"Your code"</dt><dd><code data-testid="invitation-code">{invitation.code}</code></dd>
                <dt>"Link to it"</dt><dd><code class="hash">{invitation.link}</code></dd>
            </dl>
        </section>
    }
}

/// What both get and when, in words.
pub fn promise(programme: &Programme) -> String {
    let gets = |credits: crate::ledger::Credits| match credits.is_positive() {
        true => credits_phrase(credits),
        false => "nothing".to_owned(),
    };
    format!(
        "You get {}, and they get {} ({}), {} after their first payment. They redeem your code within {} of \
         their beginning. If that payment goes back, so do the credits.",
        gets(programme.inviter_credits),
        gets(programme.invited_credits),
        programme.validity,
        count_phrase(programme.hold_days, "day", "days"),
        count_phrase(programme.within_days, "day", "days")
    )
}

fn redeemed(codes: Vec<RedeemedCode>) -> impl IntoView {
    let columns = vec![
        Head::Text("Code"),
        Head::Number("Credits"),
        Head::Text("Expires"),
        Head::Text("Redeemed"),
    ];
    let row = |code: RedeemedCode| {
        let expires = match code.expires {
            Some(at) => view! { <Time at day_only=true/> }.into_any(),
            None => view! { <span class="soft">"Never"</span> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row"><code class="nowrap">{code.code}</code></th>
                <td class="number" data-label="Credits">{format_credits(code.credits)}</td>
                <td data-label="Expires">{expires}</td>
                <td data-label="Redeemed"><Time at=code.at/></td>
            </tr>
        }
    };
    let rows: Vec<_> = codes.into_iter().map(row).collect();
    let none = "No code was redeemed yet.";
    view! { <TableCard heading="Redeemed" order="newest first" columns rows none/> }
}

fn brought(lines: Vec<ReferralLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Organisation"),
        Head::Number("Your credits"),
        Head::Text("How it stands"),
        Head::Text("Came"),
    ];
    let row = |line: ReferralLine| {
        view! {
            <tr>
                <th scope="row">{line.invited_name}</th>
                <td class="number" data-label="Your credits">{format_credits(line.inviter_credits)}</td>
                <td data-label="How it stands">{line.state}</td>
                <td data-label="Came"><Time at=line.begun day_only=true/></td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "Nobody has come by your invitation yet.";
    view! { <TableCard heading="Whom you brought" order="newest first" columns rows none/> }
}
