use std::time::Duration;

use chrono::TimeDelta;
use hexpress_web::CorsOrigins;

use super::*;

fn sources(environment: &[(&str, &str)]) -> Sources {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sources {
        environment: environment.collect(),
        ..Sources::default()
    }
}

fn load(environment: &[(&str, &str)]) -> Config {
    Config::load(&sources(environment)).unwrap().config
}

fn fault(environment: &[(&str, &str)]) -> String {
    Config::load(&sources(environment)).unwrap_err().to_string()
}

fn shown(environment: &[(&str, &str)], name: &str) -> (Option<String>, Origin) {
    let loaded = Config::load(&sources(environment)).unwrap();
    let setting = loaded
        .settings
        .into_iter()
        .find(|known| known.setting.name == name);
    let setting = setting.unwrap();
    (setting.value, setting.origin)
}

const PRODUCTION: (&str, &str) = ("APP_ENV", "production");
const URL: (&str, &str) = ("DATABASE_URL", "postgres://ada:hunter2@db/shop");

#[test]
fn nothing_needs_to_be_set_for_development() {
    let config = load(&[]);
    assert_eq!(config.app_env, AppEnv::Development);
    assert_eq!(
        (config.http.host.as_str(), config.http.port),
        ("127.0.0.1", 3000)
    );
    assert_eq!(
        config.database.target.to_string(),
        "sqlite://data/hexpress.db"
    );
    assert!(config.database.auto_migrate);
    assert_eq!(config.shutdown.delay, Duration::ZERO);
    assert_eq!(config.shutdown.timeout, Duration::from_secs(5));
    assert_eq!(config.auth.sessions.idle, TimeDelta::days(14));
    assert_eq!(config.auth.sessions.max, TimeDelta::days(90));
    assert_eq!(config.log.format, LogFormat::Pretty);
}

/// The path of a file that holds `text`, in a folder that is removed with the test.
fn file_of(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("secret");
    std::fs::write(&path, text).unwrap();
    path.into_os_string().into_string().unwrap()
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for end in ["", "\n", "\r\n"] {
        let file = file_of(&folder, &format!("postgres://ada:hunter2@db/shop{end}"));
        let environment = [("DATABASE_URL_FILE", file.as_str())];
        let database = load(&environment).database;
        assert_eq!(database.named_by, "DATABASE_URL_FILE");
        assert_eq!(database.target, load(&[URL]).database.target);
        let shown = shown(&environment, "DATABASE_URL");
        let masked = "postgres://ada:***@db:5432/shop".to_owned();
        assert_eq!(shown, (Some(masked), Origin::File));
    }
    let file = file_of(&folder, "hunter2\n\n");
    let parts = [("DB_HOST", "db"), ("DB_PASSWORD_FILE", file.as_str())];
    let same = [("DB_HOST", "db"), ("DB_PASSWORD", "hunter2\n")];
    assert_eq!(load(&parts).database.target, load(&same).database.target);
    let masked = (Some("***".to_owned()), Origin::File);
    assert_eq!(shown(&parts, "DB_PASSWORD"), masked);
}

#[test]
fn a_file_of_a_secret_is_read_where_it_is_in_use() {
    let missing = ("DB_PASSWORD_FILE", "/nowhere/password");
    assert_eq!(
        fault(&[("DB_HOST", "db"), missing]),
        "DB_PASSWORD_FILE is `/nowhere/password` (environment): expected a file with the value of \
         DB_PASSWORD, but No such file or directory (os error 2)"
    );
    let mistaken = [("DATABASE_URL_FILE", "postgres://ada:hunter2@db/shop")];
    assert!(!fault(&mistaken).contains("hunter2"));
    let ignored = Config::load(&sources(&[URL, missing])).unwrap().ignored;
    assert_eq!(ignored, ["DB_PASSWORD"]);
}

#[test]
fn a_secret_and_a_file_of_it_are_refused_unless_a_flag_outweighs_both() {
    let mut sources = sources(&[URL, ("DATABASE_URL_FILE", "/nowhere/url")]);
    assert_eq!(
        Config::load(&sources).unwrap_err().to_string(),
        "DATABASE_URL_FILE is `/nowhere/url` (environment): expected to be set alone: \
         DATABASE_URL is set too"
    );
    let url = "sqlite://flag.db".to_owned();
    sources.flags = [(DATABASE_URL.name, url.clone())].into();
    let database = Config::load(&sources).unwrap().config.database;
    assert_eq!(database.target.to_string(), url);
}

