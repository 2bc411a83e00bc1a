//! What came back of purchases, step by step, and how each stands by now.
//!
//! A step is written with everything it will book *before* the ledger is asked ([`claim`]): its number is
//! taken once, so of two that decided at the same time one begins again, and whoever finds a step without
//! an outcome books exactly that one first. The ledger has the credits; these rows say why they moved.

use std::collections::HashMap;
use std::str::FromStr;

use super::{Db, StoreError, StoreRow};
use crate::ledger::credits::Credits;
use crate::ledger::id::{OrganisationId, PurchaseId, UserId};
use crate::ledger::lot::{Currency, Money};
use crate::ledger::time::Timestamp;
use crate::on;

/// Why money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The merchant gave it back.
    Refund,
    /// The buyer's bank took it back, or may.
    Dispute,
}

/// What a step does to the credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Credits out of the lot, because their money is away.
    Taken,
    /// Credits back, because their money came back.
    GivenBack,
    /// Credits that may not be spent until the dispute ends.
    Frozen,
    /// Credits that may be spent again.
    Unfrozen,
    /// Money moved and no credits did.
    Noted,
}

impl Cause {
    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Cause::Refund => "refund",
            Cause::Dispute => "dispute",
        }
    }
}

impl FromStr for Cause {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Cause::Refund, Cause::Dispute].into_iter().find(|one| one.as_str() == text);
        known.ok_or("no cause of a correction")
    }
}

impl StepKind {
    const ALL: [StepKind; 5] = [
        StepKind::Taken,
        StepKind::GivenBack,
        StepKind::Frozen,
        StepKind::Unfrozen,
        StepKind::Noted,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            StepKind::Taken => "taken",
            StepKind::GivenBack => "given_back",
            StepKind::Frozen => "frozen",
            StepKind::Unfrozen => "unfrozen",
            StepKind::Noted => "noted",
        }
    }
}

impl FromStr for StepKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = StepKind::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or("no step of a correction")
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Whose purchase.
    pub organisation: OrganisationId,
    /// Which.
    pub purchase: PurchaseId,
    /// Its place among the purchase's steps, from 1; the ledger's key is made of it.
    pub number: i64,
    /// Why.
    pub cause: Cause,
    /// The provider's name for the refund or the dispute.
    pub reference: String,
    /// What it does to the credits.
    pub step: StepKind,
    /// How many; never negative.
    pub credits: Credits,
    /// The ledger's transaction that it undoes, where it gives back.
    pub undoes: Option<u64>,
    /// What of this refund or dispute is away after it, in minor units.
    pub money: Money,
    /// All succeeded refunds of the purchase by then, in minor units.
    pub refunded_minor: i64,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Who of the staff made the refund.
    pub staff: Option<UserId>,
    /// Why they did.
    pub reason: Option<String>,
    /// What became of it; `None` while that is not known.
    pub outcome: Option<Outcome>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The ledger's transaction; `None` where nothing was to be booked or the ledger refused.
    pub sequence: Option<u64>,
    /// What of the credits had been frozen.
    pub from_frozen: Credits,
    /// What of the credits no lot had.
    pub owed: Credits,
}

impl Correction {
    /// The credits that the ledger moved; nothing where it refused or was not asked.
    pub fn moved(&self) -> Credits {
        let booked = self.outcome.is_some_and(|outcome| outcome.sequence.is_some());
        if booked { self.credits } else { Credits::ZERO }
    }
}

/// How a purchase stands, for lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// All succeeded refunds, in minor units.
    pub refunded_minor: i64,
    /// The credits that were taken out again.
    pub credits_taken: Credits,
    /// The standing of its dispute, where there is one: a word of [`super::dispute`].
    pub dispute: Option<String>,
}

const CLAIM: &str = "insert into purchase_correction (organisation, purchase, number, cause, reference, \
     step, credits, undoes, money_minor, refunded_minor, currency, decided_at, staff, reason, from_frozen, \
     owed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0) \
     on conflict (organisation, purchase, number) do nothing";
const BOOKED: &str = "update purchase_correction set booked_at = $4, sequence = $5, from_frozen = $6, \
     owed = $7 where organisation = $1 and purchase = $2 and number = $3 and booked_at is null";
const OF_PURCHASE: &str = "select * from purchase_correction where organisation = $1 and purchase = $2 \
     order by number";
const OF_SEQUENCES: &str = "select * from purchase_correction where organisation = $1 \
     and sequence >= $2 and sequence <= $3 order by sequence";
