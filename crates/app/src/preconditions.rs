use hexpress_domain::entity::Version;

use crate::Error;

/// The versions at which a client wants a thing changed (RFC 9110, section 13.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preconditions {
    /// `If-Match`: it must be at one of these.
    pub if_match: Option<NamedVersions>,
    /// `If-None-Match`: it must be at none of these.
    pub if_none_match: Option<NamedVersions>,
}

/// What a list of entity tags names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedVersions {
    /// `*`: any version of a thing that exists.
    Any,
    /// These. All are empty where the client sent only tags that are not ours.
    These {
        /// Those of strong tags.
        strong: Vec<Version>,
        /// Those of weak tags, which are no proof that nothing has changed.
        weak: Vec<Version>,
    },
}

impl Preconditions {
    /// Wants one of these versions.
    #[must_use]
    pub fn versions(strong: impl Into<Vec<Version>>) -> Self {
        let (strong, weak) = (strong.into(), Vec::new());
        Self {
            if_match: Some(NamedVersions::These { strong, weak }),
            if_none_match: None,
        }
    }

    /// Compares the version of the thing with those that the client wants. Within a
    /// decision nobody can change the thing meanwhile.
    pub(crate) fn check(condition: Option<&Self>, version: Version) -> Result<(), Error> {
        condition.map_or(Ok(()), |condition| condition.require(version))
    }

    /// Compares the version of what a client reads with those that it wants.
    ///
    /// # Errors
    ///
    /// [`Error::PreconditionFailed`] and [`Error::WeakPrecondition`].
    pub fn require(&self, version: Version) -> Result<(), Error> {
        match &self.if_match {
            None | Some(NamedVersions::Any) => {}
            Some(NamedVersions::These { strong, .. }) if strong.contains(&version) => {}
            Some(NamedVersions::These { weak, .. }) if weak.contains(&version) => {
                return Err(Error::WeakPrecondition);
            }
            Some(NamedVersions::These { .. }) => return Err(Error::PreconditionFailed),
        }
        let is_unwanted = match &self.if_none_match {
            None => false,
            Some(NamedVersions::Any) => true,
            Some(NamedVersions::These { strong, weak }) => {
                strong.contains(&version) || weak.contains(&version)
            }
        };
        if is_unwanted {
            return Err(Error::PreconditionFailed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(strong: &[i64], weak: &[i64]) -> Option<NamedVersions> {
        let versions = |numbers: &[i64]| numbers.iter().copied().map(Version::new).collect();
        Some(NamedVersions::These {
            strong: versions(strong),
            weak: versions(weak),
        })
    }

    fn at_3(if_match: Option<NamedVersions>, if_none_match: Option<NamedVersions>) -> &'static str {
        match (Preconditions {
            if_match,
            if_none_match,
        })
        .require(Version::new(3))
        {
            Ok(()) => "met",
            Err(Error::WeakPrecondition) => "weak",
            Err(Error::PreconditionFailed) => "failed",
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_version_is_wanted_or_unwanted() {
        assert_eq!(at_3(None, None), "met");
        assert_eq!(at_3(Some(NamedVersions::Any), None), "met");
        assert_eq!(at_3(these(&[2, 3], &[]), None), "met");
        assert_eq!(at_3(these(&[2], &[]), None), "failed");
        assert_eq!(at_3(these(&[2], &[3]), None), "weak");
        assert_eq!(at_3(these(&[], &[]), None), "failed");
        assert_eq!(at_3(None, Some(NamedVersions::Any)), "failed");
        assert_eq!(at_3(None, these(&[3], &[])), "failed");
        assert_eq!(at_3(None, these(&[], &[3])), "failed");
        assert_eq!(at_3(None, these(&[2], &[])), "met");
        assert_eq!(at_3(these(&[3], &[]), these(&[3], &[])), "failed");
    }
}
