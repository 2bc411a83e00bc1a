//! The program that calls, as an argument of a handler that says what it must be allowed.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::answer::Refused;
use crate::backend::access::api_keys::Program;
use crate::model::api_errors;
use crate::model::api_keys::Scope;

/// A scope as a type.
pub trait Needs: Send + Sync {
    /// The scope.
    const SCOPE: Scope;
}

/// [`Scope::Read`] as a type.
pub struct Read;
/// [`Scope::Spend`] as a type.
pub struct Spend;
/// [`Scope::Reverse`] as a type.
pub struct Reverse;
/// [`Scope::Grant`] as a type.
pub struct Grant;

impl Needs for Read {
    const SCOPE: Scope = Scope::Read;
}
impl Needs for Spend {
    const SCOPE: Scope = Scope::Spend;
}
impl Needs for Reverse {
    const SCOPE: Scope = Scope::Reverse;
}
impl Needs for Grant {
    const SCOPE: Scope = Scope::Grant;
}

/// A program whose key has the scope; 403 for every other.
pub struct Keyed<Wanted> {
    /// The program.
    pub program: Program,
    scope: PhantomData<Wanted>,
}

impl<Wanted: Needs, State: Sync> FromRequestParts<State> for Keyed<Wanted> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _state: &State) -> Result<Self, Refused> {
        let program = parts.extensions.get::<Program>().cloned();
        let program = program
            .ok_or_else(|| api_errors::KEY_MISSING.problem("The request carries no API key."))?;
        let scope = Wanted::SCOPE;
        if !program.scopes.contains(scope) {
            let detail =
                format!("This key may not {}: it lacks the scope {scope}.", scope.description());
            let problem = api_errors::SCOPE_MISSING.problem(detail).with_number("scope", scope);
            return Err(problem
                .with_cure("Make a key that has it, on the page Developers.")
                .into());
        }
        Ok(Keyed { program, scope: PhantomData })
    }
}
