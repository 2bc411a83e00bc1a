//! The balance in the header: in the HTML from the first byte, live once scripts run.

use leptos::prelude::*;

use crate::app::ui::icon;
use crate::model::format::{credits_phrase, format_credits};
use crate::model::frame::BalanceDetails;

/// The number, and behind it what is held and where the rest comes from.
///
/// Follows the event stream; a version that is not newer than the one shown is ignored. An unknown
/// balance is shown as "—", never as 0.
#[island]
pub fn LiveBalance(initial: Option<BalanceDetails>, may_buy: bool) -> impl IntoView {
    let details = RwSignal::new(initial);
    let cut = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| follow(details, cut));

    let number = move || {
        details.with(|known| match known {
            Some(known) => format_credits(known.view.available),
            None => "—".to_owned(),
        })
    };
    let spoken = move || {
        details.with(|known| match known {
            Some(known) => {
                format!("{} available. Open Credits.", credits_phrase(known.view.available))
            }
            None => "The balance is not known right now. Open Credits.".to_owned(),
        })
    };
    view! {
        <div class="balance">
            <a href="/credits" aria-label=spoken data-testid="balance">
                {icon::icon(icon::COIN)}
                <span data-balance="available">{number}</span>
                <span class="unit">" credits"</span>
                <Show when=move || cut.get()>
                    <span class="stale">"not live"</span>
                </Show>
            </a>
            <button type="button" popovertarget="balance-details" aria-label="What is held, and where it comes from">
                {icon::icon(icon::DOWN)}
            </button>
            <div popover="auto" id="balance-details" class="balance-popover">
                {move || details.with(|known| match known {
                    Some(known) => breakdown(known).into_any(),
                    None => view! {
                        <p>"The ledger cannot be reached. The number comes back by itself."</p>
                    }.into_any(),
                })}
                <p class="small after">
                    <a href="/credits/proof">"How is this number made?"</a>
                    " · "
                    <a href="/credits/check">"It seems wrong"</a>
                </p>
                <div class="row" data-actions>
                    {if may_buy {
                        view! { <a class="button primary small" href="/credits/buy">"Buy credits"</a> }
                    } else {
                        view! { <a class="button primary small" href="/credits/ask">"Ask for credits"</a> }
                    }}
                    <a class="button small" href="/settings/billing">"View billing"</a>
                </div>
            </div>
        </div>
    }
}

fn breakdown(details: &BalanceDetails) -> impl IntoView + use<> {
    let sources = details.sources.iter().map(|line| {
        view! { <dt>{line.label.clone()}</dt><dd>{format_credits(line.available)}</dd> }
    });
    let expiring = details.expiring.as_ref().map(|next| {
        view! {
            <dt>"Lapses next, " {next.at.day.clone()}</dt>
            <dd>{format_credits(next.credits)}</dd>
        }
    });
    let days = details.days_left.map(|days| {
        view! { <dt>"Lasts, at this pace"</dt><dd>{format!("{days} days")}</dd> }
    });
    view! {
        <dl>
            <dt>"Balance"</dt><dd>{format_credits(details.view.balance)}</dd>
            <dt>"Held by running work"</dt><dd data-balance="held">{format_credits(details.view.held)}</dd>
            <dt class="total">"Available"</dt><dd class="total">{format_credits(details.view.available)}</dd>
            {sources.collect_view()}
            {expiring}
            {days}
        </dl>
    }
}

/// Takes what the stream brings, and asks for the breakdown behind a number that is newer.
#[cfg(feature = "hydrate")]
fn follow(details: RwSignal<Option<BalanceDetails>>, cut: RwSignal<bool>) {
    use crate::app::live::{Signal, listen};
    use crate::server_fns::frame::load_balance;

    listen(move |signal| match signal {
        Signal::Cut => cut.set(true),
        Signal::Opened => cut.set(false),
        Signal::Changed(_) => {}
        Signal::Balance(view) => {
            cut.set(false);
            let version = view.version;
            let shown =
                details.with_untracked(|known| known.as_ref().map(|known| known.view.version));
            if shown.is_some_and(|shown| version <= shown) {
                return;
            }
            let view = view.clone();
            details.update(|known| {
                if let Some(known) = known {
                    known.view = view;
                }
            });
            leptos::task::spawn_local(async move {
                let Ok(fresh) = load_balance().await else { return };
                details.update(|known| {
                    if known.as_ref().is_none_or(|known| fresh.view.version >= known.view.version) {
                        *known = Some(fresh);
                    }
                });
            });
        }
    });
}
