//! What came back of a purchase, for its buyer and for staff: disputes in plain words, every step with
//! its credits, and what is owed because of it.

use leptos::prelude::*;

use crate::app::pages::credit_parts::signed;
use crate::app::ui::{Head, Table, Time};
use crate::model::billing::{DisputeLine, MoneyBack, MoneyBackLine};
use crate::model::format::{credits_phrase, format_credits, format_money};

/// For staff the steps lead nowhere: the transactions are the organisation's own pages.
pub fn money_back(back: MoneyBack, is_staff: bool) -> impl IntoView {
    let columns = vec![
        Head::Text("What happened"),
        Head::Number("Credits"),
        Head::Text("Why"),
        Head::Text("At"),
    ];
    let rows = back.lines.clone().into_iter().map(|line| row(line, is_staff)).collect_view();
    let steps = (!back.lines.is_empty()).then(|| {
        view! { <Table label="Refunds and disputes" caption="Refunds and disputes, oldest first" columns>{rows}</Table> }
    });
    view! {
        {debt(&back)}
        {back.disputes.iter().cloned().map(dispute).collect_view()}
        <section class="card flush" aria-labelledby="back-heading" data-testid="money-back">
            <header><h2 id="back-heading">"Refunds and disputes"</h2></header>
            <div class="inset">
                <dl class="facts">
                    {(back.refunded.minor > 0).then(|| view! {
                        <dt>"Refunded"</dt><dd>{format_money(&back.refunded)}</dd>
                    })}
                    <dt>"Credits taken back"</dt><dd>{format_credits(back.taken)}</dd>
                    {back.frozen.is_positive().then(|| view! {
                        <dt>"Not to be spent for now"</dt><dd>{format_credits(back.frozen)}</dd>
                    })}
                </dl>
            </div>
            {steps}
        </section>
    }
}

fn debt(back: &MoneyBack) -> impl IntoView + use<> {
    let owed = back.owed;
    owed.is_positive().then(|| {
        view! {
            <div class="banner warn" role="status"><div>
                <p class="strong">{format!("{} owed", credits_phrase(owed))}</p>
                <p>"They had been spent before their money went back. The next credits that come in pay them first."</p>
            </div></div>
        }
    })
}

fn dispute(line: DisputeLine) -> impl IntoView {
    let class = if line.is_over { "banner" } else { "banner warn" };
    view! {
        <div class=class role="status"><div>
            <p class="strong">{line.state} ": " {format_money(&line.amount)}</p>
            <p>{line.explanation}</p>
            <p class="soft small">"Since " <Time at=line.opened day_only=true/> ", reference " <code>{line.reference}</code></p>
        </div></div>
    }
}

fn row(line: MoneyBackLine, is_staff: bool) -> impl IntoView {
    let why = match (line.reason, line.by) {
        (Some(reason), Some(by)) => Some(format!("{reason} ({by})")),
        (reason, by) => reason.or(by),
    };
    let what = match line.transaction.filter(|_| !is_staff) {
        Some(sequence) => {
            let address = format!("/credits/transactions/{sequence}");
            view! { <a href=address>{line.what}</a> }.into_any()
        }
        None => line.what.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{what}</th>
            <td class="number" data-label="Credits">{signed(line.credits)}</td>
            <td data-label="Why">{why}</td>
            <td data-label="At"><Time at=line.at/></td>
        </tr>
    }
}
