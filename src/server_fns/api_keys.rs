//! API keys and the pages for developers.
#![expect(clippy::too_many_arguments, reason = "one argument a field of the form")]

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::api_keys::DevelopersView;
use crate::model::api_reference::{GuideView, ReferenceView};

/// The keys of the caller's organisation.
#[server(endpoint = "load_developers")]
pub async fn load_developers() -> Result<DevelopersView, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let keys = backend.access.api_keys(&caller, backend.now()).await?;
    crate::backend::developers::page(&backend, &caller, keys).await.map_err(super::broken)
}

/// Makes a key. The answer carries its secret, once: see [`SECRET_ISSUED`].
///
/// [`SECRET_ISSUED`]: crate::model::api_keys::SECRET_ISSUED
#[server(endpoint = "create_api_key")]
pub async fn create_api_key(
    name: String,
    read: Option<String>,
    spend: Option<String>,
    reverse: Option<String>,
    grant: Option<String>,
    department: Option<String>,
    cap: Option<String>,
    window: Option<String>,
    form_key: String,
) -> Result<(), Problem> {
    use crate::backend::access::api_keys::{Maker, NewApiKey};
    use crate::ledger::Actor;

    let (backend, caller) = form::manager()?;
    let ticked = [read, spend, reverse, grant].map(|one| one.is_some());
    let new = NewApiKey {
        id: form::new_id(&form_key)?,
        name,
        scopes: form::scopes(ticked),
        department: form::department(department)?,
    };
    let cap = form::cap(cap, window)?;
    let maker = Maker::of(&caller);
    backend.access.check_new_api_key(&maker, &new).await?;
    if cap.is_some() {
        let actor = Actor::Member(caller.user.clone());
        // Before the key works, so that it never spends without its limit.
        form::set_cap(&backend, &caller, actor, &new.id, cap, &form_key).await?;
    }
    let made = backend.access.create_api_key(&maker, &new, form::mode(&backend), backend.now());
    Err(form::issued(&made.await?))
}

/// Gives a key another secret, in the same way; the one before works for `overlap` hours more.
#[server(endpoint = "rotate_api_key")]
pub async fn rotate_api_key(id: String, rotation: i64, overlap: String) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    let (id, overlap) = (form::id(&id)?, form::overlap(&overlap)?);
    let (mode, now) = (form::mode(&backend), backend.now());
    let made = backend.access.rotate_api_key(&caller, (&id, rotation), mode, overlap, now).await?;
    Err(form::issued(&made))
}

/// Ends a key for good; its name is typed to make sure.
#[server(endpoint = "revoke_api_key")]
pub async fn revoke_api_key(id: String, name: String) -> Result<(), Problem> {
    let (backend, caller) = form::manager()?;
    backend.access.revoke_api_key(&caller, &form::id(&id)?, &name, backend.now()).await?;
    super::answer::redirect(form::PAGE);
    Ok(())
}

/// Sets the most that a key may spend; an empty one removes the limit.
#[server(endpoint = "set_api_key_cap")]
pub async fn set_api_key_cap(
    id: String,
    cap: Option<String>,
    window: Option<String>,
    form_key: String,
) -> Result<(), Problem> {
    use crate::ledger::Actor;

    let (backend, caller) = form::manager()?;
    let (id, cap) = (form::id(&id)?, form::cap(cap, window)?);
    backend.access.api_key(&caller.organisation, &id).await?;
    let actor = Actor::Member(caller.user.clone());
    form::set_cap(&backend, &caller, actor, &id, cap, &form_key).await?;
    super::answer::redirect(form::PAGE);
    Ok(())
}

/// What the guides name: the API's address and the reader's own ids.
#[server(endpoint = "load_developer_guide")]
pub async fn load_developer_guide() -> Result<GuideView, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    Ok(crate::backend::developers::guide(&backend, &caller))
}

/// Every route of the API, as its OpenAPI file describes it.
#[server(endpoint = "load_api_reference")]
pub async fn load_api_reference() -> Result<ReferenceView, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let guide = crate::backend::developers::guide(&backend, &caller);
    Ok(crate::web::api::reference::view(guide.base))
}

