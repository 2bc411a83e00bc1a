//! What may follow `--` on the command line of a benchmark.

use clap::Parser;
use std::time::Duration;

/// Measures and prints a table; takes whole seconds, so it is never part of the tests.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// Seconds that each cell of the table is measured for.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// One second a cell.
    #[arg(long)]
    quick: bool,
    /// Given by `cargo bench` itself.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    /// How long each cell is measured.
    pub fn time(&self) -> Duration {
        Duration::from_secs_f64(if self.quick { 1.0 } else { self.seconds.clamp(0.1, 3600.0) })
    }
}

/// Prints what the figures depend on: the build, the cores, and how busy the machine was before.
pub fn print_machine() {
    if cfg!(debug_assertions) {
        println!("This build is not optimised: its figures mean nothing.");
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown");
    println!(
        "{cores} cores; load average before the first measurement: {load} (0 is a quiet machine)"
    );
}

/// The bar that goes on with every measured cell.
pub fn progress(cells: usize) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("  {bar:32} {pos}/{len} {msg}")
        .expect("the template is well formed");
    let bar = indicatif::ProgressBar::new(cells as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
