//! `hexpress seed`.

use rstest::rstest;

use crate::support::{Kind, Server, TestDatabase, hexpress, run, stderr, stdout};

/// All that a seed has made, as the database holds it, but the password's hashes.
async fn rows(database: &TestDatabase) -> [Vec<Vec<Option<String>>>; 3] {
    [
        database
            .query_text(
                "SELECT id, email, first_name, last_name, role, is_active, last_login_at, search_text,
                     version, created_at, updated_at, deleted_at FROM users ORDER BY id",
            )
            .await,
        database.query_text("SELECT * FROM posts ORDER BY id").await,
        database
            .query_text("SELECT post_id, count FROM post_views ORDER BY post_id")
            .await,
    ]
}

fn seed(database: &TestDatabase, arguments: &[&str]) -> String {
    let mut all = vec!["seed"];
    all.extend_from_slice(arguments);
    let output = run(database, &all, "");
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[rstest]
#[tokio::test]
async fn the_same_seed_makes_the_same_rows_and_none_twice(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let small = ["--users", "20", "--posts", "700"];
    let printed = seed(&database, &small);
    assert!(
        printed.contains("users: 20 added, 0 were there"),
        "{printed}"
    );
    assert!(
        printed.contains("posts: 700 added, 0 were there"),
        "{printed}"
    );
    let before = rows(&database).await;
    assert_eq!(before.each_ref().map(Vec::len), [20, 700, 700]);

    let printed = seed(&database, &small);
    assert!(
        printed.contains("users: 0 added, 20 were there"),
        "{printed}"
    );
    assert!(
        printed.contains("posts: 0 added, 700 were there"),
        "{printed}"
    );
    assert_eq!(rows(&database).await, before);

    let elsewhere = TestDatabase::migrated(kind).await;
    seed(&elsewhere, &small);
    assert_eq!(rows(&elsewhere).await, before);

    let printed = seed(&database, &["--users", "25", "--posts", "710"]);
    assert!(
        printed.contains("users: 5 added, 20 were there"),
        "{printed}"
    );
    assert!(
        printed.contains("posts: 10 added, 700 were there"),
        "{printed}"
    );

    let printed = seed(
        &database,
        &["--users", "5", "--posts", "5", "--rng-seed", "2"],
    );
    assert!(
        printed.contains("posts: 5 added, 0 were there"),
        "{printed}"
    );
}

#[rstest]
#[tokio::test]
async fn made_up_people_log_in_and_their_posts_are_read(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let printed = seed(&database, &["--users", "30", "--posts", "300"]);
    let server = Server::start(&database, &[]);
    let anybody = server.anonymous();
    let (_, password) = printed.trim_end().rsplit_once("password: ").unwrap();
    for role in ["admin", "moderator", "user"] {
        let line = printed
            .lines()
            .find(|line| line.ends_with(&format!("({role})")));
        let email = line.unwrap().split_whitespace().next().unwrap();
        let login = anybody.log_in(email, password).await;
        assert_eq!(login.status, 200, "{}", login.body);
        assert_eq!(login.body["data"]["user"]["role"], role);
    }

    let most_read = anybody.get("/api/posts?sortBy=viewCount&limit=5").await;
    let posts = most_read.body["data"].as_array().unwrap();
    assert_eq!(posts.len(), 5);
    assert!(posts[0]["viewCount"].as_u64() > Some(1_000), "{}", posts[0]);
    let slug = posts[0]["slug"].as_str().unwrap();
    let post = anybody.get(&format!("/api/posts/slug/{slug}")).await;
    assert_eq!(post.status, 200, "{}", post.body);
    assert!(post.body["data"]["metadata"]["tags"].is_array());

    let title = post.body["data"]["title"].as_str().unwrap();
    let found = anybody
        .request(reqwest::Method::GET, "/api/posts")
        .query(&[("search", title.to_uppercase().as_str()), ("limit", "100")]);
    let found = crate::support::send(found).await;
    let found = found.body["data"].as_array().unwrap();
    assert!(found.iter().any(|post| post["slug"] == slug));
}

#[test]
fn production_takes_no_seed_without_a_yes_and_a_password_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("shop.db").display());
    let run = |arguments: &[&str], password: Option<&str>| {
        hexpress(folder.path())
            .args(arguments)
            .env("APP_ENV", "production")
            .env("AUTO_MIGRATE", "true")
            .env("DATABASE_URL", &url)
            .envs(password.map(|password| ("HEXPRESS_PASSWORD", password)))
            .output()
            .unwrap()
    };
    let seed = ["seed", "--users", "3", "--posts", "3"];
    let sure = ["seed", "--users", "3", "--posts", "3", "--yes"];
    for (output, hint) in [
        (run(&seed, Some("battery staple")), "--yes"),
        (run(&sure, None), "HEXPRESS_PASSWORD"),
        (run(&sure, Some("short")), "at least 8 characters"),
    ] {
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(
            error.contains(hint) && error.lines().count() <= 2,
            "{error}"
        );
    }
    let seeded = run(&sure, Some("battery staple"));
    assert!(seeded.status.success(), "{}", stderr(&seeded));
    assert!(stdout(&seeded).contains("battery staple"));
}

#[tokio::test]
async fn an_email_that_somebody_has_is_explained() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let printed = seed(&database, &["--users", "1", "--posts", "0"]);
    assert!(printed.contains("(admin)"), "{printed}");
    database
        .execute("UPDATE users SET id = x'00000000000070008000000000000001'")
        .await;
    let output = run(&database, &["seed", "--users", "1", "--posts", "0"], "");
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("--rng-seed"), "{error}");
}
