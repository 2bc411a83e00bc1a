//! Analyses from hand-in to receipt, on both databases: what is held, what is charged, what comes back,
//! and that a program killed at any point charges once and loses nothing.

mod killed;
mod refused;
mod shown;
mod walked;

use crate::support::database::TestDatabase;
use scrip::backend::access::{Access, Caller, NewOrganisation, NewUser};
use scrip::backend::clock::Clock;
use scrip::backend::jobs::{self, Step};
use scrip::backend::payments::PaymentsConfig;
use scrip::backend::reports::{self, ReportError, Submission, Upload};
use scrip::backend::state::{Backend, Installation};
use scrip::backend::store::department::{self, Department};
use scrip::ledger::budget::BudgetKind;
use scrip::ledger::command::{Grant, SetBudget};
use scrip::ledger::{
    Actor, Command, Credits, DepartmentId, IdempotencyKey, LotId, Order, OrganisationId, Origin,
    ReportId, Source, Subject, Timestamp, UserId, Window,
};
use scrip::model::Problem;
use scrip::model::permission::Role;
use scrip::model::reports::{ReceiptState, ReportView};

/// The instant at which every story begins.
const START: i64 = 1_790_000_000_000_000;

const SQUARE: &[u8] = include_bytes!("../../fixtures/banner-square.png");
const STORY: &[u8] = include_bytes!("../../fixtures/story.png");
const BROKEN: &[u8] = include_bytes!("../../fixtures/broken.png");

/// Northwind with ten credits, its superadmin, an admin and two members of the department Brand; and
/// Southwind, which is there to be out of reach.
pub struct Desk {
    pub backend: Backend,
    pub clock: Clock,
    pub superadmin: Caller,
    pub admin: Caller,
    pub member: Caller,
    pub colleague: Caller,
    pub stranger: Caller,
    pub brand: DepartmentId,
}

impl Desk {
    pub async fn open(database: &TestDatabase) -> Desk {
        let clock = Clock::manual(START);
        let installation = Installation {
            public_url: "http://127.0.0.1:3000".into(),
            data_folder: std::env::temp_dir(),
            demo: false,
        };
        let catalogue = scrip::catalogue::parse::built_in();
        let payments = PaymentsConfig::sandbox(
            "http://127.0.0.1:9",
            "sk_test_aaaaaaaaaaaaaaaaaaaaaaaa",
            "whsec_bbbbbbbbbbbbbbbbbbbbbbbb",
        );
        let backend = Backend::new(
            database.db.clone(),
            clock.clone(),
            catalogue,
            payments.unwrap(),
            installation,
        )
        .unwrap();
        let (superadmin, organisation) = found(&backend, "sue", "Northwind").await;
        let (stranger, _) = found(&backend, "otto", "Southwind").await;
        let brand = DepartmentId::parse("dep_brand").unwrap();
        let new = Department {
            organisation: organisation.clone(),
            id: brand.clone(),
            name: "Brand".into(),
            created_at: Timestamp(START),
            archived_at: None,
        };
        department::insert(&backend.db, &new).await.unwrap();
        let admin = join(&backend, &organisation, "ada", Role::Admin, None).await;
        let member = join(&backend, &organisation, "mia", Role::Member, Some(&brand)).await;
        let colleague = join(&backend, &organisation, "jon", Role::Member, Some(&brand)).await;
        let desk = Desk { backend, clock, superadmin, admin, member, colleague, stranger, brand };
        desk.grant("ten", Source::Purchased, "10").await;
        desk
    }

    pub fn now(&self) -> Timestamp {
        self.backend.now()
    }

    pub async fn grant(&self, name: &str, source: Source, amount: &str) {
        let lot = LotId::parse(&format!("lot_{name}")).unwrap();
        let grant = Grant::plain(lot, source, credits(amount), Origin::Signup);
        self.order(&format!("grant:{name}"), Command::Grant(Box::new(grant))).await;
    }

    pub async fn limit_brand(&self, limit: &str) {
        let set = SetBudget {
            subject: Subject::Department(self.brand.clone()),
            kind: BudgetKind::Cap,
            window: Window::Forever,
            limit: Some(credits(limit)),
            used_so_far: Credits::ZERO,
        };
        self.order(&format!("limit:brand:{limit}"), Command::SetBudget(set)).await;
    }

    async fn order(&self, key: &str, command: Command) {
        let order = Order {
            key: IdempotencyKey::parse(key).unwrap(),
            actor: Actor::System,
            occurred_at: self.now(),
            command,
        };
        self.backend.engine.submit(&self.member.organisation, order).await.unwrap();
    }

