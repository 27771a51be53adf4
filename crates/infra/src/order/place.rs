use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Condition, Prepared, StoredId};
use hexpress_database::{Connection, Corrupt, Failure, on_backend, pipelined};
use hexpress_domain::order::{Order, OrderRecord, Placement};
use hexpress_domain::product::Product;

use super::rows::{OrderItemRow, OrderRow};
use super::{keys, stock};
use crate::product::{Cause, ProductRow};
use crate::schema::{orders, products};

/// A product changed between the moments in which an order read it and took from it.
#[derive(Debug, thiserror::Error)]
#[error("a product of the order has changed meanwhile")]
struct ProductChanged;

/// Whoever waits here waits for whoever is further on, never the other way round: a key
/// comes before products, and products come in the order of their ids.
pub(super) async fn place(
    connection: &mut Connection,
    record: &OrderRecord,
) -> Result<Placement, Failure> {
    if let Some(idempotency) = &record.idempotency
        && let Some(known) = keys::claim(connection, record, idempotency).await?
    {
        return Ok(known);
    }
    let items = record.order.items().iter();
    let ids: Vec<StoredId> = items.map(|item| item.product_id.into()).collect();
    let seen = read(connection, &ids).await?;
    let order = match record.fill(valid(seen)?) {
        Ok(order) => order,
        Err(refusal) => return Ok(Placement::Refused(refusal)),
    };
    let Taken {
        mut products,
        lacking,
    } = store(connection, &order).await?;
    if !lacking.is_empty() {
        products.extend(read(connection, &lacking).await?);
    }
    match record.fill(valid(products)?) {
        Ok(true_order) if lacking.is_empty() && true_order == order => Ok(Placement::Placed(order)),
        Ok(_) => Err(Failure::Contention(ProductChanged.into())),
        Err(refusal) => Ok(Placement::Refused(refusal)),
    }
}

/// The products of these ids, as they are at the moment.
async fn read(connection: &mut Connection, ids: &[StoredId]) -> Result<Vec<ProductRow>, Failure> {
    Ok(on_backend!(connection, |c| {
        let products = products::table
            .filter(Condition::one_of("products.id", ids))
            .select(ProductRow::as_select());
        Prepared(products).load(c).await?
    }))
}

fn valid(products: Vec<ProductRow>) -> Result<Vec<Product>, Corrupt> {
    products.into_iter().map(Product::try_from).collect()
}

/// What became of the pieces of an order.
struct Taken {
    /// The products that had enough, as they were before.
    products: Vec<ProductRow>,
    /// Those that had not, or are gone.
    lacking: Vec<StoredId>,
}

/// Stores an order, takes its pieces where they are there, and writes that down, all in
/// one trip: from the first piece on others wait for this one's end.
async fn store(connection: &mut Connection, order: &Order) -> Result<Taken, Failure> {
    let id = StoredId::from(order.id);
    let mut pieces: Vec<(StoredId, i64)> = order
        .items
        .iter()
        .map(|item| (item.product_id.into(), item.quantity.get().into()))
        .collect();
    // Whoever takes from several products takes in this order.
    pieces.sort_unstable_by_key(|(product, _)| product.0);
    let (stored, rows, listed, recorded) = pipelined!(
        connection,
        |c, dialect in crate::dialect| {
            let insert = diesel::insert_into(orders::table).values(OrderRow::of(order));
            Prepared(insert).execute(c)
        },
        // Before the lines, each of which would share in its product: PostgreSQL writes
        // down who all do when one of them takes it.
        dialect::take_pieces(c, &pieces),
        dialect::insert_order_items(c, OrderItemRow::of(order)),
        stock::record(&[id], Cause::Ordered, order.created_at).execute(c),
    );
    stored?;
    let mut taken = Taken {
        products: Vec::new(),
        lacking: Vec::new(),
    };
    for ((product, pieces), row) in pieces.into_iter().zip(rows?) {
        match row {
            Some(row) => taken.products.push(row.before(pieces)),
            None => taken.lacking.push(product),
        }
    }
    // The line of a product that has been purged has nothing to refer to.
    if listed.is_err() && !taken.lacking.is_empty() {
        return Err(Failure::Contention(ProductChanged.into()));
    }
    listed?;
    recorded?;
    Ok(taken)
}
