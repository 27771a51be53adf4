//! Which post a slug leads to: the live post that has it, or a post that had it (a slug
//! redirect).

use hexpress_domain::post::{NewSlug, Post, PostId, PostStatus, Slug};
use hexpress_domain::repository::RepositoryError;

use super::{PostRow, State};

impl State {
    fn holder(&self, slug: &Slug) -> Option<&PostRow> {
        let mut posts = self.posts.values();
        posts.find(|row| row.post.is_live() && row.post.slug == *slug)
    }

    /// The live post that a slug leads to.
    pub(super) fn led_to_by(&self, slug: &Slug) -> Option<&PostRow> {
        let holder = self.holder(slug);
        let redirect = self.slug_redirects.get(slug);
        let former = redirect.and_then(|id| self.posts.get(id));
        let former = former.filter(|row| row.post.is_live());
        let is_published = |row: &&PostRow| row.post.status == PostStatus::Published;
        let for_all = holder.filter(is_published).or(former.filter(is_published));
        for_all.or(holder).or(former)
    }

    /// The slugs that lead to other posts than this.
    pub(super) fn gone_for(&self, id: PostId) -> impl Iterator<Item = &Slug> {
        let posts = self.posts.values().map(|row| &row.post);
        let taken = posts.filter(move |post| post.is_live() && post.id != id);
        let redirects = self.slug_redirects.iter();
        let redirects = redirects.filter(move |(_, target)| **target != id);
        taken
            .map(|post| &post.slug)
            .chain(redirects.map(|(slug, _)| slug))
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

    /// Makes the former slug of a post that was restored under another one redirect to it,
    /// if the post was ever published and no other post that was has the slug.
    pub(super) fn keep_unless_known(&mut self, id: PostId, former: Slug) {
        let is_known = |row: &PostRow| row.post.published_at.is_some();
        let wants_it = self.posts.get(&id).is_some_and(is_known);
        if wants_it && !self.holder(&former).is_some_and(is_known) {
            self.slug_redirects.entry(former).or_insert(id);
        }
    }
}
