use std::convert::Infallible;
use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use hexpress_app::auth::AuthService;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, error, info};

use super::print;
use crate::config::{Config, HttpConfig};
use crate::failure::{Failure, with_causes};
use crate::lifecycle::{Signals, drain};
use crate::listener::{ConnectionLimits, Server};
use crate::wiring::{Services, Store};

/// How often what has expired is removed.
const SWEEP_PERIOD: Duration = Duration::from_hours(1);

/// How long a client may go on sending after the last answer, so that it reads it.
const LINGER: Duration = Duration::from_secs(2);

/// A server that takes requests.
struct Running {
    store: Store,
    services: Services,
    server: Server,
}

/// Serves until a signal says to stop.
pub async fn run(config: &Config) -> Result<ExitCode, Failure> {
    let mut signals = Signals::take()?;
    let running = tokio::select! {
        started = start(config) => started?,
        () = signals.next() => {
            info!("stopped before the start was over");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Running {
        store,
        services,
        server,
    } = running;
    tokio::select! {
        () = signals.next() => {}
        never = sweep(&services.auth) => match never {},
    }
    drain(
        &services.health,
        server,
        async |limit| store.database.close(limit).await,
        config.shutdown,
        signals.next(),
    )
    .await?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn start(config: &Config) -> Result<Running, Failure> {
    let store = Store::open_migrated(&config.database).await?;
    let services = Services::new(&config.auth, &store.database)?;
    let has_admin = services.users.has_admin().await;
    let has_admin = has_admin.map_err(|error| Failure::of(&error))?;
    let listener = bind(&config.http).await?;
    let address = listener.local_addr()?;
    let limits = ConnectionLimits {
        header_read: config.http.header_read_timeout,
        keep_alive: config.http.keep_alive_timeout,
        // It has no setting: whoever takes no byte for that long has gone.
        write_stall: config.http.request_timeout,
        linger: LINGER,
    };
    let server = Server::start(listener, services.router(&config.http), limits);
    let database = store.database.url().to_string();
    info!(%address, database, app_env = %config.app_env, "listening");
    print(&greeting(address, &database, has_admin))?;
    Ok(Running {
        store,
        services,
        server,
    })
}

async fn bind(config: &HttpConfig) -> Result<TcpListener, Failure> {
    let HttpConfig { host, port, .. } = config;
    let listener = TcpListener::bind((host.as_str(), *port)).await;
    listener.map_err(|error| {
        let way_out = if error.kind() == io::ErrorKind::AddrInUse {
            "Stop what listens there, or set another PORT (0 for any free one)."
        } else {
            "Set HOST and PORT to what this machine lets you listen on."
        };
        Failure::Failed(format!(
            "cannot listen on {host}, port {port}: {error}\n{way_out}"
        ))
    })
}

/// What a person needs to know who has just started the server.
fn greeting(address: SocketAddr, database: &str, has_admin: bool) -> String {
    let mut text = format!(
        "Hexpress listens on http://{address} (Ctrl-C stops it)\n\
         \x20 try it    curl http://{address}/api/health\n\
         \x20 database  {database}\n"
    );
    if !has_admin {
        let program = env::args().next().unwrap_or_else(|| "hexpress".to_owned());
        text.push_str(&format!(
            "There is no admin yet. To create the first, type in a second terminal:\n\
             \x20 {program} user create --email you@example.org --first-name Ada --last-name Lovelace --role admin\n"
        ));
    }
    text
}

/// Removes what has expired, now and then, for as long as it is polled.
async fn sweep(auth: &AuthService) -> Infallible {
    let mut rounds = interval(SWEEP_PERIOD);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match auth.sweep().await {
            Ok(removed) => debug!(removed, "expired tokens and login counters removed"),
            Err(error) => error!(
                error = with_causes(&error),
                "expired tokens and login counters cannot be removed"
            ),
        }
    }
}
