use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, NaiveTime, Utc};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Page;
use hexpress_domain::post::{
    Author, MadeSlug, MonthlyPosts, NewSlug, Post, PostChange, PostHeadline, PostId, PostQuery,
    PostRecord, PostRepository, PostScope, PostStatus, PostView, Slug, StatusCount,
};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::UserId;

use super::list::{self, next};
use super::{MemoryStore, PostRow, State, is_among};

impl State {
    /// The post with its content.
    fn view(&self, row: &PostRow) -> Result<PostView, RepositoryError> {
        let author = self.users.get(&row.post.author_id);
        let author = author.ok_or(RepositoryError::MissingReference)?;
        Ok(PostView {
            post: row.post.clone(),
            content: Some(row.content.clone()),
            author: Author {
                id: author.user.id,
                name: author.user.name.clone(),
            },
            view_count: row.views,
        })
    }

    fn view_of(&self, id: PostId) -> Result<PostView, RepositoryError> {
        self.view(self.posts.get(&id).ok_or(RepositoryError::NotFound)?)
    }

    /// The live post, if at the version that the caller saw.
    fn post_at(&self, id: PostId, seen: Version) -> Result<&Post, RepositoryError> {
        let row = self.posts.get(&id).filter(|row| row.post.is_live());
        match row.ok_or(RepositoryError::NotFound)? {
            row if row.post.version == seen => Ok(&row.post),
            _ => Err(RepositoryError::Stale),
        }
    }

    fn live_posts_of(&self, author_id: UserId) -> impl Iterator<Item = &PostRow> {
        let posts = self.posts.values();
        posts.filter(move |row| row.post.is_live() && row.post.author_id == author_id)
    }

    fn insert_post(&mut self, record: PostRecord) -> Result<PostView, RepositoryError> {
        let author = self.users.get(&record.author_id).map(|row| &row.user);
        if !author.is_some_and(|author| author.is_live() && author.is_active) {
            return Err(RepositoryError::Conflict(Conflict::CredentialsChanged));
        }
        let slug = self.choose_slug(record.id, &record.slug)?;
        // One that is named is kept for nobody any more, one that is made never was.
        self.kept_slugs.remove(&slug);
        let post = Post {
            id: record.id,
            author_id: record.author_id,
            title: record.title,
            slug,
            is_slug_named: matches!(record.slug, NewSlug::Named(_)),
            excerpt: record.excerpt,
            status: record.status,
            published_at: record.published_at,
            metadata: record.metadata,
            version: Version::FIRST,
            created_at: record.at,
            updated_at: record.at,
            deleted_at: None,
        };
        let row = PostRow {
            post,
            content: record.content,
            views: 0,
            went_with_author: false,
        };
        self.posts.insert(record.id, row);
        self.view_of(record.id)
    }

    fn change_post(&mut self, change: PostChange) -> Result<PostView, RepositoryError> {
        let former = self.post_at(change.id, change.seen)?.slug.clone();
        let slug = match &change.slug {
            Some(new) => self.choose_slug(change.id, new)?,
            None => former.clone(),
        };
        if let Some(PostRow { post, content, .. }) = self.posts.get_mut(&change.id) {
            *content = change.content;
            *post = Post {
                title: change.title,
                slug: slug.clone(),
                is_slug_named: change.is_slug_named,
                excerpt: change.excerpt,
                status: change.status,
                published_at: change.published_at,
                metadata: change.metadata,
                version: next(post.version),
                updated_at: change.at,
                ..post.clone()
            };
        }
        // Whoever gets a slug, or gets known by it, is the only one that it leads to.
        if change.slug.is_some() || change.published_at.is_some() {
            self.kept_slugs.remove(&slug);
        }
        if change.keeps_former_slug && slug != former {
            self.kept_slugs.insert(former, change.id);
        }
        self.view_of(change.id)
    }

    fn delete_post(&mut self, id: PostId, at: DateTime<Utc>, with_author: bool) {
        if let Some(row) = self.posts.get_mut(&id) {
            row.went_with_author = with_author;
            row.post.deleted_at = Some(at);
            row.post.updated_at = at;
            row.post.version = next(row.post.version);
        }
    }

    /// Brings a deleted post back, under another slug where its own leads to another.
    fn bring_back(&mut self, id: PostId, at: DateTime<Utc>) {
        let Some(former) = self.posts.get(&id).map(|row| row.post.slug.clone()) else {
            return;
        };
        let gone = self.gone_for(id).map(Slug::as_str);
        let slug = MadeSlug::from(former.clone()).first_free(gone);
        if let Some(row) = self.posts.get_mut(&id) {
            row.went_with_author = false;
            row.post.slug = slug.clone();
            row.post.deleted_at = None;
            row.post.updated_at = at;
            row.post.version = next(row.post.version);
        }
        if slug != former {
            self.keep_unless_known(id, former);
        }
    }

    pub(super) fn delete_posts_of(&mut self, author_id: UserId, at: DateTime<Utc>) {
        let live: Vec<_> = self
            .live_posts_of(author_id)
            .map(|row| row.post.id)
            .collect();
        for id in live {
            self.delete_post(id, at, true);
        }
    }

    /// Brings back what was deleted with its author: first what can have its own slug,
    /// so that none of it is given to another.
    pub(super) fn restore_posts_of(&mut self, author_id: UserId, at: DateTime<Utc>) {
        let posts = self.posts.values();
        let cohort = posts.filter(|row| row.went_with_author && row.post.author_id == author_id);
        let has_own_slug = |row: &&PostRow| {
            let mut gone = self.gone_for(row.post.id);
            gone.all(|slug| *slug != row.post.slug)
        };
        let (own, others): (Vec<_>, Vec<_>) = cohort.partition(has_own_slug);
        let ids: Vec<_> = own
            .into_iter()
            .chain(others)
            .map(|row| row.post.id)
            .collect();
        for id in ids {
            self.bring_back(id, at);
        }
    }
}

