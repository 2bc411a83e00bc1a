//! `scrip serve`: the site, its jobs, and without a Stripe key the test checkout beside it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;
use leptos::prelude::{LeptosOptions, get_configuration};
use scrip::backend::catalogue::read;
use scrip::backend::clock::Clock;
use scrip::backend::documents::Seller;
use scrip::backend::mail::MailSettings;
use scrip::backend::payments::{PaymentsChoice, PaymentsConfig, TaxMode};
use scrip::backend::staff::StaffRules;
use scrip::backend::state::{Backend, Installation};
use scrip::backend::store::{Db, setting};
use scrip::backend::webhooks::address::Reach;
use scrip::backend::webhooks::courier::{Courier, PATIENCE};
use scrip::backend::{demo, jobs};
use scrip::catalogue::Catalogue;
use scrip::ledger::Credits;
use scrip::stripe_sandbox::{self, Sandbox, SandboxConfig};
use scrip::web::api::told::SHAPES;
use scrip::web::extract::TrustedProxies;
use scrip::web::router::router;
use scrip::web::security::SecurityPolicy;
use tokio::net::TcpListener;

use super::{Outcome, Place};

/// The site's settings, which the build reads as well.
const LEPTOS_FILE: &str = "Leptos.toml";
/// How long the jobs rest before they start again after a fault.
const JOBS_REST: std::time::Duration = std::time::Duration::from_secs(5);
/// How long requests that are under way may still take once the program is asked to stop.
const LAST_REQUESTS: std::time::Duration = std::time::Duration::from_secs(5);
/// How long the engine may then take to commit what it has accepted.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(4);
/// How long statements of the jobs may then take before the database is closed; SQLite's file is whole
/// by itself only when it was closed.
const CLOSING: std::time::Duration = std::time::Duration::from_millis(500);
/// Where Stripe's hosted checkout and its customers' own pages answer: a form of ours may lead there.
const STRIPE_PAGES: [&str; 2] = ["https://checkout.stripe.com", "https://billing.stripe.com"];

/// Serve the site.
#[derive(Args)]
pub struct Serve {
    /// With no users yet: make the ready-made organisation and offer its accounts at sign-in.
    #[arg(long)]
    demo: bool,
    /// The address people use, such as https://credits.example.com; by default the site's own.
    #[arg(long, env = "SCRIP_PUBLIC_URL")]
    public_url: Option<String>,
    /// Networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8.
    #[arg(long, env = "SCRIP_TRUSTED_PROXIES", default_value = "")]
    trusted_proxies: TrustedProxies,
    /// The catalogue of an installation that has none yet; by default the built-in one. Afterwards
    /// `scrip catalogue apply` changes it.
    #[arg(long, env = "SCRIP_CATALOGUE")]
    catalogue: Option<PathBuf>,
    /// A file that says who sells: name, address and tax id on receipts and invoices.
    #[arg(long, env = "SCRIP_SELLER")]
    seller: Option<PathBuf>,
    /// The mail server, such as smtps://user:password@mail.example.com; without one nothing is sent.
    #[arg(long, env = "SCRIP_SMTP_URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// Who letters come from, such as "Scrip <credits@example.com>".
    #[arg(long, env = "SCRIP_MAIL_FROM")]
    mail_from: Option<String>,
    /// Sell through the test checkout although people reach this site over https. Its credits are free.
    #[arg(long, env = "SCRIP_TEST_CHECKOUT")]
    test_checkout: bool,
    /// Whether Stripe reckons taxes: `exclusive` (prices are without tax, it is added to them),
    /// `inclusive` (prices contain it), or `off`.
    #[arg(long, env = "SCRIP_STRIPE_TAX", default_value_t)]
    stripe_tax: TaxMode,
    /// How often a second an API key may call on this node; twice as often for a moment.
    #[arg(long, env = "SCRIP_API_RATE", default_value = "100")]
    api_rate: NonZeroU32,
    /// Above so many credits a second member of staff has to approve a grant or a correction.
    #[arg(long, env = "SCRIP_TWO_PERSON_ABOVE", default_value_t = StaffRules::default().two_person_above)]
    two_person_above: Credits,
    /// Send webhooks also by http and into private networks: for development only.
    #[arg(long, env = "SCRIP_WEBHOOKS_ANYWHERE")]
    webhooks_anywhere: bool,
    /// Where the test checkout listens; by default the site's port + 1.
    #[arg(long, env = "SCRIP_SANDBOX_ADDR")]
    sandbox_addr: Option<SocketAddr>,
}

