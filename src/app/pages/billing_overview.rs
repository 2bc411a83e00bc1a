//! `/settings/billing`: where the balance comes from, in spending order, and how the number is made.

use leptos::prelude::*;

use crate::app::layout;
use crate::app::live::LiveFigures;
use crate::app::pages::auto_top_up;
use crate::app::pages::billing_details;
use crate::app::pages::credit_parts::{last_transaction, share_bar};
use crate::app::pages::proof::{statement_lines, verdict};
use crate::app::ui::icon::{self, icon};
use crate::app::ui::{Empty, Head, PageHead, Table, TableCard, Time};
use crate::ledger::Statement;
use crate::model::auto_top_up::AutoTopUpView;
use crate::model::billing_overview::{BillingOverview, ExpiryLine, LotLine, SourceCard};
use crate::model::format::{count_phrase, credits_phrase, format_credits, whole};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::billing_overview::load_billing_overview;

/// The page.
pub fn page() -> impl IntoView {
    let asked = auto_top_up::asked();
    let load = move || {
        let asked = asked.clone();
        async move { Ok((load_billing_overview().await?, auto_top_up::load(asked).await?)) }
    };
    layout::page("Billing", load, show)
}

fn show(
    (page, top_up): (BillingOverview, Option<AutoTopUpView>),
    frame: &Frame,
) -> impl IntoView + use<> {
    let may_buy = frame.viewer.may(Action::BuyCredits);
    let may_redeem = frame.viewer.may(Action::RedeemCodes);
    let sees_money = frame.viewer.may(Action::ViewPayments);
    let chooses_order = frame.viewer.may(Action::SetSpendingOrder);
    let figures = page.figures.clone();
    view! {
        <PageHead title="Billing" lede="Where the balance comes from, what is spent first, and how the number is made.">
            {may_buy.then(|| view! {
                <a class="button primary" href="/credits/buy">{icon(icon::CART)} "Buy credits"</a>
            })}
            {sees_money.then(|| view! { <a class="button" href="/credits/billing">"Billing & Transactions"</a> })}
            <a class="button" href="/credits?view=purchases#history">"Purchase history"</a>
            {may_redeem.then(|| view! { <a class="button" href="/credits/codes">"Redeem a code"</a> })}
        </PageHead>
        <div class="wide-narrow">
            <div class="stack">
                <section class="card" aria-labelledby="available-heading">
                    <header><h2 id="available-heading">"Available"</h2></header>
                    <LiveFigures initial=figures.view.clone()/>
                    <dl class="facts after">
                        <dt>"Lifetime used"</dt><dd>{format_credits(figures.spent)}</dd>
                        <dt>"Last transaction"</dt><dd>{last_transaction(figures.last)}</dd>
                        {page.days_left.map(|days| view! {
                            <dt>"Lasts"</dt>
                            <dd>{count_phrase(u64::from(days), "day", "days")} ", at the pace of the last 28"</dd>
                        })}
                    </dl>
                </section>
                {sources(page.sources, page.order, sees_money, chooses_order)}
            </div>
            {sum(page.statement)}
        </div>
        <div class="after">{expiring(page.expiring)}</div>
        {page.details.map(billing_details::section)}
        {top_up.map(auto_top_up::section)}
    }
}

fn sources(
    sources: Vec<SourceCard>,
    order: String,
    sees_money: bool,
    chooses_order: bool,
) -> impl IntoView {
    if sources.is_empty() {
        return view! {
            <section class="card">
                <Empty title="There are no credits"><p>"Credits that come in are listed here, in the order in which they are spent."</p></Empty>
            </section>
        }
        .into_any();
    }
    let cards = sources.into_iter().zip(1_u32..);
    let cards = cards.map(|(card, place)| source(card, place, sees_money)).collect_view();
    view! {
        <section class="stack tight" id="sources" aria-labelledby="sources-heading">
            <h2 id="sources-heading">"Balance by source"</h2>
            <p class="soft">
                {order}
                {chooses_order.then(|| view! { " "<a href="/settings/billing/order">"Change the order"</a> })}
            </p>
            {cards}
        </section>
    }
    .into_any()
}

