//! `hexpress seed`.

use rstest::rstest;

use serde_json::json;

use crate::support::{
    Kind, Server, TestDatabase, assert_books_balance, assert_known_to_the_planner, hexpress, run,
    stderr, stdout, text,
};

/// All that a seed has made, as the database holds it, but the password's hashes.
async fn rows(database: &TestDatabase) -> [Vec<Vec<Option<String>>>; 8] {
    [
        database
            .query_text(
                "SELECT id, email, first_name, last_name, role, is_active, last_login_at, search_text,
                     version, created_at, updated_at, deleted_at FROM users ORDER BY id",
            )
            .await,
        database.query_text("SELECT * FROM posts ORDER BY id").await,
        database
            .query_text("SELECT * FROM post_texts ORDER BY post_id")
            .await,
        database
            .query_text("SELECT post_id, count FROM post_views ORDER BY post_id")
            .await,
        database.query_text("SELECT * FROM products ORDER BY id").await,
        database.query_text("SELECT * FROM orders ORDER BY id").await,
        database
            .query_text("SELECT * FROM order_items ORDER BY order_id, position")
            .await,
        database
            .query_text(
                "SELECT product_id, delta, cause, order_id, created_at FROM stock_movements
                 ORDER BY product_id, cause, order_id",
            )
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

fn assert_prints(printed: &str, lines: &[&str]) {
    for line in lines {
        assert!(printed.lines().any(|other| other == *line), "{printed}");
    }
}

#[rstest]
#[tokio::test]
async fn the_same_seed_makes_the_same_rows_and_none_twice(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let small = [
        "--users",
        "20",
        "--posts",
        "700",
        "--products",
        "30",
        "--orders",
        "600",
    ];
    assert_prints(
        &seed(&database, &small),
        &[
            "users: 20 added, 0 were there",
            "posts: 700 added, 0 were there",
            "products: 30 added, 0 were there",
            "orders: 600 added, 0 were there",
        ],
    );
    let before = rows(&database).await;
    let [
        users,
        posts,
        texts,
        views,
        products,
        orders,
        items,
        movements,
    ] = before.each_ref().map(Vec::len);
    assert_eq!(
        [users, posts, texts, views, products, orders],
        [20, 700, 700, 700, 30, 600]
    );
    assert!(items > orders && movements > products + items);
    assert_whole_books(&database).await;
    assert_known_to_the_planner(&database, kind, "posts", 700).await;

    assert_prints(
        &seed(&database, &small),
        &[
            "users: 0 added, 20 were there",
            "posts: 0 added, 700 were there",
            "products: 0 added, 30 were there",
            "orders: 0 added, 600 were there",
        ],
    );
    assert_eq!(rows(&database).await, before);

    let elsewhere = TestDatabase::migrated(kind).await;
    seed(&elsewhere, &small);
    assert_eq!(rows(&elsewhere).await, before);

    let larger = [
        "--users",
        "25",
        "--posts",
        "710",
        "--products",
        "40",
        "--orders",
        "650",
    ];
    assert_prints(
        &seed(&database, &larger),
        &[
            "users: 5 added, 20 were there",
            "posts: 10 added, 700 were there",
            "products: 10 added, 30 were there",
            "orders: 50 added, 600 were there",
        ],
    );
    assert_whole_books(&database).await;
    let [.., orders, _, _] = rows(&database).await;
    let [.., orders_before, _, _] = before;
    let is_there = |order| orders.contains(order);
    assert!(orders_before.iter().all(is_there));

    let mut other = small.to_vec();
    other.extend(["--rng-seed", "2"]);
    assert_prints(
        &seed(&database, &other),
        &[
            "posts: 700 added, 0 were there",
            "orders: 600 added, 0 were there",
        ],
    );
    assert_whole_books(&database).await;
}

/// The books balance, and they are about every product and every line.
async fn assert_whole_books(database: &TestDatabase) {
    assert_books_balance(database).await;
    for sql in [
        "SELECT id FROM products WHERE id NOT IN
         (SELECT product_id FROM stock_movements WHERE cause = 'created')",
        "SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM order_items)",
        "SELECT orders.id FROM orders JOIN order_items ON order_items.order_id = orders.id
         JOIN products ON products.id = product_id
         WHERE products.currency <> orders.currency OR products.name <> order_items.name",
    ] {
        assert!(database.query_text(sql).await.is_empty(), "{sql}");
    }
}

#[rstest]
#[tokio::test]
async fn made_up_goods_are_sold_and_made_up_orders_go_on(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let printed = seed(&database, &["--posts", "0", "--orders", "200"]);
    let server = Server::start(&database, &[]);
    let anybody = server.anonymous();
    let catalogue = anybody.get("/api/products?limit=100").await;
    let for_sale = catalogue.body["data"].as_array().unwrap();
    assert!((40..60).contains(&for_sale.len()), "{}", for_sale.len());
    let product = anybody
        .get(&format!("/api/products/{}", text(&for_sale[0]["id"])))
        .await;
    assert_eq!(product.body["data"], for_sale[0]);
    let name = text(&for_sale[0]["name"]).to_uppercase();
    let found = anybody
        .request(reqwest::Method::GET, "/api/products")
        .query(&[("search", name.as_str())]);
    let found = crate::support::send(found).await;
    let found = found.body["data"].as_array().unwrap();
    assert!(found.contains(&for_sale[0]));

    let line = printed.lines().find(|line| line.ends_with("(admin)"));
    let email = line.unwrap().split_whitespace().next().unwrap();
    let login = anybody.log_in(email, "correct horse").await;
    let admin = server.with_token(&text(&login.body["data"]["token"]));
    for status in ["pending", "paid", "fulfilled", "cancelled"] {
        let orders = admin.get(&format!("/api/orders?status={status}")).await;
        let first = &orders.body["data"][0];
        assert_eq!(first["status"], status, "{}", orders.body);
        let path = format!("/api/orders/{}", text(&first["id"]));
        assert_eq!(&admin.get(&path).await.body["data"], first);
        let cancelled = admin.post(&format!("{path}/cancel"), json!({})).await;
        let is_open = ["pending", "paid"].contains(&status);
        assert_eq!(cancelled.status, if is_open { 200 } else { 409 }, "{path}");
    }
    assert_books_balance(&database).await;

    // What people have done since stays.
    let printed = seed(&database, &["--posts", "0", "--orders", "200"]);
    assert_prints(&printed, &["orders: 0 added, 200 were there"]);
    assert_books_balance(&database).await;
}

#[rstest]
#[tokio::test]
async fn orders_that_would_empty_the_shelves_are_not_half_stored(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let arguments = ["--users", "3", "--posts", "0", "--products", "1"];
    seed(&database, &[&arguments[..], &["--orders", "0"]].concat());
    // As if an admin had sold them otherwise.
    database.execute("UPDATE products SET stock = 7").await;
    database
        .execute("UPDATE stock_movements SET delta = 7")
        .await;
    let all = [&["seed"], &arguments[..], &["--orders", "50"]].concat();
    let output = run(&database, &all, "");
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("7 pieces left"), "{error}");
    assert!(
        database
            .query_text("SELECT id FROM orders")
            .await
            .is_empty()
    );
    assert_books_balance(&database).await;
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
        (run(&sure, Some("no\u{fffd}UTF-8")), "not UTF-8"),
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
    let printed = seed(
        &database,
        &["--users", "1", "--posts", "0", "--orders", "0"],
    );
    assert!(printed.contains("(admin)"), "{printed}");
    database
        .execute("UPDATE users SET id = x'00000000000070008000000000000001'")
        .await;
    let output = run(
        &database,
        &["seed", "--users", "1", "--posts", "0", "--orders", "0"],
        "",
    );
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("--rng-seed"), "{error}");
}

