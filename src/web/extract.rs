//! The only reader of credentials: the session's cookie becomes a [`CurrentCaller`], an API key becomes a
//! [`Program`], the connection (or a trusted proxy's word) becomes a [`ClientAddress`]. All go into the
//! request's extensions, where pages, server functions and handlers find them.
//!
//! Place [`identify`] inside the session layer. What comes for the program's own files needs no
//! identity: keep it off those routes.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::middleware::Next;
use tower_sessions::Session;

use crate::backend::access::api_keys::{ApiSecret, Program};
use crate::backend::access::{Access, AccessError, Caller, ClientAddress, CurrentCaller};
use crate::backend::state::Backend;
use crate::model::{Problem, api_errors};
use crate::web::security::problem_response;

/// The header in which proxies write the chain of addresses, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// What the middleware needs to say who asks.
#[derive(Clone, Debug)]
pub struct Identify {
    /// Identity on the database.
    pub access: Access,
    /// Whose word about addresses is taken.
    pub proxies: TrustedProxies,
}

/// Who asks, as [`identify`] found them; `None` for a visitor who is not signed in.
pub fn caller_of(parts: &Parts) -> Option<&Caller> {
    parts.extensions.get::<CurrentCaller>()?.0.as_ref()
}

/// Where the request comes from, as [`identify`] found it.
pub fn address_of(parts: &Parts) -> ClientAddress {
    let here = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
    parts.extensions.get::<ClientAddress>().copied().unwrap_or(here)
}

/// The caller as an argument of a handler; `None` for a visitor who is not signed in.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Option<Caller>);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(SignedIn(caller_of(parts).cloned()))
    }
}

/// Middleware: resolves caller and address. When the database does not answer the request ends here
/// with 500: a person who is signed in is never shown as a stranger. As state it takes whatever gives an
/// `Arc<Identify>` (`FromRef`).
pub async fn identify(
    State(identify): State<Arc<Identify>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let address = client_address(&request, &identify.proxies);
    let session = request.extensions().get::<Session>().cloned();
    let caller = match current_caller(&identify.access, session).await {
        Ok(caller) => caller,
        Err(error) => return problem_response(&Problem::from(error)),
    };
    request.extensions_mut().insert(ClientAddress(address));
    request.extensions_mut().insert(caller);
    next.run(request).await
}

async fn current_caller(
    access: &Access,
    session: Option<Session>,
) -> Result<CurrentCaller, AccessError> {
    match session {
        Some(session) => Ok(CurrentCaller(access.resolve(&session).await?)),
        None => Ok(CurrentCaller(None)),
    }
}

/// Middleware for programs: the API key in `Authorization: Bearer` becomes a [`Program`] and its
/// [`ApiSecret`], for what stays open for long. Whoever has none that works gets 401 that says why.
pub async fn identify_program(
    State(backend): State<Backend>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    match program_of(&backend, request.headers()).await {
        Ok((program, secret)) => {
            request.extensions_mut().insert(program);
            request.extensions_mut().insert(secret);
            next.run(request).await
        }
        Err(problem) => {
            let mut answer = problem_response(&problem);
            if problem.status == 401 {
                let scheme = HeaderValue::from_static("Bearer realm=\"scrip\"");
                answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            }
            answer
        }
    }
}

async fn program_of(
    backend: &Backend,
    headers: &HeaderMap,
) -> Result<(Program, ApiSecret), Problem> {
    let text = bearer(headers).ok_or_else(|| {
        api_errors::KEY_MISSING
            .problem("The request carries no API key.")
            .with_cure("Send the header Authorization: Bearer with the key's secret.")
    })?;
    let secret = ApiSecret::received(text).map_err(|malformed| {
        api_errors::KEY_MALFORMED
            .problem(format!("This is no whole key: {malformed}."))
            .with_cure("Copy the secret again, all of it.")
    })?;
    let program = backend.access.program(&secret, backend.now()).await?;
    Ok((program, secret))
}

/// What stands behind `Bearer`, if that is how the request proves itself.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn client_address(request: &Request, proxies: &TrustedProxies) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    // Without a connection (a test that calls the router) the request comes from here.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    proxies.client(peer, request.headers())
}

/// Networks of the proxies whose forwarded header is believed; none by default.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<Network>);

/// An address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is not a list of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a network: write 10.0.0.5, 10.0.0.0/8 or fd00::/8, separated by commas")]
pub struct NetworkError(String);

impl TrustedProxies {
    /// The client's address: walks the forwarded chain from its near end, past every trusted proxy, to
    /// the first address that is not one. What a stranger wrote further away is never reached.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
        let texts = lines.iter().rev().filter_map(|line| line.to_str().ok());
        for text in texts.flat_map(|line| line.rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl FromStr for TrustedProxies {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Network::parse).collect::<Result<Vec<_>, _>>().map(TrustedProxies)
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Network { address, bits }) }
    }

    fn contains(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits);
                let prefix = |address| u32::from(address).checked_shr(shift);
                prefix(own) == prefix(other)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                let prefix = |address| u128::from(address).checked_shr(shift);
                prefix(own) == prefix(other)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let proxies: TrustedProxies = trusted.parse().unwrap();
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_strangers_forwarded_header_is_ignored() {
        assert_eq!(client("", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxys_word_is_taken_and_what_lies_behind_it_is_not() {
        let chain = ["1.2.3.4, 198.51.100.1"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &chain), "198.51.100.1");
    }

    #[test]
    fn a_chain_of_trusted_proxies_is_walked_to_its_end_over_several_lines() {
        let chain = ["198.51.100.1", "10.9.9.9"];
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &chain), "198.51.100.1");
    }

    #[test]
    fn nonsense_in_the_chain_ends_the_walk() {
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["unknown"]), "10.1.2.3");
    }

    #[test]
    fn networks_are_read_in_both_families_and_mapped_addresses_are_themselves() {
        assert_eq!(client("fd00::/8", "fd12::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("127.0.0.1", "::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("0.0.0.0/0", "10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        for text in ["10.0.0.0/33", "10.0.0", "x/8", "fd00::/129"] {
            assert!(text.parse::<TrustedProxies>().is_err(), "{text}");
        }
    }
}
