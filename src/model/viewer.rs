//! The signed-in person as the pages know them.

use serde::{Deserialize, Serialize};

use crate::model::permission::{Action, Role, may};

/// Who looks at a page. Made by the server for each request; never trusted when it comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The user's id.
    pub user: String,
    /// The name to greet them by.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// Whether they are of those who run the installation.
    pub staff: bool,
    /// The organisation's id.
    pub organisation: String,
    /// The organisation's name.
    pub organisation_name: String,
    /// Their role in it.
    pub role: Role,
    /// Their department's id, when they are in one.
    pub department: Option<String>,
    /// Their department's name, when they are in one.
    pub department_name: Option<String>,
    /// Whether this installation shows the ready-made demo organisation.
    pub demo: bool,
}

impl Viewer {
    /// Whether the table lets them do `action`.
    pub fn may(&self, action: Action) -> bool {
        may(self.role, action)
    }
}
