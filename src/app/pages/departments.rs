//! `/team/departments`: a card for each, and for a superadmin the forms that change them.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::credit_parts::share_bar;
use crate::app::ui::{Empty, Field, FormProblem, Head, Kept, Meter, PageHead, TableCard, Time};
use crate::ledger::Credits;
use crate::model::format::{count_phrase, credits_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::team::{AllotmentChange, DepartmentCard, DepartmentsPage, share_of};
use crate::server_fns::departments::load_departments;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("Departments", load_departments, show)
}

fn show(page: DepartmentsPage, frame: &Frame) -> impl IntoView + use<> {
    let manages = frame.viewer.may(Action::ManageDepartments);
    let key = page.form_key.clone();
    let cards = page
        .cards
        .iter()
        .cloned()
        .map(|one| card(one, page.unallocated, manages.then(|| key.clone())))
        .collect_view();
    let is_empty = page.cards.is_empty();
    let creation = manages.then(|| create(&page.form_key));
    view! {
        <PageHead title="Departments" lede="How the year's allowance is allotted, and how much of it each department has used.">
            <a class="button" href="/team">"Team overview"</a>
        </PageHead>
        {manages.then(problems)}
        <div class="stack">
            {summary(&page)}
            {if is_empty { nothing(manages).into_any() } else { view! { <div class="cards wide">{cards}</div> }.into_any() }}
            {creation}
            {changes(page.changes)}
        </div>
    }
}

/// Why the form that was just sent was refused.
fn problems() -> impl IntoView {
    view! {
        <FormProblem function="set_allotment"/>
        <FormProblem function="remove_allotment"/>
        <FormProblem function="create_department"/>
        <FormProblem function="rename_department"/>
        <FormProblem function="archive_department"/>
    }
}

fn summary(page: &DepartmentsPage) -> impl IntoView + use<> {
    let year = page.allowance.clone();
    let spoken =
        format!("{} allotted of {}", format_credits(page.allotted), credits_phrase(year.total));
    let over = page.unallocated.is_negative().then(|| {
        view! { <p class="minus">"More is allotted than the year has. The limits still stop each department; lower one of them, or add credits."</p> }
    });
    view! {
        <section class="card" aria-labelledby="summary-heading">
            <header>
                <h2 id="summary-heading">{year.name}</h2>
                <p class="soft small">
                    <Time at=year.from day_only=true/> " up to " <Time at=year.until day_only=true/>
                </p>
            </header>
            {share_bar(share_of(page.allotted, year.total), spoken)}
            <dl class="facts after">
                <dt>"Allowance"</dt><dd>{format_credits(year.total)}</dd>
                <dt>"Allotted to departments"</dt><dd>{format_credits(page.allotted)}</dd>
                <dt>"Not allotted"</dt><dd data-testid="unallocated">{format_credits(page.unallocated)}</dd>
                <dt>"Used without a department"</dt><dd>{format_credits(page.without_department)}</dd>
            </dl>
            {over}
            <p class="soft small after">
                <span class="badge bad">"Stops"</span>
                " A limit stops work before it starts: credits are only held for it while the limit has room. \
                 Running work is never cut off."
            </p>
        </section>
    }
}

fn nothing(manages: bool) -> impl IntoView {
    let cure = if manages {
        "Create the first below, or leave everything shared: then everybody draws on the whole pool."
    } else {
        "Everything is shared: everybody draws on the whole pool. A superadmin can create departments."
    };
    view! { <section class="card"><Empty title="No departments"><p>{cure}</p></Empty></section> }
}

fn card(card: DepartmentCard, unallocated: Credits, form_key: Option<String>) -> impl IntoView {
    let counted = card.used.checked_add(card.held).unwrap_or(Credits::MAX);
    let (share, words, badge) = match (card.limit, card.left()) {
        (Some(limit), Some(left)) => (
            share_of(counted, limit),
            format!(
                "{} of {} used or held; {} left",
                format_credits(counted),
                format_credits(limit),
                format_credits(left)
            ),
            Some(if left.is_zero() {
                ("badge bad", "Stopped")
            } else {
                ("badge", "Stops at the limit")
            }),
        ),
        _ => (0, format!("{} used or held, without a limit", format_credits(counted)), None),
    };
    let allotted = card.limit.map_or_else(|| "No limit".to_owned(), format_credits);
    let forms = form_key.map(|key| forms(&card, unallocated, &key));
    view! {
        <article class="card" data-department=card.id.clone()>
            <header>
                <h3>{card.name.clone()}</h3>
                {badge.map(|(class, word)| view! { <span class=class>{word}</span> })}
            </header>
            <Meter share=share spoken=words.clone()/>
            <p class="soft small">{words}</p>
            <dl class="facts after">
                <dt>"Credits allocated"</dt><dd data-fact="allocated">{allotted}</dd>
                <dt>"Credits used"</dt><dd data-fact="used">{format_credits(card.used)}</dd>
                <dt>"Held"</dt><dd>{format_credits(card.held)}</dd>
                <dt>"Members"</dt><dd>{count_phrase(card.members, "member", "members")}</dd>
            </dl>
            {forms}
        </article>
    }
}

