//! Names and titles from before the invisible was white space.

use hexpress_domain::entity::Liveness;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{api_token, draft, later, order_record};
use rstest::rstest;

use crate::support::stores;

#[rstest]
#[tokio::test]
async fn names_that_show_nothing_are_read_as_they_were_stored(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let ports = &stores.ports;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let token = api_token(user.id, session.id);
    ports.tokens.insert_api_token(token).await.unwrap();
    let post = stores.post(draft(&user, "On Computing")).await.post.id;
    let product = stores.product(250, 1).await.id;
    let order = stores.order(order_record(user.id, &[(product, 1)])).await;

    let blank = "\u{200b}\u{2800}\u{3164}";
    for column in [
        "users SET first_name",
        "users SET last_name",
        "tokens SET name",
        "posts SET title",
        "posts SET excerpt",
        "products SET name",
        "products SET description",
        "order_items SET name",
    ] {
        let which = if column.starts_with("tokens") {
            "WHERE kind = 'api'"
        } else {
            ""
        };
        let sql = format!("UPDATE {column} = '{blank}' {which}");
        stores.raw.execute(&sql).await;
    }

    let user = ports.users.find(user.id, Liveness::Any).await.unwrap();
    let name = user.unwrap().name;
    assert_eq!((name.first.as_str(), name.last.as_str()), (blank, blank));
    let tokens = ports.tokens.list(session.user_id, later()).await.unwrap();
    let names = tokens.iter().filter_map(|token| token.name.as_ref());
    assert!(names.map(|name| name.as_str()).eq([blank]));
    let post = stores.found(post).await.unwrap();
    assert_eq!(post.post.title.as_str(), blank);
    assert_eq!(post.post.excerpt.unwrap().as_str(), blank);
    assert_eq!(post.author.name.first.as_str(), blank);
    let product = ports.products.find(product).await.unwrap().unwrap();
    assert_eq!(product.name.as_str(), blank);
    assert_eq!(product.description.as_str(), blank);
    let order = ports.orders.find(order.id).await.unwrap().unwrap();
    assert_eq!(order.items[0].name.as_str(), blank);
}
