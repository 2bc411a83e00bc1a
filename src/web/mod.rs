//! HTTP: one router, forms, webhooks in, the live stream, security headers.

pub mod security;
