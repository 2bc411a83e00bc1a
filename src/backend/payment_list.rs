//! *Billing & Transactions*: the payments of an organisation with what became of them and their
//! documents. Reads only, after the documents that are due have been written.

use std::collections::HashMap;

use crate::backend::payments::PaymentError;
use crate::backend::state::Backend;
use crate::backend::store::billing_document::Document;
use crate::backend::store::correction::{self, Standing};
use crate::backend::store::dispute::DisputeStanding;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::payment_list::{self, DocumentLine, Narrowed};
use crate::backend::store::purchase::{Purchase, PurchaseKind, PurchaseStatus};
use crate::backend::store::{StoreError, billing_details, billing_document};
use crate::backend::zone::Zone;
use crate::ledger::{Credits, Money, OrganisationId, PurchaseId, Timestamp};
use crate::model::payments::{
    DocumentLink, PaymentFilter, PaymentRow, PaymentStatus, PaymentsPage, YearTotal,
};

/// Payments on one page.
const PAGE_ROWS: usize = 50;

/// The place below which a page begins: the last payment of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Timestamp, PurchaseId);

impl Cursor {
    /// Reads `1790000000000000.pur_…`.
    pub fn parse(text: &str) -> Option<Cursor> {
        let (time, id) = text.split_once('.')?;
        Some(Cursor(Timestamp(time.parse().ok()?), PurchaseId::parse(id).ok()?))
    }

    fn after(purchase: &Purchase) -> String {
        format!("{}.{}", purchase.created_at.0, purchase.id)
    }
}

/// The page.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn page(
    backend: &Backend,
    organisation: &Organisation,
    filter: PaymentFilter,
    before: Option<&Cursor>,
) -> Result<PaymentsPage, PaymentError> {
    let (now, id) = (backend.now(), &organisation.id);
    let zone = zone(organisation)?;
    let (rows, next) = rows(backend, organisation, filter, before, PAGE_ROWS).await?;
    Ok(PaymentsPage {
        filter,
        rows,
        next,
        is_later_page: before.is_some(),
        year: zone.year(now).to_string(),
        totals: totals(backend, id, zone, now).await?,
        has_billing_details: billing_details::latest(&backend.db, id).await?.is_some(),
        last_report: backend.payments.last_report().await?.map(|at| zone.moment(at)),
        test: backend.payments.is_test(),
    })
}

/// The payments from below a cursor on, `most` of them, and the cursor of what follows where there is
/// more; after the documents that are due have been written.
///
/// # Errors
/// The database failed, or a row does not parse.
pub async fn rows(
    backend: &Backend,
    organisation: &Organisation,
    filter: PaymentFilter,
    before: Option<&Cursor>,
    most: usize,
) -> Result<(Vec<PaymentRow>, Option<String>), PaymentError> {
    let (id, zone) = (&organisation.id, zone(organisation)?);
    backend.documents.issue_due(id, backend.now()).await?;
    let standings = correction::standings(&backend.db, id).await?;
    let narrowed = narrowed(filter);
    let place = before.map(|Cursor(time, id)| (*time, id));
    let limit = i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX);
    let mut purchases = payment_list::page(&backend.db, id, &narrowed, place, limit).await?;
    let more = purchases.len() > most;
    purchases.truncate(most);
    let next = purchases.last().filter(|_| more).map(Cursor::after);
    let documents = documents(backend, id, &purchases).await?;
    let row =
        |purchase: &Purchase| row(backend, purchase, &documents, standings.get(&purchase.id), zone);
    Ok((purchases.iter().map(row).collect(), next))
}

/// Documents as links, in their order.
pub fn links(documents: Vec<Document>) -> Vec<DocumentLink> {
    let link = |one: Document| DocumentLink {
        number: one.number,
        title: one.content.kind.title().to_owned(),
    };
    documents.into_iter().map(link).collect()
}

fn zone(organisation: &Organisation) -> Result<Zone, StoreError> {
    Zone::of(&organisation.time_zone)
        .map_err(|error| StoreError::corrupt("organisation", &organisation.id, error))
}

fn narrowed(filter: PaymentFilter) -> Narrowed {
    use PurchaseStatus::{Created, Expired, Failed, Open, Processing, Review};
    let words =
        |statuses: [PurchaseStatus; 3]| Narrowed::ByStatus(statuses.map(PurchaseStatus::as_str));
    match filter {
        PaymentFilter::All => Narrowed::No,
        PaymentFilter::Pending => words([Created, Open, Processing]),
        PaymentFilter::Credited => Narrowed::Kept,
        PaymentFilter::Refunded => Narrowed::Refunded,
        PaymentFilter::Disputed => Narrowed::Disputed,
        PaymentFilter::Unpaid => words([Failed, Expired, Expired]),
        PaymentFilter::Review => words([Review, Review, Review]),
    }
}

