//! Section 5 of the contract, its orders, row by row.

use std::sync::{Arc, Mutex};

use hexpress_domain::entity::Version;
use hexpress_domain::list::{Page, Total};
use hexpress_domain::money::{Money, MoneyError};
use hexpress_domain::order::{
    Order, OrderId, OrderItem, OrderQuery, OrderRecord, OrderSort, OrderStatus, Placement,
    PlacementRefusal, Shortage,
};
use hexpress_domain::product::{ProductId, Stock};
use hexpress_domain::repository::RepositoryError;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    ADA, ADAS_PROGRAM, ADMIN, MODERATOR, Mocks, NOBODY, OTHER, call, failure, get, now, post,
    user_id,
};

const PATH: &str = "/api/orders/00000000-0000-0000-0000-000000000009";
const PRODUCT: &str = "00000000-0000-0000-0000-000000000007";
const OTHER_PRODUCT: &str = "00000000-0000-0000-0000-000000000008";

/// Ada's.
fn order() -> Order {
    Order {
        id: OrderId::new(Uuid::from_u128(9)),
        user_id: user_id(1),
        status: OrderStatus::Pending,
        items: vec![OrderItem {
            product_id: ProductId::new(Uuid::from_u128(7)),
            name: "Engine".parse().unwrap(),
            quantity: 2.try_into().unwrap(),
            unit_price: 250.try_into().unwrap(),
        }],
        total: Money::new(500, "EUR".parse().unwrap()).unwrap(),
        version: Version::FIRST,
        created_at: now(),
        updated_at: now(),
    }
}

fn shown() -> Value {
    json!({
        "id": "00000000-0000-0000-0000-000000000009",
        "userId": "00000000-0000-0000-0000-000000000001",
        "status": "pending",
        "items": [{
            "productId": PRODUCT,
            "name": "Engine",
            "quantity": 2,
            "unitPriceCents": 250,
            "lineTotalCents": 500,
        }],
        "totalCents": 500,
        "currency": "EUR",
        "createdAt": "2023-11-14T22:13:20.120Z",
        "updatedAt": "2023-11-14T22:13:20.120Z",
    })
}

fn command() -> Value {
    json!({"items": [{"productId": PRODUCT, "quantity": 2}]})
}

fn placing(placement: impl Fn(OrderRecord) -> Placement + Send + 'static) -> Mocks {
    let mut mocks = Mocks::default();
    mocks
        .orders
        .expect_place()
        .returning(move |record| Ok(placement(record)));
    mocks
}

fn knowing(order: Order) -> Mocks {
    let mut mocks = Mocks::default();
    let found = order.clone();
    mocks
        .orders
        .expect_find()
        .returning(move |id| Ok((id == found.id).then(|| found.clone())));
    mocks.orders.expect_change().returning(move |id, decide| {
        if id != order.id {
            return Err(RepositoryError::NotFound);
        }
        let after = decide(&order).map_err(RepositoryError::Refused)?;
        Ok(after.unwrap_or(order.clone()))
    });
    mocks
}

