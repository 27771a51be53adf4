//! The file keeps what the port promises.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::{Direction, PageRequest, Position, Search, Total};
use hexpress_domain::post::{
    LockedPost, MadeSlug, Metadata, NewSlug, Post, PostFilter, PostId, PostPatch, PostQuery,
    PostRecord, PostRepository, PostScope, PostSort, PostStatus, PostView, Slug,
};
use hexpress_domain::repository::{Refusal, RepositoryError};
use hexpress_domain::user::{PersonName, UserId};
use newsletter::archive::{Archive, ArchiveError, Editor, Masthead};
use pollster::block_on;
use tempfile::TempDir;
use uuid::Uuid;

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

fn editor_id() -> UserId {
    UserId::new(Uuid::from_u128(1))
}

fn masthead() -> Masthead {
    Masthead {
        name: "The Engine".to_owned(),
        editor: Editor {
            id: editor_id(),
            name: PersonName {
                first: "Ada".parse().unwrap(),
                last: "".parse().unwrap(),
            },
        },
    }
}

fn archive() -> (TempDir, Archive) {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::create(&folder.path().join("letters.json"), masthead()).unwrap();
    (folder, archive)
}

/// Published as many hours after the epoch as its number says.
fn record(number: u8, title: &str) -> PostRecord {
    let title = title.parse().unwrap();
    PostRecord {
        id: PostId::new(Uuid::from_u128(number.into())),
        author_id: editor_id(),
        slug: NewSlug::Made(MadeSlug::of_title(&title)),
        title,
        content: "Dear reader".parse().unwrap(),
        excerpt: Some("In short".parse().unwrap()),
        status: PostStatus::Published,
        published_at: Some(at(number.into())),
        metadata: r#"{"b":1.50,"a":[]}"#.parse().unwrap(),
        at: at(number.into()),
    }
}

fn insert(archive: &Archive, number: u8, title: &str) -> PostView {
    block_on(archive.insert(record(number, title))).unwrap()
}

fn rename(archive: &Archive, view: &PostView, slug: &str) -> Result<PostView, RepositoryError> {
    let patch = PostPatch {
        slug: Some(slug.parse().unwrap()),
        ..PostPatch::default()
    };
    let decide =
        move |locked: &LockedPost| Ok(locked.post.change(&locked.content, &patch, at(99))?);
    block_on(archive.change(view.post.id, Arc::new(decide)))
}

fn by_slug(archive: &Archive, slug: &str) -> Option<PostId> {
    let slug: Slug = slug.parse().unwrap();
    let found = block_on(archive.find_by_slug(slug)).unwrap();
    found.map(|view| view.post.id)
}

fn delete(archive: &Archive, view: &PostView) -> PostView {
    let decide = |locked: &LockedPost| Ok(Some(locked.post.deletion(at(98))));
    block_on(archive.change(view.post.id, Arc::new(decide))).unwrap()
}

#[test]
fn another_process_finds_what_was_written() {
    let (folder, archive) = archive();
    let written = insert(&archive, 1, "On Engines");
    let (opened, head) = Archive::open(&folder.path().join("letters.json")).unwrap();
    assert_eq!(head, masthead());
    let found = block_on(opened.find(written.post.id, Liveness::Live)).unwrap();
    assert_eq!(found, Some(written));
}

