use std::convert::Infallible;

use super::*;

const MAX_BYTES: u64 = 1024 * 1024;

fn text(text: &str) -> Rendered {
    Rendered {
        body: Bytes::copy_from_slice(text.as_bytes()),
        tag: None,
    }
}

/// The answer that shows a number, and whether it was rendered for this call.
fn show(
    cache: &RenderCache,
    value: &Arc<u64>,
    part: Option<(&PageRequest, &Fingerprint)>,
) -> (String, bool) {
    let mut is_rendered = false;
    let rendered = cache.get_or_render(value, part, |number| {
        is_rendered = true;
        Ok::<_, Infallible>(text(&number.to_string()))
    });
    let Ok(Rendered { body, .. }) = rendered;
    (String::from_utf8(body.into()).unwrap(), is_rendered)
}

#[test]
fn a_shared_value_is_rendered_once() {
    let cache = RenderCache::new(MAX_BYTES);
    let value = Arc::new(7);
    let other_reader = Arc::clone(&value);
    assert_eq!(show(&cache, &value, None), ("7".to_owned(), true));
    assert_eq!(show(&cache, &other_reader, None), ("7".to_owned(), false));
}

#[test]
fn equal_values_are_not_the_same() {
    let cache = RenderCache::new(MAX_BYTES);
    let values = [Arc::new(7), Arc::new(7)];
    for value in &values.clone() {
        assert_eq!(show(&cache, value, None), ("7".to_owned(), true));
    }
}

#[test]
fn a_value_that_nobody_else_holds_is_not_kept() {
    let cache = RenderCache::new(MAX_BYTES);
    let value = Arc::new(7);
    assert!(show(&cache, &value, None).1);
    assert!(show(&cache, &value, None).1);
    assert_eq!(cache.bytes(), 0);
}

#[test]
fn an_address_is_not_taken_for_the_next_value_at_it() {
    let cache = RenderCache::new(MAX_BYTES);
    for number in 0..100 {
        let value = Arc::new(number);
        let _other_reader = Arc::clone(&value);
        let shown = show(&cache, &value, None);
        assert_eq!(shown, (number.to_string(), true));
    }
}

#[test]
fn another_part_of_the_list_and_another_list_are_rendered_anew() {
    let cache = RenderCache::new(MAX_BYTES);
    let value = Arc::new(7);
    let _other_reader = Arc::clone(&value);
    let counted = PageRequest::default();
    let uncounted = PageRequest {
        count: false,
        ..PageRequest::default()
    };
    let (by_name, by_price) = (Fingerprint::of("by name"), Fingerprint::of("by price"));
    let parts = [
        (&counted, &by_name),
        (&uncounted, &by_name),
        (&counted, &by_price),
    ];
    for is_first in [true, false] {
        for part in parts {
            assert_eq!(show(&cache, &value, Some(part)).1, is_first);
        }
    }
}

#[test]
fn a_failure_is_not_kept() {
    let cache = RenderCache::new(MAX_BYTES);
    let value = Arc::new(7);
    let _other_reader = Arc::clone(&value);
    let failed = cache.get_or_render(&value, None, |_| Err("no"));
    assert_eq!(failed.err(), Some("no"));
    assert_eq!(show(&cache, &value, None), ("7".to_owned(), true));
}

#[test]
fn no_more_is_kept_than_may_be() {
    let cache = RenderCache::new(MAX_BYTES);
    let values: Vec<_> = (0..1000_u64).map(Arc::new).collect();
    let long = "x".repeat(10_000);
    for value in &values.clone() {
        let render = |_: &u64| Ok::<_, Infallible>(text(&long));
        cache.get_or_render(value, None, render).unwrap();
    }
    let bytes = cache.bytes();
    assert!((MAX_BYTES / 4..=MAX_BYTES).contains(&bytes), "{bytes}");
}

#[test]
fn without_room_nothing_is_kept() {
    for cache in [RenderCache::new(0), RenderCache::default()] {
        let value = Arc::new(7);
        let _other_reader = Arc::clone(&value);
        assert!(show(&cache, &value, None).1);
        assert!(show(&cache, &value, None).1);
        assert_eq!(cache.bytes(), 0);
    }
}
