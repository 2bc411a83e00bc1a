//! Who is billed: read for the page, and saved as a new version when nobody has saved another meanwhile.

use crate::backend::access::Caller;
use crate::backend::balance::ReadError;
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::billing_details::{self, Version};
use crate::backend::store::organisation::Organisation;
use crate::model::Problem;
use crate::model::billing_details::{BillingDetails, BillingDetailsView, Saved};

/// The problem's code when somebody else has saved in between.
pub const CHANGED: &str = "billing_details_changed";
/// Who saved, where they have no account any more.
const SOMEBODY: &str = "somebody who has left";

/// The form, as it stands.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn view(
    backend: &Backend,
    organisation: &Organisation,
) -> Result<BillingDetailsView, ReadError> {
    let zone = backend.zone(organisation)?;
    let latest = billing_details::latest(&backend.db, &organisation.id).await?;
    let problem = backend.payments.details_problem(&organisation.id).await?;
    Ok(match latest {
        None => BillingDetailsView {
            details: BillingDetails {
                name: organisation.name.clone(),
                ..BillingDetails::default()
            },
            ..BillingDetailsView::default()
        },
        Some(Version { version, details, changed_by_name, changed_at, .. }) => BillingDetailsView {
            details,
            version,
            saved: Some(Saved {
                by: changed_by_name.unwrap_or_else(|| SOMEBODY.to_owned()),
                at: zone.moment(changed_at),
            }),
            problem,
        },
    })
}

/// Why the details were not saved.
#[derive(Debug)]
pub enum NotSaved {
    /// The *no* for the form.
    Refused(Problem),
    /// The database failed.
    Broken(StoreError),
}

impl From<StoreError> for NotSaved {
    fn from(error: StoreError) -> Self {
        NotSaved::Broken(error)
    }
}

/// Saves the details as the version after the one that the form showed. The same details again change
/// nothing.
///
/// # Errors
/// A field is wrong, somebody has saved in between, or the database failed.
pub async fn save(
    backend: &Backend,
    caller: &Caller,
    shown: i64,
    typed: BillingDetails,
) -> Result<(), NotSaved> {
    let details = typed.checked().map_err(|wrong| NotSaved::Refused(Problem::invalid(wrong)))?;
    let organisation = &caller.organisation;
    let latest = billing_details::latest(&backend.db, organisation).await?;
    if latest.as_ref().is_some_and(|version| version.details == details) {
        return Ok(());
    }
    let there = latest.map_or(0, |version| version.version);
    let now = backend.now();
    if shown == there
        && billing_details::insert_after(
            &backend.db,
            organisation,
            shown,
            &details,
            &caller.user,
            now,
        )
        .await?
    {
        return Ok(());
    }
    Err(NotSaved::Refused(
        Problem::conflict(
            CHANGED,
            "Somebody else has saved these details while you had them open.",
        )
        .with_cure(
            "Below are both: yours in the form, theirs beside it. Save again to keep yours.",
        ),
    ))
}
