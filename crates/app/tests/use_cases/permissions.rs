//! The permission table of the HTTP contract, row by row.

use hexpress_app::permissions::{
    Operation, Target, permit, permit_cancellation, permit_filter, permit_filter_names,
    permit_post_moderation, permit_post_patch, permit_statistics, permit_user_deletion,
    permit_user_patch, sees_full_user, sees_inactive_products, sees_post, visible_orders,
    visible_posts, visible_users,
};
use hexpress_app::{Error, InvalidState};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Liveness;
use hexpress_domain::order::{Order, OrderFilter, OrderStatus};
use hexpress_domain::post::{
    Metadata, Post, PostField, PostFilter, PostPatch, PostScope, PostStatus,
};
use hexpress_domain::product::{Product, ProductFilter};
use hexpress_domain::user::{Role, UserField, UserFilter, UserPatch};

use crate::support::{ada, api_token, deleted, draft, engine, now, order, session, user_id};

#[derive(Debug, PartialEq)]
enum Answer {
    Yes,
    LogIn,
    No,
    NotThese(Vec<&'static str>),
}

use Answer::{LogIn, No, NotThese, Yes};

fn answer(outcome: Result<(), Error>) -> Answer {
    match outcome {
        Ok(()) => Yes,
        Err(Error::Unauthenticated) => LogIn,
        Err(Error::Forbidden { fields }) if fields.is_empty() => No,
        Err(Error::Forbidden { fields }) => NotThese(fields),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_the_kind_of_actor_alone_decides() {
    let actors = [
        Actor::Anonymous,
        session(1, Role::User),
        api_token(1, Role::User),
        session(1, Role::Moderator),
        session(1, Role::Admin),
        api_token(1, Role::Admin),
        Actor::Operator,
    ];
    #[rustfmt::skip]
    let table = [
        // operation                    nobody user token mod. admin token operator
        (Operation::ReadOwnAccount,   [LogIn, Yes, Yes, Yes, Yes, Yes, LogIn]),
        (Operation::LogOut,           [LogIn, Yes, Yes, Yes, Yes, Yes, LogIn]),
        (Operation::ManageTokens,     [LogIn, Yes, No,  Yes, Yes, No,  LogIn]),
        (Operation::ListUsers,        [LogIn, No,  No,  Yes, Yes, Yes, Yes]),
        (Operation::ListDeletedUsers, [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::ChangeUser,       [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::DeleteUser,       [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::RestoreUser,      [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::OperateUsers,     [LogIn, No,  No,  No,  No,  No,  Yes]),
        (Operation::ReadStatistics,   [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::CreatePost,       [LogIn, Yes, Yes, Yes, Yes, Yes, LogIn]),
        (Operation::ListDeletedPosts, [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::ChangePost,       [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::PublishPost,      [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::DeletePost,       [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::RestorePost,      [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::FilterProductsByActivity,
                                      [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::ManageProducts,   [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::PlaceOrder,       [LogIn, Yes, Yes, Yes, Yes, Yes, LogIn]),
        (Operation::ListOrders,       [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::FilterOrdersByUser,
                                      [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::ReadOrder,        [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::CancelOrder,      [LogIn, Yes, Yes, Yes, Yes, Yes, Yes]),
        (Operation::PayOrder,         [LogIn, No,  No,  No,  Yes, Yes, Yes]),
        (Operation::FulfilOrder,      [LogIn, No,  No,  No,  Yes, Yes, Yes]),
    ];
    for (operation, expected) in table {
        for (actor, expected) in actors.iter().zip(expected) {
            let answered = answer(permit(actor, operation));
            assert_eq!(answered, expected, "{operation:?} by {actor:?}");
        }
    }
}

#[test]
fn who_sees_which_accounts_and_how_much_of_them() {
    let table = [
        (Actor::Anonymous, Liveness::Live, false),
        (session(2, Role::User), Liveness::Live, false),
        (session(1, Role::User), Liveness::Live, true),
        (api_token(1, Role::User), Liveness::Live, true),
        (session(2, Role::Moderator), Liveness::Live, true),
        (session(2, Role::Admin), Liveness::Any, true),
        (Actor::Operator, Liveness::Any, true),
    ];
    for (actor, liveness, full) in table {
        assert_eq!(visible_users(&actor), liveness, "{actor:?}");
        assert_eq!(sees_full_user(&actor, &ada()), full, "{actor:?}");
        assert!(ada().is_visible_to(&actor));
        let sees_deleted = deleted(ada()).is_visible_to(&actor);
        assert_eq!(sees_deleted, liveness == Liveness::Any, "{actor:?}");
    }
}

#[test]
fn who_sees_which_posts() {
    let scope_of_author = PostScope::PublishedOrBy(user_id(1));
    let scope_of_reader = PostScope::PublishedOrBy(user_id(2));
    #[rustfmt::skip]
    let table = [
        //                                                draft  deleted
        (Actor::Anonymous,            PostScope::Published, false, false),
        (session(2, Role::User),      scope_of_reader,      false, false),
        (session(1, Role::User),      scope_of_author,      true,  false),
        (api_token(1, Role::User),    scope_of_author,      true,  false),
        (session(2, Role::Moderator), PostScope::All,       true,  false),
        (session(2, Role::Admin),     PostScope::All,       true,  true),
        (Actor::Operator,             PostScope::All,       true,  true),
    ];
    for (actor, scope, draft_seen, deleted_seen) in table {
        assert_eq!(visible_posts(&actor), scope, "{actor:?}");
        for status in PostStatus::ALL {
            let sees = |deleted_at| {
                let post = Post {
                    status,
                    deleted_at,
                    ..draft().post
                };
                sees_post(&actor, &post)
            };
            let live_seen = draft_seen || status == PostStatus::Published;
            assert_eq!(sees(None), live_seen, "{actor:?} {status:?}");
            assert_eq!(sees(Some(now())), deleted_seen, "{actor:?} {status:?}");
        }
    }
}

#[test]
fn who_sees_which_products() {
    for (actor, inactive_seen) in [
        (Actor::Anonymous, false),
        (session(1, Role::User), false),
        (session(1, Role::Moderator), false),
        (session(1, Role::Admin), true),
        (Actor::Operator, true),
    ] {
        assert_eq!(sees_inactive_products(&actor), inactive_seen);
        let sees = |is_active, deleted_at| {
            let product = Product {
                is_active,
                deleted_at,
                ..engine()
            };
            product.is_visible_to(&actor)
        };
        assert!(sees(true, None), "{actor:?}");
        assert_eq!(sees(false, None), inactive_seen, "{actor:?}");
        assert!(!sees(true, Some(now())) && !sees(false, Some(now())));
    }
}

#[test]
fn who_may_use_which_filter_of_a_list() {
    let deleted_users = UserFilter {
        liveness: Liveness::Deleted,
        ..UserFilter::default()
    };
    let deleted_posts = PostFilter {
        liveness: Liveness::Any,
        ..PostFilter::default()
    };
    let inactive_products = ProductFilter {
        is_active: Some(true),
        ..ProductFilter::default()
    };
    let orders_of_one = OrderFilter {
        user_id: Some(user_id(1)),
        ..OrderFilter::default()
    };
    let not = |field| NotThese(vec![field]);
    for (actor, expected) in [
        (
            Actor::Anonymous,
            ["deleted", "deleted", "isActive", "userId"].map(|_| LogIn),
        ),
        (
            session(1, Role::User),
            ["deleted", "deleted", "isActive", "userId"].map(not),
        ),
        (
            session(1, Role::Moderator),
            ["deleted", "deleted", "isActive", "userId"].map(not),
        ),
        (session(1, Role::Admin), [Yes, Yes, Yes, Yes]),
        (Actor::Operator, [Yes, Yes, Yes, Yes]),
    ] {
        let by_value = [
            permit_filter(&actor, &deleted_users),
            permit_filter(&actor, &deleted_posts),
            permit_filter(&actor, &inactive_products),
            permit_filter(&actor, &orders_of_one),
        ];
        assert_eq!(by_value.map(answer), expected, "{actor:?}");
        let by_name = [
            permit_filter_names::<UserFilter>(&actor, |name| name == "deleted"),
            permit_filter_names::<PostFilter>(&actor, |name| name == "deleted"),
            permit_filter_names::<ProductFilter>(&actor, |name| name == "isActive"),
            permit_filter_names::<OrderFilter>(&actor, |name| name == "userId"),
        ];
        assert_eq!(by_name.map(answer), expected, "{actor:?}");
        let unrestricted = [
            permit_filter(&actor, &UserFilter::default()),
            permit_filter(&actor, &PostFilter::default()),
            permit_filter(&actor, &ProductFilter::default()),
            permit_filter(&actor, &OrderFilter::default()),
            permit_filter_names::<UserFilter>(&actor, |name| name == "role"),
        ];
        assert_eq!(
            unrestricted.map(answer),
            [Yes, Yes, Yes, Yes, Yes],
            "{actor:?}"
        );
    }
}

/// A patch that holds the one field.
fn patch_of(field: UserField) -> UserPatch {
    let mut patch = UserPatch::default();
    match field {
        UserField::Email => patch.email = Some("new@example.org".parse().unwrap()),
        UserField::Password => patch.password = Some("battery staple".parse().unwrap()),
        UserField::CurrentPassword => {
            patch.current_password = Some("correct horse".parse().unwrap())
        }
        UserField::FirstName => patch.first_name = Some("Augusta".parse().unwrap()),
        UserField::LastName => patch.last_name = Some("King".parse().unwrap()),
        UserField::Role => patch.role = Some(Role::Moderator),
        UserField::IsActive => patch.is_active = Some(false),
    }
    patch
}

#[test]
fn who_may_send_which_field_of_a_patch() {
    #[rustfmt::skip]
    let table = [
        // actor                       email  passw. curr.  first  last   role   active
        (session(1, Role::User),      [true,  true,  true,  true,  true,  false, false]),
        (session(1, Role::Moderator), [true,  true,  true,  true,  true,  false, false]),
        (session(1, Role::Admin),     [true,  true,  true,  true,  true,  false, false]),
        (session(2, Role::Admin),     [true,  true,  false, true,  true,  true,  true ]),
        (Actor::Operator,             [true,  true,  false, true,  true,  true,  true ]),
        (api_token(1, Role::User),    [false, false, true,  true,  true,  false, false]),
        (api_token(2, Role::Admin),   [false, false, false, true,  true,  true,  true ]),
    ];
    for (actor, allowed) in table {
        for (field, allowed) in UserField::ALL.into_iter().zip(allowed) {
            let answered = answer(permit_user_patch(&actor, &ada(), &patch_of(field)));
            let expected = if allowed {
                Yes
            } else {
                NotThese(vec![field.as_str()])
            };
            assert_eq!(answered, expected, "{field:?} by {actor:?}");
        }
    }
    for actor in [
        Actor::Anonymous,
        session(2, Role::User),
        session(2, Role::Moderator),
    ] {
        for field in UserField::ALL {
            let answered = answer(permit_user_patch(&actor, &ada(), &patch_of(field)));
            assert_eq!(answered, No, "{field:?} by {actor:?}");
        }
    }
}

#[test]
fn a_refusal_names_every_field_that_the_actor_may_not_send() {
    let patch = UserPatch {
        first_name: Some("Augusta".parse().unwrap()),
        role: Some(Role::Admin),
        is_active: Some(true),
        ..UserPatch::default()
    };
    let answered = answer(permit_user_patch(&session(1, Role::User), &ada(), &patch));
    assert_eq!(answered, NotThese(vec!["role", "isActive"]));
}

#[test]
fn who_may_delete_an_account() {
    let table = [
        (Actor::Anonymous, No),
        (session(2, Role::User), No),
        (session(2, Role::Moderator), No),
        (session(1, Role::User), Yes),
        (api_token(1, Role::User), No),
        (api_token(1, Role::Admin), No),
        (session(2, Role::Admin), Yes),
        (api_token(2, Role::Admin), Yes),
        (Actor::Operator, Yes),
    ];
    for (actor, expected) in table {
        let answered = answer(permit_user_deletion(&actor, &ada()));
        assert_eq!(answered, expected, "{actor:?}");
    }
}

#[test]
fn who_sees_how_often_an_authors_posts_are_read() {
    let table = [
        (Actor::Anonymous, No),
        (session(2, Role::User), No),
        (session(1, Role::User), Yes),
        (api_token(1, Role::User), Yes),
        (session(2, Role::Moderator), Yes),
        (session(2, Role::Admin), Yes),
        (Actor::Operator, Yes),
    ];
    for (actor, expected) in table {
        let answered = answer(permit_statistics(&actor, &ada()));
        assert_eq!(answered, expected, "{actor:?}");
    }
}

/// A patch that holds the one field.
fn post_patch_of(field: PostField) -> PostPatch {
    let mut patch = PostPatch::default();
    match field {
        PostField::Title => patch.title = Some("On Engines".parse().unwrap()),
        PostField::Content => patch.content = Some("Twice".parse().unwrap()),
        PostField::Excerpt => patch.excerpt = Some(None),
        PostField::Status => patch.status = Some(PostStatus::Published),
        PostField::Metadata => patch.metadata = Some(Metadata::default()),
        PostField::Slug => patch.slug = Some("engines".parse().unwrap()),
    }
    patch
}

#[test]
fn who_may_send_which_field_of_a_post() {
    #[rustfmt::skip]
    let table = [
        // actor                         title  cont.  exc.   status meta   slug
        (session(1, Role::User),        [true,  true,  true,  true,  true,  true ]),
        (api_token(1, Role::User),      [true,  true,  true,  true,  true,  true ]),
        (session(1, Role::Moderator),   [true,  true,  true,  true,  true,  true ]),
        (session(2, Role::Moderator),   [false, false, false, true,  false, false]),
        (api_token(2, Role::Moderator), [false, false, false, true,  false, false]),
        (session(2, Role::Admin),       [true,  true,  true,  true,  true,  true ]),
        (Actor::Operator,               [true,  true,  true,  true,  true,  true ]),
    ];
    let post = draft().post;
    for (actor, allowed) in table {
        for (field, allowed) in PostField::ALL.into_iter().zip(allowed) {
            let answered = answer(permit_post_patch(&actor, &post, &post_patch_of(field)));
            let expected = if allowed {
                Yes
            } else {
                NotThese(vec![field.as_str()])
            };
            assert_eq!(answered, expected, "{field:?} by {actor:?}");
        }
    }
    for actor in [Actor::Anonymous, session(2, Role::User)] {
        for field in PostField::ALL {
            let answered = answer(permit_post_patch(&actor, &post, &post_patch_of(field)));
            assert_eq!(answered, No, "{field:?} by {actor:?}");
        }
    }
}

#[test]
fn who_may_publish_or_delete_a_post() {
    let table = [
        (Actor::Anonymous, No),
        (session(2, Role::User), No),
        (session(1, Role::User), Yes),
        (api_token(1, Role::User), Yes),
        (session(2, Role::Moderator), Yes),
        (session(2, Role::Admin), Yes),
        (Actor::Operator, Yes),
    ];
    for (actor, expected) in table {
        let answered = answer(permit_post_moderation(&actor, &draft().post));
        assert_eq!(answered, expected, "{actor:?}");
    }
}
#[test]
fn who_sees_whose_orders() {
    let own = Some(user_id(1));
    let other = Some(user_id(2));
    let table = [
        (session(1, Role::User), own, true),
        (api_token(1, Role::User), own, true),
        (session(1, Role::Moderator), own, true),
        (session(2, Role::User), other, false),
        (session(2, Role::Moderator), other, false),
        (session(2, Role::Admin), None, true),
        (api_token(2, Role::Admin), None, true),
        (Actor::Operator, None, true),
    ];
    for (actor, whose, sees) in table {
        assert_eq!(visible_orders(&actor).unwrap(), whose, "{actor:?}");
        assert_eq!(order().is_visible_to(&actor), sees, "{actor:?}");
    }
    assert_eq!(answer(visible_orders(&Actor::Anonymous).map(|_| ())), LogIn);
    assert!(!order().is_visible_to(&Actor::Anonymous));
}

#[test]
fn what_is_paid_for_is_called_off_by_an_admin() {
    for (actor, may) in [
        (session(1, Role::User), false),
        (session(1, Role::Moderator), false),
        (session(1, Role::Admin), true),
        (session(2, Role::Admin), true),
        (Actor::Operator, true),
    ] {
        for status in OrderStatus::ALL {
            let order = Order { status, ..order() };
            match permit_cancellation(&actor, &order) {
                Ok(()) => assert!(may || status != OrderStatus::Paid),
                Err(Error::InvalidState(InvalidState::OrderPaid)) => {
                    assert!(!may && status == OrderStatus::Paid);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
