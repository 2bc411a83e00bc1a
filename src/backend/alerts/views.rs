//! The banner, the inbox and the page of rules, as one person may see them. Writes nothing.

use super::past::Past;
use super::rules::{self, Rule};
use super::words::BUY;
use crate::backend::access::Caller;
use crate::backend::allowance::AllowanceYear;
use crate::backend::balance::ReadError;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::alert::{self, Alert};
use crate::backend::store::inbox::{self, Below, Reader};
use crate::backend::store::mail::{self, MailRecord};
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{StoreError, alert_rule};
use crate::backend::zone::Zone;
use crate::ledger::{Credits, Timestamp};
use crate::model::alerts::{AlertView, AlertsPage, InboxPage, LetterLine, MOST_UNREAD, RuleView};
use crate::model::format::{count_phrase, credits_phrase};
use crate::model::permission::{Action, may};

/// Alerts on one page of the inbox.
const ROWS: i64 = 25;
/// Letters that the page lists.
const LETTERS: i64 = 10;
/// Alerts that are listed as standing.
const STANDING: i64 = 20;

/// Whose inbox a caller reads.
pub fn reader(caller: &Caller) -> Reader<'_> {
    Reader { organisation: &caller.organisation, user: &caller.user }
}

/// What stands on every page: the banner, and how many alerts are unread.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn on_every_page(
    backend: &Backend,
    caller: &Caller,
    zone: Zone,
) -> Result<(Option<AlertView>, u32), StoreError> {
    let (now, reader) = (backend.now(), reader(caller));
    let banner = inbox::banner(&backend.db, reader, now).await?;
    let unread = inbox::unread(&backend.db, reader, MOST_UNREAD).await?;
    Ok((banner.map(|alert| view(alert, caller, zone, now)), unread))
}

/// One page of the caller's inbox; `before` is what the page before it said.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn inbox(
    backend: &Backend,
    caller: &Caller,
    zone: Zone,
    before: Option<&str>,
) -> Result<InboxPage, StoreError> {
    let (now, reader) = (backend.now(), reader(caller));
    let below = before.and_then(read_cursor);
    let mut alerts = inbox::page(&backend.db, reader, below.as_ref(), ROWS + 1).await?;
    let more = alerts.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    alerts.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let last = alerts.last().filter(|_| more);
    Ok(InboxPage {
        next: last.map(|last| format!("{}.{}", last.created_at.micros(), last.id)),
        shown_at: now.micros().to_string(),
        unread: inbox::unread(&backend.db, reader, MOST_UNREAD).await?,
        alerts: alerts.into_iter().map(|alert| view(alert, caller, zone, now)).collect(),
    })
}

fn read_cursor(text: &str) -> Option<Below> {
    let (at, id) = text.split_once('.')?;
    Some(Below { at: Timestamp(at.parse().ok()?), id: id.to_owned() })
}

/// An alert as this caller may act on it: who may not buy is told whom to ask.
fn view(alert: Alert, caller: &Caller, zone: Zone, now: Timestamp) -> AlertView {
    let may_buy = may(caller.role, Action::BuyCredits);
    let to_buy = alert.cure.as_ref().is_some_and(|(address, _)| address == BUY.0);
    let (cure, detail) = if to_buy && !may_buy {
        let ask = format!(
            "{} Ask {} of {} for more.",
            alert.detail,
            Action::BuyCredits.who_may(),
            caller.organisation_name
        );
        (None, ask)
    } else {
        (alert.cure, alert.detail)
    };
    AlertView {
        id: alert.id,
        severity: alert.kind.severity(),
        title: alert.title,
        detail,
        cure,
        at: zone.moment(alert.created_at),
        is_over: alert.closed_at.is_some() || alert.shown_until.is_some_and(|until| until <= now),
        is_read: alert.read_at.is_some(),
    }
}

