//! Invitations: a code for every organisation, and the way of the reward.
//!
//! A referral waits for the first payment of the invited organisation; that is held for some days; then
//! both get their credits. If money of that payment goes back before, there is no reward; if it goes back
//! afterwards, so do the credits. The terms are those of the day on which the code was redeemed.

use super::PromotionError;
use super::redeem::{INVITATION, unknown};
use crate::backend::access::Caller;
use crate::backend::engine::SubmitError;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::referral::{self, PaymentStands, Referral, ReferralState};
use crate::backend::store::{lot, organisation};
use crate::backend::zone::Zone;
use crate::catalogue::programme;
use crate::ledger::time::DAY;
use crate::ledger::{
    Actor, Command, Credits, Grant, IdempotencyKey, Lot, LotId, Order, OrganisationId, Origin,
    Source, Timestamp, UserId,
};
use crate::model::Problem;

/// Letters that nobody takes for another.
const LETTERS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// How many of them an invitation has.
const LENGTH: usize = 8;
/// How long after the reward a payment that goes back takes the credits with it: longer than banks let
/// their customers dispute one.
const WATCHED: i64 = 180 * DAY;
/// How long a disputed payment is left alone before it is looked at again.
const LOOK_AGAIN: i64 = DAY;

/// The organisation's own code, made when it is asked for the first time.
///
/// # Errors
/// The database failed.
pub async fn code_of(
    backend: &Backend,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<String, PromotionError> {
    let bytes: [u8; LENGTH] = rand::random();
    let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    let fresh = format!("{INVITATION}{}", letters.iter().collect::<String>());
    Ok(referral::code_of(&backend.db, organisation, &fresh, user, backend.now()).await?)
}

/// The caller's organisation comes by somebody's invitation.
///
/// # Errors
/// There is no such invitation, it is one's own, the organisation is not new, or the database failed.
pub(super) async fn accept(
    backend: &Backend,
    caller: &Caller,
    code: &str,
) -> Result<(), PromotionError> {
    let (db, now) = (&backend.db, backend.now());
    let terms = backend.catalogue.referral.as_ref().ok_or_else(unknown)?;
    let owner = referral::owner(db, code).await?.ok_or_else(unknown)?;
    let invited = &caller.organisation;
    if owner.organisation == *invited
        || referral::share_a_person(db, &owner.organisation, invited).await?
    {
        return Err(own_invitation().into());
    }
    if let Some(known) = referral::find(db, invited).await? {
        return if known.code == code { Ok(()) } else { Err(invited_before().into()) };
    }
    is_new(backend, invited, terms, now).await?;
    let theirs = referral::find(db, &owner.organisation).await?;
    if theirs.is_some_and(|theirs| theirs.inviter == *invited) {
        return Err(each_other().into());
    }
    let wanted = Referral {
        invited: invited.clone(),
        inviter: owner.organisation,
        code: code.to_owned(),
        code_by: owner.user,
        user: caller.user.clone(),
        begun_at: now,
        inviter_credits: terms.inviter_credits,
        invited_credits: terms.invited_credits,
        inviter_lot: id::fresh(now, LotId::from_uuid_simple),
        invited_lot: id::fresh(now, LotId::from_uuid_simple),
        hold_days: i64::from(terms.hold_days),
        valid_months: terms.valid.months().map(i64::from),
        state: ReferralState::Waiting,
        purchase: None,
        due_at: None,
    };
    if referral::insert_once(db, &wanted).await? {
        return Ok(());
    }
    // Two people of the organisation came at the same time.
    let known = referral::find(db, invited).await?;
    let same = known.is_some_and(|known| known.code == code);
    if same { Ok(()) } else { Err(invited_before().into()) }
}

async fn is_new(
    backend: &Backend,
    invited: &OrganisationId,
    terms: &programme::Referral,
    now: Timestamp,
) -> Result<(), PromotionError> {
    let found = organisation::find(&backend.db, invited).await?;
    let found = found.ok_or_else(|| PromotionError::missing("organisation"))?;
    let days = terms.within_days;
    let over = found.created_at.plus(i64::from(days) * DAY) <= now;
    if over || referral::has_paid(&backend.db, invited).await? {
        let detail = "Invitations are for new organisations.";
        return Err(Problem::conflict("not_new", detail)
            .with_cure(format!(
                "They are redeemed within {days} days of its beginning and before the first payment."
            ))
            .into());
    }
    Ok(())
}

fn own_invitation() -> Problem {
    Problem::conflict(
        "own_invitation",
        "This invitation is your own organisation's, or one of your people belongs to both.",
    )
    .with_cure("Invitations are for organisations of other people.")
}

fn each_other() -> Problem {
    let detail = "That organisation came by your own invitation: two cannot bring each other.";
    Problem::conflict("each_other", detail)
}

fn invited_before() -> Problem {
    Problem::conflict("invited_before", "Your organisation came by another invitation already.")
}

/// One step of the job: a first payment is noticed, a reward given, or taken back.
///
/// # Errors
/// Ledger or database gave no answer; the next step tries again.
pub async fn step(backend: &Backend, now: Timestamp) -> Result<Step, PromotionError> {
    let db = &backend.db;
    if let Some((invited, purchase, paid_at)) = referral::first_paid(db).await? {
        if let Some(found) = referral::find(db, &invited).await? {
            let due = Some(paid_at.plus(found.hold_days.saturating_mul(DAY)));
            let way = (ReferralState::Waiting, ReferralState::Held);
            referral::advance(db, &invited, way, Some(&purchase), due, now).await?;
        }
        return Ok(Step::Done);
    }
    if let Some(found) = referral::held_over(db, now).await? {
        decide(backend, &found, now).await?;
        return Ok(Step::Done);
    }
    if let Some(found) = referral::went_back(db, now).await? {
        take_back(backend, &found, now).await?;
        return Ok(Step::Done);
    }
    Ok(Step::Idle)
}

/// The hold is over: rewards both, or says why not.
async fn decide(backend: &Backend, found: &Referral, now: Timestamp) -> Result<(), PromotionError> {
    let db = &backend.db;
    let stands = match &found.purchase {
        Some(purchase) => referral::payment_stands(db, &found.invited, purchase).await?,
        None => PaymentStands::Gone,
    };
    let ended = |to| (ReferralState::Held, to);
    let (way, due) = match stands {
        PaymentStands::Gone => (ended(ReferralState::Lost), None),
        PaymentStands::Disputed => (ended(ReferralState::Held), Some(now.plus(LOOK_AGAIN))),
        PaymentStands::Whole
            if referral::share_a_person(db, &found.inviter, &found.invited).await? =>
        {
            (ended(ReferralState::Refused), None)
        }
        PaymentStands::Whole => {
            for side in sides(found) {
                give(backend, found, &side, now).await?;
            }
            (ended(ReferralState::Rewarded), Some(now.plus(WATCHED)))
        }
    };
    referral::advance(db, &found.invited, way, None, due, now).await?;
    Ok(())
}

/// One of the two organisations, with what it gets.
struct Side<'a> {
    organisation: &'a OrganisationId,
    lot: &'a LotId,
    credits: Credits,
    /// As it stands in the key.
    name: &'static str,
}

