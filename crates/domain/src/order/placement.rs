use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Idempotency, NewOrder, Order, OrderItem, OrderStatus};
use crate::entity::Version;
use crate::money::{Money, MoneyError};
use crate::order::OrderId;
use crate::product::{Product, ProductId, Stock};
use crate::user::UserId;

/// An order to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    /// The new order's id.
    pub id: OrderId,
    /// Who places it.
    pub user_id: UserId,
    /// What is ordered.
    pub order: NewOrder,
    /// The client's idempotency key, if it sent one.
    pub idempotency: Option<Idempotency>,
    /// When it is placed.
    pub at: DateTime<Utc>,
}

/// What became of an order that was to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It is placed.
    Placed(Order),
    /// It had been placed before, with the same key; the order as it was then.
    Replayed(Order),
    /// The key was used for another order.
    KeyReused,
    /// It cannot be placed; nothing has changed.
    Refused(PlacementRefusal),
}

/// Why an order cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementRefusal {
    /// The products of these lines, counted from 0, are unknown or not for sale.
    NotForSale(Vec<usize>),
    /// The lines have no sum.
    Total(MoneyError),
    /// Of some products there are fewer pieces than are ordered.
    Short(Vec<Shortage>),
}

/// A line of which more is ordered than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// Which line, counted from 0.
    pub item: usize,
    /// How many pieces there are.
    pub available: Stock,
}

impl OrderRecord {
    /// The order that this becomes with the products as they are at the moment, which
    /// have the prices; whoever calls takes the pieces.
    ///
    /// # Errors
    ///
    /// [`PlacementRefusal`], with all lines at fault.
    pub fn fill(&self, products: Vec<Product>) -> Result<Order, PlacementRefusal> {
        let mut for_sale: HashMap<ProductId, Product> = products
            .into_iter()
            .filter(Product::is_for_sale)
            .map(|product| (product.id, product))
            .collect();
        let mut lines = Vec::new();
        let mut missing = Vec::new();
        let mut shortages = Vec::new();
        for (index, item) in self.order.items().iter().enumerate() {
            let Some(product) = for_sale.remove(&item.product_id) else {
                missing.push(index);
                continue;
            };
            if product.stock.get() < u64::from(item.quantity.get()) {
                shortages.push(Shortage {
                    item: index,
                    available: product.stock,
                });
            }
            let line = OrderItem {
                product_id: product.id,
                name: product.name,
                quantity: item.quantity,
                unit_price: product.price,
            };
            lines.push((line.total(product.currency), line));
        }
        if !missing.is_empty() {
            return Err(PlacementRefusal::NotForSale(missing));
        }
        let total =
            total(lines.iter().map(|(total, _)| *total)).map_err(PlacementRefusal::Total)?;
        // Where no line is missing there is one, and so a total.
        let total = total.ok_or(PlacementRefusal::NotForSale(Vec::new()))?;
        if !shortages.is_empty() {
            return Err(PlacementRefusal::Short(shortages));
        }
        Ok(Order {
            id: self.id,
            user_id: self.user_id,
            status: OrderStatus::Pending,
            items: lines.into_iter().map(|(_, line)| line).collect(),
            total,
            version: Version::FIRST,
            created_at: self.at,
            updated_at: self.at,
        })
    }
}

