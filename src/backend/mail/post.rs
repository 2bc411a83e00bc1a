//! The way to the mail server. Sends one letter and says what the server said.

use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::letter::Letter;

/// The longest that one letter may take.
const TIME: Duration = Duration::from_secs(60);
/// Answers that concern this letter or its recipient, not the server or how we sign in to it.
const OF_THE_LETTER: std::ops::RangeInclusive<u16> = 550..=559;

/// How mail is sent: what `SCRIP_SMTP_URL` and `SCRIP_MAIL_FROM` say.
#[derive(Clone, Debug)]
pub struct MailSettings {
    url: SecretString,
    from: Mailbox,
}

/// Why mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    /// There is a server but nobody to write.
    #[error(
        "SCRIP_SMTP_URL is set and SCRIP_MAIL_FROM is not: say who writes, such as \"Scrip <credits@example.com>\""
    )]
    NoSender,
    /// The sender is no address.
    #[error("SCRIP_MAIL_FROM is no mail address: {0}")]
    Sender(String),
    /// The server's address cannot be understood. What is in it is not repeated: it may be a password.
    #[error(
        "SCRIP_SMTP_URL is not understood; write smtps://user:password@host, or smtp://host:587?tls=required"
    )]
    Server,
    /// A password would be readable on the way.
    #[error(
        "SCRIP_SMTP_URL would send its password unencrypted to another machine: add ?tls=required, or write smtps://"
    )]
    Readable,
}

impl MailSettings {
    /// What the two settings say together; none where no server is named.
    ///
    /// # Errors
    /// They do not fit.
    pub fn of(
        url: Option<&str>,
        from: Option<&str>,
    ) -> Result<Option<MailSettings>, MailSetupError> {
        let filled = |text: &&str| !text.trim().is_empty();
        let Some(url) = url.filter(filled) else { return Ok(None) };
        let from = from.filter(filled).ok_or(MailSetupError::NoSender)?;
        let from = from.parse().map_err(|_| MailSetupError::Sender(from.to_owned()))?;
        let server = reqwest::Url::parse(url).map_err(|_| MailSetupError::Server)?;
        let here = matches!(server.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let encrypted = server.scheme() == "smtps"
            || server.query_pairs().any(|(name, how)| name == "tls" && how == "required");
        if server.password().is_some() && !encrypted && !here {
            return Err(MailSetupError::Readable);
        }
        let settings = MailSettings { url: SecretString::from(url.to_owned()), from };
        settings.transport()?;
        Ok(Some(settings))
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailSetupError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(self.url.expose_secret());
        Ok(builder.map_err(|_| MailSetupError::Server)?.timeout(Some(TIME)).build())
    }
}

/// A mail server that letters are handed to.
#[derive(Clone, Debug)]
pub(super) struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// What came of handing over a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Handed {
    /// The server took it, and said this.
    Taken(String),
    /// It will never take it.
    Refused(String),
    /// It may take it later.
    NotNow(String),
}

impl Post {
    pub fn open(settings: &MailSettings) -> Result<Post, MailSetupError> {
        Ok(Post { transport: settings.transport()?, from: settings.from.clone() })
    }

    /// Hands a letter over. `id` names it: sent twice, it is the same letter to mail programs.
    pub async fn hand_over(&self, id: &str, to: &str, letter: &Letter, site: &str) -> Handed {
        let message = match self.message(id, to, letter, site) {
            Ok(message) => message,
            Err(reason) => return Handed::Refused(reason),
        };
        match tokio::time::timeout(TIME, self.transport.send(message)).await {
            Ok(Ok(answer)) => {
                let words: Vec<&str> = answer.message().collect();
                Handed::Taken(format!("{} {}", answer.code(), words.join(" ")).trim().to_owned())
            }
            Ok(Err(error)) if concerns_the_letter(&error) => Handed::Refused(error.to_string()),
            Ok(Err(error)) => Handed::NotNow(error.to_string()),
            Err(_) => Handed::NotNow(format!("no answer within {} seconds", TIME.as_secs())),
        }
    }

    fn message(&self, id: &str, to: &str, letter: &Letter, site: &str) -> Result<Message, String> {
        let to = to.parse().map_err(|_| format!("“{to}” is no address that mail can go to"))?;
        let by_a_program = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(by_a_program)
            .multipart(MultiPart::alternative_plain_html(letter.text(site), letter.html(site)));
        message.map_err(|error| error.to_string())
    }
}

fn concerns_the_letter(error: &smtp::Error) -> bool {
    let code = error.status().and_then(|code| code.to_string().parse::<u16>().ok());
    error.is_permanent() && code.is_some_and(|code| OF_THE_LETTER.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_up(url: &str, from: Option<&str>) -> Result<bool, String> {
        let settings = MailSettings::of(Some(url), from);
        settings.map(|settings| settings.is_some()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn without_a_server_there_is_no_mail_and_half_a_setting_refuses_to_start() {
        assert!(MailSettings::of(None, Some("scrip@example.com")).unwrap().is_none());
        assert_eq!(set_up("", None), Ok(false));
        assert!(set_up("smtps://mail.example.com", None).unwrap_err().contains("SCRIP_MAIL_FROM"));
        assert!(set_up("smtps://mail.example.com", Some("nobody")).is_err());
        assert_eq!(set_up("smtps://mail.example.com", Some("Scrip <scrip@example.com>")), Ok(true));
    }

    #[tokio::test]
    async fn a_password_is_never_sent_in_the_open_nor_repeated() {
        let from = Some("scrip@example.com");
        let open = set_up("smtp://ada:s3cret@mail.example.com", from).unwrap_err();
        assert!(open.contains("tls=required") && !open.contains("s3cret"), "{open}");
        assert_eq!(set_up("smtp://ada:s3cret@mail.example.com?tls=required", from), Ok(true));
        assert_eq!(set_up("smtp://ada:s3cret@127.0.0.1:2525", from), Ok(true));
        let wrong = set_up("imap://ada:s3cret@localhost", from).unwrap_err();
        assert!(!wrong.contains("s3cret"), "{wrong}");
    }
}
