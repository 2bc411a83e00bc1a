//! Telling people: the one place through which everything goes that an organisation is told.
//!
//! What is told stands in the inboxes of those whom it concerns, as the banner of their pages while
//! nothing worse does, and goes out as a letter to those who want letters; all in one transaction, once
//! for each key. Open pages hear of it at once. What crosses a limit by itself is found by
//! [`alerts`](crate::backend::alerts); what happens (a payment that fails) is told where it happens.

use crate::backend::id;
use crate::backend::live::Live;
use crate::backend::mail::Letter;
use crate::backend::store::alert::{self, AlertLetter, Audience, NewAlert};
use crate::backend::store::{Db, StoreError, alert_rule};
use crate::ledger::{OrganisationId, Timestamp, UserId};
use crate::model::alerts::{AlertKind, RuleKind};

/// What open pages listen to.
pub const TOPIC: &str = "notices";

/// Where everyone sees the balance.
const BALANCE_PAGE: &str = "/settings/billing";

/// What the admins are told of something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell<'a> {
    /// The name under which it is told once.
    pub key: String,
    /// What it is about: see [`close_topic`].
    pub topic: &'a str,
    /// What kind it is, which says how bad it is.
    pub kind: AlertKind,
    /// What happened, in a few words.
    pub title: String,
    /// What it means and what cures it, as sentences.
    pub detail: String,
    /// Where it is cured, and what the link there says.
    pub cure: Option<(&'a str, &'a str)>,
}

/// Tells the admins, once for each key.
///
/// # Errors
/// The database failed.
pub async fn tell_admins(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    tell: Tell<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rules = alert_rule::of_owner(db, organisation, None).await?;
    let rule = rules.iter().find(|rule| rule.kind == RuleKind::Payments);
    // A person who asks is heard, and nothing is switched off without notice, whatever is set about payments.
    let always = matches!(tell.kind, AlertKind::Ask | AlertKind::WebhookFails);
    let sends = always || rule.is_none_or(|rule| rule.mail);
    tell_them(db, live, organisation, (Audience::Admins, sends), tell, now).await
}

/// Tells one person of the organisation, once for each key.
///
/// # Errors
/// The database failed.
pub async fn tell_member(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    member: &UserId,
    tell: Tell<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let audience = Audience::Member(member.clone());
    tell_them(db, live, organisation, (audience, true), tell, now).await
}

/// `sends`: whether a letter goes to those of the audience who want letters.
async fn tell_them(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    (audience, sends): (Audience, bool),
    tell: Tell<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let alert = NewAlert {
        organisation: organisation.clone(),
        id: id::uuid_simple(now),
        key: tell.key,
        kind: tell.kind,
        topic: tell.topic.to_owned(),
        watch: String::new(),
        audience,
        title: tell.title,
        detail: tell.detail,
        cure: tell.cure.map(|(address, link)| (address.to_owned(), link.to_owned())),
        created_at: now,
        shown_until: None,
        quiet: false,
        in_app: true,
        letter: None,
    };
    let letter = sends.then(|| letter(&alert)).transpose()?;
    let alert = NewAlert { letter, ..alert };
    if alert::write(db, None, std::slice::from_ref(&alert)).await? == Some(1) {
        told(live, &alert);
    }
    Ok(())
}

/// Takes back what was told about a topic: it is cured.
///
/// # Errors
/// The database failed.
pub async fn close_topic(
    db: &Db,
    live: &Live,
    organisation: &OrganisationId,
    topic: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if alert::close_topic(db, organisation, topic, now).await? {
        live.notify(organisation, TOPIC);
    }
    Ok(())
}

/// Notes in the log what was told, and lets open pages know.
pub fn told(live: &Live, alert: &NewAlert) {
    let (organisation, key) = (&alert.organisation, &alert.key);
    tracing::info!(%organisation, key, title = alert.title, "told");
    live.notify(organisation, TOPIC);
}

/// The letter that says what an alert says.
///
/// # Errors
/// It cannot be written down.
pub fn letter(alert: &NewAlert) -> Result<AlertLetter, StoreError> {
    let letter = Letter {
        title: alert.title.clone(),
        paragraphs: vec![alert.detail.clone()],
        action: match alert.audience {
            // Not everybody may buy.
            Audience::Everyone => Some((BALANCE_PAGE.to_owned(), "See the balance".to_owned())),
            _ => alert.cure.clone(),
        },
        because:
            "You get this letter because of an alert of your organisation. What you are told, and \
                  what of it by mail, is set under Alerts (/settings/alerts)."
                .to_owned(),
    };
    let content = serde_json::to_string(&letter)
        .map_err(|error| StoreError::corrupt("mail", &alert.key, error))?;
    Ok(AlertLetter { subject: letter.subject(), content })
}
