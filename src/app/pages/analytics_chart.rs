//! The trend: bars that lead to their days, and the same figures as a table one press away.

use leptos::prelude::*;

use crate::app::pages::analytics::address;
use crate::app::pages::credit_parts::spent;
use crate::ledger::Credits;
use crate::model::analytics::{AnalyticsChoice, AnalyticsPage, Bar, Period, Step};
use crate::model::format::{credits_phrase, format_credits, grouped};

/// Width and height of the drawing, and the room around it, in its own units.
const WIDTH: i128 = 860;
const HEIGHT: i128 = 240;
const LEFT: i128 = 64;
const RIGHT: i128 = 8;
const TOP: i128 = 14;
const BOTTOM: i128 = 28;
/// The widest bar.
const WIDEST: i128 = 56;
/// How far two labels below stand from each other at least.
const LABELS: i128 = 46;

/// The chart, with a table one press away.
pub fn trend(page: &AnalyticsPage) -> impl IntoView + use<> {
    let most = page.bars.iter().map(|bar| bar.used.credits).max().unwrap_or_default();
    let place = Place { most: i128::from(most.micro()).max(1), count: page.bars.len() };
    let bars =
        page.bars.iter().zip(0..).map(|(bar, at)| drawn(page, bar, &place, at)).collect_view();
    let largest = page.bars.iter().max_by_key(|bar| bar.used.credits);
    let spoken = largest.map_or_else(String::new, |bar| {
        format!(
            "Used in {}: {}. The most in one bar: {} on {}.",
            page.span,
            credits_phrase(page.total.credits),
            format_credits(bar.used.credits),
            bar.label
        )
    });
    view! {
        <div class="inset">
            <svg class="chart broad" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="group" aria-label=spoken>
                {lines_across(&place, most)}
                {bars}
                {labels_below(&page.bars, &place)}
            </svg>
        </div>
        {table(page)}
    }
}

/// Where bars stand in the drawing.
struct Place {
    most: i128,
    count: usize,
}

impl Place {
    fn slot(&self) -> i128 {
        (WIDTH - LEFT - RIGHT) / i128::try_from(self.count).unwrap_or(1).max(1)
    }

    fn left(&self, at: i128) -> i128 {
        let count = i128::try_from(self.count).unwrap_or(1).max(1);
        LEFT + (WIDTH - LEFT - RIGHT) * at / count
    }

    fn middle(&self, at: i128) -> i128 {
        self.left(at) + self.slot() / 2
    }

    fn height(&self, credits: Credits) -> i128 {
        let room = HEIGHT - TOP - BOTTOM;
        match i128::from(credits.micro()) {
            ..=0 => 0,
            micro => (micro * room / self.most).max(2),
        }
    }
}

/// A bar with the days that it leads to. The whole height can be pressed.
fn drawn(page: &AnalyticsPage, bar: &Bar, place: &Place, at: i128) -> impl IntoView + use<> {
    let (slot, height) = (place.slot(), place.height(bar.used.credits));
    let width = (slot * 7 / 10).clamp(2, WIDEST);
    let (x, y) = (place.middle(at) - width / 2, HEIGHT - BOTTOM - height);
    let class = if bar.is_running { "bar-fill quiet" } else { "bar-fill" };
    let spoken = format!("{}: {}", bar.label, credits_phrase(bar.used.credits));
    let name = spoken.clone();
    view! {
        <a href=inside(page, bar) aria-label=name>
            <title>{spoken}</title>
            <rect class="press" x=place.left(at).to_string() y=TOP.to_string() width=slot.to_string() height=(HEIGHT - BOTTOM - TOP).to_string()/>
            <rect class=class x=x.to_string() y=y.to_string() width=width.to_string() height=height.to_string() rx="2"/>
        </a>
    }
}

/// The days of a bar, by a shorter step, with the same filters.
fn inside(page: &AnalyticsPage, bar: &Bar) -> String {
    let by = match page.step {
        Step::Month | Step::Week => Step::Day.code().to_owned(),
        Step::Day => String::new(),
    };
    let period = Period::Days.code().to_owned();
    let (from, to) = (bar.from.clone(), bar.to.clone());
    address(&AnalyticsChoice { period, from, to, by, ..page.choice.clone() })
}

/// Lines at none, half and all, with their figures.
fn lines_across(place: &Place, most: Credits) -> impl IntoView + use<> {
    let half = Credits::from_micro(most.micro() / 2);
    let mut heights = vec![Credits::ZERO, half, most];
    heights.dedup();
    heights
        .into_iter()
        .map(|credits| {
            let y = (HEIGHT - BOTTOM - place.height(credits)).to_string();
            view! {
                <line class="axis" x1=LEFT.to_string() x2=(WIDTH - RIGHT).to_string() y1=y.clone() y2=y.clone()/>
                <text x=(LEFT - 8).to_string() y=y dy="4" text-anchor="end" aria-hidden="true">{format_credits(credits)}</text>
            }
        })
        .collect_view()
}

/// As many labels as have room.
fn labels_below(bars: &[Bar], place: &Place) -> impl IntoView + use<> {
    let every = usize::try_from(LABELS / place.slot().max(1) + 1).unwrap_or(1);
    let every = if place.slot() >= LABELS { 1 } else { every };
    bars.iter()
        .zip(0_i128..)
        .step_by(every)
        .map(|(bar, at)| {
            let x = place.middle(at).to_string();
            view! { <text x=x y=(HEIGHT - 8).to_string() text-anchor="middle" aria-hidden="true">{bar.short.clone()}</text> }
        })
        .collect_view()
}

fn table(page: &AnalyticsPage) -> impl IntoView + use<> {
    let rows = page
        .bars
        .iter()
        .map(|bar| {
            let running = bar.is_running.then_some(" (so far)");
            view! {
                <tr>
                    <th scope="row"><span><a href=inside(page, bar)>{bar.label.clone()}</a>{running}</span></th>
                    <td class="number" data-label="Used">{spent(bar.used.credits)}</td>
                    <td class="number" data-label="Transactions">{grouped(bar.used.transactions)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="inset">
            <summary class="soft small">"The same as a table"</summary>
            <div class="table-region" tabindex="0" role="region" aria-label="Trend as a table">
                <table class="folds" data-testid="trend">
                    <caption>"Used in " {page.span.clone()}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col" class="number">"Used"</th>
                            <th scope="col" class="number">"Transactions"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">"Together"</th>
                            <td class="number" data-label="Used">{spent(page.total.credits)}</td>
                            <td class="number" data-label="Transactions">{grouped(page.total.transactions)}</td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        </details>
    }
}
