use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::post::{
    Content, Excerpt, LockedPost, MadeSlug, Metadata, NewSlug, Post, PostChange, PostId,
    PostRecord, PostStatus, PostView, Slug, Title,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;
use serde::{Deserialize, Serialize};

use super::Masthead;

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) masthead: Masthead,
    letters: Vec<Letter>,
    /// The slugs that lead to a letter that had them and was known to readers.
    former_slugs: BTreeMap<Slug, PostId>,
}

/// A post as the file spells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Letter {
    id: PostId,
    author_id: UserId,
    title: Title,
    slug: Slug,
    is_slug_named: bool,
    content: Content,
    excerpt: Option<Excerpt>,
    status: PostStatus,
    published_at: Option<DateTime<Utc>>,
    metadata: Metadata,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
}

impl Letter {
    fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }
}

impl Contents {
    pub(super) const fn new(masthead: Masthead) -> Self {
        Self {
            masthead,
            letters: Vec::new(),
            former_slugs: BTreeMap::new(),
        }
    }

    /// All letters, deleted ones too.
    pub(super) fn views(&self) -> impl Iterator<Item = PostView> {
        self.letters.iter().map(|letter| self.view(letter))
    }

    fn view(&self, letter: &Letter) -> PostView {
        let letter = letter.clone();
        PostView {
            post: Post {
                id: letter.id,
                author_id: letter.author_id,
                title: letter.title,
                slug: letter.slug,
                is_slug_named: letter.is_slug_named,
                excerpt: letter.excerpt,
                status: letter.status,
                published_at: letter.published_at,
                metadata: letter.metadata,
                version: Version::new(letter.version),
                created_at: letter.created_at,
                updated_at: letter.updated_at,
                deleted_at: letter.deleted_at,
            },
            content: Some(letter.content),
            author: self.masthead.editor.author(),
            view_count: 0,
        }
    }

    pub(super) fn find(&self, id: PostId, liveness: Liveness) -> Option<PostView> {
        let letter = self.letters.iter().find(|letter| letter.id == id)?;
        let is_wanted = match liveness {
            Liveness::Live => letter.is_live(),
            Liveness::Deleted => !letter.is_live(),
            Liveness::Any => true,
        };
        is_wanted.then(|| self.view(letter))
    }

    pub(super) fn find_by_slug(&self, slug: &Slug) -> Option<PostView> {
        let mut live = self.letters.iter().filter(|letter| letter.is_live());
        match live.find(|letter| letter.slug == *slug) {
            Some(letter) => Some(self.view(letter)),
            None => self.find(*self.former_slugs.get(slug)?, Liveness::Live),
        }
    }

    pub(super) fn insert(&mut self, post: PostRecord) -> Result<PostView, RepositoryError> {
        if post.author_id != self.masthead.editor.id {
            return Err(RepositoryError::Conflict(CREDENTIALS_CHANGED));
        }
        let is_slug_named = matches!(post.slug, NewSlug::Named(_));
        let letter = Letter {
            slug: self.settle(post.id, post.slug)?,
            id: post.id,
            author_id: post.author_id,
            title: post.title,
            is_slug_named,
            content: post.content,
            excerpt: post.excerpt,
            status: post.status,
            published_at: post.published_at,
            metadata: post.metadata,
            version: Version::FIRST.get(),
            created_at: post.at,
            updated_at: post.at,
            deleted_at: None,
        };
        let view = self.view(&letter);
        self.letters.push(letter);
        Ok(view)
    }

    pub(super) fn change(
        &mut self,
        id: PostId,
        decide: &Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        let letter = self.letters.iter().find(|letter| letter.id == id);
        let letter = letter.ok_or(RepositoryError::NotFound)?;
        let before = LockedPost {
            post: self.view(letter).post,
            content: letter.content.clone(),
            is_author_deleted: false,
        };
        if let Some(change) = decide(&before).map_err(RepositoryError::Refused)? {
            self.store(&before.post, change)?;
        }
        let view = self.find(id, Liveness::Any);
        view.ok_or(RepositoryError::NotFound)
    }

    fn store(&mut self, before: &Post, change: PostChange) -> Result<(), RepositoryError> {
        let (id, after) = (before.id, change.post);
        let holder = self.holder(&before.slug, id);
        let is_known = holder.is_some_and(|letter| letter.published_at.is_some());
        let kept_for = self.former_slugs.get(&before.slug).copied();
        let slug = match change.slug {
            Some(slug) => self.settle(id, slug)?,
            None => before.slug.clone(),
        };
        if slug != before.slug && change.keeps_former_slug {
            let is_kept_for_another = kept_for.is_some_and(|kept| kept != id);
            if before.is_live() || (!is_known && !is_kept_for_another) {
                self.former_slugs.insert(before.slug.clone(), id);
            }
        }
        let letter = self.letters.iter_mut().find(|letter| letter.id == id);
        let letter = letter.ok_or(RepositoryError::NotFound)?;
        letter.title = after.title;
        letter.slug = slug;
        letter.is_slug_named = after.is_slug_named;
        letter.excerpt = after.excerpt;
        letter.status = after.status;
        letter.published_at = after.published_at;
        letter.metadata = after.metadata;
        letter.version = after.version.get();
        letter.updated_at = after.updated_at;
        letter.deleted_at = after.deleted_at;
        if let Some(content) = change.content {
            letter.content = content;
        }
        Ok(())
    }

    /// The slug that a letter gets.
    fn settle(&mut self, id: PostId, slug: NewSlug) -> Result<Slug, RepositoryError> {
        match slug {
            NewSlug::Made(made) => Ok(self.free(id, &made)),
            NewSlug::Named(slug) if self.holder(&slug, id).is_some() => {
                Err(RepositoryError::Duplicate(Post::UNIQUE_SLUG))
            }
            NewSlug::Named(slug) => {
                self.former_slugs.remove(&slug);
                Ok(slug)
            }
        }
    }

    /// The first slug that is neither taken by another letter nor kept.
    fn free(&self, id: PostId, made: &MadeSlug) -> Slug {
        let others = self.letters.iter().filter(|letter| letter.id != id);
        let taken = others.filter(|letter| letter.is_live());
        let taken = taken.map(|letter| letter.slug.as_str());
        let kept = self.former_slugs.iter().filter(|(_, kept)| **kept != id);
        made.first_free(taken.chain(kept.map(|(slug, _)| slug.as_str())))
    }

    /// The other live letter that has a slug.
    fn holder(&self, slug: &Slug, id: PostId) -> Option<&Letter> {
        let mut others = self.letters.iter().filter(|letter| letter.id != id);
        others.find(|letter| letter.is_live() && letter.slug == *slug)
    }
}