#[test]
fn the_file_of_a_secret_is_no_unknown_setting() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_of(&folder, "sqlite://a.db");
    let dot_env = [("DATABASE_URL_FILE".to_owned(), file)].into();
    let sources = Sources {
        dot_env,
        ..Sources::default()
    };
    assert_eq!(Config::load(&sources).unwrap().unknown, [""; 0]);
}

#[test]
fn unpaid_orders_wait_for_ever_unless_a_time_is_set() {
    let policy = |environment: &[(&str, &str)]| load(environment).orders.policy;
    assert_eq!(policy(&[]).key_ttl, TimeDelta::hours(24));
    assert_eq!(policy(&[]).pending_ttl, None);
    let set = policy(&[
        ("IDEMPOTENCY_TTL_HOURS", "1"),
        ("ORDER_PENDING_TTL_MINUTES", "30"),
    ]);
    assert_eq!(set.key_ttl, TimeDelta::hours(1));
    assert_eq!(set.pending_ttl, Some(TimeDelta::minutes(30)));
    assert_eq!(
        fault(&[("IDEMPOTENCY_TTL_HOURS", "0")]),
        "IDEMPOTENCY_TTL_HOURS is `0` (environment): expected a whole number from 1 to 87600"
    );
}

#[test]
fn tests_have_a_database_a_port_and_hashes_of_their_own() {
    let config = load(&[("APP_ENV", "test")]);
    assert_eq!(config.database.target, DatabaseTarget::Temporary);
    assert!(config.database.auto_migrate);
    assert_eq!(config.http.port, 0);
    assert_eq!(config.auth.argon2.memory_kib, 8);
    assert_eq!(config.auth.login_limit_per_minute, 0);
}

#[test]
fn production_has_defaults_of_its_own() {
    let config = load(&[PRODUCTION, URL]);
    assert_eq!(config.http.host, "::");
    assert!(!config.database.auto_migrate);
    assert_eq!(config.shutdown.delay, Duration::from_secs(3));
    assert_eq!(config.log.format, LogFormat::Json);
    let options = config.database.options("sqlite://a.db".parse().unwrap());
    assert_eq!((options.pool_max, options.pool_min), (20, 5));
    assert_eq!(options.ssl_mode_default.to_string(), "verify-full");
}

#[test]
fn one_task_opens_no_more_connections_than_it_needs() {
    let config = load(&[PRODUCTION, URL]).database.for_one_task();
    let options = config.options("sqlite://a.db".parse().unwrap());
    assert_eq!((options.pool_max, options.pool_min), (20, 0));
}

#[test]
fn production_names_its_database() {
    let message = fault(&[PRODUCTION]);
    assert!(
        message.starts_with("DATABASE_URL is not set: expected sqlite://"),
        "{message}"
    );
    let config = load(&[PRODUCTION, ("DB_NAME", "shop")]);
    assert_eq!(
        config.database.target.to_string(),
        "postgres://localhost:5432/shop"
    );
}

#[test]
fn an_unknown_environment_is_refused() {
    assert_eq!(
        fault(&[("APP_ENV", "staging")]),
        "APP_ENV is `staging` (environment): expected one of development, test, production"
    );
}

#[test]
fn parts_make_a_url_and_a_whole_one_outweighs_them() {
    let parts = [
        ("DB_HOST", "db"),
        ("DB_USER", "ada"),
        ("DB_PASSWORD", "hunter2"),
    ];
    let url = "postgres://ada:***@db:5432/hexpress";
    assert_eq!(
        shown(&parts, "DATABASE_URL"),
        (Some(url.into()), Origin::Parts)
    );
    let [host, ..] = parts;
    assert_eq!(
        shown(&[host, URL], "DATABASE_URL"),
        (
            Some("postgres://ada:***@db:5432/shop".into()),
            Origin::Environment
        )
    );
}

