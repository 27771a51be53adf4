//! Who sees which posts, by every way that leads to one.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Caller, Kind, Server, TestDatabase, text};

const DRAFT: &str = "draft";
const PUBLISHED: &str = "published";
const ARCHIVED: &str = "archived";
const DELETED: &str = "deleted";
const ALL: [&str; 4] = [DRAFT, PUBLISHED, ARCHIVED, DELETED];

/// Posts of one author, one of each kind; each had a slug that readers knew.
struct Posts {
    author: Caller,
    /// In the order of [`ALL`].
    posts: [Value; 4],
}

impl Posts {
    async fn write(author: Caller) -> Self {
        let mut posts = [Value::Null, Value::Null, Value::Null, Value::Null];
        for (kind, post) in ALL.into_iter().zip(&mut posts) {
            let written = author
                .write(json!({
                    "title": format!("Engines {kind}"),
                    "content": "Once upon a time",
                    "status": "published",
                }))
                .await;
            let path = format!("/api/posts/{}", text(&written["id"]));
            let slug = json!({"slug": format!("new-{kind}")});
            let mut renamed = author.patch(&path, slug).await;
            match kind {
                DRAFT | ARCHIVED => renamed = author.patch(&path, json!({"status": kind})).await,
                DELETED => assert_eq!(author.delete(&path).await.status, 200),
                _ => {}
            }
            assert_eq!(renamed.status, 200, "{}", renamed.body);
            *post = renamed.body["data"].clone();
        }
        Self { author, posts }
    }

    /// Which kinds of posts a list holds.
    fn kinds(&self, list: &Value) -> Vec<&'static str> {
        let listed = list.as_array().unwrap();
        let is_listed = |post: &Value| listed.iter().any(|other| other["id"] == post["id"]);
        let kinds = ALL.into_iter().zip(&self.posts);
        kinds
            .filter_map(|(kind, post)| is_listed(post).then_some(kind))
            .collect()
    }

    /// Which kinds a reader finds one by one.
    async fn found(&self, reader: &Caller, path: impl Fn(&str, &Value) -> String) -> Vec<&str> {
        let mut found = Vec::new();
        for (kind, post) in ALL.into_iter().zip(&self.posts) {
            let answer = reader.get(&path(kind, post)).await;
            match answer.status.as_u16() {
                200 => {
                    assert_eq!(answer.body["data"]["id"], post["id"]);
                    found.push(kind);
                }
                status => assert_eq!(status, 404, "{}", answer.body),
            }
        }
        found
    }

    /// Which kinds a list holds when its pages are followed by their cursors.
    async fn walked(&self, reader: &Caller, list: &str) -> Vec<&'static str> {
        let mut posts = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = reader
                .get(&format!("{list}&limit=1&count=none{cursor}"))
                .await;
            assert_eq!(page.status, 200, "{}", page.body);
            posts.extend(page.body["data"].as_array().unwrap().clone());
            match page.body["pagination"]["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return self.kinds(&posts.into()),
            }
        }
    }

    async fn check(&self, reader: &Caller, live: &[&str], is_told: bool) {
        let id = |_: &str, post: &Value| format!("/api/posts/{}", text(&post["id"]));
        let by_id = self.found(reader, id).await;
        let (deleted, by_id): (Vec<&str>, Vec<&str>) =
            by_id.into_iter().partition(|kind| *kind == DELETED);
        assert_eq!(by_id, live);
        let slug = |kind: &str, _: &Value| format!("/api/posts/slug/new-{kind}");
        assert_eq!(self.found(reader, slug).await, live);
        let old = |kind: &str, _: &Value| format!("/api/posts/slug/engines-{kind}");
        assert_eq!(self.found(reader, old).await, live);

        for list in [
            "/api/posts?sortBy=title".to_owned(),
            "/api/posts?search=ENGINES".to_owned(),
            format!("/api/posts?authorId={}", self.author.id),
        ] {
            let page = reader.get(&list).await;
            assert_eq!(self.kinds(&page.body["data"]), live, "{list}");
            assert_eq!(page.body["pagination"]["total"], live.len(), "{list}");
            assert_eq!(self.walked(reader, &list).await, live, "{list}");
        }
        for status in [DRAFT, PUBLISHED, ARCHIVED] {
            let page = reader.get(&format!("/api/posts?status={status}")).await;
            let expected = usize::from(live.contains(&status));
            assert_eq!(page.body["pagination"]["total"], expected, "{status}");
        }
        let list = reader.get("/api/posts?deleted=true").await;
        assert_eq!(deleted == [DELETED], list.status == 200);
        if list.status == 200 {
            assert_eq!(self.kinds(&list.body["data"]), [DELETED]);
        }

        let profile = reader.get(&self.author.path()).await;
        assert_eq!(self.kinds(&profile.body["data"]["posts"]), [PUBLISHED]);
        let told = async |path: &str| {
            let answer = reader.get(&format!("{}/{path}", self.author.path())).await;
            let counts = answer.body["data"].as_array()?.iter();
            let counts = counts.map(|row| row["count"].as_u64().or(row["postCount"].as_u64()));
            Some(counts.map(Option::unwrap).collect::<Vec<_>>())
        };
        // Of each status one, and of the deleted none; and one that is published now.
        assert_eq!(told("stats").await, is_told.then(|| vec![1, 1, 1]));
        assert_eq!(told("analytics").await, is_told.then(|| vec![1]));
    }
}

#[rstest]
#[tokio::test]
async fn each_caller_sees_the_same_by_every_way(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let posts = Posts::write(server.sign_up("ada").await).await;
    let admin = server.admin(&database, "root").await;
    let other = server.sign_up("grace").await;
    let moderator = server.sign_up("hedy").await;
    let promotion = json!({"role": "moderator"});
    assert_eq!(admin.patch(&moderator.path(), promotion).await.status, 200);

    let everything = [DRAFT, PUBLISHED, ARCHIVED];
    posts.check(&server.anonymous(), &[PUBLISHED], false).await;
    posts.check(&other, &[PUBLISHED], false).await;
    posts.check(&posts.author, &everything, true).await;
    posts.check(&moderator, &everything, true).await;
    posts.check(&admin, &everything, true).await;
    let deleted = format!("/api/posts/{}", text(&posts.posts[3]["id"]));
    assert_eq!(admin.get(&deleted).await.status, 200);
    assert_eq!(moderator.get(&deleted).await.status, 404);
}
