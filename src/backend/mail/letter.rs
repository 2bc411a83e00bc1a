//! What a letter says, and its two forms: plain text and HTML. Pure; the same words in both, and whatever
//! people have typed is escaped.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

use crate::ledger::Timestamp;
use crate::model::permission::Role;

/// The most characters of a subject.
const SUBJECT: usize = 180;

/// A letter. Addresses in it are paths of this site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What stands above it, in the list of mails and in the letter.
    pub title: String,
    /// What it says, paragraph by paragraph.
    pub paragraphs: Vec<String>,
    /// Where to go, and what the link there says.
    pub action: Option<(String, String)>,
    /// Why the person gets it.
    pub because: String,
}

impl Letter {
    /// The letter with an invitation's link.
    pub fn invitation(
        organisation: &str,
        invited_by: &str,
        role: Role,
        path: String,
        until: &str,
    ) -> Letter {
        let article = role.with_article();
        Letter {
            title: format!("{invited_by} invites you to {organisation} on Scrip"),
            paragraphs: vec![
                format!(
                    "You would be {article} of {organisation}, which shares one pool of credits."
                ),
                format!("The link works once, for this address, until {until}."),
            ],
            action: Some((path, "Accept the invitation".to_owned())),
            because: format!(
                "You get this letter because {invited_by} typed your address. Whoever does not want to \
                 join has nothing to do."
            ),
        }
    }

    /// A letter that only shows that letters arrive.
    pub fn test(organisation: &str, asked_by: &str) -> Letter {
        Letter {
            title: "A test letter from Scrip".to_owned(),
            paragraphs: vec![
                format!("If you can read this, {organisation} can send mail."),
                "Alerts and invitations come from this address.".to_owned(),
            ],
            action: Some(("/settings/alerts".to_owned(), "See the alerts".to_owned())),
            because: format!("You get this letter because {asked_by} pressed a button."),
        }
    }

    /// The subject's line: one line, whatever is in it.
    pub fn subject(&self) -> String {
        one_line(&self.title)
    }

    /// The letter as plain text; `site` is where the site is reached, without a slash at its end.
    pub fn text(&self, site: &str) -> String {
        let mut text = format!("{}\n", one_line(&self.title));
        for paragraph in &self.paragraphs {
            _ = write!(text, "\n{paragraph}\n");
        }
        if let Some((path, label)) = &self.action {
            _ = write!(text, "\n{label}:\n{site}{path}\n");
        }
        _ = write!(text, "\n-- \n{}\n", self.because);
        text
    }

    /// The letter as HTML, with everything it needs in it: mail programs fetch nothing.
    pub fn html(&self, site: &str) -> String {
        let title = escaped(&one_line(&self.title));
        let paragraphs: String = self
            .paragraphs
            .iter()
            .map(|words| format!("<p style=\"margin:0 0 14px\">{}</p>", escaped(words)))
            .collect();
        let action = self.action.as_ref().map(|(path, label)| {
            let address = escaped(&format!("{site}{path}"));
            let label = escaped(label);
            format!(
                "<p style=\"margin:22px 0\"><a href=\"{address}\" style=\"display:inline-block;\
                 padding:10px 18px;border-radius:8px;background:#0f6b4f;color:#ffffff;\
                 text-decoration:none;font-weight:600\">{label}</a></p>\
                 <p style=\"margin:0 0 14px;font-size:13px;color:#5b6660;word-break:break-all\">{address}</p>"
            )
        });
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title></head>\
             <body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif\">\
             <div style=\"max-width:560px;margin:0 auto\">\
             <p style=\"margin:0 0 18px;font-weight:700\">Scrip</p>\
             <h1 style=\"margin:0 0 14px;font-size:21px;line-height:1.3\">{title}</h1>\
             {paragraphs}{}\
             <p style=\"margin:28px 0 0;padding-top:14px;border-top:1px solid #d5dcd8;font-size:13px;\
             color:#5b6660\">{}</p></div></body></html>",
            action.unwrap_or_default(),
            escaped(&self.because),
        )
    }
}

/// A letter on its way to one person.
#[derive(Clone, Debug)]
pub struct Addressed<'a> {
    /// What it is about: once for each person.
    pub about: String,
    /// Where it goes.
    pub recipient: &'a str,
    /// What it says.
    pub letter: Letter,
    /// When it was written.
    pub at: Timestamp,
}

/// A text on one line, without characters that a header or a list would take as its own.
pub fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|one| if one.is_control() { ' ' } else { one });
    spaced
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(SUBJECT)
        .collect()
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, one| {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(title: &str) -> Letter {
        Letter {
            title: title.to_owned(),
            ..Letter::test("<b>Northwind</b> & Co", "Ada \"the\" admin")
        }
    }

    #[test]
    fn no_title_makes_a_second_header() {
        let subject = letter("Hello\r\nBcc: everyone@example.com\u{0}\tthere").subject();
        assert_eq!(subject, "Hello Bcc: everyone@example.com there");
        assert!(letter(&"long ".repeat(100)).subject().chars().count() <= SUBJECT);
    }

    #[test]
    fn what_people_typed_is_text_in_the_html_and_itself_in_the_plain_form() {
        let letter = letter("A <script>alert(1)</script>");
        let html = letter.html("https://scrip.test");
        assert!(!html.contains("<script>") && !html.contains("<b>Northwind"), "{html}");
        assert!(html.contains("&lt;b&gt;Northwind&lt;/b&gt; &amp; Co"), "{html}");
        assert!(html.contains("href=\"https://scrip.test/settings/alerts\""), "{html}");
        let text = letter.text("https://scrip.test");
        assert!(text.contains("<b>Northwind</b> & Co can send mail."), "{text}");
        assert!(text.contains("\nhttps://scrip.test/settings/alerts\n"), "{text}");
    }
}
