//! Every command but `serve`.

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    Kind, PASSWORD, Server, TestDatabase, create_admin, email, hexpress, run, stderr, stdout,
};

fn succeeds(database: &TestDatabase, arguments: &[&str]) -> String {
    let output = run(database, arguments, "");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stdout(&output)
}

#[rstest]
#[tokio::test]
async fn migrations_go_up_down_and_up_again(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::empty(kind).await;
    let pending = run(&database, &["migrate", "status"], "");
    assert_eq!(pending.status.code(), Some(3), "{}", stderr(&pending));
    assert!(stdout(&pending).contains("create_users"));

    succeeds(&database, &["migrate", "up"]);
    let whole = database.definitions().await;
    assert!(succeeds(&database, &["migrate", "status"]).contains("create_users"));
    succeeds(&database, &["migrate", "up"]);

    succeeds(&database, &["migrate", "down", "--yes"]);
    assert_ne!(database.definitions().await, whole);
    succeeds(&database, &["migrate", "up"]);
    assert_eq!(database.definitions().await, whole);

    succeeds(&database, &["migrate", "down", "--all", "--yes"]);
    for row in database.definitions().await {
        let row: Vec<String> = row.into_iter().flatten().collect();
        assert!(
            row.concat().contains("__diesel_schema_migrations"),
            "{row:?}"
        );
    }
    succeeds(&database, &["migrate", "up"]);
    assert_eq!(database.definitions().await, whole);
}

#[tokio::test]
async fn going_down_outside_development_wants_a_yes() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let refused = run(&database, &["migrate", "down"], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--yes"), "{}", stderr(&refused));
    assert_eq!(
        run(&database, &["migrate", "status"], "").status.code(),
        Some(0)
    );
}

#[rstest]
#[case::memory(&[("DATABASE_URL", "sqlite://:memory:")])]
#[case::temporary(&[])]
fn what_would_end_with_the_command_is_refused(#[case] settings: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        "migrate up",
        "migrate down --yes",
        "migrate status",
        "seed",
        "purge --deleted-before 2020-01-01 --yes",
        "user create --email root@example.org --first-name Root --last-name Admin",
        "user activate --email root@example.org",
        "backup copy.db",
    ] {
        let refused = hexpress(folder.path())
            .args(arguments.split(' '))
            .envs(settings.iter().copied())
            .env("HEXPRESS_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        let error = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{arguments}: {error}");
        assert!(error.contains("--database-url"), "{arguments}: {error}");
        assert!(error.lines().count() <= 2, "{error}");
    }
}

#[tokio::test]
async fn a_seed_may_make_none_of_a_kind() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    for (arguments, added) in [
        ("seed --users 0 --products 0", "users: 0 added"),
        ("seed --users 2 --posts 0 --products 0", "orders: 0 added"),
        (
            "seed --users 0 --posts 0 --products 3 --orders 0",
            "products: 3 added",
        ),
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let seeded = run(&database, &words, "");
        assert!(seeded.status.success(), "{arguments}: {}", stderr(&seeded));
        assert!(stdout(&seeded).contains(added), "{}", stdout(&seeded));
    }
    for (arguments, needed) in [
        ("seed --users 0 --posts 5", "--users"),
        ("seed --products 0 --orders 5", "--products"),
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let refused = run(&database, &words, "");
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(needed), "{}", stderr(&refused));
    }
}

