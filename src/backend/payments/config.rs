//! Where payments go and with what key, from the environment. What is dangerous refuses to start.
//!
//! `STRIPE_SECRET_KEY`, `STRIPE_WEBHOOK_SECRET` (and `STRIPE_WEBHOOK_SECRET_OLD` while it is being
//! replaced), `STRIPE_API_BASE`. Without a key the built-in sandbox is used.

use std::fmt;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::signature::WebhookSecret;
use super::transport::is_loopback;
use crate::backend::store::purchase_tax::TaxMode;

/// Where Stripe itself answers.
pub const STRIPE_API_BASE: &str = "https://api.stripe.com";

/// What the environment asks for.
#[derive(Debug)]
pub enum PaymentsChoice {
    /// No key: the built-in sandbox, see [`PaymentsConfig::sandbox`].
    Sandbox,
    /// Stripe, or a server of the operator's choice that speaks like it.
    Stripe(PaymentsConfig),
}

/// Everything needed to reach the provider and to believe its webhooks.
pub struct PaymentsConfig {
    pub(super) base: Url,
    pub(super) key: SecretString,
    pub(super) webhook_secrets: Vec<WebhookSecret>,
    pub(super) provider: &'static str,
    pub(super) livemode: bool,
    pub(super) tax: TaxMode,
}

/// Why the payments cannot be set up as asked. Carries no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The key does not look like one of Stripe's.
    #[error(
        "STRIPE_SECRET_KEY must be a secret or restricted key of Stripe: it begins with sk_test_, \
         sk_live_, rk_test_ or rk_live_"
    )]
    NotASecretKey,
    /// A key without a webhook secret.
    #[error(
        "STRIPE_WEBHOOK_SECRET is not set or empty, although STRIPE_SECRET_KEY is set: without it \
         anyone could forge a payment. Copy the signing secret (whsec_…) of your endpoint from \
         Stripe's dashboard"
    )]
    NoWebhookSecret,
    /// Settings for Stripe without a key.
    #[error(
        "{0} is set, but STRIPE_SECRET_KEY is not: set the key too, or remove {0} to use the \
         built-in sandbox"
    )]
    NoKey(&'static str),
    /// The base address cannot be used.
    #[error("STRIPE_API_BASE must be an address without path, such as https://api.stripe.com")]
    BadBase,
    /// The key would travel in clear text.
    #[error("STRIPE_API_BASE must be https: your secret key would cross the network unprotected")]
    InsecureBase,
    /// A live key pointed at something that is not Stripe.
    #[error(
        "STRIPE_SECRET_KEY is a live key, but STRIPE_API_BASE is not {STRIPE_API_BASE}: a live key \
         is never used beside the sandbox. Use a test key, or remove STRIPE_API_BASE"
    )]
    LiveKeyElsewhere,
}

impl PaymentsConfig {
    /// Reads the environment through `lookup`; a blank value counts as absent.
    ///
    /// # Errors
    /// A setting is missing, contradicts another or would be dangerous.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<PaymentsChoice, ConfigError> {
        let read =
            |name| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let webhook_secrets: Vec<WebhookSecret> =
            ["STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_OLD"]
                .into_iter()
                .filter_map(|name| WebhookSecret::parse(&read(name)?).ok())
                .collect();
        let base = read("STRIPE_API_BASE");
        let Some(key) = read("STRIPE_SECRET_KEY") else {
            return match (base, webhook_secrets.is_empty()) {
                (Some(_), _) => Err(ConfigError::NoKey("STRIPE_API_BASE")),
                (None, false) => Err(ConfigError::NoKey("STRIPE_WEBHOOK_SECRET")),
                (None, true) => Ok(PaymentsChoice::Sandbox),
            };
        };
        if read("STRIPE_WEBHOOK_SECRET").is_none() {
            return Err(ConfigError::NoWebhookSecret);
        }
        let base = base.as_deref().unwrap_or(STRIPE_API_BASE);
        Self::checked(base, key, webhook_secrets, "stripe").map(PaymentsChoice::Stripe)
    }

    /// Reads the process's environment.
    ///
    /// # Errors
    /// As [`PaymentsConfig::from_lookup`].
    pub fn from_environment() -> Result<PaymentsChoice, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The built-in sandbox at `base`, with the key and secret generated for it.
    ///
    /// # Errors
    /// The key is a live key, or one of the three is not usable.
    pub fn sandbox(base: &str, key: &str, webhook_secret: &str) -> Result<Self, ConfigError> {
        let secret =
            WebhookSecret::parse(webhook_secret).map_err(|_| ConfigError::NoWebhookSecret)?;
        Self::checked(base, key.to_owned(), vec![secret], "sandbox")
    }

    fn checked(
        base: &str,
        key: String,
        webhook_secrets: Vec<WebhookSecret>,
        provider: &'static str,
    ) -> Result<Self, ConfigError> {
        let livemode = mode_of(&key).ok_or(ConfigError::NotASecretKey)?;
        let base = parse_base(base)?;
        let stripe = parse_base(STRIPE_API_BASE)?;
        if livemode && base != stripe {
            return Err(ConfigError::LiveKeyElsewhere);
        }
        if base.scheme() != "https" && !is_loopback(&base) {
            return Err(ConfigError::InsecureBase);
        }
        Ok(PaymentsConfig {
            base,
            key: SecretString::from(key),
            webhook_secrets,
            provider,
            livemode,
            tax: TaxMode::Off,
        })
    }

    /// The same, with taxes reckoned by the provider.
    pub fn taxed(self, tax: TaxMode) -> Self {
        PaymentsConfig { tax, ..self }
    }

    /// Whether real money moves.
    pub fn livemode(&self) -> bool {
        self.livemode
    }

    /// Whether this is the built-in sandbox.
    pub fn is_sandbox(&self) -> bool {
        self.provider == "sandbox"
    }
}

