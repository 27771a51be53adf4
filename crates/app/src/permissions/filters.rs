use hexpress_domain::auth::Actor;

use super::{Operation, permit};
use crate::Error;

/// A filter of a list that needs a permission of its own.
#[derive(Debug)]
pub struct RestrictedFilter<F: 'static> {
    /// The filter's name, as the API spells it.
    pub name: &'static str,
    /// What its user must be allowed to do.
    pub operation: Operation,
    /// Whether it has another value than the one that everybody may use.
    pub is_used: fn(&F) -> bool,
}

/// The filters of a list, some of which not everybody may use.
pub trait RestrictedFilters: Sized + 'static {
    /// Those filters.
    const RESTRICTED: &'static [RestrictedFilter<Self>];
}

/// Decides whether the actor may use this filter of a list.
///
/// # Errors
///
/// [`Error::Unauthenticated`], and [`Error::Forbidden`] with the name of the filter that
/// the actor may not use.
pub fn permit_filter<F: RestrictedFilters>(actor: &Actor, filter: &F) -> Result<(), Error> {
    permit_used(actor, |restricted| (restricted.is_used)(filter))
}

/// The same before the values are read: where a filter of a restricted name was sent.
///
/// # Errors
///
/// As [`permit_filter`].
pub fn permit_filter_names<F: RestrictedFilters>(
    actor: &Actor,
    is_sent: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    permit_used::<F>(actor, |restricted| is_sent(restricted.name))
}

fn permit_used<F: RestrictedFilters>(
    actor: &Actor,
    is_used: impl Fn(&RestrictedFilter<F>) -> bool,
) -> Result<(), Error> {
    for restricted in F::RESTRICTED.iter().filter(|filter| is_used(filter)) {
        match permit(actor, restricted.operation) {
            Err(Error::Forbidden { .. }) => {
                let fields = vec![restricted.name];
                return Err(Error::Forbidden { fields });
            }
            outcome => outcome?,
        }
    }
    Ok(())
}
