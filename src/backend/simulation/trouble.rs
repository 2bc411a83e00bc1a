//! What goes wrong, and when: a list that follows from the seed, each at a number of steps done.

use super::cluster::ClusterError;
use super::{Ground, World};
use crate::backend::chance::Chance;
use crate::ledger::time::{HOUR, MINUTE};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// A node is killed with all it is doing, and another starts in its place.
    KillNode(usize),
    /// The database is stopped at once and started again, under nodes that go on.
    RestartDatabase,
    /// Everything ends at once and starts again.
    PowerCut,
    /// All clocks jump forward, each by a little more or less than the others, in microseconds.
    Forward(i64),
    /// One clock jumps back, in microseconds.
    Back(usize, i64),
    /// Every node sweeps at the same instant.
    Sweep,
}

/// Lets everything go wrong at its time, until all steps are done.
pub async fn run(world: &World, ground: &Ground) -> Result<(), ClusterError> {
    for (at, trouble) in list(world) {
        loop {
            let more = world.progress.notified();
            if world.done() >= at || world.is_over() {
                break;
            }
            more.await;
        }
        if world.is_over() {
            return Ok(());
        }
        tracing::debug!(at, ?trouble, "something goes wrong");
        happen(world, ground, trouble).await?;
    }
    Ok(())
}

fn list(world: &World) -> Vec<(u64, Trouble)> {
    let mut dice = Chance::at(&[world.plan.seed, u64::MAX]);
    let steps = world.plan.clients * world.plan.steps;
    let nodes = world.nodes.count() as u64;
    let one = |dice: &mut Chance| (dice.below(steps), trouble(dice, nodes));
    let mut list: Vec<_> = (0..world.plan.troubles).map(|_| one(&mut dice)).collect();
    list.sort_by_key(|(at, _)| *at);
    list
}

fn trouble(dice: &mut Chance, nodes: u64) -> Trouble {
    let node = dice.below(nodes) as usize;
    match dice.below(100) {
        0..30 => Trouble::KillNode(node),
        30..36 => Trouble::RestartDatabase,
        36..40 => Trouble::PowerCut,
        40..65 => Trouble::Forward((1 + dice.below(240) as i64) * MINUTE),
        65..75 => Trouble::Back(node, (1 + dice.below(30) as i64) * MINUTE),
        _ => Trouble::Sweep,
    }
}

async fn happen(world: &World, ground: &Ground, trouble: Trouble) -> Result<(), ClusterError> {
    let nodes = &world.nodes;
    match trouble {
        Trouble::KillNode(at) => nodes.kill(at).await,
        Trouble::RestartDatabase => {
            ground.restart().await?;
            if matches!(ground, Ground::Sqlite { .. }) {
                nodes.kill_all();
                nodes.open_all().await;
            }
        }
        Trouble::PowerCut => {
            nodes.kill_all();
            ground.restart().await?;
            nodes.open_all().await;
        }
        Trouble::Forward(by) => forward(world, by),
        Trouble::Back(at, by) => nodes.clock(at).advance(-by),
        Trouble::Sweep => sweep(world).await,
    }
    Ok(())
}

/// From the latest clock on, so that no node stays behind for ever.
fn forward(world: &World, by: i64) {
    let clocks = 0..world.nodes.count();
    let latest = clocks.clone().map(|at| world.nodes.now(at)).max().unwrap_or_default();
    for at in clocks {
        let skew = (at as i64) * MINUTE * (by % 3 - 1);
        world.nodes.clock(at).set(latest.plus(by.max(HOUR / 4) + skew).micros());
    }
}

async fn sweep(world: &World) {
    let mut sweeps = tokio::task::JoinSet::new();
    for at in 0..world.nodes.count() {
        if let Some(engine) = world.nodes.engine(at) {
            let now = world.nodes.now(at);
            sweeps.spawn(async move { engine.step_due(now).await });
        }
    }
    // A sweep that fails is done again by the next one.
    let _done = sweeps.join_all().await;
}
