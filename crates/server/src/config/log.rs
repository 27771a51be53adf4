use strum::{Display, EnumString};
use tracing::level_filters::LevelFilter;

use super::reader::Reader;
use super::{ConfigError, Flag, Setting};

/// The least important lines that are logged.
pub const LOG_LEVEL: Setting = Setting::new(
    "LOG_LEVEL",
    "`off`, `error`, `warn`, `info`, `debug` or `trace`; statements of SQL at `debug`, never with \
     their values",
)
.with_flag(Flag::new("log-level", "LEVEL"));

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// The least important lines that are written.
    pub level: LevelFilter,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ConfigError> {
        reader.section("The program");
        let (pretty, json) = (LogFormat::Pretty, LogFormat::Json);
        let (info, warn) = (LevelFilter::INFO, LevelFilter::WARN);
        let app_env = reader.app_env();
        Ok(Self {
            format: reader.value(
                Setting::new(
                    "LOG_FORMAT",
                    "how the log on standard error looks: for people, or one JSON object a line",
                ),
                app_env.pick(pretty, pretty, json),
                "one of pretty, json",
                |text| text.parse().ok(),
            )?,
            level: reader.value(
                LOG_LEVEL,
                app_env.pick(info, warn, info),
                "one of off, error, warn, info, debug, trace",
                |text| {
                    let is_name = text.chars().all(char::is_alphabetic) && !text.is_empty();
                    text.parse().ok().filter(|_| is_name)
                },
            )?,
        })
    }
}
