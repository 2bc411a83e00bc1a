//! Form fields that show again what was typed, and what was wrong with it, after a refusal.

use leptos::prelude::*;

use crate::model::page_request::FormReply;
use crate::model::{PageRequest, Problem};

/// The reply to the form that posts to `function`, when this page answers one.
pub fn reply_to(function: &str) -> Option<FormReply> {
    let reply = use_context::<PageRequest>()?.reply?;
    (reply.function == function).then_some(reply)
}

/// What a form's fields show: what was typed before a refusal, else what they start with.
#[derive(Clone, Debug, Default)]
pub struct Kept(Option<FormReply>);

impl Kept {
    /// For the form that posts to `function`. Call it while the page renders.
    pub fn of(function: &str) -> Self {
        Kept(reply_to(function))
    }

    /// What was typed into `field`, else `start`.
    pub fn value(&self, field: &str, start: &str) -> String {
        let typed = self.0.as_ref().and_then(|reply| reply.value(field));
        typed.unwrap_or(start).to_owned()
    }

    /// Whether `value` was among what was chosen for `field`, of which there may be several.
    pub fn chose(&self, field: &str, value: &str) -> bool {
        let values = self.0.iter().flat_map(|reply| &reply.values);
        values.into_iter().any(|(name, chosen)| name == field && chosen == value)
    }

    /// What was wrong with `field`.
    pub fn message(&self, field: &str) -> Option<String> {
        let problem = self.problem()?;
        problem.message_for(field).map(str::to_owned)
    }

    /// Why the form was refused.
    pub fn problem(&self) -> Option<&Problem> {
        self.0.as_ref().map(|reply| &reply.problem)
    }
}

/// Why the form that posts to `function` was refused; nothing when it was not.
#[component]
pub fn FormProblem(#[prop(into)] function: String) -> impl IntoView {
    Kept::of(&function).problem().cloned().map(|problem| {
        let rows = problem
            .fields
            .iter()
            .filter(|wrong| problem.fields.len() > 1 || wrong.message != problem.detail)
            .map(|wrong| view! { <li><a href=format!("#{}", wrong.field)>{wrong.message.clone()}</a></li> })
            .collect_view();
        let reference = problem.reference.clone();
        view! {
            <div class="banner bad" role="alert" tabindex="-1">
                <div>
                    <p class="strong">{problem.title.clone()}</p>
                    <p>{problem.detail.clone()}</p>
                    {(problem.fields.len() > 1).then(|| view! { <ul>{rows}</ul> })}
                    {problem.cure.clone().map(|cure| view! { <p>{cure}</p> })}
                    {reference.map(|text| view! { <p class="small soft">"Reference " <code>{text}</code></p> })}
                </div>
            </div>
        }
    })
}

/// A labelled input. `kept` brings back what was typed; `kind` is the input's type.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    kept: Kept,
    #[prop(into, default = "text".to_owned())] kind: String,
    #[prop(into, optional)] start: String,
    #[prop(into, optional)] hint: String,
    #[prop(into, optional)] autocomplete: String,
    #[prop(default = true)] required: bool,
    #[prop(optional)] max_length: Option<u32>,
) -> impl IntoView {
    let wrong = kept.message(&name);
    let value = if kind == "password" { String::new() } else { kept.value(&name, &start) };
    let described = described_by(&name, !hint.is_empty(), wrong.is_some());
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <input id=name.clone() name=name.clone() type=kind value=value required=required
                maxlength=max_length autocomplete=(!autocomplete.is_empty()).then_some(autocomplete)
                aria-invalid=wrong.is_some().then_some("true") aria-describedby=described/>
            {(!hint.is_empty()).then(|| view! { <span class="hint" id=format!("{name}-hint")>{hint.clone()}</span> })}
            {wrong.map(|message| view! { <span class="wrong" id=format!("{name}-wrong")>{message}</span> })}
        </div>
    }
}

/// The ids that describe an input, for `aria-describedby`.
pub fn described_by(name: &str, hint: bool, wrong: bool) -> Option<String> {
    let ids: Vec<String> = [(hint, "hint"), (wrong, "wrong")]
        .into_iter()
        .filter(|(there, _)| *there)
        .map(|(_, what)| format!("{name}-{what}"))
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}
