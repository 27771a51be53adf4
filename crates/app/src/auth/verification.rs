use crate::Error;

/// How often one request has a password verified.
const MAX_VERIFICATIONS: u32 = 5;

#[derive(Debug, thiserror::Error)]
#[error("the password was changed {MAX_VERIFICATIONS} times while it was verified")]
struct Overtaken;

/// Repeats an attempt that verifies a password while it returns `None`, because the hash
/// was replaced meanwhile. Hashing is slow, so no lock is held during it.
pub(crate) async fn until_verified<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    // Async closures would not do: with them the compiler cannot see that the
    // use cases' futures are `Send`.
    F: Future<Output = Result<Option<T>, Error>>,
{
    for _ in 0..MAX_VERIFICATIONS {
        if let Some(value) = attempt().await? {
            return Ok(value);
        }
    }
    Err(Error::Unavailable(Box::new(Overtaken)))
}
