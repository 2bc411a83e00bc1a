//! The part of `/settings/alerts` with the rules: one form a rule, each saved alone.

use leptos::prelude::*;

use crate::app::ui::field::described_by;
use crate::app::ui::{FormProblem, Kept};
use crate::model::alerts::{RuleKind, RuleView};

/// What a set of rules posts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The organisation's.
    Organisation,
    /// The viewer's own.
    Viewer,
}

impl Owner {
    const fn function(self) -> &'static str {
        match self {
            Owner::Organisation => "save_alert_rule",
            Owner::Viewer => "save_own_alert_rule",
        }
    }
}

/// The rules, one card each.
pub fn rules(rules: Vec<RuleView>, owner: Owner) -> impl IntoView {
    let cards = rules.into_iter().map(|rule| card(rule, owner)).collect_view();
    view! { <div class="cards wide rules">{cards}</div> }
}

/// What the form of this rule was refused with, if it was this one.
fn kept_of(rule: &RuleView, owner: Owner) -> Option<Kept> {
    let kept = Kept::of(owner.function());
    (kept.problem().is_some() && kept.value("kind", "") == rule.kind.as_str()).then_some(kept)
}

fn card(rule: RuleView, owner: Owner) -> impl IntoView {
    let kept = kept_of(&rule, owner);
    let refused = kept.is_some();
    let kind = rule.kind;
    let id = format!("rule-{}", kind.as_str());
    let (mail, in_app) = match &kept {
        Some(kept) => (kept.value("mail", "") == "yes", kept.value("in_app", "") == "yes"),
        None => (rule.mail, rule.in_app),
    };
    let action = format!("/api/{}", owner.function());
    view! {
        <article class="card" id=id.clone() aria-labelledby=format!("{id}-heading")>
            <header><h3 id=format!("{id}-heading")>{kind.title()}</h3></header>
            <p class="soft small">{kind.sentence()}</p>
            {refused.then(|| view! { <div class="after"><FormProblem function=owner.function()/></div> })}
            <form class="stack tight after" method="post" action=action>
                <input type="hidden" name="kind" value=kind.as_str()/>
                <input type="hidden" name="version" value=rule.version.to_string()/>
                {levels(&rule, kept.unwrap_or_default())}
                <div class="row">
                    {check(kind, "mail", "By mail", mail)}
                    {(kind != RuleKind::Payments).then(|| check(kind, "in_app", "In the inbox", in_app))}
                </div>
                <div class="row">
                    <button class="button small" type="submit" aria-label=format!("Save: {}", kind.title())>"Save"</button>
                    {(!mail && !in_app && kind != RuleKind::Payments).then(|| view! { <span class="badge">"Off"</span> })}
                </div>
            </form>
            {rule.past.map(|past| view! { <p class="soft small after" data-testid="past">{past}</p> })}
        </article>
    }
}

fn levels(rule: &RuleView, kept: Kept) -> Option<impl IntoView + use<>> {
    let unit = rule.kind.unit()?;
    let name = format!("levels_{}", rule.kind.as_str());
    let wrong = kept.message(&name);
    let value = kept.value("levels", &rule.levels);
    let described = described_by(&name, false, wrong.is_some());
    Some(view! {
        <div class="field">
            <label for=name.clone()>{unit}</label>
            <input id=name.clone() name="levels" type="text" value=value autocomplete="off" maxlength="80"
                aria-invalid=wrong.is_some().then_some("true") aria-describedby=described/>
            {wrong.map(|message| view! { <span class="wrong" id=format!("{name}-wrong")>{message}</span> })}
        </div>
    })
}

fn check(
    kind: RuleKind,
    name: &'static str,
    label: &'static str,
    is_on: bool,
) -> impl IntoView + use<> {
    let id = format!("{name}-{}", kind.as_str());
    let labelled = id.clone();
    view! {
        <label class="check" for=labelled>
            <input id=id type="checkbox" name=name value="yes" checked=is_on/>
            {label}
        </label>
    }
}
