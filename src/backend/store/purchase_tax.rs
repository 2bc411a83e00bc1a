//! What the price of a purchase says about taxes, and the tax that was paid.

use std::fmt;
use std::str::FromStr;

use super::{Db, StoreError};
use crate::ledger::id::{OrganisationId, PurchaseId};
use crate::on;

const NOTE: &str = "update purchase set tax_minor = $3 where organisation = $1 and id = $2";

/// Whether taxes are reckoned, and what prices are then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaxMode {
    /// The provider is not asked for any.
    #[default]
    Off,
    /// Prices are without tax: it is added to them.
    Exclusive,
    /// Prices contain their tax.
    Inclusive,
}

impl TaxMode {
    /// All.
    pub const ALL: [TaxMode; 3] = [TaxMode::Off, TaxMode::Exclusive, TaxMode::Inclusive];

    /// The word in the table and in the setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            TaxMode::Off => "off",
            TaxMode::Exclusive => "exclusive",
            TaxMode::Inclusive => "inclusive",
        }
    }

    /// Whether the provider is asked to reckon taxes.
    pub const fn is_on(self) -> bool {
        !matches!(self, TaxMode::Off)
    }
}

impl fmt::Display for TaxMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for TaxMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = TaxMode::ALL.into_iter().find(|mode| mode.as_str() == text);
        known
            .ok_or("write off, exclusive (tax is added to prices) or inclusive (prices contain it)")
    }
}

/// Writes down the tax of a purchase, in minor units, as the provider has reckoned it by now.
///
/// # Errors
/// The database failed.
pub async fn note(
    db: &Db,
    organisation: &OrganisationId,
    id: &PurchaseId,
    tax_minor: i64,
) -> Result<(), StoreError> {
    on!(db, write pool => sqlx::query(NOTE)
        .bind(organisation.as_str()).bind(id.as_str()).bind(tax_minor)
        .execute(pool).await.map(|_| ()))?;
    Ok(())
}