#[tokio::test]
async fn an_order_is_answered_with_where_it_is() {
    let mut mocks = placing(|record| {
        assert_eq!(record.user_id, user_id(1));
        assert_eq!(record.idempotency, None);
        Placement::Placed(order())
    });
    mocks.settings.base_path = "/shop".to_owned();
    let router = mocks.router();
    for caller in [ADA, ADAS_PROGRAM] {
        let answer = post("/api/orders", command()).by(caller).on(&router).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.message(), "Order created successfully");
        assert_eq!(answer.data(), shown());
        assert_eq!(answer.header("location"), format!("/shop{PATH}"));
        assert!(answer.header("etag").starts_with("\"1-"));
        assert_eq!(answer.header("idempotency-replayed"), "");
    }
    let answer = post("/api/orders", command()).on(&router).await;
    assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn a_replayed_order_is_the_same_answer_and_says_so() {
    let router = placing(|record| match record.idempotency {
        None => Placement::Placed(order()),
        Some(known) => {
            assert_eq!(known.key.as_str(), "key-1");
            Placement::Replayed(order())
        }
    })
    .router();
    let first = post("/api/orders", command()).by(ADA).on(&router).await;
    let again = post("/api/orders", command()).header("idempotency-key", "key-1");
    let again = again.by(ADA).on(&router).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    for header in ["etag", "location"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
}

#[tokio::test]
async fn keys_are_visible_and_used_for_one_command() {
    let router = placing(|_| Placement::KeyReused).router();
    let place = || post("/api/orders", command()).by(ADA);
    let reused = place().header("idempotency-key", "key").on(&router).await;
    assert_eq!(reused.failure(), failure(422, "IDEMPOTENCY_KEY_REUSED"));
    let long = "a".repeat(256);
    for key in ["", "a b", "ä", &long] {
        let answer = place().header("idempotency-key", key).on(&router).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"), "{key}");
        let text = "Must be 1 to 255 visible ASCII characters";
        let detail = ("Idempotency-Key".to_owned(), text.to_owned());
        assert_eq!(answer.details(), [detail]);
    }
    let twice = place()
        .header("idempotency-key", "a")
        .header("idempotency-key", "a");
    assert_eq!(twice.on(&router).await.fields(), ["Idempotency-Key"]);
}

#[tokio::test]
async fn every_fault_of_every_line_is_named() {
    let router = Mocks::default().router();
    let body = format!(
        r#"{{"note": "", "items": [
            {{"productId": "{PRODUCT}", "quantity": 0, "colour": "red"}},
            {{"productId": "{PRODUCT}", "quantity": -1}},
            {{"productId": "{PRODUCT}", "quantity": 1.5}},
            {{"productId": "{PRODUCT}", "quantity": "2"}},
            {{"productId": "{PRODUCT}", "quantity": 1000000000000000000}},
            {{"productId": 7}},
            null,
            8,
            {{"productId": "{PRODUCT}", "quantity": 1}},
            {{"productId": "{PRODUCT}", "quantity": 1}}
        ]}}"#
    );
    let call = call("POST", "/api/orders").body("application/json", &body);
    let answer = call.by(ADA).on(&router).await;
    assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
    let bounds = "Quantity must be between 1 and 1000000";
    let whole = "Must be a whole number";
    let repeated = "Each product may be ordered in one line only";
    let details = [
        ("items[0].quantity", bounds),
        ("items[1].productId", repeated),
        ("items[1].quantity", bounds),
        ("items[2].productId", repeated),
        ("items[2].quantity", whole),
        ("items[3].productId", repeated),
        ("items[3].quantity", whole),
        ("items[4].productId", repeated),
        ("items[4].quantity", bounds),
        ("items[5].productId", "Must be a string"),
        ("items[5].quantity", "Quantity is required"),
        ("items[6]", "Must not be null"),
        ("items[7]", "Must be an object"),
        ("items[8].productId", repeated),
        ("items[9].productId", repeated),
        ("items[0].colour", "Is not known here"),
        ("note", "Is not known here"),
    ];
    let details = details.map(|(field, text)| (field.to_owned(), text.to_owned()));
    assert_eq!(answer.details(), details);
}

#[tokio::test]
async fn there_are_one_to_a_hundred_lines() {
    let router = Mocks::default().router();
    let many = vec![json!({"a": 1, "b": 2}); 3_000];
    let count = "Items must hold between 1 and 100 lines";
    for (body, text) in [
        (json!({}), "Items are required"),
        (json!({"items": null}), "Must not be null"),
        (json!({"items": {}}), "Must be an array of JSON objects"),
        (json!({"items": []}), count),
        (json!({ "items": many }), count),
    ] {
        let answer = post("/api/orders", body).by(ADA).on(&router).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
        let details = answer.details();
        assert_eq!(details[0], ("items".to_owned(), text.to_owned()));
        // An answer does not grow with the junk that was sent.
        assert!(details.len() <= 21);
    }
    let form = call("POST", "/api/orders").form("items=1").by(ADA);
    let answer = form.on(&router).await;
    let text = "Must be an array of JSON objects";
    assert_eq!(answer.details(), [("items".to_owned(), text.to_owned())]);
}

