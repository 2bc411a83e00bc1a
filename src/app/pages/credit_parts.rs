//! What the pages about credits share: signed amounts, the bars of four months, facts about a balance.

use leptos::prelude::*;

use crate::app::ui::Time;
use crate::ledger::Credits;
use crate::model::credits::{LastTransaction, MonthCard};
use crate::model::format::{count_phrase, credits_phrase, format_credits, format_signed_credits};

/// Width and height of the chart of months, in its own units.
const CHART: (i128, i128) = (480, 190);
/// Height that the tallest bar has, and the line that bars stand on.
const TALLEST_BAR: i128 = 128;
const BASE_LINE: i128 = 158;
/// Width of one bar.
const BAR: i128 = 64;

/// An amount whose direction is the point: red with its minus sign, or green with its plus.
pub fn signed(credits: Credits) -> impl IntoView {
    let class = if credits.is_negative() {
        "minus"
    } else if credits.is_positive() {
        "plus"
    } else {
        ""
    };
    view! { <span class=class>{format_signed_credits(credits)}</span> }
}

/// What was used, as it is shown in lists and cards: with its minus sign, in red.
pub fn spent(credits: Credits) -> impl IntoView {
    signed(credits.checked_neg().unwrap_or_default())
}

/// "−3 on 22 Nov 2026, 14:05: Ad analysis", with a link to the transaction.
pub fn last_transaction(last: Option<LastTransaction>) -> impl IntoView {
    match last {
        None => view! { <span class="soft">"None yet"</span> }.into_any(),
        Some(last) => view! {
            <a href=format!("/credits/transactions/{}", last.sequence)>
                {signed(last.credits)} ", " {last.label}
            </a>
            <span class="soft">", " <Time at=last.at/></span>
        }
        .into_any(),
    }
}

/// The four months as bars, with the same figures as a table one press away.
pub fn month_chart(months: &[MonthCard]) -> impl IntoView + use<> {
    let oldest_first: Vec<MonthCard> = months.iter().rev().cloned().collect();
    let most = months.iter().map(|month| month.used.micro()).max().unwrap_or(0);
    let count = i128::try_from(oldest_first.len()).unwrap_or(1).max(1);
    let bars = oldest_first
        .iter()
        .zip(0_i128..)
        .map(|(month, place)| bar(month, i128::from(most), CHART.0 * (2 * place + 1) / (2 * count)))
        .collect_view();
    let spoken: Vec<String> = oldest_first
        .iter()
        .map(|month| format!("{} {}", month.label, credits_phrase(month.used)))
        .collect();
    let rows = oldest_first
        .into_iter()
        .map(|month| {
            let so_far = if month.is_current { " (so far)" } else { "" };
            view! {
                <tr>
                    <th scope="row">{month.label}{so_far}</th>
                    <td class="number">{spent(month.used)}</td>
                    <td class="number">{month.transactions}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <svg class="chart" viewBox=format!("0 0 {} {}", CHART.0, CHART.1) role="img"
            aria-label=format!("Usage by month: {}", spoken.join(", "))>
            <line class="axis" x1="0" x2=CHART.0.to_string() y1=BASE_LINE.to_string() y2=BASE_LINE.to_string()/>
            {bars}
        </svg>
        <details>
            <summary class="soft small">"The same as a table"</summary>
            <div class="table-region">
                <table>
                    <caption>"Usage by month"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Month"</th>
                            <th scope="col" class="number">"Used"</th>
                            <th scope="col" class="number">"Transactions"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}

fn bar(month: &MonthCard, most: i128, middle: i128) -> impl IntoView + use<> {
    let height = match most {
        0 => 0,
        most => (i128::from(month.used.micro()) * TALLEST_BAR / most).max(2),
    };
    let height = if month.used.is_zero() { 0 } else { height };
    let top = BASE_LINE - height;
    let class = if month.is_current { "bar-fill quiet" } else { "bar-fill" };
    let name =
        if month.is_current { format!("{} so far", month.short) } else { month.short.clone() };
    let middle_text = middle.to_string();
    view! {
        <rect class=class x=(middle - BAR / 2).to_string() y=top.to_string()
            width=BAR.to_string() height=height.to_string() rx="4"/>
        <text class="strong" x=middle_text.clone() y=(top - 8).to_string() text-anchor="middle">
            {format_credits(month.used)}
        </text>
        <text x=middle_text y=(BASE_LINE + 20).to_string() text-anchor="middle">{name}</text>
    }
}

/// How large a part of a whole is, where a large part is no reason to warn: `share` in thousandths.
pub fn share_bar(share: u32, spoken: String) -> impl IntoView {
    let share = share.min(1000);
    let width = format!("{}.{}%", share / 10, share % 10);
    view! {
        <svg class="meter" role="img" aria-label=spoken width="100%" height="8">
            <rect class="track" width="100%" height="8" rx="4"/>
            <rect class="level" width=width height="8" rx="4"/>
        </svg>
    }
}

/// "12 usage transactions".
pub fn usage_transactions(count: u64) -> String {
    count_phrase(count, "usage transaction", "usage transactions")
}
