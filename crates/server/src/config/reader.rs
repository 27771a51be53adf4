use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{AppEnv, ConfigError, Effective, Origin, Setting, Sources};

/// What a secret is shown as.
pub const MASK: &str = "***";

/// The longest time that a setting in milliseconds may have: a day.
const MAX_MS: u64 = 86_400_000;

/// Reads settings one by one and remembers each: what it came to, and whence.
pub struct Reader<'a> {
    sources: &'a Sources,
    app_env: AppEnv,
    section: &'static str,
    settings: Vec<Effective>,
}

impl<'a> Reader<'a> {
    /// A reader that knows nothing but `APP_ENV`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where that is none of its three values.
    pub fn new(sources: &'a Sources) -> Result<Self, ConfigError> {
        let mut reader = Self {
            sources,
            app_env: AppEnv::default(),
            section: "The program",
            settings: Vec::new(),
        };
        reader.app_env = reader.value(
            Setting::new(
                "APP_ENV",
                "`development`, `test` or `production`: picks the defaults",
            ),
            AppEnv::default(),
            "one of development, test, production",
            |text| text.parse().ok(),
        )?;
        Ok(reader)
    }

    /// What the program runs for.
    pub const fn app_env(&self) -> AppEnv {
        self.app_env
    }

    /// Begins a section of the document: the settings that are read from now on.
    pub const fn section(&mut self, title: &'static str) {
        self.section = title;
    }

    /// Every setting that was read, in that order.
    pub fn into_settings(self) -> Vec<Effective> {
        self.settings
    }

    /// The text of a setting and its origin. It is not remembered.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it was no UTF-8.
    pub fn raw(&self, name: &'static str) -> Result<Option<(&'a str, Origin)>, ConfigError> {
        match self.sources.find(name) {
            Some((text, origin)) if text.contains(char::REPLACEMENT_CHARACTER) => {
                Err(ConfigError::Value {
                    name,
                    value: MASK.to_owned(),
                    origin,
                    expected: "text in UTF-8".to_owned(),
                })
            }
            found => Ok(found),
        }
    }

    /// Remembers what a setting came to.
    pub fn remember(&mut self, setting: Setting, value: Option<String>, origin: Origin) {
        self.settings.push(Effective {
            setting,
            section: self.section,
            value,
            origin,
        });
    }

    /// A refusal of a setting that was remembered.
    pub fn refuse(&self, name: &'static str, expected: String) -> ConfigError {
        match self
            .settings
            .iter()
            .find(|known| known.setting.name == name)
        {
            Some(Effective {
                value: Some(value),
                origin,
                ..
            }) => ConfigError::Value {
                name,
                value: value.clone(),
                origin: *origin,
                expected,
            },
            _ => ConfigError::Missing { name, expected },
        }
    }

    /// A setting with a default.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it is set and `parse` makes nothing of it.
    pub fn value<T: Display>(
        &mut self,
        setting: Setting,
        default: T,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let found = self.optional(setting, expected, parse)?;
        if found.is_none()
            && let Some(last) = self.settings.last_mut()
        {
            last.value = Some(default.to_string());
        }
        Ok(found.unwrap_or(default))
    }

    /// A setting that may be left out.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it is set and `parse` makes nothing of it.
    pub fn optional<T: Display>(
        &mut self,
        setting: Setting,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((text, origin)) = self.raw(setting.name)? else {
            self.remember(setting, None, Origin::Default);
            return Ok(None);
        };
        let value = parse(text).ok_or_else(|| ConfigError::Value {
            name: setting.name,
            value: text.to_owned(),
            origin,
            expected: expected.to_owned(),
        })?;
        self.remember(setting, Some(value.to_string()), origin);
        Ok(Some(value))
    }

    /// A text that is never shown, and may be any.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it was no UTF-8.
    pub fn secret(&mut self, setting: Setting) -> Result<Option<String>, ConfigError> {
        let found = self.raw(setting.name)?;
        let origin = found.map_or(Origin::Default, |(_, origin)| origin);
        self.remember(setting, found.map(|_| MASK.to_owned()), origin);
        Ok(found.map(|(text, _)| text.to_owned()))
    }

    /// A whole number within a range.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it is none.
    pub fn whole<T>(
        &mut self,
        setting: Setting,
        default: T,
        range: RangeInclusive<T>,
    ) -> Result<T, ConfigError>
    where
        T: Display + PartialOrd + std::str::FromStr,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(setting, default, &expected, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
    }

    /// A time in milliseconds, from `least` to a day.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it is none.
    pub fn milliseconds(
        &mut self,
        setting: Setting,
        default: u64,
        least: u64,
    ) -> Result<Duration, ConfigError> {
        self.whole(setting, default, least..=MAX_MS)
            .map(Duration::from_millis)
    }
}
