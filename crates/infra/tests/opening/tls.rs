use std::path::Path;

use hexpress_infra::database::OpenError;
use rstest::rstest;

use crate::refusal;
use crate::tls_server::{REFUSAL, TlsServer};

fn certificate(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opening");
    folder.join(name).display().to_string()
}

/// The server refuses every login, which it can only do once TLS stands.
fn stands(error: &OpenError) -> bool {
    match error {
        OpenError::Credentials { reason, .. } => reason == REFUSAL,
        OpenError::TlsRefused { .. } | OpenError::NoRootCerts => false,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::blind("prefer", None, "other-host", true)]
#[case::encrypted("require", None, "other-host", true)]
#[case::encrypted_and_known("require", Some("authority.pem"), "other-host", true)]
#[case::encrypted_but_strange("require", Some("stranger.pem"), "this-host", false)]
#[case::known("verify-ca", Some("authority.pem"), "other-host", true)]
#[case::strange("verify-ca", Some("stranger.pem"), "this-host", false)]
#[case::strange_to_the_system("verify-ca", None, "this-host", false)]
#[case::proven("verify-full", Some("authority.pem"), "this-host", true)]
#[case::somebody_else("verify-full", Some("authority.pem"), "other-host", false)]
#[case::strange_here("verify-full", Some("stranger.pem"), "this-host", false)]
#[tokio::test]
async fn tls_proves_what_the_mode_demands(
    #[case] mode: &str,
    #[case] authority: Option<&str>,
    #[case] server: &str,
    #[case] expected: bool,
) {
    let server = TlsServer::start(server);
    let mut url = format!(
        "postgres://ada:secret@127.0.0.1:{}/shop?sslmode={mode}",
        server.port
    );
    if let Some(authority) = authority {
        url += &format!("&sslrootcert={}", certificate(authority));
    }
    let error = refusal(&url).await;
    assert_eq!(stands(&error), expected, "{error:?}");
}

#[tokio::test]
async fn certificates_that_cannot_be_read_are_named() {
    for file in ["no-such.pem", "main.rs"] {
        let path = certificate(file);
        let url = format!("postgres://ada@127.0.0.1/shop?sslmode=verify-ca&sslrootcert={path}");
        let error = refusal(&url).await;
        assert!(matches!(error, OpenError::RootCert { .. }), "{error:?}");
    }
}
