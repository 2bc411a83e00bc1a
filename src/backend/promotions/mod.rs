//! Credits that cost nothing: codes of campaigns, rewards for bringing another organisation, and free
//! credits to begin with. Each is a lot of the organisation's own journal, granted once under a key made
//! from what it is for.
//!
//! What is here: [`campaigns`] (staff make and end them), [`redeem`] (the one field into which people type
//! a code), [`referrals`] (invitations and the way of their reward), [`trial`], [`pages`]. Nothing here
//! asks who may call it, and nothing reads a clock.

pub mod campaigns;
pub mod pages;
pub mod redeem;
pub mod referrals;
pub mod trial;

use crate::backend::staff::StaffError;
use crate::backend::state::Backend;
use crate::backend::step::Step;
use crate::ledger::Timestamp;

/// Why a promotion did not go through.
pub type PromotionError = StaffError;

/// One step of the job: free credits to begin with, codes whose credits were cut short, rewards.
///
/// # Errors
/// Ledger or database gave no answer; the next step tries again.
pub async fn step(backend: &Backend, now: Timestamp) -> Result<Step, PromotionError> {
    for done in [
        trial::step(backend, now).await?,
        redeem::unbooked_step(backend, now).await?,
        referrals::step(backend, now).await?,
    ] {
        if done == Step::Done {
            return Ok(Step::Done);
        }
    }
    Ok(Step::Idle)
}
