use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use hexpress_app::Error;
use hexpress_app::permissions::{Permission, Permit};
use hexpress_app::user::UserService;
use hexpress_domain::auth::{Actor, ClientAddress};
use hexpress_domain::user::{Email, NewUser, RawNewUser, RawUserPatch, Role, User, UserPatch};
use hexpress_domain::validation::{Field, ValidationErrors};

use super::{PASSWORD_VARIABLE, lasting_database, password_variable, print};
use crate::cli::UserAction;
use crate::config::{Config, Sources};
use crate::failure::Failure;
use crate::wiring::{Store, user_service};

/// What is to be done, every word of it checked.
enum Task {
    Create(NewUser, Role),
    Change(Email, UserPatch),
}

/// Creates or changes an account.
pub async fn run(
    config: &Config,
    action: &UserAction,
    sources: &Sources,
) -> Result<ExitCode, Failure> {
    let database = lasting_database(config)?;
    let task = parse(action, sources)?;
    let store = Store::open_migrated(&database).await?;
    let users = user_service(config, &store.database)?;
    let done = carry_out(&users, task).await?;
    store.database.close(Duration::MAX).await;
    print(&format!("{done}\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn parse(action: &UserAction, sources: &Sources) -> Result<Task, Failure> {
    match action {
        UserAction::Create {
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
        UserAction::SetRole { email, role } => change(
            email,
            RawUserPatch {
                role: Field::Value(role.clone()),
                ..RawUserPatch::default()
            },
        ),
        UserAction::SetPassword {
            email,
            password_stdin,
        } => change(
            email,
            RawUserPatch {
                password: Field::Value(read_password(*password_stdin, sources)?),
                ..RawUserPatch::default()
            },
        ),
        UserAction::Activate { email } => change(email, activity(true)),
        UserAction::Deactivate { email } => change(email, activity(false)),
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
        Error::Duplicate(User::UNIQUE_EMAIL) => {
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

/// A password from standard input, from the environment, or from whoever sits at
/// the terminal.
fn read_password(from_stdin: bool, sources: &Sources) -> Result<String, Failure> {
    if from_stdin {
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .map_err(|error| Failure::Usage(format!("no password on standard input: {error}")))?;
        let password = line.strip_suffix('\n').unwrap_or(&line);
        return Ok(password.strip_suffix('\r').unwrap_or(password).to_owned());
    }
    if let Some(password) = password_variable(sources)? {
        return Ok(password.to_owned());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "no password: add --password-stdin, set {PASSWORD_VARIABLE}, or run at a terminal"
        )));
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Once more: ")? != password {
        return Err(Failure::Usage("the two passwords differ".to_owned()));
    }
    Ok(password)
}
