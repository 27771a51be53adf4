use std::cmp::Ordering;
use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::auth::SessionRecord;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, PageRequest, Position, Search, Sort, Total};
use hexpress_domain::user::{Role, User, UserFilter, UserQuery, UserRecord, UserSort};

use super::Accounts;
use crate::promise::{MOST_PAGES, race};
use crate::samples::{name, now, page, session, someone, user_deletion, user_edit, user_record};

/// Users whose names, addresses and times tie, differ in case and script, and of
/// whom only some have logged in.
async fn people(stores: &Accounts) -> Vec<User> {
    const NAMES: [(&str, &str); 12] = [
        ("Ada", "Lovelace"),
        ("ada", "lovelace"),
        ("Ada", ""),
        ("Émilie", "du Châtelet"),
        ("Zoë", "Z"),
        ("zed", "100%"),
        ("Ünal", "a_b"),
        ("Юлия", "Жук"),
        ("李", "\\"),
        ("🦀", "Crab"),
        ("Ada", "Lovelace"),
        ("_", "%"),
    ];
    let mut people = Vec::new();
    for (index, (first, last)) in NAMES.into_iter().enumerate() {
        let number = i64::try_from(index).unwrap();
        let record = UserRecord {
            name: name(first, last),
            role: Role::ALL[index % 3],
            at: now() + TimeDelta::milliseconds(number / 3),
            ..user_record(&format!("p{}.{index}@example.org", index % 2))
        };
        let mut user = stores.users.insert(record).await.unwrap();
        if index % 3 == 0 {
            let session = SessionRecord {
                at: now() - TimeDelta::days(number / 2),
                ..session(user.id)
            };
            user = stores.tokens.open_session(session).await.unwrap();
        }
        if index % 4 == 0 {
            let inactive = user_edit(|change| change.user.is_active = false);
            user = stores.users.change(user.id, inactive).await.unwrap();
        }
        people.push(user);
    }
    people
}

fn compare(sort: UserSort, left: &User, right: &User) -> Ordering {
    let value = |user: &User| sort.cursor(user).value;
    value(left).cmp(&value(right)).then(left.id.cmp(&right.id))
}

async fn list(stores: &Accounts, query: UserQuery) -> Page<User> {
    stores.users.list(query).await.unwrap()
}

/// Follows the cursors from the first page to the last.
async fn walk(stores: &Accounts, query: &UserQuery) -> Vec<User> {
    let mut query = query.clone();
    let mut walked = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = list(stores, query.clone()).await;
        walked.extend(page.items);
        match page.next {
            Some(cursor) => query.page.position = Position::After(cursor),
            None => return walked,
        }
    }
    panic!("the cursors lead to no end");
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Accounts) {
    let mut people = people(stores).await;
    for &sort in UserSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            people.sort_by(|left, right| compare(sort, left, right));
            if direction == Direction::Descending {
                people.reverse();
            }
            let query = |size: u8| UserQuery {
                sort,
                direction,
                page: page(size),
                ..UserQuery::default()
            };
            let all = list(stores, query(100)).await;
            assert_eq!(all.items, people, "{sort:?} {direction:?}");
            assert_eq!(all.next, None);
            for size in [1, 5, 12] {
                let walked = walk(stores, &query(size)).await;
                assert_eq!(walked, people, "{sort:?} {direction:?} by {size}");
            }
        }
    }
}

pub(super) async fn page_numbers_cut_the_same_order(stores: &Accounts) {
    people(stores).await;
    let numbered = async |number: &str| {
        let position = Position::Page(number.parse().unwrap());
        let query = UserQuery {
            page: PageRequest {
                position,
                ..page(5)
            },
            ..UserQuery::default()
        };
        list(stores, query).await
    };
    let all = list(
        stores,
        UserQuery {
            page: page(100),
            ..UserQuery::default()
        },
    )
    .await;
    let mut cut = numbered("1").await.items;
    cut.extend(numbered("2").await.items);
    let last = numbered("3").await;
    assert_eq!(last.items.len(), 2);
    assert_eq!(last.next, None);
    cut.extend(last.items);
    assert_eq!(cut, all.items);
    for past_the_end in ["4", "9223372036854775807", "99999999999999999999999"] {
        let page = numbered(past_the_end).await;
        assert_eq!(page.items, Vec::new());
        assert_eq!((page.total, page.next), (Some(Total::Exactly(12)), None));
    }
}

pub(super) async fn a_walk_neither_skips_nor_repeats_while_others_come_and_go(stores: &Accounts) {
    let stay = people(stores).await;
    for &sort in UserSort::ALL {
        let mut leave = Vec::new();
        for _ in 0..4 {
            leave.push(stores.user().await);
        }
        let mut query = UserQuery {
            sort,
            page: page(3),
            ..UserQuery::default()
        };
        let mut walked = Vec::new();
        for step in 0.. {
            let page = list(stores, query.clone()).await;
            walked.extend(page.items);
            if let Some(user) = leave.get(step) {
                let users = &stores.users;
                users.change(user.id, user_deletion()).await.unwrap();
                stores.user().await;
            }
            match page.next {
                Some(cursor) => query.page.position = Position::After(cursor),
                None => break,
            }
            assert!(step < 100, "the walk does not end");
        }
        for user in &stay {
            let times = walked.iter().filter(|walked| walked.id == user.id).count();
            assert_eq!(times, 1, "{sort:?}: {}", user.email);
        }
    }
}

