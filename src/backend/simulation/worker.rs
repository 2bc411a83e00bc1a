//! A process that makes holds as fast as it can and writes down what was acknowledged, one line each,
//! before anything else happens. Whoever kills it can then see that nothing of that is lost.

use crate::backend::engine::{Engine, SubmitError};
use crate::ledger::time::DAY;
use crate::ledger::{
    Actor, Attribution, Command, Credits, HoldId, IdempotencyKey, MakeHold, Order, OrganisationId,
    OverSettle, Timestamp, Transaction,
};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a client waits before it sends an order again.
const PAUSE: Duration = Duration::from_millis(20);

/// What a worker is to do.
#[derive(Clone, Debug)]
pub struct Work {
    /// Whose credits it holds.
    pub organisation: OrganisationId,
    /// Part of every key and every hold, so that two workers never make the same.
    pub name: String,
    /// Holds that are asked for at the same time.
    pub clients: u64,
    /// Holds that each client makes, unless the credits are used up before.
    pub holds: u64,
}

/// What was acknowledged, one transaction a line.
pub type Acknowledgements = Arc<Mutex<dyn Write + Send>>;

/// Makes holds of one credit each, every one of them until it is answered.
///
/// # Errors
/// An acknowledgement could not be written down, or an answer was no answer to a hold.
pub async fn work(
    engine: &Engine,
    work: &Work,
    now: Timestamp,
    acknowledgements: Acknowledgements,
) -> Result<(), String> {
    let mut clients = JoinSet::new();
    for client in 0..work.clients {
        let (engine, work) = (engine.clone(), work.clone());
        let acknowledgements = acknowledgements.clone();
        clients.spawn(async move {
            for number in 0..work.holds {
                let order = hold(&work, client, number, now)?;
                match insist(&engine, &work.organisation, &order).await? {
                    Some(transaction) => write_down(&acknowledgements, &transaction)?,
                    None => return Ok(()),
                }
            }
            Ok(())
        });
    }
    clients.join_all().await.into_iter().collect()
}

fn hold(work: &Work, client: u64, number: u64, now: Timestamp) -> Result<Order, String> {
    let name = format!("{}_{client}_{number}", work.name);
    let wrong = |error: &dyn std::fmt::Display| format!("the name {}: {error}", work.name);
    Ok(Order {
        key: IdempotencyKey::parse(&format!("worker:{name}")).map_err(|error| wrong(&error))?,
        actor: Actor::System,
        occurred_at: now,
        command: Command::Hold(MakeHold {
            hold: HoldId::parse(&format!("hold_{name}")).map_err(|error| wrong(&error))?,
            amount: Credits::from_whole(1).unwrap_or(Credits::ZERO),
            deadline: now.plus(DAY),
            over_settle: OverSettle::Refuse,
            attribution: Attribution::default(),
        }),
    })
}

/// Sends until it is answered: the transaction, or nothing where the credits are used up.
async fn insist(
    engine: &Engine,
    organisation: &OrganisationId,
    order: &Order,
) -> Result<Option<Transaction>, String> {
    loop {
        match engine.submit(organisation, order.clone()).await {
            Ok(receipt) => return Ok(Some(receipt.transaction)),
            Err(SubmitError::Refused(_)) => return Ok(None),
            Err(SubmitError::Busy { .. } | SubmitError::Unavailable { .. }) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// The line is with the operating system before this returns, so that only its end could lose it.
fn write_down(acknowledgements: &Acknowledgements, line: &Transaction) -> Result<(), String> {
    let mut line = serde_json::to_vec(line).map_err(|error| error.to_string())?;
    line.push(b'\n');
    let mut file = acknowledgements.lock().unwrap_or_else(PoisonError::into_inner);
    file.write_all(&line)
        .and_then(|()| file.flush())
        .map_err(|error| format!("an acknowledgement: {error}"))
}
