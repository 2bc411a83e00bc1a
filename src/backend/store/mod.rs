//! The only SQL: one text for SQLite and PostgreSQL.
//!
//! [`Db`] is a pool on either database; a noun (organisation, department, journal …) is one file with
//! plain `async fn`s that take a `&Db`, written with the [`on!`](crate::on) macro. Texts that really
//! differ are in [`dialect`]. Rows become types in one function for both databases, through
//! [`StoreRow`]; a row that does not parse is [`StoreError::Corrupt`], never "not found".
//!
//! What it never does: decide anything, read a clock, make an id, or use `like` on a person's text.
//! Times are microseconds and come in as arguments; amounts are micro-credits.
//!
//! To add a noun: one migration file in *both* folders (same number, same name), one file here whose
//! statements are `const NAME: &str = "…"` with `$1` placeholders (a test prepares every such constant
//! on both databases), and its story in `tests/scrip/store`.

mod db;
mod dialect;
mod error;
mod row;
mod statement;

pub mod alert;
pub mod alert_rule;
pub mod alert_turn;
pub mod api_key;
pub mod api_report;
pub mod ask;
pub mod auto_top_up;
pub mod billing_customer;
pub mod billing_details;
pub mod billing_document;
pub mod budget;
pub mod campaign;
pub mod catalogue_draft;
pub mod catalogue_version;
pub mod checkpoint;
pub mod commit;
pub mod correction;
pub mod department;
pub mod dispute;
pub mod founding;
pub mod head;
pub mod history;
pub mod hold;
pub mod identity;
pub mod inbox;
pub mod invitation;
pub mod job_run;
pub mod journal;
pub mod ledger_page;
pub mod lot;
pub mod mail;
pub mod mass_grant;
pub mod membership;
pub mod notice;
pub mod organisation;
pub mod outflow;
pub mod oversight;
pub mod parked_hold;
pub mod payment_event;
pub mod payment_list;
pub mod period;
pub mod plan_terms;
pub mod purchase;
pub mod purchase_tax;
pub mod purchase_times;
pub mod quote;
pub mod referral;
pub mod refund_request;
pub mod report;
pub mod report_line;
pub mod report_list;
pub mod roster;
pub mod saved_card;
pub mod session;
pub mod setting;
pub mod sign_in_attempt;
pub mod signup_credit;
pub mod snapshot;
pub mod staff_log;
pub mod staff_overview;
pub mod staff_request;
pub mod statement_parts;
pub mod subscription;
pub mod table;
pub mod terms;
pub mod top_up;
pub mod usage;
pub mod usage_between;
pub mod usage_day;
pub mod usage_day_sums;
pub mod user;
pub mod webhook_delivery;
pub mod webhook_endpoint;
pub mod webhook_news;
pub mod webhook_sending;

pub use db::{Db, MigrateError};
pub use error::{StoreError, or_conflict};
pub use row::StoreRow;
