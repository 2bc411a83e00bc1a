//! Tax numbers of customers: create, retrieve, list, delete.

use serde_json::{Value, json};

use super::super::failure::{Answer, Failure};
use super::super::listing::{Filter, Page, list};
use super::super::parameters::Parameters;
use super::super::work::{Work, text};
use super::super::{events, identifier};
use super::rates::UNION;

/// As many as Stripe keeps of one customer.
const MAXIMUM: usize = 5;
/// The kinds that the sandbox takes, with the country they belong to; the union's say it themselves.
const KINDS: [(&str, &str); 22] = [
    ("eu_vat", ""),
    ("gb_vat", "GB"),
    ("ch_vat", "CH"),
    ("no_vat", "NO"),
    ("us_ein", "US"),
    ("ca_bn", "CA"),
    ("au_abn", "AU"),
    ("nz_gst", "NZ"),
    ("in_gst", "IN"),
    ("jp_cn", "JP"),
    ("sg_gst", "SG"),
    ("kr_brn", "KR"),
    ("br_cnpj", "BR"),
    ("mx_rfc", "MX"),
    ("za_vat", "ZA"),
    ("tr_tin", "TR"),
    ("il_vat", "IL"),
    ("ae_trn", "AE"),
    ("sa_vat", "SA"),
    ("is_vat", "IS"),
    ("li_vat", "LI"),
    ("ua_vat", "UA"),
];

/// `POST /v1/customers/{customer}/tax_ids`
pub(crate) async fn create(
    work: &mut Work<'_>,
    customer: &str,
    mut parameters: Parameters,
) -> Answer {
    let kind = parameters.require_text("type")?;
    let value = parameters.require_text("value")?;
    parameters.finish()?;
    there(work, customer).await?;
    add(work, customer, &kind, &value).await
}

/// Reads `tax_id_data` of a new customer.
pub(crate) fn take_data(parameters: &mut Parameters) -> Answer<Vec<(String, String)>> {
    let mut numbers = Vec::new();
    for mut group in parameters.take_groups("tax_id_data")?.unwrap_or_default() {
        let (kind, value) = (group.require_text("type")?, group.require_text("value")?);
        group.finish()?;
        check(&kind, &value)?;
        numbers.push((kind, value));
    }
    Ok(numbers)
}

/// Adds a number to a customer who is there.
pub(crate) async fn add(work: &mut Work<'_>, customer: &str, kind: &str, value: &str) -> Answer {
    let country = check(kind, value)?;
    if work.owned("tax_id", customer).await?.len() >= MAXIMUM {
        let message = format!("A customer can have at most {MAXIMUM} tax IDs.");
        return Err(Failure::invalid("type", message));
    }
    let number = json!({
        "id": identifier::new("txi"),
        "object": "tax_id",
        "country": country,
        "created": work.now_seconds(),
        "customer": customer,
        "customer_account": null,
        "livemode": false,
        "owner": { "customer": customer, "customer_account": null, "type": "customer" },
        "type": kind,
        "value": value,
        "verification": { "status": "pending", "verified_address": null, "verified_name": null },
    });
    work.insert_with(&number, Some(customer), None).await?;
    events::emit(work, "customer.tax_id.created", &number).await?;
    Ok(number)
}

/// Adds a number that a payer typed, unless the customer has it.
pub(crate) async fn keep(
    work: &mut Work<'_>,
    customer: &str,
    kind: &str,
    value: &str,
) -> Answer<()> {
    let known = work.owned("tax_id", customer).await?;
    let same = |one: &Value| text(one, "type") == kind && text(one, "value") == value;
    if !known.iter().any(same) && known.len() < MAXIMUM {
        add(work, customer, kind, value).await?;
    }
    Ok(())
}

/// The country of a number that may be one.
pub(crate) fn check(kind: &str, value: &str) -> Answer<String> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let Some((_, country)) = known else {
        let message = format!("Invalid type: the sandbox does not know {kind}.");
        return Err(Failure::invalid("type", message));
    };
    let plain: String =
        value.chars().filter(|letter| !matches!(letter, ' ' | '.' | '-' | '/')).collect();
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let sound = plain.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && (4..=20).contains(&plain.len())
        && digits >= 2;
    let country = match kind {
        "eu_vat" => union_country(&plain),
        _ => Some((*country).to_owned()),
    };
    country.filter(|_| sound).ok_or_else(|| {
        let message = format!("Invalid value for {kind}.");
        Failure::invalid_coded("tax_id_invalid", "value", message)
    })
}

/// Greek numbers begin with EL.
fn union_country(plain: &str) -> Option<String> {
    let letters = plain.get(..2)?;
    let country = if letters == "EL" { "GR" } else { letters };
    UNION.contains(&country).then(|| country.to_owned())
}

/// The kind of a number that a payer in `country` may give at the checkout page.
pub(crate) fn kind_in(country: &str) -> Option<&'static str> {
    if UNION.contains(&country) {
        return Some("eu_vat");
    }
    KINDS.iter().find(|(_, its)| *its == country).map(|(kind, _)| *kind)
}

/// `GET /v1/customers/{customer}/tax_ids/{id}`
pub(crate) async fn retrieve(
    work: &mut Work<'_>,
    customer: &str,
    id: &str,
    parameters: Parameters,
) -> Answer {
    parameters.finish()?;
    of(work, customer, id).await
}

/// `DELETE /v1/customers/{customer}/tax_ids/{id}`
pub(crate) async fn delete(
    work: &mut Work<'_>,
    customer: &str,
    id: &str,
    parameters: Parameters,
) -> Answer {
    parameters.finish()?;
    let number = of(work, customer, id).await?;
    events::emit(work, "customer.tax_id.deleted", &number).await?;
    work.remove(id).await?;
    Ok(json!({ "id": id, "object": "tax_id", "deleted": true }))
}

/// `GET /v1/customers/{customer}/tax_ids`
pub(crate) async fn list_all(
    work: &mut Work<'_>,
    customer: &str,
    mut parameters: Parameters,
) -> Answer {
    let page = Page::take(&mut parameters)?;
    parameters.finish()?;
    there(work, customer).await?;
    let mut filter = Filter::default();
    filter.owned_by(customer);
    list(work, "tax_id", &format!("/v1/customers/{customer}/tax_ids"), page, filter).await
}

async fn of(work: &mut Work<'_>, customer: &str, id: &str) -> Answer {
    let number = work.named("tax_id", id).await?;
    if text(&number, "customer") != customer {
        return Err(Failure::no_such("tax_id", id));
    }
    Ok(number)
}

async fn there(work: &mut Work<'_>, customer: &str) -> Answer<()> {
    let known = work.named("customer", customer).await?;
    if known["deleted"] == json!(true) {
        return Err(Failure::no_such("customer", customer));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_union_says_its_country_and_others_have_theirs() {
        assert_eq!(check("eu_vat", "DE 123 456 789").ok().as_deref(), Some("DE"));
        assert_eq!(check("eu_vat", "EL123456789").ok().as_deref(), Some("GR"));
        assert_eq!(check("gb_vat", "GB123456789").ok().as_deref(), Some("GB"));
        for (kind, value) in [("eu_vat", "123456789"), ("eu_vat", "XX1"), ("gb_vat", "no")] {
            assert!(check(kind, value).is_err(), "{kind} {value}");
        }
        assert!(check("moon_vat", "1234").is_err());
        assert_eq!(kind_in("FR"), Some("eu_vat"));
        assert_eq!(kind_in("GB"), Some("gb_vat"));
        assert_eq!(kind_in("HK"), None);
    }
}
