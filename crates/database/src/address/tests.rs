use std::time::Duration;

use super::*;

fn postgres(text: &str) -> PostgresUrl {
    match text.parse().unwrap() {
        DatabaseUrl::Postgres(url) => url,
        DatabaseUrl::Sqlite(_) => panic!("{text} is SQLite"),
    }
}

fn fault(text: &str) -> DatabaseUrlError {
    text.parse::<DatabaseUrl>().unwrap_err()
}

#[test]
fn sqlite_is_a_path_or_memory() {
    for (text, path) in [
        ("sqlite://data/hexpress.db", "data/hexpress.db"),
        ("sqlite:///var/lib/hexpress.db", "/var/lib/hexpress.db"),
        ("sqlite://my data/100%.db", "my data/100%.db"),
    ] {
        let url: DatabaseUrl = text.parse().unwrap();
        assert_eq!(url, DatabaseUrl::Sqlite(SqliteLocation::File(path.into())));
        assert_eq!(url.to_string(), text);
    }
    let memory: DatabaseUrl = "sqlite://:memory:".parse().unwrap();
    assert_eq!(memory, DatabaseUrl::Sqlite(SqliteLocation::Memory));
    assert_eq!(memory.to_string(), "sqlite://:memory:");
}

#[test]
fn postgres_is_taken_apart_and_decoded() {
    let url = postgres(
        "postgresql://ada%40x:p%3A%2Fss@db.example.org:6432/my%20shop?sslmode=verify-full\
         &sslrootcert=/etc/ca.pem&options=-c%20search_path%3Dapp,public\
         &application_name=shop&connect_timeout=3",
    );
    assert_eq!(
        (
            url.host.as_str(),
            url.port,
            url.name.as_str(),
            url.user.as_deref(),
            url.password.as_deref()
        ),
        (
            "db.example.org",
            6432,
            "my shop",
            Some("ada@x"),
            Some("p:/ss")
        )
    );
    assert_eq!(url.ssl_mode, Some(SslMode::VerifyFull));
    assert_eq!(url.ssl_root_cert, Some("/etc/ca.pem".into()));
    assert_eq!(url.options.as_deref(), Some("-c search_path=app,public"));
    assert_eq!(url.application_name.as_deref(), Some("shop"));
    assert_eq!(url.connect_timeout, Some(Duration::from_secs(3)));
}

#[test]
fn what_is_left_out_has_a_default() {
    let url = postgres("postgres:///shop");
    assert_eq!((url.host.as_str(), url.port), ("localhost", 5432));
    assert_eq!((url.user, url.password, url.ssl_mode), (None, None, None));
}

#[test]
fn hosts_are_names_addresses_or_sockets() {
    for (text, host, local) in [
        ("postgres://db.example.org/a", "db.example.org", false),
        ("postgres://LOCALHOST/a", "LOCALHOST", true),
        ("postgres://127.0.0.1/a", "127.0.0.1", true),
        ("postgres://[::1]:5433/a", "::1", true),
        ("postgres://[2001:db8::1]/a", "2001:db8::1", false),
        (
            "postgres://%2Fvar%2Frun%2Fpostgresql/a",
            "/var/run/postgresql",
            true,
        ),
    ] {
        let url = postgres(text);
        assert_eq!((url.host.as_str(), url.is_local()), (host, local), "{text}");
        assert_eq!(postgres(&url.to_string()), url);
    }
}

#[test]
fn nothing_shows_the_password() {
    let text = "postgres://ada:hunter2@db/shop?sslmode=require";
    let url: DatabaseUrl = text.parse().unwrap();
    assert_eq!(
        url.to_string(),
        "postgres://ada:***@db:5432/shop?sslmode=require"
    );
    assert_eq!(format!("{url:?}"), url.to_string());
    for wrong in [
        "mysql://ada:hunter2@db/shop",
        "postgres://ada:hunter2@db:port/shop",
        "postgres://ada:hunter2@db",
        "postgres://ada:hunter2@db/shop?sslmode=none",
        "postgres://ada:hunter2%FF@db/shop",
        // What a parser takes for host, port, database, parameters and fragment.
        "postgres://ada:4711/hunter2@db/shop",
        "postgres://ada:4711/%2Fhunter2%40db",
        "postgres://ada/hunter2@db/shop",
        "postgres://ada:4711/x?hunter2@db/shop",
        "postgres://ada:4711/x?hunter2&@db/shop",
        "postgres://ada:4711/x?sslmode=hunter2@db/shop",
        "postgres://ada:4711/x?HUNTER=hunter2",
        "postgres://ada:4711/x#hunter2@db/shop",
        "postgres://ada:4711/x#hunter2",
    ] {
        assert!(!fault(wrong).to_string().contains("hunter2"), "{wrong}");
    }
}

#[test]
fn faults_are_named() {
    assert_eq!(fault("shop.db"), DatabaseUrlError::Scheme);
    assert_eq!(fault("sqlite://"), DatabaseUrlError::NoPath);
    assert_eq!(fault("sqlite://a.db?mode=ro"), DatabaseUrlError::Path);
    assert_eq!(fault("postgres://db/"), DatabaseUrlError::NoName);
    assert_eq!(
        fault("postgres://db/a?target_session_attrs=any"),
        DatabaseUrlError::UnknownParameter("target_session_attrs".into())
    );
    assert_eq!(
        fault("postgres://db/a?sslmode=require&sslmode=disable"),
        DatabaseUrlError::RepeatedParameter("sslmode")
    );
    assert_eq!(
        fault("postgres://db/a?connect_timeout=0"),
        DatabaseUrlError::ConnectTimeout
    );
    assert_eq!(
        fault("postgres://db/a?sslmode=allow"),
        DatabaseUrlError::SslMode(SslModeError)
    );
    assert_eq!(
        fault("postgres://db/a%00b"),
        DatabaseUrlError::Text("database")
    );
}