    pub async fn start(&self, submission: Submission) -> Result<ReportId, Problem> {
        self.start_as(&self.member, submission).await
    }

    pub async fn start_as(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<ReportId, Problem> {
        match reports::start(&self.backend, caller, submission).await {
            Ok(id) => Ok(id),
            Err(ReportError::Refused(problem)) => Err(*problem),
            Err(error) => panic!("something broke: {error}"),
        }
    }

    /// Something else uses credits.
    pub async fn spend(&self, amount: &str) {
        let attribution = scrip::ledger::Attribution::default();
        self.order("other work", Command::Charge { amount: credits(amount), attribution }).await;
    }

    /// Does everything that waits.
    pub async fn work(&self) {
        while jobs::analysis::step(&self.backend, self.now()).await.unwrap() == Step::Done {}
    }

    pub async fn report(&self, id: &ReportId) -> ReportView {
        reports::view(&self.backend, &self.member, id).await.unwrap()
    }

    /// Available and held, as text.
    pub async fn balance(&self) -> (String, String) {
        let organisation = &self.member.organisation;
        let view = self.backend.engine.balance(organisation, self.now()).await.unwrap();
        (view.available.to_string(), view.held.to_string())
    }

    /// Writes to the report's row what a program killed at some point would have left there.
    pub async fn leave_behind(&self, id: &ReportId, change: &str) {
        let statement = format!("update report set {change} where id = '{id}'");
        scrip::on!(&self.backend.db, write pool => {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(pool).await.map(drop)
        })
        .unwrap();
    }

    /// How many transactions of each kind the journal has for the report.
    pub async fn booked(&self, id: &ReportId) -> Vec<String> {
        let organisation = &self.member.organisation;
        let journal =
            scrip::backend::store::journal::range(&self.backend.db, organisation, 1, 1_000);
        journal
            .await
            .unwrap()
            .into_iter()
            .filter(|transaction| transaction.attribution.report.as_ref() == Some(id))
            .map(|transaction| transaction.kind.code().to_owned())
            .collect()
    }
}

/// An ad of one text and these images, with the price that its page would have shown.
pub fn ad(form_key: &str, images: &[&[u8]]) -> Submission {
    let files: Vec<Upload> =
        (1..).zip(images).map(|(number, bytes)| image(number, bytes)).collect();
    Submission {
        form_key: form_key.into(),
        title: "Spring tea".into(),
        text: "A calm cup of tea for your afternoon.".into(),
        files_seen: files.len() as u64,
        bytes_seen: files.iter().map(|file| file.size).sum(),
        files,
        quoted: (images.len() + 1).to_string(),
        heads_only: false,
    }
}

fn image(number: usize, bytes: &[u8]) -> Upload {
    Upload::whole(&format!("image-{number}.png"), "image/png", bytes.to_vec())
}

pub fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

/// What was charged, by the report's page.
pub fn charged(view: &ReportView) -> String {
    match &view.receipt.state {
        ReceiptState::Charged { credits, .. } => credits.to_string(),
        other => format!("{other:?}"),
    }
}

async fn found(backend: &Backend, name: &str, organisation: &str) -> (Caller, OrganisationId) {
    let new = NewOrganisation {
        name: organisation.into(),
        currency: "USD".into(),
        time_zone: "Europe/Berlin".into(),
        catalogue: "ad-compliance".into(),
    };
    let (user, organisation) = Access::new(backend.db.clone(), false)
        .found_organisation(&person(name), &new, backend.now())
        .await
        .unwrap();
    (caller(backend, &user, &organisation).await, organisation)
}

async fn join(
    backend: &Backend,
    organisation: &OrganisationId,
    name: &str,
    role: Role,
    department: Option<&DepartmentId>,
) -> Caller {
    let access = Access::new(backend.db.clone(), false);
    let user = access.create_user(&person(name), backend.now()).await.unwrap();
    access.add_member(organisation, &user, role, department, backend.now()).await.unwrap();
    caller(backend, &user, organisation).await
}

fn person(name: &str) -> NewUser {
    NewUser {
        name: name.into(),
        email: format!("{name}@example.test"),
        password: "a lamp in the harbour".into(),
    }
}

async fn caller(backend: &Backend, user: &UserId, organisation: &OrganisationId) -> Caller {
    let identities = scrip::backend::store::identity::of_user(&backend.db, user).await.unwrap();
    let found = identities.into_iter().find(|found| found.organisation == *organisation);
    found.expect("a member").into()
}