fn total(mut lines: impl Iterator<Item = Money>) -> Result<Option<Money>, MoneyError> {
    let Some(first) = lines.next() else {
        return Ok(None);
    };
    lines.try_fold(first, Money::plus).map(Some)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::money::Price;
    use crate::order::{RawNewOrder, RawNewOrderItem};
    use crate::product::Description;
    use crate::validation::Field;

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn product(number: u128, price: i64, stock: u64) -> Product {
        Product {
            id: ProductId::new(Uuid::from_u128(number)),
            name: format!("Product {number}").parse().unwrap(),
            description: Description::default(),
            price: Price::try_from(price).unwrap(),
            currency: "EUR".parse().unwrap(),
            stock: Stock::new(stock),
            is_active: true,
            version: Version::FIRST,
            created_at: at(),
            updated_at: at(),
            deleted_at: None,
        }
    }

    fn record(items: &[(u128, i64)]) -> OrderRecord {
        let item = |(product, quantity): &(u128, i64)| {
            Field::Value(RawNewOrderItem {
                product_id: Field::Value(Uuid::from_u128(*product).to_string()),
                quantity: Field::Value(*quantity),
            })
        };
        let raw = RawNewOrder {
            items: Field::Value(items.iter().map(item).collect()),
        };
        OrderRecord {
            id: OrderId::new(Uuid::from_u128(1)),
            user_id: UserId::new(Uuid::from_u128(2)),
            order: NewOrder::parse(raw).unwrap(),
            idempotency: None,
            at: at(),
        }
    }

    #[test]
    fn prices_are_the_products_own_and_lines_keep_their_order() {
        let products = vec![product(1, 250, 10), product(2, 0, 1), product(3, 7, 7)];
        let order = record(&[(3, 7), (1, 2)]).fill(products).unwrap();
        assert_eq!(order.total.cents(), 7 * 7 + 2 * 250);
        let names: Vec<_> = order.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["Product 3", "Product 1"]);
        assert_eq!(order.status, OrderStatus::Pending);
        assert_eq!(order.clone().as_placed(), order);
    }

    #[test]
    fn what_is_not_for_sale_comes_before_what_is_short() {
        let hidden = Product {
            is_active: false,
            ..product(2, 1, 1)
        };
        let deleted = Product {
            deleted_at: Some(at()),
            ..product(3, 1, 1)
        };
        let items = [(1, 5), (2, 1), (3, 1), (4, 1)];
        let refusal = record(&items).fill(vec![product(1, 1, 4), hidden, deleted]);
        assert_eq!(refusal, Err(PlacementRefusal::NotForSale(vec![1, 2, 3])));
    }

    #[test]
    fn every_line_that_is_short_is_named() {
        let products = vec![product(1, 1, 0), product(2, 1, 9), product(3, 1, 2)];
        let refusal = record(&[(1, 1), (2, 9), (3, 3)]).fill(products);
        let short = |item, available| Shortage {
            item,
            available: Stock::new(available),
        };
        assert_eq!(
            refusal,
            Err(PlacementRefusal::Short(vec![short(0, 0), short(2, 2)]))
        );
    }

    #[test]
    fn lines_without_a_sum_are_refused() {
        let yen = Product {
            currency: "JPY".parse().unwrap(),
            ..product(2, 1, 9)
        };
        assert_eq!(
            record(&[(1, 1), (2, 1)]).fill(vec![product(1, 1, 9), yen]),
            Err(PlacementRefusal::Total(MoneyError::MixedCurrencies))
        );
        let dear: Vec<_> = (0..10)
            .map(|n| product(n, 1_000_000_000, 1_000_000))
            .collect();
        let items: Vec<_> = (0..10).map(|n| (n, 1_000_000)).collect();
        assert_eq!(
            record(&items).fill(dear),
            Err(PlacementRefusal::Total(MoneyError::TooMuch))
        );
    }

    #[test]
    fn an_order_comes_back_as_it_was_placed() {
        let placed = record(&[(1, 1)]).fill(vec![product(1, 5, 1)]).unwrap();
        let paid = Order {
            status: OrderStatus::Paid,
            version: Version::new(2),
            updated_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            ..placed.clone()
        };
        assert_eq!(paid.as_placed(), placed);
    }

    #[test]
    fn steps_follow_the_machine() {
        let order = record(&[(1, 1)]).fill(vec![product(1, 5, 1)]).unwrap();
        let paid = order.transition(OrderStatus::Paid, at()).unwrap();
        assert_eq!(paid.status, OrderStatus::Paid);
        assert_eq!(paid.version, order.version.next());
        let error = order.transition(OrderStatus::Fulfilled, at()).unwrap_err();
        assert_eq!(error.to_string(), "A pending order cannot become fulfilled");
    }

    proptest! {
        #[test]
        fn a_total_is_the_sum_of_its_lines(
            lines in prop::collection::vec((0..=1_000_000_000_i64, 1..=1_000_000_i64), 1..=100)
        ) {
            let numbered = || (0_u128..).zip(&lines);
            let products = numbered().map(|(n, (price, pieces))| {
                product(n, *price, (*pieces).try_into().unwrap())
            });
            let items: Vec<_> = numbered().map(|(n, (_, pieces))| (n, *pieces)).collect();
            let exact: i64 = lines.iter().map(|(price, pieces)| price * pieces).sum();
            let order = record(&items).fill(products.collect());
            let total = order.as_ref().map(|order| i64::try_from(order.total.cents()).unwrap());
            if exact <= 9_007_199_254_740_991 {
                prop_assert_eq!(total, Ok(exact));
            } else {
                prop_assert_eq!(total, Err(&PlacementRefusal::Total(MoneyError::TooMuch)));
            }
        }
    }
}
