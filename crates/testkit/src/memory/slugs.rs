//! Which post a slug leads to: taken by a live one, or kept for one that had it.

use hexpress_domain::post::{NewSlug, Post, PostId, Slug};
use hexpress_domain::repository::RepositoryError;

use super::{PostRow, State};

impl State {
    fn holder(&self, slug: &Slug) -> Option<&PostRow> {
        let mut posts = self.posts.values();
        posts.find(|row| row.post.is_live() && row.post.slug == *slug)
    }

    /// The live post that a slug leads to.
    pub(super) fn led_to_by(&self, slug: &Slug) -> Option<&PostRow> {
        let kept_for = || self.posts.get(self.kept_slugs.get(slug)?);
        let found = self.holder(slug).or_else(kept_for);
        found.filter(|row| row.post.is_live())
    }

    /// The slugs that are taken by other posts than this, or kept for them.
    pub(super) fn gone_for(&self, id: PostId) -> impl Iterator<Item = &Slug> {
        let posts = self.posts.values().map(|row| &row.post);
        let taken = posts.filter(move |post| post.is_live() && post.id != id);
        let kept = self.kept_slugs.iter();
        let kept = kept.filter(move |(_, kept_for)| **kept_for != id);
        taken
            .map(|post| &post.slug)
            .chain(kept.map(|(slug, _)| slug))
    }

    /// The slug that the post is to have.
    pub(super) fn choose_slug(&self, id: PostId, new: &NewSlug) -> Result<Slug, RepositoryError> {
        match new {
            NewSlug::Made(made) => Ok(made.first_free(self.gone_for(id).map(Slug::as_str))),
            NewSlug::Named(slug) if self.holder(slug).is_some_and(|row| row.post.id != id) => {
                Err(RepositoryError::Duplicate(Post::UNIQUE_SLUG))
            }
            NewSlug::Named(slug) => Ok(slug.clone()),
        }
    }

    /// Keeps a slug for a post that was restored under another one, if readers know the
    /// post and the slug has no other holder that they know.
    pub(super) fn keep_unless_known(&mut self, id: PostId, former: Slug) {
        let is_known = |row: &PostRow| row.post.published_at.is_some();
        let wants_it = self.posts.get(&id).is_some_and(is_known);
        if wants_it && !self.holder(&former).is_some_and(is_known) {
            self.kept_slugs.entry(former).or_insert(id);
        }
    }
}
