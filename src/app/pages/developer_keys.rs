//! The part of `/developers` about keys: one row each with what may be done to it, and the form that makes
//! another.

use leptos::prelude::*;

use crate::app::pages::developers::refusal;
use crate::app::pages::members::department_options;
use crate::app::ui::{Empty, Field, Head, Kept, TableCard, Time};
use crate::model::api_keys::{
    ApiKeyLine, CapLine, CapWindow, LONGEST_NAME, SECRET_ISSUED, Scope, Scopes,
};
use crate::model::format::format_credits;
use crate::model::members::DepartmentChoice;

const CREATE: &str = "create_api_key";

/// The keys that work.
pub fn keys(keys: Vec<ApiKeyLine>, form_key: &str) -> impl IntoView + use<> {
    if keys.is_empty() {
        return view! {
            <section class="card">
                <Empty title="No API keys yet"><p>"Make the first below. Its secret is shown once."</p></Empty>
            </section>
        }
        .into_any();
    }
    let form_key = form_key.to_owned();
    let cards = keys.into_iter().map(|key| card(key, &form_key)).collect_view();
    view! {
        <section aria-labelledby="keys-heading" class="stack tight">
            <h2 id="keys-heading">"Keys"</h2>
            {cards}
        </section>
    }
    .into_any()
}

