//! `scrip user`: accounts from the command line, for whoever runs the installation.

use clap::{Args, Subcommand};
use scrip::backend::access::{Access, NewOrganisation, NewUser};
use scrip::backend::clock::Clock;
use scrip::ledger::Timestamp;

use super::{Outcome, Place};

/// Create accounts, set passwords, say who runs the installation.
#[derive(Args)]
pub struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create a superadmin together with a new organisation. Reads the password from standard input.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// The organisation's name.
        #[arg(long)]
        organisation: String,
        /// ISO-4217 code of the currency the organisation pays in.
        #[arg(long, default_value = "USD")]
        currency: String,
        /// IANA name of its time zone.
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
    /// Make an account one of those who run the installation: they see and refund the payments of all
    /// organisations. The first account, made by the set-up page, is one already.
    Staff {
        #[arg(long)]
        email: String,
        /// Take it away again.
        #[arg(long)]
        revoke: bool,
    },
    /// Set another password and end all sessions. Reads the password from standard input.
    Password {
        #[arg(long)]
        email: String,
    },
}

impl User {
    pub async fn run(self, place: Place) -> Outcome {
        let access = Access::new(place.database().await?, false);
        let now = Timestamp(Clock::System.now_microseconds());
        match self.command {
            Command::Create { email, name, organisation, currency, time_zone } => {
                let owner = NewUser { name, email, password: read_password()? };
                let catalogue = scrip::catalogue::parse::built_in().code;
                let organisation =
                    NewOrganisation { name: organisation, currency, time_zone, catalogue };
                let made = access.found_organisation(&owner, &organisation, now).await;
                let (user, organisation) = made.map_err(|error| error.to_string())?;
                println!("Created {user} as superadmin of {organisation}.");
            }
            Command::Staff { email, revoke } => {
                access.set_staff(&email, !revoke).await.map_err(|error| error.to_string())?;
                let now = if revoke { "no longer" } else { "now" };
                println!("{email} is {now} one of those who run this installation.");
            }
            Command::Password { email } => {
                let password = read_password()?;
                access.set_password(&email, &password).await.map_err(|error| error.to_string())?;
                println!("The password is set; all sessions of {email} have ended.");
            }
        }
        Ok(())
    }
}

/// One line from standard input: a password in an argument would be in the shell's history.
fn read_password() -> Outcome<String> {
    eprint!("Password: ");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| format!("no password: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
