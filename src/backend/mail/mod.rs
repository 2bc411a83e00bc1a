//! Mail: letters are written into the outbox ([`store::mail`](crate::backend::store::mail)) and sent from
//! there by a job, one at a time.
//!
//! **Once.** Nobody is written to twice about the same thing: the outbox takes each pair of person and
//! thing once. A program that dies between sending and noting it sends the letter again, with the same
//! Message-ID, by which mail programs know that it is the same.
//!
//! **Not for ever.** What the server does not take now is tried again, each time later ([`WAITS`]); what
//! it refuses for good, or not after [`ATTEMPTS`], is given up and the log says so.
//!
//! **Without a mail server** nothing is sent: the log says what would be, by subject and address only.

mod letter;
mod post;

pub use letter::{Addressed, Letter, one_line};
pub use post::{MailSettings, MailSetupError};

use std::sync::Arc;

use crate::backend::access::Issued;
use crate::backend::id;
use crate::backend::step::Step;
use crate::backend::store::mail::{self, Claimed, MailRecord, NewMail};
use crate::backend::store::{Db, StoreError};
use crate::ledger::time::{HOUR, MINUTE};
use crate::ledger::{OrganisationId, Timestamp};
use post::{Handed, Post};

/// How long a letter rests after each attempt that failed.
pub const WAITS: [i64; 7] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];
/// A letter is tried so often.
pub const ATTEMPTS: usize = WAITS.len() + 1;
/// Whoever sends a letter is believed to be at it for this long.
pub const LEASE: i64 = 5 * MINUTE;
/// What the outbox says of a letter that nobody could send.
const NOT_SET_UP: &str = "No mail server is set up (SCRIP_SMTP_URL), so nothing was sent.";

/// The outbox, and the way to the mail server where there is one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mail {
    db: Db,
    post: Option<Arc<Post>>,
    /// Where this site is reached, without a slash at its end.
    site: Arc<str>,
}

impl Mail {
    /// An outbox whose letters nobody sends.
    pub fn off(db: Db, site: &str) -> Mail {
        Mail { db, post: None, site: site.into() }
    }

    /// The same outbox, whose letters go to this server.
    ///
    /// # Errors
    /// The server's address is not understood.
    pub fn through(&self, settings: &MailSettings) -> Result<Mail, MailSetupError> {
        Ok(Mail { post: Some(Arc::new(Post::open(settings)?)), ..self.clone() })
    }

    /// The same way to the mail server, with the outbox of this database.
    pub fn on(&self, db: Db) -> Mail {
        Mail { db, ..self.clone() }
    }

    /// Whether letters are sent.
    pub fn is_set_up(&self) -> bool {
        self.post.is_some()
    }

    /// Puts a letter into the outbox, once for each person and thing: the id of the one that is there.
    ///
    /// # Errors
    /// The database failed.
    pub async fn write(
        &self,
        organisation: &OrganisationId,
        to: Addressed<'_>,
    ) -> Result<String, StoreError> {
        let content = serde_json::to_string(&to.letter)
            .map_err(|error| StoreError::corrupt("mail", &to.about, error))?;
        let new = NewMail {
            organisation: organisation.clone(),
            id: id::uuid_simple(to.at),
            about: to.about,
            recipient: to.recipient.to_owned(),
            subject: to.letter.subject(),
            content,
            created_at: to.at,
        };
        if mail::insert_once(&self.db, &new).await? {
            return Ok(new.id);
        }
        let known = mail::id_of(&self.db, organisation, &new.about, to.recipient).await?;
        known.ok_or_else(|| StoreError::corrupt("mail", &new.about, "written and not there"))
    }

    /// Sends an invitation's link to the person invited; without a mail server the secret of the link is
    /// not written anywhere.
    ///
    /// # Errors
    /// The database failed.
    pub async fn invite(
        &self,
        issued: &Issued,
        organisation_name: &str,
        invited_by: &str,
        until: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let invitation = &issued.invitation;
        let path = format!("/invitation?token={}", issued.token.reveal());
        let letter =
            Letter::invitation(organisation_name, invited_by, invitation.role, path, until);
        if !self.is_set_up() {
            tracing::info!(to = %invitation.email, subject = letter.subject(), "no mail server is set up; this would be sent");
            return Ok(());
        }
        let link = hex::encode(&invitation.token_hash[..8.min(invitation.token_hash.len())]);
        let about = format!("invitation:{}:{link}", invitation.id);
        let to = Addressed { about, recipient: &invitation.email, letter, at: now };
        self.write(&invitation.organisation, to).await.map(drop)
    }

    /// Sends the letter whose turn has come first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn step(&self, now: Timestamp) -> Result<Step, StoreError> {
        match mail::claim(&self.db, now, now.plus(LEASE)).await? {
            Some(claimed) => self.send(&claimed, now).await.map(|()| Step::Done),
            None => Ok(Step::Idle),
        }
    }

    /// Sends this letter now, if it waits: what became of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn send_now(
        &self,
        organisation: &OrganisationId,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<MailRecord>, StoreError> {
        let claimed = mail::claim_this(&self.db, organisation, id, now.plus(LEASE)).await?;
        if let Some(claimed) = claimed {
            self.send(&claimed, now).await?;
        }
        mail::find(&self.db, organisation, id).await
    }

    async fn send(&self, claimed: &Claimed, now: Timestamp) -> Result<(), StoreError> {
        let (to, subject) = (&claimed.recipient, &claimed.subject);
        let Some(post) = &self.post else {
            tracing::info!(%to, subject, "no mail server is set up; this would be sent");
            return mail::give_up(&self.db, claimed, NOT_SET_UP, now).await;
        };
        let letter = claimed.content.as_deref().map(serde_json::from_str::<Letter>);
        let Some(Ok(letter)) = letter else {
            tracing::error!(mail = claimed.id, "a letter cannot be read");
            return mail::give_up(&self.db, claimed, "The letter cannot be read.", now).await;
        };
        match post.hand_over(&claimed.id, to, &letter, &self.site).await {
            Handed::Taken(answer) => mail::sent(&self.db, claimed, &answer, now).await,
            Handed::Refused(reason) => {
                tracing::warn!(%to, subject, reason, "a letter was refused");
                mail::give_up(&self.db, claimed, &one_line(&reason), now).await
            }
            Handed::NotNow(reason) => self.again(claimed, &one_line(&reason), now).await,
        }
    }

    async fn again(
        &self,
        claimed: &Claimed,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (to, subject) = (&claimed.recipient, &claimed.subject);
        let tried = usize::try_from(claimed.attempts).unwrap_or(usize::MAX);
        match WAITS.get(tried.saturating_sub(1)) {
            Some(wait) => {
                tracing::warn!(%to, subject, reason, tried, "a letter is tried again later");
                mail::postpone(&self.db, claimed, reason, now.plus(*wait)).await
            }
            None => {
                tracing::error!(%to, subject, reason, tried, "a letter is given up");
                mail::give_up(&self.db, claimed, reason, now).await
            }
        }
    }
}
