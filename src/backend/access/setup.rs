//! The first run: while nobody has an account, a one-time token from the log opens the set-up page.

use tower_sessions::Session;

use crate::backend::access::account::{NewOrganisation, NewUser};
use crate::backend::access::token::Token;
use crate::backend::access::{Access, AccessError, Caller};
use crate::backend::store;
use crate::backend::store::founding::UsedUp;
use crate::ledger::time::Timestamp;
use crate::model::Problem;

/// The setting that holds the hash of the token.
const SETTING: &str = "setup_token_hash";

impl Access {
    /// At start: a new token for the link `/setup?token=…` in the log while there is no account;
    /// otherwise `None`, and a token from before is forgotten.
    ///
    /// # Errors
    /// The database failed.
    pub async fn prepare_setup(&self) -> Result<Option<Token>, AccessError> {
        if store::user::count(&self.db).await? > 0 {
            store::setting::delete(&self.db, SETTING).await?;
            return Ok(None);
        }
        let token = Token::random();
        store::setting::set(&self.db, SETTING, &hex::encode(token.hash())).await?;
        Ok(Some(token))
    }

    /// Whether this token opens the set-up page now: only while nobody has an account, however they
    /// came by it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn setup_is_open(&self, token: &Token) -> Result<bool, AccessError> {
        if store::user::count(&self.db).await? > 0 {
            return Ok(false);
        }
        let kept = store::setting::find(&self.db, SETTING).await?;
        Ok(kept.is_some_and(|kept| kept == hex::encode(token.hash())))
    }

    /// Makes the owner and their organisation, uses up the token, and signs the owner in.
    ///
    /// # Errors
    /// 404 when the token does not work (any more), 422 with the fields that are wrong; or something
    /// broke. The token still works after a 422.
    pub async fn complete_setup(
        &self,
        session: &Session,
        token: &Token,
        owner: &NewUser,
        organisation: &NewOrganisation,
        now: Timestamp,
    ) -> Result<Caller, AccessError> {
        if !self.setup_is_open(token).await? {
            return Err(over().into());
        }
        let value = hex::encode(token.hash());
        let used_up = UsedUp { key: SETTING, value: &value };
        let founded = self.found(owner, organisation, Some(used_up), now).await?;
        let (user, _) = founded.ok_or_else(over)?;
        let user = store::user::find(&self.db, &user).await?;
        let user = user.ok_or_else(|| Problem::not_found("account"))?;
        self.enter(session, &user).await
    }
}

fn over() -> Problem {
    Problem::new(404, "setup_over", "Set-up is over", "This set-up link does not work any more.")
        .with_cure(
            "Sign in; or, if nobody has an account yet, start the server again for a new link.",
        )
}
