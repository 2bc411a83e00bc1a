//! `/credits/statements/{month}`: the way from a month's opening to its closing balance, as its files say it.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::app::layout;
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{PageHead, Time};
use crate::model::format::{count_phrase, grouped};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::model::statements::{ChainEnd, Level, MonthlyStatement, NamedLine};
use crate::server_fns::statements::load_statement;

/// The page.
pub fn page() -> impl IntoView {
    let month = use_params_map().get_untracked().get("month").unwrap_or_default();
    layout::page("Monthly statement", move || load_statement(month.clone()), show)
}

fn show(statement: MonthlyStatement, frame: &Frame) -> impl IntoView + use<> {
    let may_read = frame.viewer.may(Action::ReadJournal);
    let address = format!("/credits/statements/{}", statement.month);
    let file = move |ending: &str| format!("{address}.{ending}");
    view! {
        <p class="crumbs">
            <a href="/credits">"Credits"</a> " / " <a href="/credits/statements">"Statements"</a>
            " / " {statement.label.clone()}
        </p>
        <PageHead title=format!("Statement, {}", statement.label)>
            <a class="button primary" href=file("pdf") download="">{icon(icon::DOWN)} "PDF"</a>
            <a class="button" href=file("csv") download="">"CSV"</a>
            <a class="button" href=file("xlsx") download="">"XLSX"</a>
        </PageHead>
        <div class="stack">
            {not_yet_closed(&statement)}
            {paper(&statement)}
            {neighbours(&statement)}
            {check(&statement, may_read)}
        </div>
    }
}

/// That what follows may still change, and when it no longer does.
fn not_yet_closed(statement: &MonthlyStatement) -> impl IntoView + use<> {
    let at = statement.as_of.clone()?;
    let words = if statement.is_over {
        "The month is over. It closes as soon as everything that fell due in it is booked, within minutes."
    } else {
        "The month goes on, so its figures still change. It closes minutes after its end; from then on the statement stays as it is."
    };
    Some(view! {
        <div class="banner" role="note" data-testid="open-month"><div>
            <p class="strong">"Not yet closed: as of " <Time at=at.moment/></p>
            <p>{words}</p>
        </div></div>
    })
}

fn paper(statement: &MonthlyStatement) -> impl IntoView + use<> {
    let lines: Vec<_> =
        statement.lines.iter().filter(|line| line.says_something()).map(line).collect();
    let badge = if statement.as_of.is_none() { "badge good" } else { "badge" };
    view! {
        <article class="card paper statement" data-testid="statement" aria-label="Statement">
            <div class="row spread">
                <p class="paper-title" aria-hidden="true">"Statement of credits"</p>
                <span class=badge>{statement.state()}</span>
            </div>
            <dl class="facts">
                <dt>"Organisation"</dt><dd>{statement.organisation_name.clone()}</dd>
                <dt>"Month"</dt><dd>{statement.label.clone()} " (" {statement.time_zone.clone()} ")"</dd>
                <dt>"From"</dt><dd><Time at=statement.from.moment.clone()/></dd>
                <dt>"Until"</dt><dd><Time at=statement.until.moment.clone()/></dd>
            </dl>
            <table>
                <caption class="unseen">"The way from the opening to the closing balance, and what is left beside it"</caption>
                <thead><tr><th scope="col">"What moved"</th><th scope="col" class="number">"Credits"</th></tr></thead>
                <tbody>{lines}</tbody>
            </table>
            {verdict(statement.adds_up)}
            <dl class="facts">
                <dt>"The chain where it begins"</dt><dd>{place(&statement.opening)}</dd>
                <dt>"The chain where it ends"</dt><dd>{place(&statement.closing)}</dd>
            </dl>
        </article>
    }
}

fn line(line: &NamedLine) -> impl IntoView + use<> {
    let class = match line.level {
        Level::Balance => "total",
        Level::Line if line.is_amount => "amount",
        Level::Line => "",
        Level::Part => "part",
    };
    let count = line.transactions.map(|count| {
        let words = count_phrase(count, "transaction", "transactions");
        view! { <span class="soft small">" " {words}</span> }
    });
    let sign = match line.is_amount || line.credits.is_zero() {
        true => "",
        false if line.credits.is_negative() => "minus",
        false => "plus",
    };
    view! {
        <tr class=class data-line=line.kind.clone()>
            <th scope="row">{line.name.clone()} {count}</th>
            <td class="number"><span class=sign>{line.figure()}</span></td>
        </tr>
    }
}

fn verdict(adds_up: bool) -> impl IntoView {
    let (class, words) = match adds_up {
        true => ("badge good", "Adds up"),
        false => ("badge bad", "Does not add up: please report this"),
    };
    view! { <p><span class=class>{words}</span></p> }
}

fn place(end: &ChainEnd) -> impl IntoView + use<> {
    let at = match end.sequence {
        0 => view! { "Before the first transaction" }.into_any(),
        sequence => view! {
            <a href=format!("/credits/transactions/{sequence}")>"Transaction " {grouped(sequence)}</a>
        }
        .into_any(),
    };
    view! { {at} <br/> <code class="hash small">{end.hash.clone()}</code> }
}

fn neighbours(statement: &MonthlyStatement) -> impl IntoView + use<> {
    let link = |month: &Option<(String, String)>, rel: &'static str| {
        let (month, label) = month.clone()?;
        Some(
            view! { <a class="button small" href=format!("/credits/statements/{month}") rel=rel>{label}</a> },
        )
    };
    view! {
        <nav class="row spread" aria-label="Other months">
            <span>{link(&statement.before, "prev")}</span>
            <span>{link(&statement.after, "next")}</span>
        </nav>
    }
}

/// How to check it without asking anybody.
fn check(statement: &MonthlyStatement, may_read: bool) -> impl IntoView + use<> {
    let name = format!("{}.csv", statement.file_name());
    let address = format!("/credits/statements/{}.csv", statement.month);
    let journal = format!("/credits/journal?through={}", statement.closing.sequence);
    let (command, how) = match may_read {
        true => (
            format!("scrip verify-statement {name} --journal journal.jsonl"),
            view! {
                "Take the " <a href=address download="">"CSV"</a> " and the "
                <a href=journal download="">"journal up to it"</a>
                ": this replays every transaction and reckons each figure anew, without a database and without asking us."
            }
            .into_any(),
        ),
        false => (
            format!("scrip verify-statement {name}"),
            view! {
                "Take the " <a href=address download="">"CSV"</a>
                ": this checks that its figures hold together and that the file is as it was written. With the journal, which "
                {Action::ReadJournal.who_may()} " can give you, it reckons each figure anew."
            }
            .into_any(),
        ),
    };
    view! {
        <section class="card" aria-labelledby="check-heading">
            <header><h2 id="check-heading">"Check it yourself"</h2></header>
            <p>{how}</p>
            <pre class="code" tabindex="0"><code>{command}</code></pre>
        </section>
    }
}
