//! What is sold, and who has bought it.

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use hexpress_domain::entity::Version;
use hexpress_domain::money::Price;
use hexpress_domain::order::{
    NewOrder, Order, OrderId, OrderRecord, OrderStatus, RawNewOrder, RawNewOrderItem,
};
use hexpress_domain::product::{Product, ProductId, Stock};
use hexpress_domain::validation::Field;

use super::{Fault, Kind, STORY, WRITING, World, between, end, uuid_at};
use crate::cli::Seed;
use crate::command::seed::goods;
use crate::command::seed::prose::weighted;

/// Products in each currency, out of a hundred.
const CURRENCIES: [(&str, u32); 5] = [("EUR", 80), ("USD", 8), ("GBP", 6), ("CHF", 3), ("JPY", 3)];

/// What prices end in, in minor units.
const PRICE_ENDINGS: [u32; 4] = [0, 50, 90, 99];

/// Orders of each status, out of a hundred.
const STATUSES: [(OrderStatus, u32); 4] = [
    (OrderStatus::Pending, 6),
    (OrderStatus::Paid, 12),
    (OrderStatus::Fulfilled, 70),
    (OrderStatus::Cancelled, 12),
];

/// How many lines an order has, out of a hundred.
const LINES: [(usize, u32); 5] = [(1, 45), (2, 25), (3, 15), (4, 10), (5, 5)];

/// How many pieces a line has, out of a hundred.
const PIECES: [(i64, u32); 3] = [(1, 75), (2, 18), (3, 7)];
const MOST_PIECES: u64 = 3;

/// What a product begins with at least: more than all orders together can take, so
/// that it need not depend on how many there will be.
const STOCK: u64 = Seed::MAX_ORDERS * MOST_PIECES;

/// How many products are looked at for each line: some are not for sale, or priced in
/// another currency.
const LOOKS: usize = 4;

/// How long each step of an order takes at most.
const STEP: TimeDelta = TimeDelta::days(5);

impl World {
    /// The product of this number, from 0. The first is for sale, in euros.
    pub fn product(&self, number: u64) -> Result<Product, Fault> {
        let mut rng = self.rng(Kind::Product, number);
        // Before anybody begins to buy.
        let created_at = between(&mut rng, end() - STORY, end() - WRITING);
        let id = ProductId::new(uuid_at(&mut rng, created_at));
        let ware = goods::ware(&mut rng);
        let drawn = weighted(&mut rng, CURRENCIES.into_iter()).unwrap_or("EUR");
        let currency = if number == 0 { "EUR" } else { drawn };
        let price = price(&mut rng, ware.lowest_price, currency)?;
        let stock = Stock::new(STOCK + rng.u64(..1_000));
        let is_active = rng.u8(..100) < 92 || number == 0;
        let withdrawn_at = between(&mut rng, created_at, end());
        Ok(Product {
            id,
            name: ware.name.parse()?,
            description: ware.description.parse()?,
            price,
            currency: currency.parse()?,
            stock,
            is_active,
            version: Version::new(if is_active { 1 } else { 2 }),
            created_at,
            updated_at: if is_active { created_at } else { withdrawn_at },
            deleted_at: None,
        })
    }

    /// The order of this number, from 0, as it has become in the end.
    pub fn order(&self, number: u64) -> Result<Order, Fault> {
        let mut rng = self.rng(Kind::Order, number);
        let status = weighted(&mut rng, STATUSES.into_iter()).unwrap_or_default();
        // What is still open is not old.
        let age = match status {
            OrderStatus::Pending => TimeDelta::days(14),
            OrderStatus::Paid => TimeDelta::days(30),
            OrderStatus::Fulfilled | OrderStatus::Cancelled => WRITING,
        };
        let created_at = between(&mut rng, end() - age, end());
        let id = OrderId::new(uuid_at(&mut rng, created_at));
        let steps = steps(&mut rng, status, created_at);
        let buyer = rng.u64(..self.users).min(rng.u64(..self.users));
        let products = self.basket(&mut rng)?;
        let items = products.iter().map(|product| {
            Field::Value(RawNewOrderItem {
                product_id: Field::Value(product.id.to_string()),
                quantity: Field::Value(weighted(&mut rng, PIECES.into_iter()).unwrap_or(1)),
            })
        });
        let record = OrderRecord {
            id,
            user_id: self.user(buyer)?.user.id,
            order: NewOrder::parse(RawNewOrder {
                items: Field::Value(items.collect()),
            })?,
            idempotency: None,
            at: created_at,
        };
        let placed = record
            .fill(products)
            .map_err(|refusal| format!("{refusal:?}"))?;
        steps
            .into_iter()
            .try_fold(placed, |order, (to, at)| Ok(order.transition(to, at)?))
    }

    /// Products that are for sale in one currency, each once. Some sell better than
    /// others.
    fn basket(&self, rng: &mut Rng) -> Result<Vec<Product>, Fault> {
        let lines = weighted(rng, LINES.into_iter()).unwrap_or(1);
        let mut basket: Vec<Product> = Vec::with_capacity(lines);
        for _ in 0..lines * LOOKS {
            let number = rng.u64(..self.products).min(rng.u64(..self.products));
            let product = self.product(number)?;
            let fits = basket
                .iter()
                .all(|other| other.currency == product.currency && other.id != product.id);
            if product.is_for_sale() && fits {
                basket.push(product);
            }
            if basket.len() == lines {
                break;
            }
        }
        if basket.is_empty() {
            basket.push(self.product(0)?);
        }
        Ok(basket)
    }
}

/// Between the lowest price of its kind and twice that, with an ending of its own.
fn price(rng: &mut Rng, lowest: u32, currency: &str) -> Result<Price, Fault> {
    let hundreds = rng.u32(lowest..lowest * 2) / 100 * 100;
    // The yen has no smaller unit.
    let ending = match currency {
        "JPY" => 0,
        _ => rng.choice(PRICE_ENDINGS).unwrap_or_default(),
    };
    Ok(Price::try_from(i64::from(hundreds + ending))?)
}

/// The way of an order to its status, with the times.
fn steps(
    rng: &mut Rng,
    status: OrderStatus,
    created_at: DateTime<Utc>,
) -> Vec<(OrderStatus, DateTime<Utc>)> {
    use OrderStatus::{Cancelled, Fulfilled, Paid, Pending};

    let was_paid = rng.bool();
    let way: &[OrderStatus] = match status {
        Pending => &[],
        Paid => &[Paid],
        Fulfilled => &[Paid, Fulfilled],
        Cancelled if was_paid => &[Paid, Cancelled],
        Cancelled => &[Cancelled],
    };
    let mut last = created_at;
    way.iter()
        .map(|status| {
            last = between(rng, last, (last + STEP).min(end()));
            (*status, last)
        })
        .collect()
}
