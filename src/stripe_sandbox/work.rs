//! One unit of work: a write transaction, the instant it happens at, and the objects it touches.
//!
//! Every noun reads and writes through here, so an object, the events about it and their deliveries
//! are either all there or none of them.

use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::SandboxConfig;
use super::failure::{Answer, Failure};

/// Which request caused the work; events carry it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    pub request: Option<String>,
    pub idempotency_key: Option<String>,
}

pub(crate) struct Work<'a> {
    pub connection: &'a mut SqliteConnection,
    /// The machine's time in milliseconds since the Unix epoch, as callers know it: events,
    /// deliveries, checkout sessions and idempotency keys live by it.
    pub now: i64,
    /// The test clock's time in the same unit: periods, invoices and everything due live by it.
    /// While something overdue is done, the instant it was due.
    pub moment: i64,
    pub config: &'a SandboxConfig,
    pub cause: Cause,
}

impl Work<'_> {
    /// The instant in Stripe's unit, seconds.
    pub fn now_seconds(&self) -> i64 {
        self.now.div_euclid(1000)
    }

    /// The test clock's instant in Stripe's unit, seconds.
    pub fn today(&self) -> i64 {
        self.moment.div_euclid(1000)
    }

    /// Adds a new object.
    pub async fn insert(&mut self, object: &Value) -> Answer<()> {
        self.insert_with(object, None, None).await
    }

    /// Adds a new object that belongs to another or on which the sandbox must act by itself later.
    pub async fn insert_with(
        &mut self,
        object: &Value,
        owner: Option<&str>,
        due_at: Option<i64>,
    ) -> Answer<()> {
        const INSERT: &str = "insert into objects (id, kind, owner, created, due_at, body) \
                              values ($1, $2, $3, $4, $5, $6)";
        sqlx::query(INSERT)
            .bind(text(object, "id"))
            .bind(text(object, "object"))
            .bind(owner)
            .bind(object["created"].as_i64().unwrap_or_else(|| self.now_seconds()))
            .bind(due_at)
            .bind(serde_json::to_string(object)?)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    /// Writes an object that is there already; when the sandbox acts on it stays as it was.
    pub async fn update(&mut self, object: &Value) -> Answer<()> {
        sqlx::query("update objects set body = $2 where id = $1")
            .bind(text(object, "id"))
            .bind(serde_json::to_string(object)?)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    /// Writes an object that is there already, with the next instant the sandbox must act on it.
    pub async fn replace(&mut self, object: &Value, due_at: Option<i64>) -> Answer<()> {
        sqlx::query("update objects set body = $2, due_at = $3 where id = $1")
            .bind(text(object, "id"))
            .bind(serde_json::to_string(object)?)
            .bind(due_at)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    /// An object of any kind by its id.
    pub async fn find_any(&mut self, id: &str) -> Answer<Option<Value>> {
        let body: Option<String> = sqlx::query_scalar("select body from objects where id = $1")
            .bind(id)
            .fetch_optional(&mut *self.connection)
            .await?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    /// An object of one kind by its id.
    pub async fn find(&mut self, kind: &str, id: &str) -> Answer<Option<Value>> {
        Ok(self.find_any(id).await?.filter(|object| text(object, "object") == kind))
    }

    /// The object that the request's address names.
    pub async fn named(&mut self, kind: &str, id: &str) -> Answer {
        self.find(kind, id).await?.ok_or_else(|| Failure::no_such(spoken(kind), id))
    }

    /// The object that one of the request's parameters names.
    pub async fn referred(&mut self, kind: &str, id: &str, parameter: &str) -> Answer {
        let found = self.find(kind, id).await?;
        let there = found.filter(|object| object["deleted"] != json!(true));
        there.ok_or_else(|| Failure::no_such_reference(spoken(kind), id, parameter))
    }

    /// Makes an object belong to another, or to none.
    pub async fn give(&mut self, id: &str, owner: Option<&str>) -> Answer<()> {
        sqlx::query("update objects set owner = $2 where id = $1")
            .bind(id)
            .bind(owner)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    /// Takes an object away altogether.
    pub async fn remove(&mut self, id: &str) -> Answer<()> {
        sqlx::query("delete from objects where id = $1")
            .bind(id)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    /// A customer's objects of one kind, the newest first.
    pub async fn of_customer(&mut self, kind: &str, customer: &str) -> Answer<Vec<Value>> {
        const OF_CUSTOMER: &str = "select body from objects where kind = $1 \
                                   and json_extract(body, '$.customer') = $2 order by number desc";
        sqlx::query(OF_CUSTOMER)
            .bind(kind)
            .bind(customer)
            .fetch_all(&mut *self.connection)
            .await?
            .into_iter()
            .map(|row| Ok(serde_json::from_str(&row.get::<String, _>("body"))?))
            .collect()
    }

    /// What of one kind belongs to an object, in the order it was made.
    pub async fn owned(&mut self, kind: &str, owner: &str) -> Answer<Vec<Value>> {
        sqlx::query("select body from objects where owner = $1 and kind = $2 order by number")
            .bind(owner)
            .bind(kind)
            .fetch_all(&mut *self.connection)
            .await?
            .into_iter()
            .map(|row| Ok(serde_json::from_str(&row.get::<String, _>("body"))?))
            .collect()
    }

    /// The object that another belongs to.
    pub async fn owner_of(&mut self, id: &str) -> Answer<Option<Value>> {
        const OWNER: &str = "select owners.body from objects join objects owners \
                             on owners.id = objects.owner where objects.id = $1";
        let body: Option<String> =
            sqlx::query_scalar(OWNER).bind(id).fetch_optional(&mut *self.connection).await?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    /// When the sandbox must act on an object, in milliseconds of the test clock.
    pub async fn due_of(&mut self, id: &str) -> Answer<Option<i64>> {
        let due: Option<Option<i64>> =
            sqlx::query_scalar("select due_at from objects where id = $1")
                .bind(id)
                .fetch_optional(&mut *self.connection)
                .await?;
        Ok(due.flatten())
    }

    /// The most overdue object of all, with the instant it was due.
    pub async fn most_overdue(&mut self) -> Answer<Option<(Value, i64)>> {
        const DUE: &str = "select body, due_at from objects where due_at <= $1 \
                           order by due_at, number limit 1";
        let row = sqlx::query(DUE).bind(self.moment).fetch_optional(&mut *self.connection).await?;
        let Some(row) = row else { return Ok(None) };
        let object = serde_json::from_str(&row.get::<String, _>("body"))?;
        Ok(Some((object, row.get("due_at"))))
    }

    /// The newest objects of a kind, for pages.
    pub async fn newest(&mut self, kind: &str, limit: i64) -> Answer<Vec<Value>> {
        sqlx::query("select body from objects where kind = $1 order by number desc limit $2")
            .bind(kind)
            .bind(limit)
            .fetch_all(&mut *self.connection)
            .await?
            .into_iter()
            .map(|row| Ok(serde_json::from_str(&row.get::<String, _>("body"))?))
            .collect()
    }
}

/// The text in one of an object's fields, empty when there is none.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// The number in one of an object's fields, 0 when there is none.
pub(crate) fn integer(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_default()
}

/// A kind as Stripe says it in *No such …*.
fn spoken(kind: &str) -> &str {
    match kind {
        "payment_intent" => "payment_intent",
        "setup_intent" => "setupintent",
        "payment_method" => "PaymentMethod",
        "webhook_endpoint" => "webhook endpoint",
        other => other,
    }
}
