use chrono::TimeDelta;
use hexpress_app::order::OrderPolicy;
use hexpress_app::permissions::Permit;
use hexpress_app::{Error, InvalidState, Preconditions, Resource};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;
use hexpress_domain::list::{Page, PageRequest, Position};
use hexpress_domain::money::MoneyError;
use hexpress_domain::order::{
    IdempotencyKey, NewOrder, Order, OrderFilter, OrderQuery, OrderSort, OrderStatus, Placement,
    PlacementRefusal, RawNewOrder, RawNewOrderItem, Shortage,
};
use hexpress_domain::product::Stock;
use hexpress_domain::user::Role;
use hexpress_domain::validation::Field;

use crate::support::{Mocks, engine, may, now, order, order_id, session, user_id};

fn command() -> NewOrder {
    let item = RawNewOrderItem {
        product_id: Field::Value(engine().id.to_string()),
        quantity: Field::Value(2),
    };
    NewOrder::parse(RawNewOrder {
        items: Field::Value(vec![Field::Value(item)]),
    })
    .unwrap()
}

fn owner() -> Actor {
    session(1, Role::User)
}

fn admin() -> Actor {
    session(9, Role::Admin)
}

/// An order of this status, which can take steps.
fn with_status(status: OrderStatus) -> Mocks {
    Mocks::with_order(&Order { status, ..order() })
}

#[tokio::test]
async fn whoever_has_an_account_places_orders_of_their_own() {
    let mut mocks = Mocks::default();
    mocks.orders.expect_place().times(2).returning(|record| {
        assert_eq!((record.id, record.user_id), (order_id(100), user_id(1)));
        assert_eq!((&record.order, record.at), (&command(), now()));
        let expiry = record.idempotency.map(|known| known.expires_at);
        assert!(expiry.is_none_or(|at| at == now() + TimeDelta::hours(24)));
        Ok(match expiry {
            None => Placement::Placed(order()),
            Some(_) => Placement::Replayed(order()),
        })
    });
    let service = mocks.services().orders;
    let placed = service
        .place(&may(&owner()), command(), None)
        .await
        .unwrap();
    assert_eq!((placed.order, placed.is_replayed), (order(), false));
    let key: IdempotencyKey = "key".parse().unwrap();
    let placed = service.place(&may(&owner()), command(), Some(key)).await;
    assert!(placed.unwrap().is_replayed);
    for actor in [Actor::Anonymous, Actor::Operator] {
        let placed = async {
            service
                .place(&Permit::of(actor.clone())?, command(), None)
                .await
        }
        .await;
        assert!(matches!(placed, Err(Error::Unauthenticated)));
    }
}

#[tokio::test]
async fn a_refusal_names_the_lines_at_fault() {
    let placed = async |placement: Placement| {
        let mut mocks = Mocks::default();
        mocks
            .orders
            .expect_place()
            .return_once(move |_| Ok(placement));
        let service = mocks.services().orders;
        service
            .place(&may(&owner()), command(), None)
            .await
            .unwrap_err()
    };
    let missing = placed(Placement::Refused(PlacementRefusal::NotForSale(vec![0, 2]))).await;
    let Error::MissingReference { fields } = missing else {
        panic!("{missing}");
    };
    assert_eq!(fields, ["items[0].productId", "items[2].productId"]);
    let mixed = PlacementRefusal::Total(MoneyError::MixedCurrencies);
    let mixed = placed(Placement::Refused(mixed)).await;
    let Error::Validation(errors) = mixed else {
        panic!("{mixed}");
    };
    assert_eq!(errors.as_slice()[0].field, "items");
    let short = PlacementRefusal::Short(vec![Shortage {
        item: 3,
        available: Stock::new(7),
    }]);
    let short = placed(Placement::Refused(short)).await;
    let Error::InsufficientStock(shortages) = short else {
        panic!("{short}");
    };
    assert_eq!(shortages[0].field, "items[3].quantity");
    assert_eq!(shortages[0].available.get(), 7);
    let reused = placed(Placement::KeyReused).await;
    assert!(matches!(reused, Error::IdempotencyKeyReused));
}

#[tokio::test]
async fn somebody_elses_order_does_not_exist() {
    for (actor, sees) in [
        (owner(), true),
        (session(2, Role::User), false),
        (session(2, Role::Moderator), false),
        (admin(), true),
    ] {
        let service = with_status(OrderStatus::Pending).services().orders;
        let read = async { service.read(&Permit::of(actor.clone())?, order().id).await }.await;
        let cancelled = async {
            service
                .cancel(&Permit::of(actor.clone())?, order().id, None)
                .await
        }
        .await;
        if sees {
            assert_eq!(read.unwrap(), order());
            assert_eq!(cancelled.unwrap().status, OrderStatus::Cancelled);
        } else {
            assert!(matches!(read, Err(Error::NotFound(Resource::Order))));
            assert!(matches!(cancelled, Err(Error::NotFound(Resource::Order))));
        }
    }
}

