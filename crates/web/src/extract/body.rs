use axum::body::Bytes;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use hexpress_app::Error;
use hexpress_domain::auth::ClientAddress;
use hexpress_domain::validation::ValidationErrors;

use super::{Body, Fields};
use crate::api::Api;
use crate::error::ApiError;
use crate::json::{self, MAX_MEMBERS};
use crate::limits::BODY_LIMIT;
use crate::limits::Place;
use crate::urlencoded;

/// What the body of a request holds.
pub(crate) trait FromBody: Sized + Send {
    /// Whether the client may send an `Idempotency-Key`.
    const IS_IDEMPOTENT: bool = false;

    /// Receives and reads the body.
    fn from_body(
        body: RequestBody<'_>,
        api: &Api,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send;
}

/// For an endpoint that takes no body. Where it writes, `{}` counts as no body.
impl FromBody for () {
    async fn from_body(body: RequestBody<'_>, api: &Api) -> Result<Self, ApiError> {
        if [Method::GET, Method::HEAD].contains(&body.method) {
            return Ok(());
        }
        let (method, headers, bytes) = body.read(BODY_LIMIT, api).await?;
        if bytes.is_empty() {
            return Ok(());
        }
        let fields = parse(format(&method, &headers)?, bytes).await?;
        Ok(fields.finish(Ok(()))?)
    }
}

impl<T: Body> FromBody for T {
    const IS_IDEMPOTENT: bool = T::IS_IDEMPOTENT;

    async fn from_body(body: RequestBody<'_>, api: &Api) -> Result<Self, ApiError> {
        let (method, headers, bytes) = body.read(T::limit(&api.settings), api).await?;
        let fields = parse(format(&method, &headers)?, bytes).await?;
        Ok(T::read(fields, api)?)
    }
}

/// The body of a request, not yet received.
pub(crate) struct RequestBody<'p> {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: axum::body::Body,
    /// Where it comes from.
    pub(super) address: ClientAddress,
    /// What its bytes are counted on.
    pub(super) place: &'p mut Place,
}

enum Format {
    Json,
    Form,
}

impl RequestBody<'_> {
    async fn read(self, limit: usize, api: &Api) -> Result<(Method, HeaderMap, Bytes), ApiError> {
        check_length(&self.headers, limit)?;
        let patience = api.settings.body_read_timeout;
        let receiving = self.place.receive(self.body, limit, patience, self.address);
        Ok((self.method, self.headers, receiving.await?))
    }
}

/// Refuses a body that says itself that it is too long, before a byte of it is read.
fn check_length(headers: &HeaderMap, limit: usize) -> Result<(), ApiError> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let length = length
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(0);
    if usize::try_from(length).is_ok_and(|length| length <= limit) {
        Ok(())
    } else {
        Err(ApiError::BodyTooLarge { limit })
    }
}

fn format(method: &Method, headers: &HeaderMap) -> Result<Format, ApiError> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::EncodedBody);
    }
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let mut parts = value.unwrap_or_default().split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    match essence.as_str() {
        "application/json" if is_utf8 => Ok(Format::Json),
        // RFC 7396: what a PATCH names is replaced, and the rest stays.
        "application/merge-patch+json" if is_utf8 && *method == Method::PATCH => Ok(Format::Json),
        "application/x-www-form-urlencoded" if is_utf8 => Ok(Format::Form),
        _ => Err(ApiError::UnsupportedMediaType),
    }
}

/// Reads a body, away from the threads that serve others where that takes a while.
async fn parse(format: Format, bytes: Bytes) -> Result<Fields, ApiError> {
    const LONG: usize = 256 * 1024;
    // Some editors and libraries put it before UTF-8; RFC 8259 (section 8.1) lets readers pass
    // over it.
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let bytes = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => bytes.slice_ref(text),
        None => bytes,
    };
    let is_long = bytes.len() > LONG;
    let read = move || match format {
        Format::Json => json_fields(&bytes),
        Format::Form => form_fields(&bytes),
    };
    if is_long {
        let reading = tokio::task::spawn_blocking(read).await;
        return reading.map_err(|error| Error::Internal(error.into()))?;
    }
    read()
}

fn json_fields(bytes: &Bytes) -> Result<Fields, ApiError> {
    json::object(bytes)
        .map(Fields::from)
        .map_err(|fault| match fault {
            json::Fault::Syntax(error) => {
                ApiError::InvalidJson(format!("The request body is not valid JSON: {error}"))
            }
            json::Fault::NoObject => ValidationErrors::of("body", "Must be a JSON object").into(),
            json::Fault::TooManyMembers => too_many_fields(),
        })
}

fn form_fields(bytes: &[u8]) -> Result<Fields, ApiError> {
    let pairs = std::str::from_utf8(bytes)
        .map_err(|_| urlencoded::NotUtf8)
        .and_then(|text| urlencoded::parse(text, MAX_MEMBERS));
    match pairs {
        Ok(pairs) if pairs.len() > MAX_MEMBERS => Err(too_many_fields()),
        Ok(pairs) => Ok(pairs.into()),
        Err(urlencoded::NotUtf8) => {
            Err(ValidationErrors::of("body", "Must be percent-encoded UTF-8").into())
        }
    }
}

fn too_many_fields() -> ApiError {
    let message = format!("Must hold at most {MAX_MEMBERS} fields");
    ValidationErrors::of("body", message).into()
}
