use chrono::TimeDelta;
use hexpress_app::permissions::Permit;
use hexpress_app::{Error, Freshness, InvalidState, Preconditions, Resource};
use hexpress_domain::auth::{Actor, CREDENTIALS_CHANGED};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::{PageRequest, Position};
use hexpress_domain::post::{
    LockedPost, MadeSlug, NewPost, NewSlug, Post, PostFilter, PostPatch, PostQuery, PostSort,
    PostStatus, PostView,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::Role;

use crate::support::{
    Mocks, decided, deleted_post, draft, locked_post, may, now, post_id, published, session,
    user_id,
};

fn new_post() -> NewPost {
    NewPost {
        title: "On Computing".parse().unwrap(),
        content: "Once upon a time".parse().unwrap(),
        excerpt: None,
        status: PostStatus::Draft,
        metadata: "{}".parse().unwrap(),
        slug: None,
    }
}

fn retitle() -> PostPatch {
    PostPatch {
        title: Some("On Engines".parse().unwrap()),
        ..PostPatch::default()
    }
}

fn to(status: PostStatus) -> PostPatch {
    PostPatch {
        status: Some(status),
        ..PostPatch::default()
    }
}

fn tag(version: i64) -> Preconditions {
    Preconditions::versions(vec![Version::new(version)])
}

#[tokio::test]
async fn the_author_of_a_post_is_the_caller() {
    let mut mocks = Mocks::default();
    mocks.posts.expect_insert().returning(|record| {
        assert_eq!((record.id, record.author_id), (post_id(100), user_id(1)));
        assert_eq!((record.published_at, record.at), (None, now()));
        let made = MadeSlug::of_title(&record.title);
        assert_eq!(record.slug, NewSlug::Made(made));
        Ok(draft())
    });
    let service = mocks.services().posts;
    let created = service
        .create(&may(&session(1, Role::User)), new_post())
        .await;
    assert_eq!(*created.unwrap().view(), draft());
    for nobody in [Actor::Anonymous, Actor::Operator] {
        let created = async {
            service
                .create(&Permit::of(nobody.clone())?, new_post())
                .await
        }
        .await;
        assert!(matches!(created, Err(Error::Unauthenticated)));
    }
}

#[tokio::test]
async fn a_post_created_as_published_was_published_then_under_the_chosen_slug() {
    let mut mocks = Mocks::default();
    mocks.posts.expect_insert().returning(|record| {
        assert_eq!(record.published_at, Some(now()));
        assert_eq!(record.slug, NewSlug::Named("engines".parse().unwrap()));
        Err(RepositoryError::Duplicate(Post::UNIQUE_SLUG))
    });
    let post = NewPost {
        status: PostStatus::Published,
        slug: Some("engines".parse().unwrap()),
        ..new_post()
    };
    let service = mocks.services().posts;
    let created = service.create(&may(&session(1, Role::User)), post).await;
    assert!(matches!(created, Err(Error::Duplicate(Post::UNIQUE_SLUG))));
}

#[tokio::test]
async fn an_author_who_is_gone_by_now_writes_nothing() {
    let mut mocks = Mocks::default();
    mocks
        .posts
        .expect_insert()
        .returning(|_| Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)));
    let service = mocks.services().posts;
    let created = service
        .create(&may(&session(1, Role::User)), new_post())
        .await;
    assert!(matches!(created, Err(Error::InvalidToken)));
}

#[tokio::test]
async fn reads_of_a_published_post_are_views_but_for_its_authors() {
    let read = async |mocks: Mocks, actor: Actor| {
        let service = mocks.services().posts;
        let post = service
            .read(&actor, post_id(7), Freshness::Recent)
            .await
            .unwrap();
        service.count_view(&actor, &post);
    };
    for reader in [Actor::Anonymous, session(2, Role::Admin)] {
        let mut mocks = Mocks::with_post(&published());
        let record = mocks.views.expect_record().times(1);
        record.withf(|id| *id == post_id(7)).return_const(());
        read(mocks, reader).await;
    }
    // What is not expected fails.
    read(Mocks::with_post(&published()), session(1, Role::User)).await;
    read(Mocks::with_post(&draft()), session(2, Role::Admin)).await;
}

