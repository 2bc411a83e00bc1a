//! Idempotency keys: the first answer is kept and replayed, other parameters are refused, a request
//! that is still running is a conflict. Refused requests are not kept, so they may be mended.

use axum::http::StatusCode;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::failure::{Answer, Failure};
use super::work::Work;
use super::{Sandbox, signature};

/// The longest key, as Stripe has it.
const KEY_CHARACTERS: usize = 255;
/// How long an answer can be replayed, in seconds.
const KEPT_FOR: i64 = 24 * 3600;

/// Holds a key while its first request runs.
pub(crate) struct KeyGuard {
    sandbox: Sandbox,
    key: String,
}

impl KeyGuard {
    /// Takes the key, unless another request is holding it.
    pub fn take(sandbox: &Sandbox, key: &str) -> Answer<KeyGuard> {
        if key.is_empty() || key.chars().count() > KEY_CHARACTERS {
            let message = format!("Idempotency keys have 1 to {KEY_CHARACTERS} characters.");
            return Err(Failure::invalid("", message));
        }
        let mut held = sandbox.0.keys_in_use.lock().unwrap_or_else(|broken| broken.into_inner());
        if !held.insert(key.to_owned()) {
            return Err(Failure::key_in_use(key));
        }
        Ok(KeyGuard { sandbox: sandbox.clone(), key: key.to_owned() })
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        let held = &self.sandbox.0.keys_in_use;
        held.lock().unwrap_or_else(|broken| broken.into_inner()).remove(&self.key);
    }
}

/// What makes two requests the same.
pub(crate) fn fingerprint(method: &str, path: &str, body: &[u8]) -> String {
    let mut fields: Vec<_> = form_urlencoded::parse(body).collect();
    fields.sort();
    let mut hash = Sha256::new();
    hash.update(format!("{method} {path}\n"));
    for (name, value) in fields {
        hash.update(signature::keyed_hash(&name, value.as_bytes()));
    }
    hex::encode(hash.finalize())
}

/// An answer that was given before.
pub(crate) struct Kept {
    pub status: StatusCode,
    pub body: Value,
    /// The id of the request that it answered.
    pub request: String,
}

/// The answer kept under a key, refusing a key that stands for another request.
pub(crate) async fn find(
    work: &mut Work<'_>,
    key: &str,
    fingerprint: &str,
) -> Answer<Option<Kept>> {
    const FIND: &str = "select fingerprint, status, body, request from idempotency_keys \
                        where key = $1 and created > $2";
    let row = sqlx::query(FIND)
        .bind(key)
        .bind(work.now_seconds() - KEPT_FOR)
        .fetch_optional(&mut *work.connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<String, _>("fingerprint") != fingerprint {
        return Err(Failure::key_reused(key));
    }
    let status = u16::try_from(row.get::<i64, _>("status")).unwrap_or(200);
    Ok(Some(Kept {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
        body: serde_json::from_str(&row.get::<String, _>("body"))?,
        request: row.get("request"),
    }))
}

/// Keeps an answer and forgets those that are too old.
pub(crate) async fn keep(
    work: &mut Work<'_>,
    key: &str,
    fingerprint: &str,
    status: StatusCode,
    body: &Value,
) -> Answer<()> {
    const KEEP: &str = "insert or replace into idempotency_keys \
                        (key, fingerprint, request, created, status, body) \
                        values ($1, $2, $3, $4, $5, $6)";
    sqlx::query("delete from idempotency_keys where created <= $1")
        .bind(work.now_seconds() - KEPT_FOR)
        .execute(&mut *work.connection)
        .await?;
    sqlx::query(KEEP)
        .bind(key)
        .bind(fingerprint)
        .bind(work.cause.request.clone().unwrap_or_default())
        .bind(work.now_seconds())
        .bind(i64::from(status.as_u16()))
        .bind(serde_json::to_string(body)?)
        .execute(&mut *work.connection)
        .await?;
    Ok(())
}
