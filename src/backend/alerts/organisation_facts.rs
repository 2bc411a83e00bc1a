//! What a look knows of an organisation, read once.

use std::collections::HashMap;

use super::rules::{self, Rule};
use crate::backend::allowance::AllowanceYear;
use crate::backend::balance::{ReadError, recent_usage};
use crate::backend::state::Backend;
use crate::backend::store::alert_rule::{self, StoredRule};
use crate::backend::store::alert_turn::{self, Due, WatchState};
use crate::backend::store::history::{self, HistoryRow};
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{department, period};
use crate::backend::zone::Zone;
use crate::ledger::{
    Credits, LedgerState, OrganisationId, Subject, Timestamp, TransactionKind, UserId,
};
use crate::model::alerts::RuleKind;

/// Changes of limits that are looked through for when one was set.
const BUDGET_CHANGES: i64 = 500;

/// One organisation at one instant.
pub struct Facts<'a> {
    pub backend: &'a Backend,
    pub organisation: Organisation,
    pub zone: Zone,
    pub now: Timestamp,
    /// The ledger, with everything that fell due counted.
    pub state: LedgerState,
    /// How far the journal is read.
    pub through: u64,
    /// How far it was read before.
    pub after: u64,
    /// How every limit stood.
    pub known: HashMap<String, WatchState>,
    /// What percents are taken of.
    pub base: Option<Credits>,
    set: Vec<StoredRule>,
    budgets_set: Vec<HistoryRow>,
    departments: HashMap<String, String>,
}

impl<'a> Facts<'a> {
    /// Reads them.
    pub async fn read(
        backend: &'a Backend,
        due: &Due,
        now: Timestamp,
    ) -> Result<Facts<'a>, ReadError> {
        let (db, id) = (&backend.db, &due.organisation);
        // The rules and what was known before the ledger: what is booked meanwhile is in both.
        let known = alert_turn::watches(db, id).await?;
        let set = alert_rule::all(db, id).await?;
        let organisation = backend.organisation(id).await?;
        let stored = backend.stored_ledger(id).await?;
        let through = stored.head().sequence;
        let state = stored.caught_up(now).into_owned();
        let has_budgets = state.budgets().next().is_some();
        let budgets_set =
            if has_budgets { history::budgets(db, id, BUDGET_CHANGES).await? } else { Vec::new() };
        let names = if has_budgets { department::list(db, id).await? } else { Vec::new() };
        Ok(Facts {
            base: AllowanceYear::running(backend, &organisation).await?.threshold_base(),
            zone: backend.zone(&organisation)?,
            backend,
            organisation,
            now,
            state,
            through,
            after: due.sequence,
            known,
            set,
            budgets_set,
            departments: names.into_iter().map(|one| (one.id.to_string(), one.name)).collect(),
        })
    }

    pub fn id(&self) -> &OrganisationId {
        &self.organisation.id
    }

    /// The organisation's rule of this kind.
    pub fn rule(&self, kind: RuleKind) -> Option<Rule> {
        let rules =
            rules::complete(self.backend, self.set.clone(), None, self.organisation.created_at);
        rules.into_iter().find(|rule| rule.kind == kind && rules::is_on(rule))
    }

    /// A person's rule of this kind.
    pub fn own_rule(&self, user: &UserId, kind: RuleKind) -> Option<Rule> {
        let (set, founded) = (self.set.clone(), self.organisation.created_at);
        let rules = rules::complete(self.backend, set, Some(user), founded);
        rules.into_iter().find(|rule| rule.kind == kind && rules::is_on(rule))
    }

    /// Everyone who wants to be told of their own usage.
    pub fn who_watch_their_usage(&self) -> Vec<Rule> {
        let of_usage = |rule: &&StoredRule| rule.kind == RuleKind::OwnUsage && rules::is_on(rule);
        self.set.iter().filter(of_usage).cloned().collect()
    }

    /// The highest balance since the last look.
    pub async fn highest_lately(&self) -> Result<Option<Credits>, ReadError> {
        let (db, id) = (&self.backend.db, self.id());
        Ok(alert_turn::highest(db, id, self.after, self.through).await?)
    }

    /// The highest balance since a rule's levels apply, what stood then among them.
    pub async fn highest_since(&self, since: Timestamp) -> Result<Option<Credits>, ReadError> {
        let (db, id) = (&self.backend.db, self.id());
        let stood = period::position(db, id, since).await?.saturating_sub(1);
        Ok(alert_turn::highest(db, id, stood, self.through).await?)
    }

    /// What was available at an earlier instant.
    pub async fn stood_at(&self, at: Timestamp) -> Result<Credits, ReadError> {
        let (db, id) = (&self.backend.db, self.id());
        let place = period::position(db, id, at).await?;
        let stood = alert_turn::highest(db, id, place.saturating_sub(1), place).await?;
        Ok(stood.unwrap_or_default())
    }

    /// What was used in the last four weeks.
    pub async fn recent_usage(&self) -> Result<Credits, ReadError> {
        Ok(recent_usage(&self.backend.db, self.id(), self.now).await?)
    }

    /// What was used between two instants.
    pub async fn used(
        &self,
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<Credits, ReadError> {
        let (db, id) = (&self.backend.db, self.id());
        let after = period::position(db, id, from).await?;
        let through = match until {
            Some(until) => period::position(db, id, until).await?,
            None => self.through,
        };
        Ok(period::used(db, id, after, through.max(after)).await?)
    }

    /// The last time that this subject's limit was set: where in the journal, when, and what of it was
    /// used by then.
    pub fn last_set(&self, subject: &Subject) -> Option<(u64, Timestamp, Credits)> {
        self.budgets_set.iter().find_map(|row| match &row.kind {
            TransactionKind::SetBudget { subject: of, used, .. } if of == subject => {
                Some((row.sequence, row.recorded_at, *used))
            }
            _ => None,
        })
    }

    /// A department's name.
    pub fn department_name(&self, id: &str) -> String {
        self.departments.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}