/// A query, and the rows that it must find.
type Filter = (UserQuery, fn(&User) -> bool);

pub(super) async fn filters_hold_for_rows_and_totals(stores: &Accounts) {
    let people = people(stores).await;
    let gone = &people[5];
    let deletion = stores.users.change(gone.id, user_deletion());
    deletion.await.unwrap();
    let filters: [Filter; 4] = [
        (
            UserQuery {
                filter: UserFilter {
                    role: Some(Role::Moderator),
                    ..UserFilter::default()
                },
                ..UserQuery::default()
            },
            |user| user.role == Role::Moderator,
        ),
        (
            UserQuery {
                filter: UserFilter {
                    is_active: Some(false),
                    ..UserFilter::default()
                },
                ..UserQuery::default()
            },
            |user| !user.is_active,
        ),
        (
            UserQuery {
                filter: UserFilter {
                    is_active: Some(true),
                    role: Some(Role::User),
                    ..UserFilter::default()
                },
                ..UserQuery::default()
            },
            |user| user.is_active && user.role == Role::User,
        ),
        (UserQuery::default(), |_| true),
    ];
    for (query, fits) in filters {
        let expected = people
            .iter()
            .filter(|user| user.id != gone.id && fits(user))
            .count();
        let page = list(
            stores,
            UserQuery {
                page: page(100),
                ..query.clone()
            },
        )
        .await;
        assert!(page.items.iter().all(fits), "{query:?}");
        assert_eq!(page.items.len(), expected, "{query:?}");
        let total = Total::Exactly(u64::try_from(expected).unwrap());
        assert_eq!(page.total, Some(total), "{query:?}");
    }
    let deleted = UserQuery {
        filter: UserFilter {
            liveness: Liveness::Deleted,
            ..UserFilter::default()
        },
        ..UserQuery::default()
    };
    let deleted = list(stores, deleted).await;
    assert_eq!(deleted.items.len(), 1);
    assert_eq!(deleted.items[0].id, gone.id);
}

pub(super) async fn a_search_matches_anywhere_and_ignores_case(stores: &Accounts) {
    people(stores).await;
    #[rustfmt::skip]
    let searches = [
        ("lovelace", 3), ("LOVE", 3), ("vela", 3), ("ada", 4), ("a", 12), ("DU CHÂT", 1),
        ("émi", 1), ("ÜNAL", 1), ("жУк", 1), ("юл", 1), ("李", 1), ("🦀", 1), ("100%", 1),
        ("%", 2), ("_", 2), ("\\", 1), ("a_b", 1), ("a%b", 0), ("\"", 0), ("'", 0), ("*", 0),
        ("p1.3@example.org", 1), ("@EXAMPLE", 12), ("lovelace ada", 0), ("nobody", 0), ("ada OR zed", 0),
    ];
    for (text, expected) in searches {
        let query = UserQuery {
            filter: UserFilter {
                search: Search::parse(text).unwrap(),
                ..UserFilter::default()
            },
            page: page(100),
            ..UserQuery::default()
        };
        let page = list(stores, query).await;
        assert_eq!(page.items.len(), expected, "{text}");
        let total = Total::Exactly(u64::try_from(expected).unwrap());
        assert_eq!(page.total, Some(total), "{text}");
    }
}

pub(super) async fn a_search_finds_what_a_change_made_of_a_row(stores: &Accounts) {
    let user = stores.user().await;
    let renamed = user_edit(|change| change.user.name = name("Grace", "Hopper"));
    stores.users.change(user.id, renamed).await.unwrap();
    for (text, expected) in [("lovelace", 0), ("hopper", 1)] {
        let query = UserQuery {
            filter: UserFilter {
                search: Search::parse(text).unwrap(),
                ..UserFilter::default()
            },
            ..UserQuery::default()
        };
        assert_eq!(list(stores, query).await.items.len(), expected, "{text}");
    }
}

pub(super) async fn slow_a_search_counts_no_further_than_its_bound(stores: &Accounts) {
    let one = stores.user().await;
    let clerks = (0..4).map(|_| {
        let users = Arc::clone(&stores.users);
        async move {
            for _ in 0..Total::SEARCH_BOUND / 4 {
                users.insert(someone()).await.unwrap();
            }
        }
    });
    race(clerks).await;
    let query = UserQuery {
        filter: UserFilter {
            search: Search::parse("lovelace").unwrap(),
            ..UserFilter::default()
        },
        page: page(1),
        ..UserQuery::default()
    };
    let found = list(stores, query.clone()).await;
    assert_eq!(found.total, Some(Total::MoreThan(10_000)));
    let users = &stores.users;
    users.change(one.id, user_deletion()).await.unwrap();
    let found = list(stores, query).await;
    assert_eq!(found.total, Some(Total::Exactly(10_000)));
    stores.user().await;
    let all = list(stores, UserQuery::default()).await;
    assert_eq!(all.total, Some(Total::Exactly(10_001)));
}

pub(super) async fn a_count_that_is_not_asked_for_is_not_made(stores: &Accounts) {
    stores.user().await;
    let query = UserQuery {
        page: PageRequest {
            count: false,
            ..PageRequest::default()
        },
        ..UserQuery::default()
    };
    let page = list(stores, query).await;
    assert_eq!((page.items.len(), page.total), (1, None));
}
