use chrono::TimeDelta;
use hexpress_domain::entity::Version;
use hexpress_domain::money::MoneyError;
use hexpress_domain::order::{
    Order, OrderId, OrderItem, OrderRecord, OrderStatus, Placement, PlacementRefusal, Shortage,
};
use hexpress_domain::product::{NewProduct, Product, ProductRecord};
use hexpress_domain::product::{ProductId, Stock};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::UserId;

use super::Shop;
use crate::samples::{
    is_refused, later, nothing, now, order_record, order_step, product_deletion, product_edit,
    product_record, unknown, user_deletion, with_key,
};

async fn step(stores: &Shop, order: &Order, to: OrderStatus) -> Result<Order, RepositoryError> {
    stores.orders.change(order.id, order_step(to)).await
}

pub(super) async fn what_is_placed_is_found_with_prices_of_its_own(stores: &Shop) {
    let user = stores.user().await;
    let cheap = stores.product(3, 10).await;
    let dear = stores.product(1_000, 2).await;
    let record = order_record(user.id, &[(dear.id, 2), (cheap.id, 7)]);
    let order = stores.order(record.clone()).await;
    let item = |product: &Product, quantity: i64| OrderItem {
        product_id: product.id,
        name: product.name.clone(),
        quantity: quantity.try_into().unwrap(),
        unit_price: product.price,
    };
    assert_eq!(
        order,
        Order {
            id: record.id,
            user_id: user.id,
            status: OrderStatus::Pending,
            items: vec![item(&dear, 2), item(&cheap, 7)],
            total: order.total,
            version: Version::FIRST,
            created_at: now(),
            updated_at: now(),
        }
    );
    assert_eq!(order.total.cents(), 2_021);
    assert_eq!(stores.stock_of(&cheap).await, 3);
    assert_eq!(stores.stock_of(&dear).await, 0);

    let edit = product_edit(|product| {
        product.name = "Dearer".parse().unwrap();
        product.price = 2_000.try_into().unwrap();
        product.currency = "USD".parse().unwrap();
    });
    stores.products.change(dear.id, edit).await.unwrap();
    let deletion = stores.products.change(dear.id, product_deletion());
    deletion.await.unwrap();
    assert_eq!(stores.orders.find(order.id).await.unwrap(), Some(order));
    let unknown = OrderId::new(unknown());
    assert_eq!(stores.orders.find(unknown).await.unwrap(), None);
}

pub(super) async fn a_hundred_lines_are_one_order(stores: &Shop) {
    let user = stores.user().await;
    let mut items = Vec::new();
    for number in 1..=100 {
        items.push((stores.product(number, 1_000_000).await.id, number));
    }
    items.reverse();
    let order = stores.order(order_record(user.id, &items)).await;
    let ordered: Vec<_> = order
        .items
        .iter()
        .map(|item| (item.product_id, i64::from(item.quantity)))
        .collect();
    assert_eq!(ordered, items);
    assert_eq!(stores.orders.find(order.id).await.unwrap(), Some(order));
}

pub(super) async fn one_bad_line_leaves_all_as_it_was(stores: &Shop) {
    let user = stores.user().await;
    let good = stores.product(5, 10).await;
    let scarce = stores.product(5, 2).await;
    let insert = async |product| {
        let record = ProductRecord {
            product,
            ..product_record("Engine", 0, 0)
        };
        stores.products.insert(record).await.unwrap()
    };
    let new = || product_record("Engine", 1_000_000_000, 1_000_000).product;
    let inactive = insert(NewProduct {
        is_active: false,
        ..new()
    })
    .await;
    let foreign = insert(NewProduct {
        currency: "JPY".parse().unwrap(),
        ..new()
    })
    .await;
    let mut dear = Vec::new();
    for _ in 0..10 {
        dear.push((insert(new()).await.id, 1_000_000));
    }
    let deleted = insert(new()).await;
    let deletion = stores.products.change(deleted.id, product_deletion());
    deletion.await.unwrap();
    let unknown = ProductId::new(unknown());
    let before = stores.snapshot().await;

    let short = |item, available| Shortage {
        item,
        available: Stock::new(available),
    };
    for (items, refusal) in [
        (
            vec![(good.id, 1), (unknown, 1)],
            PlacementRefusal::NotForSale(vec![1]),
        ),
        (
            vec![(inactive.id, 1), (good.id, 1), (deleted.id, 1)],
            PlacementRefusal::NotForSale(vec![0, 2]),
        ),
        (
            vec![(good.id, 1), (foreign.id, 1)],
            PlacementRefusal::Total(MoneyError::MixedCurrencies),
        ),
        (dear, PlacementRefusal::Total(MoneyError::TooMuch)),
        (
            vec![(good.id, 1), (scarce.id, 3)],
            PlacementRefusal::Short(vec![short(1, 2)]),
        ),
        (
            vec![(good.id, 11), (scarce.id, 1_000_000)],
            PlacementRefusal::Short(vec![short(0, 10), short(1, 2)]),
        ),
    ] {
        for record in [
            order_record(user.id, &items),
            with_key(order_record(user.id, &items), "key"),
        ] {
            let placement = stores.orders.place(record).await.unwrap();
            assert_eq!(placement, Placement::Refused(refusal.clone()));
            assert_eq!(stores.snapshot().await, before);
        }
    }
    // A key that came with a refusal may be used again.
    let record = with_key(order_record(user.id, &[(good.id, 1)]), "key");
    stores.order(record).await;
}

