//! What one looks at when a balance seems wrong: the proof, what used most, what lapsed, what is still to
//! come. Writes nothing; every figure is that of another page.

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::credits::Eyes;
use crate::backend::id;
use crate::backend::payment_list;
use crate::backend::payments::PaymentError;
use crate::backend::proof::{self, Question};
use crate::backend::state::Backend;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::{history, journal};
use crate::backend::team;
use crate::backend::zone::Zone;
use crate::ledger::{Account, OrganisationId};
use crate::model::balance_check::{BalanceCheck, LapsedLine};
use crate::model::payments::PaymentFilter;
use crate::model::permission::{Action, may};

/// Rows of each list.
const ROWS: i64 = 5;
/// Payments that are listed.
const PAYMENTS: usize = 10;

/// Why the page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Ledger or database gave no answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The payments could not be read.
    #[error(transparent)]
    Payments(#[from] PaymentError),
}

/// The page as `caller` may see it.
///
/// # Errors
/// Ledger or database gave no answer.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    caller: &Caller,
) -> Result<BalanceCheck, CheckError> {
    let (zone, id) = (backend.zone(organisation)?, &organisation.id);
    let eyes = Eyes::of(caller);
    let lapsed = lapsed(backend, id, zone).await?;
    let pending = match may(caller.role, Action::ViewPayments) {
        true => {
            let filter = PaymentFilter::Pending;
            Some(payment_list::rows(backend, organisation, filter, None, PAYMENTS).await?.0)
        }
        false => None,
    };
    Ok(BalanceCheck {
        proof: proof::page(backend, organisation, &eyes, Question::default()).await?,
        largest: team::largest_this_month(backend, organisation).await?,
        reports_noun: backend.catalogue.nouns.report.many.clone(),
        lapsed,
        pending,
        form_key: id::form_key(backend.now()),
    })
}

async fn lapsed(
    backend: &Backend,
    id: &OrganisationId,
    zone: Zone,
) -> Result<Vec<LapsedLine>, ReadError> {
    let mut lines = Vec::new();
    for row in history::expiries(&backend.db, id, ROWS).await? {
        let Some(done) = journal::find(&backend.db, id, row.sequence).await? else { continue };
        lines.push(LapsedLine {
            sequence: row.sequence,
            at: zone.moment(row.recorded_at),
            credits: done.moved(&Account::Expired),
        });
    }
    Ok(lines)
}
