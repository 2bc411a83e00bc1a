//! Everything with IO in one cheap handle: what server functions, handlers and jobs are given.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::backend::access::Access;
use crate::backend::catalogue::Catalogues;
use crate::backend::clock::Clock;
use crate::backend::documents::{Documents, Seller};
use crate::backend::engine::Engine;
use crate::backend::live::Live;
use crate::backend::mail::{Mail, MailSettings, MailSetupError};
use crate::backend::payments::{Payments, PaymentsConfig};
use crate::backend::staff::StaffRules;
use crate::backend::store::Db;
use crate::backend::webhooks::address::Reach;
use crate::backend::webhooks::courier::{Courier, PATIENCE};
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

/// How often a second an API key may call unless something else was said.
const API_RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// The backend. Clones share everything.
#[derive(Clone)]
pub struct Backend {
    pub db: Db,
    pub access: Access,
    pub engine: Engine,
    pub live: Live,
    pub payments: Payments,
    pub documents: Documents,
    pub mail: Mail,
    /// The way to the endpoints of webhooks.
    pub courier: Courier,
    pub clock: Clock,
    /// The catalogue that was in force when this handle was made: a request sees one catalogue from its
    /// beginning to its end. See [`Backend::current`].
    pub catalogue: Arc<Catalogue>,
    pub catalogues: Catalogues,
    pub installation: Arc<Installation>,
    /// How often a second an API key may call on this node.
    pub api_rate: NonZeroU32,
    pub staff_rules: StaffRules,
    stop: Arc<watch::Sender<bool>>,
}

impl Backend {
    /// A backend over a database that has been migrated, with an engine of its own.
    ///
    /// # Errors
    /// The TLS library that payments and webhooks need could not be set up.
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
        let mail = Mail::off(db.clone(), &installation.public_url);
        Ok(Backend {
            access: Access::new(db.clone(), installation.demo),
            catalogues: Catalogues::new(db.clone(), catalogue.clone()),
            db,
            engine,
            live,
            payments,
            documents,
            mail,
            courier: Courier::new(Reach::Public, PATIENCE)?,
            clock,
            catalogue: Arc::new(catalogue),
            installation: Arc::new(installation),
            api_rate: API_RATE,
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

    /// The same backend with the catalogue that is in force now. Every request and every step of a job
    /// begins with it.
    pub fn current(&self) -> Backend {
        Backend { catalogue: self.catalogues.in_force(self.now()).catalogue, ..self.clone() }
    }

    /// The same installation, whose documents name this seller.
    pub fn sold_by(&self, seller: Seller) -> Backend {
        Backend { documents: self.documents.sold_by(seller), ..self.clone() }
    }

    /// The same installation, whose API keys may call so often a second.
    pub fn called_at_most(&self, api_rate: NonZeroU32) -> Backend {
        Backend { api_rate, ..self.clone() }
    }

    /// The same installation, whose letters go to this mail server.
    ///
    /// # Errors
    /// The server's address is not understood.
    pub fn mailing_through(&self, settings: &MailSettings) -> Result<Backend, MailSetupError> {
        Ok(Backend { mail: self.mail.through(settings)?, ..self.clone() })
    }

    /// The same installation, whose webhooks go through this courier.
    pub fn telling_through(&self, courier: Courier) -> Backend {
        Backend { courier, ..self.clone() }
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
