//! What is printed at the end, and the same figures as a file for programs.

use serde::Serialize;
use std::path::PathBuf;

use super::load::Measured;

/// One measured thing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// On which database; empty where none takes part.
    pub database: &'static str,
    /// How many at the same time; 0 where nobody waits for answers.
    pub clients: usize,
    /// How much of `unit`.
    pub value: f64,
    /// What `value` counts.
    pub unit: &'static str,
    /// Half of the answers took no longer.
    pub p50_ms: Option<f64>,
    /// 99 of 100 answers took no longer.
    pub p99_ms: Option<f64>,
    /// How many answers the figures come from, those before and after the measured time among them.
    pub answers: u64,
    /// What it is compared with, in the same unit, measured in the same run.
    pub baseline: Option<f64>,
    /// `value` by `baseline`.
    pub ratio: Option<f64>,
    /// What helps to read the figure.
    pub note: String,
}

impl Row {
    /// A row without latencies and without a comparison.
    pub fn plain(name: &str, database: &'static str, value: f64, unit: &'static str) -> Row {
        Row { name: name.to_owned(), database, value, unit, ..Row::default() }
    }

    /// A row of what clients saw.
    pub fn of(measured: Measured, unit: &'static str) -> Row {
        Row {
            value: measured.per_second,
            unit,
            p50_ms: Some(measured.p50_ms),
            p99_ms: Some(measured.p99_ms),
            answers: measured.answers,
            ..Row::default()
        }
    }

    /// The same row compared with `baseline`.
    pub fn against(self, baseline: f64) -> Row {
        Row { baseline: Some(baseline), ratio: Some(self.value / baseline), ..self }
    }

    fn cells(&self) -> [String; COLUMNS] {
        let clients = if self.clients == 0 { String::new() } else { self.clients.to_string() };
        let optional = |figure: Option<f64>| figure.map(number).unwrap_or_default();
        [
            self.name.clone(),
            self.database.to_owned(),
            clients,
            number(self.value),
            self.unit.to_owned(),
            optional(self.p50_ms),
            optional(self.p99_ms),
            optional(self.baseline),
            self.ratio.map(|ratio| format!("{} ×", number(ratio))).unwrap_or_default(),
            self.note.clone(),
        ]
    }
}

const COLUMNS: usize = 10;
const TITLES: [&str; COLUMNS] =
    ["what", "database", "clients", "value", "", "p50 ms", "p99 ms", "baseline", "ratio", ""];
/// Columns of words stand on the left, columns of figures on the right.
const WORDS: [usize; 4] = [0, 1, 4, 9];

/// Prints all rows and writes them to `target/bench/<name>.json`.
///
/// # Errors
/// The file cannot be written.
pub fn publish(name: &str, rows: &[Row]) -> std::io::Result<()> {
    print(rows);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, serde_json::to_string_pretty(rows)? + "\n")?;
    println!("\nThe same figures: {}", file.display());
    Ok(())
}

fn print(rows: &[Row]) {
    let mut lines = vec![TITLES.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let widths: Vec<usize> = (0..TITLES.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    println!();
    for line in &lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if WORDS.contains(&column) {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// `28,200`, `46.3`, `8.24` or `0.0031`: a few digits that matter, or all before the point.
pub fn number(figure: f64) -> String {
    match figure {
        tiny if tiny < 0.1 => format!("{tiny:.4}"),
        small if small < 10.0 => format!("{small:.2}"),
        middling if middling < 100.0 => format!("{middling:.1}"),
        large => thousands(large.round() as u64),
    }
}

fn thousands(whole: u64) -> String {
    let digits = whole.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
