//! Codes, campaigns and invitations, as staff and as admins see them.

use serde::{Deserialize, Serialize};

use crate::ledger::Credits;
use crate::model::Moment;

/// What was typed into the form of a campaign; what may be left out is empty then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignAsked {
    pub code: String,
    pub name: String,
    pub credits: String,
    pub valid_days: String,
    pub most_uses: String,
    pub valid_from: String,
    pub valid_until: String,
}

/// *Promotions*, for staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromotionsPage {
    /// The newest first.
    pub campaigns: Vec<CampaignLine>,
    /// The newest first.
    pub referrals: Vec<ReferralLine>,
    /// What the catalogue gives for bringing another organisation; none where it gives nothing.
    pub programme: Option<Programme>,
    /// What a new organisation gets to begin with, and for how long, in words.
    pub trial: Option<String>,
    pub form_key: String,
}

/// One campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignLine {
    pub code: String,
    pub name: String,
    pub credits: Credits,
    /// "30 days" or "Never lapse".
    pub validity: String,
    pub uses: u64,
    pub most_uses: Option<u64>,
    pub from: Moment,
    pub until: Option<Moment>,
    /// How it stands, in words.
    pub state: String,
    /// Whether it can be switched off.
    pub is_on: bool,
}

/// One organisation that was brought by another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReferralLine {
    pub invited: String,
    pub invited_name: String,
    pub inviter: String,
    pub inviter_name: String,
    pub begun: Moment,
    pub inviter_credits: Credits,
    pub invited_credits: Credits,
    /// How it stands, in words.
    pub state: String,
    pub is_rewarded: bool,
}

/// What the catalogue gives for bringing another organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    pub inviter_credits: Credits,
    pub invited_credits: Credits,
    pub hold_days: u64,
    pub within_days: u64,
    /// "valid for 12 months".
    pub validity: String,
}

/// *Codes and invitations*, for admins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodesPage {
    /// What was redeemed, the newest first.
    pub redeemed: Vec<RedeemedCode>,
    /// The invitation programme; none where there is none.
    pub invitation: Option<Invitation>,
    /// By whom the organisation itself was brought, if it was.
    pub brought: Option<ReferralLine>,
}

/// A code that was redeemed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RedeemedCode {
    pub code: String,
    pub credits: Credits,
    pub at: Moment,
    pub expires: Option<Moment>,
}

/// The organisation's own invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    pub code: String,
    /// Where someone who was invited redeems it.
    pub link: String,
    pub programme: Programme,
    /// Whom it brought, the newest first.
    pub brought: Vec<ReferralLine>,
}
