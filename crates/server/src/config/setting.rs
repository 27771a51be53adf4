use super::Origin;

/// A setting: all that is said about it, wherever it is shown. What it may be and what
/// it is by default stands beside it, where it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it means, in Markdown, beginning in lower case: for the document, and for the
    /// help text of its flag.
    pub meaning: &'static str,
    /// The flag that outweighs it, if there is one.
    pub flag: Option<Flag>,
    /// The setting that names a file which holds it, where it may be a secret.
    pub file: Option<&'static str>,
    /// Its default in Markdown, where that depends on more than `APP_ENV`.
    pub default_in_words: Option<&'static str>,
    /// Whether anything depends on it, as the settings before it are. What does not is never
    /// parsed: whoever set it may have meant another program.
    pub is_in_use: bool,
}

/// A flag of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Its name, without the dashes.
    pub long: &'static str,
    /// What its value is called in the help text.
    pub value: &'static str,
    /// Whether its value may be left out, and is `true` then.
    pub is_switch: bool,
    /// Whether it may stand behind a subcommand too.
    pub is_global: bool,
}

/// A setting as it took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The setting.
    pub setting: Setting,
    /// The section of the document that it belongs to.
    pub section: &'static str,
    /// Its value, masked if it is a secret; `None` where nobody set it and it has
    /// no default. Of one that is set and not in use, the text.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

impl Effective {
    /// Whether somebody has set it, and nothing comes of it.
    pub fn is_ignored(&self) -> bool {
        !self.setting.is_in_use && self.origin != Origin::Default
    }
}

impl Setting {
    /// A setting without a flag.
    pub const fn new(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            meaning,
            flag: None,
            file: None,
            default_in_words: None,
            is_in_use: true,
        }
    }

    /// The same, of which something depends only in this case.
    pub const fn used_if(self, is_in_use: bool) -> Self {
        Self { is_in_use, ..self }
    }

    /// The same with a flag.
    pub const fn with_flag(self, flag: Flag) -> Self {
        Self {
            flag: Some(flag),
            ..self
        }
    }

    /// The same, for which a file may be named by the setting `file`.
    pub const fn with_file(self, file: &'static str) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }

    /// The same with its default in words.
    pub const fn with_default_in_words(self, default: &'static str) -> Self {
        Self {
            default_in_words: Some(default),
            ..self
        }
    }
}

impl Flag {
    /// A flag that takes a value.
    pub const fn new(long: &'static str, value: &'static str) -> Self {
        Self {
            long,
            value,
            is_switch: false,
            is_global: false,
        }
    }

    /// A flag whose value may be left out.
    pub const fn switch(long: &'static str, value: &'static str) -> Self {
        Self {
            is_switch: true,
            ..Self::new(long, value)
        }
    }

    /// A flag that may stand behind a subcommand too.
    pub const fn global(long: &'static str, value: &'static str) -> Self {
        Self {
            is_global: true,
            ..Self::new(long, value)
        }
    }
}
