//! Section 5 of the contract, its products, row by row.

use std::sync::{Arc, Mutex};

use axum::Router;
use hexpress_domain::entity::Version;
use hexpress_domain::list::{Direction, Page, Position, Total};
use hexpress_domain::product::{Product, ProductId, ProductQuery, ProductSort, Stock};
use hexpress_domain::repository::RepositoryError;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    ADA, ADMIN, Call, MODERATOR, Mocks, NOBODY, call, failure, get, now, patch, post,
};

const PATH: &str = "/api/products/00000000-0000-0000-0000-000000000007";

fn engine() -> Product {
    Product {
        id: ProductId::new(Uuid::from_u128(7)),
        name: "Engine".parse().unwrap(),
        description: "Nine wheels".parse().unwrap(),
        price: 1_999.try_into().unwrap(),
        currency: "EUR".parse().unwrap(),
        stock: Stock::new(5),
        is_active: true,
        version: Version::new(3),
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    }
}

fn shown() -> Value {
    json!({
        "id": "00000000-0000-0000-0000-000000000007",
        "name": "Engine",
        "description": "Nine wheels",
        "priceCents": 1999,
        "currency": "EUR",
        "stock": 5,
        "isActive": true,
        "createdAt": "2023-11-14T22:13:20.120Z",
        "updatedAt": "2023-11-14T22:13:20.120Z",
    })
}

fn new() -> Value {
    json!({"name": "Engine", "priceCents": 1999, "currency": "EUR", "stock": 5})
}

fn knowing(product: Product) -> Mocks {
    let mut mocks = Mocks::default();
    let found = product.clone();
    mocks
        .products
        .expect_find()
        .returning(move |id| Ok((id == found.id).then(|| found.clone())));
    mocks.products.expect_change().returning(move |id, decide| {
        if id != product.id {
            return Err(RepositoryError::NotFound);
        }
        let after = decide(&product).map_err(RepositoryError::Refused)?;
        Ok(after.unwrap_or(product.clone()))
    });
    mocks
}

#[tokio::test]
async fn a_new_product_is_answered_with_where_it_is() {
    let mut mocks = Mocks::default();
    mocks.settings.base_path = "/shop".to_owned();
    mocks.products.expect_insert().returning(|record| {
        assert!(record.product.is_active);
        assert_eq!(record.product.description.as_str(), "");
        Ok(engine())
    });
    let router = mocks.router();
    let form = "name=Engine&priceCents=1999&currency=EUR&stock=5&isActive=true";
    for call in [
        post("/api/products", new()),
        call("POST", "/api/products").form(form),
    ] {
        let answer = call.by(ADMIN).on(&router).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.message(), "Product created successfully");
        assert_eq!(answer.data(), shown());
        let location = format!("/shop{PATH}");
        assert_eq!(answer.header("location"), location);
        assert!(answer.header("etag").starts_with("\"3-"));
    }
}

#[tokio::test]
async fn management_is_for_admins() {
    let router = Mocks::default().router();
    for (caller, expected) in [
        (NOBODY, failure(401, "UNAUTHENTICATED")),
        (ADA, failure(403, "FORBIDDEN")),
        (MODERATOR, failure(403, "FORBIDDEN")),
    ] {
        for call in [
            post("/api/products", new()),
            patch(PATH, json!({"stock": 1})),
            call("DELETE", PATH),
        ] {
            let answer = call.by(caller).on(&router).await;
            assert_eq!(answer.failure(), expected);
        }
    }
}

#[tokio::test]
async fn faults_are_named_all_at_once_in_the_schemas_order() {
    let router = Mocks::default().router();
    let body = json!({
        "colour": "red",
        "isActive": null,
        "stock": 1_000_000_001,
        "currency": "eur",
        "priceCents": -1,
        "description": 5,
        "name": "",
    });
    let answer = post("/api/products", body).by(ADMIN).on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(
        answer.fields(),
        [
            "name",
            "description",
            "priceCents",
            "currency",
            "stock",
            "isActive",
            "colour"
        ]
    );
}