#[test]
fn generate_makes_an_empty_pair_for_each_database() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["postgres", "sqlite"] {
        std::fs::create_dir_all(folder.path().join("migrations").join(kind)).unwrap();
    }
    let generated = hexpress(folder.path())
        .args(["migrate", "generate", "add_colour"])
        .output()
        .unwrap();
    assert!(generated.status.success(), "{}", stderr(&generated));
    let mut names = Vec::new();
    for kind in ["postgres", "sqlite"] {
        for made in std::fs::read_dir(folder.path().join("migrations").join(kind)).unwrap() {
            let made = made.unwrap();
            for file in ["up.sql", "down.sql"] {
                assert!(made.path().join(file).is_file(), "{file}");
            }
            names.push(made.file_name().into_string().unwrap());
        }
    }
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], names[1]);
    assert!(names[0].ends_with("_add_colour"), "{names:?}");
    let refused = hexpress(folder.path())
        .args(["migrate", "generate", "no/such name"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[rstest]
#[tokio::test]
async fn the_operator_manages_accounts(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let ada = server.sign_up("ada").await;
    let by_email = |arguments: &[&str], input: &str| {
        let address = email("ada");
        let mut all = vec!["user"];
        all.extend_from_slice(arguments);
        all.extend_from_slice(&["--email", &address]);
        run(&database, &all, input)
    };
    let succeeds = |arguments: &[&str], input: &str| {
        let output = by_email(arguments, input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
    };

    assert_eq!(ada.get("/api/users").await.status, 403);
    succeeds(&["set-role", "--role", "moderator"], "");
    assert_eq!(ada.get("/api/users").await.status, 200);

    succeeds(&["set-password", "--password-stdin"], "battery staple\n");
    assert!(!ada.is_known().await);
    let login = server
        .anonymous()
        .log_in(&email("ada"), "battery staple")
        .await;
    assert_eq!(login.status, 200);

    succeeds(&["deactivate"], "");
    let login = server
        .anonymous()
        .log_in(&email("ada"), "battery staple")
        .await;
    assert_eq!(login.status, 401);
    succeeds(&["activate"], "");
    let login = server
        .anonymous()
        .log_in(&email("ada"), "battery staple")
        .await;
    assert_eq!(login.status, 200);

    create_admin(&database, "root");
    let refused = run(
        &database,
        &[
            "user",
            "set-role",
            "--email",
            &email("root"),
            "--role",
            "user",
        ],
        "",
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        stderr(&refused).contains("last active admin"),
        "{}",
        stderr(&refused)
    );
}

#[tokio::test]
async fn what_the_operator_gets_wrong_is_said_in_a_line() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    create_admin(&database, "root");
    let create = |address: &str, input: &str| {
        let arguments = [
            "user",
            "create",
            "--email",
            address,
            "--first-name",
            "Ada",
            "--last-name",
            "",
            "--role",
            "admin",
            "--password-stdin",
        ];
        run(&database, &arguments, input)
    };
    let nobody = ["user", "activate", "--email", "nobody@example.org"];
    for (output, code, hint) in [
        (
            create(&email("root"), "correct horse\n"),
            1,
            "already registered",
        ),
        (create("root", "correct horse\n"), 2, "valid email address"),
        (create(&email("ada"), "short\n"), 2, "at least 8 characters"),
        (create(&email("ada"), ""), 2, "assword"),
        (run(&database, &nobody, ""), 1, "nobody@example.org"),
    ] {
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(hint), "no {hint} in: {error}");
        assert!(error.lines().count() <= 2, "{error}");
    }
}

#[test]
fn the_password_may_come_from_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("shop.db").display());
    let create = || {
        let mut command = hexpress(folder.path());
        command.env("DATABASE_URL", &url).args([
            "user",
            "create",
            "--email",
            "root@example.org",
            "--first-name",
            "Root",
            "--last-name",
            "",
            "--role",
            "admin",
        ]);
        command
    };
    let mut migrate = hexpress(folder.path());
    migrate.env("DATABASE_URL", &url).args(["migrate", "up"]);
    assert!(migrate.status().unwrap().success());
    let without = create().output().unwrap();
    assert_eq!(without.status.code(), Some(2));
    assert!(
        stderr(&without).contains("HEXPRESS_PASSWORD"),
        "{}",
        stderr(&without)
    );
    let with = create()
        .env("HEXPRESS_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert!(with.status.success(), "{}", stderr(&with));
}

#[test]
fn config_says_what_is_set_and_by_whom_but_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(".env"),
        "PORT=4000\nDB_POOL_MAX=7\nNO_SUCH_SETTING=1\n",
    )
    .unwrap();
    let config = |arguments: &[&str]| {
        hexpress(folder.path())
            .args(arguments)
            .env("DATABASE_URL", "postgres://ada:hunter22@localhost/shop")
            .env("DB_POOL_MAX", "9")
            .output()
            .unwrap()
    };
    let json = config(&["config", "--json"]);
    assert!(json.status.success(), "{}", stderr(&json));
    let settings: Value = serde_json::from_str(&stdout(&json)).unwrap();
    let printed = settings.to_string();
    assert!(!printed.contains("hunter22"));
    let find = |name: &str| {
        let all = settings.as_array().unwrap();
        all.iter().find(|setting| setting["name"] == name).unwrap()
    };
    assert_eq!(find("PORT")["value"], json!("4000"));
    assert_eq!(find("PORT")["source"], ".env");
    assert_eq!(find("DB_POOL_MAX")["value"], json!("9"));
    assert_eq!(find("DB_POOL_MAX")["source"], "environment");
    assert_eq!(find("REQUEST_TIMEOUT_MS")["source"], "default");
    assert!(
        stderr(&json).contains("NO_SUCH_SETTING"),
        "{}",
        stderr(&json)
    );

    let table = stdout(&config(&["config"]));
    assert!(
        table.contains("DB_POOL_MAX") && !table.contains("hunter22"),
        "{table}"
    );
}

