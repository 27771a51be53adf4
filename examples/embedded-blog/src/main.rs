//! Serves the site at the address and on the database that its arguments name.

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use embedded_blog::{BLOG, Blog, site};
use tokio::net::TcpListener;
use tokio::time::interval;

const HOUR: Duration = Duration::from_secs(3600);

/// How long the last writes may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let database = arguments
        .next()
        .unwrap_or_else(|| "sqlite://blog.db".to_owned());

    let blog = Blog::open(database.parse()?, BLOG).await?;
    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    // The limits on guesses and requests count by the client's address.
    let site = site(&blog).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, site).with_graceful_shutdown(async {
        tokio::signal::ctrl_c().await.ok();
    });
    let mut hours = interval(HOUR);
    let sweeping = async {
        loop {
            hours.tick().await;
            if let Err(error) = blog.sweep().await {
                eprintln!("what has expired stays for another hour: {error}");
            }
        }
    };
    tokio::select! {
        served = async { serving.await } => served?,
        () = sweeping => {}
    }
    if !blog.close(PATIENCE).await {
        eprintln!("not all writes were finished");
    }
    Ok(())
}
