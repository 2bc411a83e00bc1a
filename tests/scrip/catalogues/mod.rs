//! The five catalogues that ship, each driven through a person's story with the figures that must be true of
//! it; and catalogues, quotes and prices as such.

mod ad_compliance;
mod ai_suite;
mod campaigns;
mod canvas;
mod event_photos;
mod pages;
mod quotes;
mod versions;

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor};
use scrip::backend::engine::SubmitError;
use scrip::backend::jobs::Step;
use scrip::backend::quotes::KeptQuote;
use scrip::backend::store;
use scrip::catalogue::parse::{from_toml, shipped};
use scrip::catalogue::{Catalogue, QuoteRequest};
use scrip::ledger::command::{Grant, MakeHold};
use scrip::ledger::time::HOUR;
use scrip::ledger::{
    Actor, Attribution, Command, Credits, HoldId, IdempotencyKey, LotId, Operation, Order,
    OrganisationId, Origin, Refusal, ReportId, Source, Timestamp, UserId,
};

/// A catalogue that ships.
fn catalogue(name: &str) -> Catalogue {
    from_toml(name, shipped(name).expect("it ships")).unwrap_or_else(|error| panic!("{error}"))
}

fn credits(text: &str) -> Credits {
    text.parse().expect("credits")
}

/// What a person reads in the page's main part.
fn says(page: &Page, text: &str) {
    let main = page.texts("main").join(" ");
    assert!(main.contains(text), "“{text}” in: {main}");
}

/// An installation that sells by one of the catalogues, and in it Southwind, which begins with nothing; its
/// superadmin Otto; and the product whose work costs its credits.
struct Shop {
    premises: Premises,
    organisation: OrganisationId,
    otto: UserId,
    made: AtomicU32,
}

impl Shop {
    async fn open(database: TestDatabase, name: &str) -> Shop {
        let premises = Premises::selling(database, catalogue(name)).await;
        let db = &premises.backend.db;
        let otto = store::user::find_by_email(db, "otto@southwind.test").await.unwrap().unwrap().id;
        let organisation =
            store::identity::of_user(db, &otto).await.unwrap()[0].organisation.clone();
        Shop { premises, organisation, otto, made: AtomicU32::new(0) }
    }

    async fn otto(&self) -> Visitor {
        self.premises.stranger().await
    }

    fn now(&self) -> Timestamp {
        self.premises.backend.now()
    }

    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn order(&self, command: Command) -> Result<(), Refusal> {
        let order = Order {
            key: IdempotencyKey::parse(&format!("shop:{}", self.number())).unwrap(),
            actor: Actor::Member(self.otto.clone()),
            occurred_at: self.now(),
            command,
        };
        match self.premises.backend.engine.submit(&self.organisation, order).await {
            Ok(_) => Ok(()),
            Err(SubmitError::Refused(refusal)) => Err(refusal),
            Err(error) => panic!("the ledger: {error}"),
        }
    }

    async fn grant(&self, source: Source, amount: &str) {
        let lot = LotId::parse(&format!("lot_{}", self.number())).unwrap();
        let mut grant = Grant::plain(lot, source, credits(amount), Origin::Signup);
        let rank = self.premises.backend.catalogue.spending.priority(source);
        grant.priority = Some(rank);
        self.order(Command::Grant(Box::new(grant))).await.unwrap();
    }

    /// The price that the product is told before it works.
    async fn quote(&self, operation: &str, inputs: &[(&str, &str)]) -> KeptQuote {
        let request = QuoteRequest::of(operation, inputs.iter().copied());
        let by = Actor::Member(self.otto.clone());
        let quote = self.premises.backend.make_quote(&self.organisation, by, &request).await;
        quote.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sets the dearest price of a quote aside, as every product does before it works.
    async fn hold(&self, kept: &KeptQuote) -> Result<HoldId, Refusal> {
        let hold = HoldId::parse(&format!("hold_{}", self.number())).unwrap();
        let attribution = Attribution {
            member: Some(self.otto.clone()),
            operation: Some(Operation::parse(&kept.quote.operation).unwrap()),
            report: Some(ReportId::parse(&format!("rep_{}", self.number())).unwrap()),
            quote: Some(kept.id.clone()),
            ..Attribution::default()
        };
        let make = MakeHold {
            hold: hold.clone(),
            amount: kept.quote.most,
            deadline: self.now().plus(HOUR),
            over_settle: kept.quote.over_settle,
            attribution,
        };
        self.order(Command::Hold(make)).await.map(|()| hold)
    }

    async fn settle(&self, hold: &HoldId, amount: &str) {
        let settle = Command::Settle { hold: hold.clone(), amount: credits(amount) };
        self.order(settle).await.unwrap();
    }

    async fn release(&self, hold: &HoldId) {
        self.order(Command::Release { hold: hold.clone() }).await.unwrap();
    }

    /// Quotes, holds and settles at the dearest.
    async fn run(&self, operation: &str, inputs: &[(&str, &str)]) {
        let kept = self.quote(operation, inputs).await;
        let hold = self.hold(&kept).await.expect("it is covered");
        self.settle(&hold, &kept.quote.most.to_string()).await;
    }

    /// What the banner says above every page, once everybody was told what there is to tell.
    async fn banner(&self, visitor: &Visitor) -> Option<String> {
        self.premises.tell().await;
        visitor.get("/").await.texts("[data-testid=banner]").pop()
    }

    async fn available(&self) -> String {
        let view = self.premises.backend.balance_view(&self.organisation).await.unwrap();
        view.available.to_string()
    }

    /// The sources that have something left, in spending order, as the header's popover lists them.
    async fn sources(&self) -> Vec<(String, String)> {
        let backend = &self.premises.backend;
        let organisation = backend.organisation(&self.organisation).await.unwrap();
        let details = backend.balance_details(&organisation).await.unwrap();
        let line = |one: scrip::model::frame::SourceLine| (one.label, one.available.to_string());
        details.sources.into_iter().map(line).collect()
    }

    async fn give_free_plans(&self) {
        let (backend, now) = (&self.premises.backend, self.now());
        while backend.payments.free_plan_step(&backend.catalogue, now).await.unwrap() == Step::Done
        {
        }
    }

    async fn books_are_right(&self) {
        let db = &self.premises.backend.db;
        let report = scrip::backend::engine::verify(db, &self.organisation).await.unwrap();
        assert!(report.difference.is_none(), "{:?}", report.difference);
    }
}
