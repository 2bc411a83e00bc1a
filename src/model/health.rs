//! *Health* of the installation, for those who run it.

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::model::staff::WebhookHealth;
use crate::model::staff_console::HealthNote;

/// The whole page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthPage {
    /// What somebody should look into; empty where all is well.
    pub notes: Vec<HealthNote>,
    pub jobs: Vec<JobLine>,
    pub webhooks: WebhookHealth,
    /// What waits to be done, with how many of it.
    pub backlog: Vec<(String, u64)>,
    /// The ledger's engine on this node since it was started, in words.
    pub engine: Vec<(String, String)>,
    /// The database, the payment provider and the catalogue in force, in words.
    pub installation: Vec<(String, String)>,
}

/// One job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobLine {
    pub job: String,
    pub ran: Option<Moment>,
    pub worked: Option<Moment>,
    pub failed: Option<Moment>,
    pub problem: Option<String>,
    /// "Runs", "Fails" or "Silent".
    pub state: String,
    pub is_bad: bool,
}
