//! One file a page. Each asks one server function for its view and prints it; nothing is decided here.

pub mod problem;
