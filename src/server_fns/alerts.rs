//! What people are told: the inbox, the banner, the rules, and the test letter.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::alerts::{AlertsPage, InboxPage};

/// One page of the caller's inbox.
#[server(endpoint = "load_inbox")]
pub async fn load_inbox(before: Option<String>) -> Result<InboxPage, Problem> {
    let (backend, caller) = context::reader()?;
    let zone = super::zone(&backend, &caller).await?;
    let page = context::inbox(&backend, &caller, zone, before.as_deref()).await;
    page.map_err(super::broken)
}

/// Marks one alert as read.
#[server(endpoint = "mark_read")]
pub async fn mark_read(id: String) -> Result<(), Problem> {
    let (backend, caller) = context::reader()?;
    let marked = context::mark_read(&backend, &caller, &id).await;
    if marked.map_err(super::broken)? { Ok(()) } else { Err(Problem::not_found("alert")) }
}

/// Marks everything as read that was told by the time at which the page was shown, in microseconds.
#[server(endpoint = "mark_all_read")]
pub async fn mark_all_read(shown_at: String) -> Result<(), Problem> {
    let (backend, caller) = context::reader()?;
    let shown = shown_at.parse().map_err(|_| Problem::not_found("page"))?;
    context::mark_all_read(&backend, &caller, shown).await.map_err(super::broken)?;
    super::answer::redirect("/inbox");
    Ok(())
}

/// Takes the banner, and what else stands about the same, away until it is told anew.
#[server(endpoint = "dismiss_banner")]
pub async fn dismiss_banner(id: String) -> Result<(), Problem> {
    let (backend, caller) = context::reader()?;
    let dismissed = context::dismiss(&backend, &caller, &id).await;
    if dismissed.map_err(super::broken)? { Ok(()) } else { Err(Problem::not_found("alert")) }
}

/// The page of rules; `test` is the test letter that was asked for just now.
#[server(endpoint = "load_alerts")]
pub async fn load_alerts(test: Option<String>) -> Result<AlertsPage, Problem> {
    let (backend, caller) = context::reader()?;
    let organisation = backend.organisation(&caller.organisation).await.map_err(super::broken)?;
    let page = context::page(&backend, &caller, &organisation, test.as_deref()).await;
    page.map_err(super::broken)
}

/// Saves one of the organisation's rules. A box that is not ticked is not sent.
#[server(endpoint = "save_alert_rule")]
pub async fn save_alert_rule(
    kind: String,
    version: i64,
    levels: Option<String>,
    mail: Option<String>,
    in_app: Option<String>,
) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ManageAlerts)?;
    let wanted = context::wanted(&kind, levels, mail, in_app, version)?;
    context::save(&backend, &caller, context::Whose::Organisation, wanted).await
}

/// Saves one of the caller's own rules.
#[server(endpoint = "save_own_alert_rule")]
pub async fn save_own_alert_rule(
    kind: String,
    version: i64,
    levels: Option<String>,
    mail: Option<String>,
    in_app: Option<String>,
) -> Result<(), Problem> {
    let (backend, caller) = context::reader()?;
    let wanted = context::wanted(&kind, levels, mail, in_app, version)?;
    context::save(&backend, &caller, context::Whose::Caller, wanted).await
}

/// Which of their alerts the caller gets by mail.
#[server(endpoint = "choose_alert_mail")]
pub async fn choose_alert_mail(choice: String) -> Result<(), Problem> {
    let (backend, caller) = context::reader()?;
    let choice =
        choice.parse().map_err(|_| Problem::invalid_field("choice", "Choose one of the three."))?;
    context::choose(&backend, &caller, choice).await.map_err(super::broken)?;
    super::answer::redirect("/settings/alerts#mail-heading");
    Ok(())
}

/// Sends a test letter to the caller, now; the page then shows what the mail server said.
#[server(endpoint = "send_test_mail")]
pub async fn send_test_mail(form_key: String) -> Result<(), Problem> {
    use crate::model::permission::Action;

    let (backend, caller) = (super::backend()?, super::caller()?);
    caller.require(Action::ManageAlerts)?;
    let id = context::test(&backend, &caller, &form_key).await.map_err(super::broken)?;
    super::answer::redirect(&format!("/settings/alerts?test={id}#test"));
    Ok(())
}

#[cfg(feature = "ssr")]
mod context {
    use crate::backend::access::Caller;
    use crate::backend::alerts::rules::{self, NotSaved, Wanted};
    use crate::backend::state::Backend;
    use crate::model::Problem;
    use crate::model::alerts::RuleKind;
    use crate::model::permission::Action;

    pub use crate::backend::alerts::inbox::{choose, dismiss, mark_all_read, mark_read, test};
    pub use crate::backend::alerts::views::{inbox, page};

    /// The backend, and a caller who may read what they are told.
    pub fn reader() -> Result<(Backend, Caller), Problem> {
        let (backend, caller) = (crate::server_fns::backend()?, crate::server_fns::caller()?);
        caller.require(Action::ReadInbox)?;
        Ok((backend, caller))
    }

    /// What a rule's form says.
    pub fn wanted(
        kind: &str,
        levels: Option<String>,
        mail: Option<String>,
        in_app: Option<String>,
        version: i64,
    ) -> Result<Wanted, Problem> {
        let kind: RuleKind = kind.parse().map_err(|_| Problem::not_found("rule"))?;
        let is_ticked = |value: Option<String>| value.as_deref() == Some("yes");
        let levels = levels.unwrap_or_default();
        Ok(Wanted { kind, levels, mail: is_ticked(mail), in_app: is_ticked(in_app), version })
    }

    /// Whose rule.
    pub enum Whose {
        Organisation,
        Caller,
    }

    pub async fn save(
        backend: &Backend,
        caller: &Caller,
        whose: Whose,
        wanted: Wanted,
    ) -> Result<(), Problem> {
        let organisation = backend.organisation(&caller.organisation).await;
        let founded = organisation.map_err(crate::server_fns::broken)?.created_at;
        let owner = match whose {
            Whose::Organisation => None,
            Whose::Caller => Some(&caller.user),
        };
        let page = format!("/settings/alerts#rule-{}", wanted.kind.as_str());
        match rules::save(backend, caller, owner, wanted, founded).await {
            Ok(()) => crate::server_fns::answer::redirect(&page),
            Err(NotSaved::Refused(problem)) => return Err(problem),
            Err(NotSaved::Broken(error)) => return Err(crate::server_fns::broken(error)),
        }
        Ok(())
    }
}
