//! What a request for a session says about taxes, and what Stripe refuses about it.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::parameters::Parameters;
use super::super::taxes::places;
use super::super::work::{Work, text};
use super::draft::Mode;
use super::echoed::take_enabled;

/// The wishes of one session.
pub(super) struct TaxWishes {
    pub automatic: bool,
    pub collects_numbers: bool,
    /// What of the customer the page may change: `customer_update`.
    pub customer_update: Value,
}

/// Reads them; `items` are what is bought.
pub(super) async fn take(
    work: &mut Work<'_>,
    parameters: &mut Parameters,
    mode: Mode,
    items: &[Value],
    customer: Option<&str>,
) -> Answer<TaxWishes> {
    let wishes = TaxWishes {
        automatic: take_enabled(parameters, "automatic_tax")?.unwrap_or(false),
        collects_numbers: take_enabled(parameters, "tax_id_collection")?.unwrap_or(false),
        customer_update: take_customer_update(parameters, customer)?,
    };
    if wishes.automatic {
        check_automatic(work, &wishes, mode, items, customer).await?;
    }
    if wishes.collects_numbers && customer.is_some() && !wishes.may_change("name") {
        let message = "Tax ID collection requires updating business name on the customer. To enable \
                       tax ID collection for an existing customer, please set \
                       `customer_update[name]` to `auto`.";
        return Err(Failure::invalid("tax_id_collection", message));
    }
    Ok(wishes)
}

impl TaxWishes {
    fn may_change(&self, field: &str) -> bool {
        text(&self.customer_update, field) == "auto"
    }
}

fn take_customer_update(parameters: &mut Parameters, customer: Option<&str>) -> Answer {
    let mut update = json!({ "address": "never", "name": "never" });
    let Some(mut group) = parameters.take_group("customer_update")? else { return Ok(update) };
    if customer.is_none() {
        let message = "`customer_update` can only be used with `customer`.";
        return Err(Failure::invalid("customer_update", message));
    }
    for field in ["address", "name", "shipping"] {
        if let Some(choice) = group.take_choice(field, &["auto", "never"])? {
            update[field] = choice.into();
        }
    }
    group.finish()?;
    Ok(update)
}

async fn check_automatic(
    work: &mut Work<'_>,
    wishes: &TaxWishes,
    mode: Mode,
    items: &[Value],
    customer: Option<&str>,
) -> Answer<()> {
    if mode == Mode::Setup {
        let message = "`automatic_tax` can not be used in `setup` mode.";
        return Err(Failure::invalid("automatic_tax", message));
    }
    let silent = items.iter().find(|item| text(&item["price"], "tax_behavior") == "unspecified");
    if let Some(item) = silent {
        let message = format!(
            "Invalid price {}: its `tax_behavior` is unspecified, so its tax cannot be reckoned.",
            text(&item["price"], "id")
        );
        return Err(Failure::invalid("line_items", message));
    }
    let Some(customer) = customer else { return Ok(()) };
    let customer = work.named("customer", customer).await?;
    if places::country_of(&customer).is_some() || wishes.may_change("address") {
        return Ok(());
    }
    let message = "Automatic tax calculation in Checkout requires a valid address on the Customer. Add \
                   a valid address to the Customer or set `customer_update[address]` to 'auto'.";
    Err(Failure::invalid_coded("customer_tax_location_invalid", "automatic_tax", message))
}
