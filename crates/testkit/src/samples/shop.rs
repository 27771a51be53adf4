use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::id::Id;
use hexpress_domain::order::{
    Idempotency, NewOrder, Order, OrderRecord, OrderStatus, RawNewOrder, RawNewOrderItem,
};
use hexpress_domain::product::{NewProduct, Product, ProductId, ProductRecord, Stock};
use hexpress_domain::repository::Decide;
use hexpress_domain::user::UserId;
use hexpress_domain::validation::Field;

use super::{CountingIds, later, now};

/// A product for sale in euros.
#[must_use]
pub fn product_record(name: &str, price: i64, stock: u64) -> ProductRecord {
    ProductRecord {
        id: Id::generate(&CountingIds),
        product: NewProduct {
            name: name.parse().unwrap(),
            description: "".parse().unwrap(),
            price: price.try_into().unwrap(),
            currency: "EUR".parse().unwrap(),
            stock: Stock::new(stock),
            is_active: true,
        },
        at: now(),
    }
}

/// A decision that edits a product as it stands: one version on, at [`later`].
#[must_use]
pub fn product_edit(edit: impl Fn(&mut Product) + Send + Sync + 'static) -> Decide<Product> {
    Arc::new(move |product: &Product| {
        let mut after = Product {
            version: product.version.next(),
            updated_at: later(),
            ..product.clone()
        };
        edit(&mut after);
        Ok(Some(after))
    })
}

/// The deletion of a product.
#[must_use]
pub fn product_deletion() -> Decide<Product> {
    Arc::new(|product: &Product| Ok(Some(product.deleted(later()))))
}

/// The step of an order to another status, which is refused where there is none.
#[must_use]
pub fn order_step(to: OrderStatus) -> Decide<Order> {
    Arc::new(move |order: &Order| Ok(Some(order.transition(to, later())?)))
}

/// An order of these products and quantities, without a key.
#[must_use]
pub fn order_record(user_id: UserId, items: &[(ProductId, i64)]) -> OrderRecord {
    let item = |&(product_id, quantity): &(ProductId, i64)| {
        Field::Value(RawNewOrderItem {
            product_id: Field::Value(product_id.to_string()),
            quantity: Field::Value(quantity),
        })
    };
    let raw = RawNewOrder {
        items: Field::Value(items.iter().map(item).collect()),
    };
    OrderRecord {
        id: Id::generate(&CountingIds),
        user_id,
        order: NewOrder::parse(raw).unwrap(),
        idempotency: None,
        at: now(),
    }
}

/// The order with a key that is known for a day.
#[must_use]
pub fn with_key(record: OrderRecord, key: &str) -> OrderRecord {
    OrderRecord {
        idempotency: Some(Idempotency {
            key: key.parse().unwrap(),
            expires_at: record.at + TimeDelta::days(1),
        }),
        ..record
    }
}