#[tokio::test]
async fn deleted_posts_are_listed_for_admins_alone() {
    let mut mocks = Mocks::default();
    mocks.posts.expect_list().times(1).returning(|_, query| {
        assert_eq!(query.filter.liveness, Liveness::Deleted);
        Ok(hexpress_domain::list::Page {
            items: vec![deleted_post()],
            total: None,
            next: None,
        })
    });
    let service = mocks.services().posts;
    let query = || PostQuery {
        filter: PostFilter {
            liveness: Liveness::Deleted,
            ..PostFilter::default()
        },
        ..PostQuery::default()
    };
    let page = service.list(&session(2, Role::Admin), query()).await;
    assert_eq!(page.unwrap().page().items.len(), 1);
    let page = service.list(&session(2, Role::Moderator), query()).await;
    assert!(matches!(page, Err(Error::Forbidden { .. })));
    let page = service.list(&Actor::Anonymous, query()).await;
    assert!(matches!(page, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let query = PostQuery {
        sort: PostSort::ViewCount,
        page: PageRequest {
            position: Position::After(PostSort::Title.cursor(&draft())),
            ..PageRequest::default()
        },
        ..PostQuery::default()
    };
    let page = Mocks::default().services().posts;
    let page = page.list(&Actor::Anonymous, query).await;
    assert!(matches!(page, Err(Error::Validation(_))));
}

#[tokio::test]
async fn a_patch_is_of_the_post_as_it_stands() {
    let service = Mocks::with_post(&draft()).services().posts;
    let author = session(1, Role::User);
    let update = async |version| {
        async {
            service
                .update(
                    &Permit::of(author.clone())?,
                    post_id(7),
                    retitle(),
                    Some(&tag(version)),
                )
                .await
        }
        .await
    };
    let updated = update(3).await.unwrap().view().clone();
    assert_eq!(updated.post.title.as_str(), "On Engines");
    assert_eq!(updated.post.version, Version::new(4));

    assert!(matches!(update(2).await, Err(Error::PreconditionFailed)));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_is_not_written() {
    let service = Mocks::with_post(&draft()).services().posts;
    let author = session(1, Role::User);
    let patch = to(PostStatus::Draft);
    let updated = async {
        service
            .update(&Permit::of(author.clone())?, post_id(7), patch, None)
            .await
    }
    .await;
    assert_eq!(*updated.unwrap().view(), draft());
}

#[tokio::test]
async fn a_post_that_is_not_there_is_not_found() {
    let mut mocks = Mocks::default();
    mocks
        .posts
        .expect_change()
        .returning(|_, _| Err(RepositoryError::NotFound));
    let service = mocks.services().posts;
    let author = session(1, Role::User);
    let updated = async {
        service
            .update(&Permit::of(author.clone())?, post_id(7), retitle(), None)
            .await
    }
    .await;
    assert!(matches!(updated, Err(Error::NotFound(Resource::Post))));
}

#[tokio::test]
async fn a_new_content_is_folded_once_before_anybody_waits_for_the_decision() {
    let mut mocks = Mocks::default();
    mocks.posts.expect_change().returning(|_, decide| {
        let locked = locked_post(&draft());
        let decided = || decide(&locked).unwrap().unwrap().content.unwrap();
        let (first, second) = (decided(), decided());
        assert_eq!(first.folded(), "another text");
        // Made by the first decision, it would not be known to the second.
        assert_eq!(first.folded().as_ptr(), second.folded().as_ptr());
        Ok(draft())
    });
    let patch = PostPatch {
        content: Some("Another Text".parse().unwrap()),
        ..PostPatch::default()
    };
    let service = mocks.services().posts;
    let author = may(&session(1, Role::User));
    let updated = service.update(&author, post_id(7), patch, None).await;
    assert!(updated.is_ok(), "{updated:?}");
}

#[tokio::test]
async fn the_status_machine_has_four_arrows() {
    use PostStatus::{Archived, Draft, Published};

    let author = session(1, Role::User);
    for (from, target, allowed) in [
        (Draft, Published, true),
        (Draft, Archived, false),
        (Published, Draft, true),
        (Published, Archived, true),
        (Archived, Published, true),
        (Archived, Draft, false),
    ] {
        let mut view = draft();
        view.post.status = from;
        let service = Mocks::with_post(&view).services().posts;
        let patch = to(target);
        let updated = async {
            service
                .update(&Permit::of(author.clone())?, post_id(7), patch, None)
                .await
        }
        .await;
        match updated {
            Ok(post) => assert!(allowed && post.view().post.status == target),
            Err(Error::InvalidState(InvalidState::Transition(_))) => assert!(!allowed),
            Err(error) => panic!("{from} to {target}: {error}"),
        }
    }
}

#[tokio::test]
async fn only_a_draft_is_published_and_by_whom_it_may() {
    let publish = async |view: &PostView, actor: Actor| {
        let service = Mocks::with_post(view).services().posts;
        let published = async {
            service
                .publish(&Permit::of(actor.clone())?, post_id(7), None)
                .await
        }
        .await;
        published.map(|post| post.view().post.published_at)
    };
    for actor in [
        session(1, Role::User),
        session(2, Role::Moderator),
        session(2, Role::Admin),
    ] {
        let published = publish(&draft(), actor).await;
        assert_eq!(published.unwrap(), Some(now()));
    }
    let again = publish(&published(), session(1, Role::User)).await;
    assert!(matches!(
        again,
        Err(Error::InvalidState(InvalidState::NoDraft(
            PostStatus::Published
        )))
    ));
    let invisible = publish(&draft(), session(2, Role::User)).await;
    assert!(matches!(invisible, Err(Error::NotFound(Resource::Post))));
    let visible = publish(&published(), session(2, Role::User)).await;
    assert!(matches!(visible, Err(Error::Forbidden { .. })));
    let nobody = publish(&published(), Actor::Anonymous).await;
    assert!(matches!(nobody, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_deletion_marks_the_post() {
    let mut mocks = Mocks::default();
    mocks.posts.expect_change().returning(|id, decide| {
        let view = decided(&published(), &decide)?;
        assert_eq!((id, view.post.deleted_at), (post_id(7), Some(now())));
        assert_eq!(view.post.version, Version::new(4));
        Ok(view)
    });
    let service = mocks.services().posts;
    let moderator = session(2, Role::Moderator);
    assert!(
        async {
            service
                .delete(&Permit::of(moderator.clone())?, post_id(7), None)
                .await
        }
        .await
        .is_ok()
    );
    let stale = async {
        service
            .delete(&Permit::of(moderator.clone())?, post_id(7), Some(&tag(2)))
            .await
    }
    .await;
    assert!(matches!(stale, Err(Error::PreconditionFailed)));
    let other = session(2, Role::User);
    let refused = async {
        service
            .delete(&Permit::of(other.clone())?, post_id(7), None)
            .await
    }
    .await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn a_deleted_post_can_only_be_restored() {
    let service = Mocks::with_post(&deleted_post()).services().posts;
    let admin = session(2, Role::Admin);
    let update = async {
        service
            .update(&Permit::of(admin.clone())?, post_id(7), retitle(), None)
            .await
    }
    .await;
    let publish = async {
        service
            .publish(&Permit::of(admin.clone())?, post_id(7), None)
            .await
    }
    .await;
    let delete = async {
        service
            .delete(&Permit::of(admin.clone())?, post_id(7), None)
            .await
    }
    .await;
    for outcome in [update.map(drop), publish.map(drop), delete] {
        assert!(matches!(
            outcome,
            Err(Error::InvalidState(InvalidState::Deleted(Resource::Post)))
        ));
    }
}

#[tokio::test]
async fn a_restored_post_was_deleted_and_its_author_is_not() {
    let admin = session(2, Role::Admin);
    let live = Mocks::with_post(&published()).services().posts;
    let restored = async {
        live.restore(&Permit::of(admin.clone())?, post_id(7), None)
            .await
    }
    .await;
    assert!(matches!(
        restored,
        Err(Error::InvalidState(InvalidState::NotDeleted(
            Resource::Post
        )))
    ));

    let mut mocks = Mocks::default();
    mocks.posts.expect_change().returning(|_, decide| {
        let locked = LockedPost {
            is_author_deleted: true,
            ..locked_post(&deleted_post())
        };
        decide(&locked).map_err(RepositoryError::Refused)?;
        Ok(published())
    });
    let restored = async {
        mocks
            .services()
            .posts
            .restore(&Permit::of(admin.clone())?, post_id(7), None)
            .await
    }
    .await;
    assert!(matches!(
        restored,
        Err(Error::InvalidState(InvalidState::AuthorDeleted))
    ));
    let service = Mocks::with_post(&deleted_post()).services().posts;
    let restored = async {
        service
            .restore(&Permit::of(admin.clone())?, post_id(7), Some(&tag(3)))
            .await
    }
    .await;
    let restored = restored.unwrap().view().post.clone();
    assert_eq!(
        (restored.deleted_at, restored.version),
        (None, Version::new(4))
    );
    let moderator = session(1, Role::Moderator);
    let refused = async {
        service
            .restore(&Permit::of(moderator.clone())?, post_id(7), None)
            .await
    }
    .await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn batches_of_views_are_forgotten_when_nobody_sends_them_again() {
    let mut mocks = Mocks::default();
    mocks
        .view_batches
        .expect_forget_batches()
        .returning(|before| {
            assert_eq!(before, now() - TimeDelta::days(1));
            Ok(3)
        });
    assert_eq!(mocks.services().posts.sweep().await.unwrap(), 3);
}
