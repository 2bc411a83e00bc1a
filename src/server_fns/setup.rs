//! The first run: the owner and their organisation, with the link from the log.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::session::SetupView;

/// The set-up page; 404 without the right link.
#[server(endpoint = "setup_form")]
pub async fn setup_form(token: String) -> Result<SetupView, Problem> {
    use crate::backend::access::Token;

    let backend = super::backend()?;
    if !backend.access.setup_is_open(&Token::received(&token)).await? {
        return Err(Problem::not_found("set-up").with_cure("Use the link that the log shows."));
    }
    Ok(SetupView {
        catalogue: backend.catalogue.name.clone(),
        currency: backend.catalogue.currency.to_string(),
        time_zones: crate::backend::zone::Zone::names().map(str::to_owned).collect(),
    })
}

/// Makes the owner and the organisation, and signs the owner in.
#[server(endpoint = "complete_setup")]
pub async fn complete_setup(
    token: String,
    name: String,
    email: String,
    password: String,
    organisation: String,
    time_zone: String,
) -> Result<(), Problem> {
    use crate::backend::access::{NewOrganisation, NewUser, Token};

    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    let owner = NewUser { name, email, password };
    let terms = NewOrganisation {
        name: organisation,
        currency: backend.catalogue.currency.to_string(),
        time_zone,
        catalogue: backend.catalogue.code.clone(),
    };
    let (session, token) = (&visitor.session, Token::received(&token));
    backend.access.complete_setup(session, &token, &owner, &terms, backend.now()).await?;
    super::answer::redirect("/");
    Ok(())
}