/// Through a terminal of its own, which `script` (util-linux) makes.
#[tokio::test]
async fn a_bar_on_a_terminal_and_plain_lines_elsewhere_tell_how_far_it_is() {
    let seed = ["seed", "--users", "10", "--posts", "1200", "--orders", "0"];
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let typed = format!("{} {}", env!("CARGO_BIN_EXE_hexpress"), seed.join(" "));
    let at_terminal = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &typed, "/dev/null"])
        .current_dir(folder.path())
        .env("APP_ENV", "test")
        .env("DATABASE_URL", database.url())
        .env("TERM", "xterm")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let shown = stdout(&at_terminal);
    assert!(at_terminal.status.success(), "{shown}");
    let bar = shown
        .split(['\r', '\n'])
        .find(|line| line.contains("1,200 of 1,200"));
    assert!(
        bar.is_some_and(|bar| bar.contains("posts") && bar.contains('[')),
        "{shown:?}"
    );
    assert!(!shown.contains("posts: 600 of 1200"), "{shown:?}");
    assert!(
        shown.contains("posts: 1200 added, 0 were there"),
        "{shown:?}"
    );

    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let elsewhere = run(&database, &seed, "");
    let lines = stderr(&elsewhere);
    assert!(
        lines.contains("posts: 500 of 1200\nposts: 1000 of 1200\nposts: 1200 of 1200\n"),
        "{lines}"
    );
    assert!(!lines.contains(['\r', '\u{1b}', '[']), "{lines:?}");
}
