//! Every test, in the order that fails earliest: format, lints, Rust, Stripe's official clients, the browser.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::prepare;
use crate::run::{Outcome, cargo, command, project, run, shown, step};
use crate::site::Profile;

/// How long a runner may print nothing before we look whether it has ended.
const PAUSE: Duration = Duration::from_secs(1);

/// How many tests ran, over all runners.
#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// Shows a line of a runner's output and adds what it counts.
    fn add(&mut self, line: &str, read: fn(&str) -> (u64, u64)) {
        println!("{line}");
        let (passed, failed) = read(line);
        self.passed += passed;
        self.failed += failed;
    }
}

/// Runs every test, or one part of them (`--only rust|stripe|browser`).
pub fn test(words: &[&str]) -> Outcome {
    let only = match words {
        [] => None,
        ["--only", part @ ("rust" | "stripe" | "browser")] => Some(*part),
        _ => return Err("cargo xtask test [--only rust|stripe|browser]".to_owned()),
    };
    let wanted = |part: &str| only.is_none_or(|only| only == part);
    prepare::wasm_target()?;
    prepare::rust_components()?;
    prepare::debian_packages()?;

    let mut count = Count::default();
    let mut outcome = Ok(());
    if wanted("rust") {
        outcome = outcome.and_then(|()| rust(&mut count));
    }
    // The Rust tests have built the server already. Building it by itself would compile most of its
    // dependencies again: what only the tests need switches on a feature of a crate below them all.
    if only.is_some() && !wanted("rust") {
        outcome = outcome.and_then(|()| crate::serve::server(Profile::Development).map(|_| ()));
    }
    if wanted("browser") {
        outcome = outcome.and_then(|()| crate::site::build(Profile::Development));
    }
    if wanted("stripe") {
        outcome = outcome.and_then(|()| stripe(&mut count));
    }
    if wanted("browser") {
        outcome = outcome.and_then(|()| browser(&mut count));
    }
    println!("\n{} passed, {} failed", count.passed, count.failed);
    outcome
}

fn rust(count: &mut Count) -> Outcome {
    step("Format", || run(&mut cargo(&["fmt", "--all", "--check"])))?;
    step("Lints, server", || {
        run(&mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "ssr",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    step("Lints, browser", || {
        let target = ["clippy", "--lib", "--target", "wasm32-unknown-unknown"];
        run(cargo(&target).args([
            "--no-default-features",
            "--features",
            "hydrate",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    step("Rust tests", || {
        let tests = ["test", "--package", "scrip", "--features", "ssr"];
        counted(&mut cargo(&tests), cargo_line, count)
    })
}

fn stripe(count: &mut Count) -> Outcome {
    prepare::npm_packages("end2end/stripe")?;
    let python = prepare::python_environment("end2end/stripe/requirements.txt")?;
    let program = crate::run::target_folder().join("debug/scrip");
    step("Stripe's official Node client and types against the sandbox", || {
        let mut node = command("node", &["--test", "--test-reporter=tap"]);
        node.current_dir(project().join("end2end/stripe")).env("SCRIP_BINARY", &program);
        counted(&mut node, tap_line, count)
    })?;
    step("Stripe's official Python client against the sandbox", || {
        let mut python = command(&python.to_string_lossy(), &["official_client.py"]);
        python.current_dir(project().join("end2end/stripe")).env("SCRIP_BINARY", &program);
        counted(&mut python, runner_line, count)
    })
}

fn browser(count: &mut Count) -> Outcome {
    prepare::npm_packages("end2end")?;
    let chromium = prepare::chromium()
        .ok_or("No Chromium: set CHROMIUM to its program, or install Debian's package.")?;
    step("Browser tests", || {
        let mut playwright = command("npx", &["playwright", "test"]);
        playwright.current_dir(project().join("end2end")).env("CHROMIUM", chromium);
        playwright.env("SCRIP", crate::run::target_folder().join("debug/scrip"));
        counted(&mut playwright, runner_line, count)
    })
}

/// Runs a test runner, shows its output as it comes, and adds what its closing lines count.
fn counted(command: &mut Command, read: fn(&str) -> (u64, u64), count: &mut Count) -> Outcome {
    let shown = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{shown} did not start: {error}"))?;
    let output = child.stdout.take().expect("its output was asked for");
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
    });
    // A program that the runner left behind may hold its output open: the runner's own end counts.
    let status = loop {
        match lines.recv_timeout(PAUSE) {
            Ok(line) => count.add(&line, read),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) =
                    child.try_wait().map_err(|error| format!("{shown}: {error}"))?
                {
                    break status;
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                break child.wait().map_err(|error| format!("{shown}: {error}"))?;
            }
        }
    };
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status}).")) }
}

/// `test result: ok. 12 passed; 0 failed; …`
fn cargo_line(line: &str) -> (u64, u64) {
    match line.split_once("test result: ") {
        Some((_, rest)) => (number_before(rest, " passed"), number_before(rest, " failed")),
        None => (0, 0),
    }
}

/// `# pass 7` and `# fail 0`
fn tap_line(line: &str) -> (u64, u64) {
    let number = |start: &str| {
        line.trim().strip_prefix(start).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
    };
    (number("# pass "), number("# fail "))
}

/// `  24 passed (31.2s)` and `  1 failed`: Playwright's closing lines, and our Python script's
fn runner_line(line: &str) -> (u64, u64) {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [number, "passed" | "passed,", ..] => (number.parse().unwrap_or(0), 0),
        [number, "failed", ..] => (0, number.parse().unwrap_or(0)),
        _ => (0, 0),
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit([' ', ';', '.']).next().and_then(|digits| digits.trim().parse().ok()).unwrap_or(0)
}
