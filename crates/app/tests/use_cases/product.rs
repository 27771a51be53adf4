use hexpress_app::permissions::Permit;
use hexpress_app::{Error, Freshness, Preconditions, Resource};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;
use hexpress_domain::list::{Page, PageRequest, Position};
use hexpress_domain::product::{
    NewProduct, Product, ProductFilter, ProductPatch, ProductQuery, ProductSort, Stock,
    StockChange, StockDelta,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::Role;

use crate::support::{Mocks, engine, may, now, product_id, session};

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
        let service = mocks.services().products;
        let id = engine().id;
        assert_eq!(
            async { service.create(&Permit::of(actor.clone())?, new()).await }
                .await
                .is_ok(),
            expected
        );
        let updated = async {
            service
                .update(&Permit::of(actor.clone())?, id, restock(1), None)
                .await
        }
        .await;
        assert_eq!(updated.is_ok(), expected);
        assert_eq!(
            async { service.delete(&Permit::of(actor.clone())?, id, None).await }
                .await
                .is_ok(),
            expected
        );
    }
}

#[tokio::test]
async fn what_is_not_for_sale_exists_for_admins_alone() {
    let inactive = Product {
        is_active: false,
        ..engine()
    };
    let service = Mocks::with_product(&inactive).services().products;
    assert_eq!(
        *service
            .read(&admin(), inactive.id, Freshness::Recent)
            .await
            .unwrap(),
        inactive
    );
    for actor in [Actor::Anonymous, session(1, Role::Moderator)] {
        let read = service.read(&actor, inactive.id, Freshness::Recent).await;
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
        let list = mocks.services().products.list(&actor, query).await;
        assert!(list.is_ok());
    }
    let query = || ProductQuery {
        filter: ProductFilter {
            is_active: Some(true),
            ..ProductFilter::default()
        },
        ..ProductQuery::default()
    };
    let service = Mocks::default().services().products;
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
        let service = Mocks::default().services().products;
        let listed = service.list(&admin(), query).await;
        assert!(matches!(listed, Err(Error::Validation(_))));
    }
}

#[tokio::test]
async fn a_patch_that_changes_nothing_writes_nothing() {
    let service = Mocks::with_product(&engine()).services().products;
    for patch in [ProductPatch::default(), restock(0)] {
        let product = service
            .update(&may(&admin()), engine().id, patch, None)
            .await;
        assert_eq!(product.unwrap(), engine());
    }
}

#[tokio::test]
async fn a_change_is_of_the_product_as_it_stands() {
    let service = Mocks::with_product(&engine()).services().products;
    let id = engine().id;
    let updated = service
        .update(&may(&admin()), id, restock(1), None)
        .await
        .unwrap();
    let expected = Product {
        stock: Stock::new(6),
        version: Version::new(4),
        updated_at: now(),
        ..engine()
    };
    assert_eq!(updated, expected);
    for (version, matches) in [(3, true), (4, false)] {
        let tag = Preconditions::versions(vec![Version::new(version)]);
        let updated = service
            .update(&may(&admin()), id, restock(1), Some(&tag))
            .await;
        let deleted = service.delete(&may(&admin()), id, Some(&tag)).await;
        for outcome in [updated.map(drop), deleted] {
            match outcome {
                Ok(()) => assert!(matches),
                Err(Error::PreconditionFailed) => assert!(!matches),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_product_that_is_gone_is_not_found() {
    let gone = engine().deleted(now());
    let mut unknown = Mocks::default();
    unknown
        .products
        .expect_change()
        .returning(|_, _| Err(RepositoryError::NotFound));
    for mocks in [Mocks::with_product(&gone), unknown] {
        let service = mocks.services().products;
        let updated = service
            .update(&may(&admin()), gone.id, restock(1), None)
            .await;
        let deleted = service.delete(&may(&admin()), gone.id, None).await;
        for outcome in [updated.map(drop), deleted] {
            assert!(matches!(outcome, Err(Error::NotFound(Resource::Product))));
        }
    }
}

#[tokio::test]
async fn a_deletion_marks_the_product() {
    let mut mocks = Mocks::default();
    mocks.products.expect_change().returning(|_, decide| {
        let deleted = decide(&engine()).unwrap();
        assert_eq!(deleted, Some(engine().deleted(now())));
        Ok(engine())
    });
    let service = mocks.services().products;
    assert!(
        service
            .delete(&may(&admin()), engine().id, None)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn stock_that_is_not_there_is_named() {
    let service = Mocks::with_product(&engine()).services().products;
    let updated = service
        .update(&may(&admin()), engine().id, restock(-6), None)
        .await;
    let Err(Error::InsufficientStock(shortages)) = updated else {
        panic!("{updated:?}");
    };
    assert_eq!(shortages.len(), 1);
    assert_eq!(shortages[0].field, "stockDelta");
    assert_eq!(shortages[0].available.get(), 5);
    let most = restock(1_000_000_000);
    let updated = service
        .update(&may(&admin()), engine().id, most, None)
        .await;
    let Err(Error::Validation(errors)) = updated else {
        panic!("{updated:?}");
    };
    assert_eq!(errors.as_slice()[0].field, "stockDelta");
}
