use std::borrow::Cow;
use std::fmt::Display;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

use hexpress_infra::database::masked;

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
    /// [`ConfigError::Value`] where it was no UTF-8, where the file that is named for it cannot
    /// be read, and where a text and a file are given.
    pub fn raw(&self, setting: Setting) -> Result<Option<(Cow<'a, str>, Origin)>, ConfigError> {
        let Setting { name, .. } = setting;
        let given = self.sources.find(name);
        let file = setting.file.and_then(|file| {
            let (path, origin) = self.sources.find(file)?;
            Some((file, path, origin))
        });
        let refusal = |name, value: &str, origin, expected| ConfigError::Value {
            name,
            value: value.to_owned(),
            origin,
            expected,
        };
        match (given, file) {
            (Some((text, origin)), _) if text.contains(char::REPLACEMENT_CHARACTER) => {
                Err(refusal(name, MASK, origin, "text in UTF-8".to_owned()))
            }
            // A flag outweighs both, as it outweighs the text alone.
            (Some((text, Origin::Flag)), _) => Ok(Some((text.into(), Origin::Flag))),
            (Some(_), Some((file, path, origin))) => {
                let expected = format!("to be set alone: {name} is set too");
                Err(refusal(file, &masked(path), origin, expected))
            }
            (Some((text, origin)), None) => Ok(Some((text.into(), origin))),
            (None, Some((file, path, origin))) => match secret_of(path) {
                Ok(text) => Ok(Some((text.into(), Origin::File))),
                Err(error) => {
                    let expected = format!("a file with the value of {name}, but {error}");
                    Err(refusal(file, &masked(path), origin, expected))
                }
            },
            (None, None) => Ok(None),
        }
    }

    /// Whether somebody has set it, to whatever.
    pub fn is_set(&self, name: &str) -> bool {
        self.sources.find(name).is_some()
    }

    /// Whether anything depends on a setting that was remembered.
    pub fn is_in_use(&self, name: &str) -> bool {
        let mut known = self.settings.iter();
        known.any(|known| known.setting.name == name && known.setting.is_in_use)
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
        Ok(found.unwrap_or_else(|| self.default(default)))
    }

    /// The default of the setting that was read last, and is not set or not in use.
    pub fn default<T: Display>(&mut self, default: T) -> T {
        if let Some(last) = self.settings.last_mut() {
            last.value.get_or_insert_with(|| default.to_string());
        }
        default
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
        self.explained(setting, |text| {
            parse(text).ok_or_else(|| expected.to_owned())
        })
    }

    /// A setting that may be left out, where it depends on the text what is expected instead:
    /// then `parse` says so.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] where it is set and `parse` makes nothing of it.
    pub fn explained<T: Display>(
        &mut self,
        setting: Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((text, origin)) = self.text(setting)? else {
            return Ok(None);
        };
        let value = parse(&text).map_err(|expected| ConfigError::Value {
            name: setting.name,
            value: masked(&text),
            origin,
            expected,
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
        let found = self.text(setting)?;
        if let Some((_, origin)) = &found {
            self.remember(setting, Some(MASK.to_owned()), *origin);
        } else if let Some(ignored) = self.settings.last_mut() {
            ignored.value = ignored.value.take().map(|_| MASK.to_owned());
        }
        Ok(found.map(|(text, _)| text.into_owned()))
    }

    /// The text of a setting and its origin, where it is set and in use. Otherwise it is
    /// remembered as it is.
    fn text(&mut self, setting: Setting) -> Result<Option<(Cow<'a, str>, Origin)>, ConfigError> {
        if setting.is_in_use
            && let Some(found) = self.raw(setting)?
        {
            return Ok(Some(found));
        }
        let named = |name| self.sources.find(name);
        let ignored = named(setting.name).or_else(|| setting.file.and_then(named));
        let origin = ignored.map_or(Origin::Default, |(_, origin)| origin);
        self.remember(setting, ignored.map(|(text, _)| masked(text)), origin);
        Ok(None)
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

/// What a file holds, without the end of its line.
fn secret_of(path: &str) -> io::Result<String> {
    let mut text = fs::read_to_string(path)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    text.truncate(line.len());
    Ok(text)
}
