//! `/credits/proof`: how the balance is made, now or at any instant before.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::proof_recompute::Recompute;
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{PageHead, Time};
use crate::ledger::{Credits, LotFigures, Statement};
use crate::model::format::{count_phrase, format_credits};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::proof::{HoldProof, LotProof, ProofPage};
use crate::server_fns::proof::load_proof;

/// The page.
pub fn page() -> impl IntoView {
    let query = use_query_map().read_untracked();
    let (as_of, period) =
        (query.get("as_of").unwrap_or_default(), query.get("period").unwrap_or_default());
    let load = move || load_proof(as_of.clone(), period.clone());
    layout::page("How is this number made?", load, show)
}

fn show(page: ProofPage, frame: &Frame) -> impl IntoView + use<> {
    let download = format!("/credits/journal?through={}", page.claim.sequence);
    let zone = frame.time_zone.clone();
    let may_read = frame.viewer.may(Action::ReadJournal);
    let sees_money = frame.viewer.may(Action::ViewPayments);
    let recompute = match may_read {
        true => view! { <Recompute claim=page.claim.clone()/> }.into_any(),
        false => view! { {ask(&frame.viewer.organisation_name)} }.into_any(),
    };
    view! {
        <p class="crumbs"><a href="/credits">"Credits"</a> " / How is this number made?"</p>
        <PageHead title="How is this number made?" lede="Every credit that ever came in, and where it is.">
            {may_read.then(|| view! {
                <a class="button" href=download download="">{icon(icon::DOWN)} "Download the journal"</a>
            })}
        </PageHead>
        <div class="stack">
            {question(&page, zone)}
            <div class="columns">
                {ticket(&page)}
                {recompute}
            </div>
            {lots(page.lots, page.earlier, page.all, sees_money)}
            {holds(page.holds, page.further_holds)}
        </div>
    }
}

/// Who can recompute it, for those who may not read the journal.
fn ask(organisation: &str) -> impl IntoView + use<> {
    let who = Action::ReadJournal.who_may();
    let organisation = organisation.to_owned();
    view! {
        <section class="card" aria-labelledby="recompute-heading">
            <header><h2 id="recompute-heading">"Do not take our word"</h2></header>
            <p>
                "Every figure here follows from the journal, and whoever may read it can recompute them in the browser. Ask "
                {who} " of " {organisation} "."
            </p>
        </section>
    }
}

/// When, and since when.
fn question(page: &ProofPage, zone: String) -> impl IntoView + use<> {
    let as_of = page.as_of.as_ref().map(|at| at.field.clone()).unwrap_or_default();
    let is_past = page.as_of.is_some();
    let month = page.month.clone();
    view! {
        <form class="inline-form" method="get" action="/credits/proof" aria-label="When">
            <div class="field">
                <label for="as_of">"As of, in " {zone}</label>
                <input id="as_of" name="as_of" type="datetime-local" step="0.001" value=as_of/>
            </div>
            <div class="field">
                <label for="period">"Since"</label>
                <select id="period" name="period">
                    <option value="">"the beginning"</option>
                    <option value="month" selected=page.is_month>"the month began (" {month} ")"</option>
                </select>
            </div>
            <button class="button">"Show"</button>
            {is_past.then(|| view! { <a class="button quiet" href="/credits/proof">"Now"</a> })}
        </form>
    }
}

fn ticket(page: &ProofPage) -> impl IntoView + use<> {
    let when = match &page.as_of {
        None => view! { "Now, " <Time at=page.at.clone()/> }.into_any(),
        Some(at) => {
            view! { "As of " <time class="nowrap" datetime=page.at.machine.clone()>{at.text.clone()}</time> }
                .into_any()
        }
    };
    let since = if page.is_month {
        format!("since {} began", page.month)
    } else {
        "since the first transaction".to_owned()
    };
    let claim = page.claim.clone();
    view! {
        <section class="ticket" aria-labelledby="statement-heading" data-testid="proof">
            <div class="row spread">
                <h2 id="statement-heading">"The sum"</h2>
                {verdict(&page.statement)}
            </div>
            <p class="soft small after">{when} ", " {since} ":"</p>
            {statement_lines(&page.statement)}
            {(claim.sequence > 0).then(|| view! {
                <p class="soft small after">
                    "True up to "
                    <a href=format!("/credits/transactions/{}", claim.sequence)>"transaction " {claim.sequence}</a>
                    ", whose hash is " <code class="hash">{claim.hash}</code> "."
                </p>
            })}
        </section>
    }
}

/// Whether the lines of a statement come to its last.
pub fn verdict(statement: &Statement) -> impl IntoView + use<> {
    let (class, text) = if statement.adds_up() {
        ("badge good", "Adds up")
    } else {
        ("badge bad", "Does not add up: please report this")
    };
    view! { <span class=class>{text}</span> }
}

/// A statement, line by line. What is nothing and need not be said is left out.
pub fn statement_lines(statement: &Statement) -> impl IntoView + use<> {
    let line = |sign: &'static str, name: &'static str, credits: Credits| {
        view! { <dt>{name}</dt><dd>{sign}{format_credits(credits)}</dd> }
    };
    let some = |sign: &'static str, name: &'static str, credits: Credits| {
        (!credits.is_zero()).then(|| line(sign, name, credits))
    };
    view! {
        <dl class="after">
            {line("", "Opening balance", statement.opening)}
            {line("+ ", "Came in", statement.came_in)}
            {line("− ", "Used", statement.used)}
            {line("− ", "Lapsed", statement.expired)}
            {some("− ", "Taken back with its money", statement.revoked)}
            {some("+ ", "Owed: used or taken back, and not paid yet", statement.borrowed)}
            <dt class="strong">"Balance"</dt><dd data-testid="proof-balance">{format_credits(statement.closing)}</dd>
            {line("− ", "Held by running work", statement.held)}
            {some("− ", "Frozen by a dispute", statement.frozen)}
            {some("− ", "Usable only later", statement.later)}
            <div class="tear"></div>
            <dt class="sum">"Available"</dt>
            <dd class="sum" data-testid="proof-available">{format_credits(statement.available)}</dd>
        </dl>
    }
}

