//! The catalogue.

use chrono::{DateTime, Utc};
use hexpress_domain::list::{Direction, Search, Sort as _};
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::product::{
    Description, NewProduct, ProductId, ProductName, ProductPatch, ProductSort, StockChange,
};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::list::{Filters, Page, Part, Things, filter};
use crate::{Client, EntityTag, Error, Tagged};

const PATH: &str = "products";

/// What can be done with the catalogue. See [`Client::products`].
#[derive(Debug, Clone, Copy)]
pub struct Products<'a>(&'a Client);

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Product {
    /// The id.
    pub id: ProductId,
    /// What it is called.
    pub name: ProductName,
    /// What is said of it.
    pub description: Description,
    /// What one piece costs, in minor units.
    pub price_cents: Price,
    /// The currency of the price.
    pub currency: Currency,
    /// How many pieces there are.
    pub stock: u64,
    /// Whether it is for sale. Only admins ever see a product that is not.
    pub is_active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed, but for its stock by orders.
    pub updated_at: DateTime<Utc>,
}

/// Which products to list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListProducts {
    /// Only products whose name or description contain this, in any case.
    pub search: Option<Search>,
    /// By admins: only products that are, or are not, for sale.
    pub is_active: Option<bool>,
    /// What the list is ordered by.
    pub sort: ProductSort,
    /// The direction of the order.
    pub direction: Direction,
    /// Which part of the list.
    pub part: Part,
}

impl ListProducts {
    fn filters(&self) -> Filters {
        let mut filters = vec![
            ("sortBy", self.sort.as_str().to_owned()),
            ("order", self.direction.as_str().to_owned()),
        ];
        filter(
            &mut filters,
            "search",
            self.search.as_ref().map(Search::folded),
        );
        filter(&mut filters, "isActive", self.is_active);
        filters
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewProductBody<'a> {
    name: &'a ProductName,
    description: &'a Description,
    price_cents: Price,
    currency: Currency,
    stock: u64,
    is_active: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Patch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a ProductName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_cents: Option<Price>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stock: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stock_delta: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_active: Option<bool>,
}

impl Client {
    /// The catalogue.
    #[must_use]
    pub const fn products(&self) -> Products<'_> {
        Products(self)
    }
}

impl Products<'_> {
    /// Puts a product into the catalogue. For admins.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn create(self, product: &NewProduct) -> Result<Tagged<Product>, Error> {
        // Each by name, so that a new field cannot be forgotten here.
        let NewProduct {
            name,
            description,
            price,
            currency,
            stock,
            is_active,
        } = product;
        let body = NewProductBody {
            name,
            description,
            price_cents: *price,
            currency: *currency,
            stock: stock.get(),
            is_active: *is_active,
        };
        self.0.tagged(&Call::post(PATH).json(&body)?).await
    }

    /// One product.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorCode::NotFound) where there is none that the caller may see.
    pub async fn read(self, id: ProductId) -> Result<Tagged<Product>, Error> {
        self.0.tagged(&Call::get(format!("{PATH}/{id}"))).await
    }

    /// One page of products.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list(self, list: &ListProducts) -> Result<Page<Product>, Error> {
        self.0.page(PATH, list.filters(), &list.part).await
    }

    /// Products, over all pages. Its errors are those of [`Self::list`].
    #[must_use]
    pub fn stream(self, list: ListProducts) -> Things<Product> {
        self.0.things(PATH, list.filters(), list.part)
    }

    /// Changes a product; with a tag, only in the state that it stands for, which stock that
    /// orders move is no part of. For admins.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`] for another state, [`InsufficientStock`] where more pieces were to
    /// go than there are.
    ///
    /// [`PreconditionFailed`]: crate::ErrorCode::PreconditionFailed
    /// [`InsufficientStock`]: crate::ErrorCode::InsufficientStock
    pub async fn update(
        self,
        id: ProductId,
        patch: &ProductPatch,
        tag: Option<&EntityTag>,
    ) -> Result<Tagged<Product>, Error> {
        // Each by name, so that a new field cannot be forgotten here.
        let ProductPatch {
            name,
            description,
            price,
            currency,
            stock,
            is_active,
        } = patch;
        let (stock, stock_delta) = match stock {
            Some(StockChange::Set(stock)) => (Some(stock.get()), None),
            Some(StockChange::Add(delta)) => (None, Some(delta.get())),
            None => (None, None),
        };
        let body = Patch {
            name: name.as_ref(),
            description: description.as_ref(),
            price_cents: *price,
            currency: *currency,
            stock,
            stock_delta,
            is_active: *is_active,
        };
        let call = Call::patch(format!("{PATH}/{id}"))
            .json(&body)?
            .if_match(tag);
        self.0.tagged(&call).await
    }

    /// Takes a product out of the catalogue; with a tag, only in the state that it stands for.
    /// For admins.
    ///
    /// # Errors
    ///
    /// [`PreconditionFailed`](crate::ErrorCode::PreconditionFailed) for another state.
    pub async fn delete(self, id: ProductId, tag: Option<&EntityTag>) -> Result<(), Error> {
        self.0
            .done(&Call::delete(format!("{PATH}/{id}")).if_match(tag))
            .await
    }
}