#[tokio::test]
async fn what_cannot_be_placed_says_why() {
    let body = json!({"items": [
        {"productId": PRODUCT, "quantity": 2},
        {"productId": OTHER_PRODUCT, "quantity": 3},
    ]});
    let refused = async |refusal: PlacementRefusal| {
        let router = placing(move |_| Placement::Refused(refusal.clone())).router();
        post("/api/orders", body.clone()).by(ADA).on(&router).await
    };
    let missing = refused(PlacementRefusal::NotForSale(vec![1])).await;
    assert_eq!(missing.failure(), failure(400, "REFERENCE_ERROR"));
    assert_eq!(missing.message(), "Referenced resource not found");
    assert_eq!(missing.fields(), ["items[1].productId"]);

    for (error, text) in [
        (
            MoneyError::MixedCurrencies,
            "All products must be priced in one currency",
        ),
        (
            MoneyError::TooMuch,
            "The total must be at most 9007199254740991 cents",
        ),
    ] {
        let answer = refused(PlacementRefusal::Total(error)).await;
        assert_eq!(answer.failure(), failure(400, "VALIDATION_ERROR"));
        assert_eq!(answer.details(), [("items".to_owned(), text.to_owned())]);
    }

    let shortage = |item, pieces| Shortage {
        item,
        available: Stock::new(pieces),
    };
    let short = refused(PlacementRefusal::Short(vec![
        shortage(0, 1),
        shortage(1, 0),
    ]))
    .await;
    assert_eq!(short.failure(), failure(409, "INSUFFICIENT_STOCK"));
    let detail = |item: usize, text: &str| (format!("items[{item}].quantity"), text.to_owned());
    assert_eq!(
        short.details(),
        [detail(0, "Only 1 in stock"), detail(1, "Only 0 in stock")]
    );
}

