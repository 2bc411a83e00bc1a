//! Who someone is and what they may do: passwords, sessions, invitations, the signed-in caller.

mod error;
pub mod password;

pub use error::AccessError;
