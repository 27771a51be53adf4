use chrono::{DateTime, Utc};

use super::{Content, Excerpt, MadeSlug, Metadata, NewSlug, PostPatch, PostStatus, Slug, Title};
use crate::auth::Actor;
use crate::entity::Version;
use crate::id::Id;
use crate::repository::UniqueField;
use crate::user::UserId;

/// The id of a post.
pub type PostId = Id<Post>;

/// A post without its content: lists carry many posts, and seldom their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The id.
    pub id: PostId,
    /// Who wrote it.
    pub author_id: UserId,
    /// The title.
    pub title: Title,
    /// The part of its URL that names it, unique among posts that are not deleted.
    pub slug: Slug,
    /// Whether a client has chosen the slug, so that a new title leaves it alone.
    pub is_slug_named: bool,
    /// A short text about it.
    pub excerpt: Option<Excerpt>,
    /// The status, which says whether readers may see it.
    pub status: PostStatus,
    /// When it was first published.
    pub published_at: Option<DateTime<Utc>>,
    /// What an application keeps beside it.
    pub metadata: Metadata,
    /// The number of the row's state.
    pub version: Version,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted, if so.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A post as a decision sees it, while the row is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPost {
    /// The post, deleted or not.
    pub post: Post,
    /// The content.
    pub content: Content,
    /// Whether its author is deleted, and so the post with them.
    pub is_author_deleted: bool,
}

/// What a decision makes of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostChange {
    /// The post after the change, one version on, still under the slug that it had.
    pub post: Post,
    /// A new slug, if there is one.
    pub slug: Option<NewSlug>,
    /// Whether readers may know the slug that a new one replaces, so that it must
    /// lead here for good.
    pub keeps_former_slug: bool,
    /// A new content, if there is one.
    pub content: Option<Content>,
}

/// The status cannot become the wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A post that is {from} cannot become {to}")]
pub struct TransitionError {
    /// The present status.
    pub from: PostStatus,
    /// The wanted status.
    pub to: PostStatus,
}

impl Post {
    /// The slug, unique among live posts.
    pub const UNIQUE_SLUG: UniqueField = UniqueField {
        name: "slug",
        taken: "Slug is already taken",
    };

    /// Whether the post is not deleted.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// Whether a read by this actor counts as a view: anybody's but the author's,
    /// of a published post.
    #[must_use]
    pub fn counts_view_of(&self, actor: &Actor) -> bool {
        self.is_live() && self.status == PostStatus::Published && !actor.is(self.author_id)
    }

    /// The change that a patch makes to this post, which says `content`; `None`
    /// where it makes none.
    ///
    /// A new title makes a new slug while the post has never been published and no
    /// client has chosen its slug.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] where the status cannot become the patch's.
    pub fn change(
        &self,
        content: &Content,
        patch: &PostPatch,
        at: DateTime<Utc>,
    ) -> Result<Option<PostChange>, TransitionError> {
        let status = patch.status.unwrap_or(self.status);
        if !self.status.may_become(status) {
            return Err(TransitionError {
                from: self.status,
                to: status,
            });
        }
        let title = patch.title.as_ref().unwrap_or(&self.title);
        let after = Self {
            title: title.clone(),
            is_slug_named: self.is_slug_named || patch.slug.is_some(),
            excerpt: patch.excerpt.as_ref().unwrap_or(&self.excerpt).clone(),
            status,
            published_at: self
                .published_at
                .or((status == PostStatus::Published).then_some(at)),
            metadata: patch.metadata.as_ref().unwrap_or(&self.metadata).clone(),
            ..self.clone()
        };
        let slug = self.new_slug(title, patch.slug.as_ref());
        let content = patch.content.as_ref().filter(|new| *new != content);
        // To name the slug that the post has already is no change.
        let is_same = slug.is_none()
            && content.is_none()
            && after.title == self.title
            && after.excerpt == self.excerpt
            && after.status == self.status
            && after.metadata == self.metadata;
        Ok((!is_same).then(|| PostChange {
            post: after.changed(at),
            slug,
            keeps_former_slug: self.published_at.is_some(),
            content: content.cloned(),
        }))
    }

    /// The deletion of this post.
    #[must_use]
    pub fn deletion(&self, at: DateTime<Utc>) -> PostChange {
        let deleted = Self {
            deleted_at: Some(at),
            ..self.clone()
        };
        PostChange {
            post: deleted.changed(at),
            slug: None,
            keeps_former_slug: false,
            content: None,
        }
    }

    /// What undoes the deletion of this post. It gets its slug back, or a number with it.
    #[must_use]
    pub fn restoration(&self, at: DateTime<Utc>) -> PostChange {
        let restored = Self {
            deleted_at: None,
            ..self.clone()
        };
        PostChange {
            post: restored.changed(at),
            slug: Some(NewSlug::Made(MadeSlug::from(self.slug.clone()))),
            keeps_former_slug: self.published_at.is_some(),
            content: None,
        }
    }

    fn changed(self, at: DateTime<Utc>) -> Self {
        Self {
            version: self.version.next(),
            updated_at: at,
            ..self
        }
    }

