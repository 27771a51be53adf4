use async_trait::async_trait;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductId, ProductQuery, ProductRecord, ProductRepository,
};
use hexpress_domain::repository::{Decide, RepositoryError};

use super::MemoryStore;
use super::list;

#[async_trait]
impl ProductRepository for MemoryStore {
    async fn insert(&self, record: ProductRecord) -> Result<Product, RepositoryError> {
        let product = Product::from(record);
        self.state().products.insert(product.id, product.clone());
        Ok(product)
    }

    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        let state = self.state();
        let product = state.products.get(&id);
        Ok(product.filter(|p| p.deleted_at.is_none()).cloned())
    }

    async fn list(&self, query: ProductQuery) -> Result<Page<Product>, RepositoryError> {
        let is_listed = |product: &&Product| {
            let fields = [product.name.as_str(), product.description.as_str()];
            product.deleted_at.is_none()
                && query
                    .filter
                    .is_active
                    .is_none_or(|active| product.is_active == active)
                && list::matches(query.filter.search.as_ref(), fields)
        };
        let state = self.state();
        Ok(list::page(
            state.products.values().filter(is_listed).cloned().collect(),
            |product| query.sort.cursor(product),
            query.direction,
            &query.page,
            query.filter.search.is_some(),
        ))
    }

    async fn change(
        &self,
        id: ProductId,
        decide: Decide<Product>,
    ) -> Result<Product, RepositoryError> {
        let mut state = self.state();
        let product = state.products.get_mut(&id);
        let product = product.ok_or(RepositoryError::NotFound)?;
        if let Some(after) = decide(product).map_err(RepositoryError::Refused)? {
            *product = after;
        }
        Ok(product.clone())
    }
}