#[test]
fn help_teaches_and_wrong_usage_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let succeeds = |arguments: &str| {
        let words = arguments.split_whitespace();
        let output = hexpress(folder.path()).args(words).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", stderr(&output));
        stdout(&output)
    };
    let help = succeeds("--help");
    for taught in [
        "serve",
        "migrate",
        "user",
        "config",
        "healthcheck",
        "completions",
        "Examples:",
        "Exit codes:",
    ] {
        assert!(help.contains(taught), "{taught}: {help}");
    }
    for arguments in ["migrate --help", "user --help", "completions --help"] {
        let help = succeeds(arguments);
        assert!(help.contains("Examples:"), "{arguments}: {help}");
    }
    let wrong = hexpress(folder.path()).arg("sereve").output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn where_nobody_sees_colours_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    // A warning, so that there is a line in the log.
    std::fs::write(folder.path().join(".env"), "NO_SUCH_SETTING=1\n").unwrap();
    for arguments in [&["--help"][..], &["config"], &["sereve"]] {
        let output = hexpress(folder.path()).args(arguments).output().unwrap();
        let printed = stdout(&output) + &stderr(&output);
        assert!(!printed.is_empty());
        assert!(!printed.contains('\x1b'), "{printed:?}");
    }
}

#[tokio::test]
async fn a_backup_of_a_running_server_restores_to_all_that_it_had() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    server.sign_up("ada").await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db").display().to_string();
    succeeds(&database, &["backup", &copy]);
    server.sign_up("bob").await;

    let again = run(&database, &["backup", &copy], "");
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("exists already"));

    let mut command = hexpress(folder.path());
    command.env("DATABASE_URL", format!("sqlite://{copy}"));
    let restored = Server::spawn(command);
    restored.log_in("ada").await;
    let bob = restored.anonymous().log_in(&email("bob"), PASSWORD).await;
    assert_eq!(bob.status, 401);
}

#[tokio::test]
async fn a_backup_of_what_is_not_there_or_not_sqlite_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no.db");
    let refused = hexpress(folder.path())
        .args(["backup", "copy.db"])
        .env("DATABASE_URL", format!("sqlite://{}", missing.display()))
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("no.db"), "{}", stderr(&refused));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let database = TestDatabase::migrated(Kind::Postgres).await;
    let refused = run(&database, &["backup", "copy.db"], "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("pg_dump"), "{}", stderr(&refused));
}

#[test]
fn completions_name_every_command_and_need_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = hexpress(folder.path())
            .args(["completions", shell])
            .env("APP_ENV", "production")
            .output()
            .unwrap();
        assert!(output.status.success(), "{shell}: {}", stderr(&output));
        let script = stdout(&output);
        for word in ["migrate", "healthcheck", "set-password", "database-url"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[tokio::test]
async fn programs_can_read_the_state_of_migrations() {
    let database = TestDatabase::empty(Kind::Sqlite).await;
    let status = || run(&database, &["migrate", "status", "--json"], "");
    let rows = |output: &std::process::Output| -> Vec<Value> {
        serde_json::from_str(&stdout(output)).unwrap()
    };
    let before = status();
    assert_eq!(before.status.code(), Some(3));
    let pending = rows(&before);
    assert_eq!(pending[0]["name"], "20261101000000_create_users");
    assert!(pending.iter().all(|row| row["state"] == "pending"));
    succeeds(&database, &["migrate", "up"]);
    let after = status();
    assert_eq!(after.status.code(), Some(0));
    let applied = rows(&after);
    assert_eq!(applied.len(), pending.len());
    assert!(applied.iter().all(|row| row["state"] == "applied"));
}

#[tokio::test]
async fn a_health_check_asks_the_running_server() {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    let port = server.address.port().to_string();
    let check = || run(&database, &["healthcheck", "--port", &port], "");
    let ready = check();
    assert_eq!(ready.status.code(), Some(0), "{}", stderr(&ready));
    assert_eq!(stdout(&ready), "ready\n");

    let down = run(&database, &["migrate", "down", "--yes"], "");
    assert!(down.status.success(), "{}", stderr(&down));
    let patience = std::time::Duration::from_secs(10);
    let unready = tokio::time::timeout(patience, async {
        loop {
            let unready = check();
            if !unready.status.success() {
                return unready;
            }
            tokio::task::yield_now().await;
        }
    });
    let unready = unready.await.unwrap();
    assert_eq!(unready.status.code(), Some(1));
    let error = stderr(&unready);
    assert!(
        error.contains("503") && error.contains("pending"),
        "{error}"
    );

    drop(server);
    let gone = check();
    assert_eq!(gone.status.code(), Some(1));
    assert!(stderr(&gone).contains(&port), "{}", stderr(&gone));

    let unknown = run(&database, &["healthcheck"], "");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("--port"), "{}", stderr(&unknown));
}
