//! A short run of the fuzz targets: their kept corpus, and a fixed number of mutations of it, the same
//! every time. A long run: `fuzz/lib.rs` says how.

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use scrip::backend::chance::Chance;
use scrip::ledger;
use std::path::Path;

/// Mutations of every target.
const MUTATIONS: u64 = 3_000;
/// What a mutation likes to put in, beside bytes: what parsers fall over.
const WORDS: [&str; 14] = [
    "-",
    ".",
    "0",
    "9223372036854775807",
    "9223372036854.775807",
    "-9223372036854.775808",
    "null",
    "\"\"",
    "1e9",
    "é",
    "\n",
    "{",
    "\"lot_1\"",
    "\"0.000001\"",
];

/// The inputs that are kept for a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).expect("the corpus is there").flatten();
    let read = |file: std::fs::DirEntry| {
        let name = file.file_name().to_string_lossy().into_owned();
        (name, std::fs::read(file.path()).expect("a file of the corpus"))
    };
    let mut files: Vec<_> = files.map(read).collect();
    files.sort();
    assert!(files.len() > 2, "{}", folder.display());
    files
}

fn short_run(corpus: Vec<(String, Vec<u8>)>, body: fn(&[u8])) {
    for (name, input) in &corpus {
        tried(name, input, body);
    }
    for seed in 0..MUTATIONS {
        let mut dice = Chance::at(&[seed]);
        let mut input = dice.one_of(&corpus).1.clone();
        for _ in 0..=dice.below(4) {
            mutate(&mut input, &corpus, &mut dice);
        }
        tried(&format!("mutation {seed}"), &input, body);
    }
}

/// A panic of the body names the input, so that it can be kept.
fn tried(name: &str, input: &[u8], body: fn(&[u8])) {
    if std::panic::catch_unwind(|| body(input)).is_err() {
        panic!("{name}: {}", String::from_utf8_lossy(input));
    }
}

fn mutate(input: &mut Vec<u8>, corpus: &[(String, Vec<u8>)], dice: &mut Chance) {
    let at = dice.below(input.len() as u64 + 1) as usize;
    let until = (at + dice.below(12) as usize).min(input.len());
    match dice.below(7) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 => drop(input.drain(at..until)),
        2 => drop(input.splice(at..until, dice.one_of(&WORDS).bytes())),
        3 => digit(input, at, dice),
        4 => lines(input, dice),
        5 => {
            let other = &dice.one_of(corpus).1;
            let from = dice.below(other.len() as u64 + 1) as usize;
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => word(input, at, dice),
    }
}

/// Another digit in the place of the next one.
fn digit(input: &mut [u8], at: usize, dice: &mut Chance) {
    if let Some(digit) = input[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
        *digit = b'0' + dice.below(10) as u8;
    }
}

/// A number that parsers fall over in the place of the next one.
fn word(input: &mut Vec<u8>, at: usize, dice: &mut Chance) {
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if let Some(from) = input[at..].iter().position(is_number).map(|offset| at + offset) {
        let length = input[from..].iter().take_while(|byte| is_number(byte)).count();
        input.splice(from..from + length, dice.one_of(&WORDS[2..6]).bytes());
    }
}

/// A line is there twice, or in another place, or not at all.
fn lines(input: &mut Vec<u8>, dice: &mut Chance) {
    let mut lines: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (one, other) = (dice.below(lines.len() as u64), dice.below(lines.len() as u64));
    let line = lines[one as usize].clone();
    match dice.below(3) {
        0 => lines.insert(other as usize, line),
        1 => lines.swap(one as usize, other as usize),
        _ => drop(lines.remove(one as usize)),
    }
    *input = lines.join(&b'\n');
}

#[test]
fn amounts_are_read_exactly_or_refused() {
    short_run(corpus("amount"), bodies::amount);
}

#[test]
fn orders_are_applied_or_refused() {
    short_run(corpus("order"), bodies::order);
}

#[test]
fn journals_are_believed_or_refused() {
    let mut inputs = corpus("journal");
    // And what the ledger writes today.
    for (name, orders) in corpus("order") {
        let lines: Vec<String> = bodies::applied(&orders)
            .1
            .iter()
            .map(|transaction| serde_json::to_string(transaction).unwrap())
            .collect();
        inputs.push((format!("booked for {name}"), lines.join("\n").into_bytes()));
    }
    short_run(inputs, bodies::journal);
}
