use std::collections::BTreeSet;

use hexpress_domain::order::OrderStatus;

use super::*;

fn world(seed: u64, users: u64) -> World {
    World::new(seed, users, 40, PasswordHash::new("hash".to_owned()))
}

#[test]
fn a_thing_follows_from_the_seed_and_its_number() {
    let (one, again) = (world(7, 20), world(7, 20));
    for number in 0..200 {
        let (post, same) = (one.post(number).unwrap(), again.post(number).unwrap());
        assert_eq!(post.post, same.post);
        assert_eq!((post.content, post.views), (same.content, same.views));
    }
    // More users change who writes, and nothing by which rows are known.
    let larger = world(7, 1_000);
    for number in 0..50 {
        let (one, larger) = (one.post(number).unwrap(), larger.post(number).unwrap());
        assert_eq!(
            (one.post.id, one.post.slug),
            (larger.post.id, larger.post.slug)
        );
    }
    assert_ne!(
        world(8, 20).post(0).unwrap().post.id,
        one.post(0).unwrap().post.id
    );
}

/// Whoever has seeded a database with an earlier version is to get nothing twice.
#[test]
fn the_first_of_a_seed_stay_what_they_are() {
    let world = world(1, 50);
    let user = world.user(0).unwrap().user;
    let post = world.post(0).unwrap().post;
    assert_eq!(
        [
            user.id.to_string(),
            user.email.to_string(),
            post.id.to_string(),
            post.slug.to_string(),
            world.product(0).unwrap().id.to_string(),
            world.order(0).unwrap().id.to_string(),
        ],
        [
            "018d041b-17eb-7d9d-a9b8-9dce10884a51",
            "taras.shevchenko.0@seed-1.example",
            "01a191cb-5804-7e27-b1f6-6cadc77a3299",
            "hazimetenoting-notu-shu-guan-1-0",
            "0191ca39-3942-782c-bdac-34951ff1ba6a",
            "019c9d28-e1b9-73b2-8a73-e84c3a7425fd",
        ]
    );
}

#[test]
fn what_makes_a_row_unique_is_unique() {
    let world = world(3, 300);
    let users: Vec<_> = (0..300)
        .map(|number| world.user(number).unwrap().user)
        .collect();
    let posts: Vec<_> = (0..3_000)
        .map(|number| world.post(number).unwrap().post)
        .collect();
    assert_eq!(
        users
            .iter()
            .map(|user| user.id)
            .collect::<BTreeSet<_>>()
            .len(),
        300
    );
    assert_eq!(
        users
            .iter()
            .map(|user| &user.email)
            .collect::<BTreeSet<_>>()
            .len(),
        300
    );
    assert_eq!(
        posts
            .iter()
            .map(|post| post.id)
            .collect::<BTreeSet<_>>()
            .len(),
        3_000
    );
    assert_eq!(
        posts
            .iter()
            .map(|post| &post.slug)
            .collect::<BTreeSet<_>>()
            .len(),
        3_000
    );
    let authors: BTreeSet<_> = users.iter().map(|user| user.id).collect();
    assert!(posts.iter().all(|post| authors.contains(&post.author_id)));
}

