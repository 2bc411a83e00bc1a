//! Usage by its parts, each part a bar that leads to its rows; and what took far more than usual.

use leptos::prelude::*;

use crate::app::layout::encoded;
use crate::app::pages::analytics::address;
use crate::app::pages::credit_parts::{share_bar, spent, usage_transactions};
use crate::app::ui::{Head, TableCard, Time};
use crate::model::analytics::{
    AnalyticsChoice, AnalyticsPage, Outlier, Slice, Split, SplitBy, change,
};
use crate::model::format::{count_phrase, format_credits};
use crate::model::team::share_of;

/// One split.
pub fn split(page: &AnalyticsPage, split: &Split) -> impl IntoView + use<> {
    let heading = match split.by {
        SplitBy::Operation => "By operation".to_owned(),
        SplitBy::Department => "By department".to_owned(),
        SplitBy::Member => "By member".to_owned(),
        SplitBy::Key => "By API key".to_owned(),
        SplitBy::Report => format!("By {}", page.report_noun),
    };
    let id = format!("by-{}", heading.to_lowercase().replace("by ", "").replace(' ', "-"));
    let slices = split.slices.iter().map(|one| slice(page, split.by, one)).collect_view();
    let (count, others) = split.others;
    let others = (count > 0).then(|| {
        let name = count_phrase(count, "other", "others");
        view! {
            <li>
                <p class="pair"><span class="soft">{name}</span> <span>{spent(others.credits)}</span></p>
            </li>
        }
    });
    let name = id.clone();
    view! {
        <section class="card" aria-labelledby=name>
            <header><h2 id=id>{heading}</h2></header>
            <ul class="slices">{slices}{others}</ul>
        </section>
    }
}

fn slice(page: &AnalyticsPage, by: SplitBy, slice: &Slice) -> impl IntoView + use<> {
    let share = share_of(slice.used.credits, page.total.credits);
    let percent = format!("{}.{} %", share / 10, share % 10);
    let spoken = format!("{percent} of all usage");
    let name = match link(page, by, slice) {
        Some(address) => view! { <a href=address>{slice.name.clone()}</a> }.into_any(),
        None => view! { <span>{slice.name.clone()}</span> }.into_any(),
    };
    let told = match by {
        SplitBy::Report => percent,
        _ => format!("{percent}, {}", change(slice.used.credits, slice.before.credits)),
    };
    view! {
        <li>
            <p class="pair">{name} <span>{spent(slice.used.credits)}</span></p>
            {share_bar(share, spoken)}
            <p class="soft small">{usage_transactions(slice.used.transactions)} ", " {told}</p>
        </li>
    }
}

/// The rows behind a part. What names none has no filter; a key narrows this page.
fn link(page: &AnalyticsPage, by: SplitBy, slice: &Slice) -> Option<String> {
    if slice.id.is_empty() {
        return None;
    }
    let id = slice.id.clone();
    let choice = match by {
        SplitBy::Report => {
            let open = slice.report.as_ref().filter(|report| report.is_open)?;
            return Some(format!("/reports/{}", open.id));
        }
        SplitBy::Key => return Some(address(&AnalyticsChoice { key: id, ..page.choice.clone() })),
        SplitBy::Operation => AnalyticsChoice { operation: id, ..page.choice.clone() },
        SplitBy::Department => AnalyticsChoice { department: id, ..page.choice.clone() },
        SplitBy::Member => AnalyticsChoice { user: id, ..page.choice.clone() },
    };
    Some(rows(page, &choice))
}

/// The list of rows with these filters, from the end of the period on.
fn rows(page: &AnalyticsPage, choice: &AnalyticsChoice) -> String {
    let kept = ["operation", "user", "department"];
    let words = choice.words().into_iter().filter(|(name, _)| kept.contains(name));
    let words: String = words.map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
    let below = page.rows_below.map(|place| format!("&before={place}")).unwrap_or_default();
    format!("/credits?view=usage{words}{below}#history")
}

/// What took far more than its operation usually does.
pub fn outliers(page: &AnalyticsPage) -> impl IntoView + use<> {
    let rows: Vec<_> = page.outliers.iter().map(outlier).collect();
    let columns = vec![
        Head::Text("Transaction"),
        Head::Number("Used"),
        Head::Number("Usual"),
        Head::Text("When"),
    ];
    view! {
        <TableCard
            heading="Far more than usual"
            order="the largest first"
            columns
            rows
            none="Nothing took more than three times what its operation usually takes."
        />
    }
}

fn outlier(outlier: &Outlier) -> impl IntoView + use<> {
    let address = format!("/credits/transactions/{}", outlier.sequence);
    view! {
        <tr>
            <th scope="row"><a href=address>{outlier.operation.clone()}</a></th>
            <td class="number" data-label="Used">{spent(outlier.credits)}</td>
            <td class="number" data-label="Usual">{format_credits(outlier.median)}</td>
            <td data-label="When"><Time at=outlier.at.clone()/></td>
        </tr>
    }
}