impl Serve {
    pub async fn run(self, place: Place) -> Outcome {
        let mut options = leptos_options()?;
        let (catalogue, text) =
            read(self.catalogue.as_deref()).map_err(|error| error.to_string())?;
        let seller = self.seller.as_deref().map(Seller::from_file).transpose();
        let seller = seller.map_err(|error| error.to_string())?;
        let mail = MailSettings::of(self.smtp_url.as_deref(), self.mail_from.as_deref())
            .map_err(|error| error.to_string())?;
        let choice = PaymentsConfig::from_environment().map_err(|error| error.to_string())?;
        let db = place.database().await?;
        let site = listen(options.site_addr).await?;
        let address = site.local_addr().map_err(|error| error.to_string())?;
        options.site_addr = address;
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let public_url = public_url.trim_end_matches('/').to_owned();

        let (payments, pages) = match choice {
            PaymentsChoice::Stripe(config) => (config, STRIPE_PAGES.map(str::to_owned).to_vec()),
            PaymentsChoice::Sandbox
                if public_url.starts_with("https://") && !self.test_checkout =>
            {
                return Err("STRIPE_SECRET_KEY is not set, although this is a public site \
                            (SCRIP_PUBLIC_URL is https). Set it and STRIPE_WEBHOOK_SECRET; for a \
                            trial without money, pass --test-checkout."
                    .to_owned());
            }
            PaymentsChoice::Sandbox => {
                let folder = place.folder()?;
                let (config, base) =
                    self.start_sandbox(&db, &catalogue, address, &public_url, &folder).await?;
                (config, vec![base])
            }
        };
        let payments = payments.taxed(self.stripe_tax);
        let installation = Installation {
            public_url: public_url.clone(),
            data_folder: place.folder()?,
            demo: self.demo,
        };
        let backend = Backend::new(db, Clock::System, catalogue, payments, installation)
            .map_err(|error| format!("payments and webhooks cannot be set up: {error}"))?;
        let backend = backend.called_at_most(self.api_rate);
        let backend = with_its_catalogue(&backend, &text).await?;
        let backend = match seller {
            Some(seller) => backend.sold_by(seller),
            None => backend.sold_by(Seller::named(&backend.catalogue.name)),
        };
        let backend = match mail {
            Some(settings) => {
                backend.mailing_through(&settings).map_err(|error| error.to_string())?
            }
            None => backend,
        };
        let backend = backend.staffed_by(StaffRules { two_person_above: self.two_person_above });
        let backend = if self.webhooks_anywhere {
            let courier = Courier::new(Reach::Anywhere, PATIENCE)
                .map_err(|error| format!("webhooks cannot be set up: {error}"))?;
            backend.telling_through(courier)
        } else {
            backend
        };
        backend
            .live
            .join(&backend.db)
            .await
            .map_err(|error| format!("the live channel: {error}"))?;
        self.first_run(&backend).await?;
        tokio::spawn(keep_jobs_running(backend.clone()));

        let policy = SecurityPolicy::new(&public_url, pages);
        let app = router(backend.clone(), options, policy, self.trusted_proxies);
        let asked_to_stop = asked_to_stop();
        tracing::info!("Scrip serves {public_url}; it listens on {address}");
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let stopping = backend.clone();
        let serving = axum::serve(site, app).with_graceful_shutdown(async move {
            asked_to_stop.await;
            tracing::info!("stopping: what was accepted is finished first");
            stopping.stop();
        });
        tokio::select! {
            served = serving => served.map_err(|error| format!("the server stopped: {error}"))?,
            () = too_slow(&backend) => tracing::warn!("somebody's request does not end: cut off"),
        }
        if tokio::time::timeout(DRAIN, backend.engine.drain()).await.is_err() {
            tracing::error!("the database did not take what was waiting; none of it was answered");
        }
        if tokio::time::timeout(CLOSING, backend.db.close()).await.is_err() {
            tracing::warn!("a statement did not end: the database is left as after a crash");
        }
        Ok(())
    }

