//! The site on a loopback port, called like any other.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::time::Duration;

use embedded_blog::{BLOG, Blog, site};
use futures_util::TryStreamExt;
use hexpress_client::domain::auth::Credentials;
use hexpress_client::domain::post::{Metadata, NewPost, PostPatch, PostStatus};
use hexpress_client::domain::user::{NewUser, PersonName};
use hexpress_client::post::ListPosts;
use hexpress_client::{Client, ErrorCode};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::net::TcpListener;

async fn serve(blog: &Blog) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = site(blog).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, site).await });
    address
}

/// Somebody who has signed up.
async fn ada(client: &Client) -> Client {
    let credentials = Credentials {
        email: "ada@example.org".parse().unwrap(),
        password: "correct horse".parse().unwrap(),
    };
    let user = NewUser {
        email: credentials.email.clone(),
        password: credentials.password.clone(),
        name: PersonName {
            first: "Ada".parse().unwrap(),
            last: "Lovelace".parse().unwrap(),
        },
    };
    client.users().sign_up(&user).await.unwrap();
    let session = client.auth().log_in(&credentials).await.unwrap();
    client.with_token(&session.token)
}

#[tokio::test]
async fn a_site_with_a_blog() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("blog.db").display());
    let blog = Blog::open(url.parse().unwrap(), BLOG).await.unwrap();
    let address = serve(&blog).await;

    // A typed client knows the blog by its base path.
    let client = Client::builder(&format!("http://{address}{BLOG}")).no_proxy();
    let client = client.build().unwrap();
    let ada = ada(&client).await;
    let post = NewPost {
        title: "On Engines".parse().unwrap(),
        content: "They weave.".parse().unwrap(),
        excerpt: None,
        status: PostStatus::Published,
        metadata: Metadata::default(),
        slug: None,
    };
    let post = ada.posts().create(&post).await.unwrap().value;
    let posts: Vec<_> = client
        .posts()
        .stream(ListPosts::default())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(posts.len(), 1);

    // What clients are told of addresses begins with it, too.
    let renamed = PostPatch {
        slug: Some("engines".parse().unwrap()),
        ..PostPatch::default()
    };
    ada.posts().update(post.id, &renamed, None).await.unwrap();
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let plain = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none());
    let plain = plain.build().unwrap();
    let get = async |path: &str| {
        plain
            .get(format!("http://{address}{path}"))
            .send()
            .await
            .unwrap()
    };
    let moved = get("/blog/api/posts/slug/on-engines").await;
    assert_eq!(moved.status(), 308);
    let location = moved.headers().get("location").unwrap();
    assert_eq!(location, "/blog/api/posts/slug/engines");
    let body = r#"{"email":"bob@example.org","password":"battery staple","firstName":"Bob","lastName":""}"#;
    let signed_up = plain
        .post(format!("http://{address}/blog/api/users"))
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap();
    let location = signed_up
        .headers()
        .get("location")
        .unwrap()
        .to_str()
        .unwrap();
    assert!(location.starts_with("/blog/api/users/"), "{location}");
    let document: Value = get("/blog/api/openapi.json").await.json().await.unwrap();
    assert_eq!(document.pointer("/servers/0/url"), Some(&json!("/blog")));
    assert_eq!(get("/blog/docs").await.status(), 200);

    // The site's own page stands beside it, and the blog's routes nowhere else.
    let home = get("/").await;
    assert_eq!(home.status(), 200);
    assert!(home.text().await.unwrap().contains("Engines"));
    assert_eq!(get("/api/posts").await.status(), 404);
    let unknown = get("/blog/api/nope").await;
    let unknown: Value = unknown.json().await.unwrap();
    assert_eq!(
        unknown.pointer("/error/message"),
        Some(&json!("Route GET /blog/api/nope not found"))
    );

    blog.sweep().await.unwrap();
    assert!(blog.close(Duration::from_secs(10)).await);
    let closed = ada.posts().delete(post.id, None).await.unwrap_err();
    assert_eq!(closed.code(), Some(&ErrorCode::Unavailable));
}