const SET_STANDING: &str = "update purchase set refunded_minor = $3, credits_taken = $4, dispute = $5, \
     corrections_open = $6, document_at = case when status = 'credited' and refunded_minor <> $3 \
     then $7 else document_at end where organisation = $1 and id = $2";
const LOOK_AGAIN: &str = "update purchase set corrections_open = 1, check_at = $3 \
     where organisation = $1 and id = $2";
const STANDINGS: &str = "select id, refunded_minor, credits_taken, dispute from purchase \
     where organisation = $1 and (refunded_minor > 0 or credits_taken > 0 or dispute is not null)";
const STANDING: &str = "select id, refunded_minor, credits_taken, dispute from purchase \
     where organisation = $1 and id = $2";
const OWNER_BY_PAYMENT: &str =
    "select organisation, id from purchase where payment_ref = $1 and provider = $2";

/// Writes a step that is to be booked; `false` when its number is taken: somebody else went on.
///
/// # Errors
/// The database failed.
pub async fn claim(db: &Db, step: &Correction) -> Result<bool, StoreError> {
    Ok(on!(db, write pool => sqlx::query(CLAIM)
        .bind(step.organisation.as_str())
        .bind(step.purchase.as_str())
        .bind(step.number)
        .bind(step.cause.as_str())
        .bind(&step.reference)
        .bind(step.step.as_str())
        .bind(step.credits.micro())
        .bind(step.undoes.map(super::journal::stored))
        .bind(step.money.minor)
        .bind(step.refunded_minor)
        .bind(step.money.currency.as_str())
        .bind(step.decided_at.0)
        .bind(step.staff.as_ref().map(UserId::as_str))
        .bind(step.reason.as_deref())
        .execute(pool).await.map(|done| done.rows_affected() > 0))?)
}

/// Writes down what became of a step; the first outcome stays.
///
/// # Errors
/// The database failed.
pub async fn booked(
    db: &Db,
    step: &Correction,
    outcome: Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(BOOKED)
        .bind(step.organisation.as_str())
        .bind(step.purchase.as_str())
        .bind(step.number)
        .bind(now.0)
        .bind(outcome.sequence.map(super::journal::stored))
        .bind(outcome.from_frozen.micro())
        .bind(outcome.owed.micro())
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// All steps of a purchase, the first one first.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_purchase(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<Vec<Correction>, StoreError> {
    on!(db, write pool => sqlx::query(OF_PURCHASE)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .fetch_all(pool).await?.iter().map(correction).collect())
}

/// The steps that the ledger booked between two places of its journal, both included, by place.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn of_sequences(
    db: &Db,
    organisation: &OrganisationId,
    first: u64,
    last: u64,
) -> Result<HashMap<u64, Correction>, StoreError> {
    let rows: Vec<Correction> = on!(db, read pool => sqlx::query(OF_SEQUENCES)
        .bind(organisation.as_str())
        .bind(super::journal::stored(first)).bind(super::journal::stored(last))
        .fetch_all(pool).await?.iter().map(correction).collect::<Result<_, StoreError>>())?;
    let placed = |step: Correction| Some((step.outcome?.sequence?, step));
    Ok(rows.into_iter().filter_map(placed).collect())
}

/// Writes down how a purchase stands; `open` while more is to be expected from the provider. What was
/// refunded makes a credit note due.
///
/// # Errors
/// The database failed.
pub async fn set_standing(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
    standing: &Standing,
    open: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(SET_STANDING)
        .bind(organisation.as_str())
        .bind(purchase.as_str())
        .bind(standing.refunded_minor)
        .bind(standing.credits_taken.micro())
        .bind(standing.dispute.as_deref())
        .bind(i64::from(open))
        .bind(now.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Has the sweep look at a purchase's corrections at `check_at`.
///
/// # Errors
/// The database failed.
pub async fn look_again(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
    check_at: Timestamp,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(LOOK_AGAIN)
        .bind(organisation.as_str()).bind(purchase.as_str()).bind(check_at.0)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// How the purchases of an organisation stand of which something went back or is disputed, by id.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn standings(
    db: &Db,
    organisation: &OrganisationId,
) -> Result<HashMap<PurchaseId, Standing>, StoreError> {
    on!(db, read pool => sqlx::query(STANDINGS).bind(organisation.as_str())
        .fetch_all(pool).await?.iter().map(standing).collect())
}

/// How one purchase stands.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn standing_of(
    db: &Db,
    organisation: &OrganisationId,
    purchase: &PurchaseId,
) -> Result<Standing, StoreError> {
    let found = on!(db, write pool => sqlx::query(STANDING)
        .bind(organisation.as_str()).bind(purchase.as_str())
        .fetch_optional(pool).await?.map(|row| standing(&row)).transpose())?;
    Ok(found.map(|(_, standing)| standing).unwrap_or_default())
}

/// The purchase that this payment paid for.
///
/// # Errors
/// The database failed, or the row does not parse.
pub async fn purchase_of_payment(
    db: &Db,
    provider: &str,
    payment_ref: &str,
) -> Result<Option<(OrganisationId, PurchaseId)>, StoreError> {
    on!(db, write pool => sqlx::query(OWNER_BY_PAYMENT).bind(payment_ref).bind(provider)
        .fetch_optional(pool).await?.map(|row| Ok((
            row.parsed("purchase", "organisation", OrganisationId::parse)?,
            row.parsed("purchase", "id", PurchaseId::parse)?,
        ))).transpose())
}

/// A refund as it stands, for a credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The provider's name for it.
    pub reference: String,
    /// What went back; nothing once the refund has failed.
    pub money: Money,
    /// The credits that were taken out for it, and not given back since.
    pub credits: Credits,
    /// When we learned of it.
    pub at: Timestamp,
    /// Who of the staff made it; `None` for one made at the provider.
    pub staff: Option<UserId>,
    /// Why they did.
    pub reason: Option<String>,
}