fn source(card: SourceCard, place: u32, sees_money: bool) -> impl IntoView {
    let percent = format!("{}.{} %", card.share / 10, card.share % 10);
    let spoken = format!(
        "{}: {}, {percent} of what is available",
        card.label,
        credits_phrase(card.available)
    );
    let label = card.label.clone();
    let name = format!("Lots: {label}");
    let mut columns = vec![
        Head::Text("Spent"),
        Head::Text("From"),
        Head::Number("Left"),
        Head::Number("Of"),
        Head::Text("Expires"),
    ];
    columns.extend(sees_money.then_some(Head::Text("Paid")));
    let rows = card.lots.into_iter().map(|line| lot(line, sees_money)).collect_view();
    view! {
        <article class="card flush">
            <header>
                <h3>{format!("{place}. {label}")}</h3>
                <p class="strong">{credits_phrase(card.available)}</p>
            </header>
            <div class="inset">{share_bar(card.share, spoken)}</div>
            <Table label=name.clone() caption=name columns>{rows}</Table>
        </article>
    }
}

fn lot(lot: LotLine, sees_money: bool) -> impl IntoView {
    let turn = match (&lot.starts, lot.place) {
        (Some(at), _) => format!("from {}", at.day),
        (None, Some(1)) => "next".to_owned(),
        (None, Some(place)) => format!("no. {place}"),
        (None, None) => "held".to_owned(),
    };
    let held = lot.held.is_positive().then(|| {
        view! { <span class="soft small">{format!(" + {} held", format_credits(lot.held))}</span> }
    });
    let expires = match lot.expires {
        Some(at) => view! { <Time at day_only=true/> }.into_any(),
        None => view! { <span class="soft">"Never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{turn}</th>
            <td data-label="From"><span title=lot.id>{lot.origin}</span></td>
            <td class="number" data-label="Left"><span>{format_credits(lot.remaining)} {held}</span></td>
            <td class="number" data-label="Of">{format_credits(lot.amount)}</td>
            <td data-label="Expires">{expires}</td>
            {sees_money.then(|| view! {
                <td data-label="Paid">{lot.paid.unwrap_or_else(|| "Nothing".to_owned())}</td>
            })}
        </tr>
    }
}

fn sum(statement: Statement) -> impl IntoView {
    view! {
        <section class="ticket" aria-labelledby="proof-heading" data-testid="proof">
            <div class="row spread">
                <h2 id="proof-heading">"The sum"</h2>
                {verdict(&statement)}
            </div>
            <p class="soft small after">"Since the first transaction:"</p>
            {statement_lines(&statement)}
            <p class="small after"><a href="/credits/proof">"Lot by lot, at any time, and by your own browser"</a></p>
        </section>
    }
}

fn expiring(lines: Vec<ExpiryLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("On"),
        Head::Text("Source"),
        Head::Number("Left now"),
        Head::Number("In"),
        Head::Text("At the pace of 28 days"),
    ];
    let rows: Vec<_> = lines.into_iter().map(expiry).collect();
    let none = "None of these credits expire.";
    view! { <TableCard heading="Expiring next" order="the soonest first" columns rows none/> }
}

fn expiry(line: ExpiryLine) -> impl IntoView {
    let outlook = match line.unused_at_this_pace {
        None => "nothing is being used, so all of it lapses".to_owned(),
        Some(unused) if unused.is_positive() => {
            format!("about {} would lapse unused", credits_phrase(whole(unused)))
        }
        Some(_) => "all of it is used in time".to_owned(),
    };
    view! {
        <tr>
            <th scope="row"><Time at=line.at day_only=true/></th>
            <td data-label="Source">{line.sources}</td>
            <td class="number" data-label="Left now">{format_credits(line.credits)}</td>
            <td class="number" data-label="In">{count_phrase(u64::from(line.in_days), "day", "days")}</td>
            <td data-label="At this pace">{outlook}</td>
        </tr>
    }
}
