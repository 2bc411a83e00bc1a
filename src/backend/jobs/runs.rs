//! How the jobs of this program fare: noted in memory at every step, and written down from time to time, so
//! that a job that looks for work every two seconds does not write every two seconds.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use crate::backend::step::Step;
use crate::backend::store::job_run::{self, JobRun};
use crate::backend::store::{Db, StoreError};
use crate::ledger::Timestamp;

/// The longest problem that is kept, in characters.
const LONGEST_PROBLEM: usize = 300;

/// What a job did since it was written down last.
#[derive(Clone, Debug, Default)]
struct Noted {
    ran: bool,
    worked: bool,
    problem: Option<String>,
}

static NOTED: Mutex<BTreeMap<String, Noted>> = Mutex::new(BTreeMap::new());

/// Notes what a step came to.
pub fn note<Failure: Display>(job: &str, outcome: &Result<Step, Failure>) {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = noted.entry(job.to_owned()).or_default();
    match outcome {
        Ok(step) => {
            entry.ran = true;
            entry.worked |= *step == Step::Done;
        }
        Err(problem) => {
            entry.problem = Some(problem.to_string().chars().take(LONGEST_PROBLEM).collect());
        }
    }
}

/// Writes down what was noted since the last time.
///
/// # Errors
/// The database failed; what was noted is noted again by the jobs' next steps.
pub async fn write(db: &Db, now: Timestamp) -> Result<Step, StoreError> {
    let noted = std::mem::take(&mut *NOTED.lock().unwrap_or_else(PoisonError::into_inner));
    let run = |(job, noted): (String, Noted)| JobRun {
        job,
        ran_at: noted.ran.then_some(now),
        worked_at: noted.worked.then_some(now),
        failed_at: noted.problem.is_some().then_some(now),
        problem: noted.problem,
    };
    // In the order of their names, so that no two nodes wait for each other.
    let runs: Vec<JobRun> = noted.into_iter().map(run).collect();
    job_run::note(db, &runs).await?;
    Ok(Step::Idle)
}
