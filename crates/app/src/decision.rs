use std::sync::Arc;

use chrono::{DateTime, Utc};
use hexpress_domain::auth::Actor;
use hexpress_domain::clock::Clock;
use hexpress_domain::repository::{Decide, Refusal};

use crate::permissions::Target;
use crate::{Error, Preconditions};

/// The decision about a change, behind the checks that all changes have, in their order:
/// the actor sees the thing, may do this to it, and wants it changed at this version.
pub(crate) fn decision<T, C, P, D>(
    actor: &Actor,
    preconditions: Option<&Preconditions>,
    clock: &Arc<dyn Clock>,
    permit: P,
    decide: D,
) -> Decide<T, C>
where
    T: Target,
    P: Fn(&Actor, &T) -> Result<(), Error> + Send + Sync + 'static,
    D: Fn(&T, DateTime<Utc>) -> Result<Option<C>, Error> + Send + Sync + 'static,
{
    let (actor, preconditions, clock) = (actor.clone(), preconditions.cloned(), Arc::clone(clock));
    Arc::new(move |thing| -> Result<_, Refusal> {
        thing.require_visible_to(&actor)?;
        permit(&actor, thing)?;
        Preconditions::check(preconditions.as_ref(), thing.version())?;
        Ok(decide(thing, clock.now())?)
    })
}
