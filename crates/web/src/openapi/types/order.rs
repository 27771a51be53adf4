use std::marker::PhantomData;

use hexpress_domain::{money, order};
use serde_json::json;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::{integer, one_of};

field_types! {
    OrderStatus => one_of(order::OrderStatus::ALL.map(order::OrderStatus::as_str));
    /// How many pieces.
    Quantity => integer()
        .minimum(Some(1))
        .maximum(Some(order::Quantity::MAX))
        .examples([json!(2)]);
    /// What several pieces cost.
    Money => integer()
        .minimum(Some(0))
        .maximum(Some(money::Money::MAX))
        .description(Some("In minor units of the currency"))
        .examples([json!(3998)]);
}

/// The lines of an order, with their bounds.
pub(crate) struct Lines<T>(PhantomData<T>);

impl<T: ToSchema> ToSchema for Lines<T> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T: ToSchema> PartialSchema for Lines<T> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .min_items(Some(1))
            .max_items(Some(order::NewOrder::MAX_ITEMS))
            .into()
    }
}