fn card(key: ApiKeyLine, form_key: &str) -> impl IntoView + use<> {
    let last_used = match key.last_used.clone() {
        Some(at) => view! { <Time at/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    let overlap = key.overlap.clone().map(|at| {
        view! { <dt>"Secret before"</dt><dd>"works until " <Time at/></dd> }
    });
    let paid_by =
        key.department.clone().unwrap_or_else(|| "whatever each request names".to_owned());
    view! {
        <article class="card" data-key=key.id.clone()>
            <header>
                <h3>{key.name.clone()}</h3>
                <span class="row">{badges(&key.scopes)}</span>
            </header>
            <dl class="facts">
                <dt>"Secret"</dt><dd><code>{key.prefix.clone()}"…"</code></dd>
                <dt>"Id"</dt><dd><code>{key.id.clone()}</code></dd>
                {overlap}
                <dt>"Charged to"</dt><dd>{paid_by}</dd>
                <dt>"Limit"</dt><dd data-fact="cap">{cap_words(key.cap.as_ref())}</dd>
                <dt>"Last used"</dt><dd data-fact="last-used">{last_used}</dd>
                <dt>"Made"</dt><dd><Time at=key.created.clone() day_only=true/> " by " {key.created_by.clone()}</dd>
            </dl>
            <div class="row after">
                {rotation(&key)}
                {cap_form(&key, form_key)}
                {revocation(&key)}
            </div>
        </article>
    }
}

fn badges(scopes: &Scopes) -> impl IntoView + use<> {
    let badge = |scope: Scope| {
        let class = if scope == Scope::Grant { "badge warn" } else { "badge" };
        view! { <span class=class title=scope.description()>{scope.as_str()}</span> }
    };
    scopes.iter().map(badge).collect_view()
}

fn cap_words(cap: Option<&CapLine>) -> String {
    match cap {
        None => "None of its own".to_owned(),
        Some(cap) => format!(
            "{} of {} {}",
            format_credits(cap.used),
            format_credits(cap.limit),
            cap.window.label()
        ),
    }
}

fn rotation(key: &ApiKeyLine) -> impl IntoView + use<> {
    let id = format!("overlap-{}", key.id);
    view! {
        <details>
            <summary class="button small">"Rotate"</summary>
            <form class="inline-form after" method="post" action="/api/rotate_api_key">
                <input type="hidden" name="id" value=key.id.clone()/>
                <input type="hidden" name="rotation" value=key.rotation/>
                <div class="field">
                    <label for=id.clone()>"The secret of now works on for"</label>
                    <select id=id name="overlap">
                        <option value="24" selected>"24 hours"</option>
                        <option value="168">"7 days"</option>
                        <option value="1">"1 hour"</option>
                        <option value="0">"not at all"</option>
                    </select>
                </div>
                <button class="button small primary" aria-label=format!("Rotate {}", key.name)>"Make a new secret"</button>
            </form>
        </details>
    }
}

fn cap_form(key: &ApiKeyLine, form_key: &str) -> impl IntoView + use<> {
    let (id, window_id) = (format!("cap-{}", key.id), format!("window-{}", key.id));
    let limit = key.cap.as_ref().map(|cap| cap.limit.to_string()).unwrap_or_default();
    let window = key.cap.as_ref().map_or(CapWindow::Month, |cap| cap.window);
    let kept = Kept::of("set_api_key_cap");
    let kept = if kept.value("id", "") == key.id { kept } else { Kept::default() };
    view! {
        <details open=kept.problem().is_some()>
            <summary class="button small">"Limit"</summary>
            <form class="inline-form after" method="post" action="/api/set_api_key_cap">
                <input type="hidden" name="id" value=key.id.clone()/>
                <input type="hidden" name="form_key" value=form_key.to_owned()/>
                <div class="field">
                    <label for=id.clone()>"Credits it may spend; empty for no limit"</label>
                    <input id=id name="cap" inputmode="decimal" value=kept.value("cap", &limit)/>
                </div>
                <div class="field">
                    <label for=window_id.clone()>"Within"</label>
                    <select id=window_id name="window">{window_options(window)}</select>
                </div>
                <button class="button small primary" aria-label=format!("Save the limit of {}", key.name)>"Save"</button>
            </form>
        </details>
    }
}

fn window_options(chosen: CapWindow) -> impl IntoView {
    CapWindow::ALL
        .map(|window| {
            view! { <option value=window.as_str() selected=window == chosen>{window.label()}</option> }
        })
        .collect_view()
}

/// Asks for the key's name before it ends it, without a script.
fn revocation(key: &ApiKeyLine) -> impl IntoView + use<> {
    let id = format!("revoke-{}", key.id);
    let kept = Kept::of("revoke_api_key");
    let is_open = kept.problem().is_some() && kept.value("id", "") == key.id;
    view! {
        <details open=is_open>
            <summary class="button small danger">"Revoke"</summary>
            <form class="inline-form after" method="post" action="/api/revoke_api_key">
                <input type="hidden" name="id" value=key.id.clone()/>
                <div class="field">
                    <label for=id.clone()>"It stops working at once. Type its name, " <span class="strong">{key.name.clone()}</span></label>
                    <input id=id name="name" required autocomplete="off"/>
                </div>
                <button class="button small danger">{format!("Revoke {}", key.name)}</button>
            </form>
        </details>
    }
}

/// Makes another key.
#[component]
pub fn CreateForm(
    scopes: Vec<Scope>,
    departments: Vec<DepartmentChoice>,
    form_key: String,
) -> impl IntoView {
    let kept = Kept::of(CREATE);
    let is_issued = kept.problem().is_some_and(|one| one.code == SECRET_ISSUED);
    let kept = if is_issued { Kept::default() } else { kept };
    let is_fresh = kept.problem().is_none();
    let boxes = scopes
        .into_iter()
        .map(|scope| {
            let name = scope.as_str();
            let usual = is_fresh && matches!(scope, Scope::Read | Scope::Spend);
            let checked = usual || !kept.value(name, "").is_empty();
            view! {
                <label class="check">
                    <input type="checkbox" name=name value="yes" checked=checked/>
                    <span><span class="strong">{name}</span> <span class="soft">": " {scope.description()}</span></span>
                </label>
            }
        })
        .collect_view();
    let department = kept.value("department", "");
    let window: CapWindow = kept.value("window", "").parse().unwrap_or(CapWindow::Month);
    let scopes_wrong = kept.message("scopes");
    let scopes_invalid = scopes_wrong.is_some().then_some("true");
    let cap_wrong = kept.message("cap");
    view! {
        <section class="card" aria-labelledby="create-heading">
            <header><h2 id="create-heading">"Make a key"</h2></header>
            {refusal(CREATE)}
            <form method="post" action="/api/create_api_key" class="stack tight">
                <input type="hidden" name="form_key" value=form_key/>
                <Field label="Name" name="name" kept=kept.clone() max_length={LONGEST_NAME as u32} hint="What uses it: \"Image worker\", \"Staging\"." autocomplete="off"/>
                <fieldset class="field" aria-invalid=scopes_invalid>
                    <legend>"It may"</legend>
                    {boxes}
                    {scopes_wrong.map(|message| view! { <span class="wrong">{message}</span> })}
                </fieldset>
                <div class="columns">
                    <div class="field">
                        <label for="department">"Charged to"</label>
                        <select id="department" name="department">{department_options(&departments, &department)}</select>
                        <span class="hint">"None: each request may name a department."</span>
                    </div>
                    <div class="field">
                        <label for="cap">"Limit in credits"</label>
                        <input id="cap" name="cap" inputmode="decimal" value=kept.value("cap", "")
                            aria-invalid=cap_wrong.is_some().then_some("true")/>
                        {cap_wrong.map(|message| view! { <span class="wrong">{message}</span> })}
                        <span class="hint">"Empty: no limit of its own."</span>
                    </div>
                    <div class="field">
                        <label for="window">"Within"</label>
                        <select id="window" name="window">{window_options(window)}</select>
                    </div>
                </div>
                <p><button class="button primary">"Make the key"</button></p>
            </form>
        </section>
    }
}

/// The keys that were ended; their history stays.
pub fn revoked(keys: Vec<ApiKeyLine>) -> impl IntoView {
    (!keys.is_empty()).then(|| {
        let columns = vec![
            Head::Text("Name"),
            Head::Text("Secret"),
            Head::Text("Last used"),
            Head::Text("Revoked"),
        ];
        let rows: Vec<_> = keys.into_iter().map(revoked_row).collect();
        view! { <TableCard heading="Revoked" order="newest first" columns rows none="No key was revoked."/> }
    })
}

fn revoked_row(key: ApiKeyLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{key.name}</th>
            <td data-label="Secret"><code>{key.prefix}"…"</code></td>
            <td data-label="Last used">{key.last_used.map(|at| view! { <Time at/> })}</td>
            <td data-label="Revoked">{key.revoked.map(|at| view! { <Time at/> })}</td>
        </tr>
    }
}
