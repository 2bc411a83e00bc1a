//! What members ask their admins for, because they may not do it themselves: more credits, or a look at a
//! balance that seems wrong, with what the ledger said at that moment. An answer reaches whoever asked.

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::id;
use crate::backend::notices::{self, Tell};
use crate::backend::state::Backend;
use crate::backend::store::ask::{self, NamedAsk};
use crate::backend::store::membership;
use crate::backend::store::organisation::Organisation;
use crate::backend::zone::Zone;
use crate::ledger::{Credits, LedgerState, Timestamp};
use crate::model::Problem;
use crate::model::alerts::AlertKind;
use crate::model::asks::{
    AskAbout, AskAnswer, AskLine, AskPage, AskState, AsksPage, LONGEST_MESSAGE, MOST_OPEN,
};
use crate::model::format::{count_phrase, credits_phrase};
use crate::model::permission::{Action, may};

/// Asks on one list.
const LISTED: i64 = 50;
/// Where admins answer.
const ANSWERED_AT: &str = "/team/asks";
/// Where members ask, and read the answer.
const ASKED_AT: &str = "/credits/ask";

/// Why nothing was asked or answered.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// A *no* with its reason.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// Ledger or database gave no answer.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<crate::backend::store::StoreError> for AskError {
    fn from(error: crate::backend::store::StoreError) -> Self {
        AskError::Read(error.into())
    }
}

/// What somebody asks.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// About what.
    pub about: AskAbout,
    /// How much, as it was typed; empty where it was left out.
    pub amount: &'a str,
    /// Why.
    pub message: &'a str,
    /// The key of the form.
    pub form_key: &'a str,
}

/// The page on which the caller asks.
///
/// # Errors
/// Ledger or database gave no answer.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
) -> Result<AskPage, AskError> {
    let (db, zone, now) = (&backend.db, zone(backend, organisation)?, backend.now());
    let asks = ask::of_member(db, &organisation.id, &caller.user, LISTED).await?;
    let members = membership::members(db, &organisation.id).await?;
    let admins = members
        .into_iter()
        .filter(|one| may(one.membership.role, Action::AnswerAsks))
        .filter(|one| one.membership.ended_at.is_none() && one.membership.user != caller.user);
    Ok(AskPage {
        available: backend.balance_view(&organisation.id).await?.available,
        admins: admins.map(|one| one.name).collect(),
        asks: asks.into_iter().map(|one| line(one, zone)).collect(),
        form_key: id::form_key(now),
    })
}

/// The page on which admins answer.
///
/// # Errors
/// Ledger or database gave no answer.
pub async fn asks(backend: &Backend, organisation: &Organisation) -> Result<AsksPage, AskError> {
    let (db, zone) = (&backend.db, zone(backend, organisation)?);
    let lines = |found: Vec<NamedAsk>| found.into_iter().map(|one| line(one, zone)).collect();
    Ok(AsksPage {
        available: backend.balance_view(&organisation.id).await?.available,
        open: lines(ask::open(db, &organisation.id, LISTED).await?),
        answered: lines(ask::answered(db, &organisation.id, LISTED).await?),
    })
}

fn zone(backend: &Backend, organisation: &Organisation) -> Result<Zone, AskError> {
    Ok(backend.zone(organisation)?)
}

fn line(named: NamedAsk, zone: Zone) -> AskLine {
    let (ask, by_name) = (named.ask, named.answered_by_name);
    AskLine {
        id: ask.id,
        member: named.member_name,
        about: ask.about,
        amount: ask.amount,
        message: ask.message,
        facts: ask.facts,
        at: zone.moment(ask.asked_at),
        state: ask.state,
        answer: ask.answer.map(|(by, at, text)| AskAnswer {
            by: by_name.unwrap_or_else(|| by.to_string()),
            at: zone.moment(at),
            text,
        }),
    }
}

/// Asks the admins, once for each form.
///
/// # Errors
/// A field is wrong, too much is asked already, or ledger or database gave no answer.
pub async fn ask(backend: &Backend, caller: &Caller, wanted: Wanted<'_>) -> Result<(), AskError> {
    let (db, now, organisation) = (&backend.db, backend.now(), &caller.organisation);
    let form_key = id::sound_form_key(wanted.form_key).ok_or_else(bad_form)?;
    let message = text("message", wanted.message, "Say in a few words what you need.")?;
    let amount = amount(wanted.amount)?;
    let open = ask::count_open(db, organisation, &caller.user).await?;
    if usize::try_from(open).is_ok_and(|open| open >= MOST_OPEN)
        && !asked_before(backend, caller, form_key).await?
    {
        return Err(too_many().into());
    }
    let facts = match wanted.about {
        AskAbout::Credits => None,
        AskAbout::Balance => Some(facts(&backend.ledger(organisation).await?, now)),
    };
    let ask = ask::Ask {
        organisation: organisation.clone(),
        id: id::uuid_simple(now),
        form_key: form_key.to_owned(),
        member: caller.user.clone(),
        about: wanted.about,
        amount,
        message,
        facts,
        asked_at: now,
        state: AskState::Open,
        answer: None,
    };
    if !ask::insert_once(db, &ask).await? {
        return Ok(());
    }
    let tell = Tell {
        key: format!("ask:{}", ask.id),
        topic: &topic(&ask.id),
        kind: AlertKind::Ask,
        title: title(&caller.name, ask.about, ask.amount),
        detail: format!("“{}”", ask.message),
        cure: Some((ANSWERED_AT, "Answer")),
    };
    notices::tell_admins(db, &backend.live, organisation, tell, now).await?;
    Ok(())
}

