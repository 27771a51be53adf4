use std::time::Duration;

use super::*;

fn postgres(text: &str) -> PostgresUrl {
    match text.parse().unwrap() {
        DatabaseUrl::Postgres(url) => *url,
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
            url.hosts[0].host.as_str(),
            url.hosts[0].port,
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
    assert_eq!(url.hosts, [PostgresHost::new(None, None)]);
    assert_eq!(url.addresses(), "localhost:5432");
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
        assert_eq!(url.hosts.len(), 1);
        assert_eq!(
            (url.hosts[0].host.as_str(), url.is_local()),
            (host, local),
            "{text}"
        );
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
        fault("postgres://db/a?sslmode=require&sslmode=disable"),
        DatabaseUrlError::RepeatedParameter("sslmode")
    );
    assert_eq!(
        fault("postgres://db/a?connect_timeout=-1"),
        DatabaseUrlError::Parameter {
            name: "connect_timeout",
            expected: "a whole number of seconds"
        }
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

/// What hosts of PostgreSQL show to be pasted, with other names and secrets.
#[test]
fn the_urls_of_hosts_are_taken_as_they_are() {
    for (text, shown) in [
        // Neon, direct and pooled.
        (
            "postgresql://ada:npg_s3cret@ep-cool-darkness-123456.us-east-2.aws.neon.tech/shop?sslmode=require&channel_binding=require",
            "postgres://ada:***@ep-cool-darkness-123456.us-east-2.aws.neon.tech:5432/shop?sslmode=require&channel_binding=require",
        ),
        (
            "postgres://ada:npg_s3cret@ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech/shop?options=endpoint%3Dep-cool-darkness-123456",
            "postgres://ada:***@ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech:5432/shop?options=endpoint%3Dep-cool-darkness-123456",
        ),
        // Supabase, direct and by its pooler, as for Prisma.
        (
            "postgresql://postgres:s3cret@db.abcdefghijklmnop.supabase.co:5432/postgres",
            "postgres://postgres:***@db.abcdefghijklmnop.supabase.co:5432/postgres",
        ),
        (
            "postgresql://postgres.abcdefghijklmnop:s3cret@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1",
            "postgres://postgres.abcdefghijklmnop:***@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
        ),
        // Amazon RDS.
        (
            "postgres://ada:s3cret@shop.c9akciq32.eu-west-1.rds.amazonaws.com:5432/shop?sslmode=verify-full&sslrootcert=global-bundle.pem",
            "postgres://ada:***@shop.c9akciq32.eu-west-1.rds.amazonaws.com:5432/shop?sslmode=verify-full&sslrootcert=global-bundle.pem",
        ),
        // Azure.
        (
            "postgres://ada%40shop:s3cret@shop.postgres.database.azure.com/postgres?sslmode=require",
            "postgres://ada%40shop:***@shop.postgres.database.azure.com:5432/postgres?sslmode=require",
        ),
        // Heroku.
        (
            "postgres://u8h3kd:p0a1@ec2-54-1-2-3.compute-1.amazonaws.com:5432/d1b2c3",
            "postgres://u8h3kd:***@ec2-54-1-2-3.compute-1.amazonaws.com:5432/d1b2c3",
        ),
        // Fly.
        (
            "postgres://shop:s3cret@shop-db.flycast:5432/shop?sslmode=disable",
            "postgres://shop:***@shop-db.flycast:5432/shop?sslmode=disable",
        ),
        // Aiven.
        (
            "postgres://avnadmin:AVNS_s3cret@shop-ada.a.aivencloud.com:12691/defaultdb?sslmode=require",
            "postgres://avnadmin:***@shop-ada.a.aivencloud.com:12691/defaultdb?sslmode=require",
        ),
        // Cloud SQL, by the socket of its proxy.
        (
            "postgresql://ada:s3cret@/shop?host=/cloudsql/project:europe-west1:shop",
            "postgres://ada:***@%2Fcloudsql%2Fproject%3Aeurope-west1%3Ashop:5432/shop",
        ),
        // A cluster of one's own, of which one takes writes.
        (
            "postgres://ada:s3cret@pg1:5432,pg2:5433,pg3/shop?target_session_attrs=read-write&keepalives_idle=10&tcp_user_timeout=5000",
            "postgres://ada:***@pg1:5432,pg2:5433,pg3:5432/shop?target_session_attrs=read-write&keepalives_idle=10&tcp_user_timeout=5000",
        ),
    ] {
        assert_eq!(postgres(text).to_string(), shown);
    }
}

#[test]
fn parameters_outweigh_what_stands_before_them() {
    let url = postgres(
        "postgres://ada:a@x:1/y?host=pg1,pg2&port=6,7&dbname=shop&user=bob&password=b%2Fc",
    );
    assert_eq!(url.addresses(), "pg1:6, pg2:7");
    assert_eq!(
        (url.name.as_str(), url.user.as_deref()),
        ("shop", Some("bob"))
    );
    assert_eq!(url.password.as_deref(), Some("b/c"));
    let one_port = postgres("postgres:///shop?port=6432&host=/run/a,/run/b");
    assert_eq!(one_port.addresses(), "/run/a:6432, /run/b:6432");
    assert!(one_port.is_local());
}

#[test]
fn parameters_that_mean_nothing_are_kept_apart_from_slips() {
    let url = postgres("postgres://db/shop?pgbouncer=true&sslcert=a.pem&gssencmode=disable");
    assert_eq!(url.ignored, ["pgbouncer", "sslcert", "gssencmode"]);
    for (name, meant) in [
        ("ssl_mode", "sslmode"),
        ("sslmod", "sslmode"),
        ("option", "options"),
        ("aplication_name", "application_name"),
        ("hosts", "host"),
    ] {
        let name = name.to_owned();
        assert_eq!(
            fault(&format!("postgres://db/shop?{name}=a")),
            DatabaseUrlError::MisspeltParameter { name, meant }
        );
    }
}

#[test]
fn the_systems_certificates_go_with_the_hosts_name() {
    let url = postgres("postgres://db/a?sslrootcert=system");
    assert_eq!(
        (url.ssl_mode, url.ssl_root_cert),
        (Some(SslMode::VerifyFull), None)
    );
    assert_eq!(
        fault("postgres://db/a?sslrootcert=system&sslmode=require"),
        DatabaseUrlError::SystemCertificates
    );
}

#[test]
fn values_are_what_they_may_be() {
    for parameter in [
        "target_session_attrs=standby",
        "channel_binding=yes",
        "keepalives=on",
        "keepalives_count=0",
        "tcp_user_timeout=x",
        "port=1,2",
    ] {
        let fault = fault(&format!("postgres://db/a?{parameter}"));
        assert!(
            matches!(fault, DatabaseUrlError::Parameter { .. }),
            "{parameter}: {fault}"
        );
    }
    for (text, target) in [
        ("any", TargetSession::Any),
        ("primary", TargetSession::ReadWrite),
        ("read-write", TargetSession::ReadWrite),
    ] {
        let url = postgres(&format!("postgres://db/a?target_session_attrs={text}"));
        assert_eq!(url.target_session, Some(target));
    }
}
