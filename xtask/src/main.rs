//! Builds, serves and tests Scrip. `cargo xtask serve` and `cargo xtask test` are the README's two
//! commands; each installs what it needs first and says so.

mod prepare;
mod run;
mod serve;
mod site;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask serve [--release] [-- ARGUMENTS]   build both halves and start Scrip with the demo organisation
                                               (ARGUMENTS replace `--demo`, for example: -- serve)
cargo xtask test [--only rust|stripe|browser]  install what is missing, then run every test
cargo xtask build [--release]                  build both halves, start nothing
cargo xtask size                               build the browser half for release and check its budget";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", rest @ ..] => serve::serve(rest),
        ["build", rest @ ..] => serve::build(site::Profile::from_flags(rest)).map(|_| ()),
        ["size"] => site::check_size_budget(),
        ["test", rest @ ..] => test::test(rest),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\n{sentence}");
            ExitCode::FAILURE
        }
    }
}
