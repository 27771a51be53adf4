use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::auth::SessionRecord;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{PageRequest, Position, Search, Sort, Total};
use hexpress_domain::user::{
    Role, User, UserFilter, UserQuery, UserRecord, UserRepository, UserSort,
};

use super::Accounts;
use crate::list::List;
use crate::promise::race;
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
            user = stores.tokens.open_session(session).await.unwrap().user;
        }
        if index % 4 == 0 {
            let inactive = user_edit(|change| change.user.is_active = false);
            user = stores.users.change(user.id, inactive).await.unwrap();
        }
        people.push(user);
    }
    people
}

fn list(stores: &Accounts) -> List<Arc<dyn UserRepository>, User, UserFilter, UserSort> {
    List {
        port: Arc::clone(&stores.users),
        ask: |users, query| users.list(query),
        cursor: UserSort::cursor,
    }
}

fn searching(text: &str) -> UserFilter {
    UserFilter {
        search: Search::parse(text).unwrap(),
        ..UserFilter::default()
    }
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Accounts) {
    let people = people(stores).await;
    list(stores).assert_every_order(people).await;
}

pub(super) async fn page_numbers_cut_the_same_order(stores: &Accounts) {
    let people = people(stores).await;
    list(stores).assert_page_numbers(&people).await;
    let list = list(stores);
    list.assert_rows(UserQuery::default(), people, &[5]).await;
}

pub(super) async fn a_walk_neither_skips_nor_repeats_while_others_come_and_go(stores: &Accounts) {
    let stay = people(stores).await;
    let list = list(stores);
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
            let page = list.page(query.clone()).await;
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
        list.assert_met_once(&walked, &stay);
    }
}

pub(super) async fn filters_hold_for_rows_and_totals(stores: &Accounts) {
    let mut people = people(stores).await;
    let gone = people.remove(5);
    let deletion = stores.users.change(gone.id, user_deletion());
    deletion.await.unwrap();
    let roles = [None, Some(Role::User), Some(Role::Moderator)];
    for (role, is_active) in roles
        .into_iter()
        .flat_map(|role| [None, Some(true), Some(false)].map(|is_active| (role, is_active)))
    {
        let query = UserQuery {
            filter: UserFilter {
                role,
                is_active,
                ..UserFilter::default()
            },
            ..UserQuery::default()
        };
        let fits = |user: &&User| {
            role.is_none_or(|role| user.role == role)
                && is_active.is_none_or(|is_active| user.is_active == is_active)
        };
        let expected = people.iter().filter(fits).cloned().collect();
        list(stores).assert_rows(query, expected, &[2]).await;
    }
    let deleted = UserFilter {
        liveness: Liveness::Deleted,
        ..UserFilter::default()
    };
    let deleted = list(stores).found(deleted).await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].id, gone.id);
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
        let found = list(stores).found(searching(text)).await;
        assert_eq!(found.len(), expected, "{text}");
    }
}

pub(super) async fn a_search_finds_what_a_change_made_of_a_row(stores: &Accounts) {
    let user = stores.user().await;
    let renamed = user_edit(|change| change.user.name = name("Grace", "Hopper"));
    stores.users.change(user.id, renamed).await.unwrap();
    for (text, expected) in [("lovelace", 0), ("hopper", 1)] {
        let found = list(stores).found(searching(text)).await;
        assert_eq!(found.len(), expected, "{text}");
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
        filter: searching("lovelace"),
        page: page(1),
        ..UserQuery::default()
    };
    let found = list(stores).page(query.clone()).await;
    assert_eq!(found.total, Some(Total::MoreThan(10_000)));
    let users = &stores.users;
    users.change(one.id, user_deletion()).await.unwrap();
    let found = list(stores).page(query).await;
    assert_eq!(found.total, Some(Total::Exactly(10_000)));
    stores.user().await;
    let all = list(stores).page(UserQuery::default()).await;
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
    let page = list(stores).page(query).await;
    assert_eq!((page.items.len(), page.total), (1, None));
}
