use std::fmt;
use std::str::FromStr;

/// What the program runs for: it decides the defaults of the other settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppEnv {
    /// On somebody's own machine.
    #[default]
    Development,
    /// Under tests.
    Test,
    /// For real: nothing that matters has a convenient default.
    Production,
}

impl AppEnv {
    /// The one of three defaults that is meant.
    pub fn pick<T>(self, development: T, test: T, production: T) -> T {
        match self {
            Self::Development => development,
            Self::Test => test,
            Self::Production => production,
        }
    }
}

impl FromStr for AppEnv {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Development, Self::Test, Self::Production]
            .into_iter()
            .find(|app_env| app_env.to_string() == text)
            .ok_or(())
    }
}

impl fmt::Display for AppEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pick("development", "test", "production"))
    }
}