#[cfg(feature = "ssr")]
mod form {
    use crate::backend::access::Caller;
    use crate::backend::access::api_keys::{IssuedKey, Mode};
    use crate::backend::developers;
    use crate::backend::state::Backend;
    use crate::ledger::time::HOUR;
    use crate::ledger::{Actor, ApiKeyId, Credits, DepartmentId};
    use crate::model::Problem;
    use crate::model::api_keys::{CapWindow, SECRET_ISSUED, Scope, Scopes};
    use crate::model::permission::Action;
    use crate::server_fns::{backend, broken, caller};

    /// Where every change leads back to.
    pub const PAGE: &str = "/developers";

    /// The caller, if they may manage keys.
    pub fn manager() -> Result<(Backend, Caller), Problem> {
        let (backend, caller) = (backend()?, caller()?);
        caller.require(Action::ManageApiKeys)?;
        Ok((backend, caller))
    }

    /// Whether money moves here.
    pub fn mode(backend: &Backend) -> Mode {
        if backend.payments.is_test() { Mode::Test } else { Mode::Live }
    }

    /// A key's id; what is none names no key of this organisation.
    pub fn id(text: &str) -> Result<ApiKeyId, Problem> {
        ApiKeyId::parse(text).map_err(|_| Problem::not_found("API key"))
    }

    /// The id that the key of this form will have.
    pub fn new_id(form_key: &str) -> Result<ApiKeyId, Problem> {
        ApiKeyId::from_uuid_simple(form_key).map_err(|_| {
            Problem::conflict("stale_form", "The form is too old or was changed on the way.")
                .with_cure("Open the page again and repeat it.")
        })
    }

    /// The scopes that were ticked, in the order of [`Scope::ALL`].
    pub fn scopes(ticked: [bool; 4]) -> Scopes {
        let ticked = Scope::ALL.into_iter().zip(ticked).filter(|(_, ticked)| *ticked);
        Scopes::of(ticked.map(|(scope, _)| scope))
    }

    pub fn department(text: Option<String>) -> Result<Option<DepartmentId>, Problem> {
        let text = text.filter(|text| !text.is_empty());
        let id = text.map(|text| DepartmentId::parse(&text)).transpose();
        id.map_err(|_| Problem::not_found("department"))
    }

    /// A limit as people write it, or none.
    pub fn cap(
        cap: Option<String>,
        window: Option<String>,
    ) -> Result<Option<(Credits, CapWindow)>, Problem> {
        let digits: String = cap.unwrap_or_default().chars().filter(|it| *it != ',').collect();
        if digits.trim().is_empty() {
            return Ok(None);
        }
        let wrong = |message: String| Problem::invalid_field("cap", message);
        let limit: Credits = digits.trim().parse().map_err(|error| wrong(format!("{error}.")))?;
        if limit.is_negative() {
            return Err(wrong("A limit is 0 or more.".to_owned()));
        }
        let window = window.as_deref().unwrap_or(CapWindow::Month.as_str()).parse();
        let window = window.map_err(|message: String| Problem::invalid_field("window", message))?;
        Ok(Some((limit, window)))
    }

    pub async fn set_cap(
        backend: &Backend,
        caller: &Caller,
        actor: Actor,
        key: &ApiKeyId,
        cap: Option<(Credits, CapWindow)>,
        form_key: &str,
    ) -> Result<(), Problem> {
        let set = developers::set_cap(backend, &caller.organisation, actor, key, cap, form_key);
        set.await.map_err(broken)
    }

    /// For how long the secret before works on, in microseconds.
    pub fn overlap(hours: &str) -> Result<i64, Problem> {
        match hours {
            "0" => Ok(0),
            "1" => Ok(HOUR),
            "24" => Ok(24 * HOUR),
            "168" => Ok(168 * HOUR),
            _ => Err(Problem::invalid_field("overlap", "Choose one of the times.")),
        }
    }

    /// The answer that shows a secret.
    pub fn issued(key: &IssuedKey) -> Problem {
        let detail = format!(
            "This is the secret of {}. Copy it now: it is shown only here, and only this once.",
            key.name
        );
        Problem::new(200, SECRET_ISSUED, "The key is ready", detail)
            .with_number("secret", key.secret.reveal())
            .with_number("id", &key.id)
    }
}
