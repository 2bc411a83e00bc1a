//! What a purchase and the provider's facts about it come to. Pure: no IO, no clock.
//!
//! The grant is made from the terms frozen on the purchase, never from what the provider reports and
//! never from today's price list: both can be edited by someone after the buyer has paid.

use chrono::{DateTime, Months};

use super::port::{PaymentProgress, PaymentStatus, SessionFacts, SessionStatus};
use crate::backend::store::purchase::{Purchase, PurchaseKind};
use crate::backend::store::purchase_tax::TaxMode;
use crate::ledger::command::Grant;
use crate::ledger::id::IdError;
use crate::ledger::key::KeyError;
use crate::ledger::{Actor, Command, IdempotencyKey, Order, Origin, Source, Timestamp};

/// What is to be done with a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The money is there and is what was agreed: grant the credits.
    Grant,
    /// The buyer is through, the bank is not.
    Processing,
    /// The bank refused.
    Failed,
    /// The page closed unpaid.
    Expired,
    /// What is reported differs from what was agreed: grant nothing, someone must look.
    Review(Mismatch),
    /// Nothing new: the buyer may still pay.
    Nothing,
}

/// In what the provider's report differs from the frozen terms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another payment page than the one we opened.
    #[error("the payment page is {found}, not the one opened for this purchase")]
    Session {
        /// The page reported.
        found: String,
    },
    /// The page names another purchase, or none.
    #[error("the payment names {}, not this purchase", or_nothing(.found))]
    Reference {
        /// The purchase reported.
        found: Option<String>,
    },
    /// Test money for a real purchase or the reverse.
    #[error("the payment is in {} mode, the purchase is not", mode(*.live))]
    Mode {
        /// Whether the report is about real money.
        live: bool,
    },
    /// Another amount or currency.
    #[error("the payment is {}, the purchase costs {agreed}", or_nothing(.found))]
    Amount {
        /// Minor units and currency reported, with the tax where that comes on top.
        found: Option<String>,
        /// Minor units and currency agreed.
        agreed: String,
    },
}

fn or_nothing(found: &Option<String>) -> &str {
    found.as_deref().unwrap_or("nothing")
}

fn mode(live: bool) -> &'static str {
    if live { "live" } else { "test" }
}

/// What `facts` mean for `purchase`.
pub fn decide(purchase: &Purchase, facts: &SessionFacts) -> Decision {
    if let Some(mismatch) = mismatch(purchase, facts) {
        return Decision::Review(mismatch);
    }
    match (facts.payment_status, facts.status) {
        (PaymentStatus::Paid, _) => Decision::Grant,
        (PaymentStatus::NothingDue, SessionStatus::Complete) => Decision::Grant,
        (PaymentStatus::Unpaid, SessionStatus::Complete) => match facts.progress {
            PaymentProgress::Underway => Decision::Processing,
            PaymentProgress::Failed => Decision::Failed,
        },
        (PaymentStatus::Unpaid, SessionStatus::Expired) => Decision::Expired,
        _ => Decision::Nothing,
    }
}

fn mismatch(purchase: &Purchase, facts: &SessionFacts) -> Option<Mismatch> {
    if purchase.session_ref.as_deref() != Some(facts.session_ref.as_str()) {
        return Some(Mismatch::Session { found: facts.session_ref.clone() });
    }
    let ours = Some(purchase.id.as_str());
    let editable = facts.metadata_purchase.as_deref().or(ours);
    for found in [facts.client_reference.as_deref(), editable] {
        if found != ours {
            return Some(Mismatch::Reference { found: found.map(str::to_owned) });
        }
    }
    if facts.livemode != purchase.livemode {
        return Some(Mismatch::Mode { live: facts.livemode });
    }
    let code = purchase.price.currency.as_str();
    let same_currency =
        facts.currency.as_deref().is_some_and(|currency| currency.eq_ignore_ascii_case(code));
    if is_agreed_sum(purchase, facts) && same_currency {
        return None;
    }
    let currency = facts.currency.as_deref().unwrap_or("?").to_ascii_uppercase();
    let tax = match purchase.tax_mode {
        TaxMode::Exclusive => format!(" with a tax of {}", facts.tax_minor),
        TaxMode::Off | TaxMode::Inclusive => String::new(),
    };
    Some(Mismatch::Amount {
        found: facts.amount_minor.map(|minor| format!("{minor} {currency}{tax}")),
        agreed: format!("{} {code}", purchase.price.minor),
    })
}

