//! What a plan was when it was sold. A product at the provider stands for exactly these terms: other
//! terms are another product, so the product on an invoice says for ever what was bought.

use sha2::{Digest, Sha256};

use super::super::port::subscriptions::RecurringPrice;
use super::super::{PaymentError, Payments, TaxMode};
use crate::backend::store::{StoreError, plan_terms};
use crate::catalogue::Plan;
use crate::ledger::{Allowance, Period, Plan as LedgerPlan, Renewal, Timestamp};
use crate::model::format::credits_phrase;

/// Bytes of the terms' hash in a product's name.
const HASH_BYTES: usize = 8;

/// The provider's name for these terms, and the terms as they are kept.
pub fn product_of(plan: &Plan) -> (String, String) {
    // What a page marks is no term.
    let frozen = Plan { recommended: false, ..plan.clone() };
    let terms = serde_json::to_string(&frozen).unwrap_or_default();
    let hash = Sha256::digest(terms.as_bytes());
    let hash = hash.get(..HASH_BYTES).map(hex::encode).unwrap_or_default();
    (format!("scrip_{}_{hash}", plan.code), terms)
}

/// What the provider asks for, where the plan has a price.
pub fn recurring_price(plan: &Plan, tax: TaxMode) -> Option<RecurringPrice> {
    let (product, _) = product_of(plan);
    Some(RecurringPrice { product, price: plan.price()?, period: plan.period, tax })
}

/// The rule that makes the plan's lots, with the first instant of its first period.
pub fn ledger_plan(plan: &Plan, anchor: Timestamp, renewal: Renewal) -> LedgerPlan {
    LedgerPlan {
        code: plan.code.clone(),
        allowance: plan.allowance,
        anchor,
        period: plan.period,
        rollover: plan.rollover,
        priority: None,
        renewal,
    }
}

/// "3,000 credits each month".
pub fn allowance_phrase(plan: &Plan) -> String {
    let amount = match plan.allowance {
        Allowance::Credits(credits) => credits_phrase(credits),
        Allowance::Unlimited => "Unlimited credits".to_owned(),
    };
    match plan.period {
        Period::Month => format!("{amount} each month"),
        Period::Year => format!("{amount} each year"),
    }
}

impl Payments {
    /// Freezes a plan's terms here and makes their product at the provider.
    pub(super) async fn offer(&self, plan: &Plan, now: Timestamp) -> Result<String, PaymentError> {
        let (product, terms) = product_of(plan);
        let (db, provider) = (&self.db, self.provider_name);
        plan_terms::insert_once(db, provider, &product, &terms, now).await?;
        let key = format!("product:{product}");
        let phrase = allowance_phrase(plan);
        self.provider.ensure_product(&product, &plan.name, &phrase, &key).await?;
        Ok(product)
    }

    /// The terms that a product stands for, if they are ours.
    pub(super) async fn terms_of(&self, product: &str) -> Result<Option<Plan>, StoreError> {
        plan_terms::find(&self.db, self.provider_name, product).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Sale;
    use crate::ledger::{Credits, Currency, Money, Rollover};

    fn pro() -> Plan {
        let price = Money { minor: 2_900, currency: Currency::parse("USD").unwrap() };
        Plan {
            code: "pro".into(),
            name: "Pro".into(),
            description: "For daily work.".into(),
            allowance: Allowance::Credits(Credits::from_micro(5_000_000_000)),
            period: Period::Month,
            rollover: Rollover::None,
            limits: Vec::new(),
            sale: Sale::Paid(price),
            recommended: true,
        }
    }

    #[test]
    fn other_terms_are_another_product_and_a_mark_on_the_page_is_no_term() {
        let (product, terms) = product_of(&pro());
        assert!(product.starts_with("scrip_pro_"));
        assert_eq!(product_of(&Plan { recommended: false, ..pro() }).0, product);
        let cheaper = Money { minor: 1_900, currency: Currency::parse("USD").unwrap() };
        assert_ne!(product_of(&Plan { sale: Sale::Paid(cheaper), ..pro() }).0, product);
        let read: Plan = serde_json::from_str(&terms).unwrap();
        assert_eq!(read, Plan { recommended: false, ..pro() });
    }

    #[test]
    fn an_allowance_reads_as_a_phrase() {
        assert_eq!(allowance_phrase(&pro()), "5,000 credits each month");
        let all = Plan { allowance: Allowance::Unlimited, period: Period::Year, ..pro() };
        assert_eq!(allowance_phrase(&all), "Unlimited credits each year");
    }
}
