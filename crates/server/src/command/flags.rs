//! Flags that outweigh settings, made from these.

use std::marker::PhantomData;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::config::{AUTO_MIGRATE, DATABASE_URL, Flags, HOST, LOG_LEVEL, PORT, Setting};

/// Some of the settings that have flags.
pub trait Flagged {
    /// Which.
    const SETTINGS: &'static [Setting];
}

/// The flags of the server.
#[derive(Debug)]
pub struct OfServer;

/// The flag of a command that works on the database.
#[derive(Debug)]
pub struct OfDatabase;

/// The flags of a command that asks the server.
#[derive(Debug)]
pub struct OfAddress;

/// The values that the flags of these settings have.
#[derive(Debug)]
pub struct SettingFlags<S> {
    given: Flags,
    settings: PhantomData<S>,
}

impl Flagged for OfServer {
    const SETTINGS: &'static [Setting] = &[HOST, PORT, AUTO_MIGRATE, LOG_LEVEL, DATABASE_URL];
}

impl Flagged for OfDatabase {
    const SETTINGS: &'static [Setting] = &[DATABASE_URL];
}

impl Flagged for OfAddress {
    const SETTINGS: &'static [Setting] = &[HOST, PORT];
}

impl<S> SettingFlags<S> {
    /// Those that were given, under the names of their settings.
    pub fn given(&self) -> Flags {
        self.given.clone()
    }
}

impl<S: Flagged> Args for SettingFlags<S> {
    fn augment_args(command: Command) -> Command {
        command.args(S::SETTINGS.iter().filter_map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Flagged> FromArgMatches for SettingFlags<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |name| matches.get_one::<String>(name).cloned();
        let names = S::SETTINGS.iter().map(|setting| setting.name);
        Ok(Self {
            given: names
                .filter_map(|name| Some((name, value(name)?)))
                .collect(),
            settings: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn argument(setting: &Setting) -> Option<Arg> {
    let flag = setting.flag?;
    let argument = Arg::new(setting.name)
        .long(flag.long)
        .value_name(flag.value)
        .global(flag.is_global)
        .help(help(setting));
    Some(if flag.is_switch {
        argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
    } else {
        argument
    })
}

/// What the setting means, without Markdown, and its name.
fn help(setting: &Setting) -> String {
    let mut meaning = setting.meaning.replace('`', "");
    // Behind a back-tick stands a value, which keeps its case.
    if !setting.meaning.starts_with('`')
        && let Some(first) = meaning.get_mut(..1)
    {
        first.make_ascii_uppercase();
    }
    format!("{meaning} [setting: {}]", setting.name)
}
