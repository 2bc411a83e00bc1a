//! A journal as a file, and a state as parts: read back as they were, or refused with what is wrong.

use super::desk::*;
use crate::ledger::journal_file::{FileError, Footer, Header, JournalReader, ReadJournal, line};
use crate::ledger::*;

fn desk() -> Desk {
    let mut desk = Desk::open();
    desk.grant(expiring("a", "5", second(100)));
    desk.grant(purchased("b", "20"));
    desk.set_budget(capped(department("x"), "15")).unwrap();
    desk.hold(MakeHold { attribution: work_of("x"), ..holding("h", "4") }).unwrap();
    desk.settle("h", "3").unwrap();
    desk.hold(MakeHold { deadline: second(150), ..holding("i", "2") }).unwrap();
    desk.at(120).charge("2", work_of("x")).unwrap();
    desk
}

/// The lines of a desk's journal as a file.
fn file(desk: &Desk) -> Vec<String> {
    let footer = Footer { transactions: desk.journal.len() as u64, hash: desk.state.head().hash };
    let header = line(&Header::new(organisation(), second(500)));
    let lines = std::iter::once(header).chain(desk.journal.iter().map(line));
    lines.chain([line(&footer)]).map(|text| text.trim_end().to_owned()).collect()
}

fn read(lines: &[String]) -> Result<ReadJournal, FileError> {
    let mut reader = JournalReader::new();
    lines.iter().try_for_each(|text| reader.read(text))?;
    reader.finish()
}

/// What is said of a file, with the line.
fn refused(lines: &[String]) -> (u64, String) {
    let error = read(lines).expect_err("the file is refused");
    (error.line, error.problem.to_string())
}

#[test]
fn a_file_is_read_back_to_the_very_state_that_it_was_written_from() {
    let desk = desk();
    let read = read(&file(&desk)).unwrap();
    assert_eq!(read.header, Header::new(organisation(), second(500)));
    assert_eq!(read.state, desk.state);
    let nothing =
        [line(&Header::new(organisation(), second(0))), line(&Footer::of_nothing(&organisation()))];
    let nothing = nothing.map(|text| text.trim_end().to_owned());
    assert_eq!(self::read(&nothing).unwrap().state.head().sequence, 0);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_where_it_ends() {
    let whole = file(&desk());
    for length in 0..whole.len() {
        let (line, problem) = refused(&whole[..length]);
        assert_eq!(line, length as u64 + 1);
        assert!(problem.contains("cut off"), "{problem}");
    }
    let mut half = whole.clone();
    half[3].truncate(40);
    assert_eq!(refused(&half).0, 4);
}

#[test]
fn a_line_that_is_missing_or_out_of_place_is_refused_at_the_one_behind_it() {
    let mut missing = file(&desk());
    missing.remove(3);
    assert_eq!(refused(&missing), (4, "transaction 3 should follow, and 4 does".to_owned()));
    let mut turned = file(&desk());
    turned.swap(2, 3);
    assert_eq!(refused(&turned), (3, "transaction 2 should follow, and 3 does".to_owned()));
    let mut twice = file(&desk());
    twice.insert(4, twice[3].clone());
    assert_eq!(refused(&twice).0, 5);
}

#[test]
fn an_edit_is_refused_at_its_line() {
    let whole = file(&desk());
    for (at, from, to) in [
        (1, "\"amount\":\"-5\"", "\"amount\":\"-6\""),
        (1, "\"remaining\":\"5\"", "\"remaining\":\"4\""),
        (2, "\"system\"", "\"staff:usr_1\""),
        (4, ":", ": "),
        (5, "\"sequence\":5", "\"note\":\"mine\",\"sequence\":5"),
        (5, "\"hash\":\"", "\"hash\":\"0"),
        (0, "org_test", "org_other"),
    ] {
        let mut edited = whole.clone();
        assert!(edited[at].contains(from), "line {at} has {from}: {}", edited[at]);
        edited[at] = edited[at].replacen(from, to, 1);
        let expected = if at == 0 { 2 } else { at as u64 + 1 };
        assert_eq!(refused(&edited).0, expected, "{from}: {:?}", refused(&edited));
    }
}

#[test]
fn header_and_footer_are_held_to_what_they_say() {
    let whole = file(&desk());
    let with = |at: usize, text: &str| {
        let mut lines = whole.clone();
        lines[at] = text.to_owned();
        refused(&lines)
    };
    assert_eq!(with(0, "{\"format\":\"csv\"}").0, 1);
    assert_eq!(with(0, "").0, 1);
    let newer = whole[0].replace("\"version\":1", "\"version\":2");
    assert!(with(0, &newer).1.contains("version 2"));
    let last = whole.len() - 1;
    let count = format!("\"transactions\":{}", last - 1);
    let wrong = whole[last].replace(&count, "\"transactions\":3");
    assert!(with(last, &wrong).1.contains("states 3 transactions"));
    let wrong = line(&Footer { transactions: last as u64 - 1, hash: Hash([7; 32]) });
    assert!(with(last, wrong.trim_end()).1.contains("states the hash"));
    let mut more = whole.clone();
    more.push(whole[1].clone());
    assert!(refused(&more).1.contains("behind the footer"));
}

#[test]
fn a_journal_goes_on_from_the_parts_of_a_state_as_from_the_state_itself() {
    let desk = desk();
    for place in 0..=desk.journal.len() {
        let begun = LedgerState::new(organisation());
        let state = replay(begun, &desk.journal[..place]).unwrap();
        let text = serde_json::to_string(&state.snapshot()).unwrap();
        let parts: Parts = serde_json::from_str(&text).unwrap();
        let mut restored = LedgerState::restore(parts);
        // What the parts leave out is what is over and what the journal says by itself.
        state.holds().for_each(|hold| restored.with_hold(hold.clone()));
        state.outflows().for_each(|outflow| restored.with_outflow(outflow.clone()));
        assert_eq!(restored, state);
        assert_eq!(replay(restored, &desk.journal[place..]).unwrap(), desk.state);
    }
}

#[test]
fn a_statement_adds_up_between_any_two_instants_and_lots_add_up_to_it() {
    let desk = desk();
    let begun = LedgerState::new(organisation());
    let at = |seconds| {
        let until = second(seconds);
        let before = desk.journal.iter().take_while(|booked| booked.recorded_at <= until);
        let state = replay(begun.clone(), before).unwrap().caught_up(until).into_owned();
        (state.totals(until), state, until)
    };
    for from in [0, 60, 100, 120, 150] {
        for to in [from, 130, 150, 10_000].into_iter().filter(|to| *to >= from) {
            let (opening, ..) = at(from);
            let (totals, state, until) = at(to);
            assert!(totals.adds_up(), "{totals:?}");
            let statement = Statement::between(&opening, &totals);
            assert!(statement.adds_up(), "{statement:?}");
            assert_eq!(statement.available, state.balance(until).available);
            let lots = LotFigures::sum(state.open_lots(until).iter().map(|(_, figures)| figures));
            let all = LotFigures::all(&totals);
            let earlier = all.without(&lots);
            assert!(earlier.held.is_zero() && earlier.remaining.is_zero(), "{earlier:?}");
            let places = [all.used, all.expired, all.held, all.remaining];
            assert_eq!(Credits::checked_sum(places), Some(all.granted));
        }
    }
    assert_eq!(at(10_000).0.expired, credits("2"));
}
