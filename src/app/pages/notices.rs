//! What admins are told, as banners on the pages that they look at.

use leptos::prelude::*;

use crate::app::ui::Time;
use crate::app::ui::icon::{self, icon};
use crate::model::notice::{NoticeView, Severity};

/// The topic that changes when there is something new to tell.
pub const TOPIC: &str = "notices";

/// Every notice, the newest first.
pub fn all(notices: &[NoticeView]) -> impl IntoView + use<> {
    notices.iter().map(|notice| banner(notice, 0)).collect_view()
}

/// The newest notice, with a word on how many more there are; nothing where there is none.
pub fn newest(notices: &[NoticeView]) -> Option<impl IntoView + use<>> {
    let first = notices.first()?;
    Some(banner(first, notices.len() - 1))
}

fn banner(notice: &NoticeView, more: usize) -> impl IntoView + use<> {
    let class = match notice.severity {
        Severity::Info => "banner",
        Severity::Warn => "banner warn",
        Severity::Bad => "banner bad",
    };
    let notice = notice.clone();
    let label = notice.title.clone();
    view! {
        <section class=class aria-label=label data-testid="notice">
            {icon(icon::ALERT)}
            <div class="stack tight">
                <p class="strong">{notice.title}</p>
                <p>{notice.detail}</p>
                <div class="row">
                    {notice.cure.map(|(address, link)| view! { <a class="button small" href=address>{link}</a> })}
                    <form method="post" action="/api/close_notice">
                        <input type="hidden" name="id" value=notice.id/>
                        <button class="button small quiet" type="submit">"Close"</button>
                    </form>
                    <span class="soft small"><Time at=notice.at/></span>
                    {(more > 0).then(|| view! { <a class="small" href="/settings/billing">{format!("and {more} more")}</a> })}
                </div>
            </div>
        </section>
    }
}
