use std::fmt;

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag,
    /// The process's environment.
    Environment,
    /// The `.env` file.
    DotEnv,
    /// The file that `NAME_FILE` names.
    File,
    /// The `DB_*` settings, of which `DATABASE_URL` was made.
    Parts,
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::DotEnv => ".env",
            Self::File => "file",
            Self::Parts => "DB_* settings",
            Self::Default => "default",
        })
    }
}
