use crate::Error;

/// How often one request has a password verified.
const MAX_VERIFICATIONS: u32 = 5;

#[derive(Debug, thiserror::Error)]
#[error("the password was changed {MAX_VERIFICATIONS} times while it was verified")]
struct Overtaken;

/// Verifies a password and goes on with what stands on it, again where the hash was
/// replaced meanwhile: then the attempt answers `None`. Hashing is slow, so that nobody's
/// lock can be held while it is done.
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
