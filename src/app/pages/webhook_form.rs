//! What the forms of a webhook share: its fields, its refusals, and the secret that is shown once.

use leptos::prelude::*;

use crate::app::ui::{Field, FormProblem, Kept};
use crate::model::webhooks::{EventKind, Kinds, LONGEST_NAME, LONGEST_URL, SECRET_ISSUED};

/// The boxes of the kinds of events, which are sent as a list.
const KINDS: &str = "kinds[]";

/// What the fields show before anybody has typed.
#[derive(Clone, Debug)]
pub struct Start {
    pub name: String,
    pub url: String,
    pub kinds: Kinds,
}

impl Start {
    /// For an endpoint that is not there yet.
    pub fn new_one() -> Self {
        Start { name: String::new(), url: String::new(), kinds: Kinds::Everything }
    }
}

/// Name, address and kinds of events.
pub fn fields(kept: Kept, start: Start, private_allowed: bool) -> impl IntoView {
    let hint = if private_allowed {
        "This installation also sends by http and into its own network."
    } else {
        "https, reachable from the internet. Redirects are not followed."
    };
    view! {
        <div class="columns">
            <Field label="Name" name="name" kept=kept.clone() start=start.name max_length={LONGEST_NAME as u32} hint="Who listens: \"Image worker\", \"Billing\"." autocomplete="off"/>
            <Field label="Address" name="url" kind="url" kept=kept.clone() start=start.url max_length={LONGEST_URL as u32} hint autocomplete="off"/>
        </div>
        {kinds(kept, start.kinds)}
    }
}

fn kinds(kept: Kept, start: Kinds) -> impl IntoView {
    let is_fresh = kept.problem().is_none();
    let everything = match is_fresh {
        true => start == Kinds::Everything,
        false => kept.chose("everything", "yes"),
    };
    let wrong = kept.message("kinds");
    let invalid = wrong.is_some().then_some("true");
    let boxes = EventKind::ALL
        .map(|kind| {
            let name = kind.as_str();
            let chosen = matches!(&start, Kinds::Chosen(kinds) if kinds.contains(&kind));
            let checked = if is_fresh { chosen } else { kept.chose(KINDS, name) };
            view! {
                <label class="check">
                    <input type="checkbox" name=KINDS value=name checked=checked/>
                    <span><code>{name}</code> <span class="soft small block">{kind.sentence()}</span></span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" id="kinds" tabindex="-1" aria-invalid=invalid>
            <legend>"Told of"</legend>
            <label class="check">
                <input type="checkbox" name="everything" value="yes" checked=everything/>
                <span><span class="strong">"Everything"</span> <span class="soft">", kinds to come among it"</span></span>
            </label>
            <details class="reveal" open=!everything>
                <summary>"Only some kinds"</summary>
                <p class="soft small after">"Untick Everything, and choose:"</p>
                <div class="kinds after">{boxes}</div>
            </details>
            {wrong.map(|message| view! { <span class="wrong">{message}</span> })}
        </fieldset>
    }
}

/// The secret that was made just now by `function`: it is shown here and never again.
pub fn secret(function: &'static str) -> impl IntoView {
    let issued = Kept::of(function).problem().filter(|one| one.code == SECRET_ISSUED).cloned()?;
    let secret = issued.numbers.get("secret").cloned().unwrap_or_default();
    Some(view! {
        <div class="banner good" role="status">
            <div>
                <p class="strong">{issued.title}</p>
                <p>{issued.detail}</p>
                <p class="secret"><code data-testid="webhook-secret">{secret}</code></p>
                <p class="small soft">"Your program verifies with it that an event comes from here: " <a href="/developers/guide#webhooks">"how"</a> "."</p>
            </div>
        </div>
    })
}

/// A refusal of `function`; an issued secret is none.
pub fn refusal(function: &'static str) -> impl IntoView {
    let issued = Kept::of(function).problem().is_some_and(|one| one.code == SECRET_ISSUED);
    (!issued).then(|| view! { <FormProblem function/> })
}
