//! A fixed set of seeds of the simulator, each on both databases. More of them: `scrip simulate`.

use scrip::backend::simulation::{Ground, Plan, Tally, run};

/// Small enough for every run of the tests.
const CLIENTS: u64 = 24;
const STEPS: u64 = 20;
const SEEDS: [u64; 3] = [1, 2, 3];

async fn every_seed(ground: Ground, troubles: u64) {
    for seed in SEEDS {
        let plan = Plan { seed, clients: CLIENTS, steps: STEPS, troubles };
        let outcome = run(plan, &ground, |_| {}).await;
        let tally = outcome.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        let Tally { acknowledged, replayed, refused, conflicts, booked, .. } = tally;
        assert!(booked > 100 && acknowledged > 150, "seed {seed}: {tally:?}");
        assert!(replayed > 0 && refused > 0 && conflicts > 0, "seed {seed}: {tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_could_be_on_sqlite() {
    every_seed(Ground::sqlite(&std::env::temp_dir()).unwrap(), 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_could_be_on_postgres() {
    every_seed(Ground::postgres(&std::env::temp_dir()).await.unwrap(), 10).await;
}
