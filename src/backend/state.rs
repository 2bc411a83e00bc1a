//! Everything with IO in one cheap handle: what server functions, handlers and jobs are given.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::backend::access::Access;
use crate::backend::clock::Clock;
use crate::backend::documents::{Documents, Seller};
use crate::backend::engine::Engine;
use crate::backend::live::Live;
use crate::backend::payments::{Payments, PaymentsConfig};
use crate::backend::staff::StaffRules;
use crate::backend::store::Db;
use crate::catalogue::Catalogue;
use crate::ledger::Timestamp;

/// How this installation is reached and what it is for. Fixed at start.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The address people use, without a slash at its end: `http://127.0.0.1:3000`.
    pub public_url: String,
    /// Where files that are not in the database lie.
    pub data_folder: PathBuf,
    /// Whether the ready-made demo organisation is shown and offered at sign-in.
    pub demo: bool,
}

/// The backend. Clones share everything.
#[derive(Clone)]
pub struct Backend {
    pub db: Db,
    pub access: Access,
    pub engine: Engine,
    pub live: Live,
    pub payments: Payments,
    pub documents: Documents,
    pub clock: Clock,
    pub catalogue: Arc<Catalogue>,
    pub installation: Arc<Installation>,
    pub staff_rules: StaffRules,
    stop: Arc<watch::Sender<bool>>,
}

impl Backend {
    /// A backend over a database that has been migrated, with an engine of its own.
    ///
    /// # Errors
    /// The TLS library that payments need could not be set up.
    pub fn new(
        db: Db,
        clock: Clock,
        catalogue: Catalogue,
        payments: PaymentsConfig,
        installation: Installation,
    ) -> Result<Self, reqwest::Error> {
        let live = Live::new();
        let engine = Engine::start(db.clone(), clock.clone(), live.clone());
        let payments = Payments::new(db.clone(), engine.clone(), live.clone(), payments)?;
        let seller = Seller::named(&catalogue.name);
        let documents = Documents::new(db.clone(), payments.clone(), seller);
        Ok(Backend {
            access: Access::new(db.clone(), installation.demo),
            db,
            engine,
            live,
            payments,
            documents,
            clock,
            catalogue: Arc::new(catalogue),
            installation: Arc::new(installation),
            staff_rules: StaffRules::default(),
            stop: Arc::new(watch::Sender::new(false)),
        })
    }

    /// The same installation with another clock and an engine of its own that follows it.
    pub fn at(&self, clock: Clock) -> Backend {
        let engine = Engine::start(self.db.clone(), clock.clone(), self.live.clone());
        let payments = self.payments.through(engine.clone());
        let documents = self.documents.through(payments.clone());
        Backend { engine, clock, payments, documents, ..self.clone() }
    }

    /// The same installation, whose documents name this seller.
    pub fn sold_by(&self, seller: Seller) -> Backend {
        Backend { documents: self.documents.sold_by(seller), ..self.clone() }
    }

    /// The same installation, which asks this of its staff.
    pub fn staffed_by(&self, staff_rules: StaffRules) -> Backend {
        Backend { staff_rules, ..self.clone() }
    }

    /// The instant it is now.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_microseconds())
    }

    /// Asks every stream and job to end.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns once [`Backend::stop`] was called.
    pub async fn stopping(&self) {
        let mut stop = self.stop.subscribe();
        // An error means that the sender is gone, which is an end as well.
        let _ = stop.wait_for(|stop| *stop).await;
    }
}
