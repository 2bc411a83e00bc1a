//! What every line of a file would do, or what is wrong with it and what cures that. Books nothing.

use std::collections::HashMap;

use super::file::Written;
use crate::backend::id;
use crate::backend::staff::forms::{amount, expiry, reason};
use crate::backend::store::mass_grant::{Candidate, LineGrant, MassGrantLine};
use crate::backend::zone::Zone;
use crate::ledger::{Credits, LotId, OrganisationId, Source, Timestamp};
use crate::model::Problem;
use crate::model::staff_console::GRANT_SOURCES;

/// What is wrong, and the cure.
type Fault = (String, String);

/// Checks the lines of a file against the organisations that they may name.
pub fn lines(
    written: Vec<Written>,
    candidates: &[Candidate],
    now: Timestamp,
) -> Vec<MassGrantLine> {
    let mut desk = Desk { candidates, now, balances: HashMap::new(), seen: HashMap::new() };
    written.into_iter().map(|line| desk.line(line)).collect()
}

struct Desk<'a> {
    candidates: &'a [Candidate],
    now: Timestamp,
    /// What each organisation would have, and owe, after the lines so far.
    balances: HashMap<OrganisationId, (Credits, Credits)>,
    /// The lines so far, by what they say.
    seen: HashMap<[String; 5], u64>,
}

impl<'a> Desk<'a> {
    fn line(&mut self, written: Written) -> MassGrantLine {
        let number = written.line;
        let checked = written.cells.and_then(|cells| self.grant(cells, number));
        let (grant, fault) = match checked {
            Ok(grant) => (Some(grant), None),
            Err(fault) => (None, Some(fault)),
        };
        let (problem, cure) = fault.unzip();
        let line = i64::try_from(number).unwrap_or(i64::MAX);
        MassGrantLine { line, written: written.text, grant, sequence: None, problem, cure }
    }

    fn grant(&mut self, cells: [String; 5], number: u64) -> Result<LineGrant, Fault> {
        let [whose, amount_text, source, expires, why] = &cells;
        let organisation = self.organisation(whose)?;
        let zone = Zone::of(&organisation.time_zone).unwrap_or(Zone::UTC);
        let credits = amount("amount", amount_text).map_err(|problem| told(&problem, AMOUNT))?;
        if !credits.is_positive() {
            return Err(("The amount is not more than 0.".to_owned(), AMOUNT.to_owned()));
        }
        let source = source_of(source)?;
        let expires_at = expiry(expires, zone, self.now).map_err(|problem| told(&problem, DAY))?;
        let reason = reason(why).map_err(|problem| told(&problem, REASON))?;
        if let Some(earlier) = self.seen.insert(cells.clone(), number) {
            let problem = format!("It says the same as line {earlier}.");
            return Err((problem, "Remove one of them, or give it another reason.".to_owned()));
        }
        let now = (organisation.available, organisation.debt);
        let (has, owes) = *self.balances.get(&organisation.id).unwrap_or(&now);
        let paid = owes.min(credits);
        let rest = credits.checked_sub(paid).unwrap_or_default();
        let available = has.checked_add(rest).unwrap_or(Credits::MAX);
        let owes = owes.checked_sub(paid).unwrap_or_default();
        self.balances.insert(organisation.id.clone(), (available, owes));
        Ok(LineGrant {
            organisation: organisation.id.clone(),
            lot: id::fresh(self.now, LotId::from_uuid_simple),
            source,
            amount: credits,
            expires_at,
            reason,
            available,
        })
    }

    fn organisation(&self, named: &str) -> Result<&'a Candidate, Fault> {
        let candidates = self.candidates;
        if named.is_empty() {
            return Err(("No organisation is named.".to_owned(), WHOSE.to_owned()));
        }
        if let Some(found) = candidates.iter().find(|it| it.id.as_str() == named) {
            return Ok(found);
        }
        let mut found = candidates.iter().filter(|it| it.name == named);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err((
                format!("More than one organisation is called “{named}”."),
                "Write the id of the one that is meant.".to_owned(),
            )),
            (None, _) => Err((format!("There is no organisation “{named}”."), WHOSE.to_owned())),
        }
    }
}

const WHOSE: &str = "Write its id (org_…) or its whole name, as the list of organisations has it.";
const AMOUNT: &str = "Write a number of credits above 0, such as 250 or 12.5.";
const DAY: &str =
    "Write the last day, such as 2027-12-31, or nothing for credits that never expire.";
const REASON: &str = "Write one line that the people of the organisation can read.";

fn source_of(text: &str) -> Result<Source, Fault> {
    let found = Source::from_code(&text.to_lowercase()).filter(|it| GRANT_SOURCES.contains(it));
    let cure = "Write admin, promotional or trial.";
    found.ok_or_else(|| (format!("“{text}” is no kind of credits to grant."), cure.to_owned()))
}

fn told(problem: &Problem, cure: &str) -> Fault {
    (problem.detail.clone(), cure.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, name: &str) -> Candidate {
        Candidate {
            id: OrganisationId::parse(id).unwrap(),
            name: name.to_owned(),
            time_zone: "UTC".to_owned(),
            available: "10".parse().unwrap(),
            debt: "3".parse().unwrap(),
        }
    }

    fn checked(cells: [[&str; 5]; 2]) -> Vec<MassGrantLine> {
        let candidates =
            [candidate("org_1", "One"), candidate("org_2", "Two"), candidate("org_3", "Two")];
        let written = cells.iter().zip(2..).map(|(cells, line)| Written {
            line,
            text: cells.join(", "),
            cells: Ok(cells.map(str::to_owned)),
        });
        lines(written.collect(), &candidates, Timestamp(0))
    }

    #[test]
    fn two_lines_of_one_organisation_add_up_and_its_debt_is_paid_once() {
        let lines = checked([["org_1", "5", "admin", "", "A"], ["One", "2", "trial", "", "B"]]);
        let available = |index: usize| lines[index].grant.as_ref().unwrap().available.to_string();
        assert_eq!((available(0), available(1)), ("12".to_owned(), "14".to_owned()));
    }

    #[test]
    fn a_line_that_repeats_another_and_a_name_that_two_have_are_wrong() {
        let lines = checked([["org_1", "5", "admin", "", "A"], ["org_1", "5", "admin", "", "A"]]);
        assert!(lines[1].problem.as_ref().unwrap().contains("line 2"), "{:?}", lines[1]);
        let lines = checked([["Two", "5", "admin", "", "A"], ["Three", "5", "admin", "", "A"]]);
        assert!(lines[0].problem.as_ref().unwrap().contains("More than one"));
        assert!(lines[1].problem.as_ref().unwrap().contains("There is no"));
    }
}
