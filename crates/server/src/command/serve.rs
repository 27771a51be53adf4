use std::convert::Infallible;
use std::env;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hexpress_app::Services;
use hexpress_app::order::OrderService;
use hexpress_infra::database::DatabaseUrl;
use rustix::io::Errno;
use rustix::net::sockopt::set_ipv6_v6only;
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tracing::{debug, error, info, warn};

use super::flags::{OfServer, SettingFlags};
use super::output::print;
use crate::config::{DatabaseTarget, Flags, Origin};
use crate::failure::{Failure, with_causes};
use crate::lifecycle::{Signals, drain};
use crate::listener::{Admission, ConnectionLimits, Server};
use crate::open_files::{self, ConnectionCounts};
use crate::program::Program;
use crate::service_manager::{self, keep_watchdog};
use crate::telemetry::DroppedLines;
use crate::wiring::{Parts, Store};

/// How often what has expired is removed.
const SWEEP_PERIOD: Duration = Duration::from_hours(1);

/// How often orders that nobody has paid for in time are looked for.
const EXPIRY_PERIOD: Duration = Duration::from_secs(10);

/// How long a client may go on sending after the last answer, so that it reads it.
const LINGER: Duration = Duration::from_secs(2);

/// How many connections may wait to be accepted, as with [`TcpListener::bind`].
const BACKLOG: u32 = 1024;

/// Whoever reads metrics needs few connections.
const METRICS_CONNECTIONS: ConnectionCounts = ConnectionCounts {
    max: 16,
    per_address: 16,
};

/// A server that takes requests.
struct Running {
    store: Store,
    parts: Parts,
    server: Server,
}

/// Start the server (also without any command)
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    flags: SettingFlags<OfServer>,
}

impl Serve {
    pub fn flags(&self) -> Flags {
        self.flags.given()
    }

    /// Serves until a signal says to stop.
    pub async fn run(self, program: &Program) -> Result<ExitCode, Failure> {
        serve(program).await
    }
}

