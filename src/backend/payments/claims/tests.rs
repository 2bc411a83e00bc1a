use super::*;
use crate::backend::store::correction::Outcome;
use crate::ledger::{Currency, Money, OrganisationId, PurchaseId, Timestamp};

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn refund(reference: &str, amount_minor: i64, status: RefundStatus) -> RefundFacts {
    let request = None;
    RefundFacts { reference: reference.into(), amount_minor, status, created_seconds: 0, request }
}

fn dispute(reference: &str, amount_minor: i64, standing: DisputeStanding) -> DisputeFacts {
    DisputeFacts {
        reference: reference.into(),
        amount_minor,
        standing,
        status: standing.as_str().into(),
        reason: "fraudulent".into(),
        is_away: false,
        has_moved: false,
        allows_refund: false,
        created_seconds: 0,
    }
}

fn totals(refunds: Vec<RefundFacts>, disputes: Vec<DisputeFacts>) -> PaymentTotals {
    PaymentTotals {
        payment_ref: "pi_1".into(),
        livemode: false,
        metadata_purchase: None,
        paid_minor: 1_000,
        currency: "usd".into(),
        refundable_minor: 1_000,
        refunds,
        disputes,
    }
}

fn taken(targets: &[Target]) -> Vec<String> {
    targets.iter().map(|target| target.taken.to_string()).collect()
}

#[test]
fn thirds_add_up_to_the_whole_and_nothing_is_taken_before_a_refund_succeeds() {
    use RefundStatus::{Failed, Pending, Succeeded};
    let thirds = [333, 333, 334].iter().enumerate();
    let thirds = thirds.map(|(place, minor)| refund(&format!("re_{place}"), *minor, Succeeded));
    let targets = targets(credits("100"), &totals(thirds.collect(), Vec::new()), &[]);
    assert_eq!(taken(&targets), ["33.3", "33.3", "33.4"]);
    let waiting = vec![refund("re_a", 500, Pending), refund("re_b", 250, Failed)];
    assert_eq!(
        taken(&super::targets(credits("100"), &totals(waiting, Vec::new()), &[])),
        ["0", "0"]
    );
}

#[test]
fn refund_and_dispute_together_take_no_more_than_everything() {
    let away = DisputeFacts {
        is_away: true,
        has_moved: true,
        ..dispute("du_1", 1_000, DisputeStanding::Open)
    };
    let refunds = vec![refund("re_1", 400, RefundStatus::Succeeded)];
    let targets = targets(credits("50"), &totals(refunds, vec![away]), &[]);
    assert_eq!(taken(&targets), ["20", "30"]);
}

#[test]
fn only_an_open_dispute_whose_money_never_moved_freezes() {
    let frozen = |one: DisputeFacts| {
        targets(credits("50"), &totals(Vec::new(), vec![one]), &[])[0].frozen.to_string()
    };
    assert_eq!(frozen(dispute("du_1", 500, DisputeStanding::Open)), "25");
    assert_eq!(frozen(dispute("du_1", 500, DisputeStanding::Inquiry)), "0");
    assert_eq!(frozen(dispute("du_1", 500, DisputeStanding::Won)), "0");
    let reinstated =
        DisputeFacts { has_moved: true, ..dispute("du_1", 500, DisputeStanding::Open) };
    assert_eq!(frozen(reinstated), "0");
}

fn done(number: i64, reference: &str, step: StepKind, amount: &str, sequence: u64) -> Correction {
    Correction {
        organisation: OrganisationId::parse("org_1").unwrap(),
        purchase: PurchaseId::parse("pur_1").unwrap(),
        number,
        cause: Cause::Refund,
        reference: reference.into(),
        step,
        credits: credits(amount),
        undoes: None,
        money: Money { minor: 1, currency: Currency::parse("usd").unwrap() },
        refunded_minor: 1,
        decided_at: Timestamp(0),
        staff: None,
        reason: None,
        outcome: Some(Outcome { sequence: Some(sequence), ..Outcome::default() }),
    }
}

fn figures(free: &str) -> LotFigures {
    let (takeable, free) = (credits("50"), credits(free));
    LotFigures { takeable, freezable: takeable, free, lapsed: Credits::ZERO }
}

#[test]
fn what_came_back_is_given_out_of_the_last_revocation_first() {
    let steps =
        [done(1, "re_1", StepKind::Taken, "10", 7), done(2, "re_1", StepKind::Taken, "5", 8)];
    let failed = totals(vec![refund("re_1", 300, RefundStatus::Failed)], Vec::new());
    let targets = targets(credits("50"), &failed, &steps);
    let booked = Booked::of(&steps);
    let next = next_step(&targets, &booked, figures("0"), &BTreeMap::new()).unwrap();
    assert_eq!(
        (next.step, next.credits, next.undoes),
        (StepKind::GivenBack, credits("5"), Some(8))
    );
}

#[test]
fn what_lapsed_unspent_is_not_taken_a_second_time() {
    let all = totals(vec![refund("re_1", 1_000, RefundStatus::Succeeded)], Vec::new());
    let targets = targets(credits("50"), &all, &[]);
    let lapsed = LotFigures { lapsed: credits("30"), ..figures("0") };
    let next = next_step(&targets, &Booked::default(), lapsed, &BTreeMap::new()).unwrap();
    assert_eq!((next.step, next.credits), (StepKind::Taken, credits("20")));
}

#[test]
fn what_is_owed_is_paid_by_what_came_back_to_the_very_lot() {
    let all = totals(vec![refund("re_1", 1_000, RefundStatus::Succeeded)], Vec::new());
    let targets = targets(credits("50"), &all, &[]);
    let booked = Booked::of(&[done(1, "re_1", StepKind::Taken, "50", 7)]);
    let owing = BTreeMap::from([(7, credits("12"))]);
    let next = next_step(&targets, &booked, figures("5"), &owing).unwrap();
    assert_eq!(
        (next.step, next.credits, next.undoes),
        (StepKind::GivenBack, credits("5"), Some(7))
    );
    let nothing_free = next_step(&targets, &booked, figures("0"), &owing);
    assert!(nothing_free.is_none_or(|next| next.step == StepKind::Noted));
}

#[test]
fn about_a_dispute_that_nobody_understands_nothing_is_done() {
    let strange = dispute("du_1", 1_000, DisputeStanding::Unknown);
    let targets = targets(credits("50"), &totals(Vec::new(), vec![strange]), &[]);
    let steps = [done(1, "du_1", StepKind::Frozen, "50", 7)];
    assert_eq!(next_step(&targets, &Booked::of(&steps), figures("0"), &BTreeMap::new()), None);
}

#[test]
fn a_rounded_part_stays_with_the_refund_that_was_counted_first() {
    let two = ["re_b", "re_a"].map(|reference| refund(reference, 1, RefundStatus::Succeeded));
    let facts = PaymentTotals { paid_minor: 3, ..totals(two.to_vec(), Vec::new()) };
    let steps = [done(1, "re_a", StepKind::Taken, "0.333333", 7)];
    let targets = targets(credits("1"), &facts, &steps);
    assert_eq!(targets[0].reference, "re_a");
    assert_eq!(taken(&targets), ["0.333333", "0.333333"]);
}
