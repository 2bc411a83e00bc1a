//! Signing in and out, and a person's own sessions.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::session::{SessionLine, SignInView};

/// What the sign-in page offers.
#[server(endpoint = "sign_in_options")]
pub async fn sign_in_options() -> Result<SignInView, Problem> {
    use crate::backend::access::{DEMO_ADDRESSES, DEMO_PASSWORD};
    use crate::model::permission::Role;
    use crate::model::session::DemoAccount;

    let demo = super::backend()?.access.demo();
    let is_signed_in = super::visitor::visitor()?.caller.is_some();
    let account = |(email, role): (&str, _)| DemoAccount { email: email.to_owned(), role };
    let accounts = DEMO_ADDRESSES.into_iter().zip(Role::ALL).map(account);
    Ok(SignInView {
        demo: accounts.filter(|_| demo).collect(),
        demo_password: demo.then(|| DEMO_PASSWORD.to_owned()),
        is_signed_in,
    })
}

/// Signs in and leads to `next`, the page that was asked for.
#[server(endpoint = "sign_in")]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Result<(), Problem> {
    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    let (session, address) = (&visitor.session, visitor.address);
    backend.access.sign_in(session, &email, &password, address, backend.now()).await?;
    super::answer::redirect(own_page(next.as_deref()));
    Ok(())
}

/// Signs in as one of the demo's people; only where the demo is on.
#[server(endpoint = "sign_in_to_demo")]
pub async fn sign_in_to_demo(email: String, next: Option<String>) -> Result<(), Problem> {
    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    backend.access.sign_in_to_demo(&visitor.session, &email).await?;
    super::answer::redirect(own_page(next.as_deref()));
    Ok(())
}

/// Signs out; the browser forgets what it kept of these pages.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Problem> {
    let (backend, visitor) = (super::backend()?, super::visitor::visitor()?);
    backend.access.sign_out(&visitor.session).await?;
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        let (name, value) = crate::web::security::CLEAR_SITE_DATA;
        response.insert_header(name, value);
    }
    super::answer::redirect("/login");
    Ok(())
}

/// The caller's own sessions, the last used first.
#[server(endpoint = "session_list")]
pub async fn session_list() -> Result<Vec<SessionLine>, Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let session = super::visitor::visitor()?.session;
    Ok(backend.access.sessions_view(&caller, &session, backend.now()).await?)
}

/// Ends the caller's sessions everywhere else.
#[server(endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), Problem> {
    let (backend, caller) = (super::backend()?, super::caller()?);
    let session = super::visitor::visitor()?.session;
    backend.access.end_other_sessions(&caller, &session).await?;
    Ok(())
}

/// `next` where it is a page of this site, else the dashboard: nobody is led elsewhere by a link.
pub fn own_page(next: Option<&str>) -> &str {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/api/")
            && !path.starts_with("/login")
            && !path.contains('\\')
            && !path.chars().any(char::is_control)
    };
    next.filter(is_own).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_lands_on_a_page_of_this_site_and_nowhere_else() {
        assert_eq!(own_page(Some("/reports?sort=credits")), "/reports?sort=credits");
        assert_eq!(own_page(None), "/");
        for elsewhere in [
            "https://evil.test",
            "//evil.test",
            "/\\evil.test",
            "evil",
            "",
            "/\tevil",
            "/api/sign_out",
            "/login?next=/login",
        ] {
            assert_eq!(own_page(Some(elsewhere)), "/", "{elsewhere:?}");
        }
    }
}