async fn serve(program: &Program) -> Result<ExitCode, Failure> {
    let mut signals = Signals::take()?;
    let running = tokio::select! {
        started = start(program) => started?,
        () = signals.next() => {
            info!("stopped before the start was over");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Running {
        store,
        parts,
        server,
    } = running;
    tokio::select! {
        () = signals.next() => {}
        never = sweep(&parts.services) => match never {},
        never = cancel_overdue(&parts.services.orders) => match never {},
        never = tell_of(program.dropped.clone()) => match never {},
        never = keep_watchdog() => match never {},
    }
    service_manager::stopping();
    drain(
        &parts.services.health,
        server,
        async |limit| {
            let end = Instant::now() + limit;
            let counted = parts.adapters.views.close(limit).await;
            let rest = end.saturating_duration_since(Instant::now());
            store.database.close(rest).await && counted
        },
        program.config.shutdown,
        signals.next(),
    )
    .await?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn start(program: &Program) -> Result<Running, Failure> {
    let config = &program.config;
    let http = &config.http;
    let counts = ConnectionCounts::fit(
        open_files::raise_limit(),
        config.database.pool_max,
        http.max_connections,
        http.max_connections_per_address,
    )?;
    service_manager::starting("opening the database");
    let store = Store::open_migrated(&config.database).await?;
    let parts = Parts::new(config, &store.database)?;
    if let Err(error) = parts.adapters.expect_stored_hashes(&store.database).await {
        warn!(
            %error,
            "the settings of the stored hashes are not known: a login may tell by its time whether \
             an email is registered"
        );
    }
    let has_admin = parts.services.users.has_admin().await;
    let has_admin = has_admin.map_err(|error| Failure::of(&error))?;
    let (host, port) = (config.http.host.as_str(), config.http.port);
    let listener = bind(host, port, "HOST and PORT").await?;
    let address = listener.local_addr()?;
    let limits = ConnectionLimits {
        header_read: config.http.header_read_timeout,
        keep_alive: config.http.keep_alive_timeout,
        // It has no setting: whoever takes no byte for that long has gone.
        write_stall: config.http.request_timeout,
        linger: LINGER,
    };
    let metrics_address = match config.http.metrics_address {
        None => None,
        Some(address) => {
            let host = address.ip().to_string();
            let listener = bind(&host, address.port(), "METRICS_ADDR").await?;
            let address = listener.local_addr()?;
            let metrics = parts.metrics(&store.database, &program.dropped).router();
            // It can be read until the process ends.
            let few = Admission::new(METRICS_CONNECTIONS, Vec::new());
            Server::start(listener, metrics, limits, few);
            Some(address)
        }
    };
    let admission = Admission::new(counts, http.trusted_proxies.clone());
    let server = Server::start(listener, parts.router(config), limits, admission);
    let database = store.database.url().to_string();
    info!(%address, database, app_env = %config.app_env, "listening");
    let hint = if has_admin {
        None
    } else {
        admin_hint(
            &config.database.target,
            program.sources.find("DATABASE_URL"),
        )
    };
    let greeting = greeting(address, &database, metrics_address, hint.as_deref());
    // The log says the same: that a disk is full is no reason not to serve.
    if let Err(failure) = print(&greeting) {
        warn!(%failure, "standard output cannot be written");
    }
    service_manager::ready(address);
    Ok(Running {
        store,
        parts,
        server,
    })
}

async fn bind(host: &str, port: u16, settings: &str) -> Result<TcpListener, Failure> {
    let listener = match host.parse() {
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => bind_both_families(port).await,
        _ => TcpListener::bind((host, port)).await,
    };
    listener.map_err(|error| {
        let way_out = if error.kind() == io::ErrorKind::AddrInUse {
            format!("Stop what listens there, or change {settings} (port 0 is any free one).")
        } else {
            format!("Set {settings} to what this machine lets you listen on.")
        };
        Failure::failed(format!(
            "cannot listen on {host}, port {port}: {error}\n{way_out}"
        ))
    })
}

/// Listens on every address, IPv4's too whatever the system has them do by default
/// (`net.ipv6.bindv6only`), or on those of IPv4 where there is no IPv6.
async fn bind_both_families(port: u16) -> io::Result<TcpListener> {
    let bound = TcpSocket::new_v6().and_then(|socket| {
        set_ipv6_v6only(&socket, false)?;
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv6Addr::UNSPECIFIED, port).into())?;
        socket.listen(BACKLOG)
    });
    match bound {
        Err(error) if has_no_ipv6(&error) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await,
        bound => bound,
    }
}

/// Whether the system lacks the family, or has no address of it.
fn has_no_ipv6(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL))
}

/// What a person needs to know who has just started the server.
fn greeting(
    address: SocketAddr,
    database: &str,
    metrics: Option<SocketAddr>,
    admin_hint: Option<&str>,
) -> String {
    let metrics = metrics.map(|address| format!("  metrics   http://{address}/metrics\n"));
    format!(
        "Hexpress listens on http://{address}\n\
         \x20 try it    http://{address}/docs\n\
         \x20 database  {database}\n\
         {}{}\
         Ctrl-C stops it.\n",
        metrics.unwrap_or_default(),
        admin_hint.unwrap_or_default()
    )
}

