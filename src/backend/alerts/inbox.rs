//! What a person does with what they were told.

use super::views::reader;
use crate::backend::access::Caller;
use crate::backend::mail::{Addressed, Letter};
use crate::backend::state::Backend;
use crate::backend::store::{StoreError, alert_rule, inbox};
use crate::ledger::Timestamp;
use crate::model::alerts::MailChoice;

/// The most bytes of a form's key that are kept.
const FORM_KEY: usize = 80;

/// Marks one alert as read; `false` where it is not in the caller's inbox.
///
/// # Errors
/// The database failed.
pub async fn mark_read(backend: &Backend, caller: &Caller, id: &str) -> Result<bool, StoreError> {
    inbox::mark_read(&backend.db, reader(caller), id, backend.now()).await
}

/// Marks as read what was told until `shown`, in microseconds.
///
/// # Errors
/// The database failed.
pub async fn mark_all_read(
    backend: &Backend,
    caller: &Caller,
    shown: i64,
) -> Result<(), StoreError> {
    inbox::mark_all_read(&backend.db, reader(caller), Timestamp(shown), backend.now()).await
}

/// Takes the banner away, with what else stands about the same; `false` where it is not in the caller's
/// inbox.
///
/// # Errors
/// The database failed.
pub async fn dismiss(backend: &Backend, caller: &Caller, id: &str) -> Result<bool, StoreError> {
    inbox::dismiss(&backend.db, reader(caller), id, backend.now()).await
}

/// Keeps which of their alerts the caller gets by mail.
///
/// # Errors
/// The database failed.
pub async fn choose(
    backend: &Backend,
    caller: &Caller,
    choice: MailChoice,
) -> Result<(), StoreError> {
    alert_rule::choose_mail(&backend.db, &caller.organisation, &caller.user, choice).await
}

/// Sends a test letter to the caller, once for each form: the letter's id.
///
/// # Errors
/// The database failed. What the mail server says stands in the outbox.
pub async fn test(
    backend: &Backend,
    caller: &Caller,
    form_key: &str,
) -> Result<String, StoreError> {
    let (organisation, now) = (&caller.organisation, backend.now());
    let key: String = form_key.chars().filter(char::is_ascii_graphic).take(FORM_KEY).collect();
    let letter = Letter::test(&caller.organisation_name, &caller.name);
    let to = Addressed { about: format!("test:{key}"), recipient: &caller.email, letter, at: now };
    let id = backend.mail.write(organisation, to).await?;
    backend.mail.send_now(organisation, &id, now).await?;
    Ok(id)
}
