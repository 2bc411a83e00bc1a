//! What a page knows of the request it answers, apart from the address.

use serde::{Deserialize, Serialize};

use crate::model::Problem;

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// The value of the cookie and of the page's `data-theme`; none for the system's own.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    /// Reads the cookie's value; anything else is the system's own.
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }
}

/// A form that was sent and refused: shown again on its page with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormReply {
    /// The server function that refused, such as `buy_pack`.
    pub function: String,
    /// Why.
    pub problem: Problem,
    /// What was typed, by field; never passwords or files.
    pub values: Vec<(String, String)>,
}

impl FormReply {
    /// What was typed into `field`.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

/// The request as pages see it; given as context to every render.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// Path and query asked for, such as `/reports?sort=credits`.
    pub path: String,
    /// The look chosen in the menu.
    pub theme: Theme,
    /// The form that was refused just now, when this page answers one.
    pub reply: Option<FormReply>,
    /// The problem that this page is to show instead of itself.
    pub problem: Option<Problem>,
}
