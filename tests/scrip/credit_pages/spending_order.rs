//! Admins choose whether what lapses soonest is spent first, and see before what that changes.

use super::*;
use crate::on_both_databases;
use scrip::backend::spending_order::{self, SpendingOrderError};
use scrip::ledger::ConsumptionOrder;

on_both_databases!(
    the_preview_says_whose_turn_changes_and_what_would_be_saved,
    what_is_chosen_is_spent_first_from_then_on_and_stands_in_the_history,
    a_form_sent_twice_sets_the_order_once,
);

impl Office {
    /// 100 of the plan that stay a year, and 28 bought that lapse in four weeks; one a day is used.
    async fn with_two_lots(test: TestDatabase) -> Office {
        let office = Office::open(test).await;
        for (source, amount, days) in
            [(Source::Subscription, "128", 365), (Source::Purchased, "28", 28)]
        {
            let mut terms = office.terms(source, amount, Origin::Signup);
            terms.expires_at = Some(START.plus(days * DAY));
            office.must(Command::Grant(Box::new(terms))).await;
        }
        office.charge("28", &office.design).await;
        office
    }

    async fn choose(&self, order: ConsumptionOrder, key: &str) -> Result<(), SpendingOrderError> {
        spending_order::set(&self.backend, &self.superadmin, order, key).await
    }

    async fn order_page(&self) -> scrip::model::spending_order::SpendingOrderPage {
        spending_order::page(&self.backend, &self.organisation).await.unwrap()
    }

    async fn left(&self) -> Vec<(Source, Credits)> {
        let state = self.backend.ledger(&self.organisation.id).await.unwrap();
        let available = state.available_by_source(self.backend.now());
        available.into_iter().filter(|(_, left)| left.is_positive()).collect()
    }
}

async fn the_preview_says_whose_turn_changes_and_what_would_be_saved(test: TestDatabase) {
    let office = Office::with_two_lots(test).await;
    let page = office.order_page().await;
    assert_eq!(page.now, ConsumptionOrder::ByPriority);
    assert_eq!(page.then, ConsumptionOrder::ExpiringFirst);
    let turns: Vec<_> = page.lots.iter().map(|lot| (lot.place_now, lot.place_then)).collect();
    assert_eq!(turns, [(1, 2), (2, 1)]);
    // As it is, the plan's hundred last for a hundred days, and the pack lapses whole.
    assert_eq!(page.lapses_now, Some(amount_of("28")));
    assert_eq!(page.lapses_then, Some(Credits::ZERO));
}

async fn what_is_chosen_is_spent_first_from_then_on_and_stands_in_the_history(test: TestDatabase) {
    let office = Office::with_two_lots(test).await;
    office.choose(ConsumptionOrder::ExpiringFirst, "form-1").await.unwrap();
    office.charge("20", &office.design).await;
    let left = office.left().await;
    let of = |source| left.iter().find(|(of, _)| *of == source).map(|(_, left)| *left);
    assert_eq!(of(Source::Purchased), Some(amount_of("8")), "the pack goes first now");
    assert_eq!(of(Source::Subscription), Some(amount_of("100")));
    let page = office.order_page().await;
    assert_eq!(page.then, ConsumptionOrder::ByPriority, "there is a way back");
}

async fn a_form_sent_twice_sets_the_order_once(test: TestDatabase) {
    let office = Office::with_two_lots(test).await;
    let sequence =
        async || office.backend.ledger(&office.organisation.id).await.unwrap().head().sequence;
    office.choose(ConsumptionOrder::ExpiringFirst, "form-1").await.unwrap();
    let after = sequence().await;
    office.choose(ConsumptionOrder::ExpiringFirst, "form-1").await.unwrap();
    office.choose(ConsumptionOrder::ExpiringFirst, "form-2").await.unwrap();
    assert_eq!(sequence().await, after, "an order that holds is not set again");
}
