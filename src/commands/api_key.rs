//! `scrip api-key`: keys for programs, from the command line.

use clap::{Args, Subcommand};
use scrip::backend::access::Access;
use scrip::backend::access::api_keys::{Maker, Mode, NewApiKey};
use scrip::backend::clock::Clock;
use scrip::backend::id;
use scrip::backend::payments::{PaymentsChoice, PaymentsConfig};
use scrip::backend::store::{self, Db};
use scrip::ledger::{ApiKeyId, DepartmentId, OrganisationId, Timestamp};
use scrip::model::Problem;
use scrip::model::api_keys::{Scope, Scopes};
use scrip::model::permission::Role;

use super::{Outcome, Place};

/// Make an API key, list an organisation's keys, or end one.
#[derive(Subcommand)]
pub enum ApiKey {
    /// Make a key and print its secret, once, on standard output.
    Create(Create),
    /// The organisation's keys: id, beginning of the secret, scopes, name.
    List {
        /// The organisation's id: org_…
        #[arg(long)]
        organisation: OrganisationId,
    },
    /// End a key at once and for good.
    Revoke {
        /// The organisation's id: org_…
        #[arg(long)]
        organisation: OrganisationId,
        /// The key's id: key_…
        #[arg(long)]
        key: ApiKeyId,
    },
}

#[derive(Args)]
pub struct Create {
    /// The organisation's id: org_…
    #[arg(long)]
    organisation: OrganisationId,
    /// What uses the key.
    #[arg(long)]
    name: String,
    /// What it may do: read, spend, reverse or grant. May be given several times.
    #[arg(long = "scope", required = true)]
    scopes: Vec<Scope>,
    /// The department that pays for what it does: dep_…
    #[arg(long)]
    department: Option<DepartmentId>,
    /// The account of staff that answers for a key with the scope grant.
    #[arg(long)]
    by: Option<String>,
}

impl ApiKey {
    pub async fn run(self, place: Place) -> Outcome {
        let db = place.database().await?;
        let now = Timestamp(Clock::System.now_microseconds());
        match self {
            ApiKey::Create(create) => create.run(&db, now).await,
            ApiKey::List { organisation } => list(&db, &organisation, now).await,
            ApiKey::Revoke { organisation, key } => {
                let revoked = store::api_key::revoke(&db, &organisation, &key, None, now).await;
                match revoked.map_err(|error| error.to_string())? {
                    true => println!("{key} works no longer."),
                    false => return Err(format!("{organisation} has no key {key} that works")),
                }
                Ok(())
            }
        }
    }
}

impl Create {
    async fn run(self, db: &Db, now: Timestamp) -> Outcome {
        let found = store::organisation::find(db, &self.organisation).await;
        if found.map_err(|error| error.to_string())?.is_none() {
            return Err(format!("there is no organisation {}", self.organisation));
        }
        let scopes = Scopes::of(self.scopes.iter().copied());
        let user = match &self.by {
            Some(email) => Some(staff(db, email).await?),
            None if scopes.contains(Scope::Grant) => {
                return Err(
                    "a key that may grant needs --by with the address of an account of staff"
                        .to_owned(),
                );
            }
            None => None,
        };
        // Whoever sits here runs the installation.
        let maker =
            Maker { organisation: self.organisation, user, role: Role::Superadmin, staff: true };
        let new = NewApiKey {
            id: id::fresh(now, ApiKeyId::from_uuid_simple),
            name: self.name,
            scopes,
            department: self.department,
        };
        let access = Access::new(db.clone(), false);
        let made = access.create_api_key(&maker, &new, mode()?, now).await;
        let made = made.map_err(|error| told(Problem::from(error)))?;
        eprintln!("Made {} ({}). Its secret is shown only now:", made.id, made.name);
        println!("{}", made.secret.reveal());
        Ok(())
    }
}

async fn staff(db: &Db, email: &str) -> Outcome<scrip::ledger::UserId> {
    let found = store::user::find_by_email(db, &email.trim().to_lowercase()).await;
    let found = found.map_err(|error| error.to_string())?.filter(|user| user.staff);
    Ok(found.ok_or_else(|| format!("{email} is no account of staff (see scrip user staff)"))?.id)
}

async fn list(db: &Db, organisation: &OrganisationId, now: Timestamp) -> Outcome {
    let keys = store::api_key::list(db, organisation, now).await;
    for listed in keys.map_err(|error| error.to_string())? {
        let (key, prefix) = (listed.key, listed.prefix);
        let state = if listed.revoked_at.is_some() { "revoked" } else { "works" };
        println!("{}  {prefix}…  {state}  {}  {}", key.id, key.scopes, key.name);
    }
    Ok(())
}

/// Whether money moves here.
fn mode() -> Outcome<Mode> {
    let choice = PaymentsConfig::from_environment().map_err(|error| error.to_string())?;
    Ok(match choice {
        PaymentsChoice::Stripe(config) if config.livemode() => Mode::Live,
        PaymentsChoice::Stripe(_) | PaymentsChoice::Sandbox => Mode::Test,
    })
}

fn told(problem: Problem) -> String {
    format!("{} {}", problem.detail, problem.cure.unwrap_or_default())
}
