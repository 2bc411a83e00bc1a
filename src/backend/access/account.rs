//! Accounts and organisations: for the first run, the demo, and the command line of the people who
//! run the installation. Nothing here asks for permission; what people do to each other is in
//! [`members`](super::members) and [`invitation`](super::invitation).

use crate::backend::access::person::{Email, Fields, Name};
use crate::backend::access::{Access, AccessError, password, session};
use crate::backend::id;
use crate::backend::store::founding::UsedUp;
use crate::backend::store::membership::Membership;
use crate::backend::store::organisation::Organisation;
use crate::backend::store::user::User;
use crate::backend::store::{self, StoreError};
use crate::backend::zone::Zone;
use crate::ledger::Currency;
use crate::ledger::id::{DepartmentId, OrganisationId, UserId};
use crate::ledger::time::Timestamp;
use crate::model::Problem;
use crate::model::permission::Role;

/// What a new person types.
#[derive(Clone)]
pub struct NewUser {
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub email: String,
    /// The password they chose.
    pub password: String,
}

/// What a new organisation is.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// Its name.
    pub name: String,
    /// ISO-4217 code of the currency it pays in.
    pub currency: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Name of the catalogue it buys from.
    pub catalogue: String,
}

impl Access {
    /// Writes a new account that belongs nowhere yet.
    ///
    /// # Errors
    /// 422 with the fields that are wrong, 409 when the address has an account; or something broke.
    pub async fn create_user(&self, new: &NewUser, now: Timestamp) -> Result<UserId, AccessError> {
        let user = self.user(new, now).await?;
        store::user::insert(&self.db, &user).await.map_err(or_taken)?;
        Ok(user.id)
    }

    /// Gives the account of `email` another password and ends all its sessions.
    ///
    /// # Errors
    /// 404 when there is no such account, 422 for a weak password; or something broke.
    pub async fn set_password(&self, email: &str, new: &str) -> Result<UserId, AccessError> {
        let user = store::user::find_by_email(&self.db, email).await?;
        let user = user.ok_or_else(|| Problem::not_found("account"))?;
        password::check(new, &user.name, &user.email)
            .map_err(|weak| Problem::invalid_field("password", weak.to_string()))?;
        let hash = self.passwords.hash(new).await?;
        store::user::set_password(&self.db, &user.id, &hash).await?;
        session::end_all(&self.db, &user.id, None).await?;
        Ok(user.id)
    }

    /// Makes the account of `email` one of those who run the installation, or no longer. It takes effect
    /// with their next request.
    ///
    /// # Errors
    /// 404 when there is no such account; or the database failed.
    pub async fn set_staff(&self, email: &str, staff: bool) -> Result<UserId, AccessError> {
        let user = store::user::find_by_email(&self.db, email).await?;
        let user = user.ok_or_else(|| Problem::not_found("account"))?;
        store::user::set_staff(&self.db, &user.id, staff).await?;
        Ok(user.id)
    }

    /// Makes an organisation with a new account as its superadmin, both or neither.
    ///
    /// # Errors
    /// 422 with the fields that are wrong, 409 when the address has an account; or something broke.
    pub async fn found_organisation(
        &self,
        owner: &NewUser,
        organisation: &NewOrganisation,
        now: Timestamp,
    ) -> Result<(UserId, OrganisationId), AccessError> {
        let founded = self.found(owner, organisation, None, now).await?;
        founded.ok_or_else(|| Problem::not_found("set-up").into())
    }

    /// Makes an account a member of an organisation, or a member again.
    ///
    /// # Errors
    /// 404 when the department is not the organisation's; or the database failed.
    pub async fn add_member(
        &self,
        organisation: &OrganisationId,
        user: &UserId,
        role: Role,
        department: Option<&DepartmentId>,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        self.check_department(organisation, department).await?;
        let membership = Membership {
            organisation: organisation.clone(),
            user: user.clone(),
            role,
            department: department.cloned(),
            created_at: now,
            ended_at: None,
        };
        Ok(store::membership::upsert(&self.db, &membership).await?)
    }

    /// Founds an organisation and uses up a setting; `None` when that setting is not there.
    pub(super) async fn found(
        &self,
        owner: &NewUser,
        organisation: &NewOrganisation,
        used_up: Option<UsedUp<'_>>,
        now: Timestamp,
    ) -> Result<Option<(UserId, OrganisationId)>, AccessError> {
        let organisation = organisation_row(organisation, now)?;
        // Whoever sets the installation up runs it.
        let owner = User { staff: used_up.is_some(), ..self.user(owner, now).await? };
        let done = store::founding::found(&self.db, &organisation, &owner, used_up).await;
        Ok(done.map_err(or_taken)?.then_some((owner.id, organisation.id)))
    }

    /// The row of a new account, its password hashed.
    pub(super) async fn user(&self, new: &NewUser, now: Timestamp) -> Result<User, AccessError> {
        let mut fields = Fields::default();
        let name = fields.read("name", Name::parse(&new.name));
        let email = fields.read("email", Email::parse(&new.email));
        let strength = password::check(&new.password, &new.name, &new.email);
        let strength = fields.read("password", strength);
        let (Some(name), Some(email), Some(())) = (name, email, strength) else {
            return Err(fields.problem().into());
        };
        Ok(User {
            id: id::fresh(now, UserId::from_uuid_simple),
            email: email.as_str().to_owned(),
            name: name.as_str().to_owned(),
            password_hash: self.passwords.hash(&new.password).await?,
            staff: false,
            created_at: now,
        })
    }

    /// A department that people are put in is the organisation's own and in use.
    pub(super) async fn check_department(
        &self,
        organisation: &OrganisationId,
        department: Option<&DepartmentId>,
    ) -> Result<(), AccessError> {
        let Some(department) = department else { return Ok(()) };
        let found = store::department::find(&self.db, organisation, department).await?;
        match found {
            Some(found) if found.archived_at.is_none() => Ok(()),
            _ => Err(Problem::not_found("department").into()),
        }
    }
}

fn organisation_row(new: &NewOrganisation, now: Timestamp) -> Result<Organisation, Problem> {
    let mut fields = Fields::default();
    let name = fields.read("organisation", Name::parse(&new.name));
    let currency = fields.read("currency", Currency::parse(&new.currency));
    let zone = fields.read("time_zone", Zone::of(&new.time_zone));
    let (Some(name), Some(currency), Some(zone)) = (name, currency, zone) else {
        return Err(fields.problem());
    };
    Ok(Organisation {
        id: id::fresh(now, OrganisationId::from_uuid_simple),
        name: name.as_str().to_owned(),
        currency: currency.to_string(),
        time_zone: zone.name().to_owned(),
        catalogue: new.catalogue.clone(),
        created_at: now,
    })
}

/// A taken mail address is the person's to cure, everything else is ours.
pub(super) fn or_taken(error: StoreError) -> AccessError {
    match error {
        StoreError::Conflict { .. } => {
            let detail = "There is an account with this mail address already.";
            Problem::conflict("email_taken", detail)
                .with_cure("Sign in with it, or use another address.")
                .into()
        }
        broken => broken.into(),
    }
}
