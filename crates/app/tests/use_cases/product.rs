use std::sync::atomic::{AtomicI64, Ordering};

use hexpress_app::{Error, IfMatch, Resource};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;
use hexpress_domain::list::{Page, PageRequest, Position};
use hexpress_domain::product::{
    NewProduct, Product, ProductFilter, ProductPatch, ProductQuery, ProductSort, Stock,
    StockChange, StockDelta,
};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::Role;

use crate::support::{Mocks, engine, now, product_id, session};

fn new() -> NewProduct {
    let engine = engine();
    NewProduct {
        name: engine.name,
        description: engine.description,
        price: engine.price,
        currency: engine.currency,
        stock: engine.stock,
        is_active: true,
    }
}

fn restock(pieces: i64) -> ProductPatch {
    ProductPatch {
        stock: Some(StockChange::Add(StockDelta::try_from(pieces).unwrap())),
        ..ProductPatch::default()
    }
}

fn admin() -> Actor {
    session(9, Role::Admin)
}

#[tokio::test]
async fn admins_manage_and_others_do_not() {
    for (actor, expected) in [
        (Actor::Anonymous, false),
        (session(1, Role::User), false),
        (session(1, Role::Moderator), false),
        (admin(), true),
        (Actor::Operator, true),
    ] {
        let mut mocks = Mocks::with_product(&engine());
        mocks.products.expect_insert().returning(|record| {
            assert_eq!((record.id, record.at), (product_id(100), now()));
            Ok(engine())
        });
        mocks.products.expect_change().returning(|_| Ok(engine()));
        mocks.products.expect_delete().returning(|_, seen, at| {
            assert_eq!((seen, at), (engine().version, now()));
            Ok(())
        });
        let service = mocks.product_service();
        let id = engine().id;
        assert_eq!(service.create(&actor, new()).await.is_ok(), expected);
        let updated = service.update(&actor, id, &restock(1), None).await;
        assert_eq!(updated.is_ok(), expected);
        assert_eq!(service.delete(&actor, id, None).await.is_ok(), expected);
    }
}

#[tokio::test]
async fn what_is_not_for_sale_exists_for_admins_alone() {
    let inactive = Product {
        is_active: false,
        ..engine()
    };
    let service = Mocks::with_product(&inactive).product_service();
    assert_eq!(
        *service.read(&admin(), inactive.id).await.unwrap(),
        inactive
    );
    for actor in [Actor::Anonymous, session(1, Role::Moderator)] {
        let read = service.read(&actor, inactive.id).await;
        assert!(matches!(read, Err(Error::NotFound(Resource::Product))));
    }
}

#[tokio::test]
async fn lists_hold_what_the_actor_may_see() {
    for (actor, asked, listed) in [
        (Actor::Anonymous, None, Some(true)),
        (session(1, Role::Moderator), None, Some(true)),
        (admin(), None, None),
        (admin(), Some(false), Some(false)),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .products
            .expect_list()
            .withf(move |query| query.filter.is_active == listed)
            .times(1)
            .returning(|_| {
                Ok(Page {
                    items: Vec::new(),
                    total: None,
                    next: None,
                })
            });
        let query = ProductQuery {
            filter: ProductFilter {
                is_active: asked,
                ..ProductFilter::default()
            },
            ..ProductQuery::default()
        };
        let list = mocks.product_service().list(&actor, query).await;
        assert!(list.is_ok());
    }
    let query = || ProductQuery {
        filter: ProductFilter {
            is_active: Some(true),
            ..ProductFilter::default()
        },
        ..ProductQuery::default()
    };
    let service = Mocks::default().product_service();
    let refused = service.list(&session(1, Role::Moderator), query()).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let refused = service.list(&Actor::Anonymous, query()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_cursor_of_another_order_reaches_no_store() {
    for (sort, cursor) in [
        (ProductSort::Name, ProductSort::Stock.cursor(&engine())),
        (ProductSort::Stock, ProductSort::CreatedAt.cursor(&engine())),
        (ProductSort::CreatedAt, ProductSort::Name.cursor(&engine())),
    ] {
        let query = ProductQuery {
            sort,
            page: PageRequest {
                position: Position::After(cursor),
                ..PageRequest::default()
            },
            ..ProductQuery::default()
        };
        let service = Mocks::default().product_service();
        let listed = service.list(&admin(), query).await;
        assert!(matches!(listed, Err(Error::Validation(_))));
    }
}

#[tokio::test]
async fn a_patch_that_changes_nothing_writes_nothing() {
    let service = Mocks::with_product(&engine()).product_service();
    for patch in [ProductPatch::default(), restock(0)] {
        let product = service.update(&admin(), engine().id, &patch, None).await;
        assert_eq!(product.unwrap(), engine());
    }
}

#[tokio::test]
async fn a_stale_change_is_decided_anew_and_if_match_then_fails() {
    let reads = AtomicI64::new(0);
    let mut mocks = Mocks::default();
    mocks.products.expect_find().returning(move |_| {
        let version = reads.fetch_add(1, Ordering::Relaxed) + 3;
        Ok(Some(Product {
            version: Version::new(version),
            ..engine()
        }))
    });
    mocks
        .products
        .expect_change()
        .returning(|change| match change.seen.get() {
            4 => Ok(engine()),
            _ => Err(RepositoryError::Stale),
        });
    let service = mocks.product_service();
    let id = engine().id;
    let updated = service.update(&admin(), id, &restock(1), None).await;
    assert!(updated.is_ok());
    let tag = IfMatch::Versions(vec![Version::new(5)]);
    let updated = service.update(&admin(), id, &restock(1), Some(&tag)).await;
    assert!(matches!(updated, Err(Error::PreconditionFailed)));
}

#[tokio::test]
async fn stock_that_is_not_there_is_named() {
    let mut mocks = Mocks::with_product(&engine());
    mocks.products.expect_change().returning(|_| {
        let available = Stock::new(2);
        Err(RepositoryError::Conflict(Conflict::NegativeStock {
            available,
        }))
    });
    let service = mocks.product_service();
    let updated = service
        .update(&admin(), engine().id, &restock(-3), None)
        .await;
    let Err(Error::InsufficientStock(shortages)) = updated else {
        panic!("{updated:?}");
    };
    assert_eq!(shortages.len(), 1);
    assert_eq!(shortages[0].field, "stockDelta");
    assert_eq!(shortages[0].available.get(), 2);
}
