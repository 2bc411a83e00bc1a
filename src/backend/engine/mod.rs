//! Group commit: the only way anything is written to the ledger.
