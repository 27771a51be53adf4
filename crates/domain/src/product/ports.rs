use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{NewProduct, Product, ProductQuery};
use crate::entity::Version;
use crate::list::Page;
use crate::product::ProductId;
use crate::repository::{Decide, RepositoryError};

/// A product to be stored for the first time, at [`Version::FIRST`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRecord {
    /// The new product's id.
    pub id: ProductId,
    /// What it is like.
    pub product: NewProduct,
    /// When it was made.
    pub at: DateTime<Utc>,
}

impl From<ProductRecord> for Product {
    fn from(record: ProductRecord) -> Self {
        let new = record.product;
        Self {
            id: record.id,
            name: new.name,
            description: new.description,
            price: new.price,
            currency: new.currency,
            stock: new.stock,
            is_active: new.is_active,
            version: Version::FIRST,
            created_at: record.at,
            updated_at: record.at,
            deleted_at: None,
        }
    }
}

/// Keeps products, and a ledger of all that ever moved their stock.
///
/// Each method is one transaction: it happens whole or not at all, whatever
/// becomes of the caller. When the future that asked for a write is dropped, a write that was
/// begun is finished; one that waits for its turn is not begun. Besides what its own comment names,
/// every method may answer [`RepositoryError::Unavailable`] and
/// [`RepositoryError::Internal`].
///
/// The stock of a product is the sum of its movements in the ledger, at any moment.
/// Each movement says what it was for: the creation, a change by an admin, an order,
/// or an order's cancellation.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ProductRepository: ProductReader + Send + Sync {
    /// Stores a new product and returns it. Its first pieces are a movement, too.
    async fn insert(&self, product: ProductRecord) -> Result<Product, RepositoryError>;

    /// The live product of this id.
    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError>;

    /// A page of live products, its next cursor, and the total where it was asked for.
    ///
    /// The order is total (ties are settled by the id, in the same direction) and
    /// the same in every adapter: text by code point. A page that continues behind a
    /// cursor, which callers take from the same order, costs the same however deep it
    /// lies. Searches count to [`Total::SEARCH_BOUND`].
    ///
    /// [`Total::SEARCH_BOUND`]: crate::list::Total::SEARCH_BOUND
    async fn list(&self, query: ProductQuery) -> Result<Page<Product>, RepositoryError>;

    /// Stores what a decision makes of a product, deleted or not, and returns it. Of any
    /// number of racing decisions each sees what the one before has left, so none is lost.
    ///
    /// A decision returns the product after the change, one version on. Its id and the
    /// time when it was made stay. Orders move the stock without moving the version: the
    /// decision sees the stock that they have left, and they wait for its end. Orders
    /// that hold a product which is deleted stay as they are.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::NotFound`] where no product has the id, and
    /// [`RepositoryError::Refused`] where the decision refuses.
    async fn change(
        &self,
        id: ProductId,
        decide: Decide<Product>,
    ) -> Result<Product, RepositoryError>;
}

/// Shows products to readers, perhaps slightly old ones, as
/// [`PostReader`](crate::post::PostReader) shows posts.
///
/// Every repository is a reader too, which shows what is stored at that moment.
#[async_trait]
pub trait ProductReader: Send + Sync {
    /// As [`ProductRepository::find`].
    async fn show(&self, id: ProductId) -> Result<Option<Arc<Product>>, RepositoryError>;

    /// As [`ProductRepository::list`].
    async fn show_list(&self, query: ProductQuery) -> Result<Arc<Page<Product>>, RepositoryError>;
}

#[async_trait]
impl<R: ProductRepository + ?Sized> ProductReader for R {
    async fn show(&self, id: ProductId) -> Result<Option<Arc<Product>>, RepositoryError> {
        Ok(self.find(id).await?.map(Arc::new))
    }

    async fn show_list(&self, query: ProductQuery) -> Result<Arc<Page<Product>>, RepositoryError> {
        self.list(query).await.map(Arc::new)
    }
}
