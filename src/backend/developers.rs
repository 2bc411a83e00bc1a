//! The page *Developers*: an organisation's API keys with what each may spend and has spent; and the limit
//! of a key, which is a budget of the ledger like any other.

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::engine::SubmitError;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::api_key::ListedKey;
use crate::backend::team;
use crate::backend::zone::Zone;
use crate::ledger::command::SetBudget;
use crate::ledger::{
    Actor, ApiKeyId, BudgetKind, Command, Credits, Every, IdempotencyKey, LedgerState, Order,
    OrganisationId, Subject, Timestamp, Window,
};
use crate::model::api_keys::{ApiKeyLine, CapLine, CapWindow, DevelopersView, Scope};
use crate::model::api_reference::GuideView;
use crate::model::members::DepartmentChoice;

/// Where the API answers, behind the site's own address.
pub const API_PATH: &str = "/v1";

/// The page, of keys that were listed for this caller.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    caller: &Caller,
    keys: Vec<ListedKey>,
) -> Result<DevelopersView, ReadError> {
    let now = backend.now();
    let organisation = backend.organisation(&caller.organisation).await?;
    let zone = backend.zone(&organisation)?;
    let state = backend.ledger(&caller.organisation).await?;
    let departments = team::departments(backend, &caller.organisation).await?;
    let lines = keys.into_iter().map(|key| line(key, &state, zone, now));
    let (keys, revoked) = lines.partition(|line| line.revoked.is_none());
    let givable = |scope: &Scope| scope.may_be_given_by(caller.role, caller.staff);
    Ok(DevelopersView {
        keys,
        revoked,
        scopes: Scope::ALL.into_iter().filter(givable).collect(),
        departments: departments
            .in_use
            .into_iter()
            .map(|one| DepartmentChoice { id: one.id.to_string(), name: one.name })
            .collect(),
        base: base(backend),
        is_test: backend.payments.is_test(),
        form_key: id::uuid_simple(now),
    })
}

/// What the guides name: this installation's address and the reader's own ids.
pub fn guide(backend: &Backend, caller: &Caller) -> GuideView {
    GuideView {
        base: base(backend),
        is_test: backend.payments.is_test(),
        member: caller.user.to_string(),
        department: caller.department.as_ref().map(ToString::to_string),
        operation: crate::catalogue::ANALYSIS_OPERATION.to_owned(),
    }
}

fn base(backend: &Backend) -> String {
    format!("{}{API_PATH}", backend.installation.public_url)
}

fn line(listed: ListedKey, state: &LedgerState, zone: Zone, now: Timestamp) -> ApiKeyLine {
    let key = listed.key;
    ApiKeyLine {
        cap: cap(state, &key.id, now),
        id: key.id.to_string(),
        name: key.name,
        prefix: listed.prefix,
        scopes: key.scopes,
        department: listed.department_name,
        last_used: listed.last_used_at.map(|at| zone.moment(at)),
        created: zone.moment(key.created_at),
        created_by: match (key.created_by, listed.maker_name) {
            (None, _) => "The command line".to_owned(),
            (Some(_), Some(name)) => name,
            (Some(user), None) => user.to_string(),
        },
        rotation: listed.rotation,
        overlap: listed.overlap.map(|at| zone.moment(at)),
        revoked: listed.revoked_at.map(|at| zone.moment(at)),
    }
}

fn cap(state: &LedgerState, key: &ApiKeyId, now: Timestamp) -> Option<CapLine> {
    let budget = state.budget_at(&Subject::Key(key.clone()), now)?;
    let used = budget.used.checked_add(budget.held).unwrap_or(Credits::MAX);
    let window = match budget.window {
        Window::Every(Every::Day) => CapWindow::Day,
        Window::Every(_) => CapWindow::Month,
        Window::Forever | Window::Between { .. } => CapWindow::Ever,
    };
    Some(CapLine { limit: budget.limit, used, window })
}

/// Sets the most that a key may spend, or removes that limit. The same form sent twice sets it once.
///
/// # Errors
/// The ledger refused or could not be reached, or the form's key is none.
pub async fn set_cap(
    backend: &Backend,
    organisation: &OrganisationId,
    actor: Actor,
    key: &ApiKeyId,
    cap: Option<(Credits, CapWindow)>,
    form_key: &str,
) -> Result<(), SubmitError> {
    let window = match cap.map(|(_, window)| window) {
        Some(CapWindow::Day) => Window::Every(Every::Day),
        Some(CapWindow::Month) => Window::Every(Every::Month),
        Some(CapWindow::Ever) | None => Window::Forever,
    };
    let subject = Subject::Key(key.clone());
    if cap.is_none() {
        let subject = subject.clone();
        let has_one =
            backend.engine.read(organisation, move |state| state.budget(&subject).is_some());
        if !has_one.await? {
            return Ok(());
        }
    }
    let order = Order {
        key: IdempotencyKey::scoped("form", &format!("cap:{key}:{form_key}"))
            .map_err(|_| SubmitError::KeyConflict)?,
        actor,
        occurred_at: backend.now(),
        command: Command::SetBudget(SetBudget {
            subject,
            kind: BudgetKind::Cap,
            window,
            limit: cap.map(|(limit, _)| limit),
            // The engine reads what was used before, together with the journal.
            used_so_far: Credits::ZERO,
        }),
    };
    backend.engine.submit(organisation, order).await.map(drop)
}