/// The two that get anything.
fn sides(found: &Referral) -> Vec<Side<'_>> {
    let inviter = Side {
        organisation: &found.inviter,
        lot: &found.inviter_lot,
        credits: found.inviter_credits,
        name: "inviter",
    };
    let invited = Side {
        organisation: &found.invited,
        lot: &found.invited_lot,
        credits: found.invited_credits,
        name: "invited",
    };
    [inviter, invited].into_iter().filter(|side| side.credits.is_positive()).collect()
}

async fn give(
    backend: &Backend,
    found: &Referral,
    side: &Side<'_>,
    now: Timestamp,
) -> Result<(), PromotionError> {
    let origin = Origin::Referral { by: found.code_by.clone() };
    let mut grant = Grant::plain(side.lot.clone(), Source::Referral, side.credits, origin);
    let months = found.valid_months.and_then(|months| u16::try_from(months).ok());
    grant.expires_at = months.and_then(|months| Zone::UTC.months_after(now, months));
    let order = Order {
        key: IdempotencyKey::parse(&format!("referral:{}:{}", found.invited, side.name))?,
        actor: Actor::System,
        occurred_at: now,
        command: Command::Grant(Box::new(grant)),
    };
    backend.engine.submit(side.organisation, order).await?;
    Ok(())
}

/// The payment went back: so do the credits of both, but for what lapsed unused.
async fn take_back(
    backend: &Backend,
    found: &Referral,
    now: Timestamp,
) -> Result<(), PromotionError> {
    for side in sides(found) {
        let state = backend.engine.state(side.organisation).await?.caught_up(now).into_owned();
        let granted = match state.lot(side.lot) {
            Some(lot) => Some(lot.clone()),
            None => lot::find(&backend.db, side.organisation, side.lot).await?,
        };
        let amount = granted.as_ref().map(takeable).unwrap_or_default();
        if !amount.is_positive() {
            continue;
        }
        let order = Order {
            key: IdempotencyKey::parse(&format!("referral:{}:{}:back", found.invited, side.name))?,
            actor: Actor::System,
            occurred_at: now,
            command: Command::Revoke { lot: side.lot.clone(), amount },
        };
        match backend.engine.submit(side.organisation, order).await {
            // It was taken back before, when another part had lapsed.
            Ok(_) | Err(SubmitError::KeyConflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let way = (ReferralState::Rewarded, ReferralState::TakenBack);
    referral::advance(&backend.db, &found.invited, way, None, None, now).await?;
    Ok(())
}

fn takeable(lot: &Lot) -> Credits {
    let left = lot.amount.checked_sub(lot.revoked).and_then(|it| it.checked_sub(lot.expired));
    left.unwrap_or_default()
}
