//! What can go wrong between the program and its database.

/// A failure of the store. "Not there" is no failure: such functions return an `Option`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be reached or refused the statement.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// A row is there but is not what the program ever writes; cure: `scrip verify`, then a backup.
    #[error("row {row} of table {table} does not parse: {problem}")]
    Corrupt {
        /// The table that holds the row.
        table: &'static str,
        /// Its key, as far as it could be read.
        row: String,
        /// What was expected.
        problem: String,
    },
    /// Something with this unique name, address or key is already there.
    #[error("{what} is already taken")]
    Conflict {
        /// The table or figure that must be unique.
        what: &'static str,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::Database(error)
    }
}

impl StoreError {
    /// A row that does not parse into its type.
    pub fn corrupt(table: &'static str, row: impl ToString, problem: impl ToString) -> Self {
        StoreError::Corrupt { table, row: row.to_string(), problem: problem.to_string() }
    }
}

/// Turns a broken unique constraint into [`StoreError::Conflict`]; other failures stay what they are.
pub fn or_conflict<T>(result: Result<T, sqlx::Error>, what: &'static str) -> Result<T, StoreError> {
    result.map_err(|error| match &error {
        sqlx::Error::Database(inner) if inner.is_unique_violation() => {
            StoreError::Conflict { what }
        }
        _ => StoreError::Database(error),
    })
}
