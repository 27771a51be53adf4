//! Products: the catalogue for everyone, and its management.

use std::sync::Arc;

use hexpress_domain::auth::Actor;
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::Id;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    NewProduct, Product, ProductId, ProductPatch, ProductQuery, ProductReader, ProductRecord,
    ProductRepository,
};
use hexpress_domain::user::Role;

use crate::permissions::{self, Operation};
use crate::retry::{Undecided, until_settled};
use crate::{Error, IfMatch, Resource};

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
    pub async fn create(&self, actor: &Actor, command: NewProduct) -> Result<Product, Error> {
        permissions::permit(actor, Operation::ManageProducts)?;
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
    pub async fn read(&self, actor: &Actor, id: ProductId) -> Result<Arc<Product>, Error> {
        let found = self.ports.reader.show(id).await?;
        let visible = found.filter(|product| product.is_visible_to(actor));
        visible.ok_or(Error::NotFound(Resource::Product))
    }

    /// One product as it is stored at this moment, to be changed.
    async fn find(&self, actor: &Actor, id: ProductId) -> Result<Product, Error> {
        let found = self.ports.products.find(id).await?;
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
        if query.filter.is_active.is_some() {
            permissions::permit(actor, Operation::FilterProductsByActivity)?;
        }
        query.check_cursor()?;
        if actor.role() != Some(Role::Admin) {
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
        actor: &Actor,
        id: ProductId,
        patch: &ProductPatch,
        if_match: Option<&IfMatch>,
    ) -> Result<Product, Error> {
        permissions::permit(actor, Operation::ManageProducts)?;
        until_settled(|| self.try_update(actor, id, patch, if_match)).await
    }

    async fn try_update(
        &self,
        actor: &Actor,
        id: ProductId,
        patch: &ProductPatch,
        if_match: Option<&IfMatch>,
    ) -> Result<Product, Undecided> {
        let product = self.find(actor, id).await?;
        IfMatch::check(if_match, product.version)?;
        match product.change(patch, self.ports.clock.now()) {
            Some(change) => Ok(self.ports.products.change(change).await?),
            None => Ok(product),
        }
    }

    /// Takes a product out of the catalogue. Orders that hold it stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for all but admins,
    /// [`Error::NotFound`] and [`Error::PreconditionFailed`].
    pub async fn delete(
        &self,
        actor: &Actor,
        id: ProductId,
        if_match: Option<&IfMatch>,
    ) -> Result<(), Error> {
        permissions::permit(actor, Operation::ManageProducts)?;
        until_settled(|| self.try_delete(actor, id, if_match)).await
    }

    async fn try_delete(
        &self,
        actor: &Actor,
        id: ProductId,
        if_match: Option<&IfMatch>,
    ) -> Result<(), Undecided> {
        let product = self.find(actor, id).await?;
        IfMatch::check(if_match, product.version)?;
        let deletion = self
            .ports
            .products
            .delete(id, product.version, self.ports.clock.now());
        Ok(deletion.await?)
    }
}
