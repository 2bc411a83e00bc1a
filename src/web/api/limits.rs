//! How often a key may call. Each key has a bucket that fills steadily; an answer says how full it is, in
//! the headers `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds until it is full).
//! Buckets are this node's own: several nodes together let through that much more.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response};
use axum::middleware::Next;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::Api;
use crate::backend::access::api_keys::Program;
use crate::backend::clock::Clock;
use crate::ledger::ApiKeyId;
use crate::model::Problem;
use crate::web::security::problem_response;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
/// How many seconds' worth of calls may come at once.
const BURST_SECONDS: u32 = 2;
/// Buckets that are full again are dropped every so many calls.
const TIDY_EVERY: u32 = 10_000;

/// The program's own clock as the limiter reads it.
struct Hands(Clock);

impl governor::clock::Clock for Hands {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now_microseconds().unsigned_abs())
    }
}

type Buckets =
    RateLimiter<ApiKeyId, HashMapStateStore<ApiKeyId>, Hands, StateInformationMiddleware>;

/// Every key's bucket.
pub struct Limits {
    buckets: Buckets,
    per_second: NonZeroU32,
    burst: u32,
    calls: AtomicU32,
}

/// What is left in a bucket, or how long to wait for it.
struct Level {
    remaining: u32,
    wait: Option<Duration>,
}

impl Limits {
    /// `per_second` calls a key, twice as many at once.
    pub fn new(per_second: NonZeroU32, clock: Clock) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let buckets = RateLimiter::hashmap_with_clock(quota, Hands(clock))
            .with_middleware::<StateInformationMiddleware>();
        Limits { buckets, per_second, burst: burst.get(), calls: AtomicU32::new(0) }
    }

    fn take(&self, key: &ApiKeyId) -> Level {
        if self.calls.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.buckets.retain_recent();
        }
        match self.buckets.check_key(key) {
            Ok(state) => Level { remaining: state.remaining_burst_capacity(), wait: None },
            Err(not_until) => {
                let now = governor::clock::Clock::now(self.buckets.clock());
                Level { remaining: 0, wait: Some(not_until.wait_time_from(now)) }
            }
        }
    }
}

/// Middleware behind `identify_program`: one call of the key's bucket, or 429 with the wait.
pub async fn limit(State(api): State<Api>, request: Request, next: Next) -> Response<Body> {
    let Some(key) = request.extensions().get::<Program>().map(|program| program.key.clone()) else {
        return next.run(request).await;
    };
    let level = api.limits.take(&key);
    let mut response = match level.wait {
        None => next.run(request).await,
        Some(wait) => {
            let seconds = wait.as_secs_f64().ceil().max(1.0);
            let detail = format!("This key may call {} times a second.", api.limits.per_second);
            problem_response(&Problem::too_many(detail, seconds as u64))
        }
    };
    let missing = api.limits.burst.saturating_sub(level.remaining);
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(api.limits.burst));
    headers.insert(REMAINING, HeaderValue::from(level.remaining));
    headers.insert(RESET, HeaderValue::from(missing.div_ceil(api.limits.per_second.get())));
    response
}