/// What a superadmin may change about one department.
fn forms(card: &DepartmentCard, unallocated: Credits, key: &str) -> impl IntoView + use<> {
    let (id, name) = (card.id.clone(), card.name.clone());
    let hidden = {
        let (id, key) = (id.clone(), key.to_owned());
        move || {
            view! {
                <input type="hidden" name="department" value=id.clone()/>
                <input type="hidden" name="form_key" value=key.clone()/>
            }
        }
    };
    let free = card.limit.unwrap_or_default().checked_add(unallocated).unwrap_or_default();
    let free = free.max(Credits::ZERO);
    let limit_start = card.limit.map(|limit| limit.to_string()).unwrap_or_default();
    let kept = kept_for("set_allotment", &id);
    let open = kept.problem().is_some() || kept_for("rename_department", &id).problem().is_some();
    let limit_id = format!("limit-{id}");
    let name_id = format!("name-{id}");
    let renamed = kept_for("rename_department", &id).value("name", &name);
    view! {
        <details class="after" open=open>
            <summary>"Change"</summary>
            <div class="stack tight after">
                <form method="post" action="/api/set_allotment" class="inline-form">
                    {hidden()}
                    <div class="field">
                        <label for=limit_id.clone()>"Limit for the year, in credits"</label>
                        <input id=limit_id name="limit" inputmode="decimal" required
                            value=kept.value("limit", &limit_start)
                            aria-invalid=kept.message("limit").is_some().then_some("true")/>
                        <span class="hint">{format!("At most {} can be allotted here.", format_credits(free))}</span>
                        {kept.message("limit").map(|message| view! { <span class="wrong">{message}</span> })}
                    </div>
                    <button class="button small primary">"Set limit"</button>
                </form>
                {card.limit.is_some().then(|| view! {
                    <form method="post" action="/api/remove_allotment">
                        {hidden()}
                        <button class="button small">"Remove limit"</button>
                    </form>
                })}
                <form method="post" action="/api/rename_department" class="inline-form">
                    <input type="hidden" name="department" value=id.clone()/>
                    <div class="field">
                        <label for=name_id.clone()>"Name"</label>
                        <input id=name_id name="name" required maxlength="60" value=renamed/>
                    </div>
                    <button class="button small">"Rename"</button>
                </form>
                <form method="post" action="/api/archive_department">
                    {hidden()}
                    <button class="button small danger" aria-label=format!("Archive {name}")>"Archive"</button>
                    <span class="soft small">" Its limit becomes free; its history stays."</span>
                </form>
            </div>
        </details>
    }
}

/// The refused form of one department among several of the same kind.
fn kept_for(function: &str, department: &str) -> Kept {
    let kept = Kept::of(function);
    if kept.value("department", "") == department { kept } else { Kept::default() }
}

fn create(form_key: &str) -> impl IntoView + use<> {
    let kept = Kept::of("create_department");
    let key = form_key.to_owned();
    view! {
        <section class="card" aria-labelledby="create-heading">
            <header><h2 id="create-heading">"Create a department"</h2></header>
            <form method="post" action="/api/create_department" class="inline-form">
                <input type="hidden" name="form_key" value=key/>
                <Field label="Name" name="name" kept=kept max_length=60/>
                <button class="button primary">"Create"</button>
            </form>
        </section>
    }
}

fn changes(changes: Vec<AllotmentChange>) -> impl IntoView {
    let columns = vec![
        Head::Text("Department"),
        Head::Number("From"),
        Head::Number("To"),
        Head::Text("User"),
        Head::Text("Date"),
    ];
    let rows: Vec<_> = changes.into_iter().map(change).collect();
    let none = "No limit has been set yet. Every change appears here with who made it.";
    view! { <TableCard heading="History of allotments" order="newest first" columns rows none/> }
}

fn change(change: AllotmentChange) -> impl IntoView {
    let limit =
        |limit: Option<Credits>| limit.map_or_else(|| "No limit".to_owned(), format_credits);
    let address = format!("/credits/transactions/{}", change.sequence);
    view! {
        <tr>
            <th scope="row"><a href=address>{change.department}</a></th>
            <td class="number" data-label="From">{limit(change.from)}</td>
            <td class="number" data-label="To">{limit(change.to)}</td>
            <td data-label="User">{change.user}</td>
            <td data-label="Date"><Time at=change.at/></td>
        </tr>
    }
}
