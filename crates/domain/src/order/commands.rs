use std::collections::HashSet;

use super::Quantity;
use crate::id::IdError;
use crate::product::ProductId;
use crate::text::trim;
use crate::validation::{Field, ValidationErrors};

/// The fields of a new order as they arrived.
#[derive(Debug, Default)]
pub struct RawNewOrder {
    /// What is ordered.
    pub items: Field<Vec<Field<RawNewOrderItem>>>,
}

/// The fields of a line of a new order as they arrived.
#[derive(Debug, Default)]
pub struct RawNewOrderItem {
    /// Which product.
    pub product_id: Field<String>,
    /// How many pieces.
    pub quantity: Field<i64>,
}

/// A valid new order: 1 to 100 lines, each product once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    items: Vec<NewOrderItem>,
}

/// A line of a new order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOrderItem {
    /// Which product.
    pub product_id: ProductId,
    /// How many pieces.
    pub quantity: Quantity,
}

/// Why lines are no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum ItemsError {
    #[error("Items must hold between 1 and {} lines", NewOrder::MAX_ITEMS)]
    Count,
    #[error("Each product may be ordered in one line only")]
    Repeated,
}

impl NewOrder {
    /// The most lines of an order.
    pub const MAX_ITEMS: usize = 100;

    /// An order of these lines.
    ///
    /// ```
    /// use hexpress_domain::order::{NewOrder, NewOrderItem};
    ///
    /// # fn order() -> Result<(), Box<dyn std::error::Error>> {
    /// let line = NewOrderItem {
    ///     product_id: "0192d3a4-5b6c-7d8e-9f01-23456789abcd".parse()?,
    ///     quantity: 2.try_into()?,
    /// };
    /// assert_eq!(NewOrder::new(vec![line])?.items(), [line]);
    /// let twice = NewOrder::new(vec![line, line]).unwrap_err();
    /// assert_eq!(twice.as_slice()[0].field, "items[1].productId");
    /// # Ok(())
    /// # }
    /// # order().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The fault of `items` where there are too few or too many, or those of the lines
    /// that name a product once more.
    pub fn new(items: Vec<NewOrderItem>) -> Result<Self, ValidationErrors> {
        if !(1..=Self::MAX_ITEMS).contains(&items.len()) {
            return Err(ValidationErrors::of("items", ItemsError::Count));
        }
        let mut errors = ValidationErrors::new();
        let mut known = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            if !known.insert(item.product_id) {
                errors.add(format!("items[{index}].productId"), ItemsError::Repeated);
            }
        }
        errors.finish(|| Some(Self { items }))
    }

    /// Reads a new order.
    ///
    /// # Errors
    ///
    /// All faults of all fields of all lines, as `items[1].quantity`; or, where there
    /// are too many lines, that alone.
    pub fn parse(raw: RawNewOrder) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let raw = errors.required_with("items", raw.items, "Items are required", |items| {
            if (1..=Self::MAX_ITEMS).contains(&items.len()) {
                Ok(items)
            } else {
                Err(ItemsError::Count)
            }
        });
        let mut known = HashSet::new();
        let mut items = Vec::new();
        for (index, raw) in raw.unwrap_or_default().into_iter().enumerate() {
            let name = format!("items[{index}]");
            let raw = errors.required(&name, raw, "Item is required");
            items.extend(raw.and_then(|raw| parse_item(&mut errors, &name, raw, &mut known)));
        }
        errors.finish(|| Some(Self { items }))
    }

    /// The lines, in the order sent.
    #[must_use]
    pub fn items(&self) -> &[NewOrderItem] {
        &self.items
    }
}