/// The page of rules; `test` is the test letter that was asked for just now.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    caller: &Caller,
    organisation: &Organisation,
    test: Option<&str>,
) -> Result<AlertsPage, ReadError> {
    let (db, id, now) = (&backend.db, &organisation.id, backend.now());
    let (zone, founded) = (backend.zone(organisation)?, organisation.created_at);
    let set = alert_rule::of_owner(db, id, Some(&caller.user)).await?;
    let own = rules::complete(backend, set, Some(&caller.user), founded);
    let choice = rules::mail_choice(backend, id, &caller.user, caller.role).await?;
    let mut page = AlertsPage {
        organisation: Vec::new(),
        own: own.iter().map(|rule| rule_view(rule, None)).collect(),
        mail_choice: choice,
        email: caller.email.clone(),
        mail_is_set_up: backend.mail.is_set_up(),
        test: None,
        letters: Vec::new(),
        standing: Vec::new(),
        form_key: id::form_key(now),
        base: String::new(),
    };
    if !may(caller.role, Action::ManageAlerts) {
        return Ok(page);
    }
    let year = AllowanceYear::running(backend, organisation).await?;
    let past = Past::read(backend, organisation, year.threshold_base()).await?;
    let set = alert_rule::of_owner(db, id, None).await?;
    let rules = rules::complete(backend, set, None, founded);
    page.organisation = rules.iter().map(|rule| rule_view(rule, past.of(rule))).collect();
    page.base = base_words(&year);
    let standing = alert::open(db, id, STANDING).await?;
    page.standing = standing.into_iter().map(|one| view(one, caller, zone, now)).collect();
    let letters = mail::latest(db, id, LETTERS).await?;
    page.letters = letters.into_iter().map(|one| letter_line(one, zone)).collect();
    if let Some(test) = test {
        page.test = mail::find(db, id, test).await?.map(|one| letter_line(one, zone));
    }
    Ok(page)
}

fn rule_view(rule: &Rule, past: Option<String>) -> RuleView {
    RuleView {
        kind: rule.kind,
        levels: rules::levels_text(rule),
        mail: rule.mail,
        in_app: rule.in_app,
        version: rule.version,
        past,
    }
}

/// What percents are taken of, as a sentence.
fn base_words(year: &AllowanceYear) -> String {
    let of = |credits: Credits| credits_phrase(credits);
    match (year.package.is_positive(), year.plan, year.last_purchase) {
        (true, ..) => format!("Percents are taken of the package's {}.", of(year.package)),
        (false, Some(plan), _) => format!("Percents are taken of this period's {}.", of(plan)),
        (false, None, Some(last)) => {
            format!("Percents are taken of the last purchase, {}.", of(last))
        }
        _ => "Percents tell nothing yet: there is no allowance and no purchase to take them of."
            .to_owned(),
    }
}

fn letter_line(record: MailRecord, zone: Zone) -> LetterLine {
    let said = record.result.unwrap_or_default();
    let tried = count_phrase(record.attempts.unsigned_abs(), "try", "tries");
    let (tone, word, detail) = match (record.sent_at, record.given_up_at, record.next_try_at) {
        (Some(at), ..) => {
            let at = zone.moment(at).text;
            ("good", "Sent", format!("The mail server took it at {at}: {said}"))
        }
        (None, Some(_), _) => ("bad", "Not sent", said),
        (None, None, Some(_)) if record.attempts == 0 => {
            ("info", "Waits", "It goes out in a moment.".to_owned())
        }
        (None, None, Some(next)) => {
            let next = zone.moment(next).text;
            ("warn", "Waits", format!("{said} It is tried again at {next}, after {tried}."))
        }
        (None, None, None) => ("info", "Over", said),
    };
    LetterLine {
        to: record.recipient,
        subject: record.subject,
        at: zone.moment(record.created_at),
        tone: tone.to_owned(),
        word: word.to_owned(),
        detail,
    }
}
