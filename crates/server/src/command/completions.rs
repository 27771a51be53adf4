use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Cli;
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
    pub fn run(&self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "hexpress", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
