//! Products: the catalogue for everyone, and its management.

use std::sync::Arc;

use hexpress_domain::auth::Actor;
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::Id;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    NewProduct, Product, ProductId, ProductPatch, ProductQuery, ProductReader, ProductRecord,
    ProductRepository, StockChangeError,
};
use hexpress_domain::validation::ValidationErrors;

use crate::decision::decision;
use crate::permissions::operations::ManageProducts;
use crate::permissions::{self, Permit, Target};
use crate::{Error, Freshness, Preconditions, Resource, StockShortage};

/// What the use cases of products need.
pub struct ProductPorts {
    /// Keeps products.
    pub products: Arc<dyn ProductRepository>,
    /// Shows them to those who only read.
    pub reader: Arc<dyn ProductReader>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// The use cases of products.
pub struct ProductService {
    ports: ProductPorts,
}

impl ProductService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub const fn new(ports: ProductPorts) -> Self {
        Self { ports }
    }

    /// Puts a product into the catalogue.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for all but admins.
    pub async fn create(
        &self,
        _: &Permit<ManageProducts>,
        command: NewProduct,
    ) -> Result<Product, Error> {
        let record = ProductRecord {
            id: Id::generate(&*self.ports.ids),
            product: command,
            at: self.ports.clock.now(),
        };
        Ok(self.ports.products.insert(record).await?)
    }

    /// One product.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none that the actor may see.
    pub async fn read(
        &self,
        actor: &Actor,
        id: ProductId,
        freshness: Freshness,
    ) -> Result<Arc<Product>, Error> {
        let reader: &dyn ProductReader = match freshness {
            Freshness::Recent => &*self.ports.reader,
            Freshness::Present => &*self.ports.products,
        };
        let found = reader.show(id).await?;
        let visible = found.filter(|product| product.is_visible_to(actor));
        visible.ok_or(Error::NotFound(Resource::Product))
    }

    /// A page of the products that the actor may see: what is not for sale is listed to
    /// admins alone.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for others who ask whether
    /// products are for sale; [`Error::Validation`] for a cursor of another order.
    pub async fn list(
        &self,
        actor: &Actor,
        mut query: ProductQuery,
    ) -> Result<Arc<Page<Product>>, Error> {
        permissions::permit_filter(actor, &query.filter)?;
        query.check_cursor()?;
        if !permissions::sees_inactive_products(actor) {
            query.filter.is_active = Some(true);
        }
        Ok(self.ports.reader.show_list(query).await?)
    }

    /// Changes a product. A patch that changes nothing leaves the version and
    /// `updated_at` as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for all but admins,
    /// [`Error::NotFound`], [`Error::PreconditionFailed`],
    /// [`Error::InsufficientStock`] where more pieces were to go than there are, and
    /// [`Error::Validation`] where more come than there may be.
    pub async fn update(
        &self,
        who: &Permit<ManageProducts>,
        id: ProductId,
        patch: ProductPatch,
        preconditions: Option<&Preconditions>,
    ) -> Result<Product, Error> {
        let (actor, clock) = (who.actor(), &self.ports.clock);
        let decide = move |product: &Product, at| Ok(product.change(&patch, at)?);
        let decide = decision(actor, preconditions, clock, |_, _| Ok(()), decide);
        let changed = self.ports.products.change(id, decide).await;
        changed.map_err(Error::about(Resource::Product))
    }

    /// Takes a product out of the catalogue. Orders that hold it stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for all but admins,
    /// [`Error::NotFound`] and [`Error::PreconditionFailed`].
    pub async fn delete(
        &self,
        who: &Permit<ManageProducts>,
        id: ProductId,
        preconditions: Option<&Preconditions>,
    ) -> Result<(), Error> {
        let (actor, clock) = (who.actor(), &self.ports.clock);
        let decide = |product: &Product, at| Ok(Some(product.deleted(at)));
        let decide = decision(actor, preconditions, clock, |_, _| Ok(()), decide);
        let deleted = self.ports.products.change(id, decide).await;
        deleted.map(drop).map_err(Error::about(Resource::Product))
    }
}

/// The field by which an admin moves a stock.
const STOCK_DELTA: &str = "stockDelta";

impl From<StockChangeError> for Error {
    fn from(error: StockChangeError) -> Self {
        match error {
            StockChangeError::Short { available } => {
                let field = STOCK_DELTA.to_owned();
                Self::InsufficientStock(vec![StockShortage { field, available }])
            }
            StockChangeError::AboveLimit(error) => ValidationErrors::of(STOCK_DELTA, error).into(),
        }
    }
}
