use std::sync::atomic::{AtomicU32, Ordering};

use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::OperateUsers;
use hexpress_app::user::UserView;
use hexpress_app::{Error, InvalidState, Preconditions, Resource};
use hexpress_domain::auth::{Actor, Reservation, Revocation, Verification};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::{Page, PageRequest, Position};
use hexpress_domain::post::{MonthlyPosts, PostStatus, StatusCount};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{
    LockedUser, NewUser, Role, User, UserFilter, UserPatch, UserQuery, UserSort,
};

use crate::support::{
    ADDRESS, Mocks, ada, deleted, hash, locked, may, new_hash, now, session, token_id, user_id,
};

const MATCH: Verification = Verification::Match { outdated: false };

fn sign_up() -> NewUser {
    NewUser {
        email: ada().email,
        password: "correct horse".parse().unwrap(),
        name: ada().name,
    }
}

fn rename(first: &str) -> UserPatch {
    UserPatch {
        first_name: Some(first.parse().unwrap()),
        ..UserPatch::default()
    }
}

fn new_password(current: Option<&str>) -> UserPatch {
    UserPatch {
        password: Some("battery staple".parse().unwrap()),
        current_password: current.map(|text| text.parse().unwrap()),
        ..UserPatch::default()
    }
}

fn tag(version: i64) -> Preconditions {
    Preconditions::versions(vec![Version::new(version)])
}

#[tokio::test]
async fn a_sign_up_is_an_active_user_of_the_lowest_role() {
    let mut mocks = Mocks::default();
    mocks.hasher.expect_hash().returning(|_| Ok(new_hash()));
    mocks.users.expect_insert().returning(|record| {
        assert_eq!((record.id, record.role), (user_id(100), Role::User));
        assert_eq!((record.password_hash, record.at), (new_hash(), now()));
        Ok(ada())
    });
    assert_eq!(
        mocks.services().users.sign_up(sign_up()).await.unwrap(),
        ada()
    );
}

#[tokio::test]
async fn a_taken_email_is_a_duplicate() {
    let mut mocks = Mocks::default();
    mocks.hasher.expect_hash().returning(|_| Ok(new_hash()));
    mocks
        .users
        .expect_insert()
        .returning(|_| Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL)));
    let signed_up = mocks.services().users.sign_up(sign_up()).await;
    assert!(matches!(
        signed_up,
        Err(Error::Duplicate(User::UNIQUE_EMAIL))
    ));
}

#[tokio::test]
async fn only_the_operator_creates_accounts_of_any_role() {
    let mut mocks = Mocks::default();
    mocks.hasher.expect_hash().returning(|_| Ok(new_hash()));
    mocks
        .users
        .expect_insert()
        .withf(|record| record.role == Role::Admin)
        .times(1)
        .returning(|_| Ok(ada()));
    let service = mocks.services().users;
    let refused = Permit::<OperateUsers>::of(session(2, Role::Admin));
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let created = async {
        service
            .create(&Permit::of(Actor::Operator)?, sign_up(), Role::Admin)
            .await
    }
    .await;
    assert!(created.is_ok());
}

#[tokio::test]
async fn others_see_a_profile_and_staff_the_account() {
    let mut mocks = Mocks::with_user(&ada());
    mocks
        .posts
        .expect_latest_published()
        .returning(|id, limit| {
            assert_eq!((id, limit), (ada().id, 5));
            Ok(Vec::new())
        });
    let service = mocks.services().users;
    let read = async |actor: Actor| service.read(&actor, ada().id).await.unwrap().user;
    for actor in [Actor::Anonymous, session(2, Role::User)] {
        assert!(matches!(read(actor).await, UserView::Public(_)));
    }
    for actor in [session(1, Role::User), session(2, Role::Moderator)] {
        assert_eq!(read(actor).await, UserView::Full(ada()));
    }
}

#[tokio::test]
async fn deleted_accounts_are_looked_for_by_admins_only() {
    for (actor, liveness) in [
        (Actor::Anonymous, Liveness::Live),
        (session(2, Role::Moderator), Liveness::Live),
        (session(2, Role::Admin), Liveness::Any),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .users
            .expect_find()
            .withf(move |_, wanted| *wanted == liveness)
            .times(1)
            .returning(|_, _| Ok(None));
        let read = mocks.services().users.read(&actor, ada().id).await;
        assert!(matches!(read, Err(Error::NotFound(Resource::User))));
    }
}

