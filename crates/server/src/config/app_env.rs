use strum::{Display, EnumString};

/// What the program runs for: it decides the defaults of the other settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
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
