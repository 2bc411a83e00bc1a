//! Who someone is and what they may do: passwords, sessions, invitations, the signed-in caller.
//!
//! [`Access`] holds what identity needs and is cheap to clone. A request's person is a [`Caller`],
//! resolved afresh from session and membership; `caller.require(Action::X)?` is the permission check,
//! by the one table in [`model::permission`](crate::model::permission).
//!
//! What it never does: read HTTP headers (`web::extract` does), decide by anything but that table, log
//! or return a secret twice, tell a stranger whether an address has an account.
//!
//! To add a way to sign in: prove who it is in a file of its own, then [`Access::enter`].

mod account;
pub mod api_keys;
mod caller;
mod error;
mod invitation;
mod members;
pub mod password;
mod person;
pub mod session;
mod setup;
mod sign_in;
pub mod throttle;
mod token;
mod views;

pub use account::{NewOrganisation, NewUser};
pub use caller::{Caller, ClientAddress, CurrentCaller, of_user, resolve, who_may};
pub use error::AccessError;
pub use invitation::{Issued, LIFETIME as INVITATION_LIFETIME, NewInvitation, Offer};
pub use person::{EMAIL_BYTES, Email, Fields, NAME_CHARACTERS, Name};
pub use token::Token;

use crate::backend::store::{self, Db};
use crate::ledger::Timestamp;
use password::Passwords;

/// The demo's people, who sign in with one click where the demo is on; in the order of [`Role::ALL`].
///
/// [`Role::ALL`]: crate::model::permission::Role::ALL
pub const DEMO_ADDRESSES: [&str; 3] =
    ["superadmin@example.com", "admin@example.com", "member@example.com"];
/// Their password, for those who would rather type it.
pub const DEMO_PASSWORD: &str = "scrip-demo";

/// Everything that identity needs.
#[derive(Clone, Debug)]
pub struct Access {
    db: Db,
    passwords: Passwords,
    remembered: api_keys::Remembered,
    demo: bool,
}

impl Access {
    /// Identity on this database; `demo` opens the one-click sign-in.
    pub fn new(db: Db, demo: bool) -> Self {
        let remembered = api_keys::Remembered::default();
        Access { db, passwords: Passwords::default(), remembered, demo }
    }

    /// Whether the demo is on.
    pub fn demo(&self) -> bool {
        self.demo
    }

    /// Who the session belongs to, as of now.
    ///
    /// # Errors
    /// The database failed: that is not the same as "nobody".
    pub async fn resolve(
        &self,
        session: &tower_sessions::Session,
    ) -> Result<Option<Caller>, AccessError> {
        resolve(&self.db, session).await
    }

    /// Whether the session lives and `caller` is still a member of the organisation they were in; for
    /// what stays open for long. It does not count as a use of the session.
    ///
    /// # Errors
    /// The database failed: that is not the same as "no".
    pub async fn still_here(
        &self,
        session: &tower_sessions::Session,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<bool, AccessError> {
        if !session::lives(&self.db, session, now).await? {
            return Ok(false);
        }
        let membership =
            store::membership::find(&self.db, &caller.organisation, &caller.user).await?;
        Ok(membership.is_some_and(|membership| membership.ended_at.is_none()))
    }
}
