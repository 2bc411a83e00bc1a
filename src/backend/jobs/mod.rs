//! Background work as steps: each returns Idle or Done, so a test drives it without sleeping.
