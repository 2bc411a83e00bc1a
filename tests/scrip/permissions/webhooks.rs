//! Webhooks of Northwind for the tables. Nothing is ever sent to them: they lie inside.

use crate::support::premises::Premises;
use scrip::backend::id;
use scrip::backend::store::webhook_delivery::{self, NewDelivery, Reached};
use scrip::backend::store::webhook_endpoint::{self, Endpoint};
use scrip::model::webhook_pages::EndpointState;
use scrip::model::webhooks::{EventKind, Kinds, MOST_ENDPOINTS};

/// What people call the one that is switched off and deleted again and again.
const OLD: &str = "Old";

/// Makes an endpoint: its id.
pub async fn endpoint(premises: &Premises, name: &str) -> String {
    let now = premises.backend.now();
    let endpoint = Endpoint {
        organisation: premises.northwind.clone(),
        id: format!("whe_{}", id::uuid_simple(now)),
        name: name.to_owned(),
        url: "https://127.0.0.1:9/".to_owned(),
        kinds: Kinds::Everything,
        state: EndpointState::On,
        secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
        secret_before: None,
        rotation: 0,
        version: 1,
        told_through: 0,
        place: 0,
        failing_since: None,
        created_at: now,
        created_by: None,
    };
    let most = MOST_ENDPOINTS + 1;
    assert!(webhook_endpoint::insert(&premises.backend.db, &endpoint, most).await.unwrap());
    endpoint.id
}

/// Writes something down that the first endpoint is to be told: its id.
pub async fn delivery(premises: &Premises) -> String {
    let db = &premises.backend.db;
    let all = webhook_endpoint::list(db, &premises.northwind).await.unwrap();
    let first = &all[0].endpoint;
    let new = NewDelivery {
        id: "msg_one".to_owned(),
        kind: EventKind::WebhookTest,
        about: "test:one".to_owned(),
        body: "{}".to_owned(),
    };
    let reached = Reached {
        organisation: &premises.northwind,
        endpoint: &first.id,
        place: first.place,
        told_through: first.told_through,
    };
    let now = premises.backend.now();
    assert!(webhook_delivery::write(db, reached, first.told_through, &[new], now).await.unwrap());
    "msg_one".to_owned()
}

/// What forms about them hold now.
pub struct Known {
    /// One that may be switched off and deleted.
    pub old: String,
    pub version: String,
    pub rotation: String,
}

impl Known {
    /// Now that `main` is the one that stays.
    pub async fn of(premises: &Premises, main: &str) -> Known {
        let db = &premises.backend.db;
        let all = webhook_endpoint::list(db, &premises.northwind).await.unwrap();
        let old = match all.iter().find(|listed| listed.endpoint.name == OLD) {
            Some(old) => old.endpoint.id.clone(),
            None => endpoint(premises, OLD).await,
        };
        let main = all.iter().map(|listed| &listed.endpoint).find(|one| one.id == main).unwrap();
        Known { old, version: main.version.to_string(), rotation: main.rotation.to_string() }
    }
}
