use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use hexpress_app::Error;
use hexpress_app::permissions::{Permission, Permit};
use hexpress_app::user::UserService;
use hexpress_domain::auth::{Actor, ClientAddress};
use hexpress_domain::user::{self, Email, NewUser, RawNewUser, RawUserPatch, Role, UserPatch};
use hexpress_domain::validation::{Field, ValidationErrors};

use super::flags::{OfDatabase, SettingFlags};
use super::output::print;
use super::password::read_password;
use crate::config::{Flags, Sources};
use crate::failure::Failure;
use crate::program::Program;
use crate::wiring::{Parts, Store};

const EXAMPLES: &str = "\
Examples:
  hexpress user create --email you@example.org --first-name Ada --last-name Lovelace --role admin
  pass show hexpress | hexpress user set-password --email you@example.org --password-stdin
  hexpress user deactivate --email them@example.org";

/// Create and change accounts, the first admin's above all
///
/// A password is read from standard input with --password-stdin, otherwise from
/// HEXPRESS_PASSWORD, otherwise asked for twice at the terminal.
#[derive(Debug, Args)]
#[command(arg_required_else_help = false, after_help = EXAMPLES)]
pub struct User {
    #[command(flatten)]
    database: SettingFlags<OfDatabase>,
    #[command(subcommand)]
    action: Action,
}

/// What can be done about accounts.
#[derive(Debug, Subcommand)]
enum Action {
    /// Create an account; the only way to a first admin
    Create {
        /// Address to log in with
        #[arg(long)]
        email: String,
        /// The person's first name
        #[arg(long)]
        first_name: String,
        /// The person's last name, which may be empty
        #[arg(long)]
        last_name: String,
        /// user, moderator or admin
        #[arg(long, default_value = "user")]
        role: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an account another role
    SetRole {
        /// Whose
        #[arg(long)]
        email: String,
        /// user, moderator or admin
        #[arg(long)]
        role: String,
    },
    /// Give an account another password, which ends all its sessions and tokens
    SetPassword {
        /// Whose
        #[arg(long)]
        email: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Let an account log in again
    Activate {
        /// Whose
        #[arg(long)]
        email: String,
    },
    /// Keep an account from logging in, which ends all its sessions and tokens
    Deactivate {
        /// Whose
        #[arg(long)]
        email: String,
    },
}

/// What is to be done, every word of it checked.
enum Task {
    Create(NewUser, Role),
    Change(Email, UserPatch),
}

impl User {
    pub fn flags(&self) -> Flags {
        self.database.given()
    }

    /// Creates or changes an account.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        let database = program.lasting_database()?;
        let task = parse(&self.action, &program.sources)?;
        let store = Store::open_migrated(&database).await?;
        let parts = Parts::new(&program.config, &store.database)?;
        let done = carry_out(&parts.services.users, task).await?;
        store.database.close(Duration::MAX).await;
        print(&format!("{done}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn parse(action: &Action, sources: &Sources) -> Result<Task, Failure> {
    match action {
        Action::Create {
            email,
            first_name,
            last_name,
            role,
            password_stdin,
        } => {
            let role = parse_role(role)?;
            let new = NewUser::parse(RawNewUser {
                email: Field::Value(email.clone()),
                password: Field::Value(read_password(*password_stdin, sources)?),
                first_name: Field::Value(first_name.clone()),
                last_name: Field::Value(last_name.clone()),
            });
            Ok(Task::Create(new.map_err(|faults| wrong(&faults))?, role))
        }
        Action::SetRole { email, role } => change(
            email,
            RawUserPatch {
                role: Field::Value(role.clone()),
                ..RawUserPatch::default()
            },
        ),
        Action::SetPassword {
            email,
            password_stdin,
        } => change(
            email,
            RawUserPatch {
                password: Field::Value(read_password(*password_stdin, sources)?),
                ..RawUserPatch::default()
            },
        ),
        Action::Activate { email } => change(email, activity(true)),
        Action::Deactivate { email } => change(email, activity(false)),
    }
}

fn activity(is_active: bool) -> RawUserPatch {
    RawUserPatch {
        is_active: Field::Value(is_active),
        ..RawUserPatch::default()
    }
}

fn change(email: &str, patch: RawUserPatch) -> Result<Task, Failure> {
    let email: Email = email
        .parse()
        .map_err(|error| wrong(&ValidationErrors::of("email", error)))?;
    let patch = UserPatch::parse(patch).map_err(|faults| wrong(&faults))?;
    Ok(Task::Change(email, patch))
}

fn parse_role(role: &str) -> Result<Role, Failure> {
    role.parse()
        .map_err(|error| wrong(&ValidationErrors::of("role", error)))
}

async fn carry_out(users: &UserService, task: Task) -> Result<String, Failure> {
    let operator = permit_operator()?;
    match task {
        Task::Create(new, role) => {
            let created = users.create(&operator, new, role).await;
            let user = created.map_err(|error| explain(&error))?;
            Ok(format!("created {} ({})", user.email, user.role))
        }
        Task::Change(email, patch) => {
            let found = users.find_by_email(&operator, email.clone()).await;
            let user = found.map_err(|error| match error {
                Error::NotFound(_) => Failure::Failed(format!(
                    "nobody has the email {email}\n`hexpress user create` makes an account."
                )),
                error => explain(&error),
            })?;
            let address = ClientAddress::LOCAL;
            let changed = users
                .update(&permit_operator()?, user.id, patch, None, address)
                .await;
            let user = changed.map_err(|error| explain(&error))?;
            let state = if user.is_active {
                "active"
            } else {
                "deactivated"
            };
            Ok(format!("changed {} ({}, {state})", user.email, user.role))
        }
    }
}

/// What whoever sits at the command line may do.
fn permit_operator<O: Permission>() -> Result<Permit<O>, Failure> {
    Permit::of(Actor::Operator).map_err(|error| explain(&error))
}

fn explain(error: &Error) -> Failure {
    match error {
        Error::Validation(faults) => wrong(faults),
        Error::Duplicate(user::User::UNIQUE_EMAIL) => {
            Failure::Failed("Email address is already registered".to_owned())
        }
        error => Failure::of(error),
    }
}

fn wrong(faults: &ValidationErrors) -> Failure {
    let faults = faults.as_slice().iter();
    let faults: Vec<String> = faults
        .map(|fault| format!("{}: {}", fault.field, fault.message))
        .collect();
    Failure::Usage(faults.join("; "))
}
