//! Builds both halves and starts Scrip.

use std::path::PathBuf;

use crate::run::{Outcome, cargo, command, run, step, target_folder};
use crate::site::{self, Profile};

/// Lets webhooks reach this machine.
const WEBHOOKS_ANYWHERE: &str = "SCRIP_WEBHOOKS_ANYWHERE";

/// Builds both halves; returns the server's program.
pub fn build(profile: Profile) -> Outcome<PathBuf> {
    crate::prepare::wasm_target()?;
    site::build(profile)?;
    server(profile)
}

/// Builds the server; returns its program.
pub fn server(profile: Profile) -> Outcome<PathBuf> {
    step("Building the server", || {
        let mut cargo = cargo(&["build", "--bin", "scrip", "--features", "ssr"]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        run(&mut cargo)
    })?;
    let folder = if profile == Profile::Release { "release" } else { "debug" };
    Ok(target_folder().join(folder).join("scrip"))
}

/// Builds both halves and serves, by default with the demo organisation.
pub fn serve(words: &[&str]) -> Outcome {
    let split = words.iter().position(|word| *word == "--");
    let (flags, own) = match split {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &["serve", "--demo"][..]),
    };
    let program = build(Profile::from_flags(flags))?;
    let mut serving = command(&program.to_string_lossy(), own);
    if split.is_none() && std::env::var_os(WEBHOOKS_ANYWHERE).is_none() {
        // Whoever tries things out listens on this machine.
        serving.env(WEBHOOKS_ANYWHERE, "true");
    }
    run(&mut serving)
}