/// Live (`true`) or test (`false`) by the key's own prefix; `None` for what is no secret key.
fn mode_of(key: &str) -> Option<bool> {
    let rest = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_"))?;
    let (mode, secret) = rest.split_once('_')?;
    let printable = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
    match mode {
        "live" if printable => Some(true),
        "test" if printable => Some(false),
        _ => None,
    }
}

fn parse_base(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|_| ConfigError::BadBase)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    let usable = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    if bare && anonymous && usable { Ok(url) } else { Err(ConfigError::BadBase) }
}

impl fmt::Debug for PaymentsConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PaymentsConfig")
            .field("base", &self.base.as_str())
            .field("provider", &self.provider)
            .field("livemode", &self.livemode)
            .field("tax", &self.tax)
            .field("key_characters", &self.key.expose_secret().chars().count())
            .field("webhook_secrets", &self.webhook_secrets.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<PaymentsChoice, ConfigError> {
        PaymentsConfig::from_lookup(|name| {
            settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn refusal(settings: &[(&str, &str)]) -> ConfigError {
        read(settings).expect_err("it should refuse to start")
    }

    #[test]
    fn without_a_key_the_sandbox_is_used() {
        assert!(matches!(read(&[]), Ok(PaymentsChoice::Sandbox)));
        let blank = [("STRIPE_SECRET_KEY", ""), ("STRIPE_WEBHOOK_SECRET", "")];
        assert!(matches!(read(&blank), Ok(PaymentsChoice::Sandbox)));
    }

    #[test]
    fn a_key_and_a_secret_reach_stripe_in_the_keys_own_mode() {
        for (key, live) in [("sk_test_abc", false), ("rk_live_abc", true)] {
            let settings = [("STRIPE_SECRET_KEY", key), ("STRIPE_WEBHOOK_SECRET", "whsec_1")];
            let Ok(PaymentsChoice::Stripe(config)) = read(&settings) else { panic!("refused") };
            assert_eq!((config.livemode(), config.is_sandbox()), (live, false));
            assert_eq!(config.base.as_str(), "https://api.stripe.com/");
        }
    }

    #[test]
    fn an_empty_webhook_secret_refuses_to_start_and_says_where_to_find_one() {
        for secret in ["", "  "] {
            let settings = [("STRIPE_SECRET_KEY", "sk_test_a"), ("STRIPE_WEBHOOK_SECRET", secret)];
            assert_eq!(refusal(&settings), ConfigError::NoWebhookSecret);
        }
        let only_old =
            [("STRIPE_SECRET_KEY", "sk_test_a"), ("STRIPE_WEBHOOK_SECRET_OLD", "whsec_1")];
        assert_eq!(refusal(&only_old), ConfigError::NoWebhookSecret);
        assert!(ConfigError::NoWebhookSecret.to_string().contains("dashboard"));
        assert!(PaymentsConfig::sandbox("http://127.0.0.1:3001", "sk_test_a", "").is_err());
    }

    #[test]
    fn a_live_key_beside_the_sandbox_refuses_to_start() {
        let settings = [
            ("STRIPE_SECRET_KEY", "sk_live_a"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_1"),
            ("STRIPE_API_BASE", "http://127.0.0.1:3001"),
        ];
        assert_eq!(refusal(&settings), ConfigError::LiveKeyElsewhere);
        let sandbox = PaymentsConfig::sandbox("http://127.0.0.1:3001", "sk_live_a", "whsec_1");
        assert_eq!(sandbox.unwrap_err(), ConfigError::LiveKeyElsewhere);
    }

    #[test]
    fn the_secret_key_never_crosses_a_network_in_clear() {
        let settings = [
            ("STRIPE_SECRET_KEY", "sk_test_a"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_1"),
            ("STRIPE_API_BASE", "http://stripe.example:3001"),
        ];
        assert_eq!(refusal(&settings), ConfigError::InsecureBase);
    }

    #[test]
    fn half_a_configuration_is_refused() {
        assert_eq!(
            refusal(&[("STRIPE_API_BASE", "http://127.0.0.1:1")]),
            ConfigError::NoKey("STRIPE_API_BASE")
        );
        assert_eq!(
            refusal(&[("STRIPE_WEBHOOK_SECRET", "whsec_1")]),
            ConfigError::NoKey("STRIPE_WEBHOOK_SECRET")
        );
        let publishable =
            [("STRIPE_SECRET_KEY", "pk_test_a"), ("STRIPE_WEBHOOK_SECRET", "whsec_1")];
        assert_eq!(refusal(&publishable), ConfigError::NotASecretKey);
    }

    #[test]
    fn neither_key_nor_secret_shows_in_a_log() {
        let config =
            PaymentsConfig::sandbox("http://127.0.0.1:3001", "sk_test_hush", "whsec_hush").unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }
}
