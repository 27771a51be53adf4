use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use hexpress_domain::auth::ClientAddress;
use ipnet::IpNet;

use crate::Api;

/// Where a request comes from: the peer, or behind trusted proxies the last
/// address in `X-Forwarded-For` that is none of theirs.
pub(crate) struct Address(pub(crate) ClientAddress);

impl FromRequestParts<Api> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a peer the router is called in process.
        let Some(ConnectInfo(peer)) = peer else {
            return Ok(Self(ClientAddress::LOCAL));
        };
        let client = client(peer.ip(), &parts.headers, &api.settings.trusted_proxies);
        Ok(Self(client.into()))
    }
}

fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        let address = address.to_canonical();
        trusted.iter().any(|network| network.contains(&address))
    };
    let mut client = peer;
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    let hops = forwarded.flat_map(|line| line.to_str().unwrap_or("").rsplit(','));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        match hop.trim().parse() {
            Ok(address) => client = address,
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn behind(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn believes_trusted_proxies_only() {
        assert_eq!(behind("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(behind("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(behind("::ffff:10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(behind("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        let forged = ["198.51.100.7, 203.0.113.9, 10.0.0.2"];
        assert_eq!(behind("10.0.0.1", &forged), "203.0.113.9");
        let lines = ["198.51.100.7", "203.0.113.9", "10.0.0.2"];
        assert_eq!(behind("10.0.0.1", &lines), "203.0.113.9");
        assert_eq!(behind("10.0.0.1", &["junk"]), "10.0.0.1");
        assert_eq!(behind("10.0.0.1", &["junk, fd00::1"]), "fd00::1");
    }
}
