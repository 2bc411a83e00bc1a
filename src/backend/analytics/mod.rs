//! Usage analytics: what was used, when, on what and by whom, against the period before. Writes nothing
//! but its own days.
//!
//! [`period`] turns words into days (pure), [`question`] reads an address, [`roll_up`] has the figures:
//! days that a job sums behind the journal, and the few rows that the journal has beyond them, so no page
//! reads the history. [`outliers`] looks at a bounded number of rows.

mod outliers;
pub mod period;
pub mod question;
pub mod roll_up;
mod splits;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::period as journal;
use crate::backend::store::usage_day::{DayBy, Sum};
use crate::backend::zone::Zone;
use crate::model::analytics::{Amount, AnalyticsPage, Bar, Split, SplitBy, Step};

use period::{Range, bars};
use question::{NoAnswer, Question};
use roll_up::{TRIES, Usage};

/// The page.
///
/// # Errors
/// The ledger cannot be read.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    question: Question,
) -> Result<AnalyticsPage, NoAnswer> {
    let zone = backend.zone(organisation)?;
    let figures = figures(backend, organisation, &question, zone).await?;
    let Figures { days, before, splits, uncounted } = figures;
    let rows_below = rows_below(backend, organisation, &question).await?;
    let operations: Vec<String> = splits
        .iter()
        .filter(|split| split.by == SplitBy::Operation)
        .flat_map(|split| split.slices.iter().map(|slice| slice.id.clone()))
        .collect();
    let outliers =
        outliers::find(backend, organisation, &question, rows_below, &operations).await?;
    let noun = &backend.catalogue.nouns.report;
    let look = question.look;
    Ok(AnalyticsPage {
        period: question.period,
        step: question.step,
        everyone: question.scope.everyone,
        span: look.days.text(),
        span_before: look.before.text(),
        days: (look.days.from.to_string(), look.days.to.to_string()),
        total: amount(total(&days)),
        before: amount(before),
        bars: trend(&question, zone.day(backend.now()), &days),
        splits,
        outliers,
        rows_below,
        uncounted,
        choice: question.choice,
        choices: question.choices,
        keys: question.keys,
        report_noun: noun.one.clone(),
        reports_noun: noun.many.clone(),
    })
}

/// What the days come to.
struct Figures {
    days: BTreeMap<String, Sum>,
    before: Sum,
    splits: Vec<Split>,
    uncounted: bool,
}

/// Begins anew where the days were moved on meanwhile.
async fn figures(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
    zone: Zone,
) -> Result<Figures, ReadError> {
    let mut tries = 1;
    loop {
        let usage = Usage::open(&backend.db, &organisation.id, zone).await?;
        let figures = figures_of(backend, organisation, question, &usage).await?;
        if tries == TRIES || usage.still_holds().await? {
            return Ok(figures);
        }
        tries += 1;
    }
}

async fn figures_of(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
    usage: &Usage,
) -> Result<Figures, ReadError> {
    let before = question.filter(question.look.before);
    Ok(Figures {
        days: usage.sums(DayBy::Day, &question.filter(question.look.days)).await?,
        before: total(&usage.sums(DayBy::Day, &before).await?),
        splits: splits::all(backend, organisation, question, usage).await?,
        uncounted: usage.uncounted,
    })
}

/// The place of the journal behind a period that is over.
async fn rows_below(
    backend: &Backend,
    organisation: &Organisation,
    question: &Question,
) -> Result<Option<u64>, ReadError> {
    let end = backend.zone(organisation)?.end_of_day(&question.look.days.to.to_string());
    match end.filter(|end| *end <= backend.now()) {
        None => Ok(None),
        Some(end) => {
            let last = journal::position(&backend.db, &organisation.id, end).await?;
            Ok(Some(last + 1))
        }
    }
}

fn total(sums: &BTreeMap<String, Sum>) -> Sum {
    sums.values().fold(Sum::default(), |all, one| all.plus(*one))
}

fn amount(sum: Sum) -> Amount {
    let transactions = u64::try_from(sum.transactions).unwrap_or_default();
    Amount { credits: sum.credits, transactions }
}

fn trend(question: &Question, today: NaiveDate, days: &BTreeMap<String, Sum>) -> Vec<Bar> {
    let step = question.step;
    let bar = |range: Range| {
        let (from, to) = (range.from.to_string(), range.to.to_string());
        let used = days.range(from.clone()..=to.clone()).map(|(_, sum)| *sum);
        Bar {
            label: label(step, range),
            short: short(step, range),
            used: amount(used.fold(Sum::default(), Sum::plus)),
            is_running: range.to == today,
            from,
            to,
        }
    };
    bars(step, question.look.days).into_iter().map(bar).collect()
}

fn label(step: Step, range: Range) -> String {
    match step {
        Step::Day => range.from.format("%a, %-d %b %Y").to_string(),
        Step::Week | Step::Month => range.text(),
    }
}

fn short(step: Step, range: Range) -> String {
    match step {
        Step::Day if range.from.day() == 1 => range.from.format("%-d %b").to_string(),
        Step::Day => range.from.day().to_string(),
        Step::Week => range.from.format("%-d %b").to_string(),
        Step::Month => range.from.format("%b %y").to_string(),
    }
}
