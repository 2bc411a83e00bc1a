//! The store keeps what it is given, on either database, and both have the same tables.

mod people;
mod schema;