async fn asked_before(
    backend: &Backend,
    caller: &Caller,
    form_key: &str,
) -> Result<bool, AskError> {
    let db = &backend.db;
    let asks = ask::of_member(db, &caller.organisation, &caller.user, LISTED).await?;
    Ok(asks.iter().any(|one| one.ask.form_key == form_key))
}

fn title(name: &str, about: AskAbout, amount: Option<Credits>) -> String {
    match (about, amount) {
        (AskAbout::Credits, Some(amount)) => format!("{name} asks for {}", credits_phrase(amount)),
        (AskAbout::Credits, None) => format!("{name} asks for credits"),
        (AskAbout::Balance, _) => format!("{name} thinks that the balance is wrong"),
    }
}

fn topic(id: &str) -> String {
    format!("ask:{id}")
}

/// What the ledger says at this moment, in one line.
fn facts(state: &LedgerState, now: Timestamp) -> String {
    let balance = state.balance(now);
    let holds = state.holds().filter(|hold| hold.is_open()).count();
    let holds = count_phrase(u64::try_from(holds).unwrap_or(u64::MAX), "hold", "holds");
    format!(
        "After transaction {}: {} available, {} held by {holds}.",
        state.head().sequence,
        credits_phrase(balance.available),
        credits_phrase(balance.held),
    )
}

/// Answers an ask; the same answer twice is one.
///
/// # Errors
/// There is no such ask, somebody has answered it, or the database failed.
pub async fn answer(
    backend: &Backend,
    caller: &Caller,
    id: &str,
    state: AskState,
    said: &str,
) -> Result<(), AskError> {
    let (db, now, organisation) = (&backend.db, backend.now(), &caller.organisation);
    let found = ask::find(db, organisation, id).await?;
    let ask = found.ok_or_else(|| Problem::not_found("request"))?.ask;
    let said = match (state, said.trim()) {
        (AskState::Done, "") => "It is done.".to_owned(),
        _ => text("answer", said, "Say why.")?,
    };
    if !ask::answer(db, organisation, id, state, (&caller.user, now, &said)).await? {
        let same = ask.state == state
            && ask.answer.is_some_and(|(by, _, text)| by == caller.user && text == said);
        return if same { Ok(()) } else { Err(answered_already().into()) };
    }
    notices::close_topic(db, &backend.live, organisation, &topic(id), now).await?;
    let verb = if state == AskState::Done { "did what you asked for" } else { "declined" };
    let tell = Tell {
        key: format!("ask:{id}:answer"),
        topic: &format!("{}:answer", topic(id)),
        kind: AlertKind::Ask,
        title: format!("{} {verb}", caller.name),
        detail: format!("“{said}”"),
        cure: Some((ASKED_AT, "Your requests")),
    };
    notices::tell_member(db, &backend.live, organisation, &ask.member, tell, now).await?;
    Ok(())
}

/// An amount that somebody would like; none where it was left out.
fn amount(typed: &str) -> Result<Option<Credits>, Problem> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let wrong =
        || Problem::invalid_field("amount", "Write a number of credits above 0, or nothing.");
    let amount: Credits = typed.trim().replace(',', "").parse().map_err(|_| wrong())?;
    if amount.is_positive() { Ok(Some(amount)) } else { Err(wrong()) }
}

fn text(field: &str, typed: &str, empty: &str) -> Result<String, Problem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Problem::invalid_field(field, empty));
    }
    let plain =
        typed.chars().all(|letter| !letter.is_control() || letter == '\n' || letter == '\r');
    if typed.chars().count() > LONGEST_MESSAGE || !plain {
        let limit = format!("Use at most {LONGEST_MESSAGE} characters.");
        return Err(Problem::invalid_field(field, limit));
    }
    Ok(typed.to_owned())
}

fn bad_form() -> Problem {
    Problem::invalid_field("form_key", "This form is incomplete.").with_cure("Open it again.")
}

fn too_many() -> Problem {
    let waiting = count_phrase(MOST_OPEN as u64, "request", "requests");
    Problem::conflict("too_many_asks", format!("{waiting} of yours wait for an answer already."))
        .with_cure("Talk to your admins, or wait until they have answered.")
}

fn answered_already() -> Problem {
    Problem::conflict("ask_answered", "This request was answered already.")
        .with_cure("Look at the list again.")
}
