//! Disputes as the provider had them when it was last asked.

use std::str::FromStr;

use super::{Db, StoreError, StoreRow};
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::on;

/// How a dispute stands, in our own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DisputeStanding {
    /// The bank only asks; no money moves.
    Inquiry,
    /// It goes on.
    Open,
    /// Decided for the merchant.
    Won,
    /// Decided for the buyer.
    Lost,
    /// Taken back before it counted, or an inquiry that came to nothing.
    Withdrawn,
    /// The provider uses a word that we don't know: someone must look.
    Unknown,
}

impl DisputeStanding {
    /// All.
    pub const ALL: [DisputeStanding; 6] = [
        DisputeStanding::Inquiry,
        DisputeStanding::Open,
        DisputeStanding::Won,
        DisputeStanding::Lost,
        DisputeStanding::Withdrawn,
        DisputeStanding::Unknown,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            DisputeStanding::Inquiry => "inquiry",
            DisputeStanding::Open => "open",
            DisputeStanding::Won => "won",
            DisputeStanding::Lost => "lost",
            DisputeStanding::Withdrawn => "withdrawn",
            DisputeStanding::Unknown => "unknown",
        }
    }

    /// Whether the payment does not count as kept: the bank has taken it back, or may.
    pub const fn is_against_us(self) -> bool {
        matches!(self, DisputeStanding::Open | DisputeStanding::Lost | DisputeStanding::Unknown)
    }

    /// Whether more is to be expected.
    pub const fn is_unfinished(self) -> bool {
        matches!(self, DisputeStanding::Inquiry | DisputeStanding::Open | DisputeStanding::Unknown)
    }
}

impl FromStr for DisputeStanding {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = DisputeStanding::ALL.into_iter().find(|standing| standing.as_str() == text);
        known.ok_or("no standing of a dispute")
    }
}

/// A dispute as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Whose purchase.
    pub organisation: OrganisationId,
    /// Which.
    pub purchase: PurchaseId,
    /// The provider's name for it.
    pub reference: String,
    /// What is disputed.
    pub amount: Money,
    /// What of it is away, in minor units.
    pub away_minor: i64,
    /// How it stands.
    pub standing: DisputeStanding,
    /// The provider's own word for that.
    pub status: String,
    /// Why the buyer disputes, in the provider's word.
    pub reason: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When the provider was last asked.
    pub seen_at: Timestamp,
}

const UPSERT: &str = "insert into purchase_dispute (organisation, purchase, reference, amount_minor, \
     away_minor, currency, standing, status, reason, opened_at, seen_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
     on conflict (organisation, purchase, reference) do update set amount_minor = excluded.amount_minor, \
     away_minor = excluded.away_minor, standing = excluded.standing, status = excluded.status, \
     reason = excluded.reason, seen_at = excluded.seen_at \
     where purchase_dispute.seen_at <= excluded.seen_at";
const OF_PURCHASE: &str = "select * from purchase_dispute where organisation = $1 and purchase = $2 \
     order by opened_at, reference";
const UNFINISHED: &str = "select * from purchase_dispute where standing in ('inquiry', 'open', 'unknown') \
     order by opened_at desc limit $1";

/// Writes a dispute as the provider has it now.
///
/// # Errors
/// The database failed.
pub async fn upsert(db: &Db, dispute: &Dispute) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(UPSERT)
        .bind(dispute.organisation.as_str())
        .bind(dispute.purchase.as_str())
        .bind(&dispute.reference)
        .bind(dispute.amount.minor)
        .bind(dispute.away_minor)
        .bind(dispute.amount.currency.as_str())
        .bind(dispute.standing.as_str())
        .bind(&dispute.status)
        .bind(&dispute.reason)
        .bind(dispute.opened_at.0)
        .bind(dispute.seen_at.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// The disputes of a purchase, the oldest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_purchase(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<Vec<Dispute>, StoreError> {
    on!(db, read pool => sqlx::query(OF_PURCHASE)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .fetch_all(pool).await?.iter().map(dispute).collect())
}

/// Disputes of all organisations that are not over, the newest first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn unfinished(db: &Db, limit: i64) -> Result<Vec<Dispute>, StoreError> {
    on!(db, read pool => sqlx::query(UNFINISHED).bind(limit)
        .fetch_all(pool).await?.iter().map(dispute).collect())
}

fn dispute(row: &impl StoreRow) -> Result<Dispute, StoreError> {
    const TABLE: &str = "purchase_dispute";
    Ok(Dispute {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        purchase: row.parsed(TABLE, "purchase", PurchaseId::parse)?,
        reference: row.text("reference")?,
        amount: Money {
            minor: row.integer("amount_minor")?,
            currency: row.parsed(TABLE, "currency", Currency::parse)?,
        },
        away_minor: row.integer("away_minor")?,
        standing: row.parsed(TABLE, "standing", str::parse)?,
        status: row.text("status")?,
        reason: row.text("reason")?,
        opened_at: row.time("opened_at")?,
        seen_at: row.time("seen_at")?,
    })
}