    /// Starts the test checkout and says how the adapter reaches it.
    async fn start_sandbox(
        &self,
        db: &Db,
        catalogue: &Catalogue,
        site: SocketAddr,
        public_url: &str,
        folder: &Path,
    ) -> Outcome<(PaymentsConfig, String)> {
        let next = SocketAddr::new(site.ip(), site.port().checked_add(1).unwrap_or(0));
        let listener = listen(self.sandbox_addr.unwrap_or(next)).await?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let base = format!("{}:{port}", without_port(public_url));
        let key = kept_secret(db, "sandbox_secret_key", stripe_sandbox::new_secret_key).await?;
        let secret =
            kept_secret(db, "sandbox_webhook_secret", stripe_sandbox::new_webhook_secret).await?;
        let config = SandboxConfig {
            secret_key: key.clone(),
            webhook_secret: secret.clone(),
            webhook_url: Some(format!("http://{}/webhooks/stripe", reachable(site))),
            public_base: base.clone(),
            database: folder.join("stripe-sandbox.db"),
            merchant_name: catalogue.name.clone(),
            settlement_delay: SandboxConfig::SETTLEMENT_DELAY,
        };
        let sandbox =
            Sandbox::open(config).await.map_err(|error| format!("the test checkout: {error}"))?;
        sandbox.spawn(listener).map_err(|error| format!("the test checkout: {error}"))?;
        tracing::info!(
            "No STRIPE_SECRET_KEY: purchases use the test checkout on {base}, no money moves"
        );
        let payments =
            PaymentsConfig::sandbox(&base, &key, &secret).map_err(|error| error.to_string())?;
        Ok((payments, base))
    }

    /// With no users yet: the demo organisation, or the one-time link to set up.
    async fn first_run(&self, backend: &Backend) -> Outcome {
        if self.demo {
            return demo::fill_when_empty(backend)
                .await
                .map_err(|error| format!("the demo: {error}"));
        }
        let token = backend.access.prepare_setup().await.map_err(|error| error.to_string())?;
        if let Some(token) = token {
            let url = &backend.installation.public_url;
            eprintln!(
                "\nNobody has an account yet. Set Scrip up (this link works once):\n  {url}/setup?token={}\n",
                token.reveal()
            );
        }
        Ok(())
    }
}

fn leptos_options() -> Outcome<LeptosOptions> {
    let file = Path::new(LEPTOS_FILE).is_file().then_some(LEPTOS_FILE);
    let configuration =
        get_configuration(file).map_err(|error| format!("{LEPTOS_FILE}: {error}"))?;
    Ok(configuration.leptos_options)
}

/// The backend with the catalogue in force; an installation without one gets `text` as its first.
async fn with_its_catalogue(backend: &Backend, text: &str) -> Outcome<Backend> {
    let begun = backend.catalogues.begin(text, backend.now()).await;
    if !begun.map_err(|error| error.to_string())? {
        let number = backend.catalogues.in_force(backend.now()).number;
        tracing::warn!(
            "version {number} of the catalogue is in force, not the file of this start (or the built-in \
             one): `scrip catalogue apply FILE` changes it"
        );
    }
    Ok(backend.current())
}

async fn listen(address: SocketAddr) -> Outcome<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}. Stop what uses it, or set LEPTOS_SITE_ADDR (and SCRIP_SANDBOX_ADDR).")
    })
}

/// Where this machine reaches what listens on `address`: every address is also the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback: std::net::IpAddr = match address.ip() {
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    let ip = if address.ip().is_unspecified() { loopback } else { address.ip() };
    SocketAddr::new(ip, address.port())
}

/// `http://host` of `http://host:port`.
fn without_port(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    match url[after_scheme..].rfind(':') {
        Some(colon) if !url[after_scheme..].ends_with(']') => &url[..after_scheme + colon],
        _ => url,
    }
}

/// A secret of this installation, made at the first start and kept.
async fn kept_secret(db: &Db, name: &str, make: fn() -> String) -> Outcome<String> {
    let known = setting::find(db, name).await.map_err(|error| error.to_string())?;
    if let Some(known) = known {
        return Ok(known);
    }
    let made = make();
    setting::set(db, name, &made).await.map_err(|error| error.to_string())?;
    Ok(made)
}

/// A job that panics is a fault to be seen and mended, not the end of all jobs.
async fn keep_jobs_running(backend: Backend) {
    while let Err(error) = tokio::spawn(jobs::run(backend.clone(), &SHAPES)).await {
        tracing::error!(%error, "the jobs stopped; they start again");
        tokio::time::sleep(JOBS_REST).await;
    }
}

/// Returns when requests have had their time to end.
async fn too_slow(backend: &Backend) {
    backend.stopping().await;
    tokio::time::sleep(LAST_REQUESTS).await;
}

/// Ends at SIGTERM or Ctrl-C. It listens from the moment of the call, not only when it is awaited: who
/// stops the program as soon as it serves must not cut it off.
fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    async move {
        match terminate {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
            // Without the signal's handler Ctrl-C still works.
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }
}
