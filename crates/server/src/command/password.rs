//! Where a password comes from.

use std::io::{self, IsTerminal};

use crate::config::Sources;
use crate::failure::Failure;

/// Where a password is looked for when no flag says.
pub const PASSWORD_VARIABLE: &str = "HEXPRESS_PASSWORD";

/// The password that the environment holds, if any.
pub fn password_variable(sources: &Sources) -> Result<Option<&str>, Failure> {
    match sources.environment.get(PASSWORD_VARIABLE) {
        // It stands for bytes that are no text.
        Some(password) if password.contains(char::REPLACEMENT_CHARACTER) => {
            Err(Failure::Usage(format!("{PASSWORD_VARIABLE} is not UTF-8")))
        }
        password => Ok(password.map(String::as_str)),
    }
}

/// A password from standard input, from the environment, or from whoever sits at
/// the terminal.
pub fn read_password(from_stdin: bool, sources: &Sources) -> Result<String, Failure> {
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