fn is_within(scope: PostScope, liveness: Liveness, post: &Post) -> bool {
    let is_published = post.status == PostStatus::Published;
    match scope {
        PostScope::All => is_among(liveness, post.is_live()),
        _ if liveness == Liveness::Deleted || !post.is_live() => false,
        PostScope::Published => is_published,
        PostScope::PublishedOrBy(reader) => is_published || post.author_id == reader,
    }
}

/// The first instant of the month that a time lies in.
fn month_of(time: DateTime<Utc>) -> DateTime<Utc> {
    let first = time.date_naive().with_day(1);
    first.map_or(time, |day| day.and_time(NaiveTime::MIN).and_utc())
}

#[async_trait]
impl PostRepository for MemoryStore {
    async fn insert(&self, post: PostRecord) -> Result<PostView, RepositoryError> {
        self.state().insert_post(post)
    }

    async fn find(
        &self,
        id: PostId,
        liveness: Liveness,
    ) -> Result<Option<PostView>, RepositoryError> {
        let state = self.state();
        let row = state.posts.get(&id);
        let row = row.filter(|row| is_among(liveness, row.post.is_live()));
        row.map(|row| state.view(row)).transpose()
    }

    async fn find_by_slug(&self, slug: Slug) -> Result<Option<PostView>, RepositoryError> {
        let state = self.state();
        state
            .led_to_by(&slug)
            .map(|row| state.view(row))
            .transpose()
    }

    async fn list(
        &self,
        scope: PostScope,
        query: PostQuery,
    ) -> Result<Page<PostView>, RepositoryError> {
        let is_listed = |row: &&PostRow| {
            let post = &row.post;
            let fields = [post.title.as_str(), row.content.as_str()];
            is_within(scope, query.filter.liveness, post)
                && query
                    .filter
                    .status
                    .is_none_or(|status| post.status == status)
                && query.filter.author_id.is_none_or(|id| post.author_id == id)
                && list::matches(query.filter.search.as_ref(), fields)
        };
        let state = self.state();
        let listed = state.posts.values().filter(is_listed);
        let views: Result<Vec<_>, _> = listed.map(|row| state.view(row)).collect();
        let mut page = list::page(
            views?,
            |view| query.sort.cursor(view),
            query.direction,
            &query.page,
            query.filter.search.is_some(),
        );
        if !query.filter.with_content {
            for view in &mut page.items {
                view.content = None;
            }
        }
        Ok(page)
    }

    async fn change(&self, change: PostChange) -> Result<PostView, RepositoryError> {
        self.state().change_post(change)
    }

    async fn delete(
        &self,
        id: PostId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state.post_at(id, seen)?;
        state.delete_post(id, at, false);
        Ok(())
    }

    async fn restore(
        &self,
        id: PostId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<PostView, RepositoryError> {
        let mut state = self.state();
        let post = state.posts.get(&id).map(|row| &row.post);
        let post = post.ok_or(RepositoryError::NotFound)?;
        if post.is_live() {
            return Err(RepositoryError::Conflict(Conflict::NotDeleted));
        }
        let author = state.users.get(&post.author_id);
        if !author.is_some_and(|row| row.user.is_live()) {
            return Err(RepositoryError::Conflict(Conflict::AuthorDeleted));
        }
        if post.version != seen {
            return Err(RepositoryError::Stale);
        }
        state.bring_back(id, at);
        state.view_of(id)
    }

    async fn latest_published(
        &self,
        author_id: UserId,
        limit: u8,
    ) -> Result<Vec<PostHeadline>, RepositoryError> {
        let state = self.state();
        let posts = state.live_posts_of(author_id).map(|row| &row.post);
        let published = posts.filter(|post| post.status == PostStatus::Published);
        let headline = |post: &Post| {
            Some(PostHeadline {
                id: post.id,
                title: post.title.clone(),
                slug: post.slug.clone(),
                published_at: post.published_at?,
            })
        };
        let mut headlines: Vec<_> = published.filter_map(headline).collect();
        headlines.sort_by_key(|headline| Reverse((headline.published_at, headline.id)));
        headlines.truncate(limit.into());
        Ok(headlines)
    }

    async fn count_by_status(
        &self,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, RepositoryError> {
        let state = self.state();
        let counts = PostStatus::ALL.map(|status| {
            let posts = state.live_posts_of(author_id);
            let views = posts
                .filter(|row| row.post.status == status)
                .map(|row| row.views);
            let (count, total_views) = views.fold((0, 0), |(n, sum), views| (n + 1, sum + views));
            StatusCount {
                status,
                count,
                total_views,
            }
        });
        Ok(counts.into_iter().filter(|count| count.count > 0).collect())
    }

    async fn count_by_month(
        &self,
        author_id: UserId,
        months: u8,
    ) -> Result<Vec<MonthlyPosts>, RepositoryError> {
        let state = self.state();
        let mut counts = BTreeMap::new();
        for PostRow { post, views, .. } in state.live_posts_of(author_id) {
            let Some(time) = post.published_at else {
                continue;
            };
            if post.status == PostStatus::Published {
                let month = month_of(time);
                let count = counts.entry(month).or_insert(MonthlyPosts {
                    month,
                    post_count: 0,
                    total_views: 0,
                });
                count.post_count += 1;
                count.total_views += views;
            }
        }
        let newest = counts.into_values().rev();
        Ok(newest.take(months.into()).collect())
    }
}
