//! What an editor does, on mocks of the ports: no file, no clock, no runtime.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hexpress_app::{Error, InvalidState, Resource};
use hexpress_domain::clock::{MockClock, MockIdGenerator};
use hexpress_domain::entity::Version;
use hexpress_domain::list::{Page, Position, SortValue};
use hexpress_domain::post::{
    Author, LockedPost, Metadata, MockPostRepository, NewSlug, Post, PostId, PostStatus, PostView,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{PersonName, UserId};
use newsletter::Newsletter;
use newsletter::archive::{Editor, Masthead};
use pollster::block_on;
use uuid::Uuid;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    time("2026-11-22T10:00:00Z")
}

fn editor() -> Editor {
    Editor {
        id: UserId::new(Uuid::from_u128(1)),
        name: PersonName {
            first: "Ada".parse().unwrap(),
            last: "Lovelace".parse().unwrap(),
        },
    }
}

/// A letter of this number; published if there is a time for it.
fn letter(number: u128, published_at: Option<&str>) -> PostView {
    let published_at = published_at.map(time);
    PostView {
        post: Post {
            id: PostId::new(Uuid::from_u128(number)),
            author_id: editor().id,
            title: format!("Letter {number}").parse().unwrap(),
            slug: format!("letter-{number}").parse().unwrap(),
            is_slug_named: false,
            excerpt: None,
            status: match published_at {
                Some(_) => PostStatus::Published,
                None => PostStatus::Draft,
            },
            published_at,
            metadata: Metadata::default(),
            version: Version::FIRST,
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        },
        content: Some("Dear reader".parse().unwrap()),
        author: Author {
            id: editor().id,
            name: editor().name,
        },
        view_count: 0,
    }
}

fn newsletter(posts: MockPostRepository) -> Newsletter {
    let mut clock = MockClock::new();
    clock.expect_now().returning(now);
    let mut ids = MockIdGenerator::new();
    ids.expect_uuid().returning(|| Uuid::from_u128(7));
    let masthead = Masthead {
        name: "The Engine".to_owned(),
        editor: editor(),
    };
    Newsletter::new(masthead, Arc::new(posts), Arc::new(clock), Arc::new(ids))
}

#[test]
fn a_letter_is_drafted_by_the_editor_with_a_slug_of_its_title() {
    let mut posts = MockPostRepository::new();
    posts.expect_insert().times(1).returning(|record| {
        assert_eq!(record.author_id, editor().id);
        assert_eq!(record.status, PostStatus::Draft);
        assert_eq!(record.at, now());
        let NewSlug::Made(made) = &record.slug else {
            panic!("{:?}", record.slug);
        };
        assert_eq!(made.plain().as_str(), "notes-on-engines");
        Ok(letter(7, None))
    });
    let newsletter = newsletter(posts);
    let drafted = newsletter.draft("Notes on Engines".to_owned(), "Dear …".to_owned());
    assert_eq!(block_on(drafted).unwrap(), letter(7, None));
}

#[test]
fn all_that_is_wrong_with_a_letter_is_told_at_once_and_nothing_kept() {
    let newsletter = newsletter(MockPostRepository::new());
    let drafted = newsletter.draft("No".to_owned(), " \n".to_owned());
    let Err(Error::Validation(errors)) = block_on(drafted) else {
        panic!("it is valid");
    };
    let fields: Vec<_> = errors
        .as_slice()
        .iter()
        .map(|fault| &*fault.field)
        .collect();
    assert_eq!(fields, ["title", "content"]);
}

/// The letter as a decision sees it.
fn locked(letter: PostView) -> LockedPost {
    LockedPost {
        post: letter.post,
        content: letter.content.unwrap(),
        is_author_deleted: false,
    }
}

#[test]
fn a_draft_is_published_by_its_slug() {
    let mut posts = MockPostRepository::new();
    posts
        .expect_find_by_slug()
        .returning(|slug| Ok((slug.as_str() == "letter-7").then(|| letter(7, None))));
    posts.expect_change().times(1).returning(|_, decide| {
        let change = decide(&locked(letter(7, None))).unwrap().unwrap();
        assert_eq!(change.post.status, PostStatus::Published);
        assert_eq!(change.post.published_at, Some(now()));
        Ok(letter(7, Some("2026-11-22T10:00:00Z")))
    });
    let newsletter = newsletter(posts);
    let published = block_on(newsletter.publish("letter-7")).unwrap();
    assert_eq!(published.post.status, PostStatus::Published);
    let unknown = block_on(newsletter.publish("letter-8"));
    assert!(matches!(unknown, Err(Error::NotFound(Resource::Post))));
    let no_slug = block_on(newsletter.publish("Letter 7"));
    assert!(matches!(no_slug, Err(Error::Validation(_))));
}

#[test]
fn a_letter_is_published_once() {
    let published = || letter(7, Some("2026-10-01T00:00:00Z"));
    let mut posts = MockPostRepository::new();
    posts
        .expect_find_by_slug()
        .returning(move |_| Ok(Some(published())));
    posts.expect_change().returning(move |_, decide| {
        decide(&locked(published())).map_err(RepositoryError::Refused)?;
        Ok(published())
    });
    let again = block_on(newsletter(posts).publish("letter-7"));
    let no_draft = InvalidState::NoDraft(PostStatus::Published);
    assert!(matches!(again, Err(Error::InvalidState(state)) if state == no_draft));
}

#[test]
fn an_issue_holds_the_letters_of_its_month_over_several_pages() {
    let letters = [
        letter(1, Some("2026-11-01T00:00:00Z")),
        letter(2, Some("2026-11-30T23:59:59.999Z")),
        letter(3, Some("2026-12-01T00:00:00Z")),
        letter(4, Some("2026-12-24T00:00:00Z")),
    ];
    let mut posts = MockPostRepository::new();
    // The fourth lies behind the month, and is not asked for.
    posts.expect_list().times(3).returning(move |_, query| {
        let Position::After(cursor) = query.page.position else {
            panic!("{:?}", query.page);
        };
        assert!(query.filter.with_content);
        let place = |letter: &PostView| SortValue::Time(letter.post.published_at);
        let next = letters.iter().find(|letter| {
            (place(letter), letter.post.id.as_uuid()) > (cursor.value.clone(), cursor.id)
        });
        Ok(Page {
            items: next.cloned().into_iter().collect(),
            total: None,
            next: next.map(|letter| query.sort.cursor(letter)),
        })
    });
    let newsletter = newsletter(posts);
    let issue = newsletter.issue("2026-11".parse().unwrap());
    assert_eq!(
        block_on(issue).unwrap().to_string(),
        "The Engine, November 2026\n\
         =========================\n\
         \n\
         Letter 1\n\
         --------\n\
         \n\
         Dear reader\n\
         \n\
         Ada Lovelace\n\
         \n\
         Letter 2\n\
         --------\n\
         \n\
         Dear reader\n\
         \n\
         Ada Lovelace\n"
    );
}

#[test]
fn an_empty_month_says_so() {
    let mut posts = MockPostRepository::new();
    posts.expect_list().returning(|_, _| {
        Ok(Page {
            items: Vec::new(),
            total: None,
            next: None,
        })
    });
    let issue = block_on(newsletter(posts).issue("2026-02".parse().unwrap())).unwrap();
    assert!(issue.letters.is_empty());
    assert!(issue.to_string().contains("Nothing was published"));
}
