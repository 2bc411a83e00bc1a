//! What people do to endpoints: make, change, switch on and off, rotate the secret, delete.

use super::{address, notice, secret};
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::webhook_endpoint::{self, Endpoint, Settings};
use crate::ledger::time::HOUR;
use crate::ledger::{OrganisationId, UserId};
use crate::model::webhook_pages::EndpointState;
use crate::model::webhooks::{Kinds, LONGEST_NAME, MOST_ENDPOINTS, OVERLAP_HOURS};
use crate::model::{FieldProblem, Problem};

/// What the id of every endpoint begins with.
const PREFIX: &str = "whe_";
/// Characters of the longest id.
const LONGEST_ID: usize = 60;
/// What is said of deliveries that were given up with their endpoint.
const SWITCHED_OFF: &str = "Somebody switched the endpoint off before it took this.";

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// A *no* with its reason; shown as it is.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was typed about an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub url: String,
    pub kinds: Kinds,
}

/// An endpoint with the secret that is shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub id: String,
    pub name: String,
    pub secret: String,
}

/// The endpoints of one organisation, and what may be done to them.
#[derive(Clone, Copy)]
pub struct Endpoints<'a> {
    backend: &'a Backend,
    organisation: &'a OrganisationId,
}

impl<'a> Endpoints<'a> {
    /// Those of this organisation.
    pub fn of(backend: &'a Backend, organisation: &'a OrganisationId) -> Self {
        Endpoints { backend, organisation }
    }

    /// The endpoint with this id.
    ///
    /// # Errors
    /// 404 where this organisation has none; or the database failed.
    pub async fn find(&self, id: &str) -> Result<Endpoint, WebhookError> {
        if !is_id(id) {
            return Err(Problem::not_found("webhook").into());
        }
        let found = webhook_endpoint::find(&self.backend.db, self.organisation, id).await?;
        Ok(found.ok_or_else(|| Problem::not_found("webhook"))?)
    }

    /// Makes an endpoint that is told of what happens from now on. `form_key` makes its id: the same form
    /// makes one. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// 422 for what was typed, 409 where there are too many or this form was sent before; or the database
    /// failed.
    pub async fn create(
        &self,
        typed: &Typed,
        form_key: &str,
        created_by: Option<&UserId>,
    ) -> Result<Issued, WebhookError> {
        let (id, settings) = (id_of_form(form_key)?, self.checked(typed)?);
        let now = self.backend.now();
        let endpoint = Endpoint {
            organisation: self.organisation.clone(),
            id,
            name: settings.name,
            url: settings.url,
            kinds: settings.kinds,
            state: EndpointState::On,
            secret: secret::random(),
            secret_before: None,
            rotation: 0,
            version: 1,
            told_through: 0,
            place: 0,
            failing_since: None,
            created_at: now,
            created_by: created_by.cloned(),
        };
        match webhook_endpoint::insert(&self.backend.db, &endpoint, MOST_ENDPOINTS).await {
            Ok(true) => {}
            Ok(false) => return Err(self.too_many(&endpoint.id).await?.into()),
            Err(StoreError::Conflict { .. }) => return Err(shown_before().into()),
            Err(error) => return Err(error.into()),
        }
        tracing::info!(target: "security", endpoint = endpoint.id, url = endpoint.url, "webhook made");
        Ok(Issued { id: endpoint.id, name: endpoint.name, secret: endpoint.secret })
    }

    /// Why there is no room for another: perhaps because this very form made the last.
    async fn too_many(&self, id: &str) -> Result<Problem, StoreError> {
        let known = webhook_endpoint::find(&self.backend.db, self.organisation, id).await?;
        if known.is_some() {
            return Ok(shown_before());
        }
        let detail = format!("An organisation has {MOST_ENDPOINTS} webhooks at most.");
        Ok(Problem::conflict("too_many_webhooks", detail)
            .with_cure("Delete one that is not needed."))
    }

    /// Changes name, address and kinds of events. The same form sent twice changes them once.
    ///
    /// # Errors
    /// 404, 422 for what was typed, 409 where somebody else changed it since `version`; or the database
    /// failed.
    pub async fn change(&self, id: &str, typed: &Typed, version: i64) -> Result<(), WebhookError> {
        let (known, settings) = (self.find(id).await?, self.checked(typed)?);
        let (db, of) = (&self.backend.db, (self.organisation, id));
        if webhook_endpoint::change(db, of, &settings, version, self.backend.now()).await? {
            return Ok(());
        }
        let is_done = known.version == version + 1
            && (&known.name, &known.url, &known.kinds)
                == (&settings.name, &settings.url, &settings.kinds);
        if is_done {
            return Ok(());
        }
        let detail = "Somebody else has changed this webhook since the page was opened.";
        let problem = Problem::conflict("changed_meanwhile", detail);
        Err(problem.with_cure("Open it again, and change it from there.").into())
    }