    fn new_slug(&self, title: &Title, named: Option<&Slug>) -> Option<NewSlug> {
        if let Some(named) = named {
            return (*named != self.slug).then(|| NewSlug::Named(named.clone()));
        }
        if self.is_slug_named || self.published_at.is_some() {
            return None;
        }
        let made = MadeSlug::of_title(title);
        (made != MadeSlug::of_title(&self.title)).then_some(NewSlug::Made(made))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::auth::{Principal, TokenId, TokenKind};
    use crate::user::Role;

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn draft() -> Post {
        Post {
            id: PostId::new(Uuid::from_u128(1)),
            author_id: UserId::new(Uuid::from_u128(2)),
            title: "On Computing".parse().unwrap(),
            slug: "on-computing".parse().unwrap(),
            is_slug_named: false,
            excerpt: None,
            status: PostStatus::Draft,
            published_at: None,
            metadata: Metadata::default(),
            version: Version::new(7),
            created_at: at(),
            updated_at: at(),
            deleted_at: None,
        }
    }

    fn content() -> Content {
        "Once upon a time".parse().unwrap()
    }

    fn change(post: &Post, patch: &PostPatch) -> Option<PostChange> {
        post.change(&content(), patch, at()).unwrap()
    }

    fn titled(title: &str) -> PostPatch {
        PostPatch {
            title: Some(title.parse().unwrap()),
            ..PostPatch::default()
        }
    }

    fn actor(id: u128, role: Role) -> Actor {
        Actor::User(Principal {
            user_id: UserId::new(Uuid::from_u128(id)),
            role,
            token_id: TokenId::new(Uuid::from_u128(9)),
            token_kind: TokenKind::Session,
        })
    }

    #[test]
    fn the_authors_own_reads_are_no_views() {
        let published = Post {
            status: PostStatus::Published,
            ..draft()
        };
        assert!(published.counts_view_of(&Actor::Anonymous));
        assert!(published.counts_view_of(&actor(5, Role::Admin)));
        assert!(!published.counts_view_of(&actor(2, Role::Admin)));
        assert!(!draft().counts_view_of(&actor(5, Role::Admin)));
    }

    #[test]
    fn a_patch_equal_to_what_is_there_is_no_change() {
        let post = draft();
        let same = PostPatch {
            title: Some(post.title.clone()),
            slug: Some(post.slug.clone()),
            content: Some(content()),
            excerpt: Some(None),
            status: Some(post.status),
            metadata: Some(Metadata::default()),
        };
        assert_eq!(change(&post, &PostPatch::default()), None);
        assert_eq!(change(&post, &same), None);
    }

    #[test]
    fn a_new_title_makes_a_new_slug_until_it_is_known_or_chosen() {
        let slug = |post: &Post, patch| change(post, &patch).unwrap().slug;
        let made = MadeSlug::of_title(&"On Engines".parse().unwrap());
        assert_eq!(
            slug(&draft(), titled("On Engines")),
            Some(NewSlug::Made(made))
        );
        assert_eq!(slug(&draft(), titled("ON COMPUTING!")), None);
        let published_once = Post {
            published_at: Some(at()),
            ..draft()
        };
        assert_eq!(slug(&published_once, titled("On Engines")), None);
        let named = Post {
            is_slug_named: true,
            ..draft()
        };
        assert_eq!(slug(&named, titled("On Engines")), None);
        let naming = PostPatch {
            slug: Some("engines".parse().unwrap()),
            ..titled("On Engines")
        };
        let change = change(&published_once, &naming).unwrap();
        assert_eq!(
            change.slug,
            Some(NewSlug::Named("engines".parse().unwrap()))
        );
        assert!(change.post.is_slug_named && change.keeps_former_slug);
    }

    #[test]
    fn what_the_patch_leaves_out_stays() {
        let patch = PostPatch {
            content: Some("Another text".parse().unwrap()),
            ..PostPatch::default()
        };
        let change = change(&draft(), &patch).unwrap();
        assert_eq!(change.content, patch.content);
        let expected = Post {
            version: Version::new(8),
            ..draft()
        };
        assert_eq!((change.post, change.slug), (expected, None));
    }

    #[test]
    fn a_deletion_is_undone_under_the_same_slug_if_it_can() {
        let deletion = draft().deletion(at());
        assert_eq!(deletion.post.deleted_at, Some(at()));
        assert_eq!((deletion.slug, deletion.content), (None, None));
        let restored = deletion.post.restoration(at());
        assert_eq!(restored.post.deleted_at, None);
        assert_eq!(restored.post.version, Version::new(9));
        let made = MadeSlug::from(draft().slug);
        assert_eq!(restored.slug, Some(NewSlug::Made(made)));
    }

    #[test]
    fn the_first_publication_is_kept() {
        let to = |status| PostPatch {
            status: Some(status),
            ..PostPatch::default()
        };
        let published = change(&draft(), &to(PostStatus::Published)).unwrap();
        assert_eq!(published.post.published_at, Some(at()));
        let earlier = DateTime::from_timestamp(1, 0);
        let again = Post {
            published_at: earlier,
            ..draft()
        };
        let published = change(&again, &to(PostStatus::Published)).unwrap();
        assert_eq!(published.post.published_at, earlier);
        let archive = draft().change(&content(), &to(PostStatus::Archived), at());
        assert_eq!(
            archive.unwrap_err().to_string(),
            "A post that is draft cannot become archived"
        );
    }
}
