//! Load: a number of clients, each sending its next request when the last one is answered.

use hdrhistogram::Histogram;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Why a measurement was given up: a request that failed is never counted as an answer.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The longest latency that is told apart from longer ones, in microseconds.
const LONGEST_MICROS: u64 = 120_000_000;
/// Part of the measured time that the same load runs before, uncounted.
const WARM_UP: f64 = 0.2;

/// One client. It has at most one request under way.
pub trait Client: Send + 'static {
    /// Sends a request, waits for the whole answer and tells the latency that counts.
    fn call(&mut self) -> impl Future<Output = Result<Duration, Failure>> + Send;
}

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Answers a second.
    pub per_second: f64,
    /// Half of the answers took no longer, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 answers took no longer, in milliseconds.
    pub p99_ms: f64,
    /// Answers in all, those of the warm-up among them.
    pub answers: u64,
}

/// Runs all clients for `time` and counts what was answered in it.
///
/// # Errors
/// The first request that failed.
pub async fn drive<C: Client>(
    clients: impl IntoIterator<Item = C>,
    time: Duration,
) -> Result<Measured, Failure> {
    let from = Instant::now() + time.mul_f64(WARM_UP);
    let until = from + time;
    let mut running = JoinSet::new();
    for client in clients {
        running.spawn(one_client(client, from, until));
    }
    let mut histogram = Histogram::<u64>::new_with_max(LONGEST_MICROS, 3)?;
    let mut answers = 0;
    while let Some(ended) = running.join_next().await {
        let (count, latencies) = ended??;
        answers += count;
        for latency in latencies {
            histogram.saturating_record(u64::try_from(latency.as_micros())?);
        }
    }
    let milliseconds = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    Ok(Measured {
        per_second: histogram.len() as f64 / time.as_secs_f64(),
        p50_ms: milliseconds(0.5),
        p99_ms: milliseconds(0.99),
        answers,
    })
}

async fn one_client<C: Client>(
    mut client: C,
    from: Instant,
    until: Instant,
) -> Result<(u64, Vec<Duration>), Failure> {
    let (mut answers, mut latencies) = (0, Vec::new());
    while Instant::now() < until {
        let latency = client.call().await?;
        answers += 1;
        if (from..until).contains(&Instant::now()) {
            latencies.push(latency);
        }
    }
    Ok((answers, latencies))
}
