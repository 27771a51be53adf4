//! A server that speaks as much of PostgreSQL's protocol as it takes to refuse a
//! login over TLS: <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

/// What the server says to everybody.
pub const REFUSAL: &str = "nobody comes in";

pub struct TlsServer {
    pub port: u16,
}

impl TlsServer {
    /// Serves on a thread of its own, with the certificate and key of this name,
    /// until the test process ends.
    pub fn start(certificate: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opening");
        let chain = CertificateDer::from_pem_file(folder.join(format!("{certificate}.pem")));
        let key = PrivateKeyDer::from_pem_file(folder.join(format!("{certificate}.key")));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain.unwrap()], key.unwrap())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                // A client that trusts nobody hangs up, which is what some tests want.
                let _ = refuse(socket.unwrap(), Arc::clone(&config));
            }
        });
        Self { port }
    }
}

fn refuse(mut socket: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    // SSLRequest: a length of 8 and a code.
    socket.read_exact(&mut [0; 8])?;
    socket.write_all(b"S")?;
    let mut tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = Stream::new(&mut tls, &mut socket);
    // StartupMessage: its length, itself included, and the rest.
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut rest)?;
    // ErrorResponse: fields that end in NUL, and a NUL.
    let fields = format!("SFATAL\0VFATAL\0C28P01\0M{REFUSAL}\0\0");
    stream.write_all(b"E")?;
    stream.write_all(&(fields.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(fields.as_bytes())?;
    stream.flush()
}