/// Whether what is charged is the price: all of it, or what is left without a tax that comes on top.
fn is_agreed_sum(purchase: &Purchase, facts: &SessionFacts) -> bool {
    let price = purchase.price.minor;
    match purchase.tax_mode {
        TaxMode::Off | TaxMode::Inclusive => facts.amount_minor == Some(price),
        TaxMode::Exclusive => {
            let without = facts.amount_minor.and_then(|minor| minor.checked_sub(facts.tax_minor));
            let subtotal = facts.subtotal_minor.unwrap_or(price);
            without == Some(price) && subtotal == price && facts.tax_minor >= 0
        }
    }
}

/// Why no grant can be written for a purchase: its row is not what the program ever writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The purchase's id makes no lot's id.
    #[error("the purchase's id gives no lot: {0}")]
    Lot(#[from] IdError),
    /// The purchase's id makes no key.
    #[error("the purchase's id gives no key: {0}")]
    Key(#[from] KeyError),
}

/// The order that credits a purchase whose money was there at `paid_at`: always the same for the same
/// purchase, so that the ledger books it once.
///
/// # Errors
/// The purchase's id is not one that this program makes.
pub fn grant_order(purchase: &Purchase, paid_at: Timestamp) -> Result<Order, GrantError> {
    let lot = purchase.lot()?;
    let origin = Origin::Payment { purchase: purchase.id.clone() };
    let mut grant = Grant::plain(lot, Source::Purchased, purchase.credits, origin);
    grant.cost = Some(purchase.price);
    grant.expires_at = purchase.valid_months.and_then(|months| months_after(paid_at, months));
    Ok(Order {
        key: IdempotencyKey::parse(&format!("purchase:{}", purchase.id))?,
        actor: match purchase.kind {
            // Nobody pressed a button for it.
            PurchaseKind::TopUp => Actor::System,
            _ => Actor::Member(purchase.user.clone()),
        },
        occurred_at: paid_at,
        command: Command::Grant(Box::new(grant)),
    })
}

/// The same time of day that many calendar months later: 31 January and one month is 28 February.
/// Beyond the calendar's end there is no expiry.
fn months_after(instant: Timestamp, months: u16) -> Option<Timestamp> {
    let start = DateTime::from_timestamp_micros(instant.0)?;
    let end = start.checked_add_months(Months::new(u32::from(months)))?;
    Some(Timestamp(end.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::store::purchase::PurchaseStatus;
    use crate::ledger::{Credits, Currency, Money, OrganisationId, PurchaseId, UserId};

    /// 2026-01-31 12:00:00 UTC.
    const NOON: Timestamp = Timestamp(1_769_860_800_000_000);

    fn purchase() -> Purchase {
        Purchase {
            organisation: OrganisationId::parse("org_1").unwrap(),
            id: PurchaseId::parse("pur_1").unwrap(),
            kind: PurchaseKind::Pack,
            paid_lot: None,
            invoice_ref: None,
            user: UserId::parse("usr_1").unwrap(),
            pack: "hundred".into(),
            pack_name: "Hundred".into(),
            credits: Credits::from_micro(100_000_000),
            price: Money { minor: 1_000, currency: Currency::parse("usd").unwrap() },
            tax_mode: TaxMode::Off,
            tax_minor: 0,
            valid_months: Some(1),
            livemode: false,
            provider: "sandbox".into(),
            status: PurchaseStatus::Open,
            form_key: None,
            session_ref: Some("cs_1".into()),
            payment_ref: None,
            checkout_url: None,
            attempt: 1,
            created_at: NOON,
            updated_at: NOON,
            expires_at: NOON,
            paid_at: None,
            note: None,
        }
    }

    fn paid() -> SessionFacts {
        SessionFacts {
            session_ref: "cs_1".into(),
            status: SessionStatus::Complete,
            payment_status: PaymentStatus::Paid,
            progress: PaymentProgress::Underway,
            amount_minor: Some(1_000),
            subtotal_minor: Some(1_000),
            tax_minor: 0,
            currency: Some("usd".into()),
            livemode: false,
            client_reference: Some("pur_1".into()),
            metadata_purchase: Some("pur_1".into()),
            payment_ref: Some("pi_1".into()),
            url: None,
        }
    }

    fn decided(change: impl FnOnce(&mut SessionFacts)) -> Decision {
        let mut facts = paid();
        change(&mut facts);
        decide(&purchase(), &facts)
    }

    #[test]
    fn money_that_is_there_as_agreed_is_granted() {
        assert_eq!(decided(|_| {}), Decision::Grant);
    }

    #[test]
    fn an_unpaid_page_follows_its_own_state_and_the_banks() {
        let unpaid = |status, progress| {
            decided(|facts| {
                facts.payment_status = PaymentStatus::Unpaid;
                facts.status = status;
                facts.progress = progress;
            })
        };
        use PaymentProgress::{Failed, Underway};
        assert_eq!(unpaid(SessionStatus::Open, Underway), Decision::Nothing);
        assert_eq!(
            unpaid(SessionStatus::Open, Failed),
            Decision::Nothing,
            "the buyer may try again"
        );
        assert_eq!(unpaid(SessionStatus::Complete, Underway), Decision::Processing);
        assert_eq!(unpaid(SessionStatus::Complete, Failed), Decision::Failed);
        assert_eq!(unpaid(SessionStatus::Expired, Underway), Decision::Expired);
        assert_eq!(unpaid(SessionStatus::Unknown, Underway), Decision::Nothing);
    }

    #[test]
    fn a_word_we_do_not_know_grants_nothing() {
        let unknown = decided(|facts| facts.payment_status = PaymentStatus::Unknown);
        assert_eq!(unknown, Decision::Nothing);
    }

    #[test]
    fn whatever_differs_from_the_frozen_terms_goes_to_review() {
        let differing: [fn(&mut SessionFacts); 9] = [
            |facts| facts.session_ref = "cs_2".into(),
            |facts| facts.client_reference = Some("pur_2".into()),
            |facts| facts.client_reference = None,
            |facts| facts.metadata_purchase = Some("pur_2".into()),
            |facts| facts.livemode = true,
            |facts| facts.amount_minor = Some(999),
            |facts| facts.amount_minor = None,
            |facts| facts.currency = Some("eur".into()),
            |facts| {
                facts.payment_status = PaymentStatus::NothingDue;
                facts.amount_minor = Some(0);
            },
        ];
        for change in differing {
            assert!(matches!(decided(change), Decision::Review(_)));
        }
        let told = decided(|facts| facts.amount_minor = Some(999));
        let Decision::Review(reason) = told else { panic!("no review") };
        assert_eq!(reason.to_string(), "the payment is 999 USD, the purchase costs 1000 USD");
    }

    #[test]
    fn a_tax_on_top_is_left_out_of_the_comparison_and_one_within_is_not() {
        let decided = |tax_mode, amount, subtotal, tax_minor| {
            let bought = Purchase { tax_mode, ..purchase() };
            let (amount_minor, subtotal_minor) = (Some(amount), Some(subtotal));
            let facts = SessionFacts { amount_minor, subtotal_minor, tax_minor, ..paid() };
            decide(&bought, &facts) == Decision::Grant
        };
        use TaxMode::{Exclusive, Inclusive, Off};
        assert!(decided(Exclusive, 1_190, 1_000, 190));
        assert!(decided(Exclusive, 1_000, 1_000, 0), "nothing is collected of everybody");
        assert!(decided(Inclusive, 1_000, 1_000, 160));
        assert!(!decided(Exclusive, 1_000, 840, 160), "the pack was sold below its price");
        assert!(!decided(Exclusive, 1_190, 1_190, 190), "the parts do not add up");
        assert!(!decided(Exclusive, 1_090, 1_000, 190), "something was taken off");
        assert!(!decided(Exclusive, 500, 1_000, -500));
        assert!(!decided(Inclusive, 1_190, 1_190, 190));
        assert!(!decided(Off, 1_190, 1_000, 190));
    }

    #[test]
    fn metadata_that_is_gone_changes_nothing_because_the_reference_is_there() {
        assert_eq!(decided(|facts| facts.metadata_purchase = None), Decision::Grant);
    }

    #[test]
    fn the_grant_is_made_of_the_frozen_terms_and_is_always_the_same() {
        let order = grant_order(&purchase(), NOON).unwrap();
        assert_eq!(order.key.as_str(), "purchase:pur_1");
        let Command::Grant(grant) = &order.command else { panic!("no grant") };
        assert_eq!(grant.lot.as_str(), "lot_1");
        assert_eq!(grant.source, Source::Purchased);
        assert_eq!(grant.amount, purchase().credits);
        assert_eq!(grant.cost, Some(purchase().price));
        assert_eq!(grant.origin, Origin::Payment { purchase: purchase().id });
        assert_eq!(grant_order(&purchase(), NOON).unwrap().fingerprint(), order.fingerprint());
    }

    #[test]
    fn credits_lapse_after_calendar_months_or_never() {
        let expiry = |months| {
            let bought = Purchase { valid_months: months, ..purchase() };
            match grant_order(&bought, NOON).unwrap().command {
                Command::Grant(grant) => grant.expires_at,
                _ => panic!("no grant"),
            }
        };
        let day = 24 * 60 * 60 * 1_000_000;
        assert_eq!(expiry(None), None);
        assert_eq!(expiry(Some(1)), Some(Timestamp(NOON.0 + 28 * day)), "28 February");
        assert_eq!(expiry(Some(12)), Some(Timestamp(NOON.0 + 365 * day)));
    }
}
