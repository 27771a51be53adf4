use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::Once;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use hexpress_domain::auth::ClientAddress;
use ipnet::IpNet;

use crate::Api;

/// Where a request comes from: the peer, or behind trusted proxies the last
/// address in `X-Forwarded-For` that is none of theirs.
pub(crate) struct Address(pub(crate) ClientAddress);

impl FromRequestParts<Arc<Api>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        api: &Arc<Api>,
    ) -> Result<Self, Self::Rejection> {
        let trusted = &api.settings.trusted_proxies;
        Ok(Self(address(parts, trusted, &WARNED_OF_UNKNOWN_PEER)))
    }
}

/// Once, since it is how the router is served, and so holds for every request.
static WARNED_OF_UNKNOWN_PEER: Once = Once::new();

fn address(parts: &Parts, trusted: &[IpNet], warned: &Once) -> ClientAddress {
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        warned.call_once(|| {
            tracing::warn!(
                "requests come without ConnectInfo<SocketAddr>: all clients count as one, so \
                 that who guesses passwords locks out everybody"
            );
        });
        return ClientAddress::LOCAL;
    };
    client(peer.ip(), &parts.headers, trusted).into()
}

fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        let address = address.to_canonical();
        trusted.iter().any(|network| network.contains(&address))
    };
    let mut client = peer;
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    let hops = forwarded.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        if !is_trusted(client) {
            break;
        }
        // What stands before an unreadable hop does not come from a trusted proxy.
        match hop_address(hop) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// The address of a hop. Some proxies add the port, and brackets around IPv6.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    if let Ok(with_port) = hop.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    match hop.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => hop.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::Arc;

    use axum::http::{HeaderValue, Request};

    use super::*;

    fn behind(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append("x-forwarded-for", line);
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

    #[test]
    fn one_unreadable_hop_spoils_none_to_its_right() {
        let readable = "203.0.113.9, 10.0.0.2";
        for unreadable in [
            "ä",
            "unknown",
            "",
            "203.0.113.9:port",
            "[::1",
            "[203.0.113.9]",
        ] {
            let line = format!("198.51.100.7, {unreadable}, {readable}");
            assert_eq!(behind("10.0.0.1", &[&line]), "203.0.113.9", "{unreadable}");
            let line = format!("198.51.100.7, {unreadable}, 10.0.0.3, 10.0.0.2");
            assert_eq!(behind("10.0.0.1", &[&line]), "10.0.0.3", "{unreadable}");
        }
    }

    #[test]
    fn hops_with_ports_and_in_brackets_are_read() {
        for (hop, address) in [
            ("203.0.113.9:51234", "203.0.113.9"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            (" \t203.0.113.9\t ", "203.0.113.9"),
        ] {
            assert_eq!(behind("10.0.0.1", &[hop]), address, "{hop}");
            let line = format!("198.51.100.7,{hop},[fd00::1]:80,10.0.0.2:8080");
            assert_eq!(behind("10.0.0.1", &[&line]), address, "{hop}");
        }
    }

    #[test]
    fn a_router_that_knows_no_peers_says_so_once() {
        let (mut log, writer) = std::io::pipe().unwrap();
        let subscriber = tracing_subscriber::fmt().with_writer(Arc::new(writer));
        tracing::subscriber::with_default(subscriber.finish(), || {
            let (parts, ()) = Request::new(()).into_parts();
            let warned = Once::new();
            for _ in 0..2 {
                assert_eq!(address(&parts, &[], &warned), ClientAddress::LOCAL);
            }
        });
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        assert_eq!(text.matches("ConnectInfo").count(), 1, "{text}");
    }
}