/// How to create the first admin, in the server's own database and no other: what
/// named it (`url`) may be unknown to a second terminal. There is no way into a
/// database that no other process can reach.
fn admin_hint(target: &DatabaseTarget, url: Option<(&str, Origin)>) -> Option<String> {
    if !target.lasts() {
        return None;
    }
    let has_password =
        matches!(target, DatabaseTarget::Url(DatabaseUrl::Postgres(url)) if url.password.is_some());
    let (place, flag) = match url {
        Some((_, Origin::Flag)) if !has_password => {
            let url = target.to_string();
            ("", format!(" --database-url {}", shell_word(&url)))
        }
        Some((_, Origin::Flag | Origin::Environment)) => {
            (", where DATABASE_URL is the same", String::new())
        }
        _ => ("", String::new()),
    };
    // A shell's word has to be text, which a file's name need not be.
    let program = env::args_os()
        .next()
        .and_then(|name| name.into_string().ok());
    let program = program.unwrap_or_else(|| "hexpress".to_owned());
    Some(format!(
        "There is no admin yet. To create the first, type in a second terminal{place}:\n\
         \x20 {} user create{flag} --email you@example.org --first-name Ada --last-name Lovelace --role admin\n",
        shell_word(&program)
    ))
}

/// The text as one word of a shell's command.
fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Removes what has expired, now and then, for as long as it is polled.
async fn sweep(services: &Services) -> Infallible {
    let mut rounds = rounds(SWEEP_PERIOD);
    loop {
        rounds.tick().await;
        for (what, swept) in [
            ("tokens and login counters", services.auth.sweep().await),
            ("batches of views", services.posts.sweep().await),
            ("idempotency keys", services.orders.sweep().await),
        ] {
            match swept {
                Ok(removed) => debug!(removed, what, "expired rows removed"),
                Err(error) => error!(
                    error = with_causes(&error),
                    what, "expired rows cannot be removed"
                ),
            }
        }
    }
}

/// Cancels orders that nobody has paid for in time, for as long as it is polled.
async fn cancel_overdue(orders: &OrderService) -> Infallible {
    let mut rounds = rounds(EXPIRY_PERIOD);
    loop {
        rounds.tick().await;
        match orders.cancel_overdue().await {
            Ok(0) => {}
            Ok(cancelled) => info!(cancelled, "unpaid orders cancelled"),
            Err(error) => error!(
                error = with_causes(&error),
                "unpaid orders cannot be cancelled"
            ),
        }
    }
}

/// Tells the log what it has missed, for as long as it is polled.
async fn tell_of(mut dropped: DroppedLines) -> Infallible {
    let mut rounds = rounds(Duration::from_secs(1));
    loop {
        rounds.tick().await;
        dropped.tell();
    }
}

/// Rounds of which the first is at once; one that was late puts off those behind it.
fn rounds(period: Duration) -> Interval {
    let mut rounds = interval(period);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(url: &str, origin: Origin) -> Option<String> {
        let target = DatabaseTarget::Url(url.parse().unwrap());
        admin_hint(&target, Some((url, origin)))
    }

    #[test]
    fn the_hint_leads_to_the_same_database() {
        let hint = hint("postgres://ada@db/shop?sslmode=require", Origin::Flag).unwrap();
        let flag = " --database-url 'postgres://ada@db:5432/shop?sslmode=require' ";
        assert!(hint.contains(flag), "{hint}");
    }

    #[test]
    fn what_a_second_terminal_may_not_know_is_said_without_a_password() {
        for origin in [Origin::Flag, Origin::Environment] {
            let hint = hint("postgres://ada:hunter2@db/shop", origin).unwrap();
            assert!(hint.contains("DATABASE_URL is the same"), "{hint}");
            assert!(!hint.contains("hunter2"), "{hint}");
        }
        let hint = hint("postgres://ada:hunter2@db/shop", Origin::DotEnv).unwrap();
        assert!(!hint.contains("DATABASE_URL"), "{hint}");
    }

    #[test]
    fn there_is_no_hint_at_what_cannot_be_done() {
        assert_eq!(hint("sqlite://:memory:", Origin::Flag), None);
        assert_eq!(admin_hint(&DatabaseTarget::Temporary, None), None);
    }

    #[test]
    fn a_shell_takes_the_word_as_it_is() {
        for (text, word) in [
            ("sqlite://a.db", "sqlite://a.db"),
            ("my shop", "'my shop'"),
            ("a'b", r"'a'\''b'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
