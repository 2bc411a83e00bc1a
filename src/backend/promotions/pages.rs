//! What the pages about promotions show. Writes nothing but an organisation's own invitation code.

use super::{PromotionError, referrals};
use crate::backend::access::Caller;
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::campaign::{self, Campaign, CampaignUse};
use crate::backend::store::referral::{self, NamedReferral, ReferralState};
use crate::backend::zone::Zone;
use crate::catalogue::programme;
use crate::ledger::Timestamp;
use crate::model::format::{count_phrase, credits_phrase};
use crate::model::promotions::{
    CampaignLine, CodesPage, Invitation, Programme, PromotionsPage, RedeemedCode, ReferralLine,
};

/// Lines of one list.
const MOST_LISTED: i64 = 100;

/// The page of staff.
///
/// # Errors
/// The database failed.
pub async fn for_staff(backend: &Backend, zone: Zone) -> Result<PromotionsPage, PromotionError> {
    let (db, now) = (&backend.db, backend.now());
    let campaigns = campaign::list(db, MOST_LISTED).await?;
    let referrals = referral::newest(db, MOST_LISTED).await?;
    let trial = backend.catalogue.trial.as_ref();
    Ok(PromotionsPage {
        campaigns: campaigns.iter().map(|one| campaign_line(one, zone, now)).collect(),
        referrals: referrals.iter().map(|one| referral_line(one, zone)).collect(),
        programme: backend.catalogue.referral.as_ref().map(programme_of),
        trial: trial.map(|it| format!("{}, {}", credits_phrase(it.credits), it.valid)),
        form_key: id::form_key(now),
    })
}

/// The page of an organisation's admins.
///
/// # Errors
/// The database failed.
pub async fn for_admins(
    backend: &Backend,
    caller: &Caller,
    zone: Zone,
) -> Result<CodesPage, PromotionError> {
    let (db, organisation) = (&backend.db, &caller.organisation);
    let redeemed = campaign::uses(db, organisation, MOST_LISTED).await?;
    let invitation = match &backend.catalogue.referral {
        None => None,
        Some(terms) => {
            let code = referrals::code_of(backend, organisation, &caller.user).await?;
            let brought = referral::of_inviter(db, organisation, MOST_LISTED).await?;
            Some(Invitation {
                link: format!("{}/credits/codes?code={code}", backend.installation.public_url),
                code,
                programme: programme_of(terms),
                brought: brought.iter().map(|one| referral_line(one, zone)).collect(),
            })
        }
    };
    let brought = referral::named(db, organisation).await?;
    Ok(CodesPage {
        redeemed: redeemed.into_iter().map(|one| redeemed_code(one, zone)).collect(),
        invitation,
        brought: brought.as_ref().map(|one| referral_line(one, zone)),
    })
}

fn programme_of(terms: &programme::Referral) -> Programme {
    Programme {
        inviter_credits: terms.inviter_credits,
        invited_credits: terms.invited_credits,
        hold_days: u64::from(terms.hold_days),
        within_days: u64::from(terms.within_days),
        validity: terms.valid.to_string(),
    }
}

fn redeemed_code(used: CampaignUse, zone: Zone) -> RedeemedCode {
    RedeemedCode {
        credits: used.credits,
        at: zone.moment(used.used_at),
        expires: used.expires_at.map(|at| zone.moment(at)),
        code: used.code,
    }
}

fn campaign_line(campaign: &Campaign, zone: Zone, now: Timestamp) -> CampaignLine {
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    let over = campaign.valid_until.is_some_and(|until| until <= now);
    let used_up = campaign.most_uses.is_some_and(|most| campaign.uses >= most);
    let state = match campaign.ended_at {
        Some(_) => "Switched off",
        None if over => "Over",
        None if used_up => "Used up",
        None if campaign.valid_from > now => "Not begun",
        None => "On",
    };
    let validity = campaign.valid_days.map(|days| count_phrase(counted(days), "day", "days"));
    CampaignLine {
        code: campaign.code.clone(),
        name: campaign.name.clone(),
        credits: campaign.credits,
        validity: validity.unwrap_or_else(|| "Never lapse".to_owned()),
        uses: counted(campaign.uses),
        most_uses: campaign.most_uses.map(counted),
        from: zone.moment(campaign.valid_from),
        until: campaign.valid_until.map(|at| zone.moment(at)),
        state: state.to_owned(),
        is_on: campaign.ended_at.is_none() && !over && !used_up,
    }
}

fn referral_line(named: &NamedReferral, zone: Zone) -> ReferralLine {
    let referral = &named.referral;
    let state = match (referral.state, referral.due_at) {
        (ReferralState::Waiting, _) => "Has paid for nothing yet".to_owned(),
        (ReferralState::Held, Some(due)) => {
            format!("Has paid; the credits come on {}", zone.moment(due).day)
        }
        (ReferralState::Held, None) => "Has paid".to_owned(),
        (ReferralState::Rewarded, _) => "Credits granted".to_owned(),
        (ReferralState::Lost, _) => "No reward: the payment went back".to_owned(),
        (ReferralState::Refused, _) => "No reward: the same people are behind both".to_owned(),
        (ReferralState::TakenBack, _) => "Credits taken back with the payment".to_owned(),
    };
    ReferralLine {
        invited: referral.invited.to_string(),
        invited_name: named.invited_name.clone(),
        inviter: referral.inviter.to_string(),
        inviter_name: named.inviter_name.clone(),
        begun: zone.moment(referral.begun_at),
        inviter_credits: referral.inviter_credits,
        invited_credits: referral.invited_credits,
        state,
        is_rewarded: referral.state == ReferralState::Rewarded,
    }
}
