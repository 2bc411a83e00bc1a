//! The payment provider port, purchases, fulfilment, the webhook inbox and the sweep.