/// The refunds among these steps, in the order in which we learned of them.
pub fn refunds(steps: &[Correction]) -> Vec<Refund> {
    let mut refunds: Vec<Refund> = Vec::new();
    for step in steps.iter().filter(|step| step.cause == Cause::Refund) {
        let credits = signed(step);
        match refunds.iter_mut().find(|refund| refund.reference == step.reference) {
            Some(refund) => {
                refund.money = step.money;
                refund.credits = refund.credits.checked_add(credits).unwrap_or(refund.credits);
            }
            None => refunds.push(Refund {
                reference: step.reference.clone(),
                money: step.money,
                credits,
                at: step.decided_at,
                staff: step.staff.clone(),
                reason: step.reason.clone(),
            }),
        }
    }
    refunds
}

/// What a step took, as an amount that is negative where it gave back.
fn signed(step: &Correction) -> Credits {
    match step.step {
        StepKind::Taken => step.moved(),
        StepKind::GivenBack => step.moved().checked_neg().unwrap_or_default(),
        StepKind::Frozen | StepKind::Unfrozen | StepKind::Noted => Credits::ZERO,
    }
}

/// What steps took of a purchase's credits and did not give back.
pub fn credits_taken(steps: &[Correction]) -> Credits {
    Credits::checked_sum(steps.iter().map(signed)).unwrap_or_default()
}

fn standing(row: &impl StoreRow) -> Result<(PurchaseId, Standing), StoreError> {
    let id = row.parsed("purchase", "id", PurchaseId::parse)?;
    let standing = Standing {
        refunded_minor: row.integer("refunded_minor")?,
        credits_taken: Credits::from_micro(row.integer("credits_taken")?),
        dispute: row.text_or_none("dispute")?,
    };
    Ok((id, standing))
}

fn correction(row: &impl StoreRow) -> Result<Correction, StoreError> {
    const TABLE: &str = "purchase_correction";
    let place = |column| -> Result<Option<u64>, StoreError> {
        Ok(row.integer_or_none(column)?.and_then(|stored| u64::try_from(stored).ok()))
    };
    let outcome = Outcome {
        sequence: place("sequence")?,
        from_frozen: Credits::from_micro(row.integer("from_frozen")?),
        owed: Credits::from_micro(row.integer("owed")?),
    };
    Ok(Correction {
        organisation: row.parsed(TABLE, "organisation", OrganisationId::parse)?,
        purchase: row.parsed(TABLE, "purchase", PurchaseId::parse)?,
        number: row.integer("number")?,
        cause: row.parsed(TABLE, "cause", str::parse)?,
        reference: row.text("reference")?,
        step: row.parsed(TABLE, "step", str::parse)?,
        credits: Credits::from_micro(row.integer("credits")?),
        undoes: place("undoes")?,
        money: Money {
            minor: row.integer("money_minor")?,
            currency: row.parsed(TABLE, "currency", Currency::parse)?,
        },
        refunded_minor: row.integer("refunded_minor")?,
        decided_at: row.time("decided_at")?,
        staff: row.parsed_or_none(TABLE, "staff", UserId::parse)?,
        reason: row.text_or_none("reason")?,
        outcome: row.integer_or_none("booked_at")?.map(|_| outcome),
    })
}
