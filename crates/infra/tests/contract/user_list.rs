use std::cmp::Ordering;

use chrono::TimeDelta;
use hexpress_domain::auth::TokenRepository;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, PageRequest, Position, Search, Total};
use hexpress_domain::user::{
    Role, User, UserChange, UserQuery, UserRecord, UserRepository, UserSort,
};
use hexpress_test_support::Kind;
use rstest::rstest;

use crate::support::{Stores, change, later, name, now, record, session, stores};

/// Users whose names, addresses and times tie, differ in case and script, and of
/// whom only some have logged in.
async fn people(stores: &Stores) -> Vec<User> {
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
            ..record(&format!("p{}.{index}@example.org", index % 2))
        };
        let mut user = stores.users.insert(record).await.unwrap();
        if index % 3 == 0 {
            let session = hexpress_domain::auth::SessionRecord {
                at: now() - TimeDelta::days(number / 2),
                ..session(user.id)
            };
            user = stores.tokens.open_session(session).await.unwrap();
        }
        if index % 4 == 0 {
            let change = UserChange {
                is_active: false,
                ..change(&user)
            };
            user = stores.users.change(change).await.unwrap();
        }
        people.push(user);
    }
    people
}

fn compare(sort: UserSort, left: &User, right: &User) -> Ordering {
    let value = |user: &User| sort.cursor(user).value;
    value(left).cmp(&value(right)).then(left.id.cmp(&right.id))
}

async fn list(stores: &Stores, query: UserQuery) -> Page<User> {
    stores.users.list(query).await.unwrap()
}

fn size(text: &str) -> PageRequest {
    PageRequest {
        size: text.parse().unwrap(),
        ..PageRequest::default()
    }
}

