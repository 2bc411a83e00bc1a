//! The shared ledger module: pure rules of credits, no IO, no clock, no randomness, no floats.