#[tokio::test]
async fn numbers_are_whole() {
    let router = Mocks::default().router();
    let message = async |call: Call| {
        let answer = call.by(ADMIN).on(&router).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
        let mut details = answer.details();
        assert_eq!(details.len(), 1, "{details:?}");
        details.remove(0)
    };
    let whole = "Must be a whole number";
    let bounds = "Price must be between 0 and 1000000000 cents";
    for (price, text) in [
        ("1.5", whole),
        ("1.0", whole),
        ("\"2\"", whole),
        ("true", whole),
        ("[]", whole),
        ("-1", bounds),
        ("1000000000000000000", bounds),
        ("18446744073709551615", bounds),
    ] {
        let body = format!(r#"{{"name":"A","priceCents":{price},"currency":"EUR","stock":0}}"#);
        let call = call("POST", "/api/products").body("application/json", &body);
        assert_eq!(message(call).await, ("priceCents".into(), text.into()));
    }
    for (price, text) in [
        ("", whole),
        ("1.5", whole),
        ("1e3", whole),
        ("%2B1", whole),
        ("-", whole),
        ("-1", bounds),
        ("99999999999999999999999", bounds),
        ("-99999999999999999999999", bounds),
    ] {
        let form = format!("name=A&priceCents={price}&currency=EUR&stock=0");
        let call = call("POST", "/api/products").form(&form);
        assert_eq!(message(call).await, ("priceCents".into(), text.into()));
    }
}

#[tokio::test]
async fn a_product_carries_a_tag_that_its_stock_moves() {
    let router = knowing(engine()).router();
    let answer = get(PATH).by(NOBODY).on(&router).await;
    assert_eq!(answer.data(), shown());
    let etag = answer.header("etag").to_owned();
    let same = get(PATH).header("if-none-match", &etag).on(&router).await;
    assert_eq!(same.status, 304);

    let sold = Product {
        stock: Stock::new(4),
        ..engine()
    };
    let router = knowing(sold).router();
    let moved = get(PATH).header("if-none-match", &etag).on(&router).await;
    assert_eq!(moved.status, 200);
    // The version is the same one, so that the tag still serves for a change.
    assert!(moved.header("etag").starts_with("\"3-"));
    assert_ne!(moved.header("etag"), etag);
}

#[tokio::test]
async fn what_is_not_for_sale_exists_for_admins_alone() {
    let inactive = Product {
        is_active: false,
        ..engine()
    };
    let router = knowing(inactive).router();
    assert_eq!(get(PATH).by(ADMIN).on(&router).await.status, 200);
    for caller in [NOBODY, ADA, MODERATOR] {
        let answer = get(PATH).by(caller).on(&router).await;
        assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
        assert_eq!(answer.message(), "Product not found");
    }
}

#[tokio::test]
async fn stock_is_set_or_moved() {
    let router = knowing(engine()).router();
    for (body, stock) in [
        (json!({"stock": 9}), 9),
        (json!({"stockDelta": -5}), 0),
        (json!({"stockDelta": 1}), 6),
    ] {
        let answer = patch(PATH, body).by(ADMIN).on(&router).await;
        assert_eq!(answer.message(), "Product updated successfully");
        assert_eq!(answer.data()["stock"], stock);
        assert!(answer.header("etag").starts_with("\"4-"));
    }
    let form = call("PATCH", PATH).form("stockDelta=-1");
    assert_eq!(form.by(ADMIN).on(&router).await.data()["stock"], 4);
    let both = json!({"stock": 1, "stockDelta": 1});
    let answer = patch(PATH, both).by(ADMIN).on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(answer.fields(), ["stockDelta"]);
    let nothing = patch(PATH, json!({})).by(ADMIN).on(&router).await;
    assert_eq!(nothing.data(), shown());
    assert!(nothing.header("etag").starts_with("\"3-"));
}

#[tokio::test]
async fn more_than_there_is_does_not_go() {
    let router = knowing(engine()).router();
    let answer = patch(PATH, json!({"stockDelta": -6})).by(ADMIN);
    let answer = answer.on(&router).await;
    assert_eq!(answer.failure(), failure(409, "INSUFFICIENT_STOCK"));
    assert_eq!(
        answer.details(),
        [("stockDelta".to_owned(), "Only 5 in stock".to_owned())]
    );

    let most = json!({"stockDelta": 1_000_000_000});
    let answer = patch(PATH, most).by(ADMIN).on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(answer.fields(), ["stockDelta"]);
}

#[tokio::test]
async fn changes_and_deletion_heed_their_precondition() {
    let router = knowing(engine()).router();
    let stale = "\"2-0011223344556677\"";
    for call in [patch(PATH, json!({"stock": 1})), call("DELETE", PATH)] {
        let call = call.by(ADMIN).header("if-match", stale);
        let answer = call.on(&router).await;
        assert_eq!(answer.failure(), failure(412, "PRECONDITION_FAILED"));
    }
    let present = "\"3-0011223344556677\"";
    let call = call("DELETE", PATH).by(ADMIN).header("if-match", present);
    let answer = call.on(&router).await;
    assert_eq!(
        answer.json(),
        json!({"success": true, "message": "Product deleted successfully"})
    );
}

/// An API whose list always holds the engine, and the last query that it was asked.
fn listing() -> (Router, Arc<Mutex<ProductQuery>>) {
    let asked = Arc::new(Mutex::new(ProductQuery::default()));
    let noted = Arc::clone(&asked);
    let mut mocks = Mocks::default();
    mocks.products.expect_list().returning(move |query| {
        let next = Some(query.sort.cursor(&engine()));
        *noted.lock().unwrap() = query;
        Ok(Page {
            items: vec![engine()],
            total: Some(Total::Exactly(1)),
            next,
        })
    });
    (mocks.router(), asked)
}

#[tokio::test]
async fn the_catalogue_is_for_everyone() {
    let (router, asked) = listing();
    for caller in [NOBODY, ADA, MODERATOR] {
        let answer = get("/api/products").by(caller).on(&router).await;
        assert_eq!(answer.data(), json!([shown()]));
        assert_eq!(asked.lock().unwrap().filter.is_active, Some(true));
    }
    let path = "/api/products?isActive=false&search=ENG&sortBy=priceCents&order=asc&limit=5";
    let answer = get(path).by(ADMIN).on(&router).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let query = asked.lock().unwrap().clone();
    assert_eq!(query.filter.is_active, Some(false));
    assert_eq!(
        query.filter.search.as_ref().map(|s| s.folded()),
        Some("eng")
    );
    assert_eq!(
        (query.sort, query.direction),
        (ProductSort::PriceCents, Direction::Ascending)
    );
    let next = answer.json()["pagination"]["nextCursor"].clone();
    let behind = format!("{path}&cursor={}", next.as_str().unwrap());
    assert_eq!(get(&behind).by(ADMIN).on(&router).await.status, 200);
    let position = asked.lock().unwrap().page.position.clone();
    let cursor = ProductSort::PriceCents.cursor(&engine());
    assert_eq!(position, Position::After(cursor));

    for (caller, expected) in [
        (NOBODY, failure(401, "UNAUTHENTICATED")),
        (ADA, failure(403, "FORBIDDEN")),
        (MODERATOR, failure(403, "FORBIDDEN")),
    ] {
        let answer = get("/api/products?isActive=true").by(caller);
        let answer = answer.on(&router).await;
        assert_eq!(answer.failure(), expected);
        if caller != NOBODY {
            assert_eq!(answer.fields(), ["isActive"]);
        }
    }
    let wrong = get("/api/products?sortBy=updatedAt&colour=red").on(&router);
    assert_eq!(wrong.await.fields(), ["sortBy", "colour"]);
}
