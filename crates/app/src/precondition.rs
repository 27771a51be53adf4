use hexpress_domain::entity::Version;

use crate::Error;

/// The versions at which a client wants a thing changed (RFC 9110, section 13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any version of a thing that exists.
    Any,
    /// One of these. Empty where the client sent only tags that are not ours.
    Versions(Vec<Version>),
}

impl IfMatch {
    /// Compares the version of the thing with those that the client wants. Within a
    /// decision nobody can change the thing meanwhile.
    pub(crate) fn check(condition: Option<&Self>, version: Version) -> Result<(), Error> {
        match condition {
            Some(Self::Versions(wanted)) if !wanted.contains(&version) => {
                Err(Error::PreconditionFailed)
            }
            _ => Ok(()),
        }
    }
}
