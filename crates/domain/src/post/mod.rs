//! Posts: what is written, and how it is published.

mod commands;
mod entity;
mod metadata;
mod ports;
mod query;
mod slug;
mod statistics;
mod status;
mod text;
mod view;
mod view_count;

pub use commands::{NewPost, PostField, PostPatch, RawNewPost, RawPostPatch};
pub use entity::{LockedPost, Post, PostChange, PostId, TransitionError};
pub use metadata::{Metadata, MetadataError};
#[cfg(feature = "mocks")]
pub use ports::MockPostRepository;
pub use ports::{PostReader, PostRecord, PostRepository};
pub use query::{PostFilter, PostQuery, PostScope, PostSort};
pub use slug::{MadeSlug, NewSlug, Slug, SlugError};
pub use statistics::{MonthlyPosts, StatusCount};
pub use status::{InitialStatusError, PostStatus, PostStatusError};
pub use text::{Content, Excerpt, Title};
pub use view::{Author, PostHeadline, PostView};
#[cfg(feature = "mocks")]
pub use view_count::{MockViewCounter, MockViewRepository};
pub use view_count::{ViewBatch, ViewBatchId, ViewCounter, ViewRepository};
