use std::iter;
use std::sync::Arc;

use async_trait::async_trait;
use hexpress_domain::list::Page;
use hexpress_domain::product::{
    Product, ProductId, ProductQuery, ProductReader, ProductRecord, ProductRepository,
};
use hexpress_domain::repository::{Decide, RepositoryError};

use super::invalidations::{Invalidations, Subject, may_have_written};
use super::reads::{Kept, Reads};

/// Shows products from memory.
pub(super) struct CachingProductReader {
    pub(super) products: Arc<dyn ProductRepository>,
    pub(super) kept: Arc<Reads<KeptProduct>>,
    pub(super) pages: Arc<Reads<KeptPage>>,
}

#[derive(Clone)]
pub(super) struct KeptProduct(Arc<Product>);

#[derive(Clone)]
pub(super) struct KeptPage(Arc<Page<Product>>);

/// Whoever asks decides whether the one who is shown it may see it.
impl Kept for KeptProduct {
    type Key = ProductId;

    fn weight(&self) -> u64 {
        weight(&self.0)
    }

    fn subjects(id: &ProductId, _: Option<&Self>) -> impl Iterator<Item = Subject> {
        [Subject::Product(*id), Subject::Products].into_iter()
    }
}

impl Kept for KeptPage {
    type Key = ProductQuery;

    fn weight(&self) -> u64 {
        self.0.items.iter().map(weight).sum()
    }

    fn subjects(_: &ProductQuery, _: Option<&Self>) -> impl Iterator<Item = Subject> {
        [Subject::ProductPages].into_iter()
    }
}

/// About how many bytes a product takes in memory.
fn weight(product: &Product) -> u64 {
    const OTHERS: usize = 384;
    let bytes = product.name.as_str().len() + product.description.as_str().len() + OTHERS;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[async_trait]
impl ProductReader for CachingProductReader {
    async fn show(&self, id: ProductId) -> Result<Option<Arc<Product>>, RepositoryError> {
        let read = async { Ok(self.products.show(id).await?.map(KeptProduct)) };
        let found = self.kept.get(&id, Option::as_ref, read).await?;
        Ok(found.map(|KeptProduct(product)| product))
    }

    async fn show_list(&self, query: ProductQuery) -> Result<Arc<Page<Product>>, RepositoryError> {
        let read = async {
            let page = self.products.show_list(query.clone());
            Ok(KeptPage(page.await?))
        };
        let KeptPage(page) = self.pages.get(&query, |page| Some(page), read).await?;
        Ok(page)
    }
}

/// Tells of every write of products.
pub(super) struct InvalidatingProductRepository {
    pub(super) products: Arc<dyn ProductRepository>,
    pub(super) invalidations: Arc<Invalidations>,
}

impl InvalidatingProductRepository {
    fn written(&self, id: ProductId, outcome: &Result<Product, RepositoryError>) {
        let pages = may_have_written(outcome).then_some(Subject::ProductPages);
        self.invalidations
            .written(iter::once(Subject::Product(id)).chain(pages));
    }
}

#[async_trait]
impl ProductRepository for InvalidatingProductRepository {
    async fn insert(&self, product: ProductRecord) -> Result<Product, RepositoryError> {
        let id = product.id;
        let outcome = self.products.insert(product).await;
        self.written(id, &outcome);
        outcome
    }

    async fn find(&self, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        self.products.find(id).await
    }

    async fn list(&self, query: ProductQuery) -> Result<Page<Product>, RepositoryError> {
        self.products.list(query).await
    }

    async fn change(
        &self,
        id: ProductId,
        decide: Decide<Product>,
    ) -> Result<Product, RepositoryError> {
        let outcome = self.products.change(id, decide).await;
        self.written(id, &outcome);
        outcome
    }
}
