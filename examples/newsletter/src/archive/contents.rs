use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::post::PostId;
use hexpress_domain::post::{
    Content, Excerpt, MadeSlug, Metadata, NewSlug, Post, PostChange, PostRecord, PostStatus,
    PostView, Slug, Title,
};
use hexpress_domain::repository::{Conflict, RepositoryError, UniqueField};
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

    /// Moves on from the version that was seen.
    fn step(&mut self, seen: Version) -> Result<(), RepositoryError> {
        if self.version != seen.get() {
            return Err(RepositoryError::Stale);
        }
        self.version += 1;
        Ok(())
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
            return Err(RepositoryError::Conflict(Conflict::CredentialsChanged));
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

    pub(super) fn change(&mut self, change: PostChange) -> Result<PostView, RepositoryError> {
        let slug = match change.slug {
            Some(slug) => Some(self.settle(change.id, slug)?),
            None => None,
        };
        let letter = self.live(change.id)?;
        letter.step(change.seen)?;
        let former = slug.map(|slug| std::mem::replace(&mut letter.slug, slug));
        letter.title = change.title;
        letter.is_slug_named = change.is_slug_named;
        letter.content = change.content;
        letter.excerpt = change.excerpt;
        letter.status = change.status;
        letter.published_at = change.published_at;
        letter.metadata = change.metadata;
        letter.updated_at = change.at;
        if let Some(former) = former.filter(|_| change.keeps_former_slug) {
            self.former_slugs.insert(former, change.id);
        }
        self.shown(change.id)
    }

    pub(super) fn delete(
        &mut self,
        id: PostId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let letter = self.live(id)?;
        letter.step(seen)?;
        letter.deleted_at = Some(at);
        Ok(())
    }

    pub(super) fn restore(
        &mut self,
        id: PostId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<PostView, RepositoryError> {
        let letter = self.any(id)?;
        if letter.is_live() {
            return Err(RepositoryError::Conflict(Conflict::NotDeleted));
        }
        letter.step(seen)?;
        letter.deleted_at = None;
        letter.updated_at = at;
        let (slug, was_published) = (letter.slug.clone(), letter.published_at.is_some());

        let holder = self.holder(&slug, id);
        let is_known_for_holder = holder.is_some_and(|letter| letter.published_at.is_some());
        let is_taken = holder.is_some();
        let is_kept = self.former_slugs.get(&slug).is_some_and(|kept| *kept != id);
        if is_taken || is_kept {
            let free = self.free(id, &MadeSlug::from(slug.clone()));
            self.any(id)?.slug = free;
            if was_published && !is_kept && !is_known_for_holder {
                self.former_slugs.insert(slug, id);
            }
        }
        self.shown(id)
    }

    /// The slug that a letter gets.
    fn settle(&mut self, id: PostId, slug: NewSlug) -> Result<Slug, RepositoryError> {
        match slug {
            NewSlug::Made(made) => Ok(self.free(id, &made)),
            NewSlug::Named(slug) if self.holder(&slug, id).is_some() => {
                Err(RepositoryError::Duplicate {
                    field: UniqueField::PostSlug,
                })
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
        made.first_free(taken.chain(self.former_slugs.keys().map(Slug::as_str)))
    }

    /// The other live letter that has a slug.
    fn holder(&self, slug: &Slug, id: PostId) -> Option<&Letter> {
        let mut others = self.letters.iter().filter(|letter| letter.id != id);
        others.find(|letter| letter.is_live() && letter.slug == *slug)
    }

    fn any(&mut self, id: PostId) -> Result<&mut Letter, RepositoryError> {
        let letter = self.letters.iter_mut().find(|letter| letter.id == id);
        letter.ok_or(RepositoryError::NotFound)
    }

    fn live(&mut self, id: PostId) -> Result<&mut Letter, RepositoryError> {
        match self.any(id) {
            Ok(letter) if letter.is_live() => Ok(letter),
            _ => Err(RepositoryError::NotFound),
        }
    }

    fn shown(&self, id: PostId) -> Result<PostView, RepositoryError> {
        let view = self.find(id, Liveness::Any);
        view.ok_or(RepositoryError::NotFound)
    }
}
