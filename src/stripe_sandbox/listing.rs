//! Lists with Stripe's cursors: newest first, `starting_after`, `ending_before`, `limit`, `created`.

use serde_json::{Map, Value, json};
use sqlx::Row;

use super::failure::{Answer, Failure};
use super::parameters::Parameters;
use super::work::Work;

const DEFAULT_LIMIT: i64 = 10;
const MAXIMUM_LIMIT: i64 = 100;

/// Which part of a list is asked for.
pub(crate) struct Page {
    limit: i64,
    starting_after: Option<String>,
    ending_before: Option<String>,
    created_from: i64,
    created_to: i64,
}

impl Page {
    /// Takes the paging parameters that every list has.
    pub fn take(parameters: &mut Parameters) -> Answer<Page> {
        let limit = parameters.take_integer("limit")?.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAXIMUM_LIMIT).contains(&limit) {
            let message = format!("Invalid limit: must be between 1 and {MAXIMUM_LIMIT}.");
            return Err(Failure::invalid("limit", message));
        }
        let (created_from, created_to) = take_created(parameters)?;
        let starting_after = parameters.take_text("starting_after")?;
        let ending_before = parameters.take_text("ending_before")?;
        if starting_after.is_some() && ending_before.is_some() {
            let message =
                "You may only specify one of these parameters: starting_after, ending_before.";
            return Err(Failure::invalid("ending_before", message));
        }
        Ok(Page { limit, starting_after, ending_before, created_from, created_to })
    }
}

/// `created=N` or `created[gt|gte|lt|lte]=N`, as a closed range of seconds.
fn take_created(parameters: &mut Parameters) -> Answer<(i64, i64)> {
    let (mut from, mut to) = (i64::MIN, i64::MAX);
    if let Ok(Some(exact)) = parameters.clone().take_integer("created") {
        parameters.take_integer("created")?;
        return Ok((exact, exact));
    }
    let Some(mut range) = parameters.take_group("created")? else { return Ok((from, to)) };
    if let Some(after) = range.take_integer("gt")? {
        from = from.max(after.saturating_add(1));
    }
    if let Some(first) = range.take_integer("gte")? {
        from = from.max(first);
    }
    if let Some(before) = range.take_integer("lt")? {
        to = to.min(before.saturating_sub(1));
    }
    if let Some(last) = range.take_integer("lte")? {
        to = to.min(last);
    }
    range.finish()?;
    Ok((from, to))
}

/// What an object must have: equal fields, one of several ids, a type, a delivery state.
#[derive(Default)]
pub(crate) struct Filter {
    equal: Map<String, Value>,
    ids: Option<Vec<String>>,
    lookup_keys: Option<Vec<String>>,
    types: Option<Vec<String>>,
    delivered: Option<bool>,
    owner: Option<String>,
}

impl Filter {
    /// Takes a text parameter of the same name as the field it must equal.
    pub fn take_text(&mut self, parameters: &mut Parameters, field: &str) -> Answer<()> {
        if let Some(value) = parameters.take_text(field)? {
            self.equal.insert(format!("$.{field}"), value.into());
        }
        Ok(())
    }

    /// Takes a boolean parameter of the same name as the field it must equal.
    pub fn take_boolean(&mut self, parameters: &mut Parameters, field: &str) -> Answer<()> {
        if let Some(value) = parameters.take_boolean(field)? {
            self.equal.insert(format!("$.{field}"), value.into());
        }
        Ok(())
    }

    /// What a path within the object must not have.
    pub fn absent(&mut self, path: &str) {
        self.equal.insert(path.to_owned(), Value::Null);
    }

    /// What a path within the object must equal, when anything.
    pub fn equals(&mut self, path: &str, value: Option<String>) {
        if let Some(value) = value {
            self.equal.insert(path.to_owned(), value.into());
        }
    }

    pub fn among_lookup_keys(&mut self, keys: Option<Vec<String>>) {
        self.lookup_keys = keys;
    }

    pub fn among_ids(&mut self, ids: Option<Vec<String>>) {
        self.ids = ids;
    }

    /// Event types, where `*` stands for any ending.
    pub fn of_types(&mut self, types: Option<Vec<String>>) {
        self.types = types;
    }

    pub fn delivered(&mut self, delivered: Option<bool>) {
        self.delivered = delivered;
    }

    pub fn owned_by(&mut self, owner: &str) {
        self.owner = Some(owner.to_owned());
    }
}

// Filters travel as JSON, so the text of the statement never changes.
const NEWER_OR_OLDER: &str = "
    select body from objects
    where kind = $1 and number < $2 and number > $3 and created between $4 and $5
      and ($10 is null or owner = $10)
      and not exists (select 1 from json_each($6) wanted
                      where json_extract(objects.body, wanted.key) is not wanted.value)
      and ($7 is null or id in (select value from json_each($7)))
      and ($12 is null
           or json_extract(body, '$.lookup_key') in (select value from json_each($12)))
      and ($8 is null or exists (select 1 from json_each($8) wanted
                                 where json_extract(objects.body, '$.type') glob wanted.value))
      and ($9 is null or $9 = not exists (select 1 from deliveries
                                          where event = objects.id and state <> 'delivered'))";

/// One page of a kind, as Stripe's list object.
pub(crate) async fn list(
    work: &mut Work<'_>,
    kind: &str,
    address: &str,
    page: Page,
    filter: Filter,
) -> Answer {
    let below = number_of(work, kind, page.starting_after.as_deref(), "starting_after").await?;
    let above = number_of(work, kind, page.ending_before.as_deref(), "ending_before").await?;
    let upwards = above.is_some();
    let order = if upwards { "asc" } else { "desc" };
    let statement = format!("{NEWER_OR_OLDER} order by number {order} limit $11");
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(kind)
        .bind(below.unwrap_or(i64::MAX))
        .bind(above.unwrap_or(0))
        .bind(page.created_from)
        .bind(page.created_to)
        .bind(Value::Object(filter.equal).to_string())
        .bind(filter.ids.map(|ids| json!(ids).to_string()))
        .bind(filter.types.map(|types| json!(types).to_string()))
        .bind(filter.delivered)
        .bind(filter.owner)
        .bind(page.limit + 1)
        .bind(filter.lookup_keys.map(|keys| json!(keys).to_string()))
        .fetch_all(&mut *work.connection)
        .await?;
    let mut objects = Vec::with_capacity(rows.len());
    for row in rows {
        objects.push(serde_json::from_str::<Value>(&row.get::<String, _>("body"))?);
    }
    Ok(envelope(objects, page.limit, upwards, address))
}

fn envelope(mut objects: Vec<Value>, limit: i64, upwards: bool, address: &str) -> Value {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    if upwards {
        objects.reverse();
    }
    json!({ "object": "list", "data": objects, "has_more": has_more, "url": address })
}

async fn number_of(
    work: &mut Work<'_>,
    kind: &str,
    id: Option<&str>,
    parameter: &str,
) -> Answer<Option<i64>> {
    let Some(id) = id else { return Ok(None) };
    let number = sqlx::query_scalar("select number from objects where id = $1 and kind = $2")
        .bind(id)
        .bind(kind)
        .fetch_optional(&mut *work.connection)
        .await?;
    match number {
        Some(number) => Ok(Some(number)),
        None => Err(Failure::no_such_reference(kind, id, parameter)),
    }
}
