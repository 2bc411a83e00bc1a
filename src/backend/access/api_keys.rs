//! API keys: what a program proves itself with, and what people do to keys.
//!
//! A key belongs to an organisation, not to whoever made it: it goes on working when they leave. What it may
//! do is what it was given, never more than its maker had; granting credits it may only while its maker is
//! still of those who run the installation.
//!
//! A secret is looked up by its hash. What was found is remembered for [`REMEMBERED`]: a revocation takes
//! effect at once on the node that did it, and after that time on the others.

mod secret;

pub use secret::{ApiSecret, Malformed, Mode};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backend::access::{Access, AccessError, Caller};
use crate::backend::store;
use crate::backend::store::StoreError;
use crate::backend::store::api_key::{ApiKey, FoundKey, KeptSecret, ListedKey};
use crate::ledger::id::{ApiKeyId, DepartmentId, OrganisationId, UserId};
use crate::ledger::time::{MINUTE, SECOND, Timestamp};
use crate::model::api_errors;
use crate::model::api_keys::{LONGEST_NAME, Scope, Scopes};
use crate::model::permission::{Action, Role};
use crate::model::{FieldProblem, Problem};

/// How long a key is believed without asking the database, in microseconds.
pub const REMEMBERED: i64 = 2 * SECOND;
/// Keys that are remembered at most.
const MOST_REMEMBERED: usize = 10_000;
/// The use of a key is noted at most this often, in microseconds.
const TOUCH_EVERY: i64 = MINUTE;

/// A program that has proven itself with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The organisation it acts in.
    pub organisation: OrganisationId,
    /// Its key.
    pub key: ApiKeyId,
    /// What it may do now.
    pub scopes: Scopes,
    /// The department that pays for what it does.
    pub department: Option<DepartmentId>,
    /// Who made its key; none for one from the command line.
    pub maker: Option<UserId>,
}

/// Who makes a key, and what they may give it.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The organisation that the key will act in.
    pub organisation: OrganisationId,
    /// Who they are; none for whoever sits at the command line.
    pub user: Option<UserId>,
    /// Their role there.
    pub role: Role,
    /// Whether they are of those who run the installation.
    pub staff: bool,
}

impl Maker {
    /// The person who is signed in.
    pub fn of(caller: &Caller) -> Self {
        Maker {
            organisation: caller.organisation.clone(),
            user: Some(caller.user.clone()),
            role: caller.role,
            staff: caller.staff,
        }
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The id it will have: the same form makes the same key.
    pub id: ApiKeyId,
    /// What people will call it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// The department that will pay.
    pub department: Option<DepartmentId>,
}

/// A key with the secret that is shown once.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// The secret.
    pub secret: ApiSecret,
}

/// What was found out about secrets a moment ago, by their hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered(Arc<Mutex<HashMap<[u8; 32], Seen>>>);

/// A program, and since when it is known to be that.
type Seen = (Program, Timestamp);

impl Remembered {
    fn find(&self, hash: &[u8; 32], now: Timestamp) -> Option<Program> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (program, since) = known.get(hash)?;
        (0..REMEMBERED).contains(&now.since(*since)).then(|| program.clone())
    }

    fn keep(&self, hash: [u8; 32], program: &Program, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(hash, (program.clone(), now));
    }

    fn forget(&self, key: &ApiKeyId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (program, _)| program.key != *key);
    }
}

impl Access {
    /// Whether the maker may make this key, before anything is done for it.
    ///
    /// # Errors
    /// As [`Access::create_api_key`].
    pub async fn check_new_api_key(
        &self,
        maker: &Maker,
        new: &NewApiKey,
    ) -> Result<(), AccessError> {
        checked(maker, new)?;
        self.check_department(&maker.organisation, new.department.as_ref()).await
    }

