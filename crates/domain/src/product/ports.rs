use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{NewProduct, Product, ProductChange, ProductQuery};
use crate::entity::Version;
use crate::list::Page;
use crate::product::ProductId;
use crate::repository::RepositoryError;

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

/// Keeps products, and a ledger of all that ever moved their stock.
///
/// Each method is one transaction: it happens whole or not at all, whatever
/// becomes of the caller. A write that was begun is finished even when the
/// future that asked for it is dropped. Besides what its own comment names,
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

    /// Changes a live product that is at the version that was seen, moves the version
    /// on by one, sets `updated_at`, and returns the product.
    ///
    /// Of any number of racing changes that saw one version exactly one succeeds.
    /// Orders move the stock without moving the version, so a change of the stock is
    /// about the stock that there is when it happens, and no order is lost in it.
    ///
    /// # Errors
    ///
    /// - [`RepositoryError::NotFound`] where no live product has the id;
    /// - [`RepositoryError::Stale`] where the version is another;
    /// - [`RepositoryError::Conflict`] with [`NegativeStock`] where more pieces were to
    ///   go than there are, and with [`StockLimit`] where pieces that come would lift
    ///   the stock above [`Stock::MAX_SET`].
    ///
    /// [`NegativeStock`]: crate::repository::Conflict::NegativeStock
    /// [`StockLimit`]: crate::repository::Conflict::StockLimit
    /// [`Stock::MAX_SET`]: super::Stock::MAX_SET
    async fn change(&self, change: ProductChange) -> Result<Product, RepositoryError>;

    /// Deletes a live product that is at the version that was seen: marks the row and
    /// moves the version on by one. Orders that hold it stay as they are.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::NotFound`] and [`RepositoryError::Stale`] as
    /// [`ProductRepository::change`].
    async fn delete(
        &self,
        id: ProductId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;
}

/// Shows products to readers, who may be shown what was true a moment ago, as
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
