//! The one field into which people type a code: of a campaign or of another organisation's invitation.
//!
//! Wrong codes are counted by organisation, so that nobody finds one by trying; a code that is not there
//! and one that has not begun are told apart by nothing.

use super::{PromotionError, referrals};
use crate::backend::access::Caller;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::backend::store::campaign::{self, Campaign, CampaignUse, Used};
use crate::backend::store::sign_in_attempt;
use crate::ledger::time::{DAY, MINUTE, SECOND};
use crate::ledger::{
    Actor, Command, Grant, IdempotencyKey, LotId, Order, OrganisationId, Origin, Source, Timestamp,
};
use crate::model::Problem;

/// How long a code is, in letters.
pub const CODE_LETTERS: std::ops::RangeInclusive<usize> = 4..=40;
/// What every invitation begins with.
pub const INVITATION: &str = "INVITE-";
/// Wrong codes of one organisation in a window before it must wait.
const MOST_WRONG: i64 = 10;
/// The window's length.
const WINDOW: i64 = 15 * MINUTE;
/// A use that the ledger does not have by then was cut short.
const CUT_SHORT_AFTER: i64 = MINUTE;

/// A code as it is kept: in capitals, without blanks.
pub fn normalised(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_uppercase()
}

/// Redeems a code for the caller's organisation.
///
/// # Errors
/// There is no such code, it is over, it was redeemed before, there were too many wrong ones; or ledger or
/// database gave no answer: then the same code may be sent again.
pub async fn redeem(backend: &Backend, caller: &Caller, typed: &str) -> Result<(), PromotionError> {
    let now = backend.now();
    let tried = begin(backend, &caller.organisation, now).await?;
    let code = normalised(typed);
    if !CODE_LETTERS.contains(&code.len()) || !code.is_ascii() {
        return Err(unknown().into());
    }
    let done = if code.starts_with(INVITATION) {
        referrals::accept(backend, caller, &code).await
    } else {
        use_campaign(backend, caller, &code, now).await
    };
    // Only a code that is not there is a wrong one.
    let is_wrong = matches!(&done, Err(PromotionError::Refused(no)) if no.message_for("code") == Some(UNKNOWN));
    if !is_wrong {
        sign_in_attempt::take_back(&backend.db, &tried.0, tried.1).await?;
    }
    done
}

async fn use_campaign(
    backend: &Backend,
    caller: &Caller,
    code: &str,
    now: Timestamp,
) -> Result<(), PromotionError> {
    let found = campaign::find(&backend.db, code).await?;
    let found = found.filter(|campaign| campaign.valid_from <= now).ok_or_else(unknown)?;
    let wanted = use_of(&found, caller, now);
    match campaign::redeem(&backend.db, &wanted).await? {
        Used::Now => book(backend, &wanted).await,
        Used::Before(used) if used.sequence.is_none() => book(backend, &used).await,
        Used::Before(_) => Err(Problem::conflict(
            "code_redeemed",
            "Your organisation has redeemed this code already. Each may redeem it once.",
        )
        .with_cure("Its credits are in the purchase history.")
        .into()),
        Used::NotNow => Err(Problem::conflict("code_over", "This code can no longer be redeemed.")
            .with_cure("Its time is over, or others have redeemed all there was.")
            .into()),
    }
}

fn use_of(campaign: &Campaign, caller: &Caller, now: Timestamp) -> CampaignUse {
    let expires_at = campaign.valid_days.map(|days| now.plus(days.saturating_mul(DAY)));
    CampaignUse {
        organisation: caller.organisation.clone(),
        code: campaign.code.clone(),
        user: caller.user.clone(),
        used_at: now,
        lot: id::fresh(now, LotId::from_uuid_simple),
        credits: campaign.credits,
        expires_at,
        sequence: None,
    }
}

/// Grants what a use brings, once.
async fn book(backend: &Backend, used: &CampaignUse) -> Result<(), PromotionError> {
    let origin = Origin::Code { code: used.code.clone() };
    let mut grant = Grant::plain(used.lot.clone(), Source::Promotional, used.credits, origin);
    grant.expires_at = used.expires_at;
    let order = Order {
        key: IdempotencyKey::parse(&format!("code:{}", used.code))?,
        actor: Actor::Member(used.user.clone()),
        occurred_at: used.used_at,
        command: Command::Grant(Box::new(grant)),
    };
    let receipt = backend.engine.submit(&used.organisation, order).await?;
    campaign::booked(&backend.db, used, receipt.transaction.sequence).await?;
    Ok(())
}

/// Grants what was redeemed and cut short: one step of the job.
///
/// # Errors
/// Ledger or database gave no answer; the next step tries again.
pub async fn unbooked_step(backend: &Backend, now: Timestamp) -> Result<Step, PromotionError> {
    match campaign::unbooked(&backend.db, now.plus(-CUT_SHORT_AFTER)).await? {
        None => Ok(Step::Idle),
        Some(used) => {
            book(backend, &used).await?;
            Ok(Step::Done)
        }
    }
}

/// What a code that is not there is refused with.
const UNKNOWN: &str = "There is no such code to be redeemed now.";

/// There is no such code, for whoever asked.
pub(super) fn unknown() -> Problem {
    Problem::invalid_field("code", UNKNOWN)
        .with_cure("Look at it letter by letter; capitals and small letters are the same.")
}

/// Counts a try before it is made, so that many at the same time get no more than one after the other.
async fn begin(
    backend: &Backend,
    organisation: &OrganisationId,
    now: Timestamp,
) -> Result<(String, Timestamp), PromotionError> {
    let window = Timestamp(now.0 - now.0.rem_euclid(WINDOW));
    let subject = format!("code:{organisation}");
    let tries = sign_in_attempt::count_one(&backend.db, &subject, window).await?;
    if tries > MOST_WRONG {
        let left = window.plus(WINDOW).since(now).div_euclid(SECOND) + 1;
        let wait = u64::try_from(left).unwrap_or(1);
        return Err(Problem::too_many("There were too many wrong codes.", wait).into());
    }
    Ok((subject, window))
}
