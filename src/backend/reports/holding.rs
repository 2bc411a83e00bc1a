//! The hold of a report: made when it starts, and made again where it lapsed before the work was done
//! (the server was away). Work is only done, and findings only shown, for credits that are there.

use super::{HOLD_FOR, ReportError, key};
use crate::backend::access::Caller;
use crate::backend::engine::{Receipt, SubmitError};
use crate::backend::id;
use crate::backend::state::Backend;
use crate::backend::store::hold;
use crate::backend::store::report::{self, Lease, Report};
use crate::catalogue::{AnalysisRequest, AssetKind, quote};
use crate::ledger::command::MakeHold;
use crate::ledger::{
    Actor, Attribution, Command, Credits, DepartmentId, Hold, HoldId, HoldState, IdempotencyKey,
    Operation, Order, OverSettle, QuoteId, Refusal, ReportId, Timestamp, TransactionKind, UserId,
    apply,
};
use crate::model::findings::{AssetProblem, AssetProblemCode};

/// The order for the hold with which a report starts.
pub(super) fn first_order(report: &Report, now: Timestamp) -> Order {
    let actor = Actor::Member(report.user.clone());
    order(report, report.hold.clone(), key(&report.id, "hold"), actor, now)
}

/// Sees to it that the report's credits are held now: where its hold has lapsed, they are held again
/// under a key that names the lapsed one, so that whoever repeats this gets the same new hold. `report`
/// then names it. The answer is why they cannot be held, if they cannot.
///
/// # Errors
/// The database failed or the ledger did not answer.
pub async fn hold_again(
    backend: &Backend,
    report: &mut Report,
) -> Result<Option<Refusal>, ReportError> {
    loop {
        let now = backend.now();
        let found = hold::find(&backend.db, &report.organisation, &report.hold).await?;
        if found.as_ref().is_some_and(|hold| stands(hold, now)) {
            return Ok(None);
        }
        let lapsed = found.map_or(0, |hold| hold.made_by);
        let (fresh, key) =
            (id::fresh(now, HoldId::from_uuid_simple), key(&report.id, &format!("hold:{lapsed}")));
        let order = order(report, fresh, key, Actor::System, now);
        let receipt = match backend.engine.submit(&report.organisation, order).await {
            Ok(receipt) => receipt,
            Err(SubmitError::Refused(refusal)) => return Ok(Some(refusal)),
            Err(error) => return Err(ReportError::Ledger(error)),
        };
        report.hold = hold_in(&receipt);
        report::held_by(&backend.db, report).await?;
        tracing::info!(report = %report.id, hold = %report.hold, "held again after its hold lapsed");
    }
}

/// Whether the credits are set aside at `now`, or were charged already.
fn stands(hold: &Hold, now: Timestamp) -> bool {
    match hold.state {
        HoldState::Open => now < hold.deadline,
        HoldState::Settled { .. } => true,
        HoldState::Released { .. } => false,
    }
}

fn hold_in(receipt: &Receipt) -> HoldId {
    match &receipt.transaction.kind {
        TransactionKind::Hold { hold, .. } => hold.clone(),
        other => unreachable!("a hold was ordered under this key, not a {}", other.code()),
    }
}

/// Takes back what was found in a report that cannot be paid for, with the reason in its place; nothing
/// of it happens when another worker has taken the report over.
///
/// # Errors
/// The database failed.
pub async fn withdraw(
    backend: &Backend,
    report: &Report,
    lease: Lease<'_>,
    refusal: &Refusal,
) -> Result<(), ReportError> {
    let sentence = format!(
        "Not shown, because it could not be paid for: its credits went back after {} minutes, and \
         holding them again was refused. {refusal} {}",
        HOLD_FOR / crate::ledger::time::MINUTE,
        refusal.cure(),
    );
    let problem = AssetProblem::new(AssetProblemCode::NotPaidFor, sentence);
    if report::withdraw(&backend.db, report, lease, &problem).await? {
        tracing::warn!(report = %report.id, %refusal, "a report cannot be paid for and is failed");
    }
    Ok(())
}

fn order(
    report: &Report,
    hold: HoldId,
    key: IdempotencyKey,
    actor: Actor,
    now: Timestamp,
) -> Order {
    let attribution = Attribution {
        report: Some(report.id.clone()),
        quote: Some(quote_of(&report.id)),
        ..attribution(report.department.clone(), report.user.clone())
    };
    let command = Command::Hold(terms(hold, report.quoted, attribution, now));
    Order { key, actor, occurred_at: now, command }
}

/// Why the ledger would not hold `amount` for the caller's work now, if it would not. Nothing is held.
///
/// # Errors
/// The ledger did not answer.
pub(super) async fn would_be_refused(
    backend: &Backend,
    caller: &Caller,
    amount: Credits,
) -> Result<Option<Refusal>, ReportError> {
    let now = backend.now();
    let attribution = attribution(caller.department.clone(), caller.user.clone());
    let order = Order {
        key: IdempotencyKey::parse("trial").expect("a short, plain key"),
        actor: Actor::Member(caller.user.clone()),
        occurred_at: now,
        command: Command::Hold(terms(
            id::fresh(now, HoldId::from_uuid_simple),
            amount,
            attribution,
            now,
        )),
    };
    let state = backend.engine.state(&caller.organisation).await;
    Ok(apply(&mut state.map_err(ReportError::Ledger)?, &order, now).answer.err())
}

/// Whether the caller could pay for at least the cheapest asset: asked before their files are kept.
///
/// # Errors
/// The ledger did not answer.
pub async fn could_pay(backend: &Backend, caller: &Caller) -> Result<bool, ReportError> {
    let prices = AssetKind::ALL.into_iter().filter_map(|kind| {
        let one = |wanted| u32::from(kind == wanted);
        let (text, image, video) =
            (one(AssetKind::Text), one(AssetKind::Image), one(AssetKind::Video));
        quote(&backend.catalogue, &AnalysisRequest { text, image, video }).ok()
    });
    match prices.map(|quote| quote.total).min() {
        Some(cheapest) if cheapest.is_positive() => {
            Ok(would_be_refused(backend, caller, cheapest).await?.is_none())
        }
        _ => Ok(true),
    }
}

fn terms(hold: HoldId, amount: Credits, attribution: Attribution, now: Timestamp) -> MakeHold {
    let over_settle = OverSettle::Refuse;
    MakeHold { hold, amount, deadline: now.plus(HOLD_FOR), over_settle, attribution }
}

/// A report and its quote share their digits.
pub(super) fn quote_of(id: &ReportId) -> QuoteId {
    let digits = id.as_str().strip_prefix(ReportId::PREFIX).unwrap_or_default();
    QuoteId::parse(&format!("{}{digits}", QuoteId::PREFIX)).expect("a report's digits fit any id")
}

fn attribution(department: Option<DepartmentId>, user: UserId) -> Attribution {
    let operation = Operation::parse(crate::catalogue::ANALYSIS_OPERATION)
        .expect("the analysis has a short, plain name");
    Attribution {
        department,
        member: Some(user),
        operation: Some(operation),
        ..Attribution::default()
    }
}
