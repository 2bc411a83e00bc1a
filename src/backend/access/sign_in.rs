//! Signing in and out. The answer and its time are the same for an unknown address and for a wrong
//! password.

use tower_sessions::Session;

use crate::backend::access::{
    Access, AccessError, Caller, ClientAddress, DEMO_ADDRESSES, caller, session, throttle,
};
use crate::backend::store;
use crate::backend::store::user::User;
use crate::ledger::time::Timestamp;
use crate::model::Problem;

impl Access {
    /// Signs in with mail address and password; the session is new afterwards.
    ///
    /// # Errors
    /// 429 after too many attempts, 422 when it does not fit, 403 for someone without an organisation;
    /// or something broke.
    pub async fn sign_in(
        &self,
        session: &Session,
        email: &str,
        password: &str,
        address: ClientAddress,
        now: Timestamp,
    ) -> Result<Caller, AccessError> {
        let user = self.proven(email, password, address, now).await?;
        let caller = self.enter(session, &user).await?;
        tracing::info!(target: "security", user = %caller.user, address = %address.0, "signed in");
        Ok(caller)
    }

    /// Signs in as one of the demo's people without a password; only where the demo is on.
    ///
    /// # Errors
    /// 404 where the demo is off or `email` is none of its people; or something broke.
    pub async fn sign_in_to_demo(
        &self,
        session: &Session,
        email: &str,
    ) -> Result<Caller, AccessError> {
        let is_offered = self.demo && DEMO_ADDRESSES.contains(&email);
        let user = match is_offered {
            true => store::user::find_by_email(&self.db, email).await?,
            false => None,
        };
        let user = user.ok_or_else(|| Problem::not_found("demo account"))?;
        self.enter(session, &user).await
    }

    /// Signs out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sign_out(&self, session: &Session) -> Result<(), AccessError> {
        session::end(session).await
    }

    /// The account of `email`, if the password is its own and there were not too many attempts.
    pub(super) async fn proven(
        &self,
        email: &str,
        password: &str,
        address: ClientAddress,
        now: Timestamp,
    ) -> Result<User, AccessError> {
        let attempt = throttle::begin(&self.db, email, address.0, now).await?;
        let user = store::user::find_by_email(&self.db, email).await?;
        let kept = user.as_ref().map(|user| user.password_hash.as_str());
        let is_right = self.passwords.verify(password, kept).await?;
        let Some(user) = user.filter(|_| is_right) else {
            tracing::info!(target: "security", address = %address.0, "sign-in failed");
            return Err(does_not_fit().into());
        };
        throttle::succeeded(&self.db, &attempt).await?;
        Ok(user)
    }

    /// Begins a session for a person who has proved to be `user`.
    pub(super) async fn enter(
        &self,
        session: &Session,
        user: &User,
    ) -> Result<Caller, AccessError> {
        let caller = caller::of_user(&self.db, &user.id, "").await?.ok_or_else(belongs_nowhere)?;
        session::begin(session, &caller.user, &caller.organisation).await?;
        Ok(caller)
    }
}

fn does_not_fit() -> Problem {
    // 422, not 401: nothing was asked for that signing in would open; the form itself was wrong.
    Problem::new(
        422,
        "sign_in_failed",
        "Could not sign in",
        "The mail address and the password do not fit together.",
    )
    .with_cure("Check both and try again.")
}

fn belongs_nowhere() -> Problem {
    Problem::forbidden(
        "You no longer belong to an organisation here.",
        "Ask an admin of your organisation for an invitation.",
    )
}
