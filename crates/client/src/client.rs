use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::auth::TokenSecret;
use hexpress_domain::repository::Source;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use rustls::crypto::ring;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

use crate::RetryPolicy;

/// How long one request may take unless the builder says otherwise: as long as the server
/// may take for its answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an answer may be unless the builder says otherwise: several times the longest
/// page of the API.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Calls the API of one server, as somebody or anonymously. Clones share their connections.
///
/// Each resource has a handle: [`Client::posts`] and so on.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    /// Without a slash at its end.
    pub(crate) base: Arc<str>,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) max_answer_bytes: usize,
}

/// How a [`Client`] is to call.
#[derive(Debug, Clone)]
#[must_use = "call `build`"]
pub struct ClientBuilder {
    base_url: String,
    retry: RetryPolicy,
    timeout: Duration,
    max_answer_bytes: usize,
    uses_proxy: bool,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is none, or has parts that no base URL has.
    #[error(
        "the base URL must be http:// or https:// with a host, without user, query and fragment"
    )]
    BaseUrl,
    /// The system's certificates cannot be used, or there are none.
    #[error("TLS cannot be set up")]
    Tls(#[source] Source),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] Source),
}

impl Client {
    /// Calls the server at this base URL: what stands before `/api`, such as
    /// `https://blog.example.org`, or
    /// `https://example.org/blog` where the API is nested in another application.
    ///
    /// TLS is rustls on ring; certificates are checked as the operating system does.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn new(base_url: &str) -> Result<Self, BuildError> {
        Self::builder(base_url).build()
    }

    /// As [`Client::new`], with a say in more.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use hexpress_client::{Client, RetryPolicy};
    ///
    /// # fn build() -> Result<(), hexpress_client::BuildError> {
    /// let patient = Client::builder("https://blog.example.org")
    ///     .retry(RetryPolicy { max_attempts: 10, max_total: Duration::from_secs(300) })
    ///     .build()?;
    /// let once =
    /// Client::builder("http://127.0.0.1:3000").retry(RetryPolicy::NONE).no_proxy().build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder {
            base_url: base_url.to_owned(),
            retry: RetryPolicy::default(),
            timeout: TIMEOUT,
            max_answer_bytes: MAX_ANSWER_BYTES,
            uses_proxy: true,
        }
    }

    /// The same client, as whoever holds this token: that of a session, or an API token.
    #[must_use]
    pub fn with_token(&self, token: &TokenSecret) -> Self {
        // A token is letters, digits and an underscore, so that it always makes a header.
        let header = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok();
        Self {
            authorization: header.map(|mut header| {
                header.set_sensitive(true);
                header
            }),
            ..self.clone()
        }
    }
}

/// Says nothing of the token.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .field("is_anonymous", &self.authorization.is_none())
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// What is repeated, and for how long.
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long each attempt may take; 30 seconds at first. A write that takes longer
    /// may have taken effect.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes an answer may have; 64 MiB at first. A longer one is
    /// [`Error::Unexpected`](crate::Error::Unexpected), and is not read to its end.
    pub const fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }

    /// Connects to the server itself, whatever proxy the environment names.
    pub const fn no_proxy(mut self) -> Self {
        self.uses_proxy = false;
        self
    }

    /// The client. Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build(self) -> Result<Client, BuildError> {
        let base = Url::parse(&self.base_url).map_err(|_| BuildError::BaseUrl)?;
        let is_base = matches!(base.scheme(), "http" | "https")
            && base.has_host()
            && base.username().is_empty()
            && base.password().is_none()
            && base.query().is_none()
            && base.fragment().is_none();
        if !is_base {
            return Err(BuildError::BaseUrl);
        }
        let tls = match tls() {
            // A machine that has no certificates can still talk to a server that needs none.
            Err(_) if base.scheme() == "http" => without_roots(),
            tls => tls,
        };
        let tls = tls.map_err(|error| BuildError::Tls(error.into()))?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            .connect_timeout(CONNECT_TIMEOUT)
            // `Call` knows which may be followed, and whereto.
            .redirect(Policy::none());
        if !self.uses_proxy {
            http = http.no_proxy();
        }
        Ok(Client {
            http: http
                .build()
                .map_err(|error| BuildError::Http(error.into()))?,
            base: base.as_str().trim_end_matches('/').into(),
            authorization: None,
            retry: self.retry,
            timeout: self.timeout,
            max_answer_bytes: self.max_answer_bytes,
        })
    }
}

/// Checks certificates as the operating system does. With the provider named, so that it
/// matters
/// to nobody which one the process has installed, if any.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let config = builder()?.with_platform_verifier()?;
    Ok(config.with_no_client_auth())
}

/// Believes no certificate.
fn without_roots() -> Result<ClientConfig, rustls::Error> {
    let config = builder()?.with_root_certificates(RootCertStore::empty());
    Ok(config.with_no_client_auth())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_where_the_api_stands() {
        for (text, base) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("https://blog.example.org/", "https://blog.example.org"),
            ("https://example.org/blog/", "https://example.org/blog"),
        ] {
            assert_eq!(&*Client::new(text).unwrap().base, base);
        }
        for text in [
            "",
            "blog.example.org",
            "ftp://example.org",
            "http://ada:secret@example.org",
            "https://example.org?page=1",
            "https://example.org#top",
        ] {
            let refused = Client::new(text);
            assert!(matches!(refused, Err(BuildError::BaseUrl)), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let token: TokenSecret = format!("hxp_{}", "x".repeat(43)).parse().unwrap();
        let client = Client::new("http://127.0.0.1").unwrap().with_token(&token);
        assert_eq!(
            format!("{client:?}"),
            r#"Client { base: "http://127.0.0.1", is_anonymous: false, .. }"#
        );
        assert!(client.authorization.unwrap().is_sensitive());
    }
}