/// Which columns the lots have beside those that they always have.
#[derive(Clone, Copy)]
struct Columns {
    money: bool,
    frozen: bool,
}

fn lots(
    lots: Vec<LotProof>,
    earlier: LotFigures,
    all: LotFigures,
    sees_money: bool,
) -> impl IntoView {
    let columns = Columns { money: sees_money, frozen: !all.frozen.is_zero() };
    let rows = lots.into_iter().map(|one| lot(one, columns)).collect_view();
    let no_money = move || columns.money.then(|| view! { <td></td> });
    let earlier = (!earlier.granted.is_zero()).then(|| {
        view! {
            <tr>
                <th scope="row">"Other lots, with nothing left"</th>
                {figures(&earlier, columns.frozen)}
                <td></td>
                {no_money()}
            </tr>
        }
    });
    view! {
        <section class="card flush">
            <header>
                <h2>"Lot by lot"</h2>
                <p class="soft small">"In the order in which they are spent"</p>
            </header>
            <div class="table-region" tabindex="0" role="region" aria-label="Lot by lot">
                <table class="folds">
                    <caption class="unseen">"What became of every lot"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"From"</th>
                            <th scope="col" class="number">"Granted"</th>
                            <th scope="col" class="number">"Used"</th>
                            <th scope="col" class="number">"Lapsed"</th>
                            <th scope="col" class="number">"Held"</th>
                            {columns.frozen.then(|| view! { <th scope="col" class="number">"Frozen"</th> })}
                            <th scope="col" class="number">"Left"</th>
                            <th scope="col">"Expires"</th>
                            {columns.money.then(|| view! { <th scope="col">"Paid"</th> })}
                        </tr>
                    </thead>
                    <tbody>{rows}{earlier}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">"All lots"</th>
                            {figures(&all, columns.frozen)}
                            <td></td>
                            {no_money()}
                        </tr>
                    </tfoot>
                </table>
            </div>
        </section>
    }
}

fn figures(figures: &LotFigures, frozen: bool) -> impl IntoView + use<> {
    let cell = |label: &'static str, credits: Credits| {
        view! { <td class="number" data-label=label>{format_credits(credits)}</td> }
    };
    view! {
        {cell("Granted", figures.granted)}
        {cell("Used", figures.used)}
        {cell("Lapsed", figures.expired)}
        {cell("Held", figures.held)}
        {frozen.then(|| cell("Frozen", figures.frozen))}
        {cell("Left", figures.remaining)}
    }
}

fn lot(lot: LotProof, columns: Columns) -> impl IntoView {
    let paid = lot.paid.unwrap_or_else(|| "Nothing".to_owned());
    let expires = match lot.expires {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    let starts = lot.starts.map(|at| view! { ", from " <Time at day_only=true/> });
    view! {
        <tr>
            <th scope="row">
                <span class="person" title=lot.id>
                    <span>{lot.source}</span>
                    <span class="soft small">{lot.origin}{starts}</span>
                </span>
            </th>
            {figures(&lot.figures, columns.frozen)}
            <td data-label="Expires">{expires}</td>
            {columns.money.then(|| view! { <td data-label="Paid">{paid}</td> })}
        </tr>
    }
}

/// What running work has set aside.
pub fn holds(holds: Vec<HoldProof>, further: (u64, Credits)) -> impl IntoView {
    if holds.is_empty() {
        return view! {
            <section class="card">
                <h2>"Open holds"</h2>
                <p class="soft after">"Nothing was held by running work."</p>
            </section>
        }
        .into_any();
    }
    let all = Credits::checked_sum(holds.iter().map(|hold| hold.credits).chain([further.1]));
    let rows = holds.into_iter().map(hold).collect_view();
    let further = (further.0 > 0).then(|| {
        view! {
            <tr>
                <th scope="row">{count_phrase(further.0, "older hold", "older holds")}</th>
                <td></td>
                <td></td>
                <td></td>
                <td class="number" data-label="Held">{format_credits(further.1)}</td>
            </tr>
        }
    });
    view! {
        <section class="card flush">
            <header><h2>"Open holds"</h2></header>
            <div class="table-region" tabindex="0" role="region" aria-label="Open holds">
                <table class="folds">
                    <caption class="unseen">"Open holds, newest first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"For"</th>
                            <th scope="col">"User"</th>
                            <th scope="col">"Since"</th>
                            <th scope="col">"Released by itself"</th>
                            <th scope="col" class="number">"Held"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}{further}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">"All open holds"</th>
                            <td colspan="3"></td>
                            <td class="number" data-label="Held">{format_credits(all.unwrap_or(Credits::MAX))}</td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn hold(hold: HoldProof) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/credits/transactions/{}", hold.sequence)>{hold.operation}</a>
            </th>
            <td data-label="User">{hold.user}</td>
            <td data-label="Since"><Time at=hold.since/></td>
            <td data-label="Released by itself"><Time at=hold.deadline/></td>
            <td class="number" data-label="Held">{format_credits(hold.credits)}</td>
        </tr>
    }
}
