use std::collections::BTreeMap;

use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, Position, Total, fold};
use hexpress_domain::post::{
    Content, MonthlyPosts, PostFilter, PostHeadline, PostQuery, PostScope, PostSort, PostStatus,
    PostView, StatusCount,
};
use hexpress_domain::user::UserId;

use crate::digest::Month;

/// The posts that are asked for.
pub(super) fn page(
    views: impl Iterator<Item = PostView>,
    scope: PostScope,
    query: &PostQuery,
) -> Page<PostView> {
    let place = |view: &PostView| {
        let cursor = query.sort.cursor(view);
        (cursor.value, cursor.id)
    };
    let mut found: Vec<_> = views
        .filter(|view| is_asked_for(view, scope, query))
        .collect();
    found.sort_by_cached_key(place);
    if query.direction == Direction::Descending {
        found.reverse();
    }
    let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let size = usize::from(query.page.size.get());
    let begin = match &query.page.position {
        Position::Page(number) => number
            .offset(query.page.size)
            .and_then(|offset| usize::try_from(offset).ok())
            .unwrap_or(usize::MAX),
        Position::After(cursor) => {
            let seen = (cursor.value.clone(), cursor.id);
            found.partition_point(|view| match query.direction {
                Direction::Ascending => place(view) <= seen,
                Direction::Descending => place(view) >= seen,
            })
        }
    };
    let mut rest = found.into_iter().skip(begin);
    let mut items: Vec<_> = rest.by_ref().take(size).collect();
    let next = match rest.next() {
        Some(_) => items.last().map(|last| query.sort.cursor(last)),
        None => None,
    };
    if !query.filter.with_content {
        items.iter_mut().for_each(|view| view.content = None);
    }
    Page {
        items,
        total: query.page.count.then_some(match query.filter.search {
            Some(_) if count > Total::SEARCH_BOUND => Total::MoreThan(Total::SEARCH_BOUND),
            _ => Total::Exactly(count),
        }),
        next,
    }
}

fn is_asked_for(view: &PostView, scope: PostScope, query: &PostQuery) -> bool {
    let post = &view.post;
    let is_in_scope = match scope {
        PostScope::Published => post.is_live() && post.status == PostStatus::Published,
        PostScope::PublishedOrBy(author) => {
            post.is_live() && (post.status == PostStatus::Published || post.author_id == author)
        }
        PostScope::All => true,
    };
    let is_of_liveness = match query.filter.liveness {
        Liveness::Live => post.is_live(),
        Liveness::Deleted => !post.is_live(),
        Liveness::Any => true,
    };
    let content = view.content.as_ref().map_or("", Content::as_str);
    is_in_scope
        && is_of_liveness
        && query
            .filter
            .status
            .is_none_or(|status| post.status == status)
        && query
            .filter
            .author_id
            .is_none_or(|author| post.author_id == author)
        && query
            .filter
            .search
            .as_ref()
            .is_none_or(|search| fold([post.title.as_str(), content]).contains(search.folded()))
}

/// The author's live posts.
fn live_of(
    views: impl Iterator<Item = PostView>,
    author_id: UserId,
) -> impl Iterator<Item = PostView> {
    views.filter(move |view| view.post.is_live() && view.post.author_id == author_id)
}

pub(super) fn latest_published(
    views: impl Iterator<Item = PostView>,
    author_id: UserId,
    limit: u8,
) -> Vec<PostHeadline> {
    let query = PostQuery {
        filter: PostFilter {
            status: Some(PostStatus::Published),
            author_id: Some(author_id),
            ..PostFilter::default()
        },
        sort: PostSort::PublishedAt,
        ..PostQuery::default()
    };
    let mut found: Vec<_> = views
        .filter(|view| is_asked_for(view, PostScope::All, &query))
        .filter_map(|view| {
            Some(PostHeadline {
                id: view.post.id,
                title: view.post.title,
                slug: view.post.slug,
                published_at: view.post.published_at?,
            })
        })
        .collect();
    found.sort_by_key(|post| std::cmp::Reverse((post.published_at, post.id)));
    found.truncate(usize::from(limit));
    found
}

pub(super) fn count_by_status(
    views: impl Iterator<Item = PostView>,
    author_id: UserId,
) -> Vec<StatusCount> {
    let mut counts: Vec<StatusCount> = Vec::new();
    for view in live_of(views, author_id) {
        let status = view.post.status;
        match counts.iter_mut().find(|count| count.status == status) {
            Some(count) => {
                count.count += 1;
                count.total_views += view.view_count;
            }
            None => counts.push(StatusCount {
                status,
                count: 1,
                total_views: view.view_count,
            }),
        }
    }
    counts
}

pub(super) fn count_by_month(
    views: impl Iterator<Item = PostView>,
    author_id: UserId,
    months: u8,
) -> Vec<MonthlyPosts> {
    let mut counts = BTreeMap::new();
    for view in live_of(views, author_id) {
        let Some(published_at) = view.post.published_at else {
            continue;
        };
        if view.post.status == PostStatus::Published {
            let month = Month::of(published_at).begin();
            let (posts, read) = counts.entry(month).or_insert((0, 0));
            *posts += 1;
            *read += view.view_count;
        }
    }
    let newest = counts.into_iter().rev().take(usize::from(months));
    let newest = newest.map(|(month, (post_count, total_views))| MonthlyPosts {
        month,
        post_count,
        total_views,
    });
    newest.collect()
}