/// Follows the cursors from the first page to the last.
async fn walk(stores: &Stores, query: &UserQuery) -> Vec<User> {
    let mut query = query.clone();
    let mut walked = Vec::new();
    loop {
        let page = list(stores, query.clone()).await;
        walked.extend(page.items);
        match page.next {
            Some(cursor) => query.page.position = Position::After(cursor),
            None => return walked,
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_order_is_total_and_cursors_walk_it(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let mut people = people(&stores).await;
    for sort in UserSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            people.sort_by(|left, right| compare(sort, left, right));
            if direction == Direction::Descending {
                people.reverse();
            }
            let query = |size_of: &str| UserQuery {
                sort,
                direction,
                page: size(size_of),
                ..UserQuery::default()
            };
            let all = list(&stores, query("100")).await;
            assert_eq!(all.items, people, "{sort:?} {direction:?}");
            assert_eq!(all.next, None);
            for page_size in ["1", "5", "12"] {
                let walked = walk(&stores, &query(page_size)).await;
                assert_eq!(walked, people, "{sort:?} {direction:?} by {page_size}");
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn page_numbers_cut_the_same_order(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    people(&stores).await;
    let page = async |number: &str| {
        let position = Position::Page(number.parse().unwrap());
        let query = UserQuery {
            page: PageRequest {
                position,
                ..size("5")
            },
            ..UserQuery::default()
        };
        list(&stores, query).await
    };
    let all = list(
        &stores,
        UserQuery {
            page: size("100"),
            ..UserQuery::default()
        },
    )
    .await;
    let mut cut = page("1").await.items;
    cut.extend(page("2").await.items);
    let last = page("3").await;
    assert_eq!(last.items.len(), 2);
    assert_eq!(last.next, None);
    cut.extend(last.items);
    assert_eq!(cut, all.items);
    for past_the_end in ["4", "9223372036854775807", "99999999999999999999999"] {
        let page = page(past_the_end).await;
        assert_eq!(page.items, Vec::new());
        assert_eq!((page.total, page.next), (Some(Total::Exactly(12)), None));
    }
}

#[rstest]
#[tokio::test]
async fn a_walk_neither_skips_nor_repeats_while_others_come_and_go(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    for sort in UserSort::ALL {
        let stores = stores(kind).await;
        let people = people(&stores).await;
        let (stay, leave) = people.split_at(8);
        let mut query = UserQuery {
            sort,
            page: size("2"),
            ..UserQuery::default()
        };
        let mut walked = Vec::new();
        for step in 0.. {
            let page = list(&stores, query.clone()).await;
            walked.extend(page.items);
            if let Some(user) = leave.get(step) {
                let users = &stores.users;
                users.delete(user.id, user.version, later()).await.unwrap();
            }
            stores.user().await;
            match page.next {
                Some(cursor) => query.page.position = Position::After(cursor),
                None => break,
            }
            assert!(step < 100, "the walk does not end");
        }
        for user in stay {
            let times = walked.iter().filter(|walked| walked.id == user.id).count();
            assert_eq!(times, 1, "{sort:?}: {}", user.email);
        }
    }
}

/// A query, and the rows that it must find.
type Filter = (UserQuery, fn(&User) -> bool);

#[rstest]
#[tokio::test]
async fn filters_hold_for_rows_and_totals(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let people = people(&stores).await;
    let gone = &people[5];
    stores
        .users
        .delete(gone.id, gone.version, later())
        .await
        .unwrap();
    let filters: [Filter; 4] = [
        (
            UserQuery {
                role: Some(Role::Moderator),
                ..UserQuery::default()
            },
            |user| user.role == Role::Moderator,
        ),
        (
            UserQuery {
                is_active: Some(false),
                ..UserQuery::default()
            },
            |user| !user.is_active,
        ),
        (
            UserQuery {
                is_active: Some(true),
                role: Some(Role::User),
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
            &stores,
            UserQuery {
                page: size("100"),
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
        liveness: Liveness::Deleted,
        ..UserQuery::default()
    };
    let deleted = list(&stores, deleted).await;
    assert_eq!(deleted.items.len(), 1);
    assert_eq!(deleted.items[0].id, gone.id);
}

#[rstest]
#[tokio::test]
async fn a_search_matches_anywhere_and_ignores_case(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    people(&stores).await;
    #[rustfmt::skip]
    let searches = [
        ("lovelace", 3), ("LOVE", 3), ("vela", 3), ("ada", 4), ("a", 12), ("DU CHÂT", 1),
        ("émi", 1), ("ÜNAL", 1), ("жУк", 1), ("юл", 1), ("李", 1), ("🦀", 1), ("100%", 1),
        ("%", 2), ("_", 2), ("\\", 1), ("a_b", 1), ("a%b", 0), ("\"", 0), ("'", 0), ("*", 0),
        ("p1.3@example.org", 1), ("@EXAMPLE", 12), ("lovelace ada", 0), ("nobody", 0), ("ada OR zed", 0),
    ];
    for (text, expected) in searches {
        let query = UserQuery {
            search: Search::parse(text).unwrap(),
            page: size("100"),
            ..UserQuery::default()
        };
        let page = list(&stores, query).await;
        assert_eq!(page.items.len(), expected, "{text}");
        let total = Total::Exactly(u64::try_from(expected).unwrap());
        assert_eq!(page.total, Some(total), "{text}");
    }
}

#[rstest]
#[tokio::test]
async fn a_search_finds_what_a_change_made_of_a_row(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let renamed = UserChange {
        name: name("Grace", "Hopper"),
        ..change(&user)
    };
    stores.users.change(renamed).await.unwrap();
    for (text, expected) in [("lovelace", 0), ("hopper", 1)] {
        let query = UserQuery {
            search: Search::parse(text).unwrap(),
            ..UserQuery::default()
        };
        assert_eq!(list(&stores, query).await.items.len(), expected, "{text}");
    }
}

#[rstest]
#[tokio::test]
async fn a_search_counts_no_further_than_its_bound(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let template = stores.user().await;
    multiply(&stores, kind, &template, 10_000).await;
    let query = UserQuery {
        search: Search::parse("lovelace").unwrap(),
        page: size("1"),
        ..UserQuery::default()
    };
    let page = list(&stores, query.clone()).await;
    assert_eq!(page.total, Some(Total::MoreThan(10_000)));
    let users = &stores.users;
    users
        .delete(template.id, template.version, later())
        .await
        .unwrap();
    let page = list(&stores, query).await;
    assert_eq!(page.total, Some(Total::Exactly(10_000)));
    let all = list(&stores, UserQuery::default()).await;
    assert_eq!(all.total, Some(Total::Exactly(10_000)));
}

/// Copies of a user, with ids and addresses of their own.
async fn multiply(stores: &Stores, kind: Kind, template: &User, copies: u32) {
    let (numbers, id) = match kind {
        Kind::Sqlite => (
            format!(
                "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {copies}) SELECT i FROM n)"
            ),
            "randomblob(16)",
        ),
        Kind::Postgres => (format!("generate_series(1, {copies})"), "gen_random_uuid()"),
    };
    let alias = match kind {
        Kind::Sqlite => "numbers",
        Kind::Postgres => "numbers(i)",
    };
    stores
        .raw
        .execute(&format!(
            "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             search_text, version, created_at, updated_at) \
             SELECT {id}, 'copy' || i || '@example.org', password_hash, first_name, last_name, role, \
             is_active, search_text, version, created_at, updated_at \
             FROM users, {numbers} AS {alias} WHERE email = '{}'",
            template.email
        ))
        .await;
}

#[rstest]
#[tokio::test]
async fn a_count_that_is_not_asked_for_is_not_made(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    stores.user().await;
    let query = UserQuery {
        page: PageRequest {
            count: false,
            ..PageRequest::default()
        },
        ..UserQuery::default()
    };
    let page = list(&stores, query).await;
    assert_eq!((page.items.len(), page.total), (1, None));
}
