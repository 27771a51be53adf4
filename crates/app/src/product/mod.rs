//! Products: the catalogue for everyone, and its management.

use std::sync::Arc;

use hexpress_domain::auth::Actor;
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::ProductId;
use hexpress_domain::list::{CursorError, Page, Position};
use hexpress_domain::product::{
    NewProduct, Product, ProductPatch, ProductQuery, ProductRecord, ProductRepository,
};
use hexpress_domain::user::Role;
use hexpress_domain::validation::ValidationErrors;

use crate::permissions::{self, Operation};
use crate::retry::{Undecided, until_settled};
use crate::{Error, IfMatch, Resource};

/// The use cases of products.
pub struct ProductService {
    products: Arc<dyn ProductRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl ProductService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub fn new(
        products: Arc<dyn ProductRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            products,
            clock,
            ids,
        }
    }

    /// Puts a product into the catalogue.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for all but admins.
    pub async fn create(&self, actor: &Actor, command: NewProduct) -> Result<Product, Error> {
        permissions::permit(actor, Operation::ManageProducts)?;
        let record = ProductRecord {
            id: self.ids.product_id(),
            product: command,
            at: self.clock.now(),
        };
        Ok(self.products.insert(record).await?)
    }

    /// One product.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] where there is none that the actor may see.
    pub async fn read(&self, actor: &Actor, id: ProductId) -> Result<Product, Error> {
        let found = self.products.find(id).await?;
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
    ) -> Result<Page<Product>, Error> {
        if query.is_active.is_some() {
            permissions::permit(actor, Operation::FilterProductsByActivity)?;
        }
        if let Position::After(cursor) = &query.page.position
            && !query.sort.accepts(cursor)
        {
            return Err(ValidationErrors::of("cursor", CursorError).into());
        }
        if actor.role() != Some(Role::Admin) {
            query.is_active = Some(true);
        }
        Ok(self.products.list(query).await?)
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
        let product = self.read(actor, id).await?;
        IfMatch::check(if_match, product.version)?;
        match product.change(patch, self.clock.now()) {
            Some(change) => Ok(self.products.change(change).await?),
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
        let product = self.read(actor, id).await?;
        IfMatch::check(if_match, product.version)?;
        let deletion = self.products.delete(id, product.version, self.clock.now());
        Ok(deletion.await?)
    }
}