#[test]
fn there_is_something_of_everything() {
    let world = world(1, 200);
    let users: Vec<_> = (0..200)
        .map(|number| world.user(number).unwrap().user)
        .collect();
    let posts: Vec<_> = (0..2_000)
        .map(|number| world.post(number).unwrap())
        .collect();
    for (number, role) in [Role::Admin, Role::Moderator, Role::User]
        .into_iter()
        .enumerate()
    {
        let user = users.get(number).unwrap();
        assert!(user.role == role && user.is_active);
    }
    assert!(users.iter().any(|user| !user.is_active));
    assert!(users.iter().any(|user| user.last_login_at.is_none()));
    for status in PostStatus::ALL {
        assert!(
            posts.iter().any(|seed| seed.post.status == status),
            "{status}"
        );
    }
    let months: BTreeSet<_> = posts
        .iter()
        .filter_map(|seed| Some(seed.post.published_at?.format("%Y-%m").to_string()))
        .collect();
    assert!(months.len() >= 24, "{months:?}");
    assert!(posts.iter().any(|seed| seed.post.excerpt.is_some()));
    assert!(posts.iter().any(|seed| seed.post.deleted_at.is_some()));
    assert!(posts.iter().any(|seed| seed.views > 1_000));
    assert!(
        posts
            .iter()
            .any(|seed| seed.content.as_str().chars().count() > 4_000)
    );
    assert!(
        posts
            .iter()
            .any(|seed| !seed.post.title.as_str().is_ascii())
    );
}

#[test]
fn times_are_in_order() {
    let world = world(5, 50);
    for number in 0..1_000 {
        let post = world.post(number).unwrap().post;
        let times = [
            Some(post.created_at),
            post.published_at,
            Some(post.updated_at),
            post.deleted_at,
            Some(end()),
        ];
        let times: Vec<_> = times.into_iter().flatten().collect();
        assert!(times.is_sorted(), "{times:?}");
    }
    let latest = (0..50)
        .map(|number| world.user(number).unwrap().user.created_at)
        .max();
    assert!(latest.unwrap() <= end() - WRITING);
}

fn small_shop() -> World {
    World::new(5, 50, 40, PasswordHash::new("hash".to_owned()))
}

#[test]
fn more_users_and_products_leave_orders_what_they_are_but_for_who_and_what() {
    let larger = World::new(5, 900, 700, PasswordHash::new("hash".to_owned()));
    for number in 0..200 {
        let (order, other) = (
            small_shop().order(number).unwrap(),
            larger.order(number).unwrap(),
        );
        assert_eq!(small_shop().order(number).unwrap(), order);
        assert_eq!(
            (order.id, order.status, order.created_at, order.updated_at),
            (other.id, other.status, other.created_at, other.updated_at)
        );
        assert_eq!(
            small_shop().product(number).unwrap(),
            larger.product(number).unwrap()
        );
    }
}

#[test]
fn there_is_an_order_of_every_kind_and_each_could_have_been_placed() {
    let world = small_shop();
    let products: Vec<_> = (0..40)
        .map(|number| world.product(number).unwrap())
        .collect();
    let users: BTreeSet<_> = (0..50)
        .map(|number| world.user(number).unwrap().user.id)
        .collect();
    let orders: Vec<_> = (0..2_000)
        .map(|number| world.order(number).unwrap())
        .collect();
    for order in &orders {
        assert!(users.contains(&order.user_id));
        for item in &order.items {
            let product = products
                .iter()
                .find(|product| product.id == item.product_id)
                .unwrap();
            assert!(product.is_for_sale() && product.created_at <= order.created_at);
            assert_eq!(product.currency, order.total.currency());
        }
        assert!(order.created_at <= order.updated_at && order.updated_at <= end());
    }
    for status in OrderStatus::ALL {
        assert!(
            orders.iter().any(|order| order.status == status),
            "{status}"
        );
    }
    let lines: BTreeSet<_> = orders.iter().map(|order| order.items.len()).collect();
    assert_eq!(lines, BTreeSet::from([1, 2, 3, 4, 5]));
    let months: BTreeSet<_> = orders
        .iter()
        .map(|order| order.created_at.format("%Y-%m").to_string())
        .collect();
    assert!(months.len() >= 24, "{months:?}");
    let ids: BTreeSet<_> = orders.iter().map(|order| order.id).collect();
    assert_eq!(ids.len(), orders.len());
    assert!(products.iter().any(|product| !product.is_active));
    let euros = products
        .iter()
        .filter(|product| product.currency.as_str() == "EUR")
        .count();
    assert!((20..40).contains(&euros), "{euros}");
}