    /// Gives it another secret; the one before signs too for a day.
    ///
    /// # Errors
    /// 404, 409 where it was rotated since `rotation`; or the database failed.
    pub async fn rotate(&self, id: &str, rotation: i64) -> Result<Issued, WebhookError> {
        let known = self.find(id).await?;
        let (secret, now) = (secret::random(), self.backend.now());
        let (db, of, ends_at) =
            (&self.backend.db, (self.organisation, id), now.plus(OVERLAP_HOURS * HOUR));
        if !webhook_endpoint::rotate(db, of, rotation, &secret, ends_at).await? {
            return Err(shown_before().into());
        }
        tracing::info!(target: "security", endpoint = id, "webhook secret rotated");
        Ok(Issued { id: known.id, name: known.name, secret })
    }

    /// Switches it on; what happened while it was off is told only where `with_missed`.
    ///
    /// # Errors
    /// 404; or the database failed.
    pub async fn switch_on(&self, id: &str, with_missed: bool) -> Result<(), WebhookError> {
        let (known, now) = (self.find(id).await?, self.backend.now());
        let of = (self.organisation, id);
        webhook_endpoint::switch_on(&self.backend.db, of, with_missed, now).await?;
        Ok(notice::recovered(self.backend, &known, now).await?)
    }

    /// Switches it off, and gives up what waits.
    ///
    /// # Errors
    /// 404; or the database failed.
    pub async fn switch_off(&self, id: &str) -> Result<(), WebhookError> {
        let (known, now) = (self.find(id).await?, self.backend.now());
        let of = (self.organisation, id);
        webhook_endpoint::switch_off(&self.backend.db, of, None, SWITCHED_OFF, now).await?;
        Ok(notice::recovered(self.backend, &known, now).await?)
    }

    /// Deletes it with everything that was sent there. `name` is what its name was typed as.
    ///
    /// # Errors
    /// 404, 422 for another name; or the database failed.
    pub async fn delete(&self, id: &str, name: &str) -> Result<(), WebhookError> {
        let (known, now) = (self.find(id).await?, self.backend.now());
        if name.trim() != known.name {
            let ask = format!("Type the webhook's name, {}, to delete it.", known.name);
            return Err(Problem::invalid_field("confirm", ask).into());
        }
        notice::recovered(self.backend, &known, now).await?;
        webhook_endpoint::delete(&self.backend.db, self.organisation, id).await?;
        tracing::info!(target: "security", endpoint = id, url = known.url, "webhook deleted");
        Ok(())
    }

    /// What was typed as it is kept.
    fn checked(&self, typed: &Typed) -> Result<Settings, Problem> {
        let name = typed.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut wrong = Vec::new();
        if name.is_empty() {
            wrong.push(FieldProblem::new("name", "Give it a name that says who listens."));
        } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            let limit = format!("Use one line of at most {LONGEST_NAME} characters.");
            wrong.push(FieldProblem::new("name", limit));
        }
        let url = address::checked(&typed.url, self.backend.courier.reach);
        if let Err(message) = &url {
            wrong.push(FieldProblem::new("url", message.clone()));
        }
        if typed.kinds.is_empty() {
            wrong.push(FieldProblem::new("kinds", "Choose what is told."));
        }
        match url {
            Ok(url) if wrong.is_empty() => {
                Ok(Settings { name, url: url.into(), kinds: typed.kinds.clone() })
            }
            _ => Err(Problem::invalid(wrong)),
        }
    }
}

/// Whether a text may be the id of an endpoint or a delivery at all; else no database need be asked.
pub fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(allowed)
}

/// The id of the endpoint that a form makes.
fn id_of_form(form_key: &str) -> Result<String, Problem> {
    let is_key = form_key.len() == 32
        && form_key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_key {
        return Ok(format!("{PREFIX}{form_key}"));
    }
    let detail = "The form is too old or was changed on the way.";
    Err(Problem::conflict("stale_form", detail).with_cure("Open the page again and repeat it."))
}

/// The same form, sent twice: its secret was in the first answer.
fn shown_before() -> Problem {
    let detail =
        "This form was sent before. The secret was in the answer to it, and is shown once.";
    Problem::conflict("secret_shown_before", detail)
        .with_cure("Rotate the secret if nobody has kept it.")
}