    /// Makes a key of the maker's organisation. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// 403 for a scope that the maker may not give, 422 for a wrong name or no scope, 404 for a department
    /// of someone else, 409 when this form made its key before; or the database failed.
    pub async fn create_api_key(
        &self,
        maker: &Maker,
        new: &NewApiKey,
        mode: Mode,
        now: Timestamp,
    ) -> Result<IssuedKey, AccessError> {
        let name = checked(maker, new)?;
        self.check_department(&maker.organisation, new.department.as_ref()).await?;
        let secret = ApiSecret::random(mode);
        let key = ApiKey {
            organisation: maker.organisation.clone(),
            id: new.id.clone(),
            name: name.clone(),
            scopes: new.scopes.clone(),
            department: new.department.clone(),
            created_by: maker.user.clone(),
            created_at: now,
        };
        match store::api_key::insert(&self.db, &key, &kept(&secret)).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => return Err(shown_before().into()),
            Err(error) => return Err(error.into()),
        }
        let by = maker.user.as_ref().map_or("the command line", UserId::as_str);
        tracing::info!(target: "security", by, key = %key.id, scopes = %key.scopes, "API key made");
        Ok(IssuedKey { id: key.id, name, secret })
    }

    /// Gives a key of the caller's organisation another secret; the one before works for `overlap` more.
    ///
    /// # Errors
    /// 403 for who may not, 404 for no such key, 409 when it was rotated or revoked since; or the database
    /// failed.
    pub async fn rotate_api_key(
        &self,
        caller: &Caller,
        (id, rotation): (&ApiKeyId, i64),
        mode: Mode,
        overlap: i64,
        now: Timestamp,
    ) -> Result<IssuedKey, AccessError> {
        caller.require(Action::ManageApiKeys)?;
        let key = self.api_key(&caller.organisation, id).await?;
        let maker = Maker::of(caller);
        refuse_more(&maker, &key.scopes)?;
        let secret = ApiSecret::random(mode);
        let of = (&caller.organisation, id);
        let times = (now, now.plus(overlap));
        if !store::api_key::rotate(&self.db, of, rotation, &kept(&secret), times).await? {
            return Err(shown_before().into());
        }
        self.remembered.forget(id);
        tracing::info!(target: "security", by = %caller.user, key = %id, "API key rotated");
        Ok(IssuedKey { id: key.id, name: key.name, secret })
    }

    /// Ends a key of the caller's organisation for good. `name` is what its name was typed as.
    ///
    /// # Errors
    /// 403 for who may not, 404 for no such key, 422 for another name; or the database failed.
    pub async fn revoke_api_key(
        &self,
        caller: &Caller,
        id: &ApiKeyId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        caller.require(Action::ManageApiKeys)?;
        let key = self.api_key(&caller.organisation, id).await?;
        if name.trim() != key.name {
            let ask = format!("Type the key's name, {}, to revoke it.", key.name);
            return Err(Problem::invalid_field("name", ask).into());
        }
        let by = Some(&caller.user);
        store::api_key::revoke(&self.db, &caller.organisation, id, by, now).await?;
        self.remembered.forget(id);
        tracing::info!(target: "security", by = %caller.user, key = %id, "API key revoked");
        Ok(())
    }

    /// The keys of the caller's organisation, the newest first, revoked ones among them.
    ///
    /// # Errors
    /// 403 for who may not; or the database failed.
    pub async fn api_keys(
        &self,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Vec<ListedKey>, AccessError> {
        caller.require(Action::ManageApiKeys)?;
        Ok(store::api_key::list(&self.db, &caller.organisation, now).await?)
    }

    /// The key of this id in an organisation, revoked or not.
    ///
    /// # Errors
    /// 404; or the database failed.
    pub async fn api_key(
        &self,
        organisation: &OrganisationId,
        id: &ApiKeyId,
    ) -> Result<ApiKey, AccessError> {
        let found = store::api_key::find(&self.db, organisation, id).await?;
        Ok(found.ok_or_else(|| Problem::not_found("API key"))?.key)
    }

    /// The program that this secret is of.
    ///
    /// # Errors
    /// 401 that says what is wrong with it; or the database failed.
    pub async fn program(
        &self,
        secret: &ApiSecret,
        now: Timestamp,
    ) -> Result<Program, AccessError> {
        let hash = secret.hash();
        if let Some(known) = self.remembered.find(&hash, now) {
            return Ok(known);
        }
        let found = store::api_key::find_by_hash(&self.db, &hash).await?.ok_or_else(unknown)?;
        works(&found, now)?;
        let FoundKey { key, made_by_staff, last_used_at, .. } = found;
        if last_used_at.is_none_or(|at| now.since(at) >= TOUCH_EVERY) {
            store::api_key::touch(&self.db, &key.organisation, &key.id, now).await?;
        }
        let may_grant = made_by_staff || key.created_by.is_none();
        let program = Program {
            organisation: key.organisation,
            key: key.id,
            scopes: if may_grant { key.scopes } else { key.scopes.without(Scope::Grant) },
            department: key.department,
            maker: key.created_by,
        };
        self.remembered.keep(hash, &program, now);
        Ok(program)
    }
}

/// The name as it is kept, if the maker may make such a key.
fn checked(maker: &Maker, new: &NewApiKey) -> Result<String, Problem> {
    let name = new.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut wrong = Vec::new();
    if name.is_empty() {
        wrong.push(FieldProblem::new("name", "Give the key a name that says what uses it."));
    } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let limit = format!("Use one line of at most {LONGEST_NAME} characters.");
        wrong.push(FieldProblem::new("name", limit));
    }
    if new.scopes.is_empty() {
        wrong.push(FieldProblem::new("scopes", "Choose what the key may do."));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    refuse_more(maker, &new.scopes)?;
    Ok(name)
}

/// Nobody holds a key that may do more than they.
fn refuse_more(maker: &Maker, scopes: &Scopes) -> Result<(), Problem> {
    let more = scopes.iter().find(|scope| !scope.may_be_given_by(maker.role, maker.staff));
    let Some(more) = more else { return Ok(()) };
    let detail = format!("You may not give a key the scope {more}: {}.", more.description());
    Err(Problem::forbidden(detail, "Ask someone who may do that themselves."))
}

fn kept(secret: &ApiSecret) -> KeptSecret {
    KeptSecret { prefix: secret.visible_prefix(), hash: secret.hash() }
}

/// The same form, sent twice: its secret was in the first answer.
fn shown_before() -> Problem {
    let detail =
        "This form was sent before. The secret was in the answer to it, and is shown once.";
    Problem::conflict("secret_shown_before", detail)
        .with_cure("Rotate the key if nobody has kept the secret.")
}

/// Why a key that was found does not work, if it does not.
fn works(found: &FoundKey, now: Timestamp) -> Result<(), Problem> {
    if found.revoked_at.is_some() {
        let detail = format!("The key {} was revoked.", found.key.name);
        return Err(api_errors::KEY_REVOKED.problem(detail).with_cure("Use another key."));
    }
    if found.ends_at.is_some_and(|ends_at| ends_at <= now) {
        let detail =
            format!("This secret of the key {} was replaced by a newer one.", found.key.name);
        return Err(api_errors::KEY_ROTATED.problem(detail).with_cure("Use the newer secret."));
    }
    Ok(())
}

fn unknown() -> Problem {
    api_errors::KEY_UNKNOWN
        .problem("There is no key with this secret.")
        .with_cure("Make a key on the page Developers, and use all of its secret.")
}
