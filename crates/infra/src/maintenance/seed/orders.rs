//! Orders, with all that they have done to stock.

use std::collections::HashMap;

use diesel_async::RunQueryDsl;
use hexpress_database::sql::StoredId;
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::order::{Order, OrderStatus};
use hexpress_domain::product::{Product, ProductId, StockChangeError};
use hexpress_domain::repository::RepositoryError;

use super::insert::{insert, only};
use super::rows;
use crate::maintenance::bulk::{Kind, Value, placeholders};
use crate::product::lock_products;
use crate::schema::{ORDER_ITEMS, ORDERS, STOCK_MOVEMENTS};

pub(super) async fn add(connection: &mut Connection, batch: &[Order]) -> Result<usize, Failure> {
    let added = insert(connection, ORDERS, batch.iter().map(rows::order).collect()).await?;
    // What those that were there hold, they have taken already.
    let new = only(batch, &added, |order| order.id);
    if new.is_empty() {
        return Ok(0);
    }
    let items = new.iter().copied().flat_map(rows::items).collect();
    insert(connection, ORDER_ITEMS, items).await?;
    look_at_stock(connection, &new).await?;
    let movements = new.iter().copied().flat_map(rows::movements).collect();
    insert(connection, STOCK_MOVEMENTS, movements).await?;
    move_stock(connection, &new).await?;
    Ok(added.len())
}

/// Holds the products that the orders take from, and refuses where an admin has left too
/// few of one.
async fn look_at_stock(connection: &mut Connection, orders: &[&Order]) -> Result<(), Failure> {
    let mut taken: HashMap<ProductId, u64> = HashMap::new();
    for order in orders {
        let is_cancelled = order.status == OrderStatus::Cancelled;
        for item in &order.items {
            let pieces = u64::from(item.quantity.get());
            *taken.entry(item.product_id).or_default() += if is_cancelled { 0 } else { pieces };
        }
    }
    let ids: Vec<StoredId> = taken.keys().map(|id| (*id).into()).collect();
    let held = lock_products(connection, &ids).await?;
    for row in held {
        let product = Product::try_from(row)?;
        let available = product.stock;
        if taken.get(&product.id) > Some(&available.get()) {
            let refusal = StockChangeError::Short { available };
            return Err(RepositoryError::Refused(refusal.into()).into());
        }
    }
    Ok(())
}

/// Moves stock by what the ledger says of these orders.
async fn move_stock(connection: &mut Connection, orders: &[&Order]) -> Result<(), Failure> {
    let ids: Vec<Value> = orders.iter().map(|order| order.id.into()).collect();
    // Summed once for all products: Diesel only knows a sum for each.
    let sql = format!(
        "UPDATE products SET stock = stock + moved.pieces
         FROM (
             SELECT product_id, CAST(sum(delta) AS bigint) AS pieces FROM stock_movements
             WHERE order_id IN ({}) GROUP BY product_id
         ) AS moved
         WHERE products.id = moved.product_id",
        placeholders(ids.len())
    );
    on_backend!(connection, |c, dialect in crate::maintenance::bulk| {
        let mut query = diesel::sql_query(sql).into_boxed::<dialect::Backend>();
        for id in &ids {
            query = dialect::bind(query, Kind::Id, id);
        }
        query.execute(c).await?;
    });
    Ok(())
}