#[tokio::test]
async fn a_list_of_deleted_accounts_is_for_admins() {
    let mut mocks = Mocks::default();
    mocks.users.expect_list().times(2).returning(|_| {
        Ok(Page {
            items: Vec::new(),
            total: None,
            next: None,
        })
    });
    let service = mocks.services().users;
    let query = |liveness| UserQuery {
        filter: UserFilter {
            liveness,
            ..UserFilter::default()
        },
        ..UserQuery::default()
    };
    let moderator = session(2, Role::Moderator);
    let admin = session(2, Role::Admin);
    assert!(
        async {
            service
                .list(&Permit::of(moderator.clone())?, query(Liveness::Live))
                .await
        }
        .await
        .is_ok()
    );
    assert!(
        async {
            service
                .list(&Permit::of(admin.clone())?, query(Liveness::Deleted))
                .await
        }
        .await
        .is_ok()
    );
    let refused = async {
        service
            .list(&Permit::of(moderator.clone())?, query(Liveness::Deleted))
            .await
    }
    .await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn a_cursor_of_another_order_reaches_no_store() {
    let never = User {
        last_login_at: None,
        ..ada()
    };
    for (sort, cursor) in [
        (UserSort::CreatedAt, UserSort::Email.cursor(&ada())),
        (UserSort::Email, UserSort::CreatedAt.cursor(&ada())),
        (UserSort::CreatedAt, UserSort::LastLoginAt.cursor(&never)),
    ] {
        let query = UserQuery {
            sort,
            page: PageRequest {
                position: Position::After(cursor),
                ..PageRequest::default()
            },
            ..UserQuery::default()
        };
        let service = Mocks::default().services().users;
        let listed = service.list(&may(&session(2, Role::Admin)), query).await;
        let Err(Error::Validation(errors)) = listed else {
            panic!("{listed:?}");
        };
        assert_eq!(errors.as_slice()[0].field, "cursor");
    }
}

#[tokio::test]
async fn a_patch_that_changes_nothing_writes_nothing() {
    let service = Mocks::with_user(&ada()).services().users;
    for patch in [UserPatch::default(), rename("Ada")] {
        let user = service
            .update(
                &may(&session(1, Role::User)),
                ada().id,
                patch,
                None,
                ADDRESS,
            )
            .await;
        assert_eq!(user.unwrap(), ada());
    }
}

#[tokio::test]
async fn a_change_is_of_the_account_as_it_stands() {
    // Nothing is looked up before: who has no password to verify only decides.
    let updated = Mocks::default()
        .deciding_on(locked(&ada()))
        .services()
        .users
        .update(
            &may(&session(1, Role::User)),
            ada().id,
            rename("Augusta"),
            Some(&tag(3)),
            ADDRESS,
        )
        .await
        .unwrap();
    assert_eq!(updated.name.full(), "Augusta Lovelace");
    assert_eq!(updated.version, ada().version.next());
    assert_eq!(updated.updated_at, now());
}

#[tokio::test]
async fn the_own_email_and_password_need_the_present_password() {
    let email = UserPatch {
        email: Some("new@example.org".parse().unwrap()),
        ..UserPatch::default()
    };
    for patch in [email, new_password(None)] {
        for role in [Role::User, Role::Admin] {
            let updated = Mocks::with_user(&ada())
                .services()
                .users
                .update(
                    &may(&session(1, role)),
                    ada().id,
                    patch.clone(),
                    None,
                    ADDRESS,
                )
                .await;
            let Err(Error::Validation(errors)) = updated else {
                panic!("{updated:?}");
            };
            assert_eq!(errors.as_slice()[0].field, "currentPassword");
            assert_eq!(
                errors.as_slice()[0].message,
                "Current password is incorrect"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_present_password_counts_like_a_failed_login() {
    let mut mocks = Mocks::with_user(&ada())
        .granting(0)
        .verifying(Verification::Mismatch);
    mocks
        .users
        .expect_password_hash()
        .returning(|_| Ok(Some(hash())));
    let updated = mocks
        .services()
        .users
        .update(
            &may(&session(1, Role::User)),
            ada().id,
            new_password(Some("wrong password")),
            None,
            ADDRESS,
        )
        .await;
    assert!(matches!(updated, Err(Error::Validation(_))));
}

/// Changes that need no present password, which is sent all the same.
fn confirmed_without_need() -> [UserPatch; 2] {
    let current_password = Some("wrong password".parse().unwrap());
    [
        UserPatch {
            current_password: current_password.clone(),
            ..rename("Augusta")
        },
        UserPatch {
            email: Some(ada().email),
            current_password,
            ..UserPatch::default()
        },
    ]
}

#[tokio::test]
async fn a_wrong_present_password_is_never_passed_over() {
    for patch in confirmed_without_need() {
        let mut mocks = Mocks::with_user(&ada())
            .granting(0)
            .verifying(Verification::Mismatch);
        mocks
            .users
            .expect_password_hash()
            .returning(|_| Ok(Some(hash())));
        let updated = mocks
            .services()
            .users
            .update(
                &may(&session(1, Role::User)),
                ada().id,
                patch,
                None,
                ADDRESS,
            )
            .await;
        assert!(matches!(updated, Err(Error::Validation(_))), "{updated:?}");
    }
}

#[tokio::test]
async fn a_right_present_password_stands_in_the_way_of_nothing() {
    for patch in confirmed_without_need() {
        let mut mocks = Mocks::with_user(&ada()).granting(1).verifying(MATCH);
        mocks
            .users
            .expect_password_hash()
            .returning(|_| Ok(Some(hash())));
        let updated = mocks
            .services()
            .users
            .update(
                &may(&session(1, Role::User)),
                ada().id,
                patch,
                None,
                ADDRESS,
            )
            .await;
        assert!(updated.is_ok(), "{updated:?}");
    }
}

#[tokio::test]
async fn too_many_wrong_present_passwords_are_refused_unseen() {
    let mut mocks = Mocks::with_user(&ada());
    mocks.guard.expect_reserve().returning(|_| {
        Ok(Reservation::Refused {
            retry_after: std::time::Duration::from_secs(1),
        })
    });
    let updated = mocks
        .services()
        .users
        .update(
            &may(&session(1, Role::User)),
            ada().id,
            new_password(Some("correct horse")),
            None,
            ADDRESS,
        )
        .await;
    assert!(matches!(updated, Err(Error::RateLimited { .. })));
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    for (actor, confirms, revocation) in [
        (
            session(1, Role::User),
            true,
            Revocation::AllBut(token_id(1)),
        ),
        (session(2, Role::Admin), false, Revocation::All),
        (Actor::Operator, false, Revocation::All),
    ] {
        let mut mocks = Mocks::finding(&ada());
        if confirms {
            mocks = mocks.granting(1).verifying(MATCH);
            mocks
                .users
                .expect_password_hash()
                .returning(|_| Ok(Some(hash())));
        }
        mocks
            .hasher
            .expect_hash()
            .times(1)
            .returning(|_| Ok(new_hash()));
        mocks
            .users
            .expect_change()
            .times(1)
            .returning(move |_, decide| {
                let change = decide(&locked(&ada())).unwrap().unwrap();
                assert_eq!(change.password_hash, Some(new_hash()));
                assert_eq!(change.revocation, revocation);
                Ok(change.user)
            });
        let patch = new_password(confirms.then_some("correct horse"));
        let updated = async {
            mocks
                .services()
                .users
                .update(&Permit::of(actor.clone())?, ada().id, patch, None, ADDRESS)
                .await
        }
        .await;
        assert!(updated.is_ok(), "{actor:?}");
    }
}

/// A store in which somebody else changes the password while it is verified, so often.
fn changing_password(changes: u32) -> Mocks {
    let mut mocks = Mocks::finding(&ada()).verifying(MATCH);
    mocks
        .users
        .expect_password_hash()
        .returning(|_| Ok(Some(hash())));
    mocks
        .guard
        .expect_reserve()
        .returning(|attempt| Ok(Reservation::Granted { at: attempt.at }));
    mocks.guard.expect_release().return_const(());
    mocks
        .hasher
        .expect_hash()
        .times(1)
        .returning(|_| Ok(new_hash()));
    let left = AtomicU32::new(changes);
    mocks.users.expect_change().returning(move |_, decide| {
        let is_changed = left.load(Ordering::Relaxed) > 0;
        if is_changed {
            left.fetch_sub(1, Ordering::Relaxed);
        }
        let seen = LockedUser {
            password_hash: if is_changed { new_hash() } else { hash() },
            ..locked(&ada())
        };
        let change = decide(&seen).map_err(RepositoryError::Refused)?;
        Ok(change.map_or(seen.user, |change| change.user))
    });
    mocks
}

#[tokio::test]
async fn a_password_that_changes_while_it_is_verified_is_verified_again() {
    for (changes, is_settled) in [(0, true), (2, true), (u32::MAX, false)] {
        let updated = changing_password(changes)
            .services()
            .users
            .update(
                &may(&session(1, Role::User)),
                ada().id,
                new_password(Some("correct horse")),
                None,
                ADDRESS,
            )
            .await;
        match updated {
            Ok(user) => assert!(is_settled && user.version == ada().version.next()),
            Err(Error::Unavailable(_)) => assert!(!is_settled),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn what_was_true_when_it_was_looked_up_is_decided_again() {
    let moved = User {
        version: Version::new(4),
        ..ada()
    };
    let mocks = |seen: &User| {
        let mut mocks = Mocks::finding(&ada()).deciding_on(locked(seen));
        mocks.hasher.expect_hash().returning(|_| Ok(new_hash()));
        mocks
    };
    let update = async |seen: &User, actor: Actor| {
        let service = mocks(seen).services().users;
        let patch = new_password(None);
        let preconditions = tag(3);
        async {
            service
                .update(
                    &Permit::of(actor.clone())?,
                    ada().id,
                    patch,
                    Some(&preconditions),
                    ADDRESS,
                )
                .await
        }
        .await
    };
    let admin = session(2, Role::Admin);
    let stale = update(&moved, admin.clone()).await;
    assert!(matches!(stale, Err(Error::PreconditionFailed)));
    let gone = update(&deleted(ada()), admin).await;
    assert!(matches!(
        gone,
        Err(Error::InvalidState(InvalidState::Deleted(Resource::User)))
    ));
}

#[tokio::test]
async fn another_version_fails_the_precondition_even_where_nothing_changes() {
    let service = Mocks::with_user(&ada()).services().users;
    for preconditions in [tag(2), Preconditions::versions(Vec::new())] {
        let updated = service
            .update(
                &may(&session(1, Role::User)),
                ada().id,
                UserPatch::default(),
                Some(&preconditions),
                ADDRESS,
            )
            .await;
        assert!(matches!(updated, Err(Error::PreconditionFailed)));
    }
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let admin = User {
        role: Role::Admin,
        ..ada()
    };
    let demotion = UserPatch {
        role: Some(Role::User),
        ..UserPatch::default()
    };
    let last = LockedUser {
        is_last_admin: true,
        ..locked(&admin)
    };
    let service = Mocks::default().deciding_on(last).services().users;
    let demoted = async {
        service
            .update(
                &Permit::of(Actor::Operator)?,
                admin.id,
                demotion,
                None,
                ADDRESS,
            )
            .await
    }
    .await;
    let deletion = service
        .delete(&may(&session(1, Role::Admin)), admin.id, None)
        .await;
    for outcome in [demoted.map(|_| ()), deletion] {
        assert!(matches!(
            outcome,
            Err(Error::InvalidState(InvalidState::LastAdmin))
        ));
    }
}

#[tokio::test]
async fn a_deletion_marks_the_account_and_ends_its_tokens() {
    let mut mocks = Mocks::default();
    mocks
        .users
        .expect_change()
        .times(1)
        .returning(|id, decide| {
            let change = decide(&locked(&ada())).unwrap().unwrap();
            assert_eq!((id, change.user.deleted_at), (ada().id, Some(now())));
            assert_eq!(change.revocation, Revocation::All);
            Ok(change.user)
        });
    let deletion = mocks
        .services()
        .users
        .delete(&may(&session(1, Role::User)), ada().id, Some(&tag(3)))
        .await;
    assert!(deletion.is_ok());
}

#[tokio::test]
async fn a_deletion_or_restoring_at_another_version_fails_the_precondition() {
    for preconditions in [tag(2), Preconditions::versions(Vec::new())] {
        let deletion = Mocks::with_user(&ada())
            .services()
            .users
            .delete(
                &may(&session(1, Role::User)),
                ada().id,
                Some(&preconditions),
            )
            .await;
        let restored = Mocks::with_user(&deleted(ada()))
            .services()
            .users
            .restore(
                &may(&session(2, Role::Admin)),
                ada().id,
                Some(&preconditions),
            )
            .await;
        for outcome in [deletion, restored.map(|_| ())] {
            assert!(matches!(outcome, Err(Error::PreconditionFailed)));
        }
    }
}

#[tokio::test]
async fn a_deleted_account_can_only_be_restored() {
    let service = Mocks::with_user(&deleted(ada())).services().users;
    let admin = session(2, Role::Admin);
    let deletion = async {
        service
            .delete(&Permit::of(admin.clone())?, ada().id, None)
            .await
    }
    .await;
    let update = async {
        service
            .update(
                &Permit::of(admin.clone())?,
                ada().id,
                rename("Augusta"),
                None,
                ADDRESS,
            )
            .await
    }
    .await;
    for outcome in [deletion, update.map(|_| ())] {
        assert!(matches!(
            outcome,
            Err(Error::InvalidState(InvalidState::Deleted(Resource::User)))
        ));
    }
}

#[tokio::test]
async fn a_restored_account_must_be_deleted_and_its_email_free() {
    let admin = session(2, Role::Admin);
    let live = Mocks::with_user(&ada()).services().users;
    let restored = async {
        live.restore(&Permit::of(admin.clone())?, ada().id, None)
            .await
    }
    .await;
    assert!(matches!(
        restored,
        Err(Error::InvalidState(InvalidState::NotDeleted(
            Resource::User
        )))
    ));

    let mut mocks = Mocks::default();
    mocks.users.expect_change().returning(|_, decide| {
        let restored = decide(&locked(&deleted(ada()))).unwrap().unwrap();
        assert_eq!(restored.user.deleted_at, None);
        Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL))
    });
    let restored = async {
        mocks
            .services()
            .users
            .restore(&Permit::of(admin.clone())?, ada().id, None)
            .await
    }
    .await;
    assert!(matches!(
        restored,
        Err(Error::Duplicate(User::UNIQUE_EMAIL))
    ));
}

#[tokio::test]
async fn whoever_is_forbidden_reads_and_writes_nothing() {
    let service = Mocks::default().services().users;
    let user = session(1, Role::User);
    let listed = async {
        service
            .list(&Permit::of(user.clone())?, UserQuery::default())
            .await
    }
    .await
    .map(|_| ());
    let restored = async {
        service
            .restore(&Permit::of(user.clone())?, ada().id, None)
            .await
    }
    .await
    .map(|_| ());
    for outcome in [listed, restored] {
        assert!(matches!(outcome, Err(Error::Forbidden { .. })));
    }
    let anonymous = async {
        service
            .delete(&Permit::of(Actor::Anonymous)?, ada().id, None)
            .await
    }
    .await;
    assert!(matches!(anonymous, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn statistics_name_all_statuses_and_months_are_twelve() {
    let mut mocks = Mocks::with_user(&ada());
    let published = StatusCount {
        status: PostStatus::Published,
        count: 2,
        total_views: 9,
    };
    mocks
        .posts
        .expect_count_by_status()
        .returning(move |_| Ok(vec![published]));
    mocks.posts.expect_count_by_month().returning(|id, months| {
        assert_eq!((id, months), (user_id(1), 12));
        Ok(vec![MonthlyPosts {
            month: now(),
            post_count: 2,
            total_views: 9,
        }])
    });
    let service = mocks.services().users;
    let own = session(1, Role::User);
    let counts = async {
        service
            .statistics(&Permit::of(own.clone())?, user_id(1))
            .await
    }
    .await
    .unwrap();
    let counts: Vec<_> = counts.iter().map(|count| count.count).collect();
    assert_eq!(counts, [0, 2, 0]);
    assert_eq!(
        async {
            service
                .analytics(&Permit::of(own.clone())?, user_id(1))
                .await
        }
        .await
        .unwrap()
        .len(),
        1
    );
    let other = session(2, Role::User);
    let refused = async {
        service
            .statistics(&Permit::of(other.clone())?, user_id(1))
            .await
    }
    .await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let refused = async {
        service
            .analytics(&Permit::of(Actor::Anonymous)?, user_id(1))
            .await
    }
    .await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
}
