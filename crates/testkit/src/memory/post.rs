use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, NaiveTime, Utc};
use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Page;
use hexpress_domain::post::{
    Author, LockedPost, MonthlyPosts, NewSlug, Post, PostChange, PostHeadline, PostId, PostQuery,
    PostRecord, PostRepository, PostScope, PostStatus, PostView, Slug, StatusCount,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;

use super::{MemoryStore, PostRow, State, is_among, list};

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

    fn live_posts_of(&self, author_id: UserId) -> impl Iterator<Item = &PostRow> {
        let posts = self.posts.values();
        posts.filter(move |row| row.post.is_live() && row.post.author_id == author_id)
    }

    fn insert_post(&mut self, record: PostRecord) -> Result<PostView, RepositoryError> {
        let author = self.users.get(&record.author_id).map(|row| &row.user);
        if !author.is_some_and(|author| author.is_live() && author.is_active) {
            return Err(RepositoryError::Conflict(CREDENTIALS_CHANGED));
        }
        let slug = self.choose_slug(record.id, &record.slug)?;
        // One that is made is kept for nobody.
        if record.published_at.is_some() {
            self.slug_redirects.remove(&slug);
        }
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
            deleted_with_author: false,
        };
        self.posts.insert(record.id, row);
        self.view_of(record.id)
    }

    fn change_post(
        &mut self,
        id: PostId,
        decide: &Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        let row = self.posts.get(&id).ok_or(RepositoryError::NotFound)?;
        let author = self.users.get(&row.post.author_id);
        let locked = LockedPost {
            post: row.post.clone(),
            content: row.content.clone(),
            is_author_deleted: !author.is_some_and(|author| author.user.is_live()),
        };
        if let Some(change) = decide(&locked).map_err(RepositoryError::Refused)? {
            self.store_post(&locked.post, change)?;
        }
        self.view_of(id)
    }

    /// Stores what became of a post, under the slug that it is to have.
    fn store_post(&mut self, before: &Post, change: PostChange) -> Result<(), RepositoryError> {
        let (id, former) = (before.id, before.slug.clone());
        let slug = match &change.slug {
            Some(new) => self.choose_slug(id, new)?,
            None => former.clone(),
        };
        let is_known = change.post.published_at.is_some();
        if let Some(row) = self.posts.get_mut(&id) {
            row.deleted_with_author &= !change.post.is_live();
            row.post = Post {
                slug: slug.clone(),
                ..change.post
            };
            row.content = change.content.unwrap_or_else(|| row.content.clone());
        }
        // Whoever is known by a slug is the only one that it leads to.
        if is_known && (change.slug.is_some() || before.published_at.is_none()) {
            self.slug_redirects.remove(&slug);
        }
        if change.keeps_former_slug && slug != former {
            if before.is_live() {
                self.slug_redirects.insert(former, id);
            } else {
                self.keep_unless_known(id, former);
            }
        }
        Ok(())
    }

    pub(super) fn delete_posts_of(&mut self, author_id: UserId, at: DateTime<Utc>) {
        let posts = self.posts.values_mut();
        let live = posts.filter(|row| row.post.is_live() && row.post.author_id == author_id);
        for row in live {
            row.deleted_with_author = true;
            row.post = row.post.deletion(at).post;
        }
    }

    /// Brings back what was deleted with its author: first what can have its own slug,
    /// so that none of it is given to another.
    pub(super) fn restore_posts_of(
        &mut self,
        author_id: UserId,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let posts = self.posts.values();
        let deleted =
            posts.filter(|row| row.deleted_with_author && row.post.author_id == author_id);
        let has_own_slug = |row: &&PostRow| {
            let mut gone = self.gone_for(row.post.id);
            gone.all(|slug| *slug != row.post.slug)
        };
        let (own, others): (Vec<_>, Vec<_>) = deleted.partition(has_own_slug);
        let posts: Vec<_> = own
            .into_iter()
            .chain(others)
            .map(|row| row.post.clone())
            .collect();
        for post in posts {
            self.store_post(&post, post.restoration(at))?;
        }
        Ok(())
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
            let fields = [post.title.as_str(), row.content.folded()];
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
        if query.filter.with_content {
            let contents = page.items.iter().map(|view| view.content.as_ref());
            let lengths = contents.map(|content| content.map_or(0, |text| text.as_str().len()));
            let fitting = PostQuery::fitting(lengths);
            if fitting < page.items.len() {
                page.items.truncate(fitting);
                page.next = page.items.last().map(|view| query.sort.cursor(view));
            }
        } else {
            for view in &mut page.items {
                view.content = None;
            }
        }
        Ok(page)
    }

    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        self.state().change_post(id, &decide)
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
