//! The interactive reference: all of it from the binary.

use std::collections::BTreeSet;

use crate::support::{Mocks, STRANGER, failure, get};

/// The addresses that a page or a script of ours names.
fn addresses(text: &str) -> Vec<&str> {
    text.split(['"', '\'', '(', ')', ' '])
        .filter(|word| word.contains("//"))
        .collect()
}

#[tokio::test]
async fn the_page_and_all_that_it_names_come_from_the_router() {
    let router = Mocks::default().router();
    let page = get("/docs").by(STRANGER).on(&router).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(addresses(&page.text), Vec::<&str>::new());
    let attributes = page
        .text
        .split(['"'])
        .filter(|word| word.starts_with("docs/"));
    let files: Vec<_> = attributes.collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for (file, content_type) in files.iter().zip([
        "text/css",
        "image/png",
        "text/javascript",
        "text/javascript",
    ]) {
        let answer = get(&format!("/{file}")).on(&router).await;
        assert_eq!(answer.status, 200, "{file}");
        assert_eq!(answer.header("content-type"), content_type, "{file}");
        assert_ne!(answer.header("content-length"), "0", "{file}");
    }
    let start = get("/docs/start.js").on(&router).await;
    assert_eq!(start.text.matches("//").count(), 1, "its comment alone");
    let styles = get("/docs/swagger-ui.css").on(&router).await.text;
    assert!(!styles.contains("@import"));
    for loaded in styles.split("url(").skip(1) {
        assert!(
            loaded.trim_start_matches('"').starts_with("data:"),
            "{loaded:.80}"
        );
    }
}

/// What a browser has already is not sent again, and what it has not is sent small.
#[tokio::test]
async fn its_files_have_tags_and_are_compressed() {
    let router = Mocks::default().router();
    let mut tags = BTreeSet::new();
    for path in [
        "/docs",
        "/docs/start.js",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/favicon-32x32.png",
        "/api/openapi.json",
    ] {
        let whole = get(path).on(&router).await;
        let tag = whole.header("etag").to_owned();
        let known = get(path).header("if-none-match", &tag).on(&router).await;
        assert_eq!(known.status, 304, "{path}");
        assert_eq!(known.header("etag"), tag, "{path}");
        let other = get(path).header("if-none-match", "\"0\"").on(&router).await;
        assert_eq!(other.status, 200, "{path}");
        if whole.text.len() > 1024 {
            let small = get(path).header("accept-encoding", "br").on(&router).await;
            assert_eq!(small.header("content-encoding"), "br", "{path}");
            assert_eq!(small.header("etag"), tag, "{path}");
        }
        assert!(tags.insert(tag), "{path} has the tag of another file");
    }
}

#[tokio::test]
async fn a_browser_is_forbidden_to_load_anything_from_elsewhere() {
    let page = get("/docs").on(&Mocks::default().router()).await;
    let policy = page.header("content-security-policy");
    for directive in policy.split(';') {
        let mut words = directive.split_whitespace();
        let name = words.next().unwrap();
        for source in words {
            let is_local = ["'none'", "'self'", "'unsafe-inline'", "data:"].contains(&source);
            assert!(is_local, "{name} {source}");
        }
    }
    assert!(policy.contains("default-src 'none'"));
    assert!(
        policy.contains("script-src 'self';"),
        "no script within the page"
    );
}

#[tokio::test]
async fn it_works_wherever_the_router_is_nested() {
    let nested = axum::Router::new().nest("/blog", Mocks::default().router());
    let page = get("/blog/docs").on(&nested).await;
    assert_eq!(page.status, 200);
    // Relative to /blog/docs.
    assert!(!page.text.contains("=\"/"), "{}", page.text);
    assert_eq!(
        get("/blog/docs/swagger-ui.css").on(&nested).await.status,
        200
    );
    assert_eq!(get("/blog/api/openapi.json").on(&nested).await.status, 200);
}

#[tokio::test]
async fn other_files_are_none_of_it() {
    let router = Mocks::default().router();
    for path in [
        "/docs/index.html",
        "/docs/swagger-initializer.js",
        "/docs/a/b",
        "/docs/..%2Fx",
    ] {
        let answer = get(path).on(&router).await;
        assert_eq!(answer.failure(), failure(404, "NOT_FOUND"), "{path}");
        assert_eq!(answer.message(), format!("Route GET {path} not found"));
    }
    let query = get("/docs?url=x").on(&router).await;
    assert_eq!(query.failure(), failure(400, "VALIDATION_ERROR"));
}
