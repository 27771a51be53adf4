//! A site that has all of Hexpress under `/blog`, beside pages of its own.
//!
//! What is taken: the routes (`hexpress-web`), what they do (`hexpress-app`), and the adapters that
//! do it (`hexpress-infra`), on a database that is the blog's alone. What is its own: the rest of
//! the site, the address that it listens on, and when it stops.
//!
//! Open [`site`] first, then [`Blog::open`], which puts the parts together.

#![deny(missing_docs)]

mod blog;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

pub use blog::{Blog, BlogError};

/// Where the blog stands in the site.
pub const BLOG: &str = "/blog";

/// The site: a page of its own, and the blog.
pub fn site(blog: &Blog) -> Router {
    Router::new()
        .route("/", get(home))
        .nest(BLOG, blog.router())
}

async fn home() -> Html<String> {
    Html(format!(
        "<!doctype html><title>Engines</title><h1>Engines</h1>\
         <p>The blog's API is described at <a href=\"{BLOG}/docs\">{BLOG}/docs</a>."
    ))
}