#[test]
fn all_pages_may_call_unless_some_are_named() {
    assert_eq!(load(&[]).http.cors_origins, CorsOrigins::Any);
    for (text, origins) in [
        ("*", CorsOrigins::Any),
        ("", CorsOrigins::List(Vec::new())),
        (
            "https://a.example",
            CorsOrigins::List(vec!["https://a.example".into()]),
        ),
    ] {
        assert_eq!(
            load(&[("CORS_ALLOWED_ORIGINS", text)]).http.cors_origins,
            origins
        );
    }
}

#[test]
fn under_test_the_database_of_the_parts_is_another() {
    let config = load(&[("APP_ENV", "test"), ("DB_NAME", "shop")]);
    assert_eq!(
        config.database.target.to_string(),
        "postgres://localhost:5432/shop_test"
    );
}

#[test]
fn migrations_run_by_themselves_on_sqlite_alone() {
    assert!(!load(&[URL]).database.auto_migrate);
    assert!(load(&[URL, ("AUTO_MIGRATE", "true")]).database.auto_migrate);
    assert!(!load(&[("AUTO_MIGRATE", "false")]).database.auto_migrate);
}

#[test]
fn values_out_of_range_are_refused_in_one_line() {
    assert_eq!(
        fault(&[("PORT", "65536")]),
        "PORT is `65536` (environment): expected a whole number from 0 to 65535"
    );
    for (name, value) in [
        ("PORT", ""),
        ("PORT", " 80"),
        ("HOST", "a\nb"),
        ("DB_POOL_MAX", "0"),
        ("DB_NAME", ""),
        ("DB_HOST", "a host/shop"),
        ("DB_LOCK_TIMEOUT_MS", "-1"),
        ("SQLITE_SYNCHRONOUS", "extra"),
        ("AUTO_MIGRATE", "yes"),
        ("KEEP_ALIVE_TIMEOUT_MS", "86400001"),
        ("SESSION_IDLE_TTL_HOURS", "1.5"),
        ("ARGON2_MEMORY_KIB", "7"),
        ("PASSWORD_HASH_CONCURRENCY", "0"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ("CORS_ALLOWED_ORIGINS", "example.org"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "3"),
        ("LOG_LEVEL", "verbose"),
    ] {
        let message = fault(&[(name, value)]);
        let beginning = format!(
            "{name} is `{}` (environment): expected ",
            value.escape_debug()
        );
        assert!(message.starts_with(&beginning), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn settings_of_postgres_are_read_where_it_is_the_database() {
    let parts = ("DB_HOST", "db");
    for (name, value) in [
        ("DB_PORT", "0"),
        ("DB_STATEMENT_TIMEOUT_MS", "0"),
        ("DB_SSLMODE_DEFAULT", "allow"),
    ] {
        let message = fault(&[parts, (name, value)]);
        assert!(
            message.starts_with(&format!("{name} is `{value}`")),
            "{message}"
        );
    }
}

/// Kubernetes sets `DB_PORT` for every service that is called `db`.
#[test]
fn what_is_not_in_use_is_shown_and_not_parsed() {
    let (file, memory) = ("sqlite://a.db", "sqlite://:memory:");
    let postgres = "postgres://ada@db/shop";
    for (url, name, value) in [
        (postgres, "DB_PORT", "tcp://10.97.188.247:5432"),
        (postgres, "DB_HOST", ""),
        (postgres, "DB_PASSWORD", "a\u{fffd}"),
        (postgres, "SQLITE_SYNCHRONOUS", "extra"),
        (file, "DB_NAME", "shop"),
        (file, "DB_SSLMODE_DEFAULT", "allow"),
        (file, "DB_STATEMENT_TIMEOUT_MS", "30000"),
        (file, "DB_IDLE_IN_TRANSACTION_TIMEOUT_MS", "0"),
        (memory, "DB_POOL_MAX", "0"),
        (memory, "DB_POOL_MIN", "6"),
        (memory, "DB_IDLE_TIMEOUT_MS", "0"),
    ] {
        let environment = [("DATABASE_URL", url), (name, value)];
        let loaded = Config::load(&sources(&environment)).unwrap();
        assert_eq!(loaded.ignored, [name]);
        assert_eq!(
            loaded.config.database.target.to_string(),
            load(&[environment[0]]).database.target.to_string()
        );
        let is_secret = name == "DB_PASSWORD";
        let value = if is_secret { "***" } else { value }.to_owned();
        assert_eq!(
            shown(&environment, name),
            (Some(value), Origin::Environment)
        );
    }
    // Without a host or a name the others name no database.
    let loaded = Config::load(&sources(&[("DB_PORT", "tcp://10.97.188.247:5432")])).unwrap();
    assert_eq!(loaded.ignored, ["DB_PORT"]);
    let table = report::table(&loaded.settings);
    assert!(table.contains("environment, not in use"), "{table}");
    assert!(Config::load(&sources(&[])).unwrap().ignored.is_empty());
}

#[test]
fn what_is_no_text_is_refused_even_where_any_text_would_do() {
    let expected = "DB_PASSWORD is `***` (environment): expected text in UTF-8";
    let parts = [("DB_HOST", "db"), ("DB_PASSWORD", "a\u{fffd}")];
    assert_eq!(fault(&parts), expected);
}

#[test]
fn a_refused_url_is_not_repeated() {
    let message = fault(&[("DATABASE_URL", "mysql://ada:hunter2@db/shop")]);
    assert!(
        message.starts_with("DATABASE_URL is `***` (environment): expected sqlite://"),
        "{message}"
    );
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn nobody_waits_for_the_database_as_long_as_a_request_may_take() {
    for name in [
        "DB_ACQUIRE_TIMEOUT_MS",
        "DB_STATEMENT_TIMEOUT_MS",
        "DB_LOCK_TIMEOUT_MS",
    ] {
        assert_eq!(
            fault(&[URL, (name, "30000")]),
            format!(
                "{name} is `30000` (environment): expected less than REQUEST_TIMEOUT_MS (30000)"
            )
        );
        load(&[URL, (name, "29999")]);
    }
    assert_eq!(
        fault(&[URL, ("REQUEST_TIMEOUT_MS", "10000")]),
        "DB_STATEMENT_TIMEOUT_MS is `10000` (default): expected less than REQUEST_TIMEOUT_MS (10000)"
    );
}

#[test]
fn a_minimum_is_at_most_its_maximum() {
    assert_eq!(
        fault(&[("DB_POOL_MIN", "6")]),
        "DB_POOL_MIN is `6` (environment): expected at most DB_POOL_MAX (5)"
    );
    assert_eq!(
        fault(&[
            ("SESSION_IDLE_TTL_HOURS", "25"),
            ("SESSION_MAX_TTL_HOURS", "24")
        ]),
        "SESSION_IDLE_TTL_HOURS is `25` (environment): expected at most SESSION_MAX_TTL_HOURS (24)"
    );
    let small = [
        PRODUCTION,
        URL,
        ("DB_POOL_MAX", "3"),
        ("SESSION_MAX_TTL_HOURS", "24"),
    ];
    assert_eq!(
        shown(&small, "DB_POOL_MIN"),
        (Some("3".into()), Origin::Default)
    );
    assert_eq!(load(&small).auth.sessions.idle, TimeDelta::hours(24));
}

#[test]
fn searches_take_half_of_the_connections_unless_a_number_is_set() {
    let searches = |environment: &[(&str, &str)]| {
        let environment = [&[URL], environment].concat();
        let options = load(&environment).database.options(URL.1.parse().unwrap());
        (
            options.search_connections,
            options.search_timeout.as_millis(),
        )
    };
    assert_eq!(searches(&[]), (2, 2000));
    assert_eq!(searches(&[("DB_POOL_MAX", "1")]), (1, 2000));
    // The least of the two limits of time holds.
    searches(&[("DB_STATEMENT_TIMEOUT_MS", "1000")]);
    let set = [("SEARCH_CONNECTIONS", "5"), ("SEARCH_TIMEOUT_MS", "10000")];
    assert_eq!(searches(&set), (5, 10_000));
    assert_eq!(
        fault(&[("SEARCH_CONNECTIONS", "6")]),
        "SEARCH_CONNECTIONS is `6` (environment): expected at most DB_POOL_MAX (5)"
    );
    assert_eq!(
        fault(&[URL, ("SEARCH_TIMEOUT_MS", "10001")]),
        "SEARCH_TIMEOUT_MS is `10001` (environment): expected at most DB_STATEMENT_TIMEOUT_MS (10000)"
    );
    load(&[("SEARCH_TIMEOUT_MS", "10001")]);
}

#[test]
fn one_address_has_no_more_connections_than_there_are() {
    let max = ("MAX_CONNECTIONS", "100");
    let per_address = |number| [max, ("MAX_CONNECTIONS_PER_ADDRESS", number)];
    assert_eq!(
        fault(&per_address("101")),
        "MAX_CONNECTIONS_PER_ADDRESS is `101` (environment): expected at most MAX_CONNECTIONS (100)"
    );
    load(&per_address("100"));
}

#[test]
fn the_budget_of_bodies_holds_the_longest_post_and_logins() {
    let least = |limit, budget| {
        let limit = ("BODY_LIMIT_BYTES", limit);
        let message = fault(&[limit, ("BODY_BUDGET_BYTES", budget)]);
        let (_, least) = message.split_once("expected a whole number from ").unwrap();
        let words = "at least twice BODY_LIMIT_BYTES, and at least 262144 (4 × 64 KiB)";
        assert!(least.ends_with(words), "{message}");
        least.split_once(' ').unwrap().0.to_owned()
    };
    assert_eq!(least("1024", "262143"), "262144");
    assert_eq!(least("1048576", "2097151"), "2097152");
    let limits = |limit, budget| {
        let environment = [("BODY_LIMIT_BYTES", limit), ("BODY_BUDGET_BYTES", budget)];
        load(&environment).limits.counts.body_bytes
    };
    assert_eq!(limits("1024", "262144"), 262_144);
    assert_eq!(limits("1048576", "2097152"), 2_097_152);
}

#[test]
fn hashes_in_production_are_as_strong_as_owasp_asks() {
    for (name, value) in [("ARGON2_MEMORY_KIB", "19455"), ("ARGON2_ITERATIONS", "1")] {
        assert!(fault(&[PRODUCTION, URL, (name, value)]).starts_with(name));
        load(&[(name, value)]);
    }
    load(&[
        PRODUCTION,
        URL,
        ("ARGON2_MEMORY_KIB", "65536"),
        ("ARGON2_ITERATIONS", "3"),
    ]);
}

#[test]
fn every_lane_has_its_memory() {
    let lanes = ("ARGON2_PARALLELISM", "4");
    assert!(fault(&[("ARGON2_MEMORY_KIB", "31"), lanes]).contains("ARGON2_PARALLELISM"));
    load(&[("ARGON2_MEMORY_KIB", "32"), lanes]);
}

#[test]
fn secrets_are_masked_wherever_settings_are_shown() {
    let secrets = [URL, ("DB_PASSWORD", "hunter2")];
    let settings = Config::load(&sources(&secrets)).unwrap().settings;
    for text in [
        report::table(&settings),
        report::json(&settings).to_string(),
    ] {
        assert!(text.contains("***") && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_value_that_is_refused_shows_no_password() {
    for (name, value, shown) in [
        (
            "DB_HOST",
            "postgres://ada:hunter2@db/shop",
            "postgres://***@db/shop",
        ),
        ("DB_HOST", "ada:hunter2@db", "***@db"),
        ("DB_NAME", "hunter2@db/shop", "***@db/shop"),
        (
            "PORT",
            "postgres://ada:4711/hunter2@db",
            "postgres://***@db",
        ),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://ada:hunter2@a.example",
            "https://***@a.example",
        ),
    ] {
        let message = fault(&[(name, value)]);
        assert!(
            message.starts_with(&format!("{name} is `{shown}`")),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }
    let ignored = [URL, ("DB_HOST", "postgres://ada:hunter2@db/shop")];
    let (value, _) = shown(&ignored, "DB_HOST");
    assert_eq!(value.as_deref(), Some("postgres://***@db/shop"));
}

#[test]
fn unknown_names_matter_in_the_env_file_alone() {
    let mut sources = sources(&[("PATH", "/bin"), ("RATE_LIMIT_PER_MINUTE", "0")]);
    sources.dot_env = [("PROT", "1"), ("PORT", "1")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let loaded = Config::load(&sources).unwrap();
    assert_eq!(loaded.unknown, ["PROT"]);
    assert_eq!(loaded.config.http.port, 1);
}
