use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::output::print;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  bash  hexpress completions bash > ~/.local/share/bash-completion/completions/hexpress
  zsh   hexpress completions zsh > \"${fpath[1]}/_hexpress\"
  fish  hexpress completions fish > ~/.config/fish/completions/hexpress.fish";

/// Print what a shell reads to complete these words
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    /// Prints the script for the whole command line, which is passed in.
    pub fn run(&self, mut command_line: Command) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut command_line, "hexpress", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