fn parse_item(
    errors: &mut ValidationErrors,
    name: &str,
    raw: RawNewOrderItem,
    known: &mut HashSet<ProductId>,
) -> Option<NewOrderItem> {
    let product_id = errors.required_with(
        &format!("{name}.productId"),
        raw.product_id,
        "Product is required",
        |text| {
            let id: ProductId = trim(&text)
                .parse()
                .map_err(|error: IdError| error.to_string())?;
            match known.insert(id) {
                true => Ok(id),
                false => Err(ItemsError::Repeated.to_string()),
            }
        },
    );
    let quantity = errors.required(
        &format!("{name}.quantity"),
        raw.quantity,
        "Quantity is required",
    );
    let (product_id, quantity) = product_id.zip(quantity)?;
    Some(NewOrderItem {
        product_id,
        quantity,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn item(product: u128, quantity: i64) -> Field<RawNewOrderItem> {
        Field::Value(RawNewOrderItem {
            product_id: Field::Value(Uuid::from_u128(product).to_string()),
            quantity: Field::Value(quantity),
        })
    }

    fn parse(items: Vec<Field<RawNewOrderItem>>) -> Result<NewOrder, ValidationErrors> {
        NewOrder::parse(RawNewOrder {
            items: Field::Value(items),
        })
    }

    fn faults(items: Vec<Field<RawNewOrderItem>>) -> Vec<(String, String)> {
        let errors = parse(items).unwrap_err();
        let faults = errors.as_slice().iter();
        faults
            .map(|fault| (fault.field.clone(), fault.message.clone()))
            .collect()
    }

    fn fault(field: &str, message: &str) -> (String, String) {
        (field.to_owned(), message.to_owned())
    }

    #[test]
    fn lines_keep_their_order() {
        let order = parse(vec![item(2, 1), item(1, 1_000_000)]).unwrap();
        let lines = order.items().iter();
        let lines: Vec<_> = lines
            .map(|line| (line.product_id.as_uuid().as_u128(), line.quantity.get()))
            .collect();
        assert_eq!(lines, [(2, 1), (1, 1_000_000)]);
    }

    #[test]
    fn there_are_one_to_a_hundred_lines() {
        let many = |count: u128| (0..count).map(|product| item(product, 0)).collect();
        for items in [many(0), many(101)] {
            assert_eq!(
                faults(items),
                [fault("items", "Items must hold between 1 and 100 lines")]
            );
        }
        let hundred = (0..100).map(|product| item(product, 1)).collect();
        assert_eq!(parse(hundred).unwrap().items().len(), 100);
        let errors = NewOrder::parse(RawNewOrder::default()).unwrap_err();
        assert_eq!(
            errors.as_slice().first().unwrap().message,
            "Items are required"
        );
    }

    #[test]
    fn every_fault_of_every_line_is_named() {
        let items = vec![
            item(1, 0),
            Field::Malformed("Must be an object".into()),
            Field::Value(RawNewOrderItem::default()),
            Field::Value(RawNewOrderItem {
                product_id: Field::Value("1".into()),
                quantity: Field::Malformed("Must be a whole number".into()),
            }),
            item(1, -1),
            item(2, 1),
            item(2, 1),
        ];
        let quantity = "Quantity must be between 1 and 1000000";
        let repeated = "Each product may be ordered in one line only";
        assert_eq!(
            faults(items),
            [
                fault("items[0].quantity", quantity),
                fault("items[1]", "Must be an object"),
                fault("items[2].productId", "Product is required"),
                fault("items[2].quantity", "Quantity is required"),
                fault("items[3].productId", "Must be a UUID"),
                fault("items[3].quantity", "Must be a whole number"),
                fault("items[4].productId", repeated),
                fault("items[4].quantity", quantity),
                fault("items[6].productId", repeated),
            ]
        );
    }

    #[test]
    fn valid_lines_make_an_order_as_raw_ones_do() {
        let line = |number| NewOrderItem {
            product_id: ProductId::new(Uuid::from_u128(number)),
            quantity: 2.try_into().unwrap(),
        };
        let order = NewOrder::new(vec![line(1), line(2)]).unwrap();
        assert_eq!(order.items(), [line(1), line(2)]);
        let longest = (0..100).map(line).collect();
        assert!(NewOrder::new(longest).is_ok());

        let fault = |lines: Vec<_>| {
            let errors = NewOrder::new(lines).unwrap_err();
            let faults = errors.as_slice().iter();
            faults.map(|fault| fault.field.clone()).collect::<Vec<_>>()
        };
        assert_eq!(fault(vec![]), ["items"]);
        assert_eq!(fault((0..101).map(line).collect()), ["items"]);
        assert_eq!(
            fault(vec![line(1), line(2), line(1), line(1)]),
            ["items[2].productId", "items[3].productId"]
        );
    }
}
