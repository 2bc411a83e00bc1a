//! What was used over the year, against an even pace: a chart, and the same figures as a table.

use leptos::prelude::*;

use crate::ledger::Credits;
use crate::model::format::{credits_phrase, format_credits, whole};
use crate::model::team::PacePoint;

/// Width and height of the drawing, and the room around it, in its own units.
const WIDTH: i128 = 860;
const HEIGHT: i128 = 260;
const LEFT: i128 = 64;
const RIGHT: i128 = 16;
const TOP: i128 = 14;
const BOTTOM: i128 = 28;

/// The chart of the points, whose even pace ends at `total`, with a table one press away.
pub fn pace_chart(points: &[PacePoint], total: Credits) -> impl IntoView + use<> {
    let most = points.iter().map(|point| point.used).chain([total]).max().unwrap_or(total);
    let scale = Scale { most: i128::from(most.micro()).max(1) };
    let used: Vec<(i128, i128)> =
        points.iter().map(|point| scale.place(point.at, point.used)).collect();
    let (start, end) = (scale.place(0, Credits::ZERO), scale.place(1000, total));
    let last = points.last().cloned();
    let spoken = last.as_ref().map_or_else(String::new, |last| {
        format!(
            "Used so far: {}. An even pace would have used {} of {} by now.",
            credits_phrase(last.used),
            format_credits(whole(last.even)),
            format_credits(total)
        )
    });
    let (now_x, now_y) = used.last().copied().unwrap_or(start);
    view! {
        <svg class="chart broad" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=spoken>
            {lines_across(&scale, most)}
            <path class="area" d=area(&used)/>
            <line class="pace" x1=start.0.to_string() y1=start.1.to_string() x2=end.0.to_string() y2=end.1.to_string()/>
            <polyline class="line" points=joined(&used)/>
            <circle class="bar-fill" cx=now_x.to_string() cy=now_y.to_string() r="4.5"/>
            {labels_below(points)}
        </svg>
        <p class="row small soft legend">
            <span><svg width="26" height="8" class="chart key" aria-hidden="true"><line class="line" x1="0" y1="4" x2="26" y2="4"/></svg>" used"</span>
            <span><svg width="26" height="8" class="chart key" aria-hidden="true"><line class="pace" x1="0" y1="4" x2="26" y2="4"/></svg>" an even pace to the whole allowance"</span>
        </p>
        {table(points)}
    }
}

/// Where figures stand in the drawing.
struct Scale {
    most: i128,
}

impl Scale {
    fn place(&self, at: u32, credits: Credits) -> (i128, i128) {
        let (wide, high) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let x = LEFT + i128::from(at.min(1000)) * wide / 1000;
        let y = TOP + high - i128::from(credits.micro().max(0)) * high / self.most;
        (x, y)
    }
}

fn joined(points: &[(i128, i128)]) -> String {
    points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

fn area(points: &[(i128, i128)]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let base = HEIGHT - BOTTOM;
    let along: String = points.iter().map(|(x, y)| format!(" L{x} {y}")).collect();
    format!("M{} {base}{along} L{} {base} Z", first.0, last.0)
}

/// Lines at none, half and all, with their figures.
fn lines_across(scale: &Scale, most: Credits) -> impl IntoView + use<> {
    let half = Credits::from_micro(most.micro() / 2);
    [Credits::ZERO, half, most]
        .into_iter()
        .map(|credits| {
            let (_, y) = scale.place(0, credits);
            let y = y.to_string();
            view! {
                <line class="axis" x1=LEFT.to_string() x2=(WIDTH - RIGHT).to_string() y1=y.clone() y2=y.clone()/>
                <text x=(LEFT - 8).to_string() y=y dy="4" text-anchor="end">{format_credits(whole(credits))}</text>
            }
        })
        .collect_view()
}

fn labels_below(points: &[PacePoint]) -> impl IntoView + use<> {
    let wide = WIDTH - LEFT - RIGHT;
    // The first and the last stand at the edges; between them only what has room.
    let mut shown: Vec<(i128, String, &str)> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let x = LEFT + i128::from(point.at.min(1000)) * wide / 1000;
        let anchor = if index == 0 { "start" } else { "middle" };
        let far = shown.last().is_none_or(|(before, _, _)| x - before >= 110);
        let is_last = index + 1 == points.len();
        if is_last && !far && shown.len() > 1 {
            shown.pop();
        }
        if far || is_last {
            shown.push((x, short(&point.label), anchor));
        }
    }
    shown
        .into_iter()
        .map(|(x, label, anchor)| {
            view! { <text x=x.to_string() y=(HEIGHT - 8).to_string() text-anchor=anchor>{label}</text> }
        })
        .collect_view()
}

/// "Nov 26" of "November 2026"; other labels stay.
fn short(label: &str) -> String {
    match label.split_once(' ') {
        Some((month, year)) if month.len() >= 3 && year.len() == 4 => {
            format!("{} {}", &month[..3], &year[2..])
        }
        _ => label.to_owned(),
    }
}

fn table(points: &[PacePoint]) -> impl IntoView + use<> {
    let rows = points
        .iter()
        .cloned()
        .map(|point| {
            view! {
                <tr>
                    <th scope="row">{point.label}</th>
                    <td class="number" data-label="Used by then">{format_credits(point.used)}</td>
                    <td class="number" data-label="Even pace">{format_credits(whole(point.even))}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details>
            <summary class="soft small">"The same as a table"</summary>
            <div class="table-region">
                <table class="folds">
                    <caption>"Used by the end of each month, and by today"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"By"</th>
                            <th scope="col" class="number">"Used by then"</th>
                            <th scope="col" class="number">"Even pace"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
}
