//! The API's reference and guides as pages show them: what its OpenAPI file says, in words.

use serde::{Deserialize, Serialize};

/// What the guides name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuideView {
    /// The API's address: `https://…/v1`.
    pub base: String,
    /// Whether no money moves here, so that keys are test keys.
    pub is_test: bool,
    /// The reader's own id.
    pub member: String,
    /// The id of the reader's department, if they have one.
    pub department: Option<String>,
    /// An operation that is charged here.
    pub operation: String,
}

/// The whole reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceView {
    /// The API's address.
    pub base: String,
    /// The nouns in their order, each with its routes.
    pub groups: Vec<ReferenceGroup>,
}

/// The routes of one noun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceGroup {
    /// "Holds".
    pub name: String,
    /// What it is.
    pub description: String,
    pub routes: Vec<ReferenceRoute>,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceRoute {
    /// What its heading is reached by: `post-holds`.
    pub anchor: String,
    /// `POST`.
    pub method: String,
    /// `/v1/holds/{id}/settle`.
    pub path: String,
    pub summary: String,
    pub description: String,
    /// The scope that it needs; none where no key is needed.
    pub scope: Option<String>,
    /// Headers, parts of the path and of the query.
    pub parameters: Vec<ReferenceField>,
    /// The fields of the body.
    pub body: Vec<ReferenceField>,
    /// What it answers, by status.
    pub answers: Vec<ReferenceAnswer>,
    /// How to call it from a terminal.
    pub example: String,
}

/// One field or parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceField {
    pub name: String,
    /// "header", "path", "query", or the type of a field.
    pub place: String,
    pub kind: String,
    pub required: bool,
    pub description: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceAnswer {
    pub status: String,
    pub description: String,
    /// The fields of its body.
    pub fields: Vec<ReferenceField>,
}