#[test]
fn what_is_there_is_not_overwritten_and_what_is_no_newsletter_refused() {
    let (folder, _archive) = archive();
    let path = folder.path().join("letters.json");
    let again = Archive::create(&path, masthead());
    assert!(matches!(again, Err(ArchiveError::Io { .. })));
    fs::write(&path, r#"{"masthead":{}}"#).unwrap();
    let open = |path: &Path| Archive::open(path).unwrap_err();
    assert!(matches!(open(&path), ArchiveError::Malformed { .. }));
    let missing = folder.path().join("missing.json");
    assert!(matches!(open(&missing), ArchiveError::Io { .. }));
}

#[test]
fn made_slugs_are_numbered_and_named_ones_refused() {
    let (_folder, archive) = archive();
    for (number, slug) in [(1, "on-engines"), (2, "on-engines-2"), (3, "on-engines-3")] {
        assert_eq!(
            insert(&archive, number, "On Engines").post.slug.as_str(),
            slug
        );
    }
    let named = PostRecord {
        slug: NewSlug::Named("on-engines-2".parse().unwrap()),
        ..record(4, "On Wheels")
    };
    let refused = block_on(archive.insert(named)).unwrap_err();
    assert!(matches!(
        refused,
        RepositoryError::Duplicate(Post::UNIQUE_SLUG)
    ));
    let stranger = PostRecord {
        author_id: UserId::new(Uuid::from_u128(2)),
        ..record(5, "On Wheels")
    };
    let refused = block_on(archive.insert(stranger)).unwrap_err();
    assert!(matches!(
        refused,
        RepositoryError::Conflict(CREDENTIALS_CHANGED)
    ));
}

#[test]
fn former_slugs_lead_on_until_they_are_named_anew() {
    let (_folder, archive) = archive();
    let first = insert(&archive, 1, "On Engines");
    let renamed = rename(&archive, &first, "engines").unwrap();
    assert_eq!(renamed.post.version, Version::new(2));
    assert_eq!(renamed.post.updated_at, at(99));
    assert_eq!(by_slug(&archive, "on-engines"), Some(first.post.id));
    // A made slug avoids it, a named one takes it.
    let second = insert(&archive, 2, "On Engines");
    assert_eq!(second.post.slug.as_str(), "on-engines-2");
    rename(&archive, &second, "on-engines").unwrap();
    assert_eq!(by_slug(&archive, "on-engines"), Some(second.post.id));
    assert!(matches!(
        rename(&archive, &first, "on-engines").unwrap_err(),
        RepositoryError::Duplicate(Post::UNIQUE_SLUG)
    ));
    let refuse = |_: &LockedPost| Err(Refusal::from("refused"));
    let refused = block_on(archive.change(first.post.id, Arc::new(refuse)));
    assert!(matches!(refused, Err(RepositoryError::Refused(_))));
    // What fails has changed nothing.
    let found = block_on(archive.find(first.post.id, Liveness::Live));
    assert_eq!(found.unwrap(), Some(renamed));
    assert_eq!(by_slug(&archive, "engines"), Some(first.post.id));
}

#[test]
fn a_deleted_letter_comes_back_with_a_slug_that_is_free() {
    let (_folder, archive) = archive();
    let first = insert(&archive, 1, "On Engines");
    let deleted = delete(&archive, &first);
    assert_eq!(by_slug(&archive, "on-engines"), None);
    let second = insert(&archive, 2, "On Engines");
    assert_eq!(second.post.slug.as_str(), "on-engines");
    let decide = |locked: &LockedPost| Ok(Some(locked.post.restoration(at(97))));
    let restored = block_on(archive.change(deleted.post.id, Arc::new(decide))).unwrap();
    assert_eq!(restored.post.deleted_at, None);
    assert_eq!(restored.post.slug.as_str(), "on-engines-2");
    assert_eq!(restored.post.version, Version::new(3));
}

#[test]
fn lists_are_in_order_and_continue_behind_a_cursor() {
    let (_folder, archive) = archive();
    for number in 1..=5 {
        insert(&archive, number, &format!("Engine {number}"));
    }
    let list = |query: PostQuery| block_on(archive.list(PostScope::All, query)).unwrap();
    for (direction, expected) in [
        (Direction::Ascending, [1, 2, 3, 4, 5]),
        (Direction::Descending, [5, 4, 3, 2, 1]),
    ] {
        let mut query = PostQuery {
            sort: PostSort::PublishedAt,
            direction,
            page: PageRequest {
                size: 2.try_into().unwrap(),
                ..PageRequest::default()
            },
            ..PostQuery::default()
        };
        let mut read = Vec::new();
        loop {
            let page = list(query.clone());
            assert_eq!(page.total, Some(Total::Exactly(5)));
            assert!(page.items.iter().all(|view| view.content.is_none()));
            read.extend(
                page.items
                    .iter()
                    .map(|view| view.post.id.as_uuid().as_u128()),
            );
            match page.next {
                Some(cursor) => query.page.position = Position::After(cursor),
                None => break,
            }
        }
        assert_eq!(read, expected);
    }
    let found = list(PostQuery {
        filter: PostFilter {
            search: Search::parse("ENGINE 3").unwrap(),
            ..PostFilter::default()
        },
        page: PageRequest {
            position: Position::Page(1.try_into().unwrap()),
            ..PageRequest::default()
        },
        ..PostQuery::default()
    });
    assert_eq!(found.total, Some(Total::Exactly(1)));
    let past = list(PostQuery {
        page: PageRequest {
            position: Position::Page(u64::MAX.try_into().unwrap()),
            ..PageRequest::default()
        },
        ..PostQuery::default()
    });
    assert_eq!((past.items.len(), past.next), (0, None));
    assert_eq!(past.total, Some(Total::Exactly(5)));
}

#[test]
fn letters_are_counted() {
    let (_folder, archive) = archive();
    for number in 1..=3 {
        insert(&archive, number, "On Engines");
    }
    let draft = PostRecord {
        status: PostStatus::Draft,
        published_at: None,
        metadata: Metadata::default(),
        ..record(4, "On Wheels")
    };
    block_on(archive.insert(draft)).unwrap();
    let counts = block_on(archive.count_by_status(editor_id())).unwrap();
    let mut counts: Vec<_> = counts
        .iter()
        .map(|count| (count.status.as_str(), count.count))
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [("draft", 1), ("published", 3)]);
    let months = block_on(archive.count_by_month(editor_id(), 12)).unwrap();
    let months: Vec<_> = months
        .iter()
        .map(|month| (month.month, month.post_count))
        .collect();
    assert_eq!(months, [(DateTime::UNIX_EPOCH, 3)]);
    let latest = block_on(archive.latest_published(editor_id(), 2)).unwrap();
    let latest: Vec<_> = latest.iter().map(|post| post.published_at).collect();
    assert_eq!(latest, [at(3), at(2)]);
}

#[test]
fn racing_writers_lose_nothing() {
    let (_folder, archive) = archive();
    thread::scope(|scope| {
        for number in 0..8 {
            let archive = &archive;
            scope.spawn(move || insert(archive, number, "On Engines"));
        }
    });
    let all = block_on(archive.list(PostScope::All, PostQuery::default())).unwrap();
    assert_eq!(all.total, Some(Total::Exactly(8)));
}
