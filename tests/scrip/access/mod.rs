//! Identity, through its public surface, on both databases: who gets in, who stays out, what a session
//! is worth, who may change whom.

mod invitations;
mod members;
mod sessions;
mod sign_in;

use crate::support::database::TestDatabase;
use scrip::backend::access::{
    Access, Caller, ClientAddress, NewOrganisation, NewUser, session::Sessions,
};
use scrip::backend::clock::Clock;
use scrip::backend::store::Db;
use scrip::ledger::time::SECOND;
use scrip::ledger::{OrganisationId, Timestamp, UserId};
use scrip::model::permission::Role;
use std::sync::Arc;
use tower_sessions::Session;

/// The instant at which every story begins.
pub const START: i64 = 1_790_000_000_000_000;
/// A password that the rules accept.
pub const PASSWORD: &str = "a lamp in the harbour";
/// Where the visitors of these stories sit.
pub const ADDRESS: ClientAddress =
    ClientAddress(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

/// An installation with two organisations; the second is there to be out of reach.
pub struct Office {
    pub db: Db,
    pub clock: Clock,
    pub access: Access,
    pub organisation: OrganisationId,
    pub other_organisation: OrganisationId,
}

impl Office {
    /// Northwind with its superadmin `sue@northwind.test`, Southwind with `otto@southwind.test`.
    pub async fn open(database: &TestDatabase) -> Office {
        let db = database.db.clone();
        let clock = Clock::manual(START);
        let access = Access::new(db.clone(), true);
        let now = Timestamp(START);
        let (_, organisation) = access
            .found_organisation(&new_user("sue"), &northwind("Northwind"), now)
            .await
            .unwrap();
        let otto = NewUser { email: "otto@southwind.test".into(), ..new_user("otto") };
        let (_, other_organisation) =
            access.found_organisation(&otto, &northwind("Southwind"), now).await.unwrap();
        Office { db, clock, access, organisation, other_organisation }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_microseconds())
    }

    /// Another member of Northwind, `name@northwind.test`, a second later than everyone before.
    pub async fn member(&self, name: &str, role: Role) -> UserId {
        self.clock.advance(SECOND);
        let user = self.access.create_user(&new_user(name), self.now()).await.unwrap();
        self.access.add_member(&self.organisation, &user, role, None, self.now()).await.unwrap();
        user
    }

    /// A session as a browser without a cookie has it.
    pub fn fresh_session(&self) -> Session {
        fresh_session(&self.db, &self.clock)
    }

    /// The session that another request with this session's cookie finds.
    pub fn same_cookie(&self, session: &Session) -> Session {
        let sessions = Sessions::new(self.db.clone(), self.clock.clone());
        Session::new(session.id(), Arc::new(sessions), None)
    }

    /// Signs in with the right password.
    pub async fn sign_in(&self, email: &str) -> (Session, Caller) {
        let session = self.fresh_session();
        let signed_in =
            self.access.sign_in(&session, email, PASSWORD, ADDRESS, self.now()).await.unwrap();
        (session, signed_in)
    }

    /// The caller as the next request resolves them.
    pub async fn caller(&self, email: &str) -> Caller {
        self.sign_in(email).await.1
    }
}

/// A session as a browser without a cookie has it.
pub fn fresh_session(db: &Db, clock: &Clock) -> Session {
    Session::new(None, Arc::new(Sessions::new(db.clone(), clock.clone())), None)
}

/// A person of Northwind as they sign up.
pub fn new_user(name: &str) -> NewUser {
    NewUser {
        name: name.into(),
        email: format!("{name}@northwind.test"),
        password: PASSWORD.into(),
    }
}

fn northwind(name: &str) -> NewOrganisation {
    NewOrganisation {
        name: name.into(),
        currency: "USD".into(),
        time_zone: "Europe/Vienna".into(),
        catalogue: "ad-compliance".into(),
    }
}