pub(super) async fn an_order_moves_along_and_a_cancelled_one_gives_back(stores: &Shop) {
    use OrderStatus::{Cancelled, Fulfilled, Paid};

    let user = stores.user().await;
    let product = stores.product(5, 10).await;
    for (path, left) in [
        (&[Cancelled][..], 10),
        (&[Paid, Cancelled], 10),
        (&[Paid, Fulfilled], 7),
    ] {
        let record = order_record(user.id, &[(product.id, 3)]);
        let mut order = stores.order(record).await;
        let placed = order.clone();
        for to in path {
            let version = order.version;
            order = step(stores, &order, *to).await.unwrap();
            assert_eq!((order.status, order.updated_at), (*to, later()));
            assert_eq!(order.version.get(), version.get() + 1);
        }
        assert_eq!(
            stores.orders.find(order.id).await.unwrap(),
            Some(order.clone())
        );
        assert_eq!(order.as_placed(), placed);
        assert_eq!(stores.stock_of(&product).await, left);
    }
}

pub(super) async fn a_step_that_is_refused_or_none_leaves_all_as_it_was(stores: &Shop) {
    let user = stores.user().await;
    let product = stores.product(5, 10).await;
    let order = stores
        .order(order_record(user.id, &[(product.id, 3)]))
        .await;
    let unknown = stores.orders.change(OrderId::new(unknown()), nothing());
    assert!(matches!(unknown.await, Err(RepositoryError::NotFound)));
    let unchanged = stores.orders.change(order.id, nothing()).await.unwrap();
    assert_eq!(unchanged, order);

    let cancelled = step(stores, &order, OrderStatus::Cancelled).await.unwrap();
    for to in [OrderStatus::Cancelled, OrderStatus::Paid] {
        let refused = step(stores, &order, to).await;
        assert!(is_refused(&refused), "{refused:?}");
    }
    let unchanged = stores.orders.change(order.id, nothing()).await.unwrap();
    assert_eq!(unchanged, cancelled);
    assert_eq!(stores.stock_of(&product).await, 10);
}

pub(super) async fn overdue_orders_are_cancelled_and_others_stay(stores: &Shop) {
    let user = stores.user().await;
    let products = [
        stores.product(5, 1_000).await,
        stores.product(5, 1_000).await,
    ];
    let place = async |seconds| {
        let items = [(products[0].id, 1), (products[1].id, 2)];
        let record = OrderRecord {
            at: now() + TimeDelta::seconds(seconds),
            ..order_record(user.id, &items)
        };
        stores.order(record).await
    };
    // More than one batch.
    let mut overdue = None;
    for _ in 0..45 {
        overdue = Some(place(0).await.id);
    }
    let paid = place(0).await;
    step(stores, &paid, OrderStatus::Paid).await.unwrap();
    let due_later = place(11).await;
    let until = now() + TimeDelta::seconds(10);
    assert_eq!(
        stores.orders.cancel_overdue(until, later()).await.unwrap(),
        45
    );
    assert_eq!(
        stores.orders.cancel_overdue(until, later()).await.unwrap(),
        0
    );

    let status = async |order: &Order| {
        let found = stores.orders.find(order.id).await.unwrap();
        found.unwrap().status
    };
    assert_eq!(status(&paid).await, OrderStatus::Paid);
    assert_eq!(status(&due_later).await, OrderStatus::Pending);
    assert_eq!(stores.stock_of(&products[0]).await, 998);
    assert_eq!(stores.stock_of(&products[1]).await, 996);
    let cancelled = stores.orders.find(overdue.unwrap()).await.unwrap();
    let cancelled = cancelled.unwrap();
    assert_eq!(cancelled.status, OrderStatus::Cancelled);
    assert_eq!(
        (cancelled.version.get(), cancelled.updated_at),
        (2, later())
    );
}

pub(super) async fn the_orders_of_a_deleted_user_stay(stores: &Shop) {
    let user = stores.user().await;
    let product = stores.product(5, 10).await;
    let order = stores
        .order(order_record(user.id, &[(product.id, 3)]))
        .await;
    let deletion = stores.users.change(user.id, user_deletion());
    deletion.await.unwrap();
    assert_eq!(stores.orders.find(order.id).await.unwrap(), Some(order));
}

pub(super) async fn nobody_places_no_order(stores: &Shop) {
    let engine = stores.product(1_999, 5).await;
    let before = stores.snapshot().await;
    let record = order_record(UserId::new(unknown()), &[(engine.id, 1)]);
    for record in [record.clone(), with_key(record, "key")] {
        let placed = stores.orders.place(record).await;
        assert!(matches!(placed, Err(RepositoryError::MissingReference)));
    }
    assert_eq!(stores.snapshot().await, before);
}