#[tokio::test]
async fn too_much_going_on_is_told_with_when_to_come_back() {
    let mut mocks = Mocks::default();
    mocks
        .orders
        .expect_place()
        .returning(|_| Err(RepositoryError::Unavailable("a lock".into())));
    let answer = post("/api/orders", command()).by(ADA);
    let answer = answer.on(&mocks.router()).await;
    assert_eq!(answer.failure(), failure(503, "UNAVAILABLE"));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn somebody_elses_order_does_not_exist() {
    let router = knowing(order()).router();
    let cancel = format!("{PATH}/cancel");
    for caller in [ADA, ADMIN] {
        let answer = get(PATH).by(caller).on(&router).await;
        assert_eq!(answer.data(), shown());
        let etag = answer.header("etag").to_owned();
        let again = get(PATH).by(caller).header("if-none-match", &etag);
        assert_eq!(again.on(&router).await.status, 304);
    }
    for caller in [OTHER, MODERATOR] {
        for call in [get(PATH), call("POST", &cancel)] {
            let answer = call.by(caller).on(&router).await;
            assert_eq!(answer.failure(), failure(404, "NOT_FOUND"));
            assert_eq!(answer.message(), "Order not found");
        }
    }
    for call in [get(PATH), get("/api/orders"), call("POST", &cancel)] {
        let answer = call.by(NOBODY).on(&router).await;
        assert_eq!(answer.failure(), failure(401, "UNAUTHENTICATED"));
    }
}

#[tokio::test]
async fn steps_answer_with_the_order_or_why_not() {
    let path = |step: &str| format!("{PATH}/{step}");
    let with = |status| knowing(Order { status, ..order() }).router();
    for (status, step, caller, message) in [
        (OrderStatus::Pending, "cancel", ADA, "cancelled"),
        (OrderStatus::Pending, "cancel", ADMIN, "cancelled"),
        (OrderStatus::Paid, "cancel", ADMIN, "cancelled"),
        (OrderStatus::Pending, "pay", ADMIN, "paid"),
        (OrderStatus::Paid, "fulfil", ADMIN, "fulfilled"),
    ] {
        let answer = call("POST", &path(step)).by(caller);
        let answer = answer.on(&with(status)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.message(), format!("Order {message} successfully"));
        assert_eq!(answer.data()["status"], message);
        assert!(answer.header("etag").starts_with("\"2-"));
    }
    for (status, step, caller, message) in [
        (
            OrderStatus::Paid,
            "cancel",
            ADA,
            "A paid order can be cancelled by an admin only",
        ),
        (
            OrderStatus::Fulfilled,
            "cancel",
            ADMIN,
            "A fulfilled order cannot become cancelled",
        ),
        (
            OrderStatus::Cancelled,
            "cancel",
            ADA,
            "A cancelled order cannot become cancelled",
        ),
        (
            OrderStatus::Cancelled,
            "pay",
            ADMIN,
            "A cancelled order cannot become paid",
        ),
        (
            OrderStatus::Pending,
            "fulfil",
            ADMIN,
            "A pending order cannot become fulfilled",
        ),
    ] {
        let answer = call("POST", &path(step)).by(caller);
        let answer = answer.on(&with(status)).await;
        assert_eq!(answer.failure(), failure(409, "INVALID_STATE"));
        assert_eq!(answer.message(), message);
    }
    for step in ["pay", "fulfil"] {
        for caller in [ADA, MODERATOR] {
            let answer = call("POST", &path(step)).by(caller);
            let answer = answer.on(&with(OrderStatus::Pending)).await;
            assert_eq!(answer.failure(), failure(403, "FORBIDDEN"));
        }
    }
    for step in ["cancel", "pay", "fulfil"] {
        let answer = call("POST", &path(step))
            .by(ADMIN)
            .header("if-match", "\"9-0011223344556677\"");
        let answer = answer.on(&with(OrderStatus::Cancelled)).await;
        assert_eq!(answer.failure(), failure(412, "PRECONDITION_FAILED"));
        let answer = post(&path(step), json!({"why": ""})).by(ADMIN);
        let answer = answer.on(&with(OrderStatus::Pending)).await;
        assert_eq!(answer.fields(), ["why"]);
    }
}

#[tokio::test]
async fn lists_are_of_own_orders_and_of_all_for_admins() {
    let asked = Arc::new(Mutex::new(OrderQuery::default()));
    let noted = Arc::clone(&asked);
    let mut mocks = Mocks::default();
    mocks.orders.expect_list().returning(move |query| {
        *noted.lock().unwrap() = query;
        Ok(Page {
            items: vec![order()],
            total: Some(Total::Exactly(1)),
            next: None,
        })
    });
    let router = mocks.router();
    for (caller, whose) in [
        (ADA, Some(user_id(1))),
        (MODERATOR, Some(user_id(3))),
        (ADMIN, None),
    ] {
        let answer = get("/api/orders?status=paid&sortBy=totalCents");
        let answer = answer.by(caller).on(&router).await;
        assert_eq!(answer.data(), json!([shown()]));
        let query = asked.lock().unwrap().clone();
        assert_eq!(query.filter.user_id, whose);
        assert_eq!(query.filter.status, Some(OrderStatus::Paid));
        assert_eq!(query.sort, OrderSort::TotalCents);
    }
    let of_ada = format!("/api/orders?userId={}", user_id(1));
    let answer = get(&of_ada).by(ADMIN).on(&router).await;
    assert_eq!(answer.status, 200);
    assert_eq!(asked.lock().unwrap().filter.user_id, Some(user_id(1)));
    for caller in [ADA, MODERATOR] {
        let answer = get(&of_ada).by(caller).on(&router).await;
        assert_eq!(answer.failure(), failure(403, "FORBIDDEN"));
        assert_eq!(answer.fields(), ["userId"]);
    }
    let wrong = get("/api/orders?userId=1&status=lost").by(ADMIN);
    let wrong = wrong.on(&router).await;
    assert_eq!(wrong.failure(), failure(400, "VALIDATION_ERROR"));
    assert_eq!(wrong.fields(), ["status", "userId"]);
}
