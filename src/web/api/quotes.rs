//! `POST /v1/quotes` and `GET /v1/quotes/{id}`: what an operation will cost, binding for a while; and what a
//! hold or a charge takes from a quote that it names.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::Api;
use super::answer::{Answer, Answered, Refused, reused};
use super::body::{Id, Sent};
use super::caller::{Keyed, Read, Spend};
use super::cursor::wrong;
use super::idempotency::{Once, WriteHeaders};
use super::openapi::Errors;
use super::shape::{Amount, Instant};
use crate::backend::access::api_keys::Program;
use crate::backend::quotes::{KeptQuote, kept};
use crate::backend::store::StoreError;
use crate::backend::store::quote;
use crate::catalogue::rate::{InputValue, RateLine};
use crate::catalogue::{AtZero, QuoteRequest, quote_operation};
use crate::ledger::{Actor, IdempotencyKey, Operation, OrganisationId, QuoteId};
use crate::model::Problem;

/// What somebody wants to know the price of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// The operation's code on the rate card.
    #[schema(example = "analysis")]
    operation: String,
    /// Its inputs by name: codes of choices, whole numbers, or decimals as text.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({ "text": 1, "image": 2 }))]
    inputs: BTreeMap<String, InputValue>,
}

/// A price that was told.
#[derive(Serialize, ToSchema)]
pub struct QuoteBody {
    /// Its id: `quo_…`; name it in a hold or a charge.
    id: String,
    /// The operation's code.
    operation: String,
    /// The operation's name, for people.
    name: String,
    /// The least that it may come to.
    least: Amount,
    /// The most that it may come to: what a hold of this quote sets aside.
    most: Amount,
    /// Whether both are the same.
    exact: bool,
    /// What it is made of; together they are the price.
    lines: Vec<QuoteLineBody>,
    /// What happens when more is settled than the most: `refuse`, `absorb` or `draw`.
    over_settle: &'static str,
    /// What happens when credits do not cover it: `refuse` or `park`.
    on_insufficient: &'static str,
    /// The version of the catalogue that priced it.
    catalogue_version: i64,
    /// When it was told.
    created_at: Instant,
    /// Until when a hold may name it.
    expires_at: Instant,
}

/// One part of a price.
#[derive(Serialize, ToSchema)]
pub struct QuoteLineBody {
    /// What is paid for.
    label: String,
    /// How it comes about.
    how: String,
    /// The least it may come to.
    least: Amount,
    /// The most it may come to.
    most: Amount,
}

/// Make a quote
///
/// What an operation will cost with these inputs. The price binds until it expires: a hold that names the
/// quote sets its `most` aside, whatever the catalogue becomes meanwhile.
#[utoipa::path(post, path = "/quotes", tag = "Quotes", params(WriteHeaders), request_body = NewQuote,
    responses((status = 201, body = QuoteBody, description = "The quote"), Errors),
    security(("api_key" = ["spend"])))]
pub async fn make(
    State(api): State<Api>,
    caller: Keyed<Spend>,
    Once(key): Once,
    Sent(new): Sent<NewQuote>,
) -> Answered<QuoteBody> {
    let (program, now) = (&caller.program, api.backend.now());
    let request = QuoteRequest { operation: new.operation, inputs: new.inputs };
    let id = id_of(&program.organisation, &key)?;
    if let Some(first) = api.quoted_before(&program.organisation, &id, &request).await? {
        return Ok(Answer::made(QuoteBody::of(first), true));
    }
    let version = api.backend.catalogues.in_force(now);
    let answer = quote_operation(&version.catalogue, &request);
    let answer = answer.map_err(|refusal| Problem::from(&refusal))?;
    let (of, by) = (&program.organisation, Actor::Key(program.key.clone()));
    let made = kept(of, id, by, &request, answer, version.number, now);
    match quote::insert(&api.backend.db, &made).await {
        Ok(()) => Ok(Answer::made(QuoteBody::of(made), false)),
        // The same request arrived twice at once, and the other one was first.
        Err(StoreError::Conflict { .. }) => {
            let first = api.quoted_before(of, &made.id, &request).await?;
            Ok(Answer::made(QuoteBody::of(first.unwrap_or(made)), true))
        }
        Err(error) => Err(error.into()),
    }
}

/// Read a quote
///
/// As it was told, binding or not.
#[utoipa::path(get, path = "/quotes/{id}", tag = "Quotes",
    params(("id" = String, Path, description = "The quote: `quo_…`")),
    responses((status = 200, body = QuoteBody, description = "The quote"), Errors),
    security(("api_key" = ["read"])))]
pub async fn show(State(api): State<Api>, caller: Keyed<Read>, Id(id): Id) -> Answered<QuoteBody> {
    let id = QuoteId::parse(&id).map_err(|_| Problem::not_found("quote"))?;
    Ok(Answer::ok(QuoteBody::of(api.quote(&caller.program, &id).await?)))
}

impl Api {
    /// The organisation's quote of that id, binding or not.
    ///
    /// # Errors
    /// 404.
    pub async fn quote(&self, program: &Program, id: &QuoteId) -> Result<KeptQuote, Refused> {
        let found = self.backend.find_quote(&program.organisation, id).await?;
        Ok(found.ok_or_else(|| Problem::not_found("quote"))?)
    }

    /// What the same request was told before.
    async fn quoted_before(
        &self,
        organisation: &OrganisationId,
        id: &QuoteId,
        request: &QuoteRequest,
    ) -> Result<Option<KeptQuote>, Refused> {
        match self.backend.find_quote(organisation, id).await? {
            Some(first)
                if first.quote.operation != request.operation || first.inputs != request.inputs =>
            {
                Err(reused().into())
            }
            first => Ok(first),
        }
    }
}

/// The operation that a quote is for, as the ledger names it; refuses a request that names another one.
///
/// # Errors
/// 422.
pub fn operation_of(
    kept: &KeptQuote,
    named: Option<&Operation>,
) -> Result<Option<Operation>, Problem> {
    let quoted = &kept.quote.operation;
    if named.is_some_and(|named| named.as_str() != quoted) {
        return Err(wrong("operation", format!("The quote is for {quoted}: leave it out.")));
    }
    let operation = Operation::parse(quoted);
    operation.map(Some).map_err(|error| wrong("operation", format!("{error}.")))
}

/// Every request has its own id, the same for the same request: so it is told one price.
fn id_of(organisation: &OrganisationId, key: &IdempotencyKey) -> Result<QuoteId, Refused> {
    let digest = Sha256::digest(format!("{organisation}\n{key}").as_bytes());
    let digits = hex::encode(&digest[..16]);
    QuoteId::from_uuid_simple(&digits).map_err(|error| Refused::Broken(error.to_string()))
}

impl QuoteBody {
    fn of(kept: KeptQuote) -> Self {
        let quote = kept.quote;
        QuoteBody {
            id: kept.id.to_string(),
            exact: quote.is_exact(),
            operation: quote.operation,
            name: quote.name,
            least: Amount(quote.least),
            most: Amount(quote.most),
            lines: quote.lines.into_iter().map(QuoteLineBody::of).collect(),
            over_settle: quote.over_settle.code(),
            on_insufficient: match quote.at_zero {
                AtZero::Block => "refuse",
                AtZero::Park => "park",
            },
            catalogue_version: kept.catalogue,
            created_at: Instant(kept.created_at),
            expires_at: Instant(kept.expires_at),
        }
    }
}

impl QuoteLineBody {
    fn of(line: RateLine) -> Self {
        QuoteLineBody {
            label: line.label,
            how: line.how,
            least: Amount(line.least),
            most: Amount(line.most),
        }
    }
}
