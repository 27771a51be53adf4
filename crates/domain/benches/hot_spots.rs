//! What runs without I/O for every post that is written: `cargo bench --package hexpress-domain`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hexpress_domain::list::fold;
use hexpress_domain::post::{MadeSlug, Metadata, NewPost, RawNewPost, Title};
use hexpress_domain::validation::Field;

const METADATA: &str =
    r#"{"tags":["engines","looms"],"mood":"calm","ratings":{"style":4.5,"length":2}}"#;

fn content() -> String {
    "The engine weaves algebraic patterns. ".repeat(40)
}

fn raw() -> RawNewPost {
    RawNewPost {
        title: Field::Value("Notes on the Analytical Engine".to_owned()),
        content: Field::Value(content()),
        metadata: Field::Value(METADATA.to_owned()),
        ..RawNewPost::default()
    }
}

fn hot_spots(criterion: &mut Criterion) {
    for (name, title) in [
        ("slug of an English title", "Notes on the Analytical Engine"),
        ("slug of a Chinese title", "分析机上的笔记与说明"),
    ] {
        let title: Title = title.parse().unwrap();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| MadeSlug::of_title(black_box(&title)));
        });
    }
    criterion.bench_function("validation of a post of 1.5 kB", |bencher| {
        bencher.iter_with_setup(raw, |raw| NewPost::parse(black_box(raw)));
    });
    criterion.bench_function("reading metadata", |bencher| {
        bencher.iter(|| black_box(METADATA).parse::<Metadata>());
    });
    let content = content();
    criterion.bench_function("folding 1.5 kB for searches", |bencher| {
        bencher.iter(|| fold([black_box(content.as_str())]));
    });
}

criterion_group!(benches, hot_spots);
criterion_main!(benches);