#[tokio::test]
async fn lists_hold_own_orders_and_everybodys_for_admins() {
    let empty = || Page {
        items: Vec::new(),
        total: None,
        next: None,
    };
    for (actor, asked, listed) in [
        (owner(), None, Some(user_id(1))),
        (session(2, Role::Moderator), None, Some(user_id(2))),
        (admin(), None, None),
        (admin(), Some(user_id(1)), Some(user_id(1))),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .orders
            .expect_list()
            .withf(move |query| query.filter.user_id == listed)
            .times(1)
            .returning(move |_| Ok(empty()));
        let query = OrderQuery {
            filter: OrderFilter {
                user_id: asked,
                ..OrderFilter::default()
            },
            ..OrderQuery::default()
        };
        assert!(
            async {
                mocks
                    .services()
                    .orders
                    .list(&Permit::of(actor.clone())?, query)
                    .await
            }
            .await
            .is_ok()
        );
    }
    let own = || OrderQuery {
        filter: OrderFilter {
            user_id: Some(user_id(1)),
            ..OrderFilter::default()
        },
        ..OrderQuery::default()
    };
    let service = Mocks::default().services().orders;
    let refused = service.list(&may(&owner()), own()).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let refused = async {
        service
            .list(&Permit::of(Actor::Anonymous)?, OrderQuery::default())
            .await
    }
    .await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
    let foreign = OrderQuery {
        page: PageRequest {
            position: Position::After(OrderSort::TotalCents.cursor(&order())),
            ..PageRequest::default()
        },
        ..OrderQuery::default()
    };
    let refused = service.list(&may(&owner()), foreign).await;
    assert!(matches!(refused, Err(Error::Validation(_))));
}

#[tokio::test]
async fn steps_are_taken_by_whom_and_whence_the_contract_says() {
    use OrderStatus::{Cancelled, Fulfilled, Paid, Pending};

    for status in OrderStatus::ALL {
        let step = async |actor: Actor, to| {
            let service = with_status(status).services().orders;
            let id = order().id;
            match to {
                Cancelled => {
                    async { service.cancel(&Permit::of(actor.clone())?, id, None).await }.await
                }
                Paid => async { service.pay(&Permit::of(actor.clone())?, id, None).await }.await,
                _ => async { service.fulfil(&Permit::of(actor.clone())?, id, None).await }.await,
            }
        };
        for (actor, to, from) in [
            (owner(), Cancelled, &[Pending][..]),
            (admin(), Cancelled, &[Pending, Paid]),
            (admin(), Paid, &[Pending]),
            (admin(), Fulfilled, &[Paid]),
        ] {
            match step(actor, to).await {
                Ok(order) => assert!(from.contains(&status) && order.status == to),
                Err(Error::InvalidState(_)) => assert!(!from.contains(&status)),
                Err(error) => panic!("{error}"),
            }
        }
        for actor in [owner(), session(1, Role::Moderator)] {
            for to in [Paid, Fulfilled] {
                let refused = step(actor.clone(), to).await;
                assert!(matches!(refused, Err(Error::Forbidden { .. })));
            }
        }
        for to in [Cancelled, Paid, Fulfilled] {
            let refused = step(Actor::Anonymous, to).await;
            assert!(matches!(refused, Err(Error::Unauthenticated)));
        }
    }
}

#[tokio::test]
async fn a_step_moves_the_status_the_version_and_the_time() {
    let service = with_status(OrderStatus::Pending).services().orders;
    let paid = service.pay(&may(&admin()), order().id, None).await.unwrap();
    let expected = Order {
        status: OrderStatus::Paid,
        version: Version::new(2),
        updated_at: now(),
        ..order()
    };
    assert_eq!(paid, expected);
    let service = with_status(OrderStatus::Paid).services().orders;
    let cancelled = service.cancel(&may(&owner()), order().id, None).await;
    assert!(matches!(
        cancelled,
        Err(Error::InvalidState(InvalidState::OrderPaid))
    ));
}

#[tokio::test]
async fn the_precondition_comes_before_the_state() {
    let service = with_status(OrderStatus::Cancelled).services().orders;
    let tag = Preconditions::versions(vec![Version::new(9)]);
    let cancelled = service.cancel(&may(&owner()), order().id, Some(&tag)).await;
    assert!(matches!(cancelled, Err(Error::PreconditionFailed)));
}

#[tokio::test]
async fn overdue_is_what_was_placed_before_the_time_to_pay() {
    let mut mocks = Mocks::default();
    mocks.orders.expect_cancel_overdue().returning(|until, at| {
        assert_eq!((until, at), (now() - TimeDelta::minutes(30), now()));
        Ok(7)
    });
    assert_eq!(mocks.services().orders.cancel_overdue().await.unwrap(), 7);
    let never = OrderPolicy {
        key_ttl: TimeDelta::hours(24),
        pending_ttl: None,
    };
    let service = Mocks::default().services_with(never).orders;
    assert_eq!(service.cancel_overdue().await.unwrap(), 0);
}