type Documents = HashMap<PurchaseId, Vec<DocumentLine>>;

async fn documents(
    backend: &Backend,
    organisation: &OrganisationId,
    purchases: &[Purchase],
) -> Result<Documents, StoreError> {
    let ids: Vec<String> = purchases.iter().map(|purchase| purchase.id.to_string()).collect();
    let mut by_purchase = Documents::new();
    for line in payment_list::documents(&backend.db, organisation, ids).await? {
        by_purchase.entry(line.purchase.clone()).or_default().push(line);
    }
    Ok(by_purchase)
}

fn row(
    backend: &Backend,
    purchase: &Purchase,
    documents: &Documents,
    standing: Option<&Standing>,
    zone: Zone,
) -> PaymentRow {
    let nothing = Vec::new();
    let documents = documents.get(&purchase.id).unwrap_or(&nothing);
    let sum = |of: fn(&DocumentLine) -> i64| documents.iter().map(of).fold(0, i64::saturating_add);
    let tax = match documents.is_empty() {
        true => purchase.tax(),
        false => Some(sum(|line| line.tax_minor))
            .filter(|minor| *minor != 0)
            .map(|minor| Money { minor, ..purchase.price }),
    };
    let dispute = standing.and_then(|standing| standing.dispute.as_deref()?.parse().ok());
    let disputed = dispute.is_some_and(DisputeStanding::is_against_us);
    PaymentRow {
        id: purchase.id.to_string(),
        kind: kind_words(purchase.kind).to_owned(),
        name: purchase.pack_name.clone(),
        status: status(purchase, documents, disputed),
        amount: purchase.total(),
        tax,
        credits: delivered(purchase, documents),
        begun: zone.moment(purchase.created_at),
        documents: documents.iter().map(link).collect(),
        provider_document: backend.payments.has_provider_document(purchase),
        test: !purchase.livemode,
    }
}

fn link(line: &DocumentLine) -> DocumentLink {
    DocumentLink { number: line.number.clone(), title: line.kind.title().to_owned() }
}

fn kind_words(kind: PurchaseKind) -> &'static str {
    match kind {
        PurchaseKind::Pack => "Pack",
        PurchaseKind::OwnAmount => "Own amount",
        PurchaseKind::TopUp => "Auto top-up",
        PurchaseKind::Plan => "Plan",
    }
}

/// What the purchase brought; its documents know what was taken back.
fn delivered(purchase: &Purchase, documents: &[DocumentLine]) -> Credits {
    if purchase.status != PurchaseStatus::Credited {
        return Credits::ZERO;
    }
    let taken = documents.iter().skip(1).map(|line| line.credits);
    let taken = Credits::checked_sum(taken).unwrap_or_default();
    purchase.credits.checked_add(taken).unwrap_or_default()
}

fn status(purchase: &Purchase, documents: &[DocumentLine], disputed: bool) -> PaymentStatus {
    use PurchaseStatus::{Closed, Created, Credited, Expired, Failed, Open, Processing, Review};
    let left = documents.iter().map(|line| line.total_minor).fold(0, i64::saturating_add);
    let refunded = documents.len() > 1 && left < purchase.total().minor;
    match purchase.status {
        Credited if disputed => PaymentStatus::Disputed,
        Credited if refunded && left <= 0 => PaymentStatus::Refunded,
        Credited if refunded => PaymentStatus::PartlyRefunded,
        Credited => PaymentStatus::Credited,
        Review => PaymentStatus::Review,
        Closed => PaymentStatus::Closed,
        _ if purchase.paid_at.is_some() => PaymentStatus::Crediting,
        Created | Open => PaymentStatus::Pending,
        Processing => PaymentStatus::Processing,
        Failed => PaymentStatus::Failed,
        Expired => PaymentStatus::NotPaid,
    }
}

/// What this year's documents come to, of the money that this installation takes.
async fn totals(
    backend: &Backend,
    organisation: &OrganisationId,
    zone: Zone,
    now: Timestamp,
) -> Result<Vec<YearTotal>, StoreError> {
    let live = !backend.payments.is_test();
    let year = zone.year_around(now);
    let sums = billing_document::sums(&backend.db, organisation, live, year).await?;
    let total = |sum: billing_document::DocumentSums| {
        let money = |minor: i64| Money { minor, currency: sum.currency };
        YearTotal {
            paid: money(sum.paid_minor),
            refunded: money(sum.refunded_minor.saturating_neg()),
            tax: money(sum.tax_minor),
            credits: sum.credits,
        }
    };
    Ok(sums.into_iter().map(total).collect())
}
