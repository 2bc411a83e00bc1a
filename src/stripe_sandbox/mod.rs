//! A Stripe-compatible test server: hosted checkout page, test cards, signed webhooks. Knows nothing of Scrip.
