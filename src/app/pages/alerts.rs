//! `/settings/alerts`: what the organisation and oneself are told of, and how.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::layout;
use crate::app::pages::alert_parts::badge;
use crate::app::pages::alert_rules::{Owner, rules};
use crate::app::ui::{FormProblem, Head, PageHead, TableCard, Time};
use crate::model::alerts::{AlertView, AlertsPage, LetterLine, MailChoice};
use crate::model::frame::Frame;
use crate::model::permission::Action;
use crate::server_fns::alerts::load_alerts;

/// The page.
pub fn page() -> impl IntoView {
    let test = use_query_map().with_untracked(|query| query.get("test"));
    layout::page("Alerts", move || load_alerts(test.clone()), show)
}

fn show(page: AlertsPage, frame: &Frame) -> impl IntoView + use<> {
    let manages = frame.viewer.may(Action::ManageAlerts);
    let lede = "What you are told before it hurts: in the inbox, as a banner, and by mail.";
    let organisation = frame.viewer.organisation_name.clone();
    view! {
        <PageHead title="Alerts" lede=lede>
            <a class="button" href="/inbox">"Inbox"</a>
        </PageHead>
        <FormProblem function="choose_alert_mail"/>
        <FormProblem function="send_test_mail"/>
        <div class="stack">
            {manages.then(|| standing(page.standing))}
            {manages.then(|| view! {
                <section class="stack tight" aria-labelledby="organisation-heading">
                    <h2 id="organisation-heading">{format!("What {organisation} is told")}</h2>
                    <p class="soft">{page.base} " Each level tells once, and again only after the figure has been above it."</p>
                    {rules(page.organisation, Owner::Organisation)}
                </section>
            })}
            <section class="stack tight" aria-labelledby="own-heading">
                <h2 id="own-heading">"What only you are told"</h2>
                {rules(page.own, Owner::Viewer)}
            </section>
            {mail(page.mail_choice, &page.email)}
            {manages.then(|| test(page.mail_is_set_up, page.test, page.form_key, &page.email))}
            {manages.then(|| letters(page.letters))}
        </div>
    }
}

fn standing(alerts: Vec<AlertView>) -> impl IntoView {
    let columns = vec![Head::Text("What"), Head::Text(""), Head::Text("Since")];
    let row = |alert: AlertView| {
        let tone = badge(&alert);
        view! {
            <tr>
                <th scope="row"><span class="person"><span>{alert.title}</span><span class="soft small">{alert.detail}</span></span></th>
                <td data-label="How bad">{tone}</td>
                <td data-label="Since"><Time at=alert.at/></td>
            </tr>
        }
    };
    let rows: Vec<_> = alerts.into_iter().map(row).collect();
    view! { <TableCard heading="What stands now" order="the worst first" columns rows none="Nothing: all is well."/> }
}

fn mail(choice: MailChoice, email: &str) -> impl IntoView + use<> {
    let choices = MailChoice::ALL
        .map(|one| {
            let id = format!("mail-{}", one.as_str());
            let labelled = id.clone();
            view! {
                <label class="check" for=labelled>
                    <input id=id type="radio" name="choice" value=one.as_str() checked=one == choice/>
                    {one.label()}
                </label>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="mail-heading">
            <header><h2 id="mail-heading">"Your mail"</h2></header>
            <form class="stack tight" method="post" action="/api/choose_alert_mail">
                <fieldset class="field">
                    <legend>{format!("To {email}, of what you are told:")}</legend>
                    <div class="stack tight">{choices}</div>
                </fieldset>
                <div class="row"><button class="button small" type="submit">"Save"</button></div>
            </form>
        </section>
    }
}

fn test(
    is_set_up: bool,
    sent: Option<LetterLine>,
    form_key: String,
    email: &str,
) -> impl IntoView + use<> {
    let state = if is_set_up {
        view! { <p class="soft">"A mail server is set up. A test letter shows whether it takes what we send."</p> }.into_any()
    } else {
        view! {
            <p class="soft">"No mail server is set up: alerts stand in the inbox only, and invitations are links to copy. \
                Whoever runs this installation sets "<code>"SCRIP_SMTP_URL"</code>" and "<code>"SCRIP_MAIL_FROM"</code>"."</p>
        }
        .into_any()
    };
    let result = sent.map(|line| {
        let class = format!("banner {}", if line.tone == "info" { "" } else { line.tone.as_str() });
        view! {
            <div class=class role="status" data-testid="test-result">
                <div>
                    <p class="strong">{format!("{}: the test letter to {}", line.word, line.to)}</p>
                    <p>{line.detail}</p>
                </div>
            </div>
        }
    });
    view! {
        <section class="card" id="test" aria-labelledby="test-heading">
            <header><h2 id="test-heading">"Does mail arrive?"</h2></header>
            {state}
            <div class="after">{result}</div>
            <form method="post" action="/api/send_test_mail">
                <input type="hidden" name="form_key" value=form_key/>
                <button class="button small" type="submit">{format!("Send a test letter to {email}")}</button>
            </form>
        </section>
    }
}

fn letters(letters: Vec<LetterLine>) -> impl IntoView {
    let columns = vec![
        Head::Text("Letter"),
        Head::Text("To"),
        Head::Text("What became of it"),
        Head::Text("Written"),
    ];
    let row = |line: LetterLine| {
        view! {
            <tr>
                <th scope="row">{line.subject}</th>
                <td data-label="To">{line.to}</td>
                <td data-label="What became of it">
                    <span class="person">
                        <span><span class=format!("badge {}", line.tone)>{line.word}</span></span>
                        <span class="soft small">{line.detail}</span>
                    </span>
                </td>
                <td data-label="Written"><Time at=line.at/></td>
            </tr>
        }
    };
    let rows: Vec<_> = letters.into_iter().map(row).collect();
    view! { <TableCard heading="The last letters" order="newest first" columns rows none="None yet."/> }
}
