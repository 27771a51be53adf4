//! The orders of all lists.

use std::fmt::Debug;

use hexpress_domain::list::Sort;
use hexpress_domain::order::OrderSort;
use hexpress_domain::post::PostSort;
use hexpress_domain::product::ProductSort;
use hexpress_domain::user::UserSort;

fn reads_what_it_writes<S: Sort + Debug + PartialEq>() {
    for sort in S::ALL {
        assert_eq!(S::parse(sort.as_str()), Ok(*sort));
    }
    assert_eq!(S::ALL.first(), Some(&S::default()));
    assert!(S::parse("id").is_err());
}

#[test]
fn orders_are_read_by_name() {
    reads_what_it_writes::<UserSort>();
    reads_what_it_writes::<PostSort>();
    reads_what_it_writes::<ProductSort>();
    reads_what_it_writes::<OrderSort>();
    assert_eq!(
        ProductSort::parse("price").map_err(|error| error.to_string()),
        Err("Must be one of: createdAt, name, priceCents, stock".to_owned())
    );
}
