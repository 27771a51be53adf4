use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use hexpress_domain::auth::TokenId;
use hexpress_domain::post::PostId;
use hexpress_domain::post::Slug;
use hexpress_domain::product::ProductId;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::UserId;

/// How many subjects are told apart. Two that share a place make each other old,
/// which costs a read and harms nothing.
const PLACES: usize = 4096;

/// What a write makes old.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// What is shown of a post.
    Post(PostId),
    /// What a slug leads to.
    Slug(Slug),
    /// What is shown of all posts of an author.
    Author(UserId),
    /// Every list of posts.
    PostPages,
    /// What is shown of a product.
    Product(ProductId),
    /// What is shown of all products.
    Products,
    /// Every list of products.
    ProductPages,
    /// For whom a token vouches.
    Token(TokenId),
    /// For whom all tokens of a user vouch.
    Caller(UserId),
}

/// A point in the sequence of all writes of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation(u64);

/// When what was last written. A reader that fills a cache beside a writer takes the
/// generation before it reads: if its subject was written since, nobody may be shown
/// what it found.
pub(super) struct Invalidations {
    present: AtomicU64,
    written: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Default for Invalidations {
    fn default() -> Self {
        Self {
            present: AtomicU64::new(0),
            written: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Invalidations {
    /// The generation of a read that begins now.
    pub(super) fn present(&self) -> Generation {
        Generation(self.present.load(Ordering::SeqCst))
    }

    /// Makes old what was read of these subjects up to now. To be called when the write
    /// has come to its end, and before whoever asked for it is told: of the thing itself after
    /// every outcome, of lists where it [may have written](may_have_written). Where whoever
    /// asked has gone before the end, nobody is told of it, and what was read before is shown
    /// until it is too old, as after a write of another instance.
    pub(super) fn written(&self, subjects: impl IntoIterator<Item = Subject>) {
        let generation = self.present.fetch_add(1, Ordering::SeqCst) + 1;
        for subject in subjects {
            if let Some(place) = self.place(&subject) {
                place.fetch_max(generation, Ordering::SeqCst);
            }
        }
    }

    /// Whether a subject was written after a read of this generation began.
    pub(super) fn is_written_since(&self, subject: &Subject, read: Generation) -> bool {
        let written = self
            .place(subject)
            .map(|place| place.load(Ordering::SeqCst));
        written.is_none_or(|written| Generation(written) > read)
    }

    fn place(&self, subject: &Subject) -> Option<&AtomicU64> {
        let hash = self.hasher.hash_one(subject);
        let index = usize::try_from(hash % u64::try_from(PLACES).ok()?).ok()?;
        self.written.get(index)
    }
}

/// Whether a write may have changed something: after a failure nobody knows. Anybody can be
/// refused, and that must not empty the lists of everybody.
pub(super) const fn may_have_written<T>(outcome: &Result<T, RepositoryError>) -> bool {
    match outcome {
        Ok(_) | Err(RepositoryError::Unavailable(_) | RepositoryError::Internal(_)) => true,
        Err(
            RepositoryError::NotFound
            | RepositoryError::Refused(_)
            | RepositoryError::Duplicate(_)
            | RepositoryError::MissingReference
            | RepositoryError::Conflict(_),
        ) => false,
    }
}
