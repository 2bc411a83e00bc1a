//! `/credits/check`: a balance that seems wrong. Everything that explains it on one page, and the way to ask
//! with all of it attached.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::pages::ask::FUNCTION;
use crate::app::pages::ask_parts::message_field;
use crate::app::pages::payment_parts::status_badge;
use crate::app::pages::proof::{holds, statement_lines, verdict};
use crate::app::ui::{FormProblem, Head, Kept, PageHead, TableCard, Time};
use crate::ledger::Statement;
use crate::model::asks::AskAbout;
use crate::model::balance_check::{BalanceCheck, LapsedLine};
use crate::model::format::{format_credits, format_money};
use crate::model::frame::Frame;
use crate::model::payments::PaymentRow;
use crate::model::permission::Action;
use crate::model::team::TopLine;
use crate::server_fns::balance_check::load_balance_check;

/// The page.
pub fn page() -> impl IntoView {
    layout::page("My balance seems wrong", load_balance_check, show)
}

fn show(page: BalanceCheck, frame: &Frame) -> impl IntoView + use<> {
    let answers = frame.viewer.may(Action::AnswerAsks);
    let lede =
        "What the number is made of, and what most often surprises. Nothing here is estimated.";
    let opens = frame.viewer.may(Action::ViewAllReports);
    let largest = largest(page.largest, page.reports_noun, opens);
    view! {
        <p class="crumbs"><a href="/credits">"Credits"</a> " / My balance seems wrong"</p>
        <PageHead title="My balance seems wrong" lede>
            <a class="button" href="/credits">"Every use, one by one"</a>
        </PageHead>
        <div class="stack">
            <FormProblem function=FUNCTION/>
            <div class="columns">
                {sum(page.proof.statement, page.proof.claim.sequence)}
                {if answers { support(page.proof.claim.sequence).into_any() } else { ask(page.form_key).into_any() }}
            </div>
            {page.pending.map(pending)}
            {holds(page.proof.holds, page.proof.further_holds)}
            {largest}
            {lapsed(page.lapsed)}
        </div>
    }
}

fn sum(statement: Statement, sequence: u64) -> impl IntoView {
    view! {
        <section class="ticket" aria-labelledby="sum-heading" data-testid="proof">
            <div class="row spread">
                <h2 id="sum-heading">"The sum"</h2>
                {verdict(&statement)}
            </div>
            <p class="soft small after">"Since the first transaction, up to number " {sequence} ":"</p>
            {statement_lines(&statement)}
            <p class="small after"><a href="/credits/proof">"Lot by lot, at any time, and by your own browser"</a></p>
        </section>
    }
}

fn ask(form_key: String) -> impl IntoView {
    let kept = Kept::of(FUNCTION);
    view! {
        <section class="card" aria-labelledby="ask-heading">
            <header><h2 id="ask-heading">"Still wrong?"</h2></header>
            <p class="soft">"Tell your admins. The balance, what is held and the number of the last transaction go with it."</p>
            <form method="post" action=format!("/api/{FUNCTION}") class="after">
                <input type="hidden" name="about" value=AskAbout::Balance.as_str()/>
                <input type="hidden" name="form_key" value=form_key/>
                {message_field(&kept, "What you expected")}
                <p class="after"><button class="button primary" type="submit">"Ask your admins"</button></p>
            </form>
        </section>
    }
}

/// Admins have nobody above them here: what to hand to those who run the installation.
fn support(sequence: u64) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="support-heading">
            <header><h2 id="support-heading">"Still wrong?"</h2></header>
            <p>
                "Recompute the balance in your own browser on "<a href="/credits/proof">"How is this number made?"</a>
                ". Where that disagrees, hand the journal to those who run this installation: they check it with "
                <code>"scrip verify --journal FILE"</code> "."
            </p>
            <p class="after">
                <a class="button" href=format!("/credits/journal?through={sequence}") download="">"Download the journal"</a>
            </p>
        </section>
    }
}

fn pending(rows: Vec<PaymentRow>) -> impl IntoView {
    let columns = vec![
        Head::Text("Payment"),
        Head::Text("Status"),
        Head::Number("Amount"),
        Head::Text("Begun"),
    ];
    let rows: Vec<_> = rows.into_iter().map(payment).collect();
    let none = "No payment is on its way: whatever was paid is in the balance.";
    view! { <TableCard heading="Payments on their way" order="newest first" columns rows none/> }
}

fn payment(row: PaymentRow) -> impl IntoView {
    let address = format!("/credits/return/{}", row.id);
    let recheck = row.status.may_be_rechecked().then(|| {
        view! {
            <form method="post" action="/api/recheck_purchase">
                <input type="hidden" name="id" value=row.id.clone()/>
                <button class="button small" type="submit">"Recheck"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row"><a href=address>{row.name}</a></th>
            <td data-label="Status"><span class="row">{status_badge(row.status)} {recheck}</span></td>
            <td class="number" data-label="Amount">{format_money(&row.amount)}</td>
            <td data-label="Begun"><Time at=row.begun/></td>
        </tr>
    }
}

/// `opens`: whether the reader may open everyone's reports. What a program named has no page.
fn largest(lines: Vec<TopLine>, noun: String, opens: bool) -> impl IntoView {
    let columns = vec![Head::Text("For"), Head::Number("Used")];
    let row = move |line: TopLine| {
        let name = match opens && line.name != line.id {
            true => view! { <a href=format!("/reports/{}", line.id)>{line.name}</a> }.into_any(),
            false => line.name.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="number" data-label="Used">{format_credits(line.used)}</td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let heading = format!("The largest {noun} of this month");
    let none = "Nothing was used this month.";
    view! { <TableCard heading order="the largest first" columns rows none/> }
}

fn lapsed(lines: Vec<LapsedLine>) -> impl IntoView {
    let columns = vec![Head::Text("When"), Head::Number("Credits"), Head::Text("Transaction")];
    let row = |line: LapsedLine| {
        let address = format!("/credits/transactions/{}", line.sequence);
        view! {
            <tr>
                <th scope="row"><Time at=line.at/></th>
                <td class="number" data-label="Credits">{format_credits(line.credits)}</td>
                <td data-label="Transaction"><a href=address>"No. " {line.sequence}</a></td>
            </tr>
        }
    };
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let none = "Nothing has lapsed.";
    view! { <TableCard heading="What lapsed last" order="newest first" columns rows none/> }
}
