//! Products: create, retrieve, update, list.

use serde_json::{Value, json};

use super::failure::{Answer, Failure};
use super::listing::{Filter, Page, list};
use super::parameters::Parameters;
use super::work::Work;
use super::{events, identifier};

/// The fields that create and update simply lay down.
const PLAIN_FIELDS: [&str; 5] =
    ["description", "statement_descriptor", "unit_label", "url", "tax_code"];

fn blank(work: &Work<'_>, name: &str) -> Value {
    json!({
        "id": identifier::new("prod"),
        "object": "product",
        "active": true,
        "created": work.now_seconds(),
        "default_price": null,
        "description": null,
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "tax_details": null,
        "type": "service",
        "unit_label": null,
        "updated": work.now_seconds(),
        "url": null,
    })
}

/// `POST /v1/products`, also what `product_data` of a line item makes.
pub(crate) async fn create(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let mut product = blank(work, &parameters.require_text("name")?);
    if let Some(id) = parameters.take_text("id")? {
        if work.find_any(&id).await?.is_some() {
            let message = format!("Product already exists: {id}.");
            return Err(Failure::invalid_coded("resource_already_exists", "id", message));
        }
        product["id"] = id.into();
    }
    lay(&mut product, parameters)?;
    work.insert(&product).await?;
    events::emit(work, "product.created", &product).await?;
    Ok(product)
}

/// `GET /v1/products/{id}`
pub(crate) async fn retrieve(work: &mut Work<'_>, id: &str, parameters: Parameters) -> Answer {
    parameters.finish()?;
    work.named("product", id).await
}

/// `POST /v1/products/{id}`
pub(crate) async fn update(work: &mut Work<'_>, id: &str, mut parameters: Parameters) -> Answer {
    let before = work.named("product", id).await?;
    let mut product = before.clone();
    if let Some(name) = parameters.take_text("name")? {
        product["name"] = name.into();
    }
    if let Some(price) = parameters.take_text("default_price")? {
        work.referred("price", &price, "default_price").await?;
        product["default_price"] = price.into();
    }
    product["updated"] = work.now_seconds().into();
    lay(&mut product, parameters)?;
    work.replace(&product, None).await?;
    events::emit_change(work, "product.updated", &before, &product).await?;
    Ok(product)
}

/// `GET /v1/products`
pub(crate) async fn list_all(work: &mut Work<'_>, mut parameters: Parameters) -> Answer {
    let page = Page::take(&mut parameters)?;
    let mut filter = Filter::default();
    filter.take_boolean(&mut parameters, "active")?;
    filter.among_ids(parameters.take_texts("ids")?);
    parameters.finish()?;
    list(work, "product", "/v1/products", page, filter).await
}

fn lay(product: &mut Value, mut parameters: Parameters) -> Answer<()> {
    for field in PLAIN_FIELDS {
        if let Some(value) = parameters.take_raw(field)? {
            product[field] = if value.is_empty() { Value::Null } else { value.into() };
        }
    }
    if let Some(active) = parameters.take_boolean("active")? {
        product["active"] = active.into();
    }
    if let Some(images) = parameters.take_texts("images")? {
        if images.len() > 8 {
            return Err(Failure::invalid(&parameters.named("images"), "At most 8 images."));
        }
        product["images"] = json!(images);
    }
    product["metadata"] = parameters.take_metadata(product["metadata"].take())?;
    parameters.finish()
}
